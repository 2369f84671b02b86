/*
 * world_waits.h - what the threads of a simulated world wait on: waiters and
 * monitors. What they promise is said in env.h. Private to world.c.
 */
#ifndef GALE_WORLD_WAITS_H
#define GALE_WORLD_WAITS_H

#include "common/env.h"

struct env_waiter *world_waiter_new(struct env *env);
void world_waiter_free(struct env *env, struct env_waiter *waiter);
int world_waiter_wait(struct env *env, struct env_waiter *waiter, int64_t until,
                      struct env_ready *ready, int max);
void world_waiter_wake(struct env *env, struct env_waiter *waiter);
int world_waiter_watch(struct env *env, struct env_waiter *waiter, int fd,
                       uint32_t events, void *data);
void world_waiter_unwatch(struct env *env, struct env_waiter *waiter, int fd,
                          const void *data);

struct env_monitor *world_monitor_new(struct env *env);
void world_monitor_free(struct env *env, struct env_monitor *m);
void world_monitor_enter(struct env *env, struct env_monitor *m);
void world_monitor_leave(struct env *env, struct env_monitor *m);
bool world_monitor_wait(struct env *env, struct env_monitor *m, int64_t until);
void world_monitor_notify(struct env *env, struct env_monitor *m);

#endif
