/* cluster_laws.c - looks at writes, nodes, processes, directories; see
 * cluster_laws.h. */
#include "simulator/cluster_laws.h"
#include "common/topology_id.h"
#include "simulator/world_net.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_DIR "/var/gale/supervisor/workers"

/* -- E1 -------------------------------------------------------------------- */

static bool is_in(const char *path, const char *directory)
{
    size_t size = strlen(directory);

    return strncmp(path, directory, size) == 0 && path[size] == '/';
}

static bool is_leaders(const char *path)
{
    return is_in(path, "/topologies") || is_in(path, "/assignments") ||
           is_in(path, "/slots") || is_in(path, "/errors");
}

/* -- P --------------------------------------------------------------------- */

#define POSITIONS "/positions/"

/* "/positions/ID/NAME"; there are folders, too. */
static bool is_position(const char *path, char *id, size_t size)
{
    const char *from = path + strlen(POSITIONS), *end;

    if (strncmp(path, POSITIONS, strlen(POSITIONS)) != 0)
        return false;
    end = strchr(from, '/');
    if (end == NULL || (size_t)(end - from) >= size)
        return false;
    snprintf(id, size, "%.*s", (int)(end - from), from);
    return true;
}

static void take_position(const struct cluster_laws *l,
                          const struct zookeeper_write *w)
{
    char id[TOPOLOGY_ID_SIZE], text[32];
    struct position_record r;
    struct unpacked u;

    if (w->kind == ZOOKEEPER_DELETE || !is_position(w->path, id, sizeof(id)))
        return;
    if (position_record_read(&r, &u, w->data, w->size) != 0) {
        simulated_cluster_break(l->cluster, "P: %s is no position", w->path);
        return;
    }
    snprintf(text, sizeof(text), "%.*s", (int)r.position.size, r.position.data);
    roll_book_kept(simulated_cluster_book(l->cluster, id), r.index,
                   strtoull(text, NULL, 10), r.order);
    unpacked_free(&u);
}

/* -- all writes ------------------------------------------------------------ */

/* NULL: it is none of a nimbus. */
static const struct simulated_daemon *nimbus_of(struct simulated_cluster *c,
                                                int64_t session)
{
    for (uint32_t i = 0; i < c->n_nimbuses; i++)
        if (simulated_daemon_runs(&c->daemons[i]) &&
            world_zookeeper_session(c->zookeeper, c->daemons[i].process) ==
                session)
            return &c->daemons[i];
    return NULL;
}

/* Positions are written by supervisors, too; their folders, and what is not
 * wanted any more, by whoever is there. */
static bool is_leaders_write(const struct cluster_laws *l, int64_t session,
                             const struct zookeeper_write *w)
{
    char id[TOPOLOGY_ID_SIZE];

    return is_leaders(w->path) || (w->kind != ZOOKEEPER_DELETE &&
                                   is_position(w->path, id, sizeof(id)) &&
                                   nimbus_of(l->cluster, session) != NULL);
}

static void look_at_write(struct cluster_laws *l, int64_t session,
                          const struct zookeeper_write *w)
{
    if (w->kind == ZOOKEEPER_CHECK)
        return;
    cluster_records_take(&l->records, w);
    take_position(l, w);
    if (strcmp(w->path, "/epoch") == 0)
        l->leader = session;
    if (!is_leaders_write(l, session, w))
        return;
    l->writes++;
    if (session != l->leader)
        simulated_cluster_break(
            l->cluster,
            "E1: %s is written by session %llx, and session %llx has raised "
            "the epoch last",
            w->path, (unsigned long long)session,
            (unsigned long long)l->leader);
}

static void look(void *arg, const struct zookeeper_applied *applied)
{
    struct cluster_laws *l = arg;

    if (applied->at_its_end)
        return;
    for (uint32_t i = 0; i < applied->n; i++)
        look_at_write(l, applied->session, &applied->writes[i]);
    cluster_records_look(&l->records);
}

void cluster_laws_begin(struct cluster_laws *l, struct simulated_cluster *c)
{
    *l = (struct cluster_laws){.cluster = c};
    cluster_records_begin(&l->records, c);
    zookeeper_memory_look(world_zookeeper_memory(c->zookeeper), look, l);
}

/* -- Z --------------------------------------------------------------------- */

static bool is_empty(const struct zookeeper_tree *t, const char *path,
                     char *text, size_t size)
{
    const struct zookeeper_node *node = zookeeper_tree_find(t, path);

    if (node == NULL || node->stat.n_children == 0)
        return true;
    snprintf(text, size, "Z: %s/%s is left", path,
             zookeeper_tree_name(node->children[0]));
    return false;
}

static bool has_session(const struct simulated_cluster *c,
                        const struct zookeeper_node *node, char *text,
                        size_t size)
{
    struct zookeeper_memory *m = world_zookeeper_memory(c->zookeeper);

    if (node->stat.owner != 0 &&
        !zookeeper_memory_has_session(m, node->stat.owner)) {
        snprintf(text, size, "Z: %s belongs to a session that is over",
                 zookeeper_tree_name(node));
        return false;
    }
    for (int32_t i = 0; i < node->stat.n_children; i++)
        if (!has_session(c, node->children[i], text, size))
            return false;
    return true;
}

static bool is_tidy(const struct simulated_cluster *c, char *text, size_t size)
{
    const struct zookeeper_tree *t =
        zookeeper_memory_tree(world_zookeeper_memory(c->zookeeper));

    return is_empty(t, "/topologies", text, size) &&
           is_empty(t, "/assignments", text, size) &&
           is_empty(t, "/positions", text, size) &&
           is_empty(t, "/errors", text, size) &&
           has_session(c, t->root, text, size);
}

/* -- O --------------------------------------------------------------------- */

static bool none_runs(const struct simulated_cluster *c, char *text,
                      size_t size)
{
    for (uint32_t i = 0; i < c->n_workers; i++)
        if (world_process_runs(c->workers[i].process)) {
            snprintf(text, size, "O: worker %u of %s still runs",
                     c->workers[i].number, c->workers[i].topology);
            return false;
        }
    return true;
}

struct left {
    char name[100]; /* "": nothing */
};

static void take_name(void *arg, const char *name)
{
    struct left *l = arg;

    snprintf(l->name, sizeof(l->name), "%s", name);
}

static bool no_directory(const struct simulated_cluster *c, char *text,
                         size_t size)
{
    for (uint32_t i = c->n_nimbuses; i < c->n_daemons; i++) {
        struct left l = {""};

        /* Each supervisor makes it: another one would be looked at in vain. */
        if (world_machine_each(c->daemons[i].machine, WORKERS_DIR, take_name,
                               &l) != 0)
            snprintf(text, size, "O: %s has no %s", c->daemons[i].name,
                     WORKERS_DIR);
        else if (l.name[0] == '\0')
            continue;
        else
            snprintf(text, size, "O: %s has %s/%s", c->daemons[i].name,
                     WORKERS_DIR, l.name);
        return false;
    }
    return true;
}

/* What a daemon needs when there is nothing to do: a listener or two, its
 * client of ZooKeeper, a connection of each supervisor with the leader, two of
 * each two nimbuses; files that are locked; timers and descriptors that are
 * looked at; nodes of ZooKeeper that are watched: four, whether a nimbus leads
 * or not, and one more if it has led: servers forget no watch before it fires,
 * though nobody looks at it. */
static bool is_idle(const struct simulated_daemon *d, char *text, size_t size)
{
    struct simulated_cluster *c = d->cluster;
    uint32_t others = c->n_nimbuses - 1, n = c->n_daemons - c->n_nimbuses;
    const struct world_process_holds most =
        d->is_nimbus ? (struct world_process_holds){2 + n + 2 * others, 1,
                                                    12 + 2 * n + 5 * others}
                     : (struct world_process_holds){3, 2, 10};
    struct world_process_holds has = world_process_holds(d->process);
    uint32_t watched = world_zookeeper_watched(c->zookeeper, d->process);

    if (has.descriptors <= most.descriptors && has.files <= most.files &&
        has.entries <= most.entries && watched <= (d->is_nimbus ? 5 : 2))
        return true;
    snprintf(text, size,
             "O: %s has %u descriptors, %u files and %u entries of its loop, "
             "and watches %u nodes, with nothing to do",
             d->name, has.descriptors, has.files, has.entries, watched);
    return false;
}

static bool all_are_idle(struct simulated_cluster *c, char *text, size_t size)
{
    for (uint32_t i = 0; i < c->n_daemons; i++)
        if (simulated_daemon_runs(&c->daemons[i]) &&
            !is_idle(&c->daemons[i], text, size))
            return false;
    return true;
}

bool cluster_laws_at_rest(struct simulated_cluster *c, char *text, size_t size)
{
    return is_tidy(c, text, size) && none_runs(c, text, size) &&
           no_directory(c, text, size) && all_are_idle(c, text, size);
}

/* -- the end --------------------------------------------------------------- */

/* NULL: none is ephemeral. */
static const struct zookeeper_node *ephemeral(const struct zookeeper_node *node)
{
    const struct zookeeper_node *found = node->stat.owner != 0 ? node : NULL;

    for (int32_t i = 0; found == NULL && i < node->stat.n_children; i++)
        found = ephemeral(node->children[i]);
    return found;
}

void cluster_laws_at_end(struct simulated_cluster *c)
{
    const struct zookeeper_node *node = ephemeral(
        zookeeper_memory_tree(world_zookeeper_memory(c->zookeeper))->root);
    const char *socket = world_net_left(c->world);

    if (node != NULL)
        simulated_cluster_break(c, "Z: %s is left, and all have ended",
                                zookeeper_tree_name(node));
    if (socket != NULL)
        simulated_cluster_break(c, "O: %s is left, and all have ended", socket);
}

/* -- books ----------------------------------------------------------------- */

void cluster_laws_look(struct simulated_cluster *c, bool is_calm)
{
    char text[400];

    for (uint32_t i = 0; i < c->n_workers; i++)
        if (!simulated_worker_is_even(&c->workers[i], text, sizeof(text)))
            simulated_cluster_break(c, "%s: %s", c->workers[i].topology, text);
    for (uint32_t i = 0; i < c->n_books; i++) {
        const char *wrong = roll_book_wrong(c->books[i]);

        if (is_calm)
            roll_book_is_calm(c->books[i], world_now(c->world));
        if (*wrong != '\0')
            simulated_cluster_break(c, "%s", wrong);
    }
}
