/*
 * local_dir.h - where a daemon keeps what is its own: storm.local.dir, and the
 * cluster's token in it. Texts are the caller's to free.
 */
#ifndef GALE_LOCAL_DIR_H
#define GALE_LOCAL_DIR_H

#include "common/daemon_config.h"

/* storm.local.dir, and `name` in it. */
char *local_dir_path(const struct daemon_config *c, const char *name);

/* The file of the token: gale.token.file, or "token" in storm.local.dir. */
char *local_dir_token(const struct daemon_config *c);

#endif
