/*
 * event_source.h - a spout whose events are a function of their number, for
 * benchmarks that anybody shall be able to count again.
 *
 * The tasks share the numbers: task i of n has those that leave i when they are
 * divided by n. The message id is the task's own count of them; what failed is
 * emitted again. Starts zeroed.
 */
#ifndef EXAMPLES_EVENT_SOURCE_H
#define EXAMPLES_EVENT_SOURCE_H

#include <gale/spout.h>
#include <stdio.h>
#include <stdlib.h>

enum { EVENT_BATCH = 16 }; /* events in one call of next */

struct event_source {
    uint64_t k, end; /* of this task's events: the next one, how many */
    uint64_t *failed;
    size_t n_failed, max_failed;
};

/* splitmix64: Steele et al., Fast Splittable Pseudorandom Number Generators. */
static inline uint64_t event_mixed(uint64_t n)
{
    n += 0x9e3779b97f4a7c15;
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
    n = (n ^ n >> 27) * 0x94d049bb133111eb;
    return n ^ n >> 31;
}

static inline void event_source_open(struct event_source *s, gale_task *task,
                                     uint64_t count)
{
    uint64_t n = gale_n_tasks(task), i = gale_task_index(task);

    s->end = count ? count / n + (i < count % n) : UINT64_MAX;
}

static inline void event_source_close(struct event_source *s)
{
    free(s->failed);
}

/* The number among all of this task's event k. */
static inline uint64_t event_number(gale_task *task, uint64_t k)
{
    return k * gale_n_tasks(task) + gale_task_index(task);
}

static inline gale_result event_source_next(struct event_source *s,
                                            gale_task *task,
                                            gale_result (*emit)(gale_task *task,
                                                                uint64_t k))
{
    gale_result result = GALE_OK;

    if (s->n_failed > 0)
        return emit(task, s->failed[--s->n_failed]);
    if (s->k == s->end)
        gale_exhausted(task);
    for (int i = 0; i < EVENT_BATCH && s->k < s->end && result == GALE_OK; i++)
        result = emit(task, s->k++);
    return result;
}

static inline void event_source_failed(struct event_source *s, uint64_t k)
{
    if (s->n_failed == s->max_failed) {
        s->max_failed = s->max_failed ? 2 * s->max_failed : 64;
        s->failed = realloc(s->failed, s->max_failed * sizeof(*s->failed));
    }
    if (!s->failed) {
        fprintf(stderr,
                "gale: a source of events is out of memory (%zu "
                "that failed)\n",
                s->max_failed);
        abort();
    }
    s->failed[s->n_failed++] = k;
}

#endif
