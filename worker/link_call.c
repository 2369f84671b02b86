/* link_call.c - a connection to the other worker is begun, by the best way that
 * there is; see link.h and docs/transports.md. */
#include "common/log.h"
#include "common/rpc_address.h"
#include "worker/link.h"
#include "worker/wire_bytes.h"
#include "worker/worker.h"
#include <errno.h>

static struct env *env_of(const struct link *l)
{
    return l->executor.worker->env;
}

static int call_by_tcp(const struct link *l)
{
    struct rpc_address at;
    gale_err error;

    if (rpc_address_of(l->place.host, l->place.port, &at, &error) == 0)
        return env_of(l)->ops->net_connect(env_of(l), &at);
    errno = EINVAL;
    return -1;
}

/* Nobody is there if the other one is of another host, or network namespace.
 * Whoever has taken its place there as another user is told nothing. */
static int call_by_unix(const struct link *l)
{
    struct env *env = env_of(l);
    struct rpc_address at;
    int fd;

    transport_unix_address(l->executor.worker->plan, l->peer, l->place.port,
                           &at);
    fd = env->ops->net_connect(env, &at);
    if (fd < 0 || env->ops->net_is_own(env, fd))
        return fd;
    env->ops->net_close(env, fd);
    errno = EPERM;
    return -1;
}

int link_call(struct link *l)
{
    enum transport asked = l->executor.worker->config.transport;
    bool unix_too = transport_takes_unix(asked) &&
                    !(l->shuns_unix && transport_takes_tcp(asked));
    int fd = unix_too ? call_by_unix(l) : -1;

    l->shuns_unix = false;
    l->by = fd >= 0 ? TRANSPORT_UNIX : TRANSPORT_TCP;
    return fd < 0 && transport_takes_tcp(asked) ? call_by_tcp(l) : fd;
}

/* -- shared memory --------------------------------------------------------- */

static bool wants_memory(const struct link *l)
{
    return l->by == TRANSPORT_UNIX &&
           transport_takes_shared(l->executor.worker->config.transport);
}

static void say_no_memory(struct link *l)
{
    if (l->said == l->by)
        return;
    log_warn(l->executor.worker->log, "link",
             "no memory can be shared with worker %u: %s", l->peer,
             strerror(errno));
    link_says_transport(l);
}

/* It goes with the first bytes. */
static void offer(struct link *l)
{
    size_t bytes = link_ring_bytes(l->executor.worker->plan->n_workers);

    if (!link_rings_make(&l->rings, bytes)) {
        say_no_memory(l);
        return;
    }
    wire_put64(link_frame(l, sizeof(uint64_t)), bytes);
    link_frame_end(l, WIRE_OFFER, sizeof(uint64_t));
}

void link_offers(struct link *l)
{
    if (!wants_memory(l))
        link_says_transport(l);
    else if (l->state.opens)
        offer(l);
}

/* What is written from here on goes by the ring. */
static void go_over(struct link *l)
{
    link_frame(l, 0);
    link_frame_end(l, WIRE_SHARED, 0);
    link_rings_write(&l->rings);
}

const char *link_takes_offer(struct link *l, const struct wire_frame *f)
{
    const char *wrong;

    if (l->state.opens || !wants_memory(l) || f->size != sizeof(uint64_t))
        return "offers memory that was not asked for";
    wrong = link_rings_take(&l->rings, wire_get64(f->payload));
    if (wrong != NULL)
        return wrong;
    if (l->rings.at == NULL)
        say_no_memory(l);
    else
        go_over(l);
    return NULL;
}

/* Bells may have come behind it. */
const char *link_takes_shared(struct link *l)
{
    if (l->rings.at == NULL || l->rings.reads ||
        (!l->state.opens && !l->rings.writes && !l->rings.leaves))
        return "speaks of memory that is not shared";
    if (l->state.opens)
        go_over(l);
    wire_reader_skip(&l->in);
    link_rings_read(&l->rings);
    l->by = TRANSPORT_SHARED;
    link_says_transport(l);
    return NULL;
}

/* -- what is said ---------------------------------------------------------- */

/* Once for each way, not each time that it is made again. */
void link_says_transport(struct link *l)
{
    char name[32];

    atomic_store(&l->transport, l->by);
    if (l->said == l->by)
        return;
    l->said = l->by;
    snprintf(name, sizeof(name), "link-%u", l->peer);
    log_info(l->executor.worker->log, name,
             "connected to worker %u at %s:%u by %s", l->peer, l->place.host,
             l->place.port, transport_name(l->by));
}
