/* drain_model.c - workers that exchange tuples; see drain_model.h. */
#include "tests/support/drain_model.h"
#include "common/link_sum.h"
#include <stdlib.h>
#include <string.h>

#define must drain_model_must

static uint32_t below(struct drain_model *r, uint32_t n)
{
    return (uint32_t)random_below(&r->random, n);
}

static struct on_way_item *send(struct drain_model *r, enum on_way kind)
{
    struct on_way_item *item;

    must(r, r->n_on_way < ON_WAY_MAX);
    item = &r->on_way[r->n_on_way++];
    memset(item, 0, sizeof(*item));
    item->kind = kind;
    item->at = r->now + 1 + below(r, below(r, 8) == 0 ? 60 : 8);
    if (kind == REPORT)
        item->at += below(r, 40);
    return item;
}

/* -- what is true ---------------------------------------------------------- */

static bool will_be_read(const struct drain_model *r,
                         const struct on_way_item *item)
{
    const struct worker_model *to = &r->workers[item->to];

    return item->kind == TUPLE && !to->dead && !to->ended &&
           to->sides[item->from].up &&
           to->sides[item->from].connection == item->connection;
}

static bool is_busy(const struct worker_model *w)
{
    return w->n_inbox > 0 || w->n_waiting > 0 || w->last_words > 0;
}

/* Of those that the leader knows: another one may have begun meanwhile. */
static void nothing_is_under_way(struct drain_model *r)
{
    for (uint32_t i = 0; i < r->n_on_way; i++)
        must(r, !will_be_read(r, &r->on_way[i]));
    for (uint32_t i = 0; i < r->n; i++) {
        const struct worker_model *w = &r->workers[i];

        if (w->dead || w->ended ||
            w->incarnation != r->drain.workers[i].last.incarnation)
            continue;
        must(r, !is_busy(w));
        must(r, w->pending == 0);
    }
}

/* -- tuples and messages --------------------------------------------------- */

static void lose_tuple(struct drain_model *r, int32_t root)
{
    if (root == NO_ROOT)
        return;
    r->roots[root].left--;
    r->roots[root].lost = true;
}

static void into_inbox(struct drain_model *r, uint32_t to, int32_t root,
                       uint32_t depth)
{
    struct worker_model *w = &r->workers[to];

    must(r, w->n_inbox < 512);
    w->inbox[w->n_inbox++] = (root + 1) * 64 + (int32_t)depth;
}

static void try_to_send(struct drain_model *r, uint32_t from,
                        struct on_way_item item)
{
    struct side *side = &r->workers[from].sides[item.to];
    struct on_way_item *sent;

    if (!side->up) {
        must(r, r->workers[from].n_waiting < 512);
        r->workers[from].waiting[r->workers[from].n_waiting++] = item;
        return;
    }
    side->sent++;
    sent = send(r, TUPLE);
    item.at = sent->at;
    item.connection = side->connection;
    *sent = item;
}

static void emit(struct drain_model *r, uint32_t from, int32_t root,
                 uint32_t depth)
{
    uint32_t to = below(r, r->n);

    if (root != NO_ROOT)
        r->roots[root].left++;
    if (to == from)
        into_inbox(r, to, root, depth);
    else
        try_to_send(r, from,
                    (struct on_way_item){.kind = TUPLE,
                                         .from = from,
                                         .to = to,
                                         .root = root,
                                         .depth = depth});
}

static void emit_message(struct drain_model *r, uint32_t i)
{
    struct worker_model *w = &r->workers[i];
    struct root *root;

    must(r, r->n_roots < ROOTS_MAX);
    w->todo--;
    if (below(r, 2) == 0) {
        emit(r, i, NO_ROOT, 0);
        return;
    }
    root = &r->roots[r->n_roots++];
    *root = (struct root){.owner = i,
                          .incarnation = w->incarnation,
                          .fails_at = r->now + TIMEOUT};
    w->pending++;
    emit(r, i, (int32_t)r->n_roots - 1, 0);
}

static void execute_one(struct drain_model *r, uint32_t i)
{
    struct worker_model *w = &r->workers[i];
    int32_t item = w->inbox[--w->n_inbox];
    int32_t root = item / 64 - 1;
    uint32_t depth = (uint32_t)(item % 64);
    static const uint32_t children[8] = {0, 1, 1, 1, 1, 1, 1, 2};

    for (uint32_t k = children[below(r, 8)]; k > 0 && depth < 40; k--)
        emit(r, i, root, depth + 1);
    if (root == NO_ROOT)
        return;
    r->roots[root].left--;
    if (r->roots[root].left == 0 && !r->roots[root].lost)
        r->roots[root].acked_at = r->now + 1 + below(r, 30);
}

/* Acks that have come home, and messages whose time is over. */
static void settle(struct drain_model *r)
{
    for (uint32_t i = 0; i < r->n_roots; i++) {
        struct root *root = &r->roots[i];
        struct worker_model *w = &r->workers[root->owner];
        bool acked = root->acked_at != 0 && root->acked_at <= r->now;

        if (root->settled || (!acked && root->fails_at > r->now))
            continue;
        root->settled = true;
        if (w->dead || w->ended || w->incarnation != root->incarnation)
            continue;
        w->pending--;
        w->todo += !acked;
    }
}

/* -- connections ----------------------------------------------------------- */

static void lose_side(struct drain_model *r, uint32_t i, uint32_t peer)
{
    struct side *side = &r->workers[i].sides[peer];

    side->up = false;
    for (uint32_t k = 0; k < r->n_on_way; k++) {
        struct on_way_item *item = &r->on_way[k];

        if (item->kind == TUPLE && item->to == i && item->from == peer &&
            item->connection == side->connection) {
            lose_tuple(r, item->root);
            *item-- = r->on_way[--r->n_on_way];
            k--;
        }
    }
}

static void break_connection(struct drain_model *r, uint32_t a, uint32_t b)
{
    struct side *first = &r->workers[a].sides[b];
    struct side *second = &r->workers[b].sides[a];

    if (a == b || !first->up || !second->up)
        return;
    first->notices_at = r->now;
    second->notices_at = r->now + below(r, 100);
    r->n_breaks++;
}

static void connect_side(struct drain_model *r, uint32_t i, uint32_t peer,
                         uint64_t connection)
{
    struct worker_model *w = &r->workers[i];
    uint32_t n = w->n_waiting;

    w->sides[peer] = (struct side){
        .up = true, .connection = connection, .notices_at = INT64_MAX};
    w->n_waiting = 0;
    for (uint32_t k = 0; k < n; k++)
        try_to_send(r, i, w->waiting[k]); /* those that cannot go wait again */
}

static bool can_connect(const struct drain_model *r, uint32_t i)
{
    return !r->workers[i].dead && !r->workers[i].ended;
}

static void look_after_pair(struct drain_model *r, uint32_t a, uint32_t b)
{
    struct side *sides[] = {&r->workers[a].sides[b], &r->workers[b].sides[a]};

    for (uint32_t k = 0; k < 2; k++)
        if (sides[k]->up && sides[k]->notices_at <= r->now)
            lose_side(r, k == 0 ? a : b, k == 0 ? b : a);
    if (sides[0]->up || sides[1]->up || !can_connect(r, a) ||
        !can_connect(r, b) || below(r, 10) != 0)
        return;
    r->next_number++;
    connect_side(r, a, b, r->next_number);
    connect_side(r, b, a, r->next_number);
}

/* -- the life of a worker -------------------------------------------------- */

static void lose_all(struct drain_model *r, uint32_t i)
{
    struct worker_model *w = &r->workers[i];

    for (uint32_t k = 0; k < w->n_inbox; k++)
        lose_tuple(r, w->inbox[k] / 64 - 1);
    for (uint32_t k = 0; k < w->n_waiting; k++)
        lose_tuple(r, w->waiting[k].root);
    w->n_inbox = w->n_waiting = w->last_words = 0;
    for (uint32_t k = 0; k < r->n; k++) {
        if (k == i)
            continue;
        lose_side(r, i, k);
        if (r->workers[k].sides[i].up)
            r->workers[k].sides[i].notices_at = r->now + below(r, 60);
    }
}

/* Its successor emits again what was not acked. */
static void crash(struct drain_model *r, uint32_t i)
{
    struct worker_model *w = &r->workers[i];

    if (w->dead || w->ended)
        return;
    lose_all(r, i);
    w->dead = true;
    w->back_at = r->now + 20 + below(r, 200);
    w->todo += w->pending;
    w->pending = 0;
    r->n_crashes++;
}

static void begin_worker(struct drain_model *r, uint32_t i)
{
    struct worker_model *w = &r->workers[i];

    w->dead = false;
    w->incarnation = ++r->next_number;
    w->number = w->round = 0;
    w->stage = w->ordered = 0;
    w->version = r->version;
}

/* Reports come through a supervisor, who knows which process is there. */
static void report(struct drain_model *r, uint32_t i)
{
    struct worker_model *w = &r->workers[i];
    struct drain_report *report = &send(r, REPORT)->report;

    *report = (struct drain_report){.worker = i,
                                    .version = w->version,
                                    .incarnation = w->incarnation,
                                    .number = ++w->number,
                                    .round = w->round,
                                    .stage = w->stage,
                                    .quiet = !is_busy(w),
                                    .exhausted = w->todo == 0,
                                    .pending = w->pending};
    for (uint32_t k = 0; k < r->n; k++) {
        const struct side *side = &w->sides[k];

        if (!side->up)
            continue;
        report->sent +=
            r->plain ? side->sent : link_sum(side->connection, i, side->sent);
        report->received += r->plain
                                ? side->received
                                : link_sum(side->connection, k, side->received);
    }
}

static void obey(struct drain_model *r, const struct drain_action *order)
{
    struct worker_model *w = &r->workers[order->worker];

    if (w->dead || w->ended)
        return;
    if (order->round > w->round)
        w->round = order->round;
    if (order->incarnation == w->incarnation && order->stage > w->stage) {
        must(r, order->stage == w->stage + 1 ||
                    order->stage == DRAIN_STAGE_TURN + TURNS);
        w->stage = order->stage;
        if (w->stage >= DRAIN_STAGE_TURN && w->stage < DRAIN_STAGE_TURN + TURNS)
            w->last_words = below(r, 4);
    }
    report(r, order->worker);
}

static void end_worker(struct drain_model *r, uint32_t i)
{
    struct worker_model *w = &r->workers[i];
    struct on_way_item *item;

    lose_all(r, i);
    w->ended = true;
    item = send(r, HAS_ENDED);
    item->to = i;
    item->incarnation = w->incarnation;
}

static bool may_emit(const struct drain_model *r, const struct worker_model *w)
{
    return w->stage == 0 && w->todo > 0 && r->goal == DRAIN_WATCH;
}

static void live(struct drain_model *r, uint32_t i)
{
    struct worker_model *w = &r->workers[i];

    if (w->dead && w->back_at <= r->now)
        begin_worker(r, i);
    if (w->dead || w->ended)
        return;
    if (w->version != r->version && w->learns_at <= r->now)
        w->version = r->version;
    if (w->stage == DRAIN_STAGE_TURN + TURNS && below(r, 5) == 0)
        end_worker(r, i);
    else if (w->n_inbox > 0 && below(r, 2) == 0)
        execute_one(r, i);
    else if (w->last_words > 0 && below(r, 3) == 0) {
        w->last_words--;
        emit(r, i, NO_ROOT, 0);
    } else if (may_emit(r, w) && below(r, 6) == 0)
        emit_message(r, i);
    if (!w->ended && below(r, 20) == 0)
        report(r, i);
}

/* -- the leader ------------------------------------------------------------ */

static void take_action(struct drain_model *r, const struct drain_action *a)
{
    struct worker_model *w = &r->workers[a->worker];

    if (a->kind != DRAIN_ORDER) {
        if (a->kind != DRAIN_ENDED)
            nothing_is_under_way(r);
        r->reached = a->kind;
        r->n_said++;
        return;
    }
    if (a->incarnation == w->incarnation && a->stage > w->ordered) {
        if (a->stage >= DRAIN_STAGE_TURN && a->stage < DRAIN_STAGE_TURN + TURNS)
            nothing_is_under_way(r);
        w->ordered = a->stage;
    }
    if (!r->faulty || below(r, 5) != 0) {
        struct on_way_item *item = send(r, ORDER);

        item->order = *a;
    }
}

static void lead(struct drain_model *r, struct drain_event event)
{
    drain_step(&r->drain, &event, &r->actions);
    for (uint32_t i = 0; i < r->actions.n; i++)
        take_action(r, &r->actions.list[i]);
}

void drain_model_set_goal(struct drain_model *r, enum drain_goal goal)
{
    r->goal = goal;
    r->reached = DRAIN_ORDER;
    lead(r, (struct drain_event){.kind = DRAIN_SET_GOAL, .goal = goal});
}

static void tell_assignment(struct drain_model *r)
{
    lead(r, (struct drain_event){.kind = DRAIN_ASSIGNED,
                                 .version = r->version,
                                 .n_workers = r->n});
}

static void tell_end(struct drain_model *r, uint32_t i, uint64_t incarnation)
{
    lead(r, (struct drain_event){.kind = DRAIN_ENDED_IT,
                                 .worker = i,
                                 .incarnation = incarnation});
}

/* It learns of workers that have ended from their supervisors. */
static void begin_leader(struct drain_model *r)
{
    enum drain_goal goal = r->goal;

    drain_free(&r->drain);
    drain_init(&r->drain, TURNS, ++r->epoch << 32);
    tell_assignment(r);
    drain_model_set_goal(r, goal);
    for (uint32_t i = 0; i < r->n; i++)
        if (r->workers[i].ended)
            tell_end(r, i, r->workers[i].incarnation);
}

static void assign_anew(struct drain_model *r)
{
    r->version++;
    for (uint32_t i = 0; i < r->n; i++)
        r->workers[i].learns_at = r->now + below(r, 80);
    tell_assignment(r);
    for (uint32_t i = 0; i < r->n; i++)
        if (r->workers[i].ended)
            tell_end(r, i, r->workers[i].incarnation);
}

/* -- arriving -------------------------------------------------------------- */

static void arrive(struct drain_model *r, struct on_way_item item)
{
    struct side *side = &r->workers[item.to].sides[item.from];

    switch (item.kind) {
    case TUPLE:
        if (!will_be_read(r, &item)) {
            lose_tuple(r, item.root);
            break;
        }
        side->received++;
        into_inbox(r, item.to, item.root, item.depth);
        break;
    case REPORT:
        lead(r, (struct drain_event){.kind = DRAIN_REPORT,
                                     .report = &item.report});
        break;
    case ORDER:
        obey(r, &item.order);
        break;
    case HAS_ENDED:
        tell_end(r, item.to, item.incarnation);
        break;
    }
}

static void deliver(struct drain_model *r)
{
    for (uint32_t i = 0; i < r->n_on_way; i++) {
        struct on_way_item item = r->on_way[i];
        bool again = r->faulty && item.kind != TUPLE &&
                     item.kind != HAS_ENDED && below(r, 10) == 0;
        bool lost = r->faulty && item.kind == REPORT && below(r, 10) == 0;

        if (item.at > r->now)
            continue;
        if (again)
            r->on_way[i].at += 1 + below(r, 100);
        else
            r->on_way[i--] = r->on_way[--r->n_on_way];
        if (!lost)
            arrive(r, item);
    }
}

/* -- whatever happens ------------------------------------------------------ */

/* Its supervisor has forgotten that it had ended. */
static void revive(struct drain_model *r, uint32_t i)
{
    if (!r->workers[i].ended)
        return;
    r->workers[i].ended = false;
    begin_worker(r, i);
}

static void do_something_bad(struct drain_model *r)
{
    if (r->plain) {
        if (below(r, 6) == 0)
            begin_leader(r);
        return;
    }
    switch (below(r, 6)) {
    case 0:
        crash(r, below(r, r->n));
        break;
    case 1:
        begin_leader(r);
        break;
    case 2:
        assign_anew(r);
        break;
    case 3:
        revive(r, below(r, r->n));
        break;
    default:
        break_connection(r, below(r, r->n), below(r, r->n));
        break;
    }
}

static bool has_reached(const struct drain_model *r)
{
    return r->reached != DRAIN_ORDER;
}

void drain_model_pass_time(struct drain_model *r, int64_t until)
{
    for (; r->now < until && !has_reached(r); r->now++) {
        deliver(r);
        settle(r);
        for (uint32_t i = 0; i < r->n; i++) {
            live(r, i);
            for (uint32_t k = i + 1; k < r->n; k++)
                look_after_pair(r, i, k);
        }
        if (r->now % 40 == 0)
            lead(r, (struct drain_event){.kind = DRAIN_TICK});
        if (r->faulty && below(r, 100) == 0)
            do_something_bad(r);
    }
}

struct drain_model *drain_model_new(uint64_t seed)
{
    struct drain_model *r = calloc(1, sizeof(*r));

    assert_non_null(r);
    r->seed = seed;
    random_seed(&r->random, seed);
    r->n = 1 + below(r, WORKERS);
    r->roots = calloc(ROOTS_MAX, sizeof(*r->roots));
    r->on_way = calloc(ON_WAY_MAX, sizeof(*r->on_way));
    assert_true(r->roots != NULL && r->on_way != NULL);
    r->version = 1;
    r->plain = seed / 3 % 2 == 0;
    r->goal = DRAIN_WATCH;
    for (uint32_t i = 0; i < r->n; i++) {
        r->workers[i].todo = MESSAGES;
        begin_worker(r, i);
    }
    begin_leader(r);
    return r;
}

void drain_model_free(struct drain_model *r)
{
    drain_free(&r->drain);
    free(r->actions.list);
    free(r->roots);
    free(r->on_way);
    free(r);
}
