/* copies_store.c - which files are in this nimbus's own store; see copies.h. */
#include "nimbus/copies_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>

struct found {
    const struct copies *copies;
    uint32_t n, room;
    copies_hash *list;
};

static void is_in_store(void *arg, const struct digest *digest)
{
    struct found *f = arg;

    if (f->n == f->room) {
        f->room = f->room > 0 ? 2 * f->room : 64;
        f->list = xreallocarray(f->list, f->room, sizeof(*f->list));
    }
    digest_hex(digest, f->list[f->n]);
    f->n += !replication_is_here(&f->copies->replication, f->list[f->n]);
}

/* All at once: a step looks at every file that there is. */
void copies_look_through_store(struct copies *c)
{
    struct found f = {.copies = c};
    const char **hashes;

    c->uploaded = false;
    store_each(c->options.store, is_in_store, &f);
    hashes = xcalloc(f.n, sizeof(*hashes));
    for (uint32_t i = 0; i < f.n; i++)
        hashes[i] = f.list[i];
    if (f.n > 0)
        copies_step(c, &(struct replication_event){.kind = REPLICATION_HOLDS,
                                                   .nimbus = PEERS_ME,
                                                   .hashes = hashes,
                                                   .n_hashes = f.n});
    free(hashes);
    free(f.list);
}
