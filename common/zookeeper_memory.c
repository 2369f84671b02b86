/*
 * zookeeper_memory.c - a ZooKeeper ensemble in memory; see zookeeper_memory.h.
 *
 * A request is a letter (zookeeper_letter.h): it travels to the ensemble, is
 * carried out there, and travels back as the answer. Letters lie in one list in
 * the order of time, and with them the other things that reach a client: that
 * its connection is gone or is back, and that a node changed which it watches.
 */
#include "common/zookeeper_memory.h"
#include "common/check.h"
#include "common/zookeeper_letter.h"
#include "common/zookeeper_watches.h"
#include "topology-api/memory.h"
#include <string.h>

/* At the ensemble, where it stays when its client is killed. */
struct session {
    struct session *next;
    int64_t id;
    int64_t ns;
    int64_t expires; /* INT64_MAX while its client is heard */
};

/* A client. */
struct zookeeper_member {
    struct zookeeper base; /* first: who uses it holds a pointer to it */
    struct zookeeper_memory *memory;
    struct zookeeper_member *next;
    zookeeper_state_fn *fn;
    void *arg;
    int64_t session_ns;
    int64_t session; /* as the client knows it; 0: none */
    enum zookeeper_state state;
    bool cut;
    bool linked;                   /* the ensemble and it hear each other */
    int64_t heard;                 /* when that ended */
    uint64_t connection;           /* counted up when the client notices */
    uint32_t lose;                 /* so many answers */
    struct zookeeper_letter *held; /* events, until it is connected */
    struct zookeeper_watches watches;
};

struct zookeeper_memory {
    int64_t now, latency;
    struct zookeeper_tree tree;
    struct zookeeper_letter *letters; /* by time */
    struct session *sessions;
    struct zookeeper_member *members; /* in the order in which they came */
    int64_t last_session;
    bool stopped;
    bool advancing;
    void (*wake)(void *arg);
    void *wake_arg;
};

/* Lease, deadline, and when silence is noticed. */
static int64_t two_thirds(int64_t ns)
{
    return ns / 3 * 2;
}

/* -- letters --------------------------------------------------------------- */

static void wake(struct zookeeper_memory *m)
{
    if (!m->advancing && m->wake != NULL)
        m->wake(m->wake_arg);
}

/* What goes the same way as another does not overtake it. */
static bool goes_behind(const struct zookeeper_letter *letter,
                        const struct zookeeper_letter *other)
{
    static const char ways[] = {[ZOOKEEPER_TO_ENSEMBLE] = 1,
                                [ZOOKEEPER_TO_CLIENT] = 2,
                                [ZOOKEEPER_EVENT] = 2,
                                [ZOOKEEPER_CONNECT] = 0};

    return letter->member == other->member && ways[letter->step] != 0 &&
           ways[letter->step] == ways[other->step];
}

/* Behind those of the same time. */
static void post(struct zookeeper_memory *m, struct zookeeper_letter *letter,
                 int64_t at)
{
    struct zookeeper_letter **link = &m->letters;

    for (const struct zookeeper_letter *l = m->letters; l != NULL; l = l->next)
        if (l->at > at && goes_behind(letter, l))
            at = l->at;
    letter->at = at;
    while (*link != NULL && (*link)->at <= at)
        link = &(*link)->next;
    letter->next = *link;
    *link = letter;
    if (link == &m->letters)
        wake(m);
}

static void post_step(struct zookeeper_member *z, enum zookeeper_step step,
                      int64_t at)
{
    struct zookeeper_letter *letter = xcalloc(1, sizeof(*letter));

    letter->step = step;
    letter->member = z;
    letter->connection = z->connection;
    post(z->memory, letter, at);
}

/* The client is told, and the letter is done with. */
static void deliver(struct zookeeper_letter *letter)
{
    if (letter->answer.data == NULL)
        letter->answer.data = "";
    if (letter->then.fn != NULL)
        letter->then.fn(letter->then.arg, &letter->answer);
    zookeeper_letter_free(letter);
}

/* The first letter of the client that passes, taken out of the list. */
static struct zookeeper_letter *take(
    struct zookeeper_member *z,
    bool (*passes)(const struct zookeeper_letter *letter))
{
    struct zookeeper_letter **link = &z->memory->letters, *letter;

    while (*link != NULL && ((*link)->member != z || !passes(*link)))
        link = &(*link)->next;
    letter = *link;
    if (letter != NULL)
        *link = letter->next;
    return letter;
}

/* -- sessions, as the ensemble has them ------------------------------------ */

static struct session **session_of(struct zookeeper_memory *m, int64_t id)
{
    struct session **link = &m->sessions;

    while (*link != NULL && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

static void session_new(struct zookeeper_member *z)
{
    struct session *session = xcalloc(1, sizeof(*session));

    session->id = ++z->memory->last_session;
    session->ns = z->session_ns;
    session->expires = INT64_MAX;
    session->next = z->memory->sessions;
    z->memory->sessions = session;
    z->session = session->id;
}

static void session_end(struct zookeeper_memory *m, int64_t id)
{
    struct session **link = session_of(m, id), *session = *link;

    if (session == NULL)
        return;
    *link = session->next;
    free(session);
    zookeeper_tree_end_session(&m->tree, id);
}

/* From now on nobody speaks for it. */
static void session_silent(struct zookeeper_memory *m, int64_t id)
{
    struct session *session = *session_of(m, id);

    if (session != NULL)
        session->expires = m->now + session->ns;
    wake(m);
}

static const struct session *first_to_expire(const struct zookeeper_memory *m)
{
    const struct session *first = NULL;

    for (const struct session *s = m->sessions; s != NULL; s = s->next)
        if (first == NULL || s->expires < first->expires)
            first = s;
    return m->stopped ? NULL : first;
}

/* -- connections ----------------------------------------------------------- */

static void tell(struct zookeeper_member *z, enum zookeeper_state state)
{
    z->state = state == ZOOKEEPER_IS_LOST ? ZOOKEEPER_IS_AWAY : state;
    if (z->fn != NULL)
        z->fn(z->arg, state);
}

/* The client and the ensemble hear each other no longer. */
static void unlink_member(struct zookeeper_member *z)
{
    if (!z->linked)
        return;
    z->linked = false;
    z->heard = z->memory->now;
    session_silent(z->memory, z->session);
}

static void notice_break(struct zookeeper_member *z)
{
    struct zookeeper_letter *letter;

    z->connection++;
    while ((letter = take(z, zookeeper_letter_asks)) != NULL) {
        if (letter->step != ZOOKEEPER_REFUSED)
            zookeeper_letter_lost(letter);
        deliver(letter);
    }
    if (z->state == ZOOKEEPER_IS_CONNECTED)
        tell(z, ZOOKEEPER_IS_AWAY);
}

static void drop_held(struct zookeeper_member *z)
{
    while (z->held != NULL) {
        struct zookeeper_letter *letter = z->held;

        z->held = letter->next;
        zookeeper_letter_free(letter);
    }
}

static void lose_session(struct zookeeper_member *z)
{
    z->session = 0;
    drop_held(z);
    tell(z, ZOOKEEPER_IS_LOST);
    zookeeper_watches_fire_all(&z->watches);
    post_step(z, ZOOKEEPER_CONNECT, z->memory->now + z->memory->latency);
}

static void connect_member(struct zookeeper_member *z)
{
    struct zookeeper_memory *m = z->memory;
    struct session *session = *session_of(m, z->session);
    struct zookeeper_letter *letter;

    if (z->linked || z->cut || m->stopped)
        return;
    if (z->session != 0 && session == NULL) {
        lose_session(z);
        return;
    }
    if (session == NULL)
        session_new(z);
    else
        session->expires = INT64_MAX;
    z->linked = true;
    while ((letter = z->held) != NULL) {
        z->held = letter->next;
        post(m, letter, m->now);
    }
    tell(z, ZOOKEEPER_IS_CONNECTED);
}

static void break_and_connect(struct zookeeper_member *z)
{
    int64_t at = z->memory->now + z->memory->latency;

    unlink_member(z);
    post_step(z, ZOOKEEPER_BREAK, at);
    post_step(z, ZOOKEEPER_CONNECT, at);
}

/* -- steps ----------------------------------------------------------------- */

static void lose_letter(struct zookeeper_letter *letter)
{
    zookeeper_letter_lost(letter);
    letter->step = ZOOKEEPER_LOST_LETTER;
    post(letter->member->memory, letter, letter->deadline);
}

/* It has come to the ensemble. */
static void arrive(struct zookeeper_letter *letter)
{
    struct zookeeper_member *z = letter->member;
    struct zookeeper_memory *m = z->memory;

    if (!z->linked || letter->connection != z->connection) {
        lose_letter(letter);
        return;
    }
    zookeeper_letter_carry_out(letter, &m->tree, z->session);
    if (z->lose > 0 && zookeeper_kind_writes(letter->kind)) {
        z->lose--;
        lose_letter(letter);
        break_and_connect(z);
        return;
    }
    letter->step = ZOOKEEPER_TO_CLIENT;
    post(m, letter, m->now + m->latency);
}

static void fire(struct zookeeper_letter *letter)
{
    struct zookeeper_member *z = letter->member;

    if (z->state != ZOOKEEPER_IS_CONNECTED || !z->linked) {
        letter->next = z->held;
        z->held = letter;
        return;
    }
    zookeeper_watches_fire(&z->watches, letter->spot);
    zookeeper_letter_free(letter);
}

static void step(struct zookeeper_letter *letter)
{
    struct zookeeper_member *z = letter->member;
    bool current = letter->connection == z->connection;

    switch (letter->step) {
    case ZOOKEEPER_TO_ENSEMBLE:
        arrive(letter);
        return;
    case ZOOKEEPER_TO_CLIENT:
        if (z->linked && current)
            deliver(letter);
        else
            lose_letter(letter);
        return;
    case ZOOKEEPER_LOST_LETTER:
    case ZOOKEEPER_REFUSED:
        deliver(letter);
        return;
    case ZOOKEEPER_EVENT:
        fire(letter);
        return;
    case ZOOKEEPER_BREAK:
        zookeeper_letter_free(letter);
        if (current)
            notice_break(z);
        return;
    case ZOOKEEPER_CONNECT:
        zookeeper_letter_free(letter);
        connect_member(z);
        return;
    }
}

int64_t zookeeper_memory_next(const struct zookeeper_memory *m)
{
    const struct session *first = first_to_expire(m);
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
            m->letters = letter->next;
            step(letter);
        } else {
            session_end(m, first_to_expire(m)->id);
        }
    }
    m->now = now;
    m->advancing = false;
}

/* -- watches --------------------------------------------------------------- */

static bool is_child_of(const char *path, const char *parent)
{
    size_t size = (size_t)(strrchr(path, '/') - path);

    if (size == 0)
        return parent[1] == '\0' && path[1] != '\0';
    return strncmp(path, parent, size) == 0 && parent[size] == '\0';
}

static bool concerns(const struct zookeeper_spot *spot, const char *path,
                     enum zookeeper_kind how)
{
    if (spot->of_children && how == ZOOKEEPER_SET)
        return false;
    return strcmp(spot->path, path) == 0 ||
           (spot->of_children && is_child_of(path, spot->path));
}

static void changed(void *arg, const char *path, enum zookeeper_kind how)
{
    struct zookeeper_memory *m = arg;

    for (struct zookeeper_member *z = m->members; z != NULL; z = z->next)
        for (struct zookeeper_spot *s = z->watches.spots; s; s = s->next) {
            struct zookeeper_letter *letter;

            if (s->told || !concerns(s, path, how))
                continue;
            s->told = true;
            letter = xcalloc(1, sizeof(*letter));
            letter->step = ZOOKEEPER_EVENT;
            letter->member = z;
            letter->spot = s->id;
            post(m, letter, m->now + m->latency);
        }
}

/* -- what clients call ----------------------------------------------------- */

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
    letter->deadline = m->now + two_thirds(z->session_ns);
    if (refused != ZOOKEEPER_OK) {
        letter->answer.result = refused;
        letter->step = ZOOKEEPER_REFUSED;
        post(m, letter, m->now);
        return;
    }
    if (r->watch != NULL)
        zookeeper_watches_add(&z->watches, r->path,
                              r->kind == ZOOKEEPER_CHILDREN, r->watch);
    post(m, letter, m->now + m->latency);
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
    return (z->linked ? z->memory->now : z->heard) + two_thirds(z->session_ns);
}

static const char *trouble(const struct zookeeper *base)
{
    return state(base) == ZOOKEEPER_IS_CONNECTED
               ? ""
               : "the ZooKeeper of this process does not answer";
}

static bool any(const struct zookeeper_letter *letter)
{
    return letter != NULL;
}

static void remove_member(struct zookeeper_member *z)
{
    struct zookeeper_member **link = &z->memory->members;
    struct zookeeper_letter *letter;

    check(!z->memory->advancing);
    while (*link != z)
        link = &(*link)->next;
    *link = z->next;
    while ((letter = take(z, any)) != NULL)
        zookeeper_letter_free(letter);
    drop_held(z);
    zookeeper_watches_clear(&z->watches);
    free(z);
}

static void free_member(struct zookeeper *base)
{
    struct zookeeper_member *z = (struct zookeeper_member *)base;

    if (z->linked)
        session_end(z->memory, z->session);
    remove_member(z);
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
    m->tree.changed = changed;
    m->tree.arg = m;
    return m;
}

void zookeeper_memory_free(struct zookeeper_memory *m)
{
    if (m == NULL)
        return;
    check(m->members == NULL && m->letters == NULL);
    while (m->sessions != NULL) {
        struct session *s = m->sessions;

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
    post_step(z, ZOOKEEPER_CONNECT, m->now + m->latency);
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

/* -- what can go wrong ----------------------------------------------------- */

void zookeeper_memory_cut(struct zookeeper *base, enum zookeeper_cut how)
{
    struct zookeeper_member *z = (struct zookeeper_member *)base;
    int64_t notices =
        how == ZOOKEEPER_CUT_NOTICED ? 0 : two_thirds(z->session_ns);

    if (z->cut)
        return;
    z->cut = true;
    unlink_member(z);
    post_step(z, ZOOKEEPER_BREAK, z->memory->now + notices);
}

/* A client that has not noticed finds its connection broken. */
static void reconnect(struct zookeeper_member *z)
{
    if (z->state == ZOOKEEPER_IS_CONNECTED)
        post_step(z, ZOOKEEPER_BREAK, z->memory->now);
    post_step(z, ZOOKEEPER_CONNECT, z->memory->now + z->memory->latency);
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

    session_end(z->memory, z->session);
    if (z->linked)
        break_and_connect(z);
}

void zookeeper_memory_kill(struct zookeeper *base)
{
    struct zookeeper_member *z = (struct zookeeper_member *)base;

    unlink_member(z);
    remove_member(z);
}

void zookeeper_memory_stop(struct zookeeper_memory *m)
{
    if (m->stopped)
        return;
    m->stopped = true;
    for (struct zookeeper_member *z = m->members; z != NULL; z = z->next)
        if (z->linked) {
            unlink_member(z);
            post_step(z, ZOOKEEPER_BREAK, m->now);
        }
}

void zookeeper_memory_start(struct zookeeper_memory *m)
{
    if (!m->stopped)
        return;
    m->stopped = false;
    for (struct session *s = m->sessions; s != NULL; s = s->next)
        s->expires = m->now + s->ns;
    for (struct zookeeper_member *z = m->members; z != NULL; z = z->next)
        if (!z->cut)
            reconnect(z);
}
