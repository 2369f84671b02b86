/*
 * wire_speed.c - encoding and decoding of one full slice, over and over.
 *
 * The ways take turns of a millisecond or so, and of each the best turn counts:
 * what disturbs the machine makes a turn longer, never shorter. The slice stays
 * in the cache, as it does when it was just written, or just read.
 */
#include "tests/bench/wire_speed.h"
#include "common/crc32c.h"
#include "tests/bench/five_sentences.h"
#include "tests/support/made_slice.h"
#include <msgpack.h>
#include <stdio.h>

enum { SLICE_BYTES = 16000, TURN_TUPLES = 100000 };

struct subject {
    struct made_slice made;
    char wire[2 * SLICE_BYTES];
    size_t size;
    _Alignas(8) char back[SLICE_BYTES + 1000];
    msgpack_sbuffer packed;
};

/* -- what takes turns ------------------------------------------------------ */

static void encode(struct subject *s)
{
    s->size = wire_slice_encode(&s->made.slice, s->wire);
}

static void decode(struct subject *s)
{
    struct wire_limits limits = {s->made.slice.n_fields, 1, UINT32_MAX};
    struct wire_slice slice;

    check(wire_slice_open(&slice, s->wire, s->size, SLICE_BYTES + 1000) ==
          NULL);
    slice.tuples = s->back;
    check(wire_slice_decode(&slice, s->wire, s->size, &limits) == NULL);
}

static void add_up(struct subject *s)
{
    uint32_t crc = crc32c(0, s->wire, s->size);

    __asm__ volatile("" : : "r"(crc));
}

static void pack_slot(msgpack_packer *p, const struct tuple *t,
                      const struct slot *slot)
{
    gale_value v = slot_value(t, slot);

    if (v.kind == GALE_INT)
        msgpack_pack_int64(p, v.as.i);
    else if (v.kind == GALE_FLOAT)
        msgpack_pack_double(p, v.as.f);
    else
        msgpack_pack_str_with_body(p, v.as.data, v.size);
}

static void pack(struct subject *s)
{
    const char *at = s->made.slice.tuples;
    msgpack_packer p;

    msgpack_sbuffer_clear(&s->packed);
    msgpack_packer_init(&p, &s->packed, msgpack_sbuffer_write);
    for (uint32_t i = 0; i < s->made.slice.n; i++) {
        const struct tuple *t = (const struct tuple *)(const void *)at;
        uint32_t n;
        const struct anchor *a = tuple_anchors(t, &n);

        if (n > 0) {
            msgpack_pack_uint64(&p, a->root);
            msgpack_pack_uint64(&p, a->edge);
        }
        for (uint32_t f = 0; f < t->n_fields; f++)
            pack_slot(&p, t, tuple_slots(t) + f);
        at += t->size;
    }
}

static void unpack_all(struct subject *s)
{
    msgpack_unpacked u;
    size_t at = 0;

    msgpack_unpacked_init(&u);
    while (at < s->packed.size)
        check(msgpack_unpack_next(&u, s->packed.data, s->packed.size, &at) ==
              MSGPACK_UNPACK_SUCCESS);
    msgpack_unpacked_destroy(&u);
}

/* -- turns ----------------------------------------------------------------- */

static const struct {
    const char *figure;
    void (*run)(struct subject *s);
} ways[] = {
    {"encode", encode},
    {"decode", decode},
    {"sum", add_up},
    {"msgpack-c pack", pack},
    {"msgpack-c unpack", unpack_all},
};

enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

/* ns per tuple. */
static double turn(struct subject *s, void (*run)(struct subject *s))
{
    uint32_t times = TURN_TUPLES / s->made.slice.n + 1;
    double start = bench_now();

    for (uint32_t i = 0; i < times; i++)
        run(s);
    return (bench_now() - start) / times / s->made.slice.n * 1e9;
}

static int measure(struct subject *s, const struct bench_run *r)
{
    double best[WAYS], start = bench_now();

    made_slice_done(&s->made);
    msgpack_sbuffer_init(&s->packed);
    for (uint32_t i = 0; i < WAYS; i++)
        best[i] = turn(s, ways[i].run);
    do
        for (uint32_t i = 0; i < WAYS; i++) {
            double ns = turn(s, ways[i].run);

            best[i] = ns < best[i] ? ns : best[i];
        }
    while (bench_now() - start < r->options->seconds);
    check(memcmp(s->back, s->made.slice.tuples, s->made.slice.bytes) == 0);
    for (uint32_t i = 0; i < WAYS; i++)
        bench_figure(ways[i].figure, best[i]);
    bench_figure("bytes", (double)s->size / s->made.slice.n);
    msgpack_sbuffer_destroy(&s->packed);
    made_slice_free(&s->made);
    return 0;
}

/* -- cases ----------------------------------------------------------------- */

static bool is_full(const struct subject *s)
{
    return (size_t)(s->made.at - s->made.slice.tuples) +
               (size_t)(s->made.slice.shared - s->made.end) >
           SLICE_BYTES - 200;
}

/* The words of the five sentences at random; those of one have a message. */
static int words(const struct bench_run *r, bool shared)
{
    static struct subject s;
    struct random random;
    uint64_t message = UINT64_C(3) << 48 | 1000000;

    random_seed(&random, 1);
    made_slice_begin(&s.made, 1);
    while (!is_full(&s)) {
        const char *text = five_sentences[random_below(&random, 5)];
        struct anchor a = {++message, shared ? random_next(&random) | 1 : 1};

        while (*text != '\0') {
            uint32_t size = (uint32_t)strcspn(text, " ");
            gale_value word = {GALE_STRING, size, {.data = text}};

            made_slice_add(&s.made,
                           &(struct made_tuple){&word, &a, 1, 0, shared});
            text += size + (text[size] == ' ');
            a.root += !shared; /* or each is a message of its own */
        }
        message = a.root;
    }
    return measure(&s, r);
}

int wire_speed_shared(const struct bench_run *r)
{
    return words(r, true);
}

int wire_speed_own(const struct bench_run *r)
{
    return words(r, false);
}

int wire_speed_numbers(const struct bench_run *r)
{
    static struct subject s;
    struct random random;

    random_seed(&random, 1);
    made_slice_begin(&s.made, 4);
    while (!is_full(&s)) {
        char text[9];

        snprintf(text, sizeof(text), "%08x", (uint32_t)random_next(&random));
        made_slice_plain(
            &s.made,
            (gale_value[]){gale_int((int64_t)random_next(&random)),
                           gale_cstr(text),
                           gale_int((int64_t)(random_next(&random) >> 33)),
                           gale_float((double)random_next(&random))});
    }
    return measure(&s, r);
}
