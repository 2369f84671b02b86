/*
 * checked.c - a spout that emits tracked numbers and checks that each is acked
 * once, and fails only while it is under way. What failed is emitted again.
 * Counters: acks, fails, wrong (acks and fails that should not have come).
 */
#include <gale/spout.h>
#include <stdlib.h>

enum state { NEW, PENDING, FAILED, ACKED };

struct checked {
    int64_t count; /* option, per task */

    unsigned char *states; /* enum state of each number */
    int64_t at, n_acked;
    gale_metric *acks, *fails, *wrong;
};

static gale_result open_checked(gale_task *task)
{
    struct checked *c = gale_instance(task);

    c->states = calloc(1, (size_t)c->count + 1);
    c->acks = gale_counter(task, "acks");
    c->fails = gale_counter(task, "fails");
    c->wrong = gale_counter(task, "wrong");
    return c->states ? GALE_OK : gale_error(task, GALE_FATAL, "out of memory");
}

static void close_checked(gale_task *task, gale_close_reason reason)
{
    struct checked *c = gale_instance(task);

    (void)reason;
    free(c->states);
}

static gale_result next(gale_task *task)
{
    struct checked *c = gale_instance(task);

    while (c->at < c->count && c->states[c->at] != NEW &&
           c->states[c->at] != FAILED)
        c->at++;
    if (c->at == c->count) {
        gale_exhausted(task);
        return GALE_OK;
    }
    c->states[c->at] = PENDING;
    return gale_emit_msg(task, ((gale_msgid){0, (uint64_t)c->at}),
                         gale_int(c->at));
}

static void settle(gale_task *task, gale_msgid id, enum state state)
{
    struct checked *c = gale_instance(task);
    bool known = id.hi == 0 && id.lo < (uint64_t)c->count;

    if (!known || c->states[id.lo] != PENDING) {
        gale_counter_add(task, c->wrong, 1);
        gale_report_error(task, "number %lld: %s, but it is not under way",
                          (long long)id.lo, state == ACKED ? "ack" : "fail");
        return;
    }
    c->states[id.lo] = (unsigned char)state;
    gale_counter_add(task, state == ACKED ? c->acks : c->fails, 1);
    if (state == FAILED && (int64_t)id.lo < c->at)
        c->at = (int64_t)id.lo;
}

static void ack(gale_task *task, gale_msgid id)
{
    settle(task, id, ACKED);
}

static void fail(gale_task *task, gale_msgid id)
{
    settle(task, id, FAILED);
}

GALE_SPOUT(checked, .summary = "numbers that are acked exactly once",
           .open = open_checked, .close = close_checked, .next = next,
           .ack = ack, .fail = fail, .instance_size = sizeof(struct checked),
           .streams = GALE_OUTPUTS("n"),
           .options = GALE_OPTIONS(GALE_OPTION_INT(struct checked, count,
                                                   "count", "1000", 0, 1 << 30,
                                                   "numbers of each task")));
