/*
 * fake_host.h - a host of one task, for tests of a plugin's callbacks.
 *
 * It loads NAME.so, fills the options, hands out a gale_task whose functions
 * write down what the plugin does, and calls back when the test says so. Time
 * stands still unless the test moves it; chance comes from a fixed seed.
 * Nothing is routed: what one plugin gives another takes in a running topology.
 *
 *     struct fake_host *f = fake_host_bolt("split");
 *     fake_host_start(f);
 *     fake_host_execute(f, GALE_VALUES(gale_cstr("a b")));
 *     assert_int_equal(f->n_emitted, 2);
 *     fake_host_stop(f);
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <gale/bolt.h>
#include <gale/spout.h>

enum {
    FAKE_HOST_VALUES = 4,     /* of a tuple that are written down */
    FAKE_HOST_CONFIG = 16,    /* keys */
    FAKE_HOST_POSITIONS = 64, /* splits */
};

struct fake_emitted {
    bool tracked;
    gale_msgid id;
    uint32_t stream;
    uint32_t n;
    gale_value values[FAKE_HOST_VALUES]; /* text is a copy, NUL-terminated */
};

struct fake_pair {
    char *key;
    char *text;
    gale_value value;
};

struct fake_tuple {
    gale_tuple public;
    struct fake_host *f;
    const gale_value *values;
    uint32_t n;
};

struct fake_host {
    gale_task public;
    const gale_spout *spout; /* one of the two … */
    const gale_bolt *bolt;   /* … is NULL */
    void *library;
    uint32_t index, n_tasks;

    /* The input that execute sees; names are f0, f1 … unless given. */
    struct fake_tuple input;
    const char *const *names;

    struct fake_emitted *emitted;
    size_t n_emitted, capacity;
    bool discard; /* count what is emitted and forget it */

    uint64_t n_held, n_acked, n_failed; /* handles */
    char error[1024];                   /* the last text of an error … */
    char mark[200];                     /* … of an accessor */
    uint64_t n_reported;

    int64_t now; /* nanoseconds; the test moves it */
    uint64_t n_pending;
    int wait_fd;        /* -1: not said */
    int64_t wait_until; /* -1: not said */
    bool exhausted;
    int64_t tick_ms;
    uint64_t random;

    struct fake_pair config[FAKE_HOST_CONFIG];
    uint32_t n_config;
    struct fake_pair positions[FAKE_HOST_POSITIONS];
    uint32_t n_positions;
    void *resource;
    gale_destroy_fn *destroy;
};

/* From the directory GALE_TEST_PLUGINS (build/release/lib/gale without it);
 * aborts with the reason if there is no such plugin. */
struct fake_host *fake_host_spout(const char *name);
struct fake_host *fake_host_bolt(const char *name);

/* Before the start. An option's text is read as its type says. */
void fake_host_option(struct fake_host *f, const char *name, const char *text);
void fake_host_config(struct fake_host *f, const char *key, gale_value value);
void fake_host_position(struct fake_host *f, const char *split,
                        const char *position);
/* NULL if there is none. */
const char *fake_host_position_of(const struct fake_host *f, const char *split);

/* open and activate, or prepare. */
gale_result fake_host_start(struct fake_host *f);
/* close or cleanup; frees everything. */
void fake_host_stop(struct fake_host *f);

gale_result fake_host_execute(struct fake_host *f, const gale_value *values,
                              uint32_t n);
/* next, until the spout waits, is exhausted, or fails; the last result. */
gale_result fake_host_drain(struct fake_host *f);
/* Forget what has been emitted. */
void fake_host_clear(struct fake_host *f);

/* The value as text: of a string its bytes, of an int its digits. Valid until
 * the next call but one. */
const char *fake_host_text(gale_value value);

#endif
