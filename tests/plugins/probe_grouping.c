/* probe_grouping.c - groupings of one's own, good ones and bad ones. */
#include <gale/grouping.h>

/* The first value says which target, counted round. */
static uint32_t choose_by_value(gale_router *r, const gale_value *values,
                                uint32_t n, uint32_t *targets)
{
    (void)n;
    targets[0] = (uint32_t)((uint64_t)values[0].as.i % r->n_targets);
    return 1;
}

GALE_GROUPING(by_value, .summary = "the target that the number names",
              .choose = choose_by_value);

/* As many targets as the first value says, the last ones first. */
static uint32_t choose_some(gale_router *r, const gale_value *values,
                            uint32_t n, uint32_t *targets)
{
    uint32_t wanted = (uint32_t)((uint64_t)values[0].as.i % (r->n_targets + 1));

    (void)n;
    for (uint32_t i = 0; i < wanted; i++)
        targets[i] = r->n_targets - 1 - i;
    return wanted;
}

GALE_GROUPING(some, .summary = "none, some or all", .choose = choose_some);

/* A router remembers: each producer deals its own tuples in turn. */
struct turn {
    uint32_t step; /* 0: not prepared */
    uint32_t next;
};

static gale_result prepare_turn(gale_router *r)
{
    struct turn *turn = r->instance;

    if (r->size < sizeof(*r) || turn->step != 0)
        return GALE_FATAL;
    turn->step = 1;
    return GALE_OK;
}

static uint32_t choose_turn(gale_router *r, const gale_value *values,
                            uint32_t n, uint32_t *targets)
{
    struct turn *turn = r->instance;

    (void)values;
    (void)n;
    targets[0] = turn->next;
    turn->next = (turn->next + turn->step) % r->n_targets;
    return 1;
}

GALE_GROUPING(turns, .summary = "in turn", .prepare = prepare_turn,
              .choose = choose_turn, .instance_size = sizeof(struct turn));

static uint32_t choose_outside(gale_router *r, const gale_value *values,
                               uint32_t n, uint32_t *targets)
{
    (void)values;
    (void)n;
    targets[0] = r->n_targets;
    return 1;
}

GALE_GROUPING(outside, .summary = "a target that is not there",
              .choose = choose_outside);

static uint32_t choose_twice(gale_router *r, const gale_value *values,
                             uint32_t n, uint32_t *targets)
{
    (void)r;
    (void)values;
    (void)n;
    targets[0] = targets[1] = 1;
    return 2;
}

GALE_GROUPING(twice, .summary = "the same target twice",
              .choose = choose_twice);

static uint32_t choose_too_many(gale_router *r, const gale_value *values,
                                uint32_t n, uint32_t *targets)
{
    (void)values;
    (void)n;
    for (uint32_t i = 0; i < r->n_targets; i++)
        targets[i] = 0;
    return r->n_targets + 1;
}

GALE_GROUPING(too_many, .summary = "more targets than there are",
              .choose = choose_too_many);

static gale_result prepare_refused(gale_router *r)
{
    (void)r;
    return GALE_FATAL;
}

GALE_GROUPING(refused, .summary = "does not prepare",
              .prepare = prepare_refused, .choose = choose_outside);

/* It says why. */
static gale_result prepare_says_why(gale_router *r)
{
    gale_grouping_error(r, "%u targets, expected a power of two", r->n_targets);
    return GALE_FATAL;
}

GALE_GROUPING(says_why, .summary = "does not prepare, and says why",
              .prepare = prepare_says_why, .choose = choose_outside);

static uint32_t choose_below_zero(gale_router *r, const gale_value *values,
                                  uint32_t n, uint32_t *targets)
{
    (void)n;
    if (values[0].as.i >= 0)
        gale_grouping_error(r, "%d is not below zero", (int)values[0].as.i);
    targets[0] = 0;
    return values[0].as.i < 0 ? 1 : GALE_NO_CHOICE;
}

GALE_GROUPING(below_zero, .summary = "takes numbers below zero only",
              .choose = choose_below_zero);

static uint32_t choose_nothing(gale_router *r, const gale_value *values,
                               uint32_t n, uint32_t *targets)
{
    (void)r, (void)values, (void)n, (void)targets;
    return GALE_NO_CHOICE;
}

GALE_GROUPING(gives_up, .summary = "chooses nothing, and says nothing",
              .choose = choose_nothing);
