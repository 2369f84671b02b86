/* wire_encode.c - a slice in memory becomes bytes; see wire_slice.h. */
#include "worker/shared_anchor.h"
#include "worker/wire_long.h"
#include "worker/wire_slice.h"
#include "worker/wire_value.h"

/* What is written so far, and what comes next. */
struct encoder {
    char *out;
    const char *at; /* the next tuple */
    uint32_t left;  /* tuples */
    uint32_t n_fields;
    struct sharing sharing;
    struct anchor last;
};

/* A value, whatever it is; returns where its bytes end. */
static TUPLE_INLINE char *put_value(char *out, const char *tuple,
                                    const struct slot *s)
{
    char *end = wire_put_slot(out, s);

    return __builtin_expect(end != NULL, 1) ? end
                                            : wire_long_put(out, tuple, s);
}

/* -- tuples ---------------------------------------------------------------- */

static char *put_anchors(char *out, struct anchor *last, const struct tuple *t)
{
    uint32_t n;
    const struct anchor *a = tuple_anchors(t, &n);

    check(n > 1);
    wire_put32(out, n);
    out += sizeof(n);
    for (uint32_t i = 0; i < n; i++)
        out = wire_put_anchor(out, last, &a[i]);
    return out;
}

/* A tuple of this form and number of fields; returns where its bytes end. */
static TUPLE_INLINE char *put_tuple(char *out, struct anchor *last,
                                    const char *at, enum wire_form form,
                                    uint32_t n_fields)
{
    const struct tuple *t = (const struct tuple *)(const void *)at;
    const struct slot *slots = (const struct slot *)(const void *)(t + 1);

    if (form == WIRE_ANCHORED) {
        out = wire_put_anchor(out, last, (const void *)(t + 1));
        slots++;
    } else if (form == WIRE_SEVERAL) {
        out = put_anchors(out, last, t);
        slots = tuple_slots(t);
    }
    for (uint32_t i = 0; i < n_fields; i++)
        out = put_value(out, at, &slots[i]);
    return out;
}

/* -- runs ------------------------------------------------------------------ */

static uint32_t flags_of(uint64_t head)
{
    return (uint8_t)(head >> 40);
}

static uint64_t head_at(const char *at)
{
    return wire_get64((const uint8_t *)at);
}

/* All that the tuples of a run have in common: number of fields, flags, dst. */
static TUPLE_INLINE bool is_like(const char *at, uint64_t head)
{
    return (head_at(at) ^ head) >> 32 == 0;
}

/* Up to n tuples like the first one; returns how many. */
static TUPLE_INLINE uint32_t put_like(struct encoder *e, uint32_t n,
                                      enum wire_form form, uint32_t n_fields)
{
    uint64_t head = head_at(e->at);
    struct anchor last = e->last;
    const char *at = e->at;
    char *out = e->out;
    uint32_t i = 0;

    do {
        out = put_tuple(out, &last, at, form, n_fields);
        at += (uint32_t)head_at(at);
    } while (++i < n && is_like(at, head));
    e->last = last;
    e->at = at;
    e->out = out;
    return i;
}

#define WORD_SIZE ((uint32_t)(sizeof(struct tuple) + sizeof(struct slot)))

/* The same of one short text without an anchor of its own: all have one size,
 * so the next one is looked at before this one is done. */
static TUPLE_INLINE uint32_t put_words(struct encoder *e, uint32_t n)
{
    uint64_t head = head_at(e->at);
    const char *at = e->at;
    char *out = e->out;
    uint32_t i;

    for (i = 0; i < n && head_at(at) == head; i++, at += WORD_SIZE) {
        const struct slot *s = (const void *)(at + sizeof(struct tuple));
        uint64_t text = s->head;

        if (!wire_is_short_text(text))
            break;
        out = wire_put_short_text(out, text, s->word);
    }
    e->at = at;
    e->out = out;
    return i;
}

static uint32_t put_plain(struct encoder *e, uint32_t n)
{
    bool may_be_words =
        (uint32_t)head_at(e->at) == WORD_SIZE && e->n_fields == 1;
    uint32_t words = may_be_words ? put_words(e, n) : 0;

    if (words > 0)
        return words;
    return put_like(e, n, WIRE_PLAIN, e->n_fields);
}

static uint32_t put_tuples(struct encoder *e, enum wire_form form, uint32_t n)
{
    if (form == WIRE_ANCHORED && e->n_fields == 1)
        return put_like(e, n, WIRE_ANCHORED, 1);
    if (form == WIRE_ANCHORED)
        return put_like(e, n, WIRE_ANCHORED, e->n_fields);
    if (form == WIRE_SEVERAL)
        return put_like(e, n, WIRE_SEVERAL, e->n_fields);
    return put_plain(e, n);
}

/* The form of the next run, and how many tuples it may have. */
static enum wire_form form_of(struct encoder *e, uint64_t head, uint32_t *n)
{
    uint32_t flags = flags_of(head);
    bool goes_on;

    *n = e->left < WIRE_RUN_MAX ? e->left : WIRE_RUN_MAX;
    if (flags == 0)
        return WIRE_PLAIN;
    if (flags == TUPLE_ANCHORED)
        return WIRE_ANCHORED;
    if (flags == (TUPLE_ANCHORED | TUPLE_EXTENDED))
        return WIRE_SEVERAL;
    check(flags == TUPLE_SHARES);
    goes_on = e->sharing.left > 0;
    sharing_next(&e->sharing);
    if (e->sharing.left < *n)
        *n = (uint32_t)e->sharing.left;
    return goes_on ? WIRE_SHARES_ON : WIRE_SHARES;
}

static void put_run(struct encoder *e)
{
    uint64_t head = head_at(e->at);
    uint32_t n, dst = head >> 48;
    enum wire_form form = form_of(e, head, &n);
    char *run = e->out;

    check((uint8_t)(head >> 32) == e->n_fields);
    run[0] = (char)(form | (dst > 0 ? WIRE_DST : 0));
    wire_put16(run + 2, (uint16_t)dst);
    e->out = run + (dst > 0 ? 4 : 2);
    if (form == WIRE_SHARES)
        e->out = wire_put_anchor(e->out, &e->last, &e->sharing.at->anchor);
    n = put_tuples(e, form, n);
    run[1] = (char)n;
    e->left -= n;
    if (form == WIRE_SHARES || form == WIRE_SHARES_ON)
        sharing_pass(&e->sharing, n);
}

static void put_head(const struct wire_slice *s, char *out)
{
    wire_put32(out, s->executor);
    wire_put32(out + 4, (uint32_t)s->task);
    wire_put32(out + 8, s->n);
    wire_put32(out + 12, s->bytes);
    wire_put16(out + 16, s->input);
    out[18] = (char)s->n_fields;
    out[19] = 0;
}

size_t wire_slice_encode(struct wire_slice *s, char *out)
{
    struct encoder e = {
        .out = out + WIRE_SLICE_HEAD,
        .at = s->tuples,
        .left = s->n,
        .n_fields = s->n_fields,
        .sharing = {(struct shared_anchor *)(void *)s->shared, 0},
    };

    check(s->n > 0 && s->n_fields <= TUPLE_FIELDS_MAX);
    while (e.left > 0)
        put_run(&e);
    check(e.sharing.left == 0);
    s->bytes =
        (uint32_t)(e.at - s->tuples + (s->shared - (const char *)e.sharing.at));
    put_head(s, out);
    return (size_t)(e.out - out);
}
