/* topology_invariants.c - what must be true of a topology; see
 * topology_invariants.h. */
#include "topology-api/topology_invariants.h"
#include "topology-api/memory.h"
#include "topology-api/plugin_check.h"

int topology_invariants(const struct builder *b, struct model *m,
                        gale_err *error)
{
    const struct manifest *manifest;
    const struct manifest_entry *only;

    if (b->own == NULL)
        return 0;
    m->own_file = plugin_path(b->own);
    manifest = plugin_manifest(b->own);
    m->invariants =
        xcalloc(manifest_count(manifest, MANIFEST_INVARIANT, &only) + 1,
                sizeof(*m->invariants));
    for (uint32_t i = 0; i < manifest->n; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];

        if (entry->kind != MANIFEST_INVARIANT)
            continue;
        if (plugin_check_invariant(b->own, entry->id,
                                   &m->invariants[m->n_invariants], error))
            return -1;
        m->n_invariants++;
    }
    return 0;
}
