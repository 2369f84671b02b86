/*
 * kit.h - a test of an author's, as the parts of the kit share it; private.
 *
 * kit.c makes and ends it, subjects.c says what stands around a bolt or spout
 * by itself, feeding.c takes what is fed and sources.c emits it, capture.c
 * writes down what everybody emits, course.c lets it run, expectations.c and
 * counts.c look.
 *
 * All of it happens on the thread of the test, which is the first of its world.
 */
#ifndef GALE_KIT_H
#define GALE_KIT_H

#include "simulator/between.h"
#include "simulator/world.h"
#include <gale/testing.h>

/* A tuple that was fed; its number is its place, from 1 on. */
struct fed {
    char *stream;
    gale_value values; /* a list, owned; nil once it is not needed any more */
    gale_test_fate fate;
};

/* A stream of a source that the test has added. */
struct source_stream {
    char *name;
    char **fields;
    uint32_t n_fields;
};

/* A spout that emits what the test feeds. */
struct source {
    char *id;
    bool added;   /* it is the test's; else it takes the place of another one */
    bool replays; /* what fails is emitted again */
    uint64_t *queue; /* numbers of fed tuples; the next one is queue[head] */
    size_t head, n_queue;
    struct source_stream *streams; /* of one that is added … */
    uint32_t n_streams;
    gale_stream *decls; /* … as its descriptor has them */
    gale_spout spout;
};

/* A tuple that somebody emitted. */
struct emitted {
    uint32_t component, stream;
    bool seen;         /* by an expectation */
    gale_value values; /* a list, owned */
};

struct gale_test {
    struct between between; /* first: what between_of() finds */
    uint64_t seed;
    gale_err error;  /* the first mistake; "" while there is none */
    gale_err failed; /* what the topology failed with */
    bool expected_to_fail;
    gale_builder *builder;
    char **overrides;
    size_t n_overrides;
    FILE *log;
    char *log_text;
    size_t log_size;

    char *subject;           /* id of what is under test; NULL: a topology */
    gale_declarer *declarer; /* of it */
    const gale_spout *subject_spout; /* one of the process; or NULL */
    char *plugin;                    /* its plugin, of a spout */
    gale_bolt sink;                  /* behind a spout */
    uint64_t refuse;                 /* so many tuples fail there */

    struct source **sources;
    size_t n_sources;
    struct fed *fed;
    size_t n_fed;
    uint64_t n_acked, n_failed; /* of them */

    bool started, ending, ended, active;
    struct world *world;
    struct env *env;
    struct env_waiter *waiter;
    gale_local *local;
    struct worker *worker;
    const struct model *model;
    uint64_t *ticks; /* per component */
    struct emitted *emitted;
    size_t n_emitted, emitted_capacity;
    bool keeps_nothing; /* what is emitted is nobody's business */
    char last_error[1024];
};

/* Keep the mistake unless there is one already. */
GALE_PRINTF(2, 3)
void kit_mistake(gale_test *t, const char *format, ...);

/* Nothing is wrong, as far as is known. */
bool kit_is_fine(const gale_test *t);

/* The test that a running task is part of. */
gale_test *kit_of(gale_task *task);

/* -- sources.c ------------------------------------------------------------- */

/* NULL if there is none of this id. */
struct source *sources_find(const gale_test *t, const char *id);
struct source *sources_add(gale_test *t, const char *id, bool added);

/* The component emits what is fed instead of what it did. */
void sources_replace(gale_spout *spout);

/* Somebody may have something to emit. */
void sources_wake(gale_test *t);
void sources_free(gale_test *t);

/* -- feeding.c ------------------------------------------------------------- */

/* Before the start: streams and their fields are what they will be. */
void feeding_begin(gale_test *t);

/* The tuple of this number is emitted, once more. */
void feeding_again(struct source *s, uint64_t number);

/* The spout has heard of it; again: its values are still needed. */
void feeding_settled(gale_test *t, uint64_t number, gale_test_fate fate,
                     bool again);
void feeding_free(gale_test *t);

/* -- subjects.c ------------------------------------------------------------ */

/* A spout by itself gets a sink for all its streams. */
void subjects_settle(gale_test *t);

/* -- course.c -------------------------------------------------------------- */

/* So much time passes, settled or not; false when the run is over. */
bool course_pass(gale_test *t, int64_t ns);

/* -- counts.c -------------------------------------------------------------- */

/* As gale_test_count(), of a topology that may be at work. */
uint64_t counts_now(gale_test *t, const char *component,
                    gale_test_counter counter);

/* -- capture.c ------------------------------------------------------------- */

/* The worker is wired: see what it does. For struct local_in. */
void capture_begin(void *test, struct worker *worker);
void capture_free(gale_test *t);

/* UINT32_MAX, and a mistake, if there is none of this id; NULL: what is under
 * test. */
uint32_t capture_component(gale_test *t, const char *id);

/* The same, if it has this stream, too; NULL: any will do. */
uint32_t capture_source(gale_test *t, const char *id, const char *stream);

/* The i-th that the component has emitted on the stream (NULL: on any); NULL if
 * there are not that many. */
struct emitted *capture_find(gale_test *t, uint32_t component,
                             const char *stream, uint64_t i);
const char *capture_stream(const gale_test *t, const struct emitted *e);

/* -- values ---------------------------------------------------------------- */

/* Equal in kind and content; NaN is NaN. */
bool kit_equal(gale_value a, gale_value b);

#endif
