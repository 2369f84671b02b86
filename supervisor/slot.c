/* slot.c - what is done about one port of a supervisor; see slot.h. */
#include "supervisor/slot.h"
#include "common/check.h"
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

static const struct slot_wanted nothing;

void slot_init(struct slot *slot, struct slot_times times)
{
    *slot = (struct slot){.times = times, .due = INT64_MAX};
}

static bool is_wanted(const struct slot_wanted *wanted)
{
    return wanted->topology[0] != '\0';
}

bool slot_same_worker(const struct slot_wanted *a, const struct slot_wanted *b)
{
    return strcmp(a->topology, b->topology) == 0 && a->worker == b->worker &&
           a->birth == b->birth;
}

int64_t slot_pause(uint32_t ends)
{
    int64_t pause;

    if (ends == 0)
        return 0;
    pause = ends > 6 ? SLOT_PAUSE_MAX_NS : SECOND_NS << (ends - 1);
    return pause < SLOT_PAUSE_MAX_NS ? pause : SLOT_PAUSE_MAX_NS;
}

const char *slot_state_name(enum slot_state state)
{
    static const char *const names[] = {
        [SLOT_EMPTY] = "EMPTY",       [SLOT_FETCHING] = "FETCHING",
        [SLOT_STARTING] = "STARTING", [SLOT_RUNNING] = "RUNNING",
        [SLOT_STOPPING] = "STOPPING", [SLOT_BACKING_OFF] = "BACKING_OFF",
    };

    check((unsigned)state < sizeof(names) / sizeof(names[0]));
    return names[state];
}

/* -- what is to be done ---------------------------------------------------- */

static void act(struct slot_actions *actions, const struct slot *slot,
                enum slot_action_kind kind)
{
    check(actions->n < SLOT_ACTIONS_MAX);
    actions->list[actions->n++] = (struct slot_action){
        .kind = kind,
        .worker = slot->has,
        .ticket = slot->ticket,
        .pid = slot->pid,
        .text = slot->why,
    };
}

/* Its files go into its directory. */
static void fetch(struct slot *slot, struct slot_actions *actions)
{
    slot->has = slot->wanted;
    slot->directory = true;
    slot->state = SLOT_FETCHING;
    slot->due = INT64_MAX;
    slot->ticket++;
    act(actions, slot, SLOT_FETCH);
}

/* The slot is free; take what is wanted, if anything is. */
static void take_wanted(struct slot *slot, struct slot_actions *actions)
{
    check(slot->pid == 0);
    if (is_wanted(&slot->wanted) && !slot->done) {
        fetch(slot, actions);
        return;
    }
    slot->has = nothing;
    slot->state = SLOT_EMPTY;
    slot->due = INT64_MAX;
}

/* What is there is over, and not wanted again. */
static void leave(struct slot *slot, struct slot_actions *actions)
{
    if (slot->directory)
        act(actions, slot, SLOT_REMOVE);
    slot->directory = false;
    take_wanted(slot, actions);
}

static void say_why(struct slot *slot, enum slot_reason reason, int64_t ns)
{
    slot->reason = reason;
    slot_reason_text(slot->why, reason, NULL, ns, NULL);
}

/* A start that is under way is waited for, and ends at once. */
static void stop(struct slot *slot, enum slot_reason reason, int64_t now,
                 struct slot_actions *actions)
{
    say_why(slot, reason,
            reason == SLOT_START_TIMEOUT ? slot->times.start
                                         : slot->times.report);
    slot->state = SLOT_STOPPING;
    slot->killed = false;
    slot->due = INT64_MAX;
    if (slot->pid == 0)
        return;
    slot->due = now + slot->times.grace;
    act(actions, slot, SLOT_TERM);
}

/* -- starts that fail ------------------------------------------------------ */

/* One that took all of its time has been tried for long enough. */
static bool is_enough(const struct slot *slot, int64_t now)
{
    int64_t first = slot->failed[SLOT_FAILED_STARTS - 1];

    return slot->reason == SLOT_START_TIMEOUT ||
           (first != 0 && now - first <= SLOT_FAILED_WITHIN_NS);
}

static void count_failed(struct slot *slot, int64_t now,
                         struct slot_actions *actions)
{
    memmove(slot->failed + 1, slot->failed,
            sizeof(slot->failed) - sizeof(slot->failed[0]));
    slot->failed[0] = now;
    if (!is_enough(slot, now))
        return;
    memset(slot->failed, 0, sizeof(slot->failed));
    act(actions, slot, SLOT_COMPLAIN);
}

static bool has_run_well(const struct slot *slot, int64_t now)
{
    int64_t ran = now - slot->reports_since;

    return slot->reports_since != 0 && ran >= SLOT_WELL_NS &&
           (slot->ends == 0 || ran >= slot_pause(slot->ends - 1));
}

/* It has ended, or could not even start, and is wanted all the same. */
static void back_off(struct slot *slot, int64_t now,
                     struct slot_actions *actions)
{
    bool ran = slot->reports_since != 0;

    if (has_run_well(slot, now))
        slot->ends = 0;
    slot->state = SLOT_BACKING_OFF;
    slot->due = now + slot_pause(slot->ends);
    if (slot->ends < UINT32_MAX)
        slot->ends++;
    if (!ran)
        count_failed(slot, now, actions);
    if (slot->due <= now)
        fetch(slot, actions);
}

static void forget_failures(struct slot *slot)
{
    slot->ends = 0;
    memset(slot->failed, 0, sizeof(slot->failed));
}

static bool is_by_order(enum slot_reason reason)
{
    return reason == SLOT_NOT_WANTED || reason == SLOT_ASSIGNMENT_CHANGED;
}

/* That somebody ends it says nothing about it; but its code may be who does
 * that, again and again. */
static bool is_by_others(const struct slot *slot, int64_t now)
{
    return slot->reason == SLOT_TERMINATED && slot->reports_since != 0 &&
           now - slot->reports_since >= SECOND_NS;
}

/* Nothing runs here now. */
static void over(struct slot *slot, int64_t now, struct slot_actions *actions)
{
    bool again = slot_same_worker(&slot->has, &slot->wanted) && !slot->done;

    slot->pid = 0;
    if (!again)
        leave(slot, actions);
    else if (is_by_order(slot->reason) || is_by_others(slot, now))
        fetch(slot, actions); /* wanted again meanwhile, or all the time */
    else
        back_off(slot, now, actions);
    slot->reports_since = 0;
}

/* -- events ---------------------------------------------------------------- */

static bool is_told_anew(const struct slot_wanted *a,
                         const struct slot_wanted *b)
{
    return a->version != b->version || a->active != b->active ||
           a->closing != b->closing;
}

/* The same worker as before. */
static void tell(struct slot *slot, struct slot_actions *actions)
{
    bool anew = is_told_anew(&slot->has, &slot->wanted);

    slot->has = slot->wanted;
    if (anew && slot->state == SLOT_RUNNING)
        act(actions, slot, SLOT_ORDER);
}

static void let_go(struct slot *slot, int64_t now, struct slot_actions *actions)
{
    if (slot->state == SLOT_STARTING || slot->state == SLOT_RUNNING)
        stop(slot,
             is_wanted(&slot->wanted) ? SLOT_ASSIGNMENT_CHANGED
                                      : SLOT_NOT_WANTED,
             now, actions);
    else
        leave(slot, actions);
}

static void on_wanted(struct slot *slot, const struct slot_wanted *wanted,
                      int64_t now, struct slot_actions *actions)
{
    bool same = slot_same_worker(&slot->wanted, wanted);

    if (!same)
        forget_failures(slot);
    slot->done &= same && wanted->closing;
    slot->wanted = *wanted;
    slot->told = true;
    if (slot->state == SLOT_EMPTY)
        take_wanted(slot, actions);
    else if (slot->state == SLOT_STOPPING)
        return; /* over() sees what is wanted then */
    else if (slot_same_worker(&slot->has, wanted))
        tell(slot, actions);
    else
        let_go(slot, now, actions);
}

static void on_files_ready(struct slot *slot, int64_t now,
                           struct slot_actions *actions)
{
    slot->state = SLOT_STARTING;
    slot->due = now + slot->times.start;
    slot->ticket++;
    act(actions, slot, SLOT_START);
}

static void fail_start(struct slot *slot, enum slot_reason reason,
                       const char *text, int64_t now,
                       struct slot_actions *actions)
{
    slot->reason = reason;
    slot_reason_text(slot->why, reason, NULL, 0, text);
    over(slot, now, actions);
}

static void on_started(struct slot *slot, const struct slot_event *event,
                       int64_t now, struct slot_actions *actions)
{
    check(event->pid > 0 && slot->pid == 0);
    slot->pid = event->pid;
    slot->start = event->start;
    if (slot->state == SLOT_STARTING)
        return;
    slot->due = now + slot->times.grace;
    act(actions, slot, SLOT_TERM);
}

/* There was no process to stop. */
static void on_not_started(struct slot *slot, const char *text, int64_t now,
                           struct slot_actions *actions)
{
    if (slot->state == SLOT_STARTING)
        fail_start(slot, SLOT_START_FAILED, text, now, actions);
    else
        over(slot, now, actions);
}

static void on_reported(struct slot *slot, const struct slot_event *event,
                        int64_t now, struct slot_actions *actions)
{
    const struct slot_wanted *knows = &event->wanted;

    if (slot->state == SLOT_STOPPING)
        return;
    if (slot->state == SLOT_STARTING) {
        slot->state = SLOT_RUNNING;
        slot->reports_since = now;
    }
    slot->due = now + slot->times.report;
    if (knows->version != slot->has.version ||
        knows->active != slot->has.active)
        act(actions, slot, SLOT_ORDER);
}

/* Of one that is not our child nothing is known, unless its last report said
 * that all is closed: what is killed says nothing either. */
static bool has_closed(const struct slot *slot, const struct slot_end *end)
{
    return slot->has.closing && !end->out_of_memory && end->known &&
           end->signal == 0 && end->status == 0;
}

static void on_ended(struct slot *slot, const struct slot_event *event,
                     int64_t now, struct slot_actions *actions)
{
    const struct slot_end *end = &event->end;

    if (slot->state != SLOT_STOPPING) {
        bool closed = has_closed(slot, end);

        slot->reason = closed ? SLOT_CLOSED : slot_reason_of(end);
        slot_reason_text(slot->why, slot->reason, end, 0, event->text);
        slot->done = closed;
    }
    over(slot, now, actions);
}

static void on_adopted(struct slot *slot, const struct slot_event *event,
                       int64_t now, struct slot_actions *actions)
{
    check(slot->pid == 0 && slot->state != SLOT_STARTING &&
          slot->state != SLOT_STOPPING && event->pid > 0);
    if (slot->directory && !slot_same_worker(&slot->has, &event->wanted))
        act(actions, slot, SLOT_REMOVE);
    if (!slot->told)
        slot->wanted = event->wanted; /* until somebody says otherwise */
    slot->has = event->wanted;
    slot->ticket++; /* of a fetch, none is under way now */
    slot->pid = event->pid;
    slot->start = event->start;
    slot->directory = true;
    slot->state = SLOT_RUNNING;
    slot->reports_since = now;
    slot->due = now + slot->times.report;
    if (slot_same_worker(&slot->has, &slot->wanted))
        tell(slot, actions);
    else
        let_go(slot, now, actions);
}

static void on_time(struct slot *slot, int64_t now,
                    struct slot_actions *actions)
{
    int64_t late = now - slot->due;

    if (late < 0)
        return;
    if (slot->state == SLOT_BACKING_OFF)
        fetch(slot, actions);
    else if (slot->state == SLOT_STOPPING) {
        slot->killed = true;
        slot->due = now + SLOT_KILL_AGAIN_NS;
        act(actions, slot, SLOT_KILL);
    } else if (late > SLOT_LATE_NS)
        slot->due = now + SLOT_LATE_NS;
    else
        stop(slot,
             slot->state == SLOT_STARTING ? SLOT_START_TIMEOUT
                                          : SLOT_REPORT_TIMEOUT,
             now, actions);
}

/* Whether it is about what is under way now. */
static bool is_meant(const struct slot *slot, const struct slot_event *event)
{
    switch (event->kind) {
    case SLOT_FILES_READY:
    case SLOT_FILES_FAILED:
        return slot->state == SLOT_FETCHING && event->ticket == slot->ticket;
    case SLOT_STARTED:
    case SLOT_NOT_STARTED:
        return event->ticket == slot->ticket && slot->pid == 0 &&
               (slot->state == SLOT_STARTING || slot->state == SLOT_STOPPING);
    case SLOT_REPORTED:
    case SLOT_ENDED:
        return slot->pid != 0 && event->pid == slot->pid;
    case SLOT_WANTED:
    case SLOT_ADOPTED:
    case SLOT_TIME:
        break;
    }
    return true;
}

void slot_step(struct slot *slot, const struct slot_event *event, int64_t now,
               struct slot_actions *actions)
{
    actions->n = 0;
    if (!is_meant(slot, event))
        return;
    switch (event->kind) {
    case SLOT_WANTED:
        on_wanted(slot, &event->wanted, now, actions);
        break;
    case SLOT_FILES_READY:
        on_files_ready(slot, now, actions);
        break;
    case SLOT_FILES_FAILED:
        fail_start(slot, SLOT_FETCH_FAILED, event->text, now, actions);
        break;
    case SLOT_STARTED:
        on_started(slot, event, now, actions);
        break;
    case SLOT_NOT_STARTED:
        on_not_started(slot, event->text, now, actions);
        break;
    case SLOT_REPORTED:
        on_reported(slot, event, now, actions);
        break;
    case SLOT_ENDED:
        on_ended(slot, event, now, actions);
        break;
    case SLOT_ADOPTED:
        on_adopted(slot, event, now, actions);
        break;
    case SLOT_TIME:
        on_time(slot, now, actions);
        break;
    }
}
