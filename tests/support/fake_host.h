/*
 * fake_host.h - a host of one task, for tests of a plugin's callbacks.
 *
 * It loads a plugin, hands out a gale_task whose functions write down what the
 * plugin does, and calls back when the test says so. Time stands still unless
 * the test moves it; chance comes from a fixed seed. Nothing is routed: what
 * one plugin gives another takes a running topology.
 *
 *     struct fake_host *f = fake_host_new("split", false);
 *     fake_host_start(f);
 *     fake_host_execute(f, GALE_VALUES(gale_cstr("a b")));
 *     assert_int_equal(f->n_emitted, 2);
 *     fake_host_free(f);
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include "topology-api/model.h"
#include "topology-api/option_table.h"

enum { FAKE_HOST_VALUES = 4 }; /* of a tuple that are written down */

struct fake_emitted {
    bool tracked;
    gale_msgid id;
    gale_value values[FAKE_HOST_VALUES]; /* copies */
};

struct fake_host {
    gale_task task;
    struct model model;         /* holds nothing … */
    struct component component; /* … and this the configuration */
    struct option_texts texts;
    uint32_t index, n_tasks; /* the test may change them before the start */

    gale_tuple tuple; /* the input; its fields are called f0, f1 … */
    const gale_value *values;
    uint32_t n_values;
    gale_batch batch; /* or many of them */
    const gale_value *batch_values;
    uint32_t n_settled;  /* by gale_batch_settle() … */
    gale_result settled; /* … and how, the last time */

    struct fake_emitted *emitted;
    size_t n_emitted, capacity;
    uint64_t n_held, n_acked; /* handles */
    char text[1024];          /* the last error or warning */
    bool mark;                /* an accessor was wrong */

    int64_t now; /* nanoseconds */
    bool waits;  /* for a file descriptor or a time */
    bool exhausted;
    int64_t tick_ms;
    uint64_t random;
    struct settings *positions;
    void *resource;
    gale_destroy_fn *destroy;
};

/* The spout or bolt of lib/gale/NAME.so in GALE_BUILD, which is build/release
 * without that variable. */
struct fake_host *fake_host_new(const char *name, bool spout);

/* An option or any other key, before the start. */
void fake_host_set(struct fake_host *f, const char *key, gale_value value);

/* Fill the options; open and activate, or prepare. */
gale_result fake_host_start(struct fake_host *f);

/* Call next until the spout waits, is exhausted, or fails. */
gale_result fake_host_drain(struct fake_host *f);

gale_result fake_host_execute(struct fake_host *f, const gale_value *values,
                              uint32_t n);

/* n tuples, one after the other. */
gale_result fake_host_execute_batch(struct fake_host *f,
                                    const gale_value *values, uint32_t n_fields,
                                    uint32_t n);

/* A message of a spout. */
void fake_host_ack(struct fake_host *f, gale_msgid id);
void fake_host_fail(struct fake_host *f, gale_msgid id);

/* Forget what has been emitted. */
void fake_host_clear(struct fake_host *f);

/* close or cleanup, too. */
void fake_host_free(struct fake_host *f);

#endif
