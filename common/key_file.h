/*
 * key_file.h - the key of one role in a file: "reader " and 64 hexadecimal
 * digits. Who has it may do what the role may, and no more; the token is not in
 * it.
 */
#ifndef GALE_KEY_FILE_H
#define GALE_KEY_FILE_H

#include "common/token.h"
#include <gale/local.h>

/* As token_file_read(). */
int key_file_read(const char *path, enum token_role *role, struct digest *key,
                  gale_err *error);

/* Its owner alone may read it. What is there already is left alone, unless it
 * is such a file of ours, and `replace` is set; no link is followed. 0, or -1
 * and a sentence. */
int key_file_write(struct env *env, const char *path, enum token_role role,
                   const struct digest *key, bool replace, gale_err *error);

#endif
