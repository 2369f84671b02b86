/*
 * reign_errors.c - the last errors of each component; see reign.h.
 *
 *     errors  {name} → {id, name, components: [{id, errors: [{at_us, count,
 *                       worker, host, text} …]} …], workers: [the same …]}
 *                                                        the latest first
 *
 * They come with counters, and are kept in /errors/ID/COMPONENT. What has ended
 * a worker is told by its supervisor; it is of the component that the sentence
 * names, or of no component: then it is kept in /errors/ID/.workers. Those that
 * a
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
    struct component_errors *components; /* as in the record, and one more: of
                                            workers */
};

#define OF_WORKERS ".workers" /* no component is called so */

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

static uint32_t n_lists(const struct topology *t)
{
    return t->record.n_components + 1;
}

/* n_lists(): it is none. */
static uint32_t list_of(const struct topology *t, const char *id)
{
    uint32_t i = index_of(t, id, strlen(id));

    return i < t->record.n_components || strcmp(id, OF_WORKERS) == 0
               ? i
               : n_lists(t);
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
    uint32_t i = list_of(t, strrchr(path, '/') + 1);
    struct error_record kept;
    gale_err error;

    mirror_read(t->reign->mirror, path, answer->data, answer->size,
                answer->stat.version);
    if (i == n_lists(t))
        return;
    if (error_record_unpack(answer->data, answer->size, &kept, &error) != 0) {
        log_warn(t->reign->options.log, t->record.id,
                 "errors of before are lost: %s: %s", path, error.text);
        return;
    }
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
        e->components = xcalloc(n_lists(t), sizeof(*e->components));
        for (uint32_t i = 0; i < n_lists(t); i++)
            snprintf(e->components[i].record.component,
                     sizeof(e->components[i].record.component), "%s",
                     i < t->record.n_components ? t->record.components[i].id
                                                : OF_WORKERS);
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

/* Of worker, time, count and text; the host is where the worker is now. */
static void keep(struct topology *t, uint32_t list, struct reported_error *new,
                 bool in_all)
{
    struct component_errors *c = &errors_of(t)->components[list];

    snprintf(new->host, sizeof(new->host), "%s", host_of(t, new->worker));
    c->changed |= error_record_add(&c->record, new, in_all);
}

/* in_all: nothing of this worker was known to this leader. */
static void note_one(struct topology *t, uint32_t worker, uint32_t component,
                     const msgpack_object *before, const msgpack_object *now,
                     bool in_all)
{
    struct reported_error new = {
        .worker = worker, .at_us = time_of(now), .count = more_of(before, now)};

    new.text = unpack_text(unpack_at(now, 2), ERROR_TEXT_MAX);
    if (new.text != NULL &&new.at_us > time_of(before))
        keep(t, component, &new, in_all);
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

/* -- what has ended a worker ----------------------------------------------- */

/* Where the text names the component, as last words and errors of tasks do;
 * NULL: nowhere. */
static const char *named_at(const char *text,
                            const struct topology_component *c)
{
    char name[NAMES_MAX + 16];

    snprintf(name, sizeof(name), "%s \"%.255s\"",
             c->is_spout ? "spout" : "bolt", c->id);
    return strstr(text, name);
}

/* The one that is named first, or nobody's: what is behind that may be a
 * plugin's own words. */
static uint32_t blamed(const struct topology *t, const char *text)
{
    const char *first = NULL;
    uint32_t list = t->record.n_components;

    for (uint32_t i = 0; i < t->record.n_components; i++) {
        const char *at = named_at(text, &t->record.components[i]);

        if (at != NULL && (first == NULL || at < first)) {
            first = at;
            list = i;
        }
    }
    return list;
}

/* What is too long is cut; NULL: there is none. */
static char *text_told(const msgpack_object *o)
{
    gale_str s = unpack_str(o);

    return s.size == 0
               ? NULL
               : xstrndup(s.data,
                          s.size < ERROR_TEXT_MAX ? s.size : ERROR_TEXT_MAX);
}

void reign_note_end(struct topology *t, uint32_t worker,
                    const msgpack_object *told)
{
    struct seen_worker *seen = &t->seen[worker];
    uint64_t n = unpack_uint(unpack_key(told, "errors"), 0);
    bool more = n > seen->errors;
    struct reported_error new = {
        .worker = worker,
        .at_us = unpack_int(unpack_key(told, "error_us"), 0),
        .count = more ? n - seen->errors : n,
    };
    bool known = seen->error_us != 0;

    seen->errors = n;
    if (n == 0 || n > UINT32_MAX || new.at_us <= seen->error_us)
        return;
    seen->error_us = new.at_us;
    new.text = text_told(unpack_key(told, "why"));
    if (new.text != NULL)
        keep(t, blamed(t, new.text), &new, !known);
    free(new.text);
}

/* -- what is written ------------------------------------------------------- */

/* ZooKeeper has no such names, and no later gale takes such components. */
static bool has_path(const char *id)
{
    return *id != '.' || strcmp(id, OF_WORKERS) == 0;
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

    for (uint32_t i = 0; i < n_lists(t) && n < max; i++) {
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

static void pack_errors(const struct error_record *e, const char *key,
                        struct pack *p)
{
    pack_text(p, key);
    pack_array(p, e->n_errors);
    for (uint32_t i = 0; i < e->n_errors; i++)
        pack_error(&e->errors[i], p);
}

static void answer(struct topology *t, struct rpc_call *call)
{
    const struct component_errors *lists = t->errors->components;
    struct pack p;

    pack_init(&p);
    pack_map(&p, 4);
    pack_key_text(&p, "id", t->record.id);
    pack_key_text(&p, "name", t->record.name);
    pack_text(&p, "components");
    pack_array(&p, t->record.n_components);
    for (uint32_t i = 0; i < t->record.n_components; i++) {
        pack_map(&p, 2);
        pack_key_text(&p, "id", lists[i].record.component);
        pack_errors(&lists[i].record, "errors", &p);
    }
    pack_errors(&lists[t->record.n_components].record, "workers", &p);
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
    for (uint32_t i = 0; i < n_lists(t); i++)
        error_record_free(&e->components[i].record);
    free(e->components);
    free(e);
    t->errors = NULL;
}

void reign_errors_unwant(struct topology *t)
{
    struct topology_errors *e = t->errors;

    for (uint32_t i = 0; e != NULL && i < n_lists(t); i++) {
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
