/*
 * reign_counters.c - what components have done, for those who look; see
 * reign.h.
 *
 *     counters  {topology, worker, birth, components: [COMPONENT …]}
 *                                             of a supervisor, a notification
 *     topology  {name} → {id, name, status, components: [{id, spout, executors,
 *                         tasks, executed, acked, failed, errors, streams:
 *                         [{stream, emitted, transferred} …]} …]}
 *
 * COMPONENT is said in worker/worker_counters.c. The latest message of each
 * worker is kept as it came, and counted when somebody asks: what a worker that
 * is gone has done counts until the next one in its place has told something.
 */
#include "nimbus/reign_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define MESSAGE_MAX (480u << 10)
#define ELEMENTS_MAX (256u << 10)
#define STREAMS_MAX 1024u /* of one component */

static const struct pack_limits limits = {MESSAGE_MAX, ELEMENTS_MAX};

/* -- what is told ---------------------------------------------------------- */

static struct counted *counted_of(struct topology *t, uint32_t worker)
{
    if (worker >= t->n_counted) {
        t->counted = xreallocarray(t->counted, worker + 1, sizeof(*t->counted));
        while (t->n_counted <= worker)
            t->counted[t->n_counted++] = (struct counted){.has = false};
    }
    return &t->counted[worker];
}

const msgpack_object *reign_component_in(const msgpack_object *list,
                                         gale_str id)
{
    for (uint32_t i = 0; i < unpack_n(list); i++) {
        const msgpack_object *c = unpack_at(list, i);
        gale_str other = unpack_str(unpack_key(c, "id"));

        if (other.size == id.size && id.size > 0 &&
            memcmp(other.data, id.data, id.size) == 0)
            return c;
    }
    return NULL;
}

/* Each of its components with what was told of it before, NULL if nothing. */
static void find_errors(struct topology *t, uint32_t worker,
                        const msgpack_object *before, const msgpack_object *now)
{
    for (uint32_t i = 0; i < unpack_n(now); i++) {
        const msgpack_object *c = unpack_at(now, i);
        gale_str id = unpack_str(unpack_key(c, "id"));

        reign_note_errors(t, worker, reign_component_in(before, id), c);
    }
}

static void compare(struct topology *t, uint32_t worker,
                    const struct counted *before, const msgpack_object *now)
{
    struct unpacked u;

    if (!before->has ||
        unpack(&u, before->message.buffer.data, before->message.buffer.size,
               limits, "counters", NULL) != 0) {
        find_errors(t, worker, NULL, now);
        return;
    }
    find_errors(t, worker, u.root, now);
    unpacked_free(&u);
}

static void forget(struct counted *c)
{
    if (c->has)
        pack_free(&c->message);
    c->has = false;
}

static void keep(struct counted *c, const msgpack_object *components)
{
    forget(c);
    pack_init(&c->message);
    pack_object(&c->message, components);
    c->has = c->message.buffer.size <= MESSAGE_MAX;
    if (c->has)
        pack_shrink(&c->message);
    else
        pack_free(&c->message);
}

void reign_counters(struct reign *r, const msgpack_object *params)
{
    char *id = unpack_text(unpack_key(params, "topology"), TOPOLOGY_ID_SIZE);
    uint64_t worker = unpack_uint(unpack_key(params, "worker"), UINT64_MAX);
    uint64_t birth = unpack_uint(unpack_key(params, "birth"), 0);
    const msgpack_object *components = unpack_key(params, "components");
    struct topology *t = id == NULL || !r->ready ? NULL : reign_find(r, id);
    struct counted *c;

    free(id);
    if (t == NULL || t->removed || worker >= t->n_seen ||
        t->assignment.workers[worker].birth != birth)
        return;
    c = counted_of(t, (uint32_t)worker);
    compare(t, (uint32_t)worker, c, components);
    keep(c, components);
}

void reign_counters_each(const struct topology *t,
                         void (*fn)(void *arg, const msgpack_object *list),
                         void *arg)
{
    for (uint32_t i = 0; i < t->n_counted; i++) {
        const struct counted *c = &t->counted[i];
        struct unpacked u;

        if (!c->has ||
            unpack(&u, c->message.buffer.data, c->message.buffer.size, limits,
                   "counters", NULL) != 0)
            continue;
        fn(arg, u.root);
        unpacked_free(&u);
    }
}

void reign_counters_forget(struct topology *t)
{
    for (uint32_t i = 0; i < t->n_counted; i++)
        forget(&t->counted[i]);
    free(t->counted);
    t->counted = NULL;
    t->n_counted = 0;
}

/* -- what is answered ------------------------------------------------------ */

struct stream_sum {
    char *name;
    uint64_t emitted, transferred;
};

struct component_sum {
    uint64_t executed, acked, failed, errors;
    uint32_t n_streams;
    struct stream_sum *streams;
};

static struct stream_sum *stream_of(struct component_sum *sum, char *name)
{
    for (uint32_t i = 0; i < sum->n_streams; i++)
        if (strcmp(sum->streams[i].name, name) == 0) {
            free(name);
            return &sum->streams[i];
        }
    sum->streams =
        xreallocarray(sum->streams, sum->n_streams + 1, sizeof(*sum->streams));
    sum->streams[sum->n_streams] = (struct stream_sum){.name = name};
    return &sum->streams[sum->n_streams++];
}

static void add_streams(struct component_sum *sum, const msgpack_object *list)
{
    for (uint32_t i = 0; i < unpack_n(list) && sum->n_streams < STREAMS_MAX;
         i++) {
        const msgpack_object *s = unpack_at(list, i);
        char *name = unpack_n(s) < 3 ? NULL : unpack_text(unpack_at(s, 0), 300);
        struct stream_sum *stream;

        if (name == NULL)
            continue;
        stream = stream_of(sum, name);
        stream->emitted += unpack_uint(unpack_at(s, 1), 0);
        stream->transferred += unpack_uint(unpack_at(s, 2), 0);
    }
}

static void add_component(struct component_sum *sum, const msgpack_object *c)
{
    sum->executed += unpack_uint(unpack_key(c, "executed"), 0);
    sum->acked += unpack_uint(unpack_key(c, "acked"), 0);
    sum->failed += unpack_uint(unpack_key(c, "failed"), 0);
    sum->errors += unpack_uint(unpack_key(c, "errors"), 0);
    add_streams(sum, unpack_key(c, "streams"));
}

struct sums {
    const struct topology *topology;
    struct component_sum *list; /* by component */
};

static void add_worker(void *arg, const msgpack_object *root)
{
    const struct sums *sums = arg;
    const struct topology_record *record = &sums->topology->record;

    for (uint32_t i = 0; i < record->n_components; i++) {
        const char *id = record->components[i].id;

        add_component(&sums->list[i],
                      reign_component_in(root, (gale_str){id, strlen(id)}));
    }
}

static void pack_sum(const struct topology_component *c,
                     const struct component_sum *sum, struct pack *p)
{
    pack_map(p, 9);
    pack_key_text(p, "id", c->id);
    pack_key_bool(p, "spout", c->is_spout);
    pack_key_uint(p, "executors", c->executors);
    pack_key_uint(p, "tasks", c->tasks);
    pack_key_uint(p, "executed", sum->executed);
    pack_key_uint(p, "acked", sum->acked);
    pack_key_uint(p, "failed", sum->failed);
    pack_key_uint(p, "errors", sum->errors);
    pack_text(p, "streams");
    pack_array(p, sum->n_streams);
    for (uint32_t i = 0; i < sum->n_streams; i++) {
        pack_map(p, 3);
        pack_key_text(p, "stream", sum->streams[i].name);
        pack_key_uint(p, "emitted", sum->streams[i].emitted);
        pack_key_uint(p, "transferred", sum->streams[i].transferred);
    }
}

static void free_sums(struct component_sum *sums, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < sums[i].n_streams; k++)
            free(sums[i].streams[k].name);
        free(sums[i].streams);
    }
    free(sums);
}

void reign_topology(struct reign *r, struct rpc_call *call,
                    const msgpack_object *params)
{
    struct topology *t = reign_asked_for(r, call, params);
    struct sums sums = {.topology = t};
    struct pack p;

    if (t == NULL)
        return;
    sums.list = xcalloc(t->record.n_components, sizeof(*sums.list));
    reign_counters_each(t, add_worker, &sums);
    pack_init(&p);
    pack_map(&p, 4);
    pack_key_text(&p, "id", t->record.id);
    pack_key_text(&p, "name", t->record.name);
    pack_key_text(&p, "status", topology_life_word(&t->record, t->assigned));
    pack_text(&p, "components");
    pack_array(&p, t->record.n_components);
    for (uint32_t i = 0; i < t->record.n_components; i++)
        pack_sum(&t->record.components[i], &sums.list[i], &p);
    rpc_reply(call, &p);
    pack_free(&p);
    free_sums(sums.list, t->record.n_components);
}
