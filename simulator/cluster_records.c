/* cluster_records.c - looks at what leaders write; see cluster_records.h. */
#include "simulator/cluster_records.h"
#include "common/epoch_record.h"
#include "common/topology_record.h"
#include "topology-api/memory.h"
#include <string.h>

#define ASSIGNMENTS "/assignments/"
#define TOPOLOGIES "/topologies/"

static bool is_below(const char *path, const char *folder)
{
    return strncmp(path, folder, strlen(folder)) == 0;
}

/* -- E2 -------------------------------------------------------------------- */

static void take_epoch(struct cluster_records *r,
                       const struct zookeeper_write *w)
{
    struct epoch_record e;

    if (epoch_record_unpack(w->data, w->size, &e, NULL) != 0)
        return;
    if (e.epoch <= r->epoch)
        simulated_cluster_break(r->cluster,
                                "E2: a reign has number %llu, and one with "
                                "number %llu was before",
                                (unsigned long long)e.epoch,
                                (unsigned long long)r->epoch);
    r->epoch = e.epoch;
    epoch_record_free(&e);
}

/* -- S --------------------------------------------------------------------- */

static struct assignment_record *find(const struct cluster_records *r,
                                      const char *topology)
{
    for (uint32_t i = 0; i < r->n_assignments; i++)
        if (strcmp(r->assignments[i].topology, topology) == 0)
            return &r->assignments[i];
    return NULL;
}

static bool same_slot(const struct assigned_worker *a,
                      const struct assigned_worker *b)
{
    return a->port == b->port && strcmp(a->supervisor, b->supervisor) == 0;
}

static bool same_executors(const struct assigned_worker *a,
                           const struct assigned_worker *b)
{
    return a->n_executors == b->n_executors &&
           memcmp(a->executors, b->executors,
                  a->n_executors * sizeof(*a->executors)) == 0;
}

static bool same_sizes(const struct assignment_record *a,
                       const struct assignment_record *b)
{
    return a->n_components == b->n_components &&
           memcmp(a->components, b->components,
                  a->n_components * sizeof(*a->components)) == 0;
}

/* Users of simulated clusters change no configuration, which would be another
 * reason. */
static void look_at_births(const struct cluster_records *r,
                           const struct assignment_record *before,
                           const struct assignment_record *after)
{
    for (uint32_t i = 0; i < before->n_workers && i < after->n_workers; i++) {
        const struct assigned_worker *a = &before->workers[i];
        const struct assigned_worker *b = &after->workers[i];

        if (a->birth != b->birth && same_slot(a, b) && same_executors(a, b) &&
            same_sizes(before, after))
            simulated_cluster_break(
                r->cluster,
                "S: worker %u of %s starts again, and its slot and executors "
                "stay",
                i, after->topology);
    }
}

/* To its books. */
static void tell_births(const struct cluster_records *r,
                        const struct assignment_record *a)
{
    struct roll_book *book = simulated_cluster_book(r->cluster, a->topology);

    for (uint32_t i = 0; i < a->n_workers; i++)
        roll_book_assigned(book, a->workers[i].birth);
}

static void take_assignment(struct cluster_records *r,
                            const struct zookeeper_write *w)
{
    struct assignment_record *before = find(r, w->path + strlen(ASSIGNMENTS));
    struct assignment_record after;

    if (w->kind == ZOOKEEPER_DELETE) {
        if (before != NULL) {
            assignment_record_free(before);
            *before = r->assignments[--r->n_assignments];
        }
        return;
    }
    if (assignment_record_unpack(w->data, w->size, &r->key, &after, NULL) != 0)
        return;
    tell_births(r, &after);
    if (before != NULL) {
        look_at_births(r, before, &after);
        assignment_record_free(before);
        *before = after;
        return;
    }
    r->assignments = xreallocarray(r->assignments, r->n_assignments + 1,
                                   sizeof(*r->assignments));
    r->assignments[r->n_assignments++] = after;
}

static void look_for_slot(const struct cluster_records *r,
                          const struct assigned_worker *w, const char *topology)
{
    for (uint32_t i = 0; i < r->n_assignments; i++) {
        const struct assignment_record *a = &r->assignments[i];

        for (uint32_t k = 0; k < a->n_workers; k++)
            if (&a->workers[k] != w && same_slot(&a->workers[k], w))
                simulated_cluster_break(
                    r->cluster,
                    "S: port %u of supervisor %s has a worker of %s and one of "
                    "%s",
                    w->port, w->supervisor, topology, a->topology);
    }
}

void cluster_records_look(const struct cluster_records *r)
{
    for (uint32_t i = 0; i < r->n_assignments; i++)
        for (uint32_t k = 0; k < r->assignments[i].n_workers; k++)
            look_for_slot(r, &r->assignments[i].workers[k],
                          r->assignments[i].topology);
}

/* -- K --------------------------------------------------------------------- */

/* Whether it is the record of a topology of that name, or of any (NULL), that
 * is killed, or is not. */
static bool is_that(const struct digest *key, const void *data, size_t size,
                    const char *name, bool killed)
{
    struct topology_record t;
    bool is;

    if (topology_record_unpack(data, size, key, &t, NULL) != 0)
        return false;
    is = (name == NULL || strcmp(t.name, name) == 0) &&
         (t.status == TOPOLOGY_KILLED) == killed;
    topology_record_free(&t);
    return is;
}

void cluster_records_killed(struct simulated_cluster *c, const char *name)
{
    const struct digest key = token_records_key(&c->token);
    const struct zookeeper_node *topologies = zookeeper_tree_find(
        zookeeper_memory_tree(world_zookeeper_memory(c->zookeeper)),
        "/topologies");

    for (int32_t i = 0; i < topologies->stat.n_children; i++) {
        const struct zookeeper_node *n = topologies->children[i];

        if (is_that(&key, n->data, n->size, name, false))
            simulated_cluster_break(
                c, "K: a user hears that %s is killed, and its record does not",
                name);
    }
}

/* -- all ------------------------------------------------------------------- */

void cluster_records_begin(struct cluster_records *r,
                           struct simulated_cluster *c)
{
    *r = (struct cluster_records){.cluster = c,
                                  .key = token_records_key(&c->token)};
}

void cluster_records_take(struct cluster_records *r,
                          const struct zookeeper_write *w)
{
    if (strcmp(w->path, "/epoch") == 0)
        take_epoch(r, w);
    else if (is_below(w->path, ASSIGNMENTS))
        take_assignment(r, w);
}
