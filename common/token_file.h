/*
 * token_file.h - where the cluster's token is kept: a file of 64 hexadecimal
 * digits and a newline, which nobody but its owner may read.
 */
#ifndef GALE_TOKEN_FILE_H
#define GALE_TOKEN_FILE_H

#include "common/token.h"
#include <gale/local.h>

/*
 * Reads it. 0, or -1 and a sentence with what to do: there is none, it is a
 * symbolic link or no file, it belongs to somebody else, others may read it, or
 * it is no token.
 */
int token_file_read(const char *path, struct token *token, gale_err *error);

/* The same, after making one if there is none. Of several that do so at the
 * same time one makes it, and all read that. The directory must be there. */
int token_file_make(struct env *env, const char *path, struct token *token,
                    gale_err *error);

#endif
