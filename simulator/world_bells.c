/* world_bells.c - descriptors that ring; see world_bells.h. */
#include "simulator/world_bells.h"
#include "common/check.h"
#include "simulator/world_watch.h"

int world_bell_new(struct env *env)
{
    return world_socket_bell(env)->fd;
}

int world_bell_of_end(struct env *env, const struct world_process *p)
{
    struct world_socket *bell = world_socket_bell(env);

    bell->end_of = p;
    return bell->fd;
}

static struct world_socket *bell_of(struct world *w, int fd)
{
    struct world_socket *bell = world_socket_of(w, fd);

    check(bell != NULL && bell->bell);
    return bell;
}

void world_bell_ring(struct world *w, int fd)
{
    struct world_socket *bell = bell_of(w, fd);

    bell->rung = true;
    world_watches_wake(bell);
}

void world_bell_hush(struct world *w, int fd)
{
    bell_of(w, fd)->rung = false;
}

bool world_bell_rings(const struct world_socket *bell)
{
    return bell->rung ||
           (bell->end_of != NULL && !world_process_runs(bell->end_of));
}

void world_bells_of_end_ring(struct world *w, const struct world_process *p)
{
    if (w->sockets == NULL)
        return;
    for (const struct world_socket *s = w->sockets->all; s != NULL; s = s->next)
        if (s->bell && s->end_of == p)
            world_watches_wake(s);
}
