/*
 * env_monitor.h - the monitor of the real world: a mutex and a condition.
 *
 * Private to env_posix.c, whose table these functions fill; what they promise
 * is said in env.h.
 */
#ifndef GALE_ENV_MONITOR_H
#define GALE_ENV_MONITOR_H

#include "common/env.h"

struct env_monitor *env_monitor_new(struct env *env);
void env_monitor_free(struct env *env, struct env_monitor *m);
void env_monitor_enter(struct env *env, struct env_monitor *m);
void env_monitor_leave(struct env *env, struct env_monitor *m);
bool env_monitor_wait(struct env *env, struct env_monitor *m, int64_t until);
void env_monitor_notify(struct env *env, struct env_monitor *m);

#endif
