/* spout_owed.c - messages that failed, and those that failed too often; see
 * spout_owed.h. */
#include "worker/spout_owed.h"
#include "worker/cause.h"
#include "worker/worker.h"

/* Of messages that no position waits for, at least so many are remembered … */
#define REMEMBERED_MIN 4096u
#define REMEMBERED_RINGS 4u /* … or so many times what may be pending */

static struct worker *worker_of(const struct task *t)
{
    return t->executor->worker;
}

static void note_dead(struct spout_part *sp)
{
    sp->simple = sp->tracks && sp->owed.n_dead == 0;
}

void spout_forgets(struct spout_part *sp, gale_msgid id)
{
    owed_remove(&sp->owed, id);
    note_dead(sp);
}

void spout_owed_acked(struct task *t, gale_msgid id)
{
    const struct owed_message *m = owed_find(&t->spout->owed, id);

    if (m != NULL && m->dead)
        counter_add(&t->counters.dead, 1);
    spout_forgets(t->spout, id);
}

struct cause *spout_late(const struct task *t)
{
    if (!letter_rule_asks(worker_of(t)->config.letters))
        return NULL;
    return cause_new(0, false,
                     "was not settled within topology.message.timeout.secs");
}

/* -- it failed ------------------------------------------------------------- */

/* What a position waits for must be remembered; of others it is enough to know
 * those that fail again and again. */
static void bound(struct task *t)
{
    struct spout_part *sp = t->spout;
    uint32_t most = sp->pending.capacity * REMEMBERED_RINGS;

    if (most < REMEMBERED_MIN)
        most = REMEMBERED_MIN;
    if (worker_of(t)->positions == NULL && sp->owed.n > most)
        owed_forget_before(&sp->owed, most / 2);
}

static uint32_t count(struct task *t, const struct pending_entry *e,
                      struct cause *cause)
{
    struct letter_rule rule = worker_of(t)->config.letters;
    bool poison = cause != NULL && cause->poison;
    struct owed *owed = &t->spout->owed;
    struct owed_message *m = owed_add(owed, e->id, pending_born(e), cause);
    uint32_t failures = m->failures;

    owed_set_dead(owed, m, letter_rule_ends(rule, failures, poison));
    bound(t);
    return failures;
}

/* The spout has no `fail`. */
static void fail_unheard(struct task *t, gale_msgid id, struct cause *cause)
{
    struct watcher *w = worker_of(t)->watcher;

    spout_letter_lost(t, id, cause);
    if (w != NULL && w->unheard != NULL)
        w->unheard(w, t, id);
}

uint32_t spout_owes(struct task *t, const struct pending_entry *e,
                    struct cause *cause)
{
    struct owed *owed = &t->spout->owed;
    struct owed_message *m;
    uint32_t failures;

    if (t->component->spout.fail == NULL) {
        fail_unheard(t, e->id, cause);
        return 1;
    }
    m = owed_find(owed, e->id);
    if (m != NULL && m->dead) { /* its letter was not kept */
        owed_set_dead(owed, m, false);
        free(cause);
        failures = ++m->attempts + m->failures;
    } else {
        failures = count(t, e, cause);
    }
    note_dead(t->spout);
    return failures;
}

/* -- it rests -------------------------------------------------------------- */

static void set_timer(struct task *t)
{
    struct spout_part *sp = t->spout;
    struct timers *timers = &t->executor->carrier->timers;

    counter_set(&t->counters.resting, sp->pauses.n);
    if (sp->pauses.n > 0)
        timers_change(timers, &sp->pause_timer, pauses_due(&sp->pauses));
    else
        timers_remove(timers, &sp->pause_timer);
}

bool spout_rests(struct task *t, gale_msgid id, uint32_t failures)
{
    struct spout_part *sp = t->spout;
    const struct owed_message *m;

    if (pauses_ns(failures) == 0 || !sp->active)
        return false;
    m = owed_find(&sp->owed, id);
    if (m == NULL || m->dead) /* its letter need not wait */
        return false;
    pauses_add(&sp->pauses, id, failures, t->executor->carrier->now);
    set_timer(t);
    return true;
}

static void tell_rested(struct task *t, int64_t now)
{
    struct spout_part *sp = t->spout;
    gale_msgid id;

    while (pauses_take(&sp->pauses, now, &id))
        settled_push(&sp->settled, id, false);
    set_timer(t);
}

void spout_rested(struct timer *timer, int64_t now)
{
    char *at = (char *)timer - offsetof(struct spout_part, pause_timer);
    struct task *t = ((struct spout_part *)(void *)at)->task;

    tell_rested(t, now);
    carrier_schedule(t->executor, t->executor->carrier);
}

void spout_rests_no_more(struct task *t)
{
    tell_rested(t, INT64_MAX);
}
