/* zookeeper_memory.c - a ZooKeeper ensemble in memory, from outside; see
 * zookeeper_memory.h. */
#include "common/zookeeper_memory.h"
#include "common/check.h"
#include "common/zookeeper_member.h"
#include "topology-api/memory.h"
#include <string.h>

/* Of what is asked in a callback, on its way to the ensemble: so who asks again
 * in each answer, for ever, does it in time, and advance() comes to its end. */
#define CALLBACK_NS INT64_C(1000)

/* -- what clients call ----------------------------------------------------- */

static int64_t way_of(const struct zookeeper_member *z)
{
    int64_t way = zookeeper_member_way(z);

    return z->memory->advancing && way < CALLBACK_NS ? CALLBACK_NS : way;
}

static void request(struct zookeeper *base, const struct zookeeper_request *r)
{
    struct zookeeper_member *z = (struct zookeeper_member *)base;
    struct zookeeper_memory *m = z->memory;
    enum zookeeper_result refused = zookeeper_request_check(r, 0);
    struct zookeeper_letter *letter = zookeeper_letter_new(r);

    if (refused == ZOOKEEPER_OK && z->state != ZOOKEEPER_IS_CONNECTED)
        refused = ZOOKEEPER_AWAY;
    letter->member = z;
    letter->connection = z->connection;
    letter->deadline = m->now + zookeeper_member_patience(z->session_ns);
    if (refused != ZOOKEEPER_OK) {
        letter->answer.result = refused;
        letter->step = ZOOKEEPER_REFUSED;
        zookeeper_member_post(letter,
                              m->now + (m->advancing ? CALLBACK_NS : 0));
        return;
    }
    zookeeper_traffic_request(&z->traffic, r);
    zookeeper_traffic_request(&m->traffic, r);
    if (r->watch != NULL)
        zookeeper_watches_add(&z->watches, r->path,
                              r->kind == ZOOKEEPER_CHILDREN, r->watch);
    zookeeper_member_post(letter, m->now + way_of(z));
}

static enum zookeeper_state state(const struct zookeeper *base)
{
    return ((const struct zookeeper_member *)base)->state;
}

static int64_t session(const struct zookeeper *base)
{
    return ((const struct zookeeper_member *)base)->session;
}

static int64_t lease_until(const struct zookeeper *base)
{
    const struct zookeeper_member *z = (const struct zookeeper_member *)base;

    if (z->session == 0) /* none, or it was told that it is over */
        return 0;
    return (z->linked ? z->memory->now : z->heard) +
           zookeeper_member_patience(z->session_ns);
}

static const char *trouble(const struct zookeeper *base)
{
    return state(base) == ZOOKEEPER_IS_CONNECTED
               ? ""
               : "the ZooKeeper of this process does not answer";
}

static void free_member(struct zookeeper *base)
{
    struct zookeeper_member *z = (struct zookeeper_member *)base;

    if (z->linked)
        zookeeper_member_end_session(z->memory, z->session);
    zookeeper_member_free(z);
}

static const struct zookeeper_ops ops = {.request = request,
                                         .state = state,
                                         .session = session,
                                         .lease_until = lease_until,
                                         .trouble = trouble,
                                         .free = free_member};

/* -- the ensemble ---------------------------------------------------------- */

struct zookeeper_memory *zookeeper_memory_new(int64_t now, int64_t latency_ns)
{
    struct zookeeper_memory *m = xcalloc(1, sizeof(*m));

    m->now = now;
    m->latency = latency_ns;
    zookeeper_tree_init(&m->tree);
    m->tree.changed = zookeeper_member_changed;
    m->tree.arg = m;
    return m;
}

void zookeeper_memory_free(struct zookeeper_memory *m)
{
    if (m == NULL)
        return;
    check(m->members == NULL && m->letters == NULL);
    while (m->sessions != NULL) {
        struct zookeeper_kept_session *s = m->sessions;

        m->sessions = s->next;
        free(s);
    }
    zookeeper_tree_fini(&m->tree);
    free(m);
}

struct zookeeper *zookeeper_memory_join(struct zookeeper_memory *m,
                                        int64_t session_ns,
                                        zookeeper_state_fn *fn, void *arg)
{
    struct zookeeper_member *z = xcalloc(1, sizeof(*z));
    struct zookeeper_member **link = &m->members;

    z->base.ops = &ops;
    z->memory = m;
    z->fn = fn;
    z->arg = arg;
    z->session_ns = session_ns;
    z->state = ZOOKEEPER_IS_AWAY;
    while (*link != NULL)
        link = &(*link)->next;
    *link = z;
    zookeeper_member_post_step(z, ZOOKEEPER_CONNECT,
                               m->now + zookeeper_member_way(z));
    return &z->base;
}

void zookeeper_memory_wake(struct zookeeper_memory *m, void (*fn)(void *arg),
                           void *arg)
{
    m->wake = fn;
    m->wake_arg = arg;
}

void zookeeper_memory_latency(struct zookeeper_memory *m, int64_t latency_ns)
{
    m->latency = latency_ns;
}

void zookeeper_memory_ways(struct zookeeper_memory *m,
                           int64_t (*way)(void *arg, const struct zookeeper *z),
                           void *arg)
{
    m->way = way;
    m->way_arg = arg;
}

/* -- who looks ------------------------------------------------------------- */

void zookeeper_memory_look(struct zookeeper_memory *m, zookeeper_applied_fn *fn,
                           void *arg)
{
    m->tree.applied = fn;
    m->tree.applied_arg = arg;
}

const struct zookeeper_tree *zookeeper_memory_tree(
    const struct zookeeper_memory *m)
{
    return &m->tree;
}

bool zookeeper_memory_has_session(const struct zookeeper_memory *m, int64_t id)
{
    const struct zookeeper_kept_session *s = m->sessions;

    while (s != NULL && s->id != id)
        s = s->next;
    return s != NULL;
}

/* -- what was said --------------------------------------------------------- */

struct zookeeper_traffic zookeeper_memory_traffic(
    const struct zookeeper_memory *m)
{
    return m->traffic;
}

struct zookeeper_traffic zookeeper_memory_traffic_of(
    const struct zookeeper *base)
{
    return ((const struct zookeeper_member *)base)->traffic;
}

uint32_t zookeeper_memory_watched(const struct zookeeper *base, size_t *bytes)
{
    const struct zookeeper_member *z = (const struct zookeeper_member *)base;
    uint32_t n = 0;

    *bytes = 0;
    for (const struct zookeeper_spot *s = z->watches.spots; s; s = s->next) {
        n++;
        *bytes += strlen(s->path) + sizeof(uint32_t);
    }
    return n;
}

/* -- time ------------------------------------------------------------------ */

int64_t zookeeper_memory_next(const struct zookeeper_memory *m)
{
    const struct zookeeper_kept_session *first =
        zookeeper_member_first_to_expire(m);
    int64_t next = first == NULL ? INT64_MAX : first->expires;

    return m->letters != NULL && m->letters->at < next ? m->letters->at : next;
}

void zookeeper_memory_advance(struct zookeeper_memory *m, int64_t now)
{
    int64_t next;

    check(!m->advancing && now >= m->now);
    m->advancing = true;
    while ((next = zookeeper_memory_next(m)) <= now) {
        struct zookeeper_letter *letter = m->letters;

        m->now = next > m->now ? next : m->now;
        if (letter != NULL && letter->at <= next) {
            zookeeper_member_take(letter);
            zookeeper_member_step(letter);
        } else {
            zookeeper_member_end_session(
                m, zookeeper_member_first_to_expire(m)->id);
        }
    }
    m->now = now;
    m->advancing = false;
}

/* -- what can go wrong ----------------------------------------------------- */

void zookeeper_memory_cut(struct zookeeper *base, enum zookeeper_cut how)
{
    struct zookeeper_member *z = (struct zookeeper_member *)base;
    int64_t notices = how == ZOOKEEPER_CUT_NOTICED
                          ? 0
                          : zookeeper_member_patience(z->session_ns);

    if (z->cut)
        return;
    z->cut = true;
    zookeeper_member_unlink(z);
    zookeeper_member_post_step(z, ZOOKEEPER_BREAK, z->memory->now + notices);
}

/* A client that has not noticed finds its connection broken. */
static void reconnect(struct zookeeper_member *z)
{
    if (z->state == ZOOKEEPER_IS_CONNECTED)
        zookeeper_member_post_step(z, ZOOKEEPER_BREAK, z->memory->now);
    zookeeper_member_post_step(z, ZOOKEEPER_CONNECT,
                               z->memory->now + zookeeper_member_way(z));
}

void zookeeper_memory_heal(struct zookeeper *base)
{
    struct zookeeper_member *z = (struct zookeeper_member *)base;

    if (!z->cut)
        return;
    z->cut = false;
    reconnect(z);
}

void zookeeper_memory_lose_answers(struct zookeeper *base, uint32_t n)
{
    ((struct zookeeper_member *)base)->lose = n;
}

void zookeeper_memory_expire(struct zookeeper *base)
{
    struct zookeeper_member *z = (struct zookeeper_member *)base;

    zookeeper_member_end_session(z->memory, z->session);
    if (z->linked)
        zookeeper_member_break(z);
}

void zookeeper_memory_kill(struct zookeeper *base)
{
    struct zookeeper_member *z = (struct zookeeper_member *)base;

    zookeeper_member_unlink(z);
    zookeeper_member_free(z);
}

void zookeeper_memory_stop(struct zookeeper_memory *m)
{
    if (m->stopped)
        return;
    m->stopped = true;
    for (struct zookeeper_member *z = m->members; z != NULL; z = z->next)
        if (z->linked) {
            zookeeper_member_unlink(z);
            zookeeper_member_post_step(z, ZOOKEEPER_BREAK, m->now);
        }
}

void zookeeper_memory_start(struct zookeeper_memory *m)
{
    if (!m->stopped)
        return;
    m->stopped = false;
    for (struct zookeeper_kept_session *s = m->sessions; s != NULL; s = s->next)
        s->expires = m->now + s->ns;
    for (struct zookeeper_member *z = m->members; z != NULL; z = z->next)
        if (!z->cut)
            reconnect(z);
}
