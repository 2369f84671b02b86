/*
 * env_share.h - files of the real world that another user may have a part of.
 *
 * Private to env_posix.c, whose table these functions fill; what they promise
 * is said in env.h.
 */
#ifndef GALE_ENV_SHARE_H
#define GALE_ENV_SHARE_H

#include "common/env.h"

int env_share_give(struct env *env, const char *path, uint32_t user,
                   uint32_t group);
int env_share_path(struct env *env, const char *path, uint32_t group);
int env_share_show(struct env *env, int handle);

#endif
