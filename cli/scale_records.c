/* scale_records.c - what a simulated cluster runs; see scale_records.h. */
#include "cli/scale_records.h"
#include "cli/scale_supervisor.h"
#include "common/check.h"
#include "common/assignment_record.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define FEW_TASKS 20u /* with fewer, five percent are none */
#define ROOM 10u      /* of ten slots that are needed, one more is there */
#define PATH_SIZE (TOPOLOGY_ID_SIZE + 32u)

/* -- sizes ----------------------------------------------------------------- */

static uint32_t divided(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0);
}

static uint32_t tasks_of(const struct scale_size *size, uint32_t i)
{
    uint32_t each = size->tasks / size->topologies;

    return each + (i < size->tasks % size->topologies);
}

static uint32_t workers_of(const struct scale_size *size, uint32_t i)
{
    return divided(tasks_of(size, i), SCALE_WORKER_TASKS);
}

uint32_t scale_slots(const struct scale_size *size)
{
    uint32_t rack = divided(size->supervisors, SCALE_RACKS);
    uint32_t workers = 0, slots;

    for (uint32_t i = 0; i < size->topologies; i++)
        workers += workers_of(size, i);
    slots = divided(workers, size->supervisors - rack);
    return slots + divided(slots, ROOM);
}

/* -- topologies ------------------------------------------------------------ */

size_t scale_description(uint32_t i, char text[SCALE_FILE_SIZE])
{
    return (size_t)snprintf(text, SCALE_FILE_SIZE,
                            "the description of topology %u", i);
}

size_t scale_plugin(uint32_t i, char text[SCALE_FILE_SIZE])
{
    return (size_t)snprintf(text, SCALE_FILE_SIZE, "plugin %u",
                            i / SCALE_PLUGIN_EVERY);
}

static void add_file(struct topology_record *t, uint32_t i)
{
    char text[SCALE_FILE_SIZE];
    size_t n = scale_plugin(i, text);
    struct digest hash = digest_of(text, n);

    t->n_files = 1;
    t->files = xcalloc(1, sizeof(*t->files));
    snprintf(t->files[0].name, sizeof(t->files[0].name), "topology.so");
    t->files[0].size = n;
    digest_hex(&hash, t->files[0].hash);
}

/* A spout and the bolts behind it: most tasks are in the middle. */
static void add_components(struct topology_record *t, uint32_t tasks)
{
    static const uint32_t percent[SCALE_COMPONENTS] = {5, 40, 30, 20, 5};
    static const char *const ids[SCALE_COMPONENTS] = {"source", "split",
                                                      "count", "join", "sink"};
    uint32_t left = tasks;

    t->n_components = tasks < FEW_TASKS ? 1 : SCALE_COMPONENTS;
    t->components = xcalloc(t->n_components, sizeof(*t->components));
    for (uint32_t i = 0; i < t->n_components; i++) {
        uint32_t n = tasks * percent[i] / 100;

        n = i + 1 == t->n_components ? left : n;
        left -= n;
        t->components[i] = (struct topology_component){.id = xstrdup(ids[i]),
                                                       .executors = n,
                                                       .tasks = n,
                                                       .is_spout = i == 0};
    }
}

void scale_topology(const struct scale_world *w, uint32_t i,
                    struct topology_record *t)
{
    char text[SCALE_FILE_SIZE];
    size_t n = scale_description(i, text);
    struct digest hash = digest_of(text, n);

    *t = (struct topology_record){
        .status = TOPOLOGY_ACTIVE,
        .workers = workers_of(&w->size, i),
        .turns = SCALE_COMPONENTS,
        .timeout_secs = 30,
        .launched_us = INT64_C(1767225600000000) + i,
        .description_size = n,
    };
    snprintf(t->name, sizeof(t->name), "topology-%05u", i);
    topology_id_make(t->name, i + 1, 1767225600, t->id);
    memcpy(t->lineage, t->id, sizeof(t->lineage));
    digest_hex(&hash, t->description_hash);
    add_file(t, i);
    add_components(t, tasks_of(&w->size, i));
}

static void write_topology(struct scale_world *w, uint32_t i)
{
    struct topology_record t;
    char path[PATH_SIZE];
    struct pack p;

    scale_topology(w, i, &t);
    snprintf(path, sizeof(path), "/topologies/%s", t.id);
    pack_init(&p);
    check(topology_record_pack(&t, &w->records_key, &p, NULL) == 0);
    zookeeper_create(w->observer, path, p.buffer.data, p.buffer.size, 0,
                     (struct zookeeper_then){NULL, NULL});
    pack_free(&p);
    topology_record_free(&t);
}

void scale_records_write(struct scale_world *w)
{
    zookeeper_create(w->observer, "/topologies", NULL, 0, 0,
                     (struct zookeeper_then){NULL, NULL});
    for (uint32_t i = 0; i < w->size.topologies; i++)
        write_topology(w, i);
    scale_world_run(w, SCALE_SECOND);
}

/* -- where workers are ----------------------------------------------------- */

struct reading {
    struct scale_world *world;
    struct scale_topology_places *to;
};

static void take_worker(const struct scale_world *w,
                        const struct assigned_worker *from,
                        struct scale_place *to)
{
    *to = (struct scale_place){
        .supervisor = scale_supervisor_number(w, from->supervisor),
        .port = from->port,
        .birth = from->birth,
    };
    for (uint32_t i = 0; i < from->n_executors; i++)
        to->tasks += from->executors[i].n; /* one each */
}

static void read_one(void *arg, const struct zookeeper_answer *answer)
{
    struct reading r = *(struct reading *)arg;
    struct assignment_record a;

    free(arg);
    if (answer->result != ZOOKEEPER_OK)
        return;
    check(assignment_record_unpack(answer->data, answer->size,
                                   &r.world->records_key, &a, NULL) == 0);
    r.to->n = a.n_workers;
    r.to->workers = xcalloc(a.n_workers, sizeof(*r.to->workers));
    for (uint32_t i = 0; i < a.n_workers; i++)
        take_worker(r.world, &a.workers[i], &r.to->workers[i]);
    assignment_record_free(&a);
}

static void ask(struct scale_world *w, uint32_t i,
                struct scale_topology_places *to)
{
    struct reading *r = xcalloc(1, sizeof(*r));
    struct topology_record t;
    char path[PATH_SIZE];

    *r = (struct reading){w, to};
    scale_topology(w, i, &t);
    snprintf(path, sizeof(path), "/assignments/%s", t.id);
    topology_record_free(&t);
    zookeeper_get(w->observer, path, NULL,
                  (struct zookeeper_then){read_one, r});
}

struct scale_places scale_places_read(struct scale_world *w)
{
    struct scale_places p = {.n_topologies = w->size.topologies};

    p.topologies = xcalloc(p.n_topologies, sizeof(*p.topologies));
    for (uint32_t i = 0; i < p.n_topologies; i++)
        ask(w, i, &p.topologies[i]);
    scale_world_run(w, 3 * SCALE_LATENCY_NS);
    return p;
}

void scale_places_free(struct scale_places *p)
{
    for (uint32_t i = 0; i < p->n_topologies; i++)
        free(p->topologies[i].workers);
    free(p->topologies);
}
