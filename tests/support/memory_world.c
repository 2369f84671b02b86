/* memory_world.c - a loop and a ZooKeeper in memory; see memory_world.h. */
#include "tests/support/memory_world.h"
#include <stdio.h>
#include <string.h>

#define SESSION (10000 * MS)

static const struct zookeeper_then nobody = {NULL, NULL};

static void state_changed(void *arg, enum zookeeper_state state)
{
    (void)arg;
    (void)state;
}

void memory_world_begin(struct memory_world *w)
{
    *w = (struct memory_world){.loop = loop_new(env_posix())};
    w->memory = zookeeper_memory_new(loop_now(w->loop), MS);
    w->mine = zookeeper_memory_join(w->memory, SESSION, state_changed, NULL);
    w->other = zookeeper_memory_join(w->memory, SESSION, state_changed, NULL);
    while (zookeeper_state(w->other) != ZOOKEEPER_IS_CONNECTED ||
           zookeeper_state(w->mine) != ZOOKEEPER_IS_CONNECTED)
        memory_world_go_on(w);
}

void memory_world_end_zookeeper(struct memory_world *w)
{
    zookeeper_free(w->mine);
    zookeeper_free(w->other);
    zookeeper_memory_free(w->memory);
    w->mine = w->other = NULL;
    w->memory = NULL;
}

void memory_world_end(struct memory_world *w)
{
    memory_world_end_zookeeper(w);
    loop_free(w->loop);
}

void memory_world_go_on(struct memory_world *w)
{
    zookeeper_memory_advance(w->memory, loop_now(w->loop));
    loop_run_for(w->loop, MS);
}

void memory_world_settle(struct memory_world *w, uint32_t ms)
{
    int64_t end = loop_now(w->loop) + ms * MS;

    while (loop_now(w->loop) < end)
        memory_world_go_on(w);
}

void memory_world_create(struct memory_world *w, const char *path,
                         const void *data, size_t size)
{
    zookeeper_create(w->other, path, data, size, 0, nobody);
    memory_world_at(w, path);
}

void memory_world_set(struct memory_world *w, const char *path,
                      const void *data, size_t size)
{
    zookeeper_set(w->other, path, data, size, ZOOKEEPER_ANY, nobody);
    memory_world_at(w, path);
}

/* A NUL byte is a blank in it. */
static void got(void *arg, const struct zookeeper_answer *answer)
{
    struct memory_world *w = arg;
    size_t n = answer->size < sizeof(w->found) - 16 ? answer->size
                                                    : sizeof(w->found) - 16;

    if (answer->result != ZOOKEEPER_OK) {
        snprintf(w->found, sizeof(w->found), "none");
        return;
    }
    memcpy(w->found, answer->data, n);
    for (size_t i = 0; i < n; i++)
        if (w->found[i] == '\0')
            w->found[i] = ' ';
    snprintf(w->found + n, sizeof(w->found) - n, " v%d", answer->stat.version);
}

const char *memory_world_at(struct memory_world *w, const char *path)
{
    w->found[0] = '\0';
    zookeeper_get(w->other, path, NULL, (struct zookeeper_then){got, w});
    while (w->found[0] == '\0')
        memory_world_go_on(w);
    return w->found;
}
