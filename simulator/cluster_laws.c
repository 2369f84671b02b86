/* cluster_laws.c - looks at writes, nodes, processes, directories; see
 * cluster_laws.h. */
#include "simulator/cluster_laws.h"
#include <stdio.h>
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

static void look_at_write(struct cluster_laws *l, int64_t session,
                          const struct zookeeper_write *w)
{
    if (w->kind == ZOOKEEPER_CHECK)
        return;
    cluster_records_take(&l->records, w);
    if (strcmp(w->path, "/epoch") == 0)
        l->leader = session;
    if (!is_leaders(w->path))
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

bool cluster_laws_at_rest(const struct simulated_cluster *c, char *text,
                          size_t size)
{
    return is_tidy(c, text, size) && none_runs(c, text, size) &&
           no_directory(c, text, size);
}

/* -- books ----------------------------------------------------------------- */

void cluster_laws_look(struct simulated_cluster *c)
{
    for (uint32_t i = 0; i < c->n_books; i++) {
        const char *wrong = roll_book_wrong(c->books[i]);

        if (*wrong != '\0')
            simulated_cluster_break(c, "%s", wrong);
    }
}
