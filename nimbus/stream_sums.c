/*
 * stream_sums.c - streams added up; see stream_sums.h. What is packed:
 *
 *     capacity  0.5
 *     outputs   [{stream, emitted, transferred, acked, failed, timed_out,
 *                 pending, complete: TIMES} …]
 *     inputs    [{component, stream, executed, acked, failed, execute: TIMES,
 *                 process: TIMES} …]
 *
 * TIMES: {n, mean_ns, p50_ns, p99_ns, p999_ns, max_ns}, or nil if nothing was
 * told. What only spouts have is missing in outputs of bolts.
 */
#include "nimbus/stream_sums.h"
#include "common/histogram_pack.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES_MAX 300u
#define CAPACITY_MAX 1e6

/* How a list begins that a worker tells, and what follows. */
struct form {
    uint32_t n_names, n_counts, n_times;
};

static const struct form of_output = {1, 6, 1}, of_input = {2, 3, 2};

static void free_sum(struct stream_sum *s)
{
    free(s->from);
    free(s->name);
    free(s->times[0]);
    free(s->times[1]);
}

void stream_sums_free(struct stream_sums *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        free_sum(&s->list[i]);
    free(s->list);
    *s = (struct stream_sums){.n = 0};
}

/* -- adding up ------------------------------------------------------------- */

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct stream_sum *find(struct stream_sums *s, const char *from,
                               const char *name)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (is_same(s->list[i].from, from) && is_same(s->list[i].name, name))
            return &s->list[i];
    return NULL;
}

/* Takes the names. NULL: there is no room for it. */
static struct stream_sum *take(struct stream_sums *s, char *from, char *name)
{
    struct stream_sum *sum = find(s, from, name);

    if (sum == NULL && s->n < s->max && s->n < STREAM_SUMS_MAX) {
        s->list = xreallocarray(s->list, s->n + 1, sizeof(*s->list));
        sum = &s->list[s->n++];
        *sum = (struct stream_sum){.from = from, .name = name};
        return sum;
    }
    s->cut |= sum == NULL;
    free(from);
    free(name);
    return sum;
}

static void add_times(struct histogram_snapshot **to,
                      const msgpack_object *times)
{
    if (unpack_n(times) < HISTOGRAM_PACKED)
        return;
    if (*to == NULL)
        *to = xcalloc(1, sizeof(**to));
    histogram_unpack(*to, times, 0);
}

static void add_to(struct stream_sum *sum, const struct form *form,
                   const msgpack_object *o)
{
    uint32_t n = unpack_n(o), at = form->n_names;

    for (uint32_t i = 0; i < form->n_counts && at + i < n; i++)
        sum->counts[i] += unpack_uint(unpack_at(o, at + i), 0);
    at += form->n_counts;
    for (uint32_t i = 0; i < form->n_times && at + i < n; i++)
        add_times(&sum->times[i], unpack_at(o, at + i));
}

/* It is shown on terminals. NULL: it is none. */
static char *name_at(const msgpack_object *o, uint32_t i)
{
    char *name =
        i < unpack_n(o) ? unpack_text(unpack_at(o, i), NAME_BYTES_MAX) : NULL;

    for (char *c = name; c != NULL && *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return name;
}

static void add_list(struct stream_sums *s, const struct form *form,
                     const msgpack_object *list)
{
    bool is_input = form->n_names == 2;

    for (uint32_t i = 0; i < unpack_n(list); i++) {
        const msgpack_object *o = unpack_at(list, i);
        char *from = is_input ? name_at(o, 0) : NULL;
        char *name = name_at(o, form->n_names - 1);
        struct stream_sum *sum;

        if (name == NULL || (is_input && from == NULL)) {
            free(from);
            free(name);
            continue;
        }
        sum = take(s, from, name);
        if (sum != NULL)
            add_to(sum, form, o);
    }
}

void stream_sums_add(struct stream_sums *s, const msgpack_object *component)
{
    double executors =
        (double)unpack_uint(unpack_key(component, "executors"), 0);
    double capacity = unpack_float(unpack_key(component, "capacity"), 0);

    if (capacity >= 0 && capacity <= CAPACITY_MAX) { /* it is a number */
        s->executors += executors;
        s->busy += capacity * executors;
    }
    s->cut |= unpack_bool(unpack_key(component, "times_cut"), false);
    add_list(s, &of_output, unpack_key(component, "streams"));
    add_list(s, &of_input, unpack_key(component, "inputs"));
}

/* -- what is answered ------------------------------------------------------ */

static void pack_key_float(struct pack *p, const char *key, double value)
{
    pack_text(p, key);
    pack_float(p, value);
}

static void pack_times(struct pack *p, const char *key,
                       const struct histogram_snapshot *h)
{
    pack_text(p, key);
    if (h == NULL) {
        pack_nil(p);
        return;
    }
    pack_map(p, 6);
    pack_key_uint(p, "n", h->n);
    pack_key_float(p, "mean_ns", histogram_mean(h));
    pack_key_int(p, "p50_ns", histogram_quantile(h, 0.5));
    pack_key_int(p, "p99_ns", histogram_quantile(h, 0.99));
    pack_key_int(p, "p999_ns", histogram_quantile(h, 0.999));
    pack_key_int(p, "max_ns", h->max);
}

static void pack_counts(const struct stream_sum *sum, const char *const *keys,
                        uint32_t n, struct pack *p)
{
    for (uint32_t i = 0; i < n; i++)
        pack_key_uint(p, keys[i], sum->counts[i]);
}

static void pack_output(const struct stream_sum *sum, bool spout,
                        struct pack *p)
{
    static const char *const keys[] = {"emitted", "transferred", "acked",
                                       "failed",  "timed_out",   "pending"};

    pack_map(p, spout ? 8 : 3);
    pack_key_text(p, "stream", sum->name);
    pack_counts(sum, keys, spout ? 6 : 2, p);
    if (spout)
        pack_times(p, "complete", sum->times[0]);
}

/* Without held inputs, a tuple is processed when its execute returns. */
static void pack_input(const struct stream_sum *sum, struct pack *p)
{
    static const char *const keys[] = {"executed", "acked", "failed"};

    pack_map(p, 7);
    pack_key_text(p, "component", sum->from);
    pack_key_text(p, "stream", sum->name);
    pack_counts(sum, keys, 3, p);
    pack_times(p, "execute", sum->times[0]);
    pack_times(p, "process",
               sum->times[1] != NULL ? sum->times[1] : sum->times[0]);
}

static uint32_t n_inputs(const struct stream_sums *s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n; i++)
        n += s->list[i].from != NULL;
    return n;
}

void stream_sums_pack(const struct stream_sums *s, bool spout, struct pack *p)
{
    uint32_t inputs = n_inputs(s);

    pack_key_float(p, "capacity",
                   s->executors > 0 ? s->busy / s->executors : 0);
    pack_text(p, "outputs");
    pack_array(p, s->n - inputs);
    for (uint32_t i = 0; i < s->n; i++)
        if (s->list[i].from == NULL)
            pack_output(&s->list[i], spout, p);
    pack_text(p, "inputs");
    pack_array(p, inputs);
    for (uint32_t i = 0; i < s->n; i++)
        if (s->list[i].from != NULL)
            pack_input(&s->list[i], p);
}
