/* spout_task.c - runs a spout: next, ack, fail, waiting; see spout_task.h. */
#include "worker/spout_task.h"
#include "common/check.h"
#include "common/config.h"
#include "topology-api/memory.h"
#include "worker/backoff.h"
#include "worker/hooks.h"
#include "worker/memory_wait.h"
#include "worker/position_store.h"
#include "worker/spout_messages.h"
#include "worker/spout_room.h"
#include "worker/spout_owed.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <errno.h>
#include <stdlib.h>

#define RUN_NS 50000      /* a run of `next` calls */
#define RUN_EMITS_MIN 16  /* so many emits at first … */
#define RUN_EMITS 512     /* … or so many emits */
#define CALLS_PER_LOOK 16 /* calls of `next` between looks at the clock */
#define SETTLE_PER_RUN 4096
#define POSITION_RESTING_NS 10000000

static struct carrier *carrier_of(const struct task *t)
{
    return t->executor->carrier;
}

static struct env *env_of(const struct task *t)
{
    return t->executor->worker->env;
}

/* -- positions ------------------------------------------------------------- */

/* What waits for messages that only a spout that is active emits again does not
 * become durable by waiting. */
static void note_saved(struct task *t, bool owes)
{
    struct spout_part *sp = t->spout;
    bool unsaved =
        positions_wait(&sp->positions) && !(owes && sp->pending.n == 0);

    if (atomic_exchange_explicit(&sp->unsaved, unsaved, memory_order_relaxed) &&
        !unsaved)
        worker_quiet(t->executor->worker);
}

static void save_positions(struct task *t)
{
    struct spout_part *sp = t->spout;
    uint64_t oldest = pending_oldest(&sp->pending);
    uint64_t owed = owed_oldest(&sp->owed);

    positions_advance(&sp->positions, owed < oldest ? owed : oldest);
    if (sp->positions.changed) {
        if (t->executor->worker->positions != NULL)
            position_store_save(t->executor->worker->positions, t,
                                &sp->positions);
        positions_saved(&sp->positions);
    }
    note_saved(t, owed < oldest);
}

/* While a spout rests, somebody may wait until all that it did is kept: it is
 * to go on elsewhere from there. */
static int64_t position_resting_ns(const struct worker_config *config)
{
    return config->position_interval_ns < POSITION_RESTING_NS
               ? config->position_interval_ns
               : POSITION_RESTING_NS;
}

void spout_awaits_position(struct task *t)
{
    const struct worker *w = t->executor->worker;
    struct timer *timer = &t->spout->position_timer;

    if (w->positions == NULL || timers_has(timer))
        return;
    timers_add(&carrier_of(t)->timers, timer,
               carrier_of(t)->now + (t->spout->active
                                         ? w->config.position_interval_ns
                                         : position_resting_ns(&w->config)));
}

/* Not again if none can become durable: then the next one that is set wakes
 * it, or the spout that emits again. */
static void position_due(struct timer *timer, int64_t now)
{
    char *at = (char *)timer - offsetof(struct spout_part, position_timer);
    struct spout_part *sp = (struct spout_part *)(void *)at;

    (void)now;
    save_positions(sp->task);
    if (sp->active ? positions_wait(&sp->positions)
                   : atomic_load_explicit(&sp->unsaved, memory_order_relaxed))
        spout_awaits_position(sp->task);
}

/* -- waiting --------------------------------------------------------------- */

static void unwatch(struct task *t)
{
    struct spout_part *sp = t->spout;
    struct carrier *c = carrier_of(t);

    if (sp->watched < 0)
        return;
    carrier_unwatch_fd(c, sp->watched, &sp->watch);
    check(c->n_watched > 0);
    sp->watched = -1;
    c->n_watched--;
}

void spout_wake(struct task *t)
{
    struct spout_part *sp = t->spout;

    atomic_store_explicit(&sp->exhausted, false, memory_order_relaxed);
    sp->waiting = false;
    sp->backoff_ns = 0;
    timers_remove(&carrier_of(t)->timers, &sp->wait_timer);
    unwatch(t);
    carrier_schedule(t->executor, carrier_of(t));
}

static void wait_over(struct timer *timer, int64_t now)
{
    char *at = (char *)timer - offsetof(struct spout_part, wait_timer);
    struct spout_part *sp = (struct spout_part *)(void *)at;
    int64_t backoff = sp->backoff_ns;

    (void)now;
    spout_wake(sp->task);
    sp->backoff_ns = backoff;
}

static void is_ready(struct carrier_watch *watch, uint32_t events)
{
    char *at = (char *)watch - offsetof(struct spout_part, watch);

    (void)events; /* whatever it is, `next` will see it */
    spout_wake(((struct spout_part *)(void *)at)->task);
}

/* It waits as if it had said nothing else. */
__attribute__((noinline, cold)) static void report_watch(struct task *t,
                                                         int error)
{
    char text[200];

    snprintf(text, sizeof(text), "gale_wait_fd: cannot wait for %d: %s",
             t->spout->says_fd, strerror(error));
    task_report(t, text);
    if (t->spout->says_until == INT64_MAX)
        t->spout->says_until = carrier_of(t)->now + BACKOFF_MAX_NS;
}

/* Nobody could say when it is ready in a world that is made up. */
__attribute__((noinline, cold)) static void refuse_watch(struct task *t)
{
    char text[200];

    snprintf(text, sizeof(text),
             "descriptor %d is no regular file: a run from a seed cannot wait "
             "for it; read a file, or run without --seed",
             t->spout->says_fd);
    task_fatal(t, "gale_wait_fd", text);
}

/* True if the descriptor is always ready (a regular file). */
static bool watch(struct task *t)
{
    struct spout_part *sp = t->spout;
    struct carrier *c = carrier_of(t);
    int result = carrier_watch_fd(c, sp->says_fd, sp->says_events, &sp->watch);

    if (result == 0) {
        sp->watched = sp->says_fd;
        c->n_watched++;
    } else if (result < 0 && env_of(t)->simulated && errno == ENOTSUP) {
        refuse_watch(t);
    } else if (result < 0) {
        report_watch(t, errno);
    }
    return result > 0;
}

/* `next` emitted nothing or said what it waits for: stop calling it. */
static void begin_wait(struct task *t)
{
    struct spout_part *sp = t->spout;
    struct timers *timers = &carrier_of(t)->timers;

    check(!sp->waiting && sp->watched < 0);

    if (!sp->says_something) {
        sp->backoff_ns = backoff_next(sp->backoff_ns);
        sp->says_until = carrier_of(t)->now + sp->backoff_ns;
    }
    if (sp->says_fd >= 0 && watch(t))
        return;
    sp->waiting = true;
    if (sp->says_until != INT64_MAX)
        timers_change(timers, &sp->wait_timer, sp->says_until);
}

static void forget_wait(struct spout_part *sp)
{
    sp->says_something = false;
    sp->says_wakeup = false;
    sp->says_fd = -1;
    sp->says_until = INT64_MAX;
}

/* -- running --------------------------------------------------------------- */

static bool can_call_next(const struct task *t)
{
    const struct spout_part *sp = t->spout;

    return sp->active && !sp->waiting && !sp->exhausted &&
           sp->pending.n < sp->max_pending && t->executor->stalled == NULL;
}

static bool call_next(struct task *t)
{
    struct spout_part *sp = t->spout;
    uint64_t emits = task_emits(t);
    gale_result result;

    forget_wait(sp);
    result = t->component->spout.next(&t->public);
    if (__builtin_expect((result != GALE_OK) | t->said, 0) &&
        !task_result(t, "next", result))
        return false;
    if (task_emits(t) == emits || sp->says_something) {
        if (!sp->exhausted)
            begin_wait(t);
        return !sp->waiting && !sp->exhausted;
    }
    sp->backoff_ns = 0;
    return true;
}

/* The first runs are short: until consumers have executed something, nobody
 * knows how much may be sent to them. */
static void speed_up(struct spout_part *sp)
{
    if (sp->run_emits < RUN_EMITS)
        sp->run_emits *= 2;
}

/* The run has taken so long; the next one begins at that time. */
static void look_at_end(struct carrier *c)
{
    c->now = c->env->ops->now(c->env);
    c->fresh = true;
}

/* Quick calls are looked at together, slow ones one by one. */
static void look_at_clock(struct task *t)
{
    struct spout_part *sp = t->spout;
    struct carrier *c = carrier_of(t);
    int64_t before = c->now;

    c->now = c->env->ops->now(c->env);
    sp->slow = t->executor->blocking || c->now - before > RUN_NS;
    if (sp->slow)
        sp->calls_per_look = 1;
    else if (sp->calls_per_look < CALLS_PER_LOOK &&
             c->now - before < RUN_NS / CALLS_PER_LOOK)
        sp->calls_per_look *= 2;
}

/* Calls `next` for a while; true if there is more to come. */
static bool work(struct task *t)
{
    struct carrier *c = carrier_of(t);
    int64_t start = c->now;
    uint64_t emits;
    uint32_t calls = 0;

    if (!can_call_next(t) ||
        (memory_is_scarce(c->worker) && memory_wait_meets(t->executor)))
        return false;
    emits = task_emits(t);
    task_enter(t, CALL_NEXT);
    while (can_call_next(t) && call_next(t)) {
        if (task_emits(t) - emits >= t->spout->run_emits) {
            speed_up(t->spout);
            break;
        }
        if (t->executor->blocking && t->executor->dirty != NULL)
            break; /* what it emitted cannot wait until the next one returns */
        if (++calls < t->spout->calls_per_look)
            continue;
        calls = 0;
        look_at_clock(t);
        if (c->now - start > RUN_NS)
            break;
    }
    task_leave(t);
    look_at_end(c);
    return can_call_next(t);
}

static void tell_one(struct task *t, const struct settled *s)
{
    const gale_spout *spout = &t->component->spout;

    if (t->hooks != NULL)
        hooks_told(t, s->id, s->acked);
    if (s->acked) {
        if (spout->ack != NULL) /* else a hook alone wants to know */
            spout->ack(&t->public, s->id);
        return;
    }
    spout->fail(&t->public, s->id);
    /* There may be something to emit again. */
    if (t->spout->exhausted || t->spout->waiting)
        spout_wake(t);
}

/* True if some are left for the next run. What there is to emit again, `next`
 * emits, when there is room for it. */
static bool tell_settled(struct task *t)
{
    struct settled_queue *q = &t->spout->settled;

    if (q->n == 0)
        return false;
    task_enter(t, CALL_TOLD);
    for (uint32_t i = 0; i < SETTLE_PER_RUN && q->n > 0; i++)
        tell_one(t, settled_pop(q));
    task_leave(t);
    task_forget_text(t);
    look_at_end(carrier_of(t));
    return q->n > 0;
}

enum run_result spout_run(struct executor *e)
{
    bool more = false;

    executor_control(e);
    executor_unstall(e); /* also at the end: then it waits for nothing more */
    if (worker_halted(e->worker) || e->closed)
        return RUN_IDLE;
    for (uint32_t i = 0; i < e->n_tasks; i++)
        more |= tell_settled(e->tasks[i]);
    for (uint32_t i = 0; i < e->n_tasks && e->stalled == NULL; i++)
        more |= work(e->tasks[i]);
    for (uint32_t i = 0; i < e->n_tasks; i++) {
        spout_count_settled(e->tasks[i]);
        spout_arm_expiry(e->tasks[i]); /* also of what a post emitted */
        spout_room_look(e->tasks[i]);
        /* What nobody took was settled by `next` itself. */
        more |= e->tasks[i]->spout->settled.n > 0;
    }
    if (e->stalled != NULL)
        return RUN_STALLED;
    return more ? RUN_MORE : RUN_IDLE;
}

/* -- to another carrier ---------------------------------------------------- */

static void for_timers(struct carrier *c, struct spout_part *sp,
                       void (*fn)(struct carrier *c, struct timer *timer))
{
    fn(c, &sp->wait_timer);
    fn(c, &sp->expire_timer);
    fn(c, &sp->room.timer);
    fn(c, &sp->position_timer);
    fn(c, &sp->pause_timer);
}

void spout_leaves(struct task *t, struct carrier *c)
{
    struct spout_part *sp = t->spout;

    for_timers(c, sp, carrier_timer_leaves);
    if (sp->watched < 0)
        return;
    carrier_unwatch_fd(c, sp->watched, &sp->watch);
    c->n_watched--;
}

/* What cannot be watched any more, `next` sees. */
void spout_arrives(struct task *t, struct carrier *c)
{
    struct spout_part *sp = t->spout;

    for_timers(c, sp, carrier_timer_arrives);
    if (sp->watched < 0)
        return;
    if (carrier_watch_fd(c, sp->watched, sp->says_events, &sp->watch) == 0) {
        c->n_watched++;
        return;
    }
    sp->watched = -1;
    spout_wake(t);
}

/* -- life ------------------------------------------------------------------ */

static void open(struct task *t)
{
    const gale_spout *spout = &t->component->spout;

    if (worker_halted(t->executor->worker))
        return;
    t->opened = true;
    if (t->hooks != NULL)
        hooks_prepare(t);
    task_enter(t, CALL_OPEN);
    if (spout->open != NULL)
        task_result(t, "open", spout->open(&t->public));
    task_leave(t);
    task_allow_emit(t, true);
}

void spout_hears_the_rest(struct task *t)
{
    if (!t->opened)
        return;
    task_allow_emit(t, false);
    spout_rests_no_more(t);
    tell_settled(t);
    task_allow_emit(t, true);
}

static void call_activate(struct task *t, bool active)
{
    const gale_spout *spout = &t->component->spout;
    void (*fn)(gale_task *) = active ? spout->activate : spout->deactivate;

    t->spout->active = active;
    task_enter(t, CALL_ACTIVATE);
    if (fn != NULL)
        fn(&t->public);
    task_leave(t);
}

/* A run that fails, or is stopped at once, has left it active. */
static void close(struct task *t)
{
    const gale_spout *spout = &t->component->spout;
    struct spout_part *sp = t->spout;
    struct timers *timers = &carrier_of(t)->timers;

    task_allow_emit(t, false);
    if (sp->active)
        call_activate(t, false);
    save_positions(t);
    spout_count_settled(t);
    sp->closed = true;
    timers_remove(timers, &sp->wait_timer);
    timers_remove(timers, &sp->expire_timer);
    timers_remove(timers, &sp->room.timer);
    timers_remove(timers, &sp->position_timer);
    unwatch(t);
    task_enter(t, CALL_CLOSE);
    if (spout->close != NULL)
        spout->close(&t->public, GALE_CLOSE_END);
    task_leave(t);
    if (t->hooks != NULL)
        hooks_cleanup(t);
    outbox_close(t);
}

static void set_active(struct task *t, bool active)
{
    if (t->spout->active == active || worker_halted(t->executor->worker))
        return;
    if (!active)
        spout_rests_no_more(t);
    if (!active && timers_has(&t->spout->position_timer))
        timers_change(&carrier_of(t)->timers, &t->spout->position_timer,
                      carrier_of(t)->now);
    if (active && positions_wait(&t->spout->positions))
        spout_awaits_position(t);
    call_activate(t, active);
}

/* All that it was is gone, but for the positions that were saved. */
static void begin_anew(struct task *t)
{
    struct timers *timers = &carrier_of(t)->timers;
    struct position_store *store = t->executor->worker->positions;
    bool active = t->spout->active;
    gale_err error;

    timers_remove(timers, &t->spout->wait_timer);
    timers_remove(timers, &t->spout->expire_timer);
    timers_remove(timers, &t->spout->room.timer);
    timers_remove(timers, &t->spout->position_timer);
    timers_remove(timers, &t->spout->pause_timer);
    unwatch(t);
    spout_part_free(t->spout);
    t->spout = spout_part_new(t);
    task_use(t, t->component);
    counter_set(&t->counters.pending, 0);
    counter_set(&t->counters.resting, 0);
    for (uint32_t i = 0; i < t->n_streams; i++) {
        counter_set(&t->streams[i].messages.pending, 0);
        t->streams[i].messages.n_acked = 0;
    }
    if (store != NULL &&
        position_store_load(store, t, &t->spout->positions, &error) != 0) {
        worker_fail(t->executor->worker, error.text);
        return;
    }
    open(t);
    set_active(t, active);
}

void spout_control(struct task *t, enum message_kind kind)
{
    switch (kind) {
    case MESSAGE_RESET:
        begin_anew(t);
        break;
    case MESSAGE_OPEN:
        open(t);
        break;
    case MESSAGE_CLOSE:
        if (t->opened)
            close(t);
        break;
    case MESSAGE_ACTIVATE:
    case MESSAGE_DEACTIVATE:
        set_active(t, kind == MESSAGE_ACTIVATE);
        break;
    default:
        break;
    }
}

struct spout_part *spout_part_new(struct task *t)
{
    struct spout_part *sp = xcalloc(1, sizeof(*sp));

    sp->task = t;
    sp->watched = -1;
    sp->watch.ready = is_ready;
    sp->run_emits = RUN_EMITS_MIN;
    sp->calls_per_look = 1;
    sp->slow = t->executor->blocking;
    sp->tracks = t->executor->worker->config.acking && t->n_streams > 0;
    sp->simple = sp->tracks;
    spout_room_init(sp);
    pending_init(&sp->pending, random_next(&t->random));
    forget_wait(sp);
    sp->wait_timer.fire = wait_over;
    sp->expire_timer.fire = spout_expire;
    sp->position_timer.fire = position_due;
    sp->pause_timer.fire = spout_rested;
    return sp;
}

void spout_part_free(struct spout_part *sp)
{
    if (sp == NULL)
        return;
    pending_fini(&sp->pending);
    positions_fini(&sp->positions);
    owed_fini(&sp->owed);
    pauses_fini(&sp->pauses);
    settled_fini(&sp->settled);
    free(sp);
}
