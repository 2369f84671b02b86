/* pending_rule.c - how many messages a spout task may have under way; see
 * pending_rule.h. */
#include "worker/pending_rule.h"
#include "common/check.h"

#define MORE 1.5
#define MORE_AT_FIRST 4
#define FEWER 0.75
#define PAYS 1.05        /* more: so much more must be settled */
#define COSTS 0.95       /* fewer: so much must still be settled */
#define PROPORTIONAL 0.5 /* of the growth, where waiting longer is no gain */

void pending_rule_init(struct pending_rule *r, uint32_t most)
{
    *r = (struct pending_rule){.limit = PENDING_RULE_START, .most = most};
    if (r->limit > most)
        r->limit = most;
}

static uint32_t within(const struct pending_rule *r, double limit)
{
    if (limit < PENDING_RULE_LEAST)
        return PENDING_RULE_LEAST;
    return limit < r->most ? (uint32_t)limit : r->most;
}

static void take(struct pending_rule *r, enum pending_step step, double factor,
                 double rate)
{
    r->before = r->limit;
    r->limit = within(r, r->limit * factor);
    r->step = r->limit == r->before ? PENDING_STAYS : step;
    r->rate = rate;
}

/* One message less is no sign where there are few. */
static bool was_worth_it(const struct pending_rule *r,
                         const struct pending_window *w)
{
    double expected = r->rate * (double)w->ns, settled = (double)w->settled;
    double growth = (double)r->limit / r->before - 1;

    if (r->step == PENDING_FEWER)
        return settled + 1 >= expected * COSTS;
    if (r->inherent || !r->found)
        return settled >= expected * (1 + PROPORTIONAL * growth);
    return settled >= expected * PAYS;
}

/* Fewer that settle less: the bolts take that long, and more are tried. */
static void take_back(struct pending_rule *r)
{
    r->inherent = r->step == PENDING_FEWER;
    if (!r->inherent && r->found)
        r->rest = PENDING_RULE_REST;
    r->found = true;
    r->limit = r->before;
    r->step = PENDING_STAYS;
}

/* A row of steps down is measured by the rate before the first one. */
static double rate_to_keep(const struct pending_rule *r, double rate)
{
    return r->step == PENDING_FEWER && r->rate > rate ? r->rate : rate;
}

static void try_one(struct pending_rule *r, double rate)
{
    if (!r->late)
        r->inherent = false;
    if (r->late && !r->inherent)
        take(r, PENDING_FEWER, FEWER, rate_to_keep(r, rate));
    else
        take(r, PENDING_MORE, r->found ? MORE : MORE_AT_FIRST, rate);
}

/* They gather more than may be under way. */
static void grow(struct pending_rule *r)
{
    take(r, PENDING_STAYS, 2, 0);
    r->rest = 0;
}

static bool rests(struct pending_rule *r)
{
    if (r->rest > 0)
        r->rest--;
    return r->rest > 0;
}

bool pending_rule_over(const struct pending_rule *r,
                       const struct pending_window *w)
{
    if (w->ns >= PENDING_RULE_WINDOW_MAX_NS)
        return true;
    if (w->settled == 0)
        return !r->began && w->ns >= PENDING_RULE_FIRST_NS;
    return w->settled >= PENDING_RULE_FEW && w->ns >= PENDING_RULE_WINDOW_NS;
}

void pending_rule_look(struct pending_rule *r, const struct pending_window *w)
{
    double rate = (double)w->settled / (double)w->ns;
    bool late = w->late * 100 > w->settled;

    check(w->ns > 0 && w->late <= w->settled);
    if (late != r->late)
        r->rest = 0;
    r->late = late;
    r->began |= w->settled > 0;
    r->found |= late;
    if (w->settled == 0)
        grow(r);
    else if (r->step != PENDING_STAYS && !was_worth_it(r, w))
        take_back(r);
    else if (rests(r))
        r->step = PENDING_STAYS;
    else
        try_one(r, rate);
}
