/*
 * test_leader_property.c - several candidates and a small ZooKeeper.
 *
 * ZooKeeper is a list of candidates, /epoch and sessions. Requests travel to it
 * and answers back in random time, in order; connections break, and then it is
 * chance whether what was under way is done; sessions expire; a candidate's
 * process is paused, and sees afterwards what has come meanwhile. Files of
 * topologies are missing here and there, and somebody asks leaders to step down.
 *
 * Who leads writes all the time, with the check that its leadership asks for.
 * At each step at most one leads, each number belongs to one, numbers grow, and
 * a write that ZooKeeper has taken was one of the number in /epoch. When faults
 * are over, one leads, goes on leading, and its writes are taken.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "nimbus/leader.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLIENTS = 4,
    SESSION = 6000, /* ms, as all times here */
    TIME_FAULTY = 60000,
    TIME_HEALED = 12 * SESSION,
    STEP = 10,
    NODES_MAX = 64,
    MESSAGES_MAX = 4096,
    EPOCHS_MAX = 4096,
    LATE = 60,
    MS = 1000000,
};

enum request { PING, CONNECT, LIST, CREATE, REMOVE, WATCH, READ, WRITE, CLAIM };

/* On its way to ZooKeeper, or, if `answered`, back from it. */
struct request_or_answer {
    int64_t at; /* when it arrives */
    uint64_t order;
    uint32_t client;
    uint32_t connection;
    bool answered;
    bool lost; /* nothing is done any more: it only gets its UNKNOWN */
    enum request request;
    struct leader_action action;
    int64_t sent;
    struct leader_event event; /* the answer */
    char candidate[LEADER_NAME_MAX];
    uint32_t n_names;
    char names[NODES_MAX][LEADER_NAME_MAX];
};

struct candidate {
    char name[LEADER_NAME_MAX];
    uint64_t session;
};

struct client {
    struct leader leader;
    uint64_t session; /* 0: none */
    bool expired; /* … at ZooKeeper; it hears of it when it is connected */
    int64_t heard;
    int64_t lease_until;
    bool connected;
    uint32_t connection;
    int64_t reconnects; /* when */
    int64_t paused;     /* until; then it writes as what it was before */
    struct leader_action held;
    int64_t next_ping, next_write;
    int64_t arrives[2]; /* the last to, and from: they do not overtake */
    uint64_t number;    /* it was told to lead with */
    int32_t version;
    uint64_t taken; /* writes */
    char watched[LEADER_NAME_MAX];
    uint64_t watch_ask;
};

struct election {
    uint64_t seed;
    struct random random;
    int64_t now;
    bool faulty;
    struct client clients[CLIENTS];
    struct candidate nodes[NODES_MAX];
    uint32_t n_nodes;
    uint64_t next_session, next_sequence, next_order;
    int32_t version; /* of /epoch */
    uint64_t number;
    char writer[LEADER_NAME_MAX];
    struct request_or_answer *messages;
    uint32_t n_messages;
    uint32_t owner[EPOCHS_MAX]; /* client + 1 */
    uint64_t last_begun;
    uint32_t n_begun, n_fenced, n_expired;
};

#define must(e, condition)                                                     \
    do {                                                                       \
        if (!(condition))                                                      \
            fail_msg("seed %" PRIu64 ", time %" PRId64 ": %s", (e)->seed,      \
                     (e)->now, #condition);                                    \
    } while (0)

static uint32_t below(struct election *e, uint32_t n)
{
    return (uint32_t)random_below(&e->random, n);
}

/* A request that was sent then was answered. */
static void prolong(struct client *c, int64_t sent)
{
    if (sent + SESSION / 3 * 2 > c->lease_until)
        c->lease_until = sent + SESSION / 3 * 2;
}

/* -- messages -------------------------------------------------------------- */

static struct request_or_answer *post(struct election *e, uint32_t client,
                                      bool answered)
{
    struct request_or_answer *m;
    int64_t *last = &e->clients[client].arrives[answered];

    must(e, e->n_messages < MESSAGES_MAX);
    m = &e->messages[e->n_messages++];
    memset(m, 0, offsetof(struct request_or_answer, names));
    m->client = client;
    m->connection = e->clients[client].connection;
    m->answered = answered;
    m->order = e->next_order++;
    m->at = e->now + 1 + below(e, e->faulty ? LATE : 5);
    if (m->at < *last)
        m->at = *last;
    *last = m->at;
    return m;
}

static void request(struct election *e, uint32_t client, enum request request,
                    const struct leader_action *action)
{
    struct request_or_answer *m = post(e, client, false);

    m->request = request;
    m->sent = e->now;
    if (action != NULL)
        m->action = *action;
    m->lost = !e->clients[client].connected;
}

/* -- what a candidate does ------------------------------------------------- */

static void begin(struct election *e, uint32_t i, const struct leader_action *a)
{
    must(e, a->number > e->last_begun);
    must(e, a->number < EPOCHS_MAX);
    must(e, e->owner[a->number] == 0 || e->owner[a->number] == i + 1);
    e->last_begun = a->number;
    e->owner[a->number] = i + 1;
    e->clients[i].number = a->number;
    e->clients[i].version = a->version;
    e->clients[i].taken = 0;
    e->n_begun++;
}

static void perform(struct election *e, uint32_t i,
                    const struct leader_action *a)
{
    static const enum request requests[] = {
        [LEADER_LIST] = LIST,     [LEADER_CREATE] = CREATE,
        [LEADER_REMOVE] = REMOVE, [LEADER_WATCH] = WATCH,
        [LEADER_READ] = READ,     [LEADER_WRITE] = WRITE,
    };

    if (a->kind == LEADER_BEGIN)
        begin(e, i, a);
    else if (a->kind == LEADER_STOP)
        e->clients[i].number = 0;
    else
        request(e, i, requests[a->kind], a);
}

static void step(struct election *e, uint32_t i, struct leader_event event)
{
    struct leader_actions actions;

    event.lease_until = e->clients[i].lease_until * MS;
    leader_step(&e->clients[i].leader, &event, e->now * MS, &actions);
    for (uint32_t k = 0; k < actions.n; k++)
        perform(e, i, &actions.list[k]);
}

/* -- ZooKeeper ------------------------------------------------------------- */

static struct candidate *find_node(struct election *e, const char *name)
{
    for (uint32_t i = 0; i < e->n_nodes; i++)
        if (strcmp(e->nodes[i].name, name) == 0)
            return &e->nodes[i];
    return NULL;
}

static void fire_watches(struct election *e, const char *name)
{
    for (uint32_t i = 0; i < CLIENTS; i++) {
        struct client *c = &e->clients[i];
        struct request_or_answer *m;

        if (strcmp(c->watched, name) != 0)
            continue;
        c->watched[0] = '\0';
        m = post(e, i, true);
        m->event = (struct leader_event){.kind = LEADER_BEFORE_GONE,
                                         .ask = c->watch_ask};
    }
}

static void remove_node(struct election *e, struct candidate *node)
{
    char name[LEADER_NAME_MAX];

    memcpy(name, node->name, sizeof(name));
    *node = e->nodes[--e->n_nodes];
    fire_watches(e, name);
}

static void expire(struct election *e, struct client *c)
{
    c->expired = true;
    e->n_expired++;
    for (uint32_t i = e->n_nodes; i-- > 0;)
        if (e->nodes[i].session == c->session)
            remove_node(e, &e->nodes[i]);
}

static struct leader_event do_create(struct election *e, struct client *c,
                                     const struct leader_action *a)
{
    struct candidate *node = &e->nodes[e->n_nodes++];

    must(e, e->n_nodes < NODES_MAX);
    snprintf(node->name, sizeof(node->name), "%.47s-%010u", a->name,
             (unsigned)(uint32_t)e->next_sequence++);
    node->session = c->session;
    return (struct leader_event){.kind = LEADER_CREATED};
}

static struct leader_event do_watch(struct election *e, struct client *c,
                                    const struct leader_action *a)
{
    if (find_node(e, a->name) == NULL)
        return (struct leader_event){.kind = LEADER_BEFORE_GONE};
    memcpy(c->watched, a->name, sizeof(c->watched));
    c->watch_ask = a->ask;
    return (struct leader_event){.kind = LEADER_TICK};
}

static struct leader_event do_write(struct election *e,
                                    const struct leader_action *a)
{
    if (a->version != e->version || find_node(e, a->name) == NULL)
        return (struct leader_event){.kind = LEADER_REFUSED};
    must(e, a->number > e->number);
    e->version++;
    e->number = a->number;
    memcpy(e->writer, a->name, sizeof(e->writer));
    return (struct leader_event){.kind = LEADER_WRITTEN, .version = e->version};
}

/* A leader's write, whatever has become of its session meanwhile. */
static struct leader_event do_claim(struct election *e, uint32_t i,
                                    const struct leader_action *a)
{
    if (a->version != e->version) {
        e->n_fenced++;
        return (struct leader_event){.kind = LEADER_FENCED,
                                     .number = a->number};
    }
    must(e, a->number == e->number);
    must(e, e->owner[a->number] == i + 1);
    e->clients[i].taken++;
    return (struct leader_event){.kind = LEADER_TICK};
}

static struct leader_event perform_request(struct election *e,
                                           struct request_or_answer *m)
{
    struct client *c = &e->clients[m->client];
    struct candidate *node = find_node(e, m->action.name);

    switch (m->request) {
    case CREATE:
        return do_create(e, c, &m->action);
    case REMOVE:
        if (node != NULL)
            remove_node(e, node);
        break;
    case WATCH:
        return do_watch(e, c, &m->action);
    case WRITE:
        return do_write(e, &m->action);
    case CLAIM:
        return do_claim(e, m->client, &m->action);
    case LIST:
        return (struct leader_event){.kind = LEADER_CHILDREN};
    case READ:
        return (struct leader_event){
            .kind = LEADER_EPOCH, .number = e->number, .version = e->version};
    case PING:
    case CONNECT:
        break;
    }
    return (struct leader_event){.kind = LEADER_TICK};
}

static void fill_answer(struct election *e, struct request_or_answer *answer)
{
    memcpy(answer->candidate, e->writer, sizeof(e->writer));
    answer->n_names = e->n_nodes;
    for (uint32_t i = 0; i < e->n_nodes; i++)
        memcpy(answer->names[i], e->nodes[i].name, LEADER_NAME_MAX);
}

static void serve(struct election *e, struct request_or_answer m)
{
    struct client *c = &e->clients[m.client];
    struct request_or_answer *answer;
    struct leader_event event;
    bool alive = c->session != 0 && !c->expired;

    if (m.lost || (!alive && m.request != CLAIM))
        return;
    c->heard = e->now;
    event = perform_request(e, &m);
    answer = post(e, m.client, true);
    answer->connection = m.connection;
    answer->event = event;
    if (event.kind != LEADER_FENCED)
        answer->event.ask = m.action.ask;
    answer->sent = m.sent;
    fill_answer(e, answer);
}

/* -- arriving -------------------------------------------------------------- */

static void hear(struct election *e, struct request_or_answer *m)
{
    const char *names[NODES_MAX];

    if (m->connection != e->clients[m->client].connection)
        return;
    prolong(&e->clients[m->client], m->sent);
    for (uint32_t i = 0; i < m->n_names; i++)
        names[i] = m->names[i];
    m->event.names = names;
    m->event.n_names = m->n_names;
    m->event.candidate = m->candidate;
    step(e, m->client, m->event);
}

static bool is_due(const struct election *e, const struct request_or_answer *m)
{
    return m->at <= e->now &&
           !(m->answered && e->clients[m->client].paused > e->now);
}

static bool take_due(struct election *e, struct request_or_answer *m)
{
    uint32_t first = UINT32_MAX;

    for (uint32_t i = 0; i < e->n_messages; i++)
        if (is_due(e, &e->messages[i]) &&
            (first == UINT32_MAX ||
             e->messages[i].order < e->messages[first].order))
            first = i;
    if (first == UINT32_MAX)
        return false;
    *m = e->messages[first];
    e->messages[first] = e->messages[--e->n_messages];
    return true;
}

static void deliver(struct election *e)
{
    struct request_or_answer m;

    while (take_due(e, &m))
        if (m.answered)
            hear(e, &m);
        else
            serve(e, m);
}

/* -- connections, sessions, processes -------------------------------------- */

/* What was asked and not answered: its outcome is not known. */
static void forget_answers(struct election *e, uint32_t i)
{
    uint64_t unknown[MESSAGES_MAX];
    uint32_t n = 0;

    for (uint32_t k = 0; k < e->n_messages; k++) {
        struct request_or_answer *m = &e->messages[k];

        if (m->client != i || m->connection + 1 != e->clients[i].connection)
            continue;
        unknown[n++] = m->answered ? m->event.ask : m->action.ask;
        m->lost = !m->answered && (m->lost || below(e, 2) == 0);
    }
    for (uint32_t k = 0; k < n; k++)
        if (unknown[k] != 0)
            step(e, i,
                 (struct leader_event){.kind = LEADER_UNKNOWN,
                                       .ask = unknown[k]});
}

static void disconnect(struct election *e, uint32_t i)
{
    struct client *c = &e->clients[i];

    c->connected = false;
    c->connection++;
    c->reconnects = e->now + 1 + below(e, e->faulty ? 2 * SESSION : 50);
    step(e, i, (struct leader_event){.kind = LEADER_AWAY});
    forget_answers(e, i);
}

static void new_session(struct election *e, uint32_t i)
{
    struct client *c = &e->clients[i];
    char guid[LEADER_GUID_MAX];

    if (c->session != 0)
        step(e, i, (struct leader_event){.kind = LEADER_SESSION_LOST});
    c->session = ++e->next_session;
    c->expired = false;
    c->watched[0] = '\0';
    snprintf(guid, sizeof(guid), "guid%u-%" PRIu64, i, c->session);
    prolong(c, e->now);
    step(e, i, (struct leader_event){.kind = LEADER_SESSION, .guid = guid});
}

/* A connection of another server: what the old one had not got is not done. */
static void reconnect(struct election *e, uint32_t i)
{
    struct client *c = &e->clients[i];

    for (uint32_t k = 0; k < e->n_messages; k++)
        if (e->messages[k].client == i && !e->messages[k].answered)
            e->messages[k].lost = true;
    c->connected = true;
    if (c->session == 0 || c->expired) {
        c->heard = e->now;
        new_session(e, i);
        return;
    }
    c->heard = e->now;
    step(e, i, (struct leader_event){.kind = LEADER_BACK});
    if (c->watched[0] != '\0' && find_node(e, c->watched) == NULL)
        fire_watches(e, c->watched);
}

static void write_as_leader(struct election *e, uint32_t i)
{
    struct client *c = &e->clients[i];
    const struct leader_action claim = {.number = c->number,
                                        .version = c->version};

    if (c->number == 0 || !leader_leads(&c->leader, e->now * MS))
        return;
    request(e, i, CLAIM, &claim);
}

static void live(struct election *e, uint32_t i)
{
    struct client *c = &e->clients[i];

    if (c->session != 0 && !c->expired && e->now - c->heard >= SESSION)
        expire(e, c);
    if (c->paused > e->now)
        return;
    if (c->held.number != 0 && c->connected)
        request(e, i, CLAIM, &c->held);
    c->held.number = 0;
    if (!c->connected && e->now >= c->reconnects)
        reconnect(e, i);
    else if (c->connected && c->expired)
        disconnect(e, i);
    if (c->connected && e->now >= c->next_ping) {
        c->next_ping = e->now + SESSION / 6;
        request(e, i, PING, NULL);
    }
    if (e->now * MS >= leader_due(&c->leader))
        step(e, i, (struct leader_event){.kind = LEADER_TICK});
    if (e->now >= c->next_write) {
        c->next_write = e->now + 20;
        write_as_leader(e, i);
    }
}

/* Where it hurts: it has looked whether it leads, and has not written yet. */
static void be_paused(struct election *e, struct client *c)
{
    if (c->paused <= e->now && leader_leads(&c->leader, e->now * MS))
        c->held =
            (struct leader_action){.number = c->number, .version = c->version};
    c->paused = e->now + below(e, 2 * SESSION);
}

static void do_something_bad(struct election *e)
{
    uint32_t i = below(e, CLIENTS);
    struct client *c = &e->clients[i];

    switch (below(e, 5)) {
    case 0:
        if (c->connected && c->paused <= e->now)
            disconnect(e, i);
        break;
    case 1:
        be_paused(e, c);
        break;
    case 2:
        if (c->paused <= e->now)
            step(e, i,
                 (struct leader_event){.kind = LEADER_FILES,
                                       .n_lacking = below(e, 3)});
        break;
    case 3:
        if (c->paused <= e->now && below(e, 4) == 0)
            step(e, i, (struct leader_event){.kind = LEADER_STEP_DOWN});
        break;
    case 4:
        for (uint32_t k = 0; k < CLIENTS && below(e, 6) == 0; k++)
            if (e->clients[k].connected && e->clients[k].paused <= e->now)
                disconnect(e, k); /* ZooKeeper was away */
        break;
    }
}

/* -- the property ---------------------------------------------------------- */

static uint32_t count_leaders(const struct election *e, uint32_t *who)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < CLIENTS; i++)
        if (leader_leads(&e->clients[i].leader, e->now * MS)) {
            *who = i;
            n++;
        }
    return n;
}

static void pass_time(struct election *e, int64_t until)
{
    uint32_t who;

    for (; e->now < until; e->now += STEP) {
        deliver(e);
        for (uint32_t i = 0; i < CLIENTS; i++)
            live(e, i);
        if (e->faulty && below(e, 40) == 0)
            do_something_bad(e);
        must(e, count_leaders(e, &who) <= 1);
    }
}

static void heal(struct election *e)
{
    e->faulty = false;
    for (uint32_t i = 0; i < CLIENTS; i++) {
        e->clients[i].paused = 0;
        if (e->clients[i].reconnects > e->now + 50)
            e->clients[i].reconnects = e->now + 50;
    }
}

static void end_well(struct election *e)
{
    uint32_t who = 0, later = 0, begun;
    uint64_t taken;

    heal(e);
    pass_time(e, e->now + TIME_HEALED);
    must(e, count_leaders(e, &who) == 1);
    begun = e->n_begun;
    taken = e->clients[who].taken;
    pass_time(e, e->now + SESSION);
    must(e, count_leaders(e, &later) == 1 && later == who);
    must(e, e->n_begun == begun);
    must(e, e->clients[who].taken > taken);
    must(e, e->n_nodes == CLIENTS); /* nobody's old candidate is left */
}

static struct election *election_new(uint64_t seed)
{
    struct election *e = calloc(1, sizeof(*e));

    assert_non_null(e);
    e->messages = calloc(MESSAGES_MAX, sizeof(*e->messages));
    assert_non_null(e->messages);
    e->seed = seed;
    e->version = LEADER_NO_EPOCH;
    random_seed(&e->random, seed);
    for (uint32_t i = 0; i < CLIENTS; i++)
        leader_init(&e->clients[i].leader);
    return e;
}

static void election_free(struct election *e)
{
    free(e->messages);
    free(e);
}

static void at_most_one_leads_and_in_the_end_one_does(void **state)
{
    uint32_t begun = 0, fenced = 0, expired = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct election *e = election_new(seed);

        e->faulty = true;
        pass_time(e, TIME_FAULTY);
        end_well(e);
        begun += e->n_begun;
        fenced += e->n_fenced;
        expired += e->n_expired;
        election_free(e);
    }
    print_message("leaderships %u, refused writes %u, sessions expired %u\n",
                  begun, fenced, expired);
    assert_true(begun > 500 && fenced > 20 && expired > 1000);
}

/* -- who lacks files ------------------------------------------------------- */

static void set_lacking(struct election *e, const uint32_t lacking[CLIENTS])
{
    for (uint32_t i = 0; i < CLIENTS; i++)
        step(e, i,
             (struct leader_event){.kind = LEADER_FILES,
                                   .n_lacking = lacking[i]});
}

/* All are candidates, then the one that leads is paused for ever. */
static uint32_t who_follows(const uint32_t lacking[CLIENTS])
{
    struct election *e = election_new(1);
    uint32_t first = 0, second = 0;

    pass_time(e, 2 * SESSION);
    assert_int_equal(count_leaders(e, &first), 1);
    assert_int_equal(first, 0);
    set_lacking(e, lacking);
    e->clients[first].paused = INT64_MAX;
    pass_time(e, e->now + 4 * SESSION);
    assert_int_equal(count_leaders(e, &second), 1);
    election_free(e);
    return second;
}

static void who_has_the_files_of_all_topologies_leads(void **state)
{
    static const struct {
        uint32_t lacking[CLIENTS];
        uint32_t leads;
    } cases[] = {
        {{0, 0, 0, 0}, 1},
        {{0, 1, 0, 0}, 2},
        {{0, 1, 2, 0}, 3},
        {{0, 1, 1, 1}, 1}, /* nobody has them: the first that gave way */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(who_follows(cases[i].lacking), cases[i].leads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_one_leads_and_in_the_end_one_does),
        cmocka_unit_test(who_has_the_files_of_all_topologies_leads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
