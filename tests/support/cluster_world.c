/* cluster_world.c - the real world, harmed; see cluster_world.h. */
#include "tests/support/cluster_world.h"
#include "common/check.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static struct cluster_world *world_of(struct env *env)
{
    return (struct cluster_world *)(void *)env;
}

static const struct env_ops *real(void)
{
    return env_posix()->ops;
}

static int keep(struct cluster_world *w, int fd)
{
    if (fd < 0)
        return fd;
    pthread_mutex_lock(&w->lock);
    check(w->n_fds < CLUSTER_FDS);
    w->fds[w->n_fds++] = fd;
    pthread_mutex_unlock(&w->lock);
    return fd;
}

static int world_accept(struct env *env, int listener, struct rpc_address *from)
{
    if (atomic_load(&world_of(env)->full)) {
        atomic_fetch_add(&world_of(env)->refused, 1);
        errno = EMFILE;
        return -1;
    }
    return keep(world_of(env), real()->net_accept(env, listener, from));
}

static int world_connect(struct env *env, const struct rpc_address *address)
{
    atomic_fetch_add(&world_of(env)->attempts, 1);
    return keep(world_of(env), real()->net_connect(env, address));
}

static bool world_is_own(struct env *env, int fd)
{
    return !atomic_load(&world_of(env)->is_foreign) &&
           real()->net_is_own(env, fd);
}

static int64_t world_send(struct env *env, int fd, const void *data,
                          size_t size)
{
    if (atomic_load(&world_of(env)->mute))
        return (int64_t)size;
    return real()->net_send(env, fd, data, size);
}

static void damage(struct env *env, void *data, int64_t n)
{
    if (n > 0 && atomic_exchange(&world_of(env)->damages, false))
        ((uint8_t *)data)[n / 2] ^= 0x10;
}

static int64_t world_receive(struct env *env, int fd, void *data, size_t size)
{
    int64_t n = real()->net_receive(env, fd, data, size);

    damage(env, data, n);
    return n;
}

static int64_t world_receive_memory(struct env *env, int fd, void *data,
                                    size_t size, int *memory)
{
    int64_t n = real()->memory_receive(env, fd, data, size, memory);

    damage(env, data, n);
    return n;
}

static void world_close(struct env *env, int fd)
{
    struct cluster_world *w = world_of(env);

    pthread_mutex_lock(&w->lock);
    for (uint32_t i = 0; i < w->n_fds; i++)
        if (w->fds[i] == fd)
            w->fds[i] = w->fds[--w->n_fds];
    real()->net_close(env, fd);
    pthread_mutex_unlock(&w->lock);
}

static int world_memory(struct env *env, size_t size)
{
    if (!atomic_load(&world_of(env)->shares_none))
        return real()->memory_new(env, size);
    errno = ENOSPC;
    return -1;
}

static void *world_map(struct env *env, int memory, size_t size)
{
    struct cluster_world *w = world_of(env);
    void *at = real()->memory_map(env, memory, size);

    pthread_mutex_lock(&w->lock);
    w->shared = at;
    pthread_mutex_unlock(&w->lock);
    return at;
}

static void world_unmap(struct env *env, void *at, size_t size)
{
    struct cluster_world *w = world_of(env);

    pthread_mutex_lock(&w->lock);
    if (w->shared == at)
        w->shared = NULL;
    real()->memory_unmap(env, at, size);
    pthread_mutex_unlock(&w->lock);
}

void cluster_world_init(struct cluster_world *w)
{
    memset(w, 0, sizeof(*w));
    w->ops = *real();
    w->ops.net_accept = world_accept;
    w->ops.net_connect = world_connect;
    w->ops.net_is_own = world_is_own;
    w->ops.net_send = world_send;
    w->ops.net_receive = world_receive;
    w->ops.memory_new = world_memory;
    w->ops.memory_map = world_map;
    w->ops.memory_unmap = world_unmap;
    w->ops.memory_receive = world_receive_memory;
    w->ops.net_close = world_close;
    w->env.ops = &w->ops;
    pthread_mutex_init(&w->lock, NULL);
}

void cluster_world_cut(struct cluster_world *w)
{
    pthread_mutex_lock(&w->lock);
    for (uint32_t i = 0; i < w->n_fds; i++)
        shutdown(w->fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&w->lock);
}

bool cluster_world_scribble(struct cluster_world *w)
{
    bool is_there;

    pthread_mutex_lock(&w->lock);
    is_there = w->shared != NULL;
    if (is_there)
        memset(w->shared, 0x77, 4096);
    w->shared = NULL; /* once */
    pthread_mutex_unlock(&w->lock);
    return is_there;
}
