/*
 * zookeeper_nodes.c - what is in ZooKeeper:
 *
 *     zookeeper_nodes HOST:PORT ROOT
 *
 * prints the path of each node below the root, one a line.
 */
#include "common/check.h"
#include "common/loop.h"
#include "common/zookeeper_client.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define PATIENCE_NS INT64_C(20000000000)

/* A node whose children were asked for. */
struct visit {
    struct look *look;
    char path[ZOOKEEPER_PATH_MAX + 1];
};

struct look {
    struct loop *loop;
    struct zookeeper *zookeeper;
    uint32_t under_way;
    bool begun;
    int status;
};

static void visit(struct look *look, const char *folder, const char *name);

static void visited(void *arg, const struct zookeeper_answer *answer)
{
    struct visit *v = arg;
    struct look *look = v->look;

    if (answer->result == ZOOKEEPER_OK)
        for (uint32_t i = 0; i < answer->n_children; i++)
            visit(look, v->path, answer->children[i]);
    else if (answer->result != ZOOKEEPER_NO_NODE)
        look->status = 1;
    free(v);
    if (--look->under_way == 0)
        loop_end(look->loop);
}

static void visit(struct look *look, const char *folder, const char *name)
{
    struct visit *v = xcalloc(1, sizeof(*v));

    v->look = look;
    snprintf(v->path, sizeof(v->path), "%s/%s",
             strcmp(folder, "/") == 0 ? "" : folder, name);
    if (*name != '\0')
        puts(v->path);
    look->under_way++;
    zookeeper_children(look->zookeeper, v->path, NULL,
                       (struct zookeeper_then){visited, v});
}

static void changed(void *arg, enum zookeeper_state state)
{
    struct look *look = arg;

    if (state != ZOOKEEPER_IS_CONNECTED || look->begun)
        return;
    look->begun = true;
    visit(look, "", "");
}

int main(int argc, char **argv)
{
    struct look look = {.loop = loop_new(env_posix())};
    struct zookeeper_options options = {.session_ns = PATIENCE_NS,
                                        .connection_ns = PATIENCE_NS};

    if (argc != 3)
        return 2;
    check(look.loop != NULL);
    options.hosts = argv[1];
    options.root = argv[2];
    look.zookeeper =
        zookeeper_client_new(look.loop, &options, NULL, changed, &look);
    if (!loop_run_for(look.loop, PATIENCE_NS))
        look.status = 1;
    zookeeper_free(look.zookeeper);
    loop_free(look.loop);
    return look.status;
}
