/*
 * metric_table.c - metrics added up, and as bytes; see metric_table.h. A list
 * of
 *
 *     [0, name, tasks, count]
 *     [1, name, tasks, sum, min, max]
 *     [2, name, tasks, sum, max, BUCKETS]     see histogram_pack.h
 */
#include "common/metric_table.h"
#include "common/histogram_pack.h"
#include "topology-api/memory.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TASKS_MAX 32767u

/* Elements of each kind. */
static const uint32_t sizes[] = {[GALE_METRIC_COUNTER] = 4,
                                 [GALE_METRIC_GAUGE] = 6,
                                 [GALE_METRIC_HISTOGRAM] =
                                     3 + HISTOGRAM_PACKED};

void metric_table_free(struct metric_table *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        free(t->list[i].name);
        free(t->list[i].histogram);
    }
    *t = (struct metric_table){.n = 0};
}

/* -- adding up ------------------------------------------------------------- */

static bool is_named(const struct metric *m, gale_str name)
{
    return strlen(m->name) == name.size &&
           memcmp(m->name, name.data, name.size) == 0;
}

static struct metric *find(struct metric_table *t, gale_metric_kind kind,
                           gale_str name)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->list[i].kind == kind && is_named(&t->list[i], name))
            return &t->list[i];
    return NULL;
}

static struct metric *add(struct metric_table *t, gale_metric_kind kind,
                          gale_str name)
{
    struct metric *m = &t->list[t->n++];

    *m = (struct metric){
        .kind = kind,
        .name = xstrndup(name.data, name.size),
        .min = INFINITY,
        .max = -INFINITY,
    };
    if (kind == GALE_METRIC_HISTOGRAM)
        m->histogram = xcalloc(1, sizeof(*m->histogram));
    return m;
}

static struct metric *take(struct metric_table *t, gale_metric_kind kind,
                           gale_str name)
{
    struct metric *m = find(t, kind, name);

    if (m == NULL && t->n < t->max && t->n < METRICS_MAX &&
        name.size <= METRIC_NAME_MAX)
        m = add(t, kind, name);
    t->cut |= m == NULL;
    return m;
}

struct metric *metric_table_at(struct metric_table *t, gale_metric_kind kind,
                               gale_str name)
{
    struct metric *m = take(t, kind, name);

    if (m != NULL)
        m->n_tasks++;
    return m;
}

static void widen(struct metric *m, double sum, double min, double max)
{
    m->sum += sum;
    if (min < m->min) /* not if it is no number */
        m->min = min;
    if (max > m->max)
        m->max = max;
}

void metric_set(struct metric *m, double value)
{
    widen(m, value, value, value);
}

static int by_name(const void *a, const void *b)
{
    const struct metric *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : (int)x->kind - (int)y->kind;
}

void metric_table_sort(struct metric_table *t)
{
    qsort(t->list, t->n, sizeof(*t->list), by_name);
}

/* -- as bytes -------------------------------------------------------------- */

static void pack_metric(const struct metric *m, struct pack *p)
{
    pack_array(p, sizes[m->kind]);
    pack_uint(p, m->kind);
    pack_text(p, m->name);
    pack_uint(p, m->n_tasks);
    if (m->kind == GALE_METRIC_COUNTER) {
        pack_int(p, m->count);
    } else if (m->kind == GALE_METRIC_GAUGE) {
        pack_float(p, m->sum);
        pack_float(p, m->min);
        pack_float(p, m->max);
    } else {
        histogram_pack(m->histogram, p);
    }
}

/* The first ones, in this order. */
void metric_table_pack(struct metric_table *t, size_t bytes, struct pack *p)
{
    struct pack list;
    uint32_t n = 0;

    pack_init(&list);
    while (n < t->n) {
        size_t before = list.buffer.size;

        pack_metric(&t->list[n], &list);
        if (list.buffer.size > bytes) {
            list.buffer.size = before;
            t->cut = true;
            break;
        }
        n++;
    }
    pack_array(p, n);
    pack_packed(p, &list);
    pack_free(&list);
}

static void add_to(struct metric *m, const msgpack_object *o)
{
    uint64_t tasks = unpack_uint(unpack_at(o, 2), 0);
    uint64_t count = (uint64_t)unpack_int(unpack_at(o, 3), 0);

    m->n_tasks += tasks < TASKS_MAX ? tasks : TASKS_MAX;
    if (m->kind == GALE_METRIC_COUNTER)
        m->count = (int64_t)((uint64_t)m->count + count); /* may wrap */
    else if (m->kind == GALE_METRIC_GAUGE)
        widen(m, unpack_float(unpack_at(o, 3), 0),
              unpack_float(unpack_at(o, 4), NAN),
              unpack_float(unpack_at(o, 5), NAN));
    else
        histogram_unpack(m->histogram, o, 3);
}

/* Somebody's name is shown on terminals: see gale_counter(). */
static bool is_name(gale_str name)
{
    for (size_t i = 0; i < name.size; i++)
        if ((unsigned char)name.data[i] < 0x20 || name.data[i] == 0x7f)
            return false;
    return name.size > 0;
}

static bool makes_sense(const msgpack_object *o)
{
    uint64_t kind =
        unpack_n(o) < 2 ? UINT64_MAX : unpack_uint(unpack_at(o, 0), UINT64_MAX);

    return kind <= GALE_METRIC_HISTOGRAM && unpack_n(o) == sizes[kind] &&
           is_name(unpack_str(unpack_at(o, 1)));
}

void metric_table_add(struct metric_table *t, const msgpack_object *list)
{
    for (uint32_t i = 0; i < unpack_n(list); i++) {
        const msgpack_object *o = unpack_at(list, i);
        struct metric *m;

        if (!makes_sense(o))
            continue;
        m = take(t, (gale_metric_kind)unpack_uint(unpack_at(o, 0), 0),
                 unpack_str(unpack_at(o, 1)));
        if (m != NULL)
            add_to(m, o);
    }
}
