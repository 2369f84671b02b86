/* seating.c - where workers are, step by step; see seating.h. */
#include "nimbus/seating.h"
#include "nimbus/choice.h"
#include "nimbus/executor_share.h"
#include "topology-api/memory.h"
#include <inttypes.h>

/* -- as it is -------------------------------------------------------------- */

static const struct seat nowhere = {.supervisor = SLOT_NONE};

static enum worker_fate fate_of(const struct schedule_topology *t, uint32_t w)
{
    return t->fates == NULL ? WORKER_STAYS : t->fates[w];
}

/* An open supervisor sees to its workers itself. */
static bool is_lost(const struct seating *p, const struct plan *plan,
                    uint32_t w, struct seat seat)
{
    return fate_of(plan->t, w) == WORKER_LOST &&
           (seat.supervisor == SLOT_NONE ||
            !p->slots.supervisors[seat.supervisor].is->open);
}

static void sit(struct seating *p, struct plan *plan, uint32_t w)
{
    const struct assigned_worker *worker = &plan->t->present->workers[w];
    struct seat seat = {slot_table_find(&p->slots, worker->supervisor),
                        worker->port};

    plan->seats[w] = nowhere;
    if (!is_lost(p, plan, w, seat) && slot_table_take(&p->slots, seat))
        plan->seats[w] = seat;
}

static void sit_all(struct seating *p, struct plan *plan)
{
    if (plan->t->present == NULL)
        return;
    plan->n_workers = plan->t->present->n_workers;
    plan->seats = xcalloc(plan->n_workers, sizeof(*plan->seats));
    for (uint32_t w = 0; w < plan->n_workers; w++)
        sit(p, plan, w);
}

static int by_launch(const void *a, const void *b)
{
    const struct topology_record *x = ((const struct plan *)a)->t->record;
    const struct topology_record *y = ((const struct plan *)b)->t->record;

    if (x->launched_us != y->launched_us)
        return x->launched_us < y->launched_us ? -1 : 1;
    return strcmp(x->id, y->id);
}

void seating_init(struct seating *p, const struct scheduler *scheduler,
                  const struct schedule *s)
{
    *p = (struct seating){.scheduler = scheduler, .schedule = s};
    slot_table_init(&p->slots, s);
    p->mine = xcalloc(p->slots.n, sizeof(*p->mine));
    p->marked = xcalloc(p->slots.n, sizeof(*p->marked));
    p->plans = xcalloc(s->n_topologies, sizeof(*p->plans));
    for (uint32_t i = 0; i < s->n_topologies; i++)
        p->plans[i].t = &s->topologies[i];
    qsort(p->plans, s->n_topologies, sizeof(*p->plans), by_launch);
    for (uint32_t i = 0; i < s->n_topologies; i++)
        sit_all(p, &p->plans[i]);
}

void seating_fini(struct seating *p)
{
    for (uint32_t i = 0; i < p->schedule->n_topologies; i++)
        free(p->plans[i].seats);
    free(p->plans);
    free(p->mine);
    free(p->marked);
    slot_table_fini(&p->slots);
}

/* -- what a choice looks at ------------------------------------------------ */

static void mark(struct seating *p, const char *topology, bool value)
{
    for (uint32_t i = 0; i < p->schedule->n_marks; i++) {
        const struct schedule_mark *m = &p->schedule->marks[i];
        uint32_t v;

        if (strcmp(m->topology, topology) != 0)
            continue;
        v = slot_table_find(&p->slots, m->supervisor);
        if (v != SLOT_NONE)
            p->marked[v] = value;
    }
}

void seating_look(struct seating *p, const struct plan *plan)
{
    mark(p, plan->t->record->id, true);
    for (uint32_t w = 0; w < plan->n_workers; w++)
        if (plan->seats[w].supervisor != SLOT_NONE)
            p->mine[plan->seats[w].supervisor]++;
}

void seating_look_away(struct seating *p, const struct plan *plan)
{
    mark(p, plan->t->record->id, false);
    for (uint32_t w = 0; w < plan->n_workers; w++)
        if (plan->seats[w].supervisor != SLOT_NONE)
            p->mine[plan->seats[w].supervisor] = 0;
}

static void begin(struct seating *p, const struct plan *plan,
                  struct choice *choice)
{
    seating_look(p, plan);
    choice_init(choice, p->scheduler, &p->slots, p->mine, p->marked);
    seating_look_away(p, plan);
}

/* -- the steps ------------------------------------------------------------- */

static void give_reason(struct plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void give_reason(struct plan *plan, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(plan->t->reason, sizeof(plan->t->reason), format, args);
    va_end(args);
}

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

static uint32_t n_nowhere(const struct plan *plan)
{
    uint32_t n = 0;

    for (uint32_t w = 0; w < plan->n_workers; w++)
        n += plan->seats[w].supervisor == SLOT_NONE;
    return n;
}

/* As far as there are slots; how many are nowhere then. */
static uint32_t seat_all(struct seating *p, struct plan *plan)
{
    uint32_t n = n_nowhere(plan);
    struct choice choice;

    if (n == 0)
        return 0;
    begin(p, plan, &choice);
    for (uint32_t w = 0; w < plan->n_workers; w++) {
        if (plan->seats[w].supervisor != SLOT_NONE)
            continue;
        plan->seats[w] = choice_take(&choice);
        if (plan->seats[w].supervisor == SLOT_NONE)
            break;
        plan->moved = true;
        n--;
    }
    choice_fini(&choice);
    return n;
}

void seating_replace_lost(struct seating *p, struct plan *plan)
{
    uint32_t n = seat_all(p, plan);

    if (n > 0)
        give_reason(plan,
                    "waits for %" PRIu32 " more slot%s: of %" PRIu32
                    " worker%s so many are lost",
                    n, plural(n), plan->n_workers, plural(plan->n_workers));
}

/* A slot of a supervisor that is not marked, or nowhere. */
static struct seat seat_elsewhere(struct seating *p, const struct plan *plan,
                                  uint32_t w)
{
    uint32_t here = plan->seats[w].supervisor;
    struct seat seat = nowhere;
    struct choice choice;

    seating_look(p, plan);
    p->marked[here] = true;
    choice_init(&choice, p->scheduler, &p->slots, p->mine, p->marked);
    p->marked[here] = false;
    seating_look_away(p, plan);
    if (choice_best(&choice) != NULL && !choice_best(&choice)->marked)
        seat = choice_take(&choice);
    choice_fini(&choice);
    return seat;
}

/* On another supervisor. */
static bool has_free_slot_besides(const struct seating *p, uint32_t supervisor)
{
    return p->slots.n_free > slot_table_free(&p->slots, supervisor);
}

static void replace_failing(struct seating *p, struct plan *plan, uint32_t w)
{
    struct seat seat = seat_elsewhere(p, plan, w);

    if (seat.supervisor == SLOT_NONE) {
        give_reason(plan,
                    has_free_slot_besides(p, plan->seats[w].supervisor)
                        ? "has worker %" PRIu32 " where it fails to start, and "
                          "workers of it have failed on every other supervisor "
                          "that has a free slot, too"
                        : "has worker %" PRIu32 " where it fails to start, and "
                          "no slot of another supervisor is free",
                    w);
        return;
    }
    slot_table_give_back(&p->slots, plan->seats[w]);
    plan->seats[w] = seat;
    plan->moved = true;
}

void seating_replace_failing(struct seating *p, struct plan *plan)
{
    if (plan->t->present == NULL || plan->shared_anew)
        return;
    for (uint32_t w = 0; w < plan->n_workers; w++)
        if (plan->seats[w].supervisor != SLOT_NONE &&
            fate_of(plan->t, w) == WORKER_FAILS)
            replace_failing(p, plan, w);
}

/* -- all anew -------------------------------------------------------------- */

/* Workers that keep their seat whatever is rebalanced. */
static uint32_t n_kept(const struct seating *p, const struct plan *plan,
                       uint32_t wanted)
{
    if (!p->scheduler->keeps)
        return 0;
    return wanted < plan->n_workers ? wanted : plan->n_workers;
}

/* Slots that are free if only the first `kept` workers keep theirs. */
static uint32_t would_be_free(const struct seating *p, const struct plan *plan,
                              uint32_t kept)
{
    uint32_t n = p->slots.n_free;

    for (uint32_t w = kept; w < plan->n_workers; w++) {
        uint32_t v = plan->seats[w].supervisor;

        n += v != SLOT_NONE && p->slots.supervisors[v].is->open;
    }
    return n;
}

static uint32_t n_seated(const struct plan *plan, uint32_t n)
{
    uint32_t seated = 0;

    for (uint32_t w = 0; w < n; w++)
        seated += plan->seats[w].supervisor != SLOT_NONE;
    return seated;
}

static void resize(struct seating *p, struct plan *plan, uint32_t kept,
                   uint32_t n)
{
    for (uint32_t w = kept; w < plan->n_workers; w++)
        if (plan->seats[w].supervisor != SLOT_NONE)
            slot_table_give_back(&p->slots, plan->seats[w]);
    plan->seats = xreallocarray(plan->seats, n, sizeof(*plan->seats));
    for (uint32_t w = kept; w < n; w++)
        plan->seats[w] = nowhere;
    plan->n_workers = n;
    plan->shared_anew = true;
}

/* So many workers. All or nothing. */
static bool place_anew(struct seating *p, struct plan *plan, uint32_t wanted,
                       const char *what)
{
    uint32_t kept = n_kept(p, plan, wanted);
    uint32_t n_free = would_be_free(p, plan, kept);
    uint32_t needed = wanted - n_seated(plan, kept);

    if (needed > n_free) {
        uint32_t more = needed - n_free;

        give_reason(plan,
                    "%swaits for %" PRIu32 " more slot%s: %" PRIu32
                    " wanted, %" PRIu32 " free",
                    what, more, plural(more), needed, n_free);
        return false;
    }
    plan->t->reason[0] = '\0';
    plan->t->granted = true;
    resize(p, plan, kept, wanted);
    seat_all(p, plan);
    return true;
}

/* As many workers as there are slots for; one at least, which waits. */
static uint32_t n_that_fit(const struct seating *p, const struct plan *plan,
                           uint32_t wanted)
{
    for (uint32_t n = wanted; n > 1; n--) {
        uint32_t kept = n_kept(p, plan, n);

        if (n - n_seated(plan, kept) <= would_be_free(p, plan, kept))
            return n;
    }
    return 1;
}

/* Its spouts rest until it is done. */
void seating_rebalance(struct seating *p, struct plan *plan)
{
    uint32_t wanted = executor_share_workers(plan->t->record);

    if (plan->t->present != NULL && plan->t->rebalance)
        place_anew(p, plan, n_that_fit(p, plan, wanted),
                   "is to be rebalanced, and ");
}

void seating_launch(struct seating *p, struct plan *plan)
{
    if (plan->t->present == NULL)
        place_anew(p, plan, executor_share_workers(plan->t->record), "");
}
