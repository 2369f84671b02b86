/* leader.c - one candidate's part of the election; see leader.h. */
#include "nimbus/leader.h"
#include "common/check.h"
#include <stdio.h>
#include <string.h>

#define RETRY_NS INT64_C(200000000)
#define LOOK_AGAIN_NS INT64_C(10000000000) /* though no watch has come */
#define SEQUENCE_DIGITS 10u

/* What one step has at hand. */
struct turn {
    struct leader *l;
    const struct leader_event *event;
    int64_t now;
    struct leader_actions *actions;
};

static struct leader_action *act(struct turn *t, enum leader_action_kind kind)
{
    struct leader_action *a;

    check(t->actions->n < LEADER_ACTIONS_MAX);
    a = &t->actions->list[t->actions->n++];
    *a = (struct leader_action){.kind = kind};
    return a;
}

/* A request whose answer is waited for: any other one's means nothing now. */
static struct leader_action *ask(struct turn *t, enum leader_action_kind kind,
                                 enum leader_phase phase)
{
    struct leader_action *a = act(t, kind);

    t->l->phase = phase;
    t->l->ask = a->ask = ++t->l->last_ask;
    return a;
}

static void name_copy(char to[LEADER_NAME_MAX], const char *name)
{
    snprintf(to, LEADER_NAME_MAX, "%s", name);
}

static void wait_to_retry(struct turn *t)
{
    t->l->phase = LEADER_WAITING;
    t->l->ask = 0;
    t->l->again = t->now + RETRY_NS;
}

static void look_again(struct turn *t)
{
    if (t->l->connected)
        ask(t, LEADER_LIST, LEADER_LISTING);
    else
        wait_to_retry(t);
}

/* -- leading --------------------------------------------------------------- */

static bool lease_is_over(const struct leader *l, int64_t now)
{
    return now >= l->lease_until;
}

/* Should it lead again, then under a new number. */
static void stop_leading(struct turn *t, const char *why)
{
    if (t->l->phase != LEADER_LEADING)
        return;
    act(t, LEADER_STOP)->why = why;
    t->l->number = 0;
    wait_to_retry(t);
}

/* /epoch is mine. If that was heard too late, it is asked again. */
static void won(struct turn *t, int32_t version)
{
    struct leader *l = t->l;
    struct leader_action *a;

    if (lease_is_over(l, t->now)) {
        look_again(t);
        return;
    }
    l->phase = LEADER_LEADING;
    l->ask = 0;
    l->version = version;
    l->highest = l->number;
    a = act(t, LEADER_BEGIN);
    a->number = l->number;
    a->version = version;
    a->n_lacking = l->n_lacking;
}

/* -- candidates ------------------------------------------------------------ */

/* To the end of the queue: the new candidate is made when the list shows that
 * the old one is gone. */
static void leave_queue(struct turn *t)
{
    struct leader *l = t->l;

    l->number = 0;
    if (l->mine[0] != '\0') {
        name_copy(l->leaving, l->mine);
        l->mine[0] = '\0';
        if (l->connected)
            name_copy(act(t, LEADER_REMOVE)->name, l->leaving);
    }
    look_again(t);
}

/* The number behind the last '-' of a candidate's name; -1: it is none. */
static int64_t sequence_of(const char *name)
{
    size_t n = strlen(name);
    int64_t sequence = 0;

    if (n <= SEQUENCE_DIGITS || n >= LEADER_NAME_MAX ||
        name[n - SEQUENCE_DIGITS - 1] != '-')
        return -1;
    for (const char *c = name + n - SEQUENCE_DIGITS; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            return -1;
        sequence = 10 * sequence + (*c - '0');
    }
    return sequence;
}

static bool is_mine(const struct leader *l, const char *name)
{
    size_t n = strlen(l->guid);

    return strncmp(name, l->guid, n) == 0 &&
           strlen(name) == n + 1 + SEQUENCE_DIGITS && sequence_of(name) >= 0;
}

/* My candidate: the lowest of them, should a create have been done twice. NULL:
 * there is none. */
static const char *find_mine(const struct leader *l,
                             const struct leader_event *e)
{
    const char *mine = NULL;

    for (uint32_t i = 0; i < e->n_names; i++)
        if (is_mine(l, e->names[i]) && strcmp(e->names[i], l->leaving) != 0 &&
            (mine == NULL || sequence_of(e->names[i]) < sequence_of(mine)))
            mine = e->names[i];
    return mine;
}

/* The highest of those below mine; NULL: I am the lowest. */
static const char *find_before(const char *mine, const struct leader_event *e)
{
    const char *before = NULL;

    for (uint32_t i = 0; i < e->n_names; i++) {
        int64_t sequence = sequence_of(e->names[i]);

        if (sequence >= 0 && sequence < sequence_of(mine) &&
            (before == NULL || sequence > sequence_of(before)))
            before = e->names[i];
    }
    return before;
}

/* All that are mine but `kept`; true if that which I give up was there. What is
 * not removed now is at the next look. */
static bool remove_others_of_mine(struct turn *t, const char *kept)
{
    const struct leader_event *e = t->event;
    bool leaving = false;

    for (uint32_t i = 0; i < e->n_names; i++) {
        if (!is_mine(t->l, e->names[i]) || e->names[i] == kept)
            continue;
        leaving |= strcmp(e->names[i], t->l->leaving) == 0;
        if (t->actions->n < LEADER_ACTIONS_MAX / 2)
            name_copy(act(t, LEADER_REMOVE)->name, e->names[i]);
    }
    return leaving;
}

static bool are_others(const struct leader *l, const struct leader_event *e)
{
    for (uint32_t i = 0; i < e->n_names; i++)
        if (sequence_of(e->names[i]) >= 0 && !is_mine(l, e->names[i]))
            return true;
    return false;
}

static void follow(struct turn *t, const char *before)
{
    struct leader *l = t->l;

    l->phase = LEADER_FOLLOWING;
    l->ask = 0;
    l->again = t->now + LOOK_AGAIN_NS;
    if (strcmp(before, l->before) != 0) {
        struct leader_action *a = act(t, LEADER_WATCH);

        name_copy(l->before, before);
        name_copy(a->name, before);
        l->watch_ask = a->ask = ++l->last_ask;
    }
}

static void take_list(struct turn *t)
{
    struct leader *l = t->l;
    const char *mine = find_mine(l, t->event);
    bool leaving = remove_others_of_mine(t, mine);
    const char *before;

    name_copy(l->mine, mine != NULL ? mine : "");
    l->alone = !are_others(l, t->event);
    if (leaving) {
        wait_to_retry(t);
        return;
    }
    l->leaving[0] = '\0';
    if (mine == NULL) {
        name_copy(ask(t, LEADER_CREATE, LEADER_CREATING)->name, l->guid);
        return;
    }
    before = find_before(mine, t->event);
    if (before != NULL)
        follow(t, before);
    else
        ask(t, LEADER_READ, LEADER_READING);
}

/* -- the epoch ------------------------------------------------------------- */

/*
 * Files of topologies are missing here: others may have them. Each candidate
 * gives way once between two leaderships, so that when none has them the second
 * turn of the first one makes it lead, and whatever can run does.
 */
static bool gives_way(const struct leader *l)
{
    return l->n_lacking > 0 && !l->alone &&
           !(l->gave_way && l->gave_way_at == l->highest);
}

static void write_epoch(struct turn *t)
{
    struct leader *l = t->l;
    struct leader_action *a = ask(t, LEADER_WRITE, LEADER_WRITING);

    l->number = a->number = l->highest + 1;
    a->version = t->event->version;
    name_copy(a->name, l->mine);
}

static void take_epoch(struct turn *t)
{
    struct leader *l = t->l;
    const struct leader_event *e = t->event;

    if (e->number > l->highest)
        l->highest = e->number;
    if (e->version != LEADER_NO_EPOCH && l->number != 0 &&
        e->number == l->number && strcmp(e->candidate, l->mine) == 0) {
        won(t, e->version);
    } else if (gives_way(l)) {
        l->gave_way = true;
        l->gave_way_at = l->highest;
        leave_queue(t);
    } else {
        write_epoch(t);
    }
}

/* -- the session ----------------------------------------------------------- */

static void end_session(struct turn *t, const char *why)
{
    stop_leading(t, why);
    t->l->phase = LEADER_OUT;
    t->l->connected = false;
    t->l->ask = t->l->watch_ask = 0;
    t->l->mine[0] = t->l->before[0] = t->l->leaving[0] = '\0';
    t->l->number = 0;
}

static void begin_session(struct turn *t)
{
    struct leader *l = t->l;
    const struct leader_event *e = t->event;

    end_session(t, "because its session with ZooKeeper was replaced");
    check(strlen(e->guid) > 0 && strlen(e->guid) < LEADER_GUID_MAX);
    snprintf(l->guid, sizeof(l->guid), "%s", e->guid);
    l->connected = true;
    look_again(t);
}

/* What was asked is asked again; a leader goes on until its lease is over. */
static void lose_connection(struct turn *t)
{
    struct leader *l = t->l;

    l->connected = false;
    if (l->phase != LEADER_OUT && l->phase != LEADER_LEADING)
        wait_to_retry(t);
}

static void be_back(struct turn *t)
{
    struct leader *l = t->l;

    if (l->phase == LEADER_OUT)
        return;
    l->connected = true;
    if (l->phase != LEADER_LEADING)
        look_again(t);
}

/* -- the step -------------------------------------------------------------- */

static void lose_watched(struct turn *t)
{
    struct leader *l = t->l;

    if (t->event->ask != l->watch_ask || l->watch_ask == 0)
        return;
    l->before[0] = '\0';
    l->watch_ask = 0;
    if (l->phase != LEADER_FOLLOWING)
        return;
    if (t->event->kind == LEADER_UNKNOWN)
        wait_to_retry(t);
    else
        look_again(t);
}

static void take_answer(struct turn *t)
{
    switch (t->event->kind) {
    case LEADER_CHILDREN:
        take_list(t);
        break;
    case LEADER_EPOCH:
        take_epoch(t);
        break;
    case LEADER_WRITTEN:
        won(t, t->event->version);
        break;
    case LEADER_UNKNOWN:
        wait_to_retry(t);
        break;
    default: /* created; refused: things are not as they were */
        look_again(t);
        break;
    }
}

static void tick(struct turn *t)
{
    bool waits =
        t->l->phase == LEADER_WAITING || t->l->phase == LEADER_FOLLOWING;

    if (waits && t->l->connected && t->now >= t->l->again)
        look_again(t);
}

static void take_event(struct turn *t)
{
    struct leader *l = t->l;

    switch (t->event->kind) {
    case LEADER_SESSION:
        begin_session(t);
        break;
    case LEADER_SESSION_LOST:
        end_session(t, "because its session with ZooKeeper is over");
        break;
    case LEADER_AWAY:
        lose_connection(t);
        break;
    case LEADER_BACK:
        be_back(t);
        break;
    case LEADER_FENCED:
        if (t->event->number == l->number)
            stop_leading(t, "because another nimbus has written /epoch");
        break;
    case LEADER_FILES:
        l->n_lacking = t->event->n_lacking;
        break;
    case LEADER_STEP_DOWN:
        stop_leading(t, "because it was asked to step down");
        if (l->phase != LEADER_OUT)
            leave_queue(t);
        break;
    case LEADER_TICK:
        tick(t);
        break;
    default:
        lose_watched(t);
        if (t->event->ask == l->ask && l->ask != 0)
            take_answer(t);
        break;
    }
}

void leader_init(struct leader *l)
{
    *l = (struct leader){.phase = LEADER_OUT};
}

void leader_step(struct leader *l, const struct leader_event *event,
                 int64_t now, struct leader_actions *actions)
{
    struct turn t = {l, event, now, actions};

    actions->n = 0;
    if (event->lease_until > l->lease_until)
        l->lease_until = event->lease_until;
    if (l->phase == LEADER_LEADING && lease_is_over(l, now))
        stop_leading(&t, "because ZooKeeper was not heard for two thirds of "
                         "the session");
    take_event(&t);
}

bool leader_leads(const struct leader *l, int64_t now)
{
    return l->phase == LEADER_LEADING && !lease_is_over(l, now);
}

int64_t leader_due(const struct leader *l)
{
    if (l->phase == LEADER_LEADING)
        return l->lease_until;
    if (l->connected &&
        (l->phase == LEADER_WAITING || l->phase == LEADER_FOLLOWING))
        return l->again;
    return INT64_MAX;
}
