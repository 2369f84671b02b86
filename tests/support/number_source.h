/*
 * number_source.h - a spout of the numbers 0 … n - 1 that writes down what
 * becomes of each.
 *
 *     struct number_source numbers;
 *
 *     number_source_init(&numbers, 1000);
 *     topology_run_spout(&r, "numbers", &numbers.probe, 2);
 *     …
 *     assert_int_equal(number_source_unacked(&numbers), 0);
 *     number_source_fini(&numbers);
 *
 * Task i of t emits the numbers k with k mod t = i, on the stream "default",
 * field "number", with the message id {7, k}. Once all are emitted it is
 * exhausted.
 */
#ifndef TESTS_NUMBER_SOURCE_H
#define TESTS_NUMBER_SOURCE_H

#include "tests/support/topology_run.h"

struct number_source {
    struct probe probe;
    uint64_t n;
    uint32_t batch;     /* emitted by one call of next; 16 at first */
    bool replays;       /* what failed is emitted again */
    bool untracked;     /* no message ids */
    bool endless;       /* numbers go on beyond n, not noted … */
    _Atomic(bool) ends; /* … until this is said */
    struct tally emitted, acked, failed; /* of all numbers */
    _Atomic(uint32_t) *acks, *fails;     /* per number */
    _Atomic(uint32_t) strangers; /* acks and fails of ids never emitted */
};

void number_source_init(struct number_source *s, uint64_t n);
void number_source_fini(struct number_source *s);

/* How many numbers were not acked, or not exactly once. */
uint64_t number_source_unacked(const struct number_source *s);
/* How many failed at least once. */
uint64_t number_source_failed(const struct number_source *s);

#endif
