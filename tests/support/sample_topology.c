/* sample_topology.c - a right topology record; see sample_topology.h. */
#include "tests/support/sample_topology.h"
#include "topology-api/memory.h"

static const char hash[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void add_components(struct topology_record *t, uint32_t n,
                           const uint32_t *executors)
{
    t->n_components = n;
    t->components = xcalloc(n, sizeof(*t->components));
    for (uint32_t i = 0; i < n; i++) {
        char id[16];

        snprintf(id, sizeof(id), "c%u", (unsigned)i);
        t->components[i] = (struct topology_component){
            .id = xstrdup(id),
            .executors = executors[i],
            .tasks = executors[i],
            .is_spout = i == 0,
        };
    }
}

void sample_topology(struct topology_record *t, const char *name,
                     uint32_t seconds, uint32_t workers, uint32_t n,
                     const uint32_t *executors)
{
    *t = (struct topology_record){
        .workers = workers,
        .turns = n,
        .timeout_secs = 30,
        .launched_us = (int64_t)seconds * 1000000,
        .description_size = 1,
        .n_files = 1,
        .files = xcalloc(1, sizeof(*t->files)),
    };
    topology_id_make(name, 1, seconds, t->id);
    memcpy(t->lineage, t->id, sizeof(t->lineage));
    snprintf(t->name, sizeof(t->name), "%s", name);
    memcpy(t->description_hash, hash, sizeof(hash));
    memcpy(t->files[0].hash, hash, sizeof(hash));
    snprintf(t->files[0].name, sizeof(t->files[0].name), "t.so");
    t->files[0].size = 4096;
    add_components(t, n, executors);
}
