/*
 * gale/testing.h - tests of spouts, bolts and topologies (libgale.so).
 *
 *     gale_test *t = gale_test_bolt("split");
 *
 *     gale_test_feed(t, gale_cstr("the cow"));
 *     gale_test_expect_emit(t, gale_cstr("the"));
 *     gale_test_expect_emit(t, gale_cstr("cow"));
 *     gale_test_expect_no_emit(t);
 *     gale_test_expect(t, GALE_TEST_ACKED, 1);
 *     gale_test_free(t);
 *
 * The engine is the real one, its world is simulated (docs/simulation.md): one
 * thread, a clock that is a number, everything that chance decides drawn from a
 * seed, which is 1, or GALE_SEED of the environment. So a test is the same each
 * time, and hours pass in milliseconds.
 *
 * It runs while one of these functions is called: whoever looks at something
 * lets everything that has been fed be worked off before. The clock moves a
 * little with the work, and by gale_test_advance().
 *
 * Mistakes. The first one (a plugin that is not found, an option that is wrong,
 * a topology that fails) is kept, later calls do nothing, and the next
 * gale_test_expect…() fails with its sentence. An expectation that does not
 * hold says both values: in a test of cmocka it fails that test, elsewhere it
 * ends the process by abort(). A topology may be meant to fail:
 * gale_test_expect_error().
 *
 * Several gale_tests may be there at a time; one thread uses them. What is
 * handed out belongs to the test, until gale_test_free(), which frees all.
 */
#ifndef GALE_TESTING_H
#define GALE_TESTING_H

#include <gale/bolt.h>
#include <gale/local.h>
#include <gale/spout.h>
#ifdef __cplusplus
#include <initializer_list>
#endif

typedef struct gale_test gale_test;

/* The values of a tuple, and several of them. */
typedef struct gale_row {
    const gale_value *values;
    uint32_t n;
} gale_row;

typedef struct gale_rows {
    const gale_row *items;
    uint32_t n;
} gale_rows;

static inline gale_rows gale_rows_make(const gale_row *items, uint32_t n)
{
    gale_rows rows;

    rows.items = items;
    rows.n = n;
    return rows;
}

/* The two arguments "array of these, how many", in C and in C++. */
#ifdef __cplusplus
#define GALE_TEST_ARRAY_(type_, ...)                                           \
    std::initializer_list<type_>{__VA_ARGS__}.begin(),                         \
        static_cast<uint32_t>(                                                 \
            std::initializer_list<type_>{__VA_ARGS__}.size())
#else
#define GALE_TEST_ARRAY_(type_, ...)                                           \
    ((type_ const[]){__VA_ARGS__}),                                            \
        ((uint32_t)(sizeof((type_ const[]){__VA_ARGS__}) / sizeof(type_)))
#endif
#define GALE_TEST_VALUES_(...) GALE_TEST_ARRAY_(gale_value, __VA_ARGS__)
#define GALE_TEST_NAMES_(...) GALE_TEST_ARRAY_(const char *, __VA_ARGS__)

/* GALE_ROWS(GALE_ROW(gale_cstr("cow"), gale_int(2)), GALE_ROW(…)) */
#define GALE_ROW(...)                                                          \
    {                                                                          \
        GALE_TEST_VALUES_(__VA_ARGS__)                                         \
    }
#define GALE_ROWS(...) gale_rows_make(GALE_TEST_ARRAY_(gale_row, __VA_ARGS__))
#define GALE_NO_ROWS gale_rows_make(NULL, 0)

/* Where in the test something is expected. */
typedef struct gale_place {
    const char *file;
    int line;
} gale_place;

static inline gale_place gale_place_make(const char *file, int line)
{
    gale_place place;

    place.file = file;
    place.line = line;
    return place;
}

#define GALE_HERE gale_place_make(__FILE__, __LINE__)

GALE_BEGIN_DECLS

/* -- what is tested -------------------------------------------------------- */

/*
 * A bolt by itself: fed by the test, and what it emits is written down. plugin
 * is what gale_add_bolt() takes. Its input is the stream "default" of a
 * component "input", unless gale_test_fields() says otherwise. …_of(): one of
 * this program, linked or included.
 */
GALE_EXPORT gale_test *gale_test_bolt(const char *plugin);
GALE_EXPORT gale_test *gale_test_bolt_of(const gale_bolt *bolt);

/* A spout by itself: what it emits goes to a bolt that acks it, or fails it as
 * gale_test_refuse() says. It begins with gale_test_start(). */
GALE_EXPORT gale_test *gale_test_spout(const char *plugin);
GALE_EXPORT gale_test *gale_test_spout_of(const gale_spout *spout);

/* The topology of a file, as gale_builder_load(); or one that the test builds
 * with gale_test_builder(). */
GALE_EXPORT gale_test *gale_test_load(const char *file, int argc, char **argv);
GALE_EXPORT gale_test *gale_test_new(void);
GALE_EXPORT gale_builder *gale_test_builder(gale_test *t);

/* Stops what still runs; NULL is fine. */
GALE_EXPORT void gale_test_free(gale_test *t);

/* -- before it starts ------------------------------------------------------ */

/* Of the bolt or spout under test: an option, or a configuration key. */
GALE_EXPORT void gale_test_option(gale_test *t, const char *key,
                                  gale_value value);

/* As `gale local -c`: "key=value", or "COMPONENT.key=value". */
GALE_EXPORT void gale_test_override(gale_test *t, const char *text);

/* The names of the fields of a stream that is fed, in their order; "" ends
 * them. Without it they are f0, f1 …, as many as the first tuple fed has. */
GALE_EXPORT void gale_test_field_names(gale_test *t, const char *component,
                                       const char *stream,
                                       const char *const *names, uint32_t n);

/*
 * A topology that the test builds gets a spout `id` that emits what is fed to
 * it. The bolt under test gets another component as its input.
 */
GALE_EXPORT void gale_test_source(gale_test *t, const char *id);

/*
 * Mock sources: the spout of this id does not run; it emits these rows on a
 * stream that it declares (NULL: the first one), and what fails once more,
 * until it is acked. May be said for several streams.
 */
GALE_EXPORT void gale_test_mock(gale_test *t, const char *id,
                                const char *stream, gale_rows rows);

/* Everything is opened. Feeding, waiting and looking do it, too. */
GALE_EXPORT void gale_test_start(gale_test *t);

/* -- feeding --------------------------------------------------------------- */

/*
 * A tuple for the bolt under test; or from the spout `component`, which then
 * emits what is fed alone: before the start it is enough to say so. Returns the
 * number of the tuple, from 1 on, under which the test can ask what became of
 * it. Nothing is emitted again.
 */
GALE_EXPORT uint64_t gale_test_feed_values(gale_test *t,
                                           const gale_value *values,
                                           uint32_t n);
GALE_EXPORT uint64_t gale_test_feed_values_to(gale_test *t,
                                              const char *component,
                                              const char *stream,
                                              const gale_value *values,
                                              uint32_t n);

#define gale_test_feed(t, ...)                                                 \
    gale_test_feed_values(t, GALE_TEST_VALUES_(__VA_ARGS__))
#define gale_test_feed_to(t, component, stream, ...)                           \
    gale_test_feed_values_to(t, component, stream,                             \
                             GALE_TEST_VALUES_(__VA_ARGS__))
#define gale_test_fields(t, ...)                                               \
    gale_test_field_names(t, NULL, NULL, GALE_TEST_NAMES_(__VA_ARGS__))
#define gale_test_stream(t, component, stream, ...)                            \
    gale_test_field_names(t, component, stream, GALE_TEST_NAMES_(__VA_ARGS__))

typedef enum gale_test_fate {
    GALE_TEST_IS_PENDING = 0,
    GALE_TEST_IS_ACKED = 1,
    GALE_TEST_IS_FAILED = 2, /* or timed out */
} gale_test_fate;

GALE_EXPORT gale_test_fate gale_test_fate_of(gale_test *t, uint64_t number);

/* The next n tuples of the spout under test fail. */
GALE_EXPORT void gale_test_refuse(gale_test *t, uint64_t n);

/* -- running --------------------------------------------------------------- */

/* Until nobody has anything to do but wait. */
GALE_EXPORT void gale_test_settle(gale_test *t);

/* Let time pass, 0 to GALE_TEST_ADVANCE_MAX ms: ticks, timeouts, pauses of
 * spouts. */
#define GALE_TEST_ADVANCE_MAX INT64_C(1000000000000)
GALE_EXPORT void gale_test_advance(gale_test *t, int64_t ms);

/*
 * Until the bolt has executed n tuples, or the spout emitted them. It may go
 * on: a topology whose spout has no end never settles, and cannot be looked at
 * before gale_test_activate(t, false).
 */
GALE_EXPORT void gale_test_wait(gale_test *t, const char *component,
                                uint64_t n);

/* Storm's activate and deactivate; before anything else has begun, spouts begin
 * that way. */
GALE_EXPORT void gale_test_activate(gale_test *t, bool active);

/* No more input comes: what is pending is settled, bolts get end_of_input,
 * everything is closed. What there is to see can still be looked at. */
GALE_EXPORT void gale_test_end(gale_test *t);

/* Until every spout is exhausted and everything acked; then as above. */
GALE_EXPORT void gale_test_complete(gale_test *t);

/* -- looking --------------------------------------------------------------- */

/* What a component has emitted on a stream (NULL: on all), tuple by tuple, in
 * the order of emitting. */
GALE_EXPORT uint64_t gale_test_n_rows(gale_test *t, const char *component,
                                      const char *stream);
GALE_EXPORT gale_row gale_test_row(gale_test *t, const char *component,
                                   const char *stream, uint64_t i);

/* The stream of the i-th tuple that it has emitted on any. */
GALE_EXPORT const char *gale_test_row_stream(gale_test *t,
                                             const char *component, uint64_t i);

/* What was emitted so far is as if it had not been; rows are gone. */
GALE_EXPORT void gale_test_forget(gale_test *t);

typedef enum gale_test_counter {
    /* Of what was fed, or of the messages of the spout under test, or, with a
     * component, of its messages or inputs. */
    GALE_TEST_ACKED = 0,
    GALE_TEST_FAILED = 1, /* timed out ones, too */
    GALE_TEST_PENDING = 2,
    /* Of the component, without one of what is under test. */
    GALE_TEST_EMITTED = 3,
    GALE_TEST_EXECUTED = 4,
    GALE_TEST_DROPPED = 5,
    GALE_TEST_POISONED = 6,
    GALE_TEST_HELD = 7,
    GALE_TEST_TICKS = 8,
    GALE_TEST_ERRORS = 9, /* reported */
} gale_test_counter;

GALE_EXPORT uint64_t gale_test_count(gale_test *t, const char *component,
                                     gale_test_counter counter);

/* The last error that the component reported; "" if there is none. */
GALE_EXPORT const char *gale_test_last_error(gale_test *t,
                                             const char *component);

/* What is wrong with the test or its topology; "" while nothing is. */
GALE_EXPORT const char *gale_test_error(gale_test *t);

/* What was logged so far. */
GALE_EXPORT const char *gale_test_log(gale_test *t);

/* -- expectations ---------------------------------------------------------- */

/* The next tuple of what is under test that no expectation has seen yet … */
#define gale_test_expect_emit(t, ...)                                          \
    gale_test_expect_emit_(t, GALE_HERE, NULL, GALE_TEST_VALUES_(__VA_ARGS__))
/* … on this stream. */
#define gale_test_expect_emit_to(t, stream, ...)                               \
    gale_test_expect_emit_(t, GALE_HERE, stream, GALE_TEST_VALUES_(__VA_ARGS__))
/* There is none. */
#define gale_test_expect_no_emit(t) gale_test_expect_no_emit_(t, GALE_HERE)

/* All that a component has emitted on a stream (NULL: on all), in any order,
 * equal tuples as often as they are there. */
#define gale_test_expect_rows(t, component, stream, ...)                       \
    gale_test_expect_rows_(t, GALE_HERE, component, stream, __VA_ARGS__)

#define gale_test_expect(t, counter, n)                                        \
    gale_test_expect_count_(t, GALE_HERE, NULL, counter, n)
#define gale_test_expect_of(t, component, counter, n)                          \
    gale_test_expect_count_(t, GALE_HERE, component, counter, n)

#define gale_test_expect_fate(t, number, fate)                                 \
    gale_test_expect_fate_(t, GALE_HERE, number, fate)

/* The last error of the component (NULL: of what is under test), or what the
 * topology failed with, has this text in it. */
#define gale_test_expect_error(t, component, part)                             \
    gale_test_expect_error_(t, GALE_HERE, component, part)

/* All is well so far. */
#define gale_test_expect_fine(t) gale_test_expect_fine_(t, GALE_HERE)

GALE_EXPORT void gale_test_expect_emit_(gale_test *t, gale_place at,
                                        const char *stream,
                                        const gale_value *values, uint32_t n);
GALE_EXPORT void gale_test_expect_no_emit_(gale_test *t, gale_place at);
GALE_EXPORT void gale_test_expect_rows_(gale_test *t, gale_place at,
                                        const char *component,
                                        const char *stream, gale_rows rows);
GALE_EXPORT void gale_test_expect_count_(gale_test *t, gale_place at,
                                         const char *component,
                                         gale_test_counter counter, uint64_t n);
GALE_EXPORT void gale_test_expect_fate_(gale_test *t, gale_place at,
                                        uint64_t number, gale_test_fate fate);
GALE_EXPORT void gale_test_expect_error_(gale_test *t, gale_place at,
                                         const char *component,
                                         const char *part);
GALE_EXPORT void gale_test_expect_fine_(gale_test *t, gale_place at);

GALE_END_DECLS

#endif
