/*
 * wire_decode.c - bytes of another worker become tuples in memory; see
 * wire_slice.h.
 *
 * What is usual is read by words, as long as so many bytes are left that a word
 * never reaches beyond them; whatever else comes is read by get_any(), which
 * counts every byte.
 */
#include "worker/shared_anchor.h"
#include "worker/wire_slice.h"
#include "worker/wire_value.h"

struct decoder {
    const uint8_t *at, *end;
    char *to;    /* the next tuple */
    char *limit; /* tuples end here, and shared anchors begin */
    char *tail;  /* of the tuple under way */
    uint32_t left;
    const struct wire_limits *limits;
    const char *defect;
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

static const char *const cut_off = "ends in the middle of a tuple";
static const char *const too_large = "holds more than it says";

static const uint8_t *refuse(struct decoder *d, const char *defect)
{
    d->defect = defect;
    return NULL;
}

static size_t bytes_left(const struct decoder *d, const uint8_t *p)
{
    return (size_t)(d->end - p);
}

/* -- values ---------------------------------------------------------------- */

static const uint8_t *get_any(struct decoder *d, const uint8_t *p, char *slot,
                              uint32_t depth);

/* How a value that has a length begins. */
struct long_value {
    uint32_t kind; /* 0: it is none */
    uint32_t length_bytes;
    uint32_t n; /* if there are no such bytes */
};

static struct long_value long_value_of(uint8_t byte)
{
    if (byte >= MP_STR && byte < MP_NIL)
        return (struct long_value){GALE_STRING, 0, byte & 31u};
    if (byte >= MP_ARRAY && byte < MP_STR)
        return (struct long_value){GALE_LIST, 0, byte & 15u};
    if (byte >= MP_MAP && byte < MP_ARRAY)
        return (struct long_value){GALE_MAP, 0, byte & 15u};
    if (byte >= MP_BIN8 && byte <= MP_BIN32)
        return (struct long_value){GALE_BYTES, 1u << (byte - MP_BIN8), 0};
    if (byte >= MP_STR8 && byte <= MP_STR32)
        return (struct long_value){GALE_STRING, 1u << (byte - MP_STR8), 0};
    if (byte == MP_ARRAY16 || byte == MP_ARRAY32)
        return (struct long_value){GALE_LIST, 2u << (byte - MP_ARRAY16), 0};
    if (byte == MP_MAP16 || byte == MP_MAP32)
        return (struct long_value){GALE_MAP, 2u << (byte - MP_MAP16), 0};
    return (struct long_value){0, 0, 0};
}

/* Room in the memory behind the tuple so far, a multiple of 8; NULL: there is
 * none. */
static char *take_tail(struct decoder *d, uint64_t size)
{
    char *tail = d->tail;

    if (size > (uint64_t)(d->limit - tail)) {
        d->defect = too_large;
        return NULL;
    }
    d->tail = tail + size;
    return tail;
}

static const uint8_t *get_text(struct decoder *d, const uint8_t *p, char *slot,
                               const struct long_value *v)
{
    const char *text = (const char *)p;
    uint64_t lo, hi, whole = ((uint64_t)v->n + 7) & ~UINT64_C(7);
    char *tail;

    if (v->n > bytes_left(d, p))
        return refuse(d, cut_off);
    if (v->n <= TUPLE_INLINE_MAX) {
        struct slot s;

        text_words_exact(text, v->n, &lo, &hi);
        s = slot_words(v->kind, v->n, lo, hi);
        slot_store(slot, &s);
        return p + v->n;
    }
    tail = take_tail(d, whole);
    if (tail == NULL)
        return NULL;
    words_store(slot, v->kind | TUPLE_LONG << 8 | (uint64_t)v->n << 32,
                (uint64_t)(tail - d->to));
    memset(tail + whole - 8, 0, 8);
    memcpy(tail, text, v->n);
    return p + v->n;
}

static const uint8_t *get_elements(struct decoder *d, const uint8_t *p,
                                   char *slot, const struct long_value *v,
                                   uint32_t depth)
{
    uint64_t n = (uint64_t)v->n << (v->kind == GALE_MAP);
    char *items;

    if (depth >= TUPLE_DEPTH_MAX)
        return refuse(d, "has lists nested more than 16 deep");
    if (n > bytes_left(d, p))
        return refuse(d, "has a list of more elements than bytes follow");
    items = take_tail(d, n * sizeof(struct slot));
    if (items == NULL)
        return NULL;
    words_store(slot, v->kind | (uint64_t)v->n << 32,
                (uint64_t)(items - d->to));
    for (uint64_t i = 0; i < n && p != NULL; i++)
        p = get_any(d, p, items + i * sizeof(struct slot), depth + 1);
    return p;
}

/* Big-endian. */
static uint32_t length_at(const uint8_t *p, uint32_t n_bytes)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < n_bytes; i++)
        n = n << 8 | p[i];
    return n;
}

static const char *value_defect_of(uint8_t byte)
{
    if (byte == MP_UINT64)
        return "has an integer above 2^63 - 1";
    return byte == 0xc1 ? "has the byte 0xc1, which begins no value"
                        : "has an extension of MessagePack, expected none";
}

/* A value that does not lie whole in its slot, or is in a longer form. */
static const uint8_t *get_long(struct decoder *d, const uint8_t *p, char *slot,
                               uint32_t depth)
{
    struct long_value v = long_value_of(*p);

    if (v.kind == 0)
        return refuse(d, value_defect_of(*p));
    p++;
    if (v.length_bytes > bytes_left(d, p))
        return refuse(d, cut_off);
    if (v.length_bytes > 0)
        v.n = length_at(p, v.length_bytes);
    p += v.length_bytes;
    return v.kind < GALE_LIST ? get_text(d, p, slot, &v)
                              : get_elements(d, p, slot, &v, depth);
}

/* The value at p, as a field or element `depth` lists deep. NULL: a defect. */
static const uint8_t *get_any(struct decoder *d, const uint8_t *p, char *slot,
                              uint32_t depth)
{
    uint8_t rest[WIRE_VALUE_MAX] = {0};
    size_t left = bytes_left(d, p);
    const uint8_t *behind;

    if (left == 0)
        return refuse(d, cut_off);
    if (left >= WIRE_VALUE_MAX) {
        behind = wire_get_slot(p, slot);
        return behind != NULL ? behind : get_long(d, p, slot, depth);
    }
    memcpy(rest, p, left);
    behind = wire_get_slot(rest, slot);
    if (behind == NULL)
        return get_long(d, p, slot, depth);
    if ((size_t)(behind - rest) > left)
        return refuse(d, cut_off);
    return p + (behind - rest);
}

/* -- anchors --------------------------------------------------------------- */

static const char *const bad_anchor = "has an anchor that is cut off or none";

static const uint8_t *get_anchor(struct decoder *d, const uint8_t *p)
{
    p = wire_get_anchor_of(p, d->end, &d->last);
    return p != NULL ? p : refuse(d, bad_anchor);
}

/* How many. */
static const uint8_t *get_n_anchors(struct decoder *d, const uint8_t *p,
                                    uint32_t *n)
{
    if (bytes_left(d, p) < sizeof(*n))
        return refuse(d, cut_off);
    *n = wire_get32(p);
    p += sizeof(*n);
    if (*n < 2 || *n > bytes_left(d, p))
        return refuse(d, "has a tuple with a wrong number of anchors");
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
    to = take_tail(d, 8 + (uint64_t)n * sizeof(struct anchor));
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
    wire_put64(d->to, head);
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
    uint64_t head = run->head | size, room = (uint64_t)(d->limit - d->to);
    const uint8_t *p = d->at, *end = d->end;
    struct anchor last = d->last;
    char *to = d->to;
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
    d->to = to;
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
    char *to = take_tail(d, form == WIRE_ANCHORED ? sizeof(struct anchor) : 0);

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

    d->tail = d->to;
    if (take_tail(d, sizeof(struct tuple)) == NULL)
        return false;
    p = get_own_anchors(d, d->at, run->form);
    slots =
        p != NULL ? take_tail(d, run->n_fields * sizeof(struct slot)) : NULL;
    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i < run->n_fields && p != NULL; i++)
        p = get_any(d, p, slots + i * sizeof(struct slot), 0);
    if (p == NULL)
        return false;
    if ((size_t)(d->tail - d->to) > d->limits->tuple_bytes)
        return refuse(d, "has a tuple larger than "
                         "gale.topology.max.tuple.bytes") != NULL;
    put_tuple_head(d, run->head | (uint32_t)(d->tail - d->to));
    d->at = p;
    d->to = d->tail;
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
    d->defect = defect;
    return false;
}

/* The shared anchor of the run, or its number of tuples more for the last one.
 */
static bool get_shared(struct decoder *d, const struct run *run)
{
    struct shared_anchor *s;

    if (run->form == WIRE_SHARES) {
        if ((size_t)(d->limit - d->to) < sizeof(*s))
            return refuse_run(d, too_large);
        d->limit -= sizeof(*s);
        d->at = get_anchor(d, d->at);
        if (d->at == NULL)
            return false;
        s = (struct shared_anchor *)(void *)d->limit;
        *s = (struct shared_anchor){d->last, run->n};
        d->shares = true;
        return true;
    }
    if (!d->shares)
        return refuse_run(d, "goes on with a shared anchor that it lacks");
    s = (struct shared_anchor *)(void *)d->limit;
    s->n += run->n;
    return true;
}

static bool get_run_head(struct decoder *d, struct run *run)
{
    uint32_t form, dst = 0, size;

    if (bytes_left(d, d->at) < 2)
        return refuse_run(d, cut_off);
    form = d->at[0];
    run->n = d->at[1];
    size = form & WIRE_DST ? 4 : 2;
    run->form = form & ~WIRE_DST;
    if (run->form > WIRE_SHARES_ON)
        return refuse_run(d, "has a run of tuples of an unknown form");
    if (run->n == 0 || run->n > d->left)
        return refuse_run(d, "has a run of a wrong number of tuples");
    if (bytes_left(d, d->at) < size)
        return refuse_run(d, cut_off);
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

/* No byte makes more than a tuple's head and a slot, or a shared anchor; a tuple
 * without fields takes none, but then all lie in one block. */
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
            return d->defect;
    if (d->at != d->end)
        return "goes on behind its tuples";
    return d->to == d->limit ? NULL : "holds less than it says";
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
        .end = (const uint8_t *)data + size,
        .to = s->tuples,
        .limit = s->tuples + s->bytes,
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
