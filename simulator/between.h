/*
 * between.h - stands between the engine and the plugins of one worker: for
 * those who look on (witness.c), and for tests (testing/capture.c).
 *
 * Every task gets callbacks and host functions of whoever stands there, which
 * call those of the plugin and of the engine. Nothing of it is in a run in
 * which nobody does.
 *
 *     between_begin(&b, worker);
 *     b.components[i].bolt.execute = execute;
 *     b.host.ack = ack;
 *     b.watcher.sent = sent;
 *     between_take_place(&b);
 */
#ifndef GALE_BETWEEN_H
#define GALE_BETWEEN_H

#include "worker/worker.h"
#include <gale/task.h>

struct between {
    struct watcher watcher; /* first: the worker's pointer */
    struct worker *worker;
    struct component *components; /* those of the model, to be changed */
    gale_task_host host;          /* that of the engine, to be changed */
};

/* The worker is wired, and nothing of it runs yet. */
void between_begin(struct between *b, struct worker *w);
/* From now on, what was changed is what tasks call. */
void between_take_place(struct between *b);
/* gale_post() for who puts one of its own in its place: a thread that the world
 * does not have posts nothing, and is told of (world_intrude()). */
void between_post(gale_task *task, gale_post_fn *fn, void *arg);
/* After the worker. */
void between_end(struct between *b);

/* Who stands there for the task. */
struct between *between_of(const struct task *t);
/* The number of its component in the model, … */
uint32_t between_number(const struct task *t);
/* … and the component as the plugin wrote it. */
const struct component *between_plain(const struct task *t);

#endif
