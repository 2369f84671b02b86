/* electorate.c - candidates and a small ZooKeeper; see electorate.h. */
#include "tests/support/electorate.h"
#include <stdlib.h>
#include <string.h>

#define must electorate_must

static uint32_t below(struct electorate *e, uint32_t n)
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

static struct request_or_answer *post(struct electorate *e, uint32_t client,
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

static void request(struct electorate *e, uint32_t client, enum request request,
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

static void begin(struct electorate *e, uint32_t i,
                  const struct leader_action *a)
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

static void perform(struct electorate *e, uint32_t i,
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

void electorate_step(struct electorate *e, uint32_t i,
                     struct leader_event event)
{
    struct leader_actions actions;

    event.lease_until = e->clients[i].lease_until * MS;
    leader_step(&e->clients[i].leader, &event, e->now * MS, &actions);
    for (uint32_t k = 0; k < actions.n; k++)
        perform(e, i, &actions.list[k]);
}

/* -- ZooKeeper ------------------------------------------------------------- */

static struct candidate *find_node(struct electorate *e, const char *name)
{
    for (uint32_t i = 0; i < e->n_nodes; i++)
        if (strcmp(e->nodes[i].name, name) == 0)
            return &e->nodes[i];
    return NULL;
}

static void fire_watches(struct electorate *e, const char *name)
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

static void remove_node(struct electorate *e, struct candidate *node)
{
    char name[LEADER_NAME_MAX];

    memcpy(name, node->name, sizeof(name));
    *node = e->nodes[--e->n_nodes];
    fire_watches(e, name);
}

static void expire(struct electorate *e, struct client *c)
{
    c->expired = true;
    e->n_expired++;
    for (uint32_t i = e->n_nodes; i-- > 0;)
        if (e->nodes[i].session == c->session)
            remove_node(e, &e->nodes[i]);
}

static struct leader_event do_create(struct electorate *e, struct client *c,
                                     const struct leader_action *a)
{
    struct candidate *node = &e->nodes[e->n_nodes++];

    must(e, e->n_nodes < NODES_MAX);
    snprintf(node->name, sizeof(node->name), "%.47s-%010u", a->name,
             (unsigned)(uint32_t)e->next_sequence++);
    node->session = c->session;
    return (struct leader_event){.kind = LEADER_CREATED};
}

static struct leader_event do_watch(struct electorate *e, struct client *c,
                                    const struct leader_action *a)
{
    if (find_node(e, a->name) == NULL)
        return (struct leader_event){.kind = LEADER_BEFORE_GONE};
    memcpy(c->watched, a->name, sizeof(c->watched));
    c->watch_ask = a->ask;
    return (struct leader_event){.kind = LEADER_TICK};
}

static struct leader_event do_write(struct electorate *e,
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
static struct leader_event do_claim(struct electorate *e, uint32_t i,
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

static struct leader_event perform_request(struct electorate *e,
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

static void fill_answer(struct electorate *e, struct request_or_answer *answer)
{
    memcpy(answer->candidate, e->writer, sizeof(e->writer));
    answer->n_names = e->n_nodes;
    for (uint32_t i = 0; i < e->n_nodes; i++)
        memcpy(answer->names[i], e->nodes[i].name, LEADER_NAME_MAX);
}

static void serve(struct electorate *e, struct request_or_answer m)
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

static void hear(struct electorate *e, struct request_or_answer *m)
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
    electorate_step(e, m->client, m->event);
}

static bool is_due(const struct electorate *e,
                   const struct request_or_answer *m)
{
    return m->at <= e->now &&
           !(m->answered && e->clients[m->client].paused > e->now);
}

static bool take_due(struct electorate *e, struct request_or_answer *m)
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

static void deliver(struct electorate *e)
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
static void forget_answers(struct electorate *e, uint32_t i)
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
            electorate_step(e, i,
                            (struct leader_event){.kind = LEADER_UNKNOWN,
                                                  .ask = unknown[k]});
}

static void disconnect(struct electorate *e, uint32_t i)
{
    struct client *c = &e->clients[i];

    c->connected = false;
    c->connection++;
    c->reconnects = e->now + 1 + below(e, e->faulty ? 2 * SESSION : 50);
    electorate_step(e, i, (struct leader_event){.kind = LEADER_AWAY});
    forget_answers(e, i);
}

static void new_session(struct electorate *e, uint32_t i)
{
    struct client *c = &e->clients[i];
    char guid[LEADER_GUID_MAX];

    if (c->session != 0)
        electorate_step(e, i,
                        (struct leader_event){.kind = LEADER_SESSION_LOST});
    c->session = ++e->next_session;
    c->expired = false;
    c->watched[0] = '\0';
    snprintf(guid, sizeof(guid), "guid%u-%" PRIu64, i, c->session);
    prolong(c, e->now);
    electorate_step(
        e, i, (struct leader_event){.kind = LEADER_SESSION, .guid = guid});
}

/* A connection of another server: what the old one had not got is not done. */
static void reconnect(struct electorate *e, uint32_t i)
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
    electorate_step(e, i, (struct leader_event){.kind = LEADER_BACK});
    if (c->watched[0] != '\0' && find_node(e, c->watched) == NULL)
        fire_watches(e, c->watched);
}

static void write_as_leader(struct electorate *e, uint32_t i)
{
    struct client *c = &e->clients[i];
    const struct leader_action claim = {.number = c->number,
                                        .version = c->version};

    if (c->number == 0 || !leader_leads(&c->leader, e->now * MS))
        return;
    request(e, i, CLAIM, &claim);
}

static void live(struct electorate *e, uint32_t i)
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
        electorate_step(e, i, (struct leader_event){.kind = LEADER_TICK});
    if (e->now >= c->next_write) {
        c->next_write = e->now + 20;
        write_as_leader(e, i);
    }
}

/* Where it hurts: it has looked whether it leads, and has not written yet. */
static void be_paused(struct electorate *e, struct client *c)
{
    if (c->paused <= e->now && leader_leads(&c->leader, e->now * MS))
        c->held =
            (struct leader_action){.number = c->number, .version = c->version};
    c->paused = e->now + below(e, 2 * SESSION);
}

static void do_something_bad(struct electorate *e)
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
            electorate_step(e, i,
                            (struct leader_event){.kind = LEADER_FILES,
                                                  .n_lacking = below(e, 3)});
        break;
    case 3:
        if (c->paused <= e->now && below(e, 4) == 0)
            electorate_step(e, i,
                            (struct leader_event){.kind = LEADER_STEP_DOWN});
        break;
    case 4:
        for (uint32_t k = 0; k < CLIENTS && below(e, 6) == 0; k++)
            if (e->clients[k].connected && e->clients[k].paused <= e->now)
                disconnect(e, k); /* ZooKeeper was away */
        break;
    }
}

uint32_t electorate_leaders(const struct electorate *e, uint32_t *who)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < CLIENTS; i++)
        if (leader_leads(&e->clients[i].leader, e->now * MS)) {
            *who = i;
            n++;
        }
    return n;
}

void electorate_pass_time(struct electorate *e, int64_t until)
{
    uint32_t who;

    for (; e->now < until; e->now += STEP) {
        deliver(e);
        for (uint32_t i = 0; i < CLIENTS; i++)
            live(e, i);
        if (e->faulty && below(e, 40) == 0)
            do_something_bad(e);
        must(e, electorate_leaders(e, &who) <= 1);
    }
}

void electorate_heal(struct electorate *e)
{
    e->faulty = false;
    for (uint32_t i = 0; i < CLIENTS; i++) {
        e->clients[i].paused = 0;
        if (e->clients[i].reconnects > e->now + 50)
            e->clients[i].reconnects = e->now + 50;
    }
}

struct electorate *electorate_new(uint64_t seed)
{
    struct electorate *e = calloc(1, sizeof(*e));

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

void electorate_free(struct electorate *e)
{
    free(e->messages);
    free(e);
}
