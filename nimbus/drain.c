/* drain.c - is anything under way, and who is led on; see drain.h. */
#include "nimbus/drain.h"
#include "common/check.h"
#include "topology-api/memory.h"

#define NAMED_MAX 5u /* workers in a message */

/* -- actions --------------------------------------------------------------- */

static struct drain_action *act(struct drain_actions *actions,
                                enum drain_action_kind kind)
{
    struct drain_action *a;

    if (actions->n == actions->room) {
        actions->room = actions->room > 0 ? 2 * actions->room : 8;
        actions->list =
            xreallocarray(actions->list, actions->room, sizeof(*actions->list));
    }
    a = &actions->list[actions->n++];
    *a = (struct drain_action){.kind = kind};
    return a;
}

static void order(const struct drain *d, uint32_t i,
                  struct drain_actions *actions)
{
    const struct drain_worker *w = &d->workers[i];
    struct drain_action *a = act(actions, DRAIN_ORDER);

    a->worker = i;
    a->incarnation = w->heard ? w->last.incarnation : 0;
    a->stage = w->told;
    a->round = d->asked ? d->round : d->round - 1;
}

static bool has_obeyed(const struct drain *d, const struct drain_worker *w)
{
    return w->ended || (w->heard && w->last.stage >= w->told &&
                        (!d->asked || w->last.round == d->round));
}

/* All those that are to do something, or to answer. */
static void order_all(const struct drain *d, struct drain_actions *actions)
{
    for (uint32_t i = 0; i < d->n_workers; i++)
        if (!has_obeyed(d, &d->workers[i]))
            order(d, i, actions);
}

/* -- rounds ---------------------------------------------------------------- */

static void ask_next_round(struct drain *d, struct drain_actions *actions)
{
    d->round += d->asked;
    d->asked = true;
    order_all(d, actions);
}

static bool is_answered(const struct drain *d)
{
    for (uint32_t i = 0; i < d->n_workers; i++)
        if (!d->workers[i].ended && d->workers[i].last.round != d->round)
            return false;
    return d->asked;
}

static bool is_still(const struct drain *d, const struct drain_worker *w)
{
    const struct drain_report *r = &w->last;

    return w->ended ||
           (w->heard && r->quiet && r->pending == 0 &&
            (d->goal == DRAIN_WATCH ? r->exhausted : r->stage >= w->told));
}

/* All workers, and nothing between them; as far as they know. */
static bool are_still(const struct drain *d, uint64_t *sent, uint64_t *received)
{
    *sent = *received = 0;
    for (uint32_t i = 0; i < d->n_workers; i++) {
        const struct drain_worker *w = &d->workers[i];

        if (!is_still(d, w))
            return false;
        if (!w->ended) {
            *sent += w->last.sent;
            *received += w->last.received;
        }
    }
    return *sent == *received;
}

/* True if nothing is under way; otherwise the next round is asked for, if it
 * may be the one that shows it. */
static bool nothing_is_under_way(struct drain *d, struct drain_actions *actions)
{
    uint64_t sent, received;
    bool before = d->still;

    if (!are_still(d, &sent, &received)) {
        d->still = false;
        return false;
    }
    if (d->asked && !is_answered(d))
        return false;
    if (d->asked) {
        d->still = true;
        before &= sent == d->sent && received == d->received;
        d->sent = sent;
        d->received = received;
        if (before) {
            d->still = false;
            return true;
        }
    }
    ask_next_round(d, actions);
    return false;
}

/* -- stages ---------------------------------------------------------------- */

static uint32_t last_stage(const struct drain *d)
{
    return DRAIN_STAGE_TURN + d->n_turns;
}

static uint32_t lowest_stage(const struct drain *d)
{
    uint32_t lowest = last_stage(d);

    for (uint32_t i = 0; i < d->n_workers; i++)
        if (!d->workers[i].ended && d->workers[i].last.stage < lowest)
            lowest = d->workers[i].last.stage;
    return lowest;
}

/* Those that are behind `stage` are told to go there. */
static void lead_to(struct drain *d, uint32_t stage,
                    struct drain_actions *actions)
{
    for (uint32_t i = 0; i < d->n_workers; i++) {
        struct drain_worker *w = &d->workers[i];

        if (w->ended || w->last.stage >= stage || w->told >= stage)
            continue;
        w->told = stage;
        order(d, i, actions);
    }
}

static bool is_closing(const struct drain *d)
{
    for (uint32_t i = 0; i < d->n_workers; i++)
        if (d->workers[i].ended || d->workers[i].told == last_stage(d) ||
            d->workers[i].last.stage == last_stage(d))
            return true;
    return false;
}

static bool all_ended(const struct drain *d)
{
    for (uint32_t i = 0; i < d->n_workers; i++)
        if (!d->workers[i].ended)
            return false;
    return true;
}

/* -- goals ----------------------------------------------------------------- */

static void say(struct drain *d, enum drain_action_kind kind,
                struct drain_actions *actions)
{
    act(actions, kind);
    d->said = true;
}

static void lead_to_end(struct drain *d, struct drain_actions *actions)
{
    if (is_closing(d)) {
        lead_to(d, last_stage(d), actions);
        if (all_ended(d))
            say(d, DRAIN_ENDED, actions);
    } else if (nothing_is_under_way(d, actions)) {
        lead_to(d, lowest_stage(d) + 1, actions);
    }
}

static void look(struct drain *d, struct drain_actions *actions)
{
    if (d->goal == DRAIN_NOTHING || d->said || d->n_workers == 0)
        return;
    if (d->goal != DRAIN_WATCH)
        lead_to(d, DRAIN_STAGE_STOP, actions);
    if (d->goal == DRAIN_END)
        lead_to_end(d, actions);
    else if (nothing_is_under_way(d, actions))
        say(d, d->goal == DRAIN_WATCH ? DRAIN_EXHAUSTED : DRAIN_DRAINED,
            actions);
}

/* -- events ---------------------------------------------------------------- */

static bool is_newer(const struct drain_worker *w, const struct drain_report *r)
{
    if (!w->heard || r->round > w->last.round)
        return true;
    return r->round == w->last.round && r->incarnation == w->last.incarnation &&
           r->number > w->last.number;
}

/* It may be older than the one that is known, or newer: whoever answers the
 * next round is there. */
static void meet_stranger(struct drain *d, uint32_t i,
                          struct drain_actions *actions)
{
    const struct drain_worker *w = &d->workers[i];

    if (d->goal == DRAIN_NOTHING || d->said)
        return;
    if (!d->asked || w->last.round == d->round) {
        d->still = false;
        ask_next_round(d, actions);
    }
    if (w->ended)
        order(d, i, actions);
}

static void take_report(struct drain *d, const struct drain_report *r,
                        struct drain_actions *actions)
{
    struct drain_worker *w;

    if (r->version != d->version || r->worker >= d->n_workers ||
        r->round > d->round || r->stage > last_stage(d))
        return;
    w = &d->workers[r->worker];
    if (!is_newer(w, r)) {
        if (r->incarnation != w->last.incarnation)
            meet_stranger(d, r->worker, actions);
        return;
    }
    if (!w->heard || r->incarnation != w->last.incarnation) {
        w->told = r->stage;
        w->ended = false;
        d->still = false;
    }
    w->heard = true;
    w->last = *r;
    look(d, actions);
}

/* As if it had answered: what it has said before, and what others have said in
 * its place, is over. */
static void take_end(struct drain *d, uint32_t i, uint64_t incarnation,
                     struct drain_actions *actions)
{
    struct drain_worker *w;

    if (d->goal != DRAIN_END || i >= d->n_workers)
        return;
    w = &d->workers[i];
    w->heard = w->ended = true;
    w->last.incarnation = incarnation;
    w->last.round = d->asked ? d->round : d->round - 1;
    w->last.number = UINT64_MAX;
    look(d, actions);
}

static void take_assignment(struct drain *d, const struct drain_event *event)
{
    if (event->version <= d->version)
        return;
    d->version = event->version;
    d->n_workers = event->n_workers;
    free(d->workers);
    d->workers = xcalloc(d->n_workers, sizeof(*d->workers));
    d->still = d->said = false;
}

void drain_step(struct drain *d, const struct drain_event *event,
                struct drain_actions *actions)
{
    actions->n = 0;
    switch (event->kind) {
    case DRAIN_REPORT:
        take_report(d, event->report, actions);
        break;
    case DRAIN_ENDED_IT:
        take_end(d, event->worker, event->incarnation, actions);
        break;
    case DRAIN_SET_GOAL:
        d->said &= event->goal == d->goal;
        d->still &= event->goal == d->goal;
        d->goal = event->goal;
        look(d, actions);
        break;
    case DRAIN_ASSIGNED:
        take_assignment(d, event);
        look(d, actions);
        break;
    case DRAIN_TICK:
        if (d->goal != DRAIN_NOTHING && !d->said)
            order_all(d, actions);
        break;
    }
}

void drain_init(struct drain *d, uint32_t n_turns, uint64_t first_round)
{
    check(first_round > 0);
    *d = (struct drain){.n_turns = n_turns, .round = first_round};
}

void drain_free(struct drain *d)
{
    free(d->workers);
}

/* -- what is given up ------------------------------------------------------ */

/* Why a worker cannot be led on yet, if it is its own fault. */
static const char *trouble_of(const struct drain *d,
                              const struct drain_worker *w)
{
    if (w->ended)
        return NULL;
    if (!w->heard)
        return "not heard";
    if (!w->last.quiet)
        return "not quiet";
    if (d->goal == DRAIN_END && w->last.stage < last_stage(d))
        return "not led to the end of its input";
    return NULL;
}

static void put_troubles(const struct drain *d, struct text_buffer *text)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < d->n_workers; i++) {
        const char *trouble = trouble_of(d, &d->workers[i]);

        if (trouble == NULL || n++ >= NAMED_MAX)
            continue;
        text_buffer_put(text, "%sworker %u %s", text->n > 0 ? "; " : "", i,
                        trouble);
    }
    if (n > NAMED_MAX)
        text_buffer_put(text, "; and %u more workers", n - NAMED_MAX);
}

bool drain_given_up(const struct drain *d, char *text, size_t size)
{
    struct text_buffer buffer;
    uint64_t pending = 0;

    text_buffer_init(&buffer, text, size);
    for (uint32_t i = 0; i < d->n_workers; i++)
        if (d->workers[i].heard && !d->workers[i].ended)
            pending += d->workers[i].last.pending;
    if (pending > 0)
        text_buffer_put(&buffer, "%llu message%s pending",
                        (unsigned long long)pending, pending == 1 ? "" : "s");
    put_troubles(d, &buffer);
    return buffer.n > 0;
}
