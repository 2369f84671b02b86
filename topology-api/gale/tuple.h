/*
 * gale/tuple.h - reading a tuple.
 *
 * A tuple is valid until the callback that got it returns, and so is
 * everything borrowed from it. What must live longer is copied (numbers,
 * your own copy of text) or retained (gale_retain in gale/task.h).
 *
 *     gale_str line = gale_get_str(in, 0);
 *     int64_t n = gale_int_of(in, "count");
 *
 * By index is the fast form; `…_of` looks the name up among the fields that
 * the producing stream declares.
 *
 * Errors. A field that is not there or has another type answers with zero
 * (empty text) and marks the *input*: after `execute` returns, whatever it
 * returns, the input fails and one error names component, stream, field,
 * wanted and found type. So straight code needs no checks. To allow several
 * types, look first: gale_get() never marks on type.
 *
 * May be called only by the thread that runs the callback. Never blocks.
 */
#ifndef GALE_TUPLE_H
#define GALE_TUPLE_H

#include <gale/value.h>

typedef struct gale_tuple gale_tuple;

/*
 * A value in 16 bytes, to look things up by. Two values are equal, as keys of a
 * fields grouping are, if and only if their gale_keys are. Nil, bools, numbers
 * and text of up to 14 bytes have one; longer text, lists and maps have none.
 * The bytes belong to the host: keep them within the process as long as you
 * like, and turn them into a value again by gale_key_value() (gale/task.h).
 */
typedef struct gale_key {
    uint64_t words[2]; /* both 0: none */
} gale_key;

static inline bool gale_key_is_none(gale_key key)
{
    return (key.words[0] | key.words[1]) == 0;
}

static inline bool gale_key_eq(gale_key a, gale_key b)
{
    return ((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1])) == 0;
}

/* The host's side; members are only ever added at the end. */
typedef struct gale_tuple_host {
    size_t size; /* of this table, in bytes */
    gale_str (*get_str)(const gale_tuple *t, uint32_t field);
    int64_t (*get_int)(const gale_tuple *t, uint32_t field);
    double (*get_float)(const gale_tuple *t, uint32_t field);
    bool (*get_bool)(const gale_tuple *t, uint32_t field);
    gale_str (*get_bytes)(const gale_tuple *t, uint32_t field);
    gale_value (*get)(const gale_tuple *t, uint32_t field);
    uint32_t (*n_fields)(const gale_tuple *t);
    uint32_t (*index_of)(const gale_tuple *t, const char *name);
    const char *(*field_name)(const gale_tuple *t, uint32_t field);
    gale_value (*item)(const gale_tuple *t, gale_value container, uint32_t i);
    const char *(*component)(const gale_tuple *t);
    const char *(*stream)(const gale_tuple *t);
    int32_t (*source_task)(const gale_tuple *t);
    gale_key (*key)(const gale_tuple *t, uint32_t field);
} gale_tuple_host;

struct gale_tuple {
    const gale_tuple_host *host;
    /* what follows belongs to the host */
};

#define GALE_NO_FIELD UINT32_MAX

static inline gale_str gale_get_str(const gale_tuple *t, uint32_t field)
{
    return t->host->get_str(t, field);
}

static inline int64_t gale_get_int(const gale_tuple *t, uint32_t field)
{
    return t->host->get_int(t, field);
}

/* Accepts an int, too: a number that happens to be whole is no error. */
static inline double gale_get_float(const gale_tuple *t, uint32_t field)
{
    return t->host->get_float(t, field);
}

static inline bool gale_get_bool(const gale_tuple *t, uint32_t field)
{
    return t->host->get_bool(t, field);
}

static inline gale_str gale_get_bytes(const gale_tuple *t, uint32_t field)
{
    return t->host->get_bytes(t, field);
}

/* The field as it is, of any kind; nil and a mark if there is no such field. */
static inline gale_value gale_get(const gale_tuple *t, uint32_t field)
{
    return t->host->get(t, field);
}

/* The field's key; none, and a mark, if there is no such field. */
static inline gale_key gale_get_key(const gale_tuple *t, uint32_t field)
{
    return t->host->key(t, field);
}

static inline uint32_t gale_n_fields(const gale_tuple *t)
{
    return t->host->n_fields(t);
}

/* GALE_NO_FIELD, without a mark, if the stream declares no such field. */
static inline uint32_t gale_index_of(const gale_tuple *t, const char *name)
{
    return t->host->index_of(t, name);
}

static inline const char *gale_field_name(const gale_tuple *t, uint32_t field)
{
    return t->host->field_name(t, field);
}

/*
 * Element i of a list, or of a map: 2 k is the k-th key, 2 k + 1 its value.
 * container is a value got from this tuple (gale_get, gale_item), which alone
 * reads it; to pass it on, emit it. Nil and a
 * mark if there is no such element.
 */
static inline gale_value gale_item(const gale_tuple *t, gale_value container,
                                   uint32_t i)
{
    return t->host->item(t, container, i);
}

static inline gale_str gale_str_of(const gale_tuple *t, const char *name)
{
    return t->host->get_str(t, t->host->index_of(t, name));
}

static inline int64_t gale_int_of(const gale_tuple *t, const char *name)
{
    return t->host->get_int(t, t->host->index_of(t, name));
}

static inline double gale_float_of(const gale_tuple *t, const char *name)
{
    return t->host->get_float(t, t->host->index_of(t, name));
}

static inline bool gale_bool_of(const gale_tuple *t, const char *name)
{
    return t->host->get_bool(t, t->host->index_of(t, name));
}

static inline gale_value gale_value_of(const gale_tuple *t, const char *name)
{
    return t->host->get(t, t->host->index_of(t, name));
}

/* Where the tuple comes from; the texts live as long as the topology. */
static inline const char *gale_source_component(const gale_tuple *t)
{
    return t->host->component(t);
}

static inline const char *gale_source_stream(const gale_tuple *t)
{
    return t->host->stream(t);
}

static inline int32_t gale_source_task(const gale_tuple *t)
{
    return t->host->source_task(t);
}

#endif
