/*
 * resources.h - what the tasks of a worker share by name (gale_resource()).
 *
 * A resource is made by the first task that asks and ended when the last task
 * that asked is closed. `create` runs under the lock: others wait for it. It
 * may ask for resources of other names: those stay as long as the one they are
 * part of, and are ended after it. If it asks for its own the worker fails.
 */
#ifndef GALE_RESOURCES_H
#define GALE_RESOURCES_H

#include <gale/task.h>

struct env;
struct resources;
struct task;

struct resources *resources_new(struct env *env);
void resources_free(struct resources *r); /* ends what is left; NULL is fine */

void *resources_get(struct resources *r, struct task *t, const char *name,
                    gale_create_fn *create, gale_destroy_fn *destroy,
                    void *arg);

/* The task is closed: it uses none any more. */
void resources_drop(struct resources *r, struct task *t);

#endif
