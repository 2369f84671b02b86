/*
 * topology_run.h - topologies that run inside a test.
 *
 *     struct topology_run r;
 *
 *     topology_run_begin(&r, "name-of-the-topology");
 *     topology_run_spout(&r, "numbers", &numbers, 1);
 *     gale_shuffle(topology_run_bolt(&r, "sink", &sink, 2), "numbers");
 *     topology_run_complete(&r);
 *     assert_balanced(&r);
 *     topology_run_end(&r);
 *
 * Components are probes (tests/plugins/probe.h) or any plugin of the build.
 * Whatever should happen is waited for, at most TOPOLOGY_RUN_PATIENCE seconds,
 * which a loaded machine does not need either; then the process ends with a
 * line that says what did not come. So no test depends on a time.
 */
#ifndef TESTS_TOPOLOGY_RUN_H
#define TESTS_TOPOLOGY_RUN_H

#include "common/env.h"
#include "tests/plugins/probe.h"
#include "tests/support/captured.h"
#include <gale/local.h>
#include <pthread.h>

struct worker;

enum { TOPOLOGY_RUN_PATIENCE = 100 };

struct topology_run {
    gale_builder *builder;
    gale_local *local; /* after topology_run_start() */
    gale_err error;
    struct captured log;
    uint32_t carriers;     /* 0: two; to be set before the start */
    const char *state_dir; /* NULL: none; to be set before the start */
    struct env *env;       /* NULL: the real one; to be set before the start */
    void (*wired)(void *arg, struct worker *w); /* sees the worker before it
                                                   runs; arg is this; NULL:
                                                   nobody does */
};

/* Streams of a probe that emits one value, the field "n" of "default". */
static const gale_stream topology_run_stream[] = {GALE_STREAM("default", "n")};
#define OUTPUT_N                                                               \
    {                                                                          \
        topology_run_stream, 1, sizeof(topology_run_stream[0])                 \
    }

/* Acks on, no state, the plugins of this build, two carriers, messages that
 * time out after an hour. */
void topology_run_begin(struct topology_run *r, const char *name);
/* Stops what still runs. */
void topology_run_end(struct topology_run *r);

/* The plain probe with this name in the topology … */
gale_declarer *topology_run_spout(struct topology_run *r, const char *id,
                                  const struct probe *probe, int executors);
gale_declarer *topology_run_bolt(struct topology_run *r, const char *id,
                                 const struct probe *probe, int executors);
/* … or another one of probe.c, such as "probe_bolt_manual". */
gale_declarer *topology_run_spout_as(struct topology_run *r, const char *id,
                                     const char *plugin,
                                     const struct probe *probe, int executors);
gale_declarer *topology_run_bolt_as(struct topology_run *r, const char *id,
                                    const char *plugin,
                                    const struct probe *probe, int executors);

/* True if it runs; else r->error says why. */
bool topology_run_tries(struct topology_run *r);
/* It must run. */
void topology_run_start(struct topology_run *r);
/* Start unless it runs, and wait until it is complete. */
void topology_run_until_complete(struct topology_run *r);
/* Stop, and wait until it has stopped or failed; says how it ended. */
gale_local_state topology_run_stop(struct topology_run *r, gale_stop how);
/* Start unless it runs, wait until complete, drain: it must stop, not fail. */
void topology_run_complete(struct topology_run *r);
/* Start unless it runs, and wait until it fails; the error's text. It may fail
 * while it starts. */
const char *topology_run_fails(struct topology_run *r);

/* -- counters -------------------------------------------------------------- */

/* Of one component; borrowed until the next call for the same run. */
gale_component_stats topology_run_stats(struct topology_run *r, const char *id);
/* Executed, acked, failed of the input from a component's stream. */
gale_stream_stats topology_run_input(struct topology_run *r, const char *id,
                                     const char *from, const char *stream);
/* A metric of a plugin's own; the kind is GALE_METRIC_… */
gale_metric_stats topology_run_metric(struct topology_run *r,
                                      const char *component, const char *name);

/* NULL if after a graceful end all was executed, settled and counted once; else
 * what does not add up. */
const char *topology_run_unbalanced(struct topology_run *r);

#define assert_balanced(r)                                                     \
    do {                                                                       \
        const char *unbalanced_ = topology_run_unbalanced(r);                  \
        if (unbalanced_ != NULL)                                               \
            fail_msg("%s", unbalanced_);                                       \
    } while (0)

#define assert_says(text, part)                                                \
    do {                                                                       \
        const char *text_ = (text);                                            \
        if (strstr(text_, part) == NULL)                                       \
            fail_msg("\"%s\" is not in: %s", part, text_);                     \
    } while (0)

/* What the log holds by now. */
const char *topology_run_log(struct topology_run *r);

/* -- waiting --------------------------------------------------------------- */

/* A number that threads raise and wait for. */
struct tally {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t n;
};

#define TALLY_INIT                                                             \
    {                                                                          \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0                 \
    }

void tally_add(struct tally *t, uint64_t n);
uint64_t tally_get(struct tally *t);
void tally_set(struct tally *t, uint64_t n);
/* `what` is said if it does not come to that. */
void tally_await(struct tally *t, uint64_t at_least, const char *what);

/* Ask `is` until it says true. */
void topology_run_until(bool (*is)(void *arg), void *arg, const char *what);

/* -- chance ---------------------------------------------------------------- */

/* GALE_TEST_SEED if it is set, else a new one; prints how to replay it. */
uint64_t topology_run_seed(const char *test);

#endif
