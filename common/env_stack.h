/*
 * env_stack.h - where another thread of this process is.
 *
 * Private to env_posix.c, whose table holds env_ops.thread_stack; what that
 * promises is said in env.h. The thread is asked by a signal of ours, which its
 * mask must let through.
 */
#ifndef GALE_ENV_STACK_H
#define GALE_ENV_STACK_H

#include <pthread.h>

int env_stack_signal(void);

int env_stack_of(pthread_t thread, void **addresses, int max);

#endif
