/*
 * post_clock.h - a function that is called in a task each so often, while
 * nobody calls it otherwise: a spout that is deactivated hears of acks, and of
 * time nothing.
 *
 * A thread waits for the time and posts; a post that the task has not come to
 * is not followed by another one. Starts zeroed; begun and ended in the task,
 * and ended before `close` returns. What was posted by then may come later,
 * unless the task is closed.
 */
#ifndef CONNECTORS_POST_CLOCK_H
#define CONNECTORS_POST_CLOCK_H

#include <gale/task.h>
#include <pthread.h>
#include <stdatomic.h>

struct post_clock {
    gale_task *task; /* NULL: it does not run */
    void (*fn)(gale_task *task);
    int64_t ms;
    pthread_t thread;
    pthread_mutex_t mutex; /* over `ends` */
    pthread_cond_t ending;
    bool ends;
    /* Set by the thread, cleared in the task: they pair with each other. */
    atomic_bool posted;
};

/* Unless it runs. False: there is no thread for it. */
bool post_clock_begin(struct post_clock *c, gale_task *task, int64_t ms,
                      void (*fn)(gale_task *task));

/* Waits for the thread, which waits for nobody. */
void post_clock_end(struct post_clock *c);

#endif
