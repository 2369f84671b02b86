/* slot_run.c - a slot in a test; see slot_run.h. */
#include "tests/support/slot_run.h"
#include <stdio.h>
#include <string.h>

static const struct slot_times times = {120 * S, 30 * S, 3 * S};

const struct slot_wanted none;
const struct slot_wanted a = {"a-1-1", 0, 1, 1, true, false};
const struct slot_wanted a_v2 = {"a-1-1", 0, 1, 2, true, false};
const struct slot_wanted a_idle = {"a-1-1", 0, 1, 1, false, false};
const struct slot_wanted a_closing = {"a-1-1", 0, 1, 1, false, true};
const struct slot_wanted a_again = {"a-1-1", 0, 5, 5, true, false};
const struct slot_wanted b = {"b-2-1", 3, 2, 2, true, false};

static const char *const kinds[] = {"FETCH", "START",  "ORDER",   "TERM",
                                    "KILL",  "REMOVE", "COMPLAIN"};

static void put(struct slot_run *r, const struct slot_action *action)
{
    size_t n = strlen(r->said);

    n += (size_t)snprintf(r->said + n, sizeof(r->said) - n, "%s%s",
                          n ? ", " : "", kinds[action->kind]);
    if (action->kind == SLOT_TERM || action->kind == SLOT_KILL ||
        action->kind == SLOT_ORDER)
        snprintf(r->said + n, sizeof(r->said) - n, " %d", action->pid);
    else
        snprintf(r->said + n, sizeof(r->said) - n, " %c",
                 action->worker.topology[0]);
}

void step(struct slot_run *r, struct slot_event event)
{
    slot_step(&r->slot, &event, r->now, &r->actions);
    r->said[0] = '\0';
    for (uint32_t i = 0; i < r->actions.n; i++)
        put(r, &r->actions.list[i]);
}

struct slot_run slot_run_new(void)
{
    struct slot_run r = {.now = 1000 * S};

    slot_init(&r.slot, times);
    return r;
}

/* -- events ---------------------------------------------------------------- */

void want(struct slot_run *r, struct slot_wanted wanted)
{
    step(r, (struct slot_event){.kind = SLOT_WANTED, .wanted = wanted});
}

void files(struct slot_run *r)
{
    step(r, (struct slot_event){.kind = SLOT_FILES_READY,
                                .ticket = r->slot.ticket});
}

void started(struct slot_run *r, int pid)
{
    step(r, (struct slot_event){.kind = SLOT_STARTED,
                                .ticket = r->slot.ticket,
                                .pid = pid,
                                .start = 77});
}

void reported(struct slot_run *r, int pid)
{
    step(r, (struct slot_event){
                .kind = SLOT_REPORTED, .pid = pid, .wanted = r->slot.has});
}

void ended(struct slot_run *r, int pid, struct slot_end end, const char *text)
{
    step(r, (struct slot_event){
                .kind = SLOT_ENDED, .pid = pid, .end = end, .text = text});
}

void exited(struct slot_run *r, int pid, int status)
{
    ended(r, pid, (struct slot_end){.known = true, .status = status}, "");
}

void adopted(struct slot_run *r, int pid, struct slot_wanted as)
{
    step(r, (struct slot_event){
                .kind = SLOT_ADOPTED, .pid = pid, .start = 77, .wanted = as});
}

void time_comes(struct slot_run *r)
{
    assert_true(r->slot.due != INT64_MAX);
    if (r->slot.due > r->now)
        r->now = r->slot.due;
    step(r, (struct slot_event){.kind = SLOT_TIME});
}

void run_until_started(struct slot_run *r, struct slot_wanted wanted, int pid)
{
    want(r, wanted);
    files(r);
    started(r, pid);
}

struct slot_run slot_run_running(struct slot_wanted wanted, int pid)
{
    struct slot_run r = slot_run_new();

    run_until_started(&r, wanted, pid);
    reported(&r, pid);
    expect(&r, "", SLOT_RUNNING);
    return r;
}
