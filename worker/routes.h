/*
 * routes.h - from the subscriptions to a task's streams to the routes that its
 * tuples take.
 */
#ifndef GALE_ROUTES_H
#define GALE_ROUTES_H

#include <gale/local.h>

struct task;

/* Of all its streams, when all executors are there. -1 with the error: a
 * grouping of a plugin refused. Freed by routes_free(), then, too. */
int routes_make(struct task *t, gale_err *error);
void routes_free(struct task *t);

#endif
