/* world_zookeeper.c - an ensemble and its clients; see world_zookeeper.h. */
#include "simulator/world_zookeeper.h"
#include "simulator/world_letters.h"
#include "common/check.h"
#include "common/zookeeper_watches.h"
#include "simulator/world_bells.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define SLOWER 10
#define LATE_ONE_IN 50
#define FOR_NOTHING_ONE_IN 4 /* watches, when a connection is back */

struct world_zookeeper {
    struct world *world;
    struct zookeeper_memory *memory;
    struct env_thread *thread;
    int64_t way_ns;
    bool ended;
    struct world_client *clients;
};

/* A node that a client wants to hear of: what the ensemble calls. */
struct proxy {
    struct proxy *next;
    struct zookeeper_watch watch;
    struct world_client *client;
    uint64_t spot;
    bool of_children;
    char *path;
};

/* In the process, but it is the world's. */
struct world_client {
    struct zookeeper base; /* first */
    struct world_client *next;
    struct world_zookeeper *of;
    struct world_process *process;
    struct world_process_witness witness;
    struct loop *loop;
    zookeeper_state_fn *fn;
    void *arg;
    struct zookeeper *member; /* NULL: it is being freed */
    enum zookeeper_state state;
    int64_t session; /* as far as it has heard */
    struct zookeeper_watches watches;
    struct proxy *proxies;
    struct world_letters letters; /* that have come */
    int bell;
    struct loop_watch rings;
    bool is_cut;
    int64_t slow_until;
};

static struct world_client *client_of(const struct zookeeper *base)
{
    return (struct world_client *)(void *)(uintptr_t)base;
}

/* -- the ensemble ---------------------------------------------------------- */

static void advance(struct world_zookeeper *z)
{
    zookeeper_memory_advance(z->memory, z->world->now);
}

static void run(void *arg)
{
    struct world_zookeeper *z = arg;

    while (!z->ended) {
        advance(z);
        world_wait(z->world, z, zookeeper_memory_next(z->memory));
    }
}

static void wake(void *arg)
{
    struct world_zookeeper *z = arg;

    world_wake(z->world, z);
}

static int64_t way(void *arg, const struct zookeeper *member)
{
    const struct world_zookeeper *z = arg;
    const struct world_client *c = z->clients;
    int64_t most = z->way_ns;

    while (c != NULL && c->member != member)
        c = c->next;
    if ((c != NULL && c->slow_until > z->world->now) ||
        world_below(z->world, LATE_ONE_IN) == 0)
        most *= SLOWER;
    return 1 + (int64_t)world_below(z->world, (uint64_t)most);
}

struct world_zookeeper *world_zookeeper_new(struct world *w, int64_t way_ns)
{
    struct world_zookeeper *z = xcalloc(1, sizeof(*z));
    struct env *env = world_env(w);

    z->world = w;
    z->way_ns = way_ns;
    z->memory = zookeeper_memory_new(w->now, way_ns);
    zookeeper_memory_ways(z->memory, way, z);
    zookeeper_memory_wake(z->memory, wake, z);
    z->thread = env->ops->thread_start(env, "zookeeper", -1, run, z);
    return z;
}

void world_zookeeper_free(struct world_zookeeper *z)
{
    struct env *env = world_env(z->world);

    z->ended = true;
    wake(z);
    env->ops->thread_join(env, z->thread);
    zookeeper_memory_free(z->memory);
    free(z);
}

struct zookeeper_memory *world_zookeeper_memory(struct world_zookeeper *z)
{
    return z->memory;
}

/* -- what comes to a client ------------------------------------------------ */

static void put(struct world_client *c, struct world_letter *letter)
{
    world_letters_put(&c->letters, letter);
    if (c->member != NULL)
        world_bell_ring(c->of->world, c->bell);
}

/* The one request that it is the answer to: `then` and whose. */
struct asked {
    struct world_client *client;
    struct zookeeper_then then;
};

static void answered(void *arg, const struct zookeeper_answer *answer)
{
    struct asked *asked = arg;

    put(asked->client, world_letter_answer(asked->then, answer));
    free(asked);
}

static void drop_proxy(struct proxy *p)
{
    struct proxy **link = &p->client->proxies;

    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    zookeeper_watch_clear(&p->watch);
    free(p->path);
    free(p);
}

static void fired(void *arg)
{
    struct proxy *p = arg;

    put(p->client, world_letter_event(p->spot));
    drop_proxy(p);
}

/* Servers that are told of watches anew may find a change that was read. */
static void fire_some(struct world_client *c)
{
    struct proxy *p = c->proxies, *next;

    for (; p != NULL; p = next) {
        next = p->next;
        if (world_below(c->of->world, FOR_NOTHING_ONE_IN) == 0)
            fired(p);
    }
}

static void told(void *arg, enum zookeeper_state state)
{
    struct world_client *c = arg;

    put(c, world_letter_state(state, zookeeper_session(c->member)));
    if (state == ZOOKEEPER_IS_CONNECTED)
        fire_some(c);
}

static void open_letter(struct world_client *c, struct world_letter *letter)
{
    switch (letter->kind) {
    case WORLD_LETTER_STATE:
        c->session = letter->session;
        c->state = letter->state == ZOOKEEPER_IS_LOST ? ZOOKEEPER_IS_AWAY
                                                      : letter->state;
        if (c->fn != NULL)
            c->fn(c->arg, letter->state);
        return;
    case WORLD_LETTER_EVENT:
        zookeeper_watches_fire(&c->watches, letter->spot);
        return;
    case WORLD_LETTER_ANSWER:
        if (letter->then.fn != NULL)
            letter->then.fn(letter->then.arg, &letter->answer);
    }
}

static void rings(void *arg)
{
    struct world_client *c = arg;
    struct world_letter *letter = world_letters_take(&c->letters);

    if (letter != NULL)
        open_letter(c, letter);
    world_letter_free(letter);
    if (world_letters_none(&c->letters))
        world_bell_hush(c->of->world, c->bell);
}

/* -- what a client asks ---------------------------------------------------- */

static struct zookeeper_watch *proxy_for(struct world_client *c,
                                         const struct zookeeper_request *r)
{
    bool of_children = r->kind == ZOOKEEPER_CHILDREN;
    const struct zookeeper_spot *spot =
        zookeeper_watches_add(&c->watches, r->path, of_children, r->watch);
    struct proxy *p = c->proxies;

    while (p != NULL &&
           (p->of_children != of_children || strcmp(p->path, r->path) != 0))
        p = p->next;
    if (p == NULL) {
        p = xcalloc(1, sizeof(*p));
        p->client = c;
        p->of_children = of_children;
        p->path = xstrdup(r->path);
        p->watch.fn = fired;
        p->watch.arg = p;
        p->next = c->proxies;
        c->proxies = p;
    }
    p->spot = spot->id;
    return &p->watch;
}

static void refuse(struct world_client *c, const struct zookeeper_request *r)
{
    const struct zookeeper_answer answer = {.result = ZOOKEEPER_AWAY};

    put(c, world_letter_answer(r->then, &answer));
}

static void request(struct zookeeper *base, const struct zookeeper_request *r)
{
    struct world_client *c = client_of(base);
    struct zookeeper_request sent = *r;
    struct asked *asked;

    if (c->member == NULL || c->state != ZOOKEEPER_IS_CONNECTED) {
        refuse(c, r);
        return;
    }
    advance(c->of);
    asked = xcalloc(1, sizeof(*asked));
    *asked = (struct asked){c, r->then};
    sent.then = (struct zookeeper_then){answered, asked};
    if (r->watch != NULL)
        sent.watch = proxy_for(c, r);
    c->member->ops->request(c->member, &sent);
}

static enum zookeeper_state state(const struct zookeeper *base)
{
    return client_of(base)->state;
}

static int64_t session(const struct zookeeper *base)
{
    return client_of(base)->session;
}

/* Of the session that it knows: another one may have begun. */
static int64_t lease_until(const struct zookeeper *base)
{
    const struct world_client *c = client_of(base);

    if (c->member == NULL)
        return 0;
    advance(c->of);
    return c->session != 0 && zookeeper_session(c->member) == c->session
               ? zookeeper_lease_until(c->member)
               : 0;
}

static const char *trouble(const struct zookeeper *base)
{
    return state(base) == ZOOKEEPER_IS_CONNECTED
               ? ""
               : "the ZooKeeper of this world does not answer";
}

/* -- its life -------------------------------------------------------------- */

static void unlink_client(struct world_client *c)
{
    struct world_client **link = &c->of->clients;

    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    world_process_untell(c->process, &c->witness);
    while (c->proxies != NULL)
        drop_proxy(c->proxies);
}

static void fini(struct world_client *c)
{
    zookeeper_watches_clear(&c->watches);
    world_letters_drop(&c->letters);
    free(c);
}

static void free_client(struct zookeeper *base)
{
    struct world_client *c = client_of(base);
    struct env *env = loop_env(c->loop);
    struct zookeeper *member = c->member;
    struct world_letter *letter;

    advance(c->of);
    unlink_client(c);
    loop_watch_clear(&c->rings);
    c->member = NULL;
    c->state = ZOOKEEPER_IS_AWAY;
    zookeeper_free(member);
    while ((letter = world_letters_take(&c->letters)) != NULL) {
        if (letter->kind == WORLD_LETTER_ANSWER)
            open_letter(c, letter);
        world_letter_free(letter);
    }
    env->ops->net_close(env, c->bell);
    fini(c);
}

/* Nobody hears it any more; what it is the watches of is not touched. */
static void die(struct world_client *c)
{
    struct zookeeper *member = c->member;

    unlink_client(c);
    c->member = NULL;
    zookeeper_memory_kill(member);
    world_letters_drop(&c->letters);
    while (c->watches.spots != NULL) {
        struct zookeeper_spot *spot = c->watches.spots;

        c->watches.spots = spot->next;
        free(spot);
    }
    free(c);
}

static void turned(void *arg, enum world_process_turn turn)
{
    struct world_client *c = arg;

    advance(c->of);
    if (turn == WORLD_PROCESS_ENDED)
        die(c);
    else if (turn == WORLD_PROCESS_PAUSED)
        zookeeper_memory_cut(c->member, ZOOKEEPER_CUT_SILENT);
    else if (!c->is_cut)
        zookeeper_memory_heal(c->member);
}

static const struct zookeeper_ops ops = {.request = request,
                                         .state = state,
                                         .session = session,
                                         .lease_until = lease_until,
                                         .trouble = trouble,
                                         .free = free_client};

struct zookeeper *world_zookeeper_join(struct world_zookeeper *z,
                                       struct loop *loop, int64_t session_ns,
                                       zookeeper_state_fn *fn, void *arg)
{
    struct world_client *c = xcalloc(1, sizeof(*c));
    struct env *env = loop_env(loop);

    c->base.ops = &ops;
    c->of = z;
    c->process = world_process_of(env);
    c->loop = loop;
    c->fn = fn;
    c->arg = arg;
    c->state = ZOOKEEPER_IS_AWAY;
    world_letters_init(&c->letters);
    c->bell = world_bell_new(env);
    check(loop_watch_set(loop, &c->rings, c->bell, rings, c) == 0);
    advance(z);
    c->member = zookeeper_memory_join(z->memory, session_ns, told, c);
    c->next = z->clients;
    z->clients = c;
    c->witness.turn = turned;
    c->witness.arg = c;
    world_process_tell(c->process, &c->witness);
    return &c->base;
}

/* -- what can go wrong ----------------------------------------------------- */

/* NULL: it has none. */
static struct world_client *find_client(struct world_zookeeper *z,
                                        const struct world_process *p)
{
    struct world_client *c = z->clients;

    while (c != NULL && c->process != p)
        c = c->next;
    return c;
}

static struct world_client *client_at(struct world_zookeeper *z,
                                      const struct world_process *p)
{
    struct world_client *c = find_client(z, p);

    if (c != NULL)
        advance(z);
    return c;
}

uint32_t world_zookeeper_watched(struct world_zookeeper *z,
                                 const struct world_process *p)
{
    const struct world_client *c = find_client(z, p);
    uint32_t n = 0;

    for (const struct proxy *i = c != NULL ? c->proxies : NULL; i; i = i->next)
        n++;
    return n;
}

int64_t world_zookeeper_session(struct world_zookeeper *z,
                                const struct world_process *p)
{
    const struct world_client *c = find_client(z, p);

    return c != NULL ? c->session : 0;
}

void world_zookeeper_cut(struct world_zookeeper *z,
                         const struct world_process *p, enum zookeeper_cut how)
{
    struct world_client *c = client_at(z, p);

    if (c == NULL)
        return;
    c->is_cut = true;
    zookeeper_memory_cut(c->member, how);
}

void world_zookeeper_heal(struct world_zookeeper *z,
                          const struct world_process *p)
{
    struct world_client *c = client_at(z, p);

    if (c == NULL)
        return;
    c->is_cut = false;
    if (!world_process_is_paused(p))
        zookeeper_memory_heal(c->member);
}

void world_zookeeper_lose_answers(struct world_zookeeper *z,
                                  const struct world_process *p, uint32_t n)
{
    struct world_client *c = client_at(z, p);

    if (c != NULL)
        zookeeper_memory_lose_answers(c->member, n);
}

void world_zookeeper_expire(struct world_zookeeper *z,
                            const struct world_process *p)
{
    struct world_client *c = client_at(z, p);

    if (c != NULL)
        zookeeper_memory_expire(c->member);
}

void world_zookeeper_slow(struct world_zookeeper *z,
                          const struct world_process *p, int64_t until)
{
    struct world_client *c = client_at(z, p);

    if (c != NULL)
        c->slow_until = until;
}
