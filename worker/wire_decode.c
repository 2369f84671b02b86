/*
 * wire_decode.c - bytes of another worker become tuples in memory; see
 * wire_slice.h.
 *
 * What is usual is read by words, as long as so many bytes are left that a word
 * never reaches beyond them; whatever else comes is read by wire_long_get(),
 * which counts every byte.
 */
#include "worker/shared_anchor.h"
#include "worker/wire_long.h"
#include "worker/wire_slice.h"
#include "worker/wire_value.h"

struct decoder {
    const uint8_t *at;    /* what is read next */
    struct wire_memory m; /* its limit: where shared anchors begin */
    uint32_t left;
    const struct wire_limits *limits;
    struct anchor last;
    uint64_t head;   /* of the first tuple; 0: there is none yet … */
    uint64_t unlike; /* … and the bits in which others differ */
    bool shares;     /* there is a shared anchor */
};

/* What all tuples of a run have. */
struct run {
    enum wire_form form;
    uint32_t n;
    uint32_t n_fields;
    uint64_t head; /* without the size */
};

/* -- anchors --------------------------------------------------------------- */

static const char *const bad_anchor = "has an anchor that is cut off or none";

static const uint8_t *get_anchor(struct decoder *d, const uint8_t *p)
{
    p = wire_get_anchor_of(p, d->m.end, &d->last);
    return p != NULL ? p : wire_refuse(&d->m, bad_anchor);
}

/* How many. */
static const uint8_t *get_n_anchors(struct decoder *d, const uint8_t *p,
                                    uint32_t *n)
{
    if (wire_left(&d->m, p) < sizeof(*n))
        return wire_refuse(&d->m, WIRE_CUT_OFF);
    *n = wire_get32(p);
    p += sizeof(*n);
    if (*n < 2 || *n > wire_left(&d->m, p))
        return wire_refuse(&d->m, "has a tuple with a wrong number of anchors");
    return p;
}

/* Several ones behind the head, with their number. */
static const uint8_t *get_anchors(struct decoder *d, const uint8_t *p)
{
    uint32_t n;
    char *to;

    p = get_n_anchors(d, p, &n);
    if (p == NULL)
        return NULL;
    to = wire_take(&d->m, 8 + (uint64_t)n * sizeof(struct anchor));
    if (to == NULL)
        return NULL;
    wire_put64(to, n);
    to += 8;
    for (uint32_t i = 0; i < n && p != NULL; i++) {
        p = get_anchor(d, p);
        memcpy(to + (uint64_t)i * sizeof(struct anchor), &d->last,
               sizeof(d->last));
    }
    return p;
}

/* -- tuples ---------------------------------------------------------------- */

/* Of a tuple of which nothing lies beyond its slots. */
static TUPLE_INLINE uint64_t fixed_size(enum wire_form form, uint32_t n_fields)
{
    return sizeof(struct tuple) + n_fields * sizeof(struct slot) +
           (form == WIRE_ANCHORED ? sizeof(struct anchor) : 0);
}

static TUPLE_INLINE void put_tuple_head(struct decoder *d, uint64_t head)
{
    wire_put64(d->m.tuple, head);
    if (d->head == 0)
        d->head = head;
    d->unlike |= d->head ^ head;
}

/*
 * As many tuples as hold nothing but what lies whole in its slot, and can be
 * read by words; returns how many. All that it moves on is in registers.
 */
static TUPLE_INLINE uint32_t get_short(struct decoder *d, const struct run *run,
                                       uint32_t n, enum wire_form form,
                                       uint32_t n_fields)
{
    const uint64_t size = fixed_size(form, n_fields);
    uint64_t head = run->head | size,
             room = (uint64_t)(d->m.limit - d->m.tuple);
    const uint8_t *p = d->at, *end = d->m.end;
    struct anchor last = d->last;
    char *to = d->m.tuple;
    uint32_t i;

    if (n > room / size)
        n = (uint32_t)(room / size);
    for (i = 0; i < n; i++, to += size) {
        char *slot = to + sizeof(struct tuple);
        const uint8_t *q = p;

        if (form == WIRE_ANCHORED) {
            if ((size_t)(end - q) < WIRE_ANCHOR_MAX)
                break;
            q = wire_get_anchor(q, &last);
            if (q == NULL)
                break;
            words_store(slot, last.root, last.edge);
            slot += sizeof(struct anchor);
        }
        for (; slot < to + size && q != NULL; slot += sizeof(struct slot))
            q = (size_t)(end - q) < WIRE_VALUE_MAX ? NULL
                                                   : wire_get_slot(q, slot);
        if (q == NULL)
            break;
        p = q;
        d->last = last;
        wire_put64(to, head);
    }
    if (i > 0)
        put_tuple_head(d, head);
    d->at = p;
    d->m.tuple = to;
    return i;
}

static uint32_t get_some_short(struct decoder *d, const struct run *run,
                               uint32_t n)
{
    if (run->form == WIRE_SEVERAL)
        return 0;
    if (run->form == WIRE_ANCHORED)
        return run->n_fields == 1
                   ? get_short(d, run, n, WIRE_ANCHORED, 1)
                   : get_short(d, run, n, WIRE_ANCHORED, run->n_fields);
    return run->n_fields == 1 ? get_short(d, run, n, WIRE_PLAIN, 1)
                              : get_short(d, run, n, WIRE_PLAIN, run->n_fields);
}

/* The anchors of a tuple of this form, behind its head. */
static const uint8_t *get_own_anchors(struct decoder *d, const uint8_t *p,
                                      enum wire_form form)
{
    char *to =
        wire_take(&d->m, form == WIRE_ANCHORED ? sizeof(struct anchor) : 0);

    if (to == NULL)
        return NULL;
    if (form == WIRE_SEVERAL)
        return get_anchors(d, p);
    if (form == WIRE_ANCHORED) {
        p = get_anchor(d, p);
        memcpy(to, &d->last, sizeof(d->last));
    }
    return p;
}

/* One tuple, whatever it holds; false: a defect. */
__attribute__((noinline)) static bool get_tuple(struct decoder *d,
                                                const struct run *run)
{
    const uint8_t *p;
    char *slots;

    d->m.tail = d->m.tuple;
    if (wire_take(&d->m, sizeof(struct tuple)) == NULL)
        return false;
    p = get_own_anchors(d, d->at, run->form);
    slots = p != NULL ? wire_take(&d->m, run->n_fields * sizeof(struct slot))
                      : NULL;
    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i < run->n_fields && p != NULL; i++)
        p = wire_long_get(&d->m, p, slots + i * sizeof(struct slot), 0);
    if (p == NULL)
        return false;
    if ((size_t)(d->m.tail - d->m.tuple) > d->limits->tuple_bytes)
        return wire_refuse(&d->m, "has a tuple larger than "
                                  "gale.topology.max.tuple.bytes") != NULL;
    put_tuple_head(d, run->head | (uint32_t)(d->m.tail - d->m.tuple));
    d->at = p;
    d->m.tuple = d->m.tail;
    return true;
}

static bool get_tuples(struct decoder *d, const struct run *run)
{
    for (uint32_t n = run->n; n > 0; n--) {
        n -= get_some_short(d, run, n);
        if (n == 0)
            break;
        if (!get_tuple(d, run))
            return false;
    }
    return true;
}

/* -- runs ------------------------------------------------------------------ */

static uint32_t flags_of_form(enum wire_form form)
{
    static const uint8_t flags[] = {
        [WIRE_PLAIN] = 0,
        [WIRE_ANCHORED] = TUPLE_ANCHORED,
        [WIRE_SEVERAL] = TUPLE_ANCHORED | TUPLE_EXTENDED,
        [WIRE_SHARES] = TUPLE_SHARES,
        [WIRE_SHARES_ON] = TUPLE_SHARES,
    };

    return flags[form];
}

static bool refuse_run(struct decoder *d, const char *defect)
{
    d->m.defect = defect;
    return false;
}

/* The shared anchor of the run, or its number of tuples more for the last one.
 */
static bool get_shared(struct decoder *d, const struct run *run)
{
    struct shared_anchor *s;

    if (run->form == WIRE_SHARES) {
        if ((size_t)(d->m.limit - d->m.tuple) < sizeof(*s))
            return refuse_run(d, WIRE_TOO_LARGE);
        d->m.limit -= sizeof(*s);
        d->at = get_anchor(d, d->at);
        if (d->at == NULL)
            return false;
        s = (struct shared_anchor *)(void *)d->m.limit;
        *s = (struct shared_anchor){d->last, run->n};
        d->shares = true;
        return true;
    }
    if (!d->shares)
        return refuse_run(d, "goes on with a shared anchor that it lacks");
    s = (struct shared_anchor *)(void *)d->m.limit;
    s->n += run->n;
    return true;
}

static bool get_run_head(struct decoder *d, struct run *run)
{
    uint32_t form, dst = 0, size;

    if (wire_left(&d->m, d->at) < 2)
        return refuse_run(d, WIRE_CUT_OFF);
    form = d->at[0];
    run->n = d->at[1];
    size = form & WIRE_DST ? 4 : 2;
    run->form = form & ~WIRE_DST;
    if (run->form > WIRE_SHARES_ON)
        return refuse_run(d, "has a run of tuples of an unknown form");
    if (run->n == 0 || run->n > d->left)
        return refuse_run(d, "has a run of a wrong number of tuples");
    if (wire_left(&d->m, d->at) < size)
        return refuse_run(d, WIRE_CUT_OFF);
    if (size == 4)
        dst = wire_get16(d->at + 2);
    if (dst >= d->limits->n_tasks)
        return refuse_run(d, "is for a task that its executor does not have");
    d->at += size;
    run->n_fields = d->limits->n_fields;
    run->head = (uint64_t)run->n_fields << 32 |
                (uint64_t)flags_of_form(run->form) << 40 | (uint64_t)dst << 48;
    return true;
}

static bool get_run(struct decoder *d)
{
    struct run run;

    if (!get_run_head(d, &run))
        return false;
    if (run.form >= WIRE_SHARES && !get_shared(d, &run))
        return false;
    d->left -= run.n;
    return get_tuples(d, &run);
}

/* -- slices ---------------------------------------------------------------- */

/* No byte makes more than a tuple's head and a slot, or a shared anchor; a
 * tuple without fields takes none, but then all lie in one block. */
#define MEMORY_PER_BYTE 24u
#define MEMORY_AT_LEAST 16384u

const char *wire_slice_open(struct wire_slice *s, const void *data, size_t size,
                            uint32_t bytes_max)
{
    const uint8_t *p = data;

    if (size < WIRE_SLICE_HEAD)
        return "is too short for a slice";
    s->executor = wire_get32(p);
    s->task = (int32_t)wire_get32(p + 4);
    s->n = wire_get32(p + 8);
    s->bytes = wire_get32(p + 12);
    s->input = wire_get16(p + 16);
    s->n_fields = p[18];
    if (p[19] != 0)
        return "holds a slice of another version";
    if (s->n == 0)
        return "holds no tuples";
    if (s->bytes % 8 != 0)
        return "has tuples that do not end at a multiple of 8 bytes";
    if (s->bytes > bytes_max ||
        s->bytes >
            (size - WIRE_SLICE_HEAD) * MEMORY_PER_BYTE + MEMORY_AT_LEAST ||
        s->bytes / (sizeof(struct tuple) + s->n_fields * sizeof(struct slot)) <
            s->n)
        return "says that it takes an amount of memory that it cannot";
    return NULL;
}

static const char *get_slice(struct decoder *d)
{
    while (d->left > 0)
        if (!get_run(d))
            return d->m.defect;
    if (d->at != d->m.end)
        return "goes on behind its tuples";
    return d->m.tuple == d->m.limit ? NULL : "holds less than it says";
}

static uint16_t stride_of(const struct decoder *d)
{
    uint32_t size = (uint32_t)d->head;

    return d->unlike == 0 && size <= UINT16_MAX ? (uint16_t)size : 0;
}

const char *wire_slice_decode(struct wire_slice *s, const void *data,
                              size_t size, const struct wire_limits *limits)
{
    const char *defect;
    struct decoder d = {
        .at = (const uint8_t *)data + WIRE_SLICE_HEAD,
        .m = {.end = (const uint8_t *)data + size,
              .tuple = s->tuples,
              .limit = s->tuples + s->bytes},
        .left = s->n,
        .limits = limits,
    };

    check((uintptr_t)s->tuples % 8 == 0 && limits->n_tasks > 0);
    if (s->n_fields != limits->n_fields)
        return "has tuples of another number of fields than their stream";
    defect = get_slice(&d);
    if (defect != NULL)
        return defect;
    s->stride = stride_of(&d);
    s->shared = s->tuples + s->bytes;
    return NULL;
}
