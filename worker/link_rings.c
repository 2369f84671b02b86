/* link_rings.c - offered, taken, read and written; see link_rings.h. */
#include "worker/link_rings.h"
#include "common/check.h"
#include "worker/executor.h"
#include <errno.h>
#include <unistd.h>

/* The heads of both ways, those of who has offered them first, and then the
 * bytes of both. */
#define HEADS 4096u
_Static_assert(2 * sizeof(struct shared_ring_head) <= HEADS, "heads fit");

static struct carrier *carrier_of(const struct link_rings *r)
{
    return r->executor->carrier;
}

static struct env *env_of(const struct link_rings *r)
{
    return carrier_of(r)->env;
}

size_t link_ring_bytes(uint32_t n_workers)
{
    size_t bytes = LINK_RING_MAX;

    while (bytes > LINK_RING_MIN && 2 * bytes * n_workers > LINK_RINGS_ALL)
        bytes /= 2;
    return bytes;
}

/* -- looking --------------------------------------------------------------- */

static struct link_rings *rings_of(struct carrier_look *look)
{
    return (struct link_rings *)(void *)look;
}

static bool waits_for_room(const struct link_rings *r)
{
    return r->writes && link_out_queued(r->bytes) > 0;
}

static bool has_any(const struct link_rings *r)
{
    return (r->reads && shared_ring_has(&r->in)) ||
           (waits_for_room(r) && shared_ring_has_room(&r->out));
}

/* The carrier is about to sleep: the other side is to ring. */
static bool rest(struct link_rings *r)
{
    bool rests;

    r->rests = true;
    rests = !r->reads || shared_ring_reader_rests(&r->in);

    return (!waits_for_room(r) || shared_ring_writer_rests(&r->out)) && rests;
}

static void is_up(struct link_rings *r)
{
    r->rests = false;
    shared_ring_reader_is_up(&r->in);
    shared_ring_writer_is_up(&r->out);
}

static bool look(struct carrier_look *at, bool sleeps)
{
    struct link_rings *r = rings_of(at);
    bool any = has_any(r) || (sleeps && !rest(r));

    if (r->rests && (any || !sleeps))
        is_up(r);
    if (any)
        carrier_schedule(r->executor, carrier_of(r));
    return any;
}

/* -- there are some, or none ----------------------------------------------- */

void link_rings_init(struct link_rings *r, struct executor *e,
                     struct link_out *bytes)
{
    *r = (struct link_rings){
        .look = {.looks = look}, .executor = e, .bytes = bytes, .memory = -1};
}

static void close_memory(struct link_rings *r)
{
    if (r->memory >= 0)
        env_of(r)->ops->net_close(env_of(r), r->memory);
    r->memory = -1;
}

void link_rings_drop(struct link_rings *r)
{
    close_memory(r);
    if (r->reads || r->writes)
        carrier_look_no_more(carrier_of(r), &r->look);
    if (r->at != NULL)
        env_of(r)->ops->memory_unmap(env_of(r), r->at, r->size);
    link_rings_init(r, r->executor, r->bytes);
}

/* offers: it is this side that has made the memory. */
static bool map(struct link_rings *r, size_t bytes, bool offers)
{
    struct shared_ring_head *heads;
    uint8_t *first;

    r->size = HEADS + 2 * bytes;
    r->at = env_of(r)->ops->memory_map(env_of(r), r->memory, r->size);
    if (r->at == NULL)
        return false;
    heads = r->at;
    first = (uint8_t *)r->at + HEADS;
    shared_ring_init(offers ? &r->out : &r->in, &heads[0], first, bytes);
    shared_ring_init(offers ? &r->in : &r->out, &heads[1], first + bytes,
                     bytes);
    return true;
}

bool link_rings_make(struct link_rings *r, size_t bytes)
{
    r->memory = env_of(r)->ops->memory_new(env_of(r), HEADS + 2 * bytes);
    if (r->memory < 0)
        return false;
    if (map(r, bytes, true))
        return true;
    close_memory(r);
    return false;
}

const char *link_rings_take(struct link_rings *r, uint64_t bytes)
{
    if (r->at != NULL || r->memory < 0)
        return "offers memory that has not come";
    if (bytes < LINK_RING_MIN || bytes > LINK_RING_MAX ||
        (bytes & (bytes - 1)) != 0)
        return "offers rings of a size that is none";
    if (!map(r, (size_t)bytes, false) && errno == EINVAL)
        return "offers what is no memory of that size";
    close_memory(r);
    return NULL;
}

static void begin(struct link_rings *r)
{
    if (!r->reads && !r->writes)
        carrier_look_at(carrier_of(r), &r->look);
}

void link_rings_write(struct link_rings *r)
{
    r->by_socket = link_out_queued(r->bytes);
    r->leaves = true;
}

void link_rings_read(struct link_rings *r)
{
    begin(r);
    r->reads = true;
}

/* -- sending --------------------------------------------------------------- */

/* The other side may have gone: its end is heard by who listens. A socket that
 * is full of bells has woken it. */
static void ring_bell(struct env *env, int fd)
{
    env->ops->net_send(env, fd, "", 1);
}

static int64_t send_by_ring(struct link_rings *r, struct env *env, int fd)
{
    size_t size;
    const char *bytes = link_out_bytes(r->bytes, &size);
    int64_t n = shared_ring_write(&r->out, bytes, size);

    if (n > 0 && shared_ring_wakes_reader(&r->out))
        ring_bell(env, fd);
    if (n <= 0)
        errno = n < 0 ? EBADMSG : EAGAIN;
    return n > 0 ? n : -1;
}

static int64_t send_by_socket(struct link_rings *r, struct env *env, int fd)
{
    bool offers = r->memory >= 0 && r->at != NULL;
    size_t size;
    const char *bytes = link_out_bytes(r->bytes, &size);
    int64_t n;

    if (r->leaves)
        size = r->by_socket;
    n = offers ? env->ops->memory_send(env, fd, bytes, size, r->memory)
               : env->ops->net_send(env, fd, bytes, size);
    if (n > 0 && offers)
        close_memory(r);
    if (n > 0 && r->leaves)
        r->by_socket -= (size_t)n;
    if (r->leaves && r->by_socket == 0) {
        begin(r);
        r->writes = true;
        r->leaves = false;
    }
    return n;
}

int64_t link_rings_send(struct link_rings *r, struct env *env, int fd)
{
    int64_t n =
        r->writes ? send_by_ring(r, env, fd) : send_by_socket(r, env, fd);

    if (n > 0)
        link_out_went(r->bytes, (size_t)n);
    return n;
}

/* -- receiving ------------------------------------------------------------- */

static int64_t receive_by_ring(struct link_rings *r, struct env *env, int fd,
                               void *to, size_t size)
{
    int64_t n = shared_ring_read(&r->in, to, size);

    if (n > 0 && shared_ring_wakes_writer(&r->in))
        ring_bell(env, fd);
    if (n > 0 || (n == 0 && r->is_alone))
        return n;
    errno = n < 0 ? EBADMSG : EAGAIN;
    return -1;
}

/* Of two that come, the last one is kept. */
static int64_t receive_by_socket(struct link_rings *r, struct env *env, int fd,
                                 void *to, size_t size)
{
    int memory;
    int64_t n = env->ops->memory_receive(env, fd, to, size, &memory);

    if (memory < 0)
        return n;
    if (r->at == NULL)
        close_memory(r);
    if (r->at == NULL && r->memory < 0)
        r->memory = memory;
    else
        env->ops->net_close(env, memory);
    return n;
}

int64_t link_rings_receive(struct link_rings *r, struct env *env, int fd,
                           void *to, size_t size)
{
    return r->reads ? receive_by_ring(r, env, fd, to, size)
                    : receive_by_socket(r, env, fd, to, size);
}

void link_rings_hear(struct link_rings *r, struct env *env, int fd)
{
    char bells[64];
    int64_t n;

    do {
        n = env->ops->net_receive(env, fd, bells, sizeof(bells));
    } while (n == (int64_t)sizeof(bells));
    if (n == 0 || (n < 0 && errno != EAGAIN))
        r->is_alone = true;
}
