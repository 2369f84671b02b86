/* seedable.c - components that need the real world; see seedable.h. */
#include "simulator/seedable.h"

static uint32_t needs_of(const struct component *c)
{
    return c->is_spout ? c->spout.needs : c->bolt.needs;
}

int seedable_check(const struct model *m, gale_err *error)
{
    for (uint32_t i = 0; i < m->n_components; i++) {
        const struct component *c = &m->components[i];

        if (needs_of(c) & GALE_NEEDS_NETWORK)
            return error_set(error,
                             "%s \"%s\" (%s) needs a server or real time, and "
                             "a run from a seed has neither; run without "
                             "--seed, or put another %s in its place",
                             c->is_spout ? "spout" : "bolt", c->id, c->file,
                             c->is_spout ? "spout" : "bolt");
    }
    return 0;
}
