/* world_net.c - how long a simulated network takes, and what goes wrong with
 * it; see world_net.h. */
#include "simulator/world_net.h"
#include "common/random.h"
#include "simulator/world_watch.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>

#define NEAR_NS 20000               /* on one machine, at most */
#define AGAIN_NS INT64_C(200000000) /* until what was lost is sent again */
#define DISTANCES 7u /* … of machines: each twice as far as the one before */

enum fault_kind { IS_SILENT, IS_CLOGGED, MANGLES };

struct world_fault {
    struct world_fault *next;
    enum fault_kind kind;
    uint32_t from, to;
    int64_t until;
    uint16_t first_port, last_port;
    enum world_mangling how;
};

static bool means(uint32_t named, uint32_t machine)
{
    return named == WORLD_ANY_MACHINE || named == machine;
}

static bool is_on(const struct world_fault *f, uint32_t from, uint32_t to)
{
    return means(f->from, from) && means(f->to, to);
}

/* -- ways ------------------------------------------------------------------ */

bool world_net_is_silent(struct world *w, uint32_t from, uint32_t to)
{
    const struct world_fault *f = w->sockets->faults;

    while (f != NULL && (f->kind != IS_SILENT || !is_on(f, from, to)))
        f = f->next;
    return f != NULL && from != to;
}

static int64_t clogged_until(const struct world *w, uint32_t from, uint32_t to)
{
    int64_t until = 0;

    for (const struct world_fault *f = w->sockets->faults; f; f = f->next)
        if (f->kind == IS_CLOGGED && is_on(f, from, to) && f->until > until)
            until = f->until;
    return until;
}

/* The same for each of two machines, in this world. */
static uint64_t distance(const struct world *w, uint32_t from, uint32_t to)
{
    uint64_t lot = mix64(w->sockets->lot ^ ((uint64_t)from << 32 | to));

    return (uint64_t)NEAR_NS << lot % DISTANCES;
}

int64_t world_net_due(struct world *w, uint32_t from, uint32_t to)
{
    int64_t due, until;
    uint64_t ns;

    if (from == to)
        return w->now + 1 + (int64_t)world_below(w, NEAR_NS);
    if (world_net_is_silent(w, from, to))
        return INT64_MAX;
    ns = distance(w, from, to);
    due = w->now + (int64_t)(ns + world_below(w, ns));
    if (world_below(w, w->sockets->late_one_in) == 0)
        due += AGAIN_NS << world_below(w, 3);
    until = clogged_until(w, from, to);
    return due > until ? due : until + (int64_t)world_below(w, ns);
}

/* -- faults ---------------------------------------------------------------- */

static struct world_fault *add(struct world *w, enum fault_kind kind,
                               uint32_t from, uint32_t to)
{
    struct world_sockets *all = world_sockets(w);
    struct world_fault *f = xcalloc(1, sizeof(*f));

    f->kind = kind;
    f->from = from;
    f->to = to;
    f->next = all->faults;
    all->faults = f;
    return f;
}

static void reschedule(struct world *w, const struct world_fault *f)
{
    for (struct world_socket *s = w->sockets->all; s != NULL; s = s->next)
        if (!s->listens && !world_socket_is_unix(s) &&
            (f == NULL || is_on(f, s->there.machine, s->here.machine)))
            world_socket_reschedule(s);
}

void world_net_silence(struct world *w, uint32_t from, uint32_t to)
{
    reschedule(w, add(w, IS_SILENT, from, to));
}

void world_net_clog(struct world *w, uint32_t from, uint32_t to, int64_t until)
{
    struct world_fault *f = add(w, IS_CLOGGED, from, to);

    f->until = until;
    reschedule(w, f);
}

void world_net_mangle(struct world *w, uint32_t from, uint32_t to,
                      uint16_t first_port, uint16_t last_port,
                      enum world_mangling how)
{
    struct world_fault *f = add(w, MANGLES, from, to);

    f->first_port = first_port;
    f->last_port = last_port;
    f->how = how;
}

static struct world_fault **mangling_of(const struct world_socket *s)
{
    struct world_fault **link = &s->world->sockets->faults, *f;

    while ((f = *link) != NULL &&
           (f->kind != MANGLES ||
            !is_on(f, s->here.machine, s->there.machine) ||
            s->port < f->first_port || s->port > f->last_port))
        link = &f->next;
    return link;
}

bool world_net_mangles(const struct world_socket *s, enum world_mangling *how)
{
    const struct world_fault *f = *mangling_of(s);

    if (f == NULL || world_socket_is_unix(s))
        return false;
    *how = f->how;
    return true;
}

void world_net_has_mangled(const struct world_socket *s)
{
    struct world_fault **link = mangling_of(s), *f = *link;

    s->world->sockets->counts.mangled[f->how]++;
    *link = f->next;
    free(f);
}

static void forget_faults(struct world *w)
{
    struct world_fault *f;

    while ((f = w->sockets->faults) != NULL) {
        w->sockets->faults = f->next;
        free(f);
    }
}

void world_net_heal(struct world *w)
{
    world_sockets(w);
    forget_faults(w);
    reschedule(w, NULL);
    world_sockets_call_again(w);
}

void world_net_fini(struct world *w)
{
    forget_faults(w);
}

/* -- cuts ------------------------------------------------------------------ */

static bool is_between(const struct world_socket *s, uint32_t a, uint32_t b)
{
    uint32_t here = s->here.machine, there = s->there.machine;

    return (means(a, here) && means(b, there)) ||
           (means(b, here) && means(a, there));
}

static void cut(struct world_socket *s)
{
    struct world_socket *peer = s->peer;

    s->peer = peer->peer = NULL;
    world_socket_fail(s, ECONNRESET, s->world->now);
    world_socket_fail(peer, ECONNRESET, s->world->now);
}

uint32_t world_net_cut(struct world *w, uint32_t a, uint32_t b)
{
    uint32_t n = 0;

    for (struct world_socket *s = world_sockets(w)->all; s; s = s->next)
        if (s->peer != NULL && !world_socket_is_unix(s) &&
            is_between(s, a, b)) {
            cut(s);
            n++;
        }
    w->sockets->counts.cut += n;
    return n;
}

struct world_net_counts world_net_counts(const struct world *w)
{
    return w->sockets != NULL ? w->sockets->counts
                              : (struct world_net_counts){.bytes = 0};
}
