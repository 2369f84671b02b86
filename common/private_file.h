/*
 * private_file.h - reads a file that nobody but its owner may read: a secret.
 * What is looked at is what was opened, never a name a second time.
 */
#ifndef GALE_PRIVATE_FILE_H
#define GALE_PRIVATE_FILE_H

#include <gale/local.h>
#include <sys/types.h>

#define PRIVATE_FILE_NONE (-2)

/*
 * At most `size` bytes of it; how many. -1 and a sentence that begins with
 * `what` it is: it is a symbolic link or no file, it belongs to somebody else,
 * others may read it. PRIVATE_FILE_NONE and no sentence: there is none.
 */
ssize_t private_file_read(const char *path, const char *what, char *to,
                          size_t size, gale_err *error);

/* The same of one that others may read, too: to see whether it is one at all,
 * not to be used. */
ssize_t private_file_peek(const char *path, const char *what, char *to,
                          size_t size, gale_err *error);

#endif
