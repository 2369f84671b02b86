/*
 * test_slot_property.c - a slot (slot.h) among workers that do anything.
 *
 * Each seed is a world in which events come in random order: what is wanted
 * changes, files come or do not, processes start late or not at all, report,
 * are silent, end by themselves, ignore TERM; what is answered comes late, too,
 * when nobody asks any more. After some time the world calms down: the same is
 * wanted on and on, and workers behave. The world does what the slot says, and
 * looks at each step that
 *
 * - there is at most one process, and none starts before the old one is gone;
 * - a start is for what was wanted when its files were asked for;
 * - KILL comes only after TERM and its grace;
 * - a pause is one of 0, 1, 2 … 30 s, and grows as long as no run was good;
 * - a directory is removed only when no process is in it, and every one is;
 * - in the end what is wanted runs; if nothing is, nothing is left.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "supervisor/slot.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define S INT64_C(1000000000)

enum { SEEDS = 400, STEPS = 1500, CALM_STEPS = 3000 };

static const struct slot_times times = {120 * S, 30 * S, 3 * S};

struct process {
    int pid; /* 0: none */
    struct slot_wanted as;
    int64_t term_at; /* 0: not yet */
    bool deaf;       /* does not hear TERM */
    bool silent;     /* does not report */
};

struct world {
    uint64_t seed;
    struct random random;
    int64_t now;
    struct slot slot;
    struct slot_actions actions;
    bool calm;

    struct slot_wanted wanted;
    uint64_t birth;
    struct process process;
    int last_pid;
    struct slot_action fetching, starting; /* asked; ticket 0: nothing is */
    struct slot_wanted directory;          /* that there is; "": none */
    int64_t pause;                         /* the last one */
    struct slot_wanted paused_for;
};

#define must(w, holds)                                                         \
    do {                                                                       \
        if (!(holds))                                                          \
            fail_msg("seed %" PRIu64 ", %s: %s", (w)->seed,                    \
                     slot_state_name((w)->slot.state), #holds);                \
    } while (0)

static bool chance(struct world *w, uint32_t one_in)
{
    return random_below(&w->random, one_in) == 0;
}

/* -- what the slot says is done -------------------------------------------- */

static void start_asked(struct world *w, const struct slot_action *action)
{
    must(w, w->process.pid == 0 && w->starting.ticket == 0);
    must(w, w->fetching.ticket == 0); /* its files are here */
    must(w, slot_same_worker(&action->worker, &w->wanted));
    must(w, slot_same_worker(&w->directory, &action->worker));
    w->starting = *action;
}

/* It makes the directory, wherever it is left. */
static void fetch_asked(struct world *w, const struct slot_action *action)
{
    must(w, slot_same_worker(&action->worker, &w->wanted));
    must(w, w->directory.topology[0] == '\0' ||
                slot_same_worker(&w->directory, &action->worker));
    w->fetching = *action;
    w->directory = action->worker;
}

static void kill_asked(struct world *w, const struct slot_action *action)
{
    must(w, action->pid == w->process.pid);
    must(w, w->process.term_at != 0);
    must(w, w->now >= w->process.term_at + times.grace);
    w->process.deaf = false;
    w->process.term_at = w->now;
}

static void term_asked(struct world *w, const struct slot_action *action)
{
    must(w, action->pid != 0 && action->pid == w->process.pid);
    must(w, w->process.term_at == 0);
    w->process.term_at = w->now;
}

static void remove_asked(struct world *w, const struct slot_action *action)
{
    must(w, w->process.pid == 0 && w->starting.ticket == 0);
    must(w, slot_same_worker(&w->directory, &action->worker));
    w->directory = (struct slot_wanted){0};
}

static void act(struct world *w, const struct slot_action *action)
{
    switch (action->kind) {
    case SLOT_FETCH:
        fetch_asked(w, action);
        break;
    case SLOT_START:
        start_asked(w, action);
        break;
    case SLOT_ORDER:
        must(w, action->pid == w->process.pid && action->pid != 0);
        w->process.as = action->worker;
        break;
    case SLOT_TERM:
        term_asked(w, action);
        break;
    case SLOT_KILL:
        kill_asked(w, action);
        break;
    case SLOT_REMOVE:
        remove_asked(w, action);
        break;
    case SLOT_COMPLAIN:
        must(w, slot_same_worker(&action->worker, &w->wanted));
        break;
    }
}

/* A pause that was just begun. */
static void look_at_pause(struct world *w)
{
    int64_t pause = w->slot.due - w->now, seconds = pause / S;

    must(w, seconds == 1 || seconds == 2 || seconds == 4 || seconds == 8 ||
                seconds == 16 || seconds == 30);
    must(w, pause == seconds * S);
    if (seconds > 1 && slot_same_worker(&w->paused_for, &w->slot.has))
        must(w, pause == w->pause ? seconds == 30 : pause > w->pause);
    w->pause = pause;
    w->paused_for = w->slot.has;
}

static void step(struct world *w, struct slot_event event)
{
    enum slot_state before = w->slot.state;

    slot_step(&w->slot, &event, w->now, &w->actions);
    for (uint32_t i = 0; i < w->actions.n; i++)
        act(w, &w->actions.list[i]);
    must(w, w->slot.pid == w->process.pid || w->slot.pid == 0);
    if (w->slot.state == SLOT_BACKING_OFF && before != SLOT_BACKING_OFF)
        look_at_pause(w);
}

/* -- what happens ---------------------------------------------------------- */

static void want_something(struct world *w)
{
    w->wanted.version++;
    if (chance(w, 3))
        w->wanted.active = !w->wanted.active;
    else if (chance(w, 4))
        w->wanted.topology[0] = '\0';
    else if (chance(w, 3)) {
        w->wanted.topology[0] = (char)('a' + random_below(&w->random, 3));
        w->wanted.worker = (uint32_t)random_below(&w->random, 2);
        w->wanted.birth = ++w->birth;
        w->wanted.closing = false;
    } else if (chance(w, 4))
        w->wanted.closing = true;
    step(w, (struct slot_event){.kind = SLOT_WANTED, .wanted = w->wanted});
}

static void files_come(struct world *w)
{
    uint64_t ticket = w->fetching.ticket;

    w->fetching.ticket = 0;
    if (!w->calm && chance(w, 4))
        step(w, (struct slot_event){
                    .kind = SLOT_FILES_FAILED, .ticket = ticket, .text = "no"});
    else
        step(w,
             (struct slot_event){.kind = SLOT_FILES_READY, .ticket = ticket});
}

static void process_comes(struct world *w)
{
    struct slot_action asked = w->starting;

    w->starting.ticket = 0;
    if (!w->calm && chance(w, 4)) {
        step(w, (struct slot_event){.kind = SLOT_NOT_STARTED,
                                    .ticket = asked.ticket,
                                    .text = "no"});
        return;
    }
    w->process = (struct process){
        .pid = ++w->last_pid,
        .as = asked.worker,
        .deaf = !w->calm && chance(w, 3),
        .silent = !w->calm && chance(w, 6),
    };
    step(w, (struct slot_event){.kind = SLOT_STARTED,
                                .ticket = asked.ticket,
                                .pid = w->last_pid,
                                .start = 1});
}

static void process_goes(struct world *w, struct slot_end end)
{
    int pid = w->process.pid;

    w->process.pid = 0;
    step(w, (struct slot_event){.kind = SLOT_ENDED, .pid = pid, .end = end});
}

static void process_does_something(struct world *w)
{
    bool ends = w->process.term_at != 0 ? !w->process.deaf && chance(w, 2)
                                        : !w->calm && chance(w, 8);

    if (ends)
        process_goes(w, (struct slot_end){.known = !chance(w, 4),
                                          .status = chance(w, 2)});
    else if (!w->process.silent)
        step(w, (struct slot_event){.kind = SLOT_REPORTED,
                                    .pid = w->process.pid,
                                    .wanted = w->process.as});
}

/* Of something that is over, or that nobody has asked for. */
static void something_late(struct world *w)
{
    uint64_t old = random_below(&w->random, w->slot.ticket + 1);
    enum slot_event_kind kind =
        (enum slot_event_kind)(SLOT_FILES_READY + random_below(&w->random, 6));
    struct slot_event event = {.kind = kind, .pid = 100000, .ticket = old};

    if (old != w->slot.ticket)
        step(w, event);
}

/* When all is calm, reports come in time. */
static bool is_patient(const struct world *w)
{
    return w->calm && w->slot.state != SLOT_STOPPING &&
           w->slot.state != SLOT_BACKING_OFF;
}

static void time_passes(struct world *w)
{
    if (is_patient(w)) {
        w->now += S / 100;
    } else if (chance(w, 2) && w->slot.due != INT64_MAX) {
        if (w->slot.due > w->now)
            w->now = w->slot.due + (int64_t)random_below(&w->random, S);
    } else {
        w->now += (int64_t)random_below(&w->random, 5 * S);
    }
    if (w->slot.due <= w->now)
        step(w, (struct slot_event){.kind = SLOT_TIME});
}

static void something_happens(struct world *w)
{
    switch (random_below(&w->random, w->calm ? 4 : 6)) {
    case 0:
        if (w->fetching.ticket != 0)
            files_come(w);
        break;
    case 1:
        if (w->starting.ticket != 0)
            process_comes(w);
        break;
    case 2:
        if (w->process.pid != 0)
            process_does_something(w);
        break;
    case 3:
        time_passes(w);
        break;
    case 4:
        something_late(w);
        break;
    default:
        want_something(w);
        break;
    }
}

/* -- the end --------------------------------------------------------------- */

static void calm_down(struct world *w)
{
    w->calm = true;
    w->process.silent = false;
    if (chance(w, 2)) {
        w->wanted.topology[0] = 'z';
        w->wanted.birth = ++w->birth;
        w->wanted.closing = false;
    } else {
        w->wanted.topology[0] = '\0';
    }
    step(w, (struct slot_event){.kind = SLOT_WANTED, .wanted = w->wanted});
}

static void look_at_end(struct world *w)
{
    if (w->wanted.topology[0] == '\0') {
        must(w, w->slot.state == SLOT_EMPTY);
        must(w, w->process.pid == 0 && w->starting.ticket == 0);
        must(w, w->directory.topology[0] == '\0');
        must(w, w->slot.due == INT64_MAX);
        return;
    }
    must(w, w->slot.state == SLOT_RUNNING);
    must(w, slot_same_worker(&w->process.as, &w->wanted));
    must(w, w->process.as.version == w->wanted.version);
    must(w, w->process.as.active == w->wanted.active);
    must(w, slot_same_worker(&w->directory, &w->wanted));
}

static void run_world(struct world *w)
{
    random_seed(&w->random, w->seed);
    slot_init(&w->slot, times);
    w->now = 1;
    if (chance(w, 3)) {
        w->wanted = (struct slot_wanted){"a", 0, ++w->birth, 1, true, false};
        w->process = (struct process){.pid = ++w->last_pid, .as = w->wanted};
        w->directory = w->wanted;
        step(w, (struct slot_event){.kind = SLOT_ADOPTED,
                                    .pid = w->last_pid,
                                    .wanted = w->wanted});
    }
    for (int i = 0; i < STEPS; i++)
        something_happens(w);
    calm_down(w);
    for (int i = 0; i < CALM_STEPS; i++)
        something_happens(w);
    look_at_end(w);
}

static void at_most_one_process_and_in_the_end_the_wanted_one(void **state)
{
    const char *one = getenv("SEED");

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world w = {.seed = one ? strtoull(one, NULL, 10) : seed};

        run_world(&w);
        if (one != NULL)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_one_process_and_in_the_end_the_wanted_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
