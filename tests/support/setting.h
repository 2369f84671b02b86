/*
 * setting.h - the usual run of an engine test: a topology, and a source of the
 * numbers 0 … n - 1 that writes down what becomes of each.
 *
 *     static int setup(void **state)
 *     {
 *         *state = setting_begin("ticks", N, 1);
 *         return 0;
 *     }
 *
 * with setting_end() as the teardown.
 */
#ifndef TESTS_SETTING_H
#define TESTS_SETTING_H

#include "tests/support/number_source.h"
#include "tests/support/topology_run.h"

struct setting {
    struct topology_run r;
    struct number_source numbers;
};

/* spouts: executors of the spout "numbers"; 0: it is not in the topology. */
struct setting *setting_begin(const char *topology, uint64_t n, int spouts);
int setting_end(void **state);

/* The spout "spout", and a bolt "bolt" of two executors that takes everything;
 * what is counted of the spout. */
gale_declarer *setting_add(struct setting *s, const struct probe *spout,
                           int executors);
gale_component_stats setting_spout_stats(struct setting *s);

/* `execute` of a bolt that takes everything. */
gale_result setting_take(gale_task *task, const gale_tuple *in);

#endif
