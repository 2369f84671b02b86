/*
 * reign_errors.c - the last errors of each component; see reign.h.
 *
 *     errors  {name} → {id, name, components: [{id, errors: [{at_us, count,
 *                       worker, host, text} …]} …]}      the latest first
 *
 * They come with counters, and are kept in /errors/ID/COMPONENT. Those that a
 * leader before has kept are read when they are needed for the first time. A
 * component's are written at most once in WRITE_NS, and of all at most
 * WRITES_PER_TICK a second: a topology that fails all the time does not flood
 * ZooKeeper.
 */
#include "common/error_record.h"
#include "nimbus/reign_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define WRITE_NS INT64_C(10000000000)
#define WRITES_PER_TICK 20u

struct component_errors {
    struct error_record record;
    bool changed; /* and not yet to be written */
    int64_t written_ns;
};

/* A call that waits until they are read. */
struct asking {
    struct asking *next;
    struct rpc_call *call;
};

struct topology_errors {
    struct topology *topology;
    struct loader *loader; /* while those that are kept are read … */
    char parent[REIGN_PATH_MAX];
    const char *parents[1];
    bool read; /* … and then */
    struct asking *asking;
    struct component_errors *components; /* as in the record */
};

/* -- what is kept ---------------------------------------------------------- */

static uint32_t index_of(const struct topology *t, const char *id, size_t size)
{
    uint32_t i = 0;

    while (i < t->record.n_components &&
           (strlen(t->record.components[i].id) != size ||
            memcmp(t->record.components[i].id, id, size) != 0))
        i++;
    return i;
}

/* One that was kept goes among those that have come since. */
static void merge(struct error_record *into, const struct error_record *kept)
{
    for (uint32_t i = kept->n_errors; i > 0; i--)
        error_record_add(into, &kept->errors[i - 1], true);
}

static void error_read(void *arg, const char *path,
                       const struct zookeeper_answer *answer)
{
    struct topology_errors *e = arg;
    struct topology *t = e->topology;
    const char *id = strrchr(path, '/') + 1;
    uint32_t i = index_of(t, id, strlen(id));
    struct error_record kept;

    mirror_read(t->reign->mirror, path, answer->data, answer->size,
                answer->stat.version);
    if (i == t->record.n_components ||
        error_record_unpack(answer->data, answer->size, &kept, NULL) != 0)
        return;
    merge(&e->components[i].record, &kept);
    error_record_free(&kept);
}

static void answer(struct topology *t, struct rpc_call *call);

static void answer_all(struct topology_errors *e)
{
    struct asking *a;

    while ((a = e->asking) != NULL) {
        e->asking = a->next;
        answer(e->topology, a->call);
        free(a);
    }
}

static void all_read(void *arg, enum zookeeper_result result)
{
    struct topology_errors *e = arg;
    struct mirror *mirror = e->topology->reign->mirror;
    size_t size;

    e->loader = NULL;
    e->read = result == ZOOKEEPER_OK;
    /* The loader has made it, if it was not there. */
    if (e->read && mirror_wanted(mirror, e->parent, &size) == NULL)
        mirror_read(mirror, e->parent, "", 0, 0);
    answer_all(e);
}

static void read_kept(struct topology_errors *e)
{
    const struct loader_options options = {
        .zookeeper = e->topology->reign->options.zookeeper,
        .parents = e->parents,
        .n_parents = 1,
        .arg = e,
        .each = error_read,
        .done = all_read,
    };

    if (!e->read && e->loader == NULL)
        e->loader = loader_new(&options);
}

static struct topology_errors *errors_of(struct topology *t)
{
    struct topology_errors *e = t->errors;

    if (e == NULL) {
        e = t->errors = xcalloc(1, sizeof(*e));
        e->topology = t;
        e->components = xcalloc(t->record.n_components, sizeof(*e->components));
        for (uint32_t i = 0; i < t->record.n_components; i++)
            snprintf(e->components[i].record.component,
                     sizeof(e->components[i].record.component), "%s",
                     t->record.components[i].id);
        reign_path(e->parent, "/errors", t->record.id);
        e->parents[0] = e->parent;
    }
    read_kept(e);
    return e;
}

/* -- a new one ------------------------------------------------------------- */

static const char *host_of(const struct topology *t, uint32_t worker)
{
    const char *id = t->assignment.workers[worker].supervisor;
    const struct known_supervisor *s = reign_supervisor(t->reign, id);

    return s->record.host[0] != '\0' ? s->record.host
                                     : t->assignment.workers[worker].address;
}

static int64_t time_of(const msgpack_object *error)
{
    return error == NULL ? 0 : unpack_int(unpack_at(error, 0), 0);
}

static uint64_t count_of(const msgpack_object *error)
{
    return error == NULL ? 0 : unpack_uint(unpack_at(error, 1), 0);
}

static gale_str text_of(const msgpack_object *error)
{
    return unpack_str(unpack_at(error, 2));
}

static bool is_error(const msgpack_object *o)
{
    return unpack_n(o) == 3 && text_of(o).size > 0;
}

static bool is_same(gale_str a, gale_str b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* The one of the same text; NULL: it was not told. */
static const msgpack_object *told_before(const msgpack_object *list,
                                         const msgpack_object *error)
{
    for (uint32_t i = 0; i < unpack_n(list); i++) {
        const msgpack_object *o = unpack_at(list, i);

        if (is_error(o) && is_same(text_of(o), text_of(error)))
            return o;
    }
    return NULL;
}

/* One that had given its place away, and comes again, is counted anew. */
static uint64_t more_of(const msgpack_object *before, const msgpack_object *now)
{
    uint64_t known = count_of(before), n = count_of(now);

    return n > known ? n - known : n;
}

/* in_all: nothing of this worker was known to this leader. */
static void note_one(struct topology *t, uint32_t worker, uint32_t component,
                     const msgpack_object *before, const msgpack_object *now,
                     bool in_all)
{
    struct component_errors *c;
    struct reported_error new = {
        .worker = worker, .at_us = time_of(now), .count = more_of(before, now)};

    new.text = unpack_text(unpack_at(now, 2), ERROR_TEXT_MAX);
    if (new.text != NULL &&new.at_us > time_of(before)) {
        snprintf(new.host, sizeof(new.host), "%s", host_of(t, worker));
        c = &errors_of(t)->components[component];
        c->changed |= error_record_add(&c->record, &new, in_all);
    }
    free(new.text);
}

void reign_note_errors(struct topology *t, uint32_t worker,
                       const msgpack_object *before, const msgpack_object *now)
{
    const msgpack_object *list = unpack_key(now, "recent");
    const msgpack_object *earlier = unpack_key(before, "recent");
    gale_str id = unpack_str(unpack_key(now, "id"));
    uint32_t component = index_of(t, id.data, id.size);
    uint32_t n = unpack_n(list);

    if (component == t->record.n_components)
        return;
    for (uint32_t i = n < ERROR_RECORD_MAX ? n : ERROR_RECORD_MAX; i > 0; i--) {
        const msgpack_object *error = unpack_at(list, i - 1);

        if (is_error(error))
            note_one(t, worker, component, told_before(earlier, error), error,
                     before == NULL);
    }
}

/* -- what is written ------------------------------------------------------- */

/* ZooKeeper has no such names. */
static bool has_path(const char *id)
{
    return *id != '.';
}

static void write_one(struct topology *t, struct component_errors *c)
{
    char path[REIGN_PATH_MAX + NAMES_MAX + 2];
    struct pack p;

    snprintf(path, sizeof(path), "%s/%s", t->errors->parent,
             c->record.component);
    pack_init(&p);
    if (error_record_pack(&c->record, &p, NULL) == 0) {
        mirror_want(t->reign->mirror, t->errors->parent, "", 0);
        mirror_want(t->reign->mirror, path, p.buffer.data, p.buffer.size);
    }
    pack_free(&p);
    c->changed = false;
    c->written_ns = reign_now(t->reign);
}

static uint32_t write_some(struct topology *t, uint32_t max)
{
    int64_t now = reign_now(t->reign);
    uint32_t n = 0;

    for (uint32_t i = 0; i < t->record.n_components && n < max; i++) {
        struct component_errors *c = &t->errors->components[i];

        if (!c->changed || !has_path(c->record.component) ||
            (c->written_ns != 0 && now - c->written_ns < WRITE_NS))
            continue;
        write_one(t, c);
        n++;
    }
    return n;
}

void reign_errors_tick(struct reign *r)
{
    uint32_t n = 0;

    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        if (!t->removed && t->errors != NULL && t->errors->read)
            n += write_some(t, WRITES_PER_TICK - n);
    if (n > 0)
        reign_write(r);
}

/* -- what is answered ------------------------------------------------------ */

static void pack_error(const struct reported_error *e, struct pack *p)
{
    pack_map(p, 5);
    pack_key_int(p, "at_us", e->at_us);
    pack_key_uint(p, "count", e->count);
    pack_key_uint(p, "worker", e->worker);
    pack_key_text(p, "host", e->host);
    pack_key_text(p, "text", e->text);
}

static void answer(struct topology *t, struct rpc_call *call)
{
    struct pack p;

    pack_init(&p);
    pack_map(&p, 3);
    pack_key_text(&p, "id", t->record.id);
    pack_key_text(&p, "name", t->record.name);
    pack_text(&p, "components");
    pack_array(&p, t->record.n_components);
    for (uint32_t i = 0; i < t->record.n_components; i++) {
        const struct error_record *e = &t->errors->components[i].record;

        pack_map(&p, 2);
        pack_key_text(&p, "id", e->component);
        pack_text(&p, "errors");
        pack_array(&p, e->n_errors);
        for (uint32_t k = 0; k < e->n_errors; k++)
            pack_error(&e->errors[k], &p);
    }
    rpc_reply(call, &p);
    pack_free(&p);
}

/* With ZooKeeper away, those that have come since are better than none. */
void reign_errors(struct reign *r, struct rpc_call *call,
                  const msgpack_object *params)
{
    struct topology *t = reign_asked_for(r, call, params);
    struct topology_errors *e = t == NULL ? NULL : errors_of(t);
    struct asking *a;

    if (t == NULL)
        return;
    if (e->read || r->zookeeper_away) {
        answer(t, call);
        return;
    }
    a = xcalloc(1, sizeof(*a));
    a->call = call;
    a->next = e->asking;
    e->asking = a;
}

/* -- the end --------------------------------------------------------------- */

void reign_errors_forget(struct topology *t)
{
    struct topology_errors *e = t->errors;
    struct asking *a;

    if (e == NULL)
        return;
    loader_cancel(e->loader);
    while ((a = e->asking) != NULL) {
        e->asking = a->next;
        rpc_fail(a->call, RPC_UNABLE,
                 "the topology is gone, or this nimbus leads no longer");
        free(a);
    }
    for (uint32_t i = 0; i < t->record.n_components; i++)
        error_record_free(&e->components[i].record);
    free(e->components);
    free(e);
    t->errors = NULL;
}

void reign_errors_unwant(struct topology *t)
{
    struct topology_errors *e = t->errors;

    for (uint32_t i = 0; e != NULL && i < t->record.n_components; i++) {
        char path[REIGN_PATH_MAX + NAMES_MAX + 2];
        size_t size;

        snprintf(path, sizeof(path), "%s/%s", e->parent,
                 e->components[i].record.component);
        if (mirror_wanted(t->reign->mirror, path, &size) != NULL)
            mirror_want(t->reign->mirror, path, NULL, 0);
    }
    if (e != NULL)
        mirror_want(t->reign->mirror, e->parent, NULL, 0);
}
