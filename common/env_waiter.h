/*
 * env_waiter.h - the waiter of the real world: epoll and an eventfd.
 *
 * Private to env_posix.c, whose table these functions fill; what they promise
 * is said in env.h.
 */
#ifndef GALE_ENV_WAITER_H
#define GALE_ENV_WAITER_H

#include "common/env.h"

struct env_waiter *env_waiter_new(struct env *env);
void env_waiter_free(struct env *env, struct env_waiter *w);
int env_waiter_wait(struct env *env, struct env_waiter *w, int64_t until,
                    struct env_ready *ready, int max);
void env_waiter_wake(struct env *env, struct env_waiter *w);
int env_waiter_watch(struct env *env, struct env_waiter *w, int fd,
                     uint32_t events, void *data);
void env_waiter_unwatch(struct env *env, struct env_waiter *w, int fd,
                        const void *data);

#endif
