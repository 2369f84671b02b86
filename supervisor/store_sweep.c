/* store_sweep.c - files of topologies that are gone; see store_sweep.h. */
#include "supervisor/store_sweep.h"
#include <string.h>

struct sweep {
    struct store *store;
    const struct topology_record *const *topologies;
    uint32_t n, n_removed;
};

static bool names(const struct topology_record *t, const char *hash)
{
    if (strcmp(t->description_hash, hash) == 0)
        return true;
    for (uint32_t i = 0; i < t->n_files; i++)
        if (strcmp(t->files[i].hash, hash) == 0)
            return true;
    return false;
}

static void remove_unnamed(void *arg, const struct digest *digest)
{
    struct sweep *s = arg;
    char hash[RECORD_HASH_SIZE];

    digest_hex(digest, hash);
    for (uint32_t i = 0; i < s->n; i++)
        if (names(s->topologies[i], hash))
            return;
    store_remove(s->store, digest);
    s->n_removed++;
}

uint32_t store_sweep(struct store *store,
                     const struct topology_record *const *topologies,
                     uint32_t n)
{
    struct sweep s = {store, topologies, n, 0};

    store_each(store, remove_unnamed, &s);
    return s.n_removed;
}
