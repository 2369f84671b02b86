/*
 * seen_keys.h - for tests of groupings: a spout of numbers, which are keys, and
 * which task of a sink got which of them.
 */
#ifndef TESTS_SEEN_KEYS_H
#define TESTS_SEEN_KEYS_H

#include "tests/support/topology_run.h"
#include <stdatomic.h>

enum { TASKS = 7, EXECUTORS = 3, KEYS = 500 };

/* How often a task of a sink got a key. */
struct seen {
    _Atomic(uint32_t) by[TASKS][KEYS];
};

/* How many tasks got the key. */
uint32_t seen_tasks_with(struct seen *s, uint32_t key);

/* How many tuples the task got. */
uint32_t seen_by(struct seen *s, uint32_t task);

/* `execute` of the sink, whose probe_arg() is a struct seen: the key is in the
 * field "number". */
gale_result seen_note(gale_task *task, const gale_tuple *in);

/* The spout's probe_arg(). */
struct numbers {
    uint64_t rounds; /* 0 … KEYS - 1, so many times */
    gale_result (*emit)(gale_task *task, int64_t number);
};

/* `next` of the spout. */
gale_result seen_next_number(gale_task *task);

#define NUMBERS(n_, streams_)                                                  \
    {                                                                          \
        .arg = &(n_), .state_size = sizeof(uint64_t),                          \
        .next = seen_next_number, .streams = streams_                          \
    }

#endif
