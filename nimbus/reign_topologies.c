/* reign_topologies.c - each topology's life, and what follows from its steps;
 * see reign.h. */
#include "nimbus/by_id.h"
#include "nimbus/reign_in.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

/* -- all of them ----------------------------------------------------------- */

struct topology *reign_find(const struct reign *r, const char *id)
{
    char *found = by_id_find(&r->topologies_by_id, id);

    if (found == NULL)
        return NULL;
    found -= offsetof(struct topology, record.id);
    return (struct topology *)(void *)found;
}

struct topology *reign_find_name(const struct reign *r, const char *name)
{
    struct topology *newest = NULL;

    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        if (!t->removed && strcmp(t->record.name, name) == 0)
            newest = t;
    return newest;
}

/* Ids are NAME-NUMBER-SECONDS. */
static uint64_t number_of(const char *id)
{
    const char *seconds = strrchr(id, '-');
    const char *number = seconds;

    while (number > id && number[-1] != '-')
        number--;
    return strtoull(number, NULL, 10);
}

static struct topology *topology_new(struct reign *r,
                                     struct topology_record *record)
{
    struct topology *t = xcalloc(1, sizeof(*t));
    uint64_t number = number_of(record->id);

    t->reign = r;
    t->record = *record;
    t->wants.due_us = INT64_MAX;
    drain_init(&t->drain, record->turns, r->options.epoch << 32 | 1);
    if (number > r->submissions)
        r->submissions = number;
    by_id_add(&r->topologies_by_id, t->record.id);
    return t;
}

struct topology *reign_add(struct reign *r, struct topology_record *record)
{
    struct topology *t = topology_new(r, record);
    struct topology **link = &r->topologies;

    while (*link != NULL && (*link)->record.launched_us <= record->launched_us)
        link = &(*link)->next;
    t->next = *link;
    *link = t;
    return t;
}

void reign_add_found(struct reign *r, struct topology_record *record)
{
    struct topology *t = topology_new(r, record);

    t->next = r->topologies;
    r->topologies = t;
}

/* Of those that were launched at one time, the id decides. */
static int by_launch(const void *a, const void *b)
{
    const struct topology *x = *(struct topology *const *)a;
    const struct topology *y = *(struct topology *const *)b;

    if (x->record.launched_us != y->record.launched_us)
        return x->record.launched_us < y->record.launched_us ? -1 : 1;
    return strcmp(x->record.id, y->record.id);
}

void reign_sort(struct reign *r)
{
    struct topology **all, **link = &r->topologies;
    uint32_t n = 0, i = 0;

    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        n++;
    all = xcalloc(n, sizeof(struct topology *));
    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        all[i++] = t;
    qsort(all, n, sizeof(struct topology *), by_launch);
    for (i = 0; i < n; i++) {
        *link = all[i];
        link = &all[i]->next;
    }
    *link = NULL;
    free(all);
}

static void topology_free(struct topology *t)
{
    by_id_remove(&t->reign->topologies_by_id, t->record.id);
    loop_timer_clear(&t->due);
    assignment_record_free(&t->assignment);
    drain_free(&t->drain);
    reign_errors_forget(t);
    reign_counters_forget(t);
    topology_record_free(&t->record);
    free(t->seen);
    free(t);
}

void reign_remove(struct topology *t)
{
    t->removed = t->reign->any_removed = true;
}

void reign_sweep(struct reign *r)
{
    struct topology **link = &r->topologies, *t;

    if (!r->any_removed)
        return;
    r->any_removed = false;
    while ((t = *link) != NULL) {
        if (!t->removed) {
            link = &t->next;
            continue;
        }
        *link = t->next;
        topology_free(t);
    }
}

void reign_forget_all(struct reign *r)
{
    struct known_supervisor *s;

    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        reign_remove(t);
    reign_sweep(r);
    while ((s = r->supervisors) != NULL) {
        r->supervisors = s->next;
        reign_supervisor_free(r, s);
    }
}

/* -- what is written ------------------------------------------------------- */

void reign_want_record(struct topology *t)
{
    struct reign *r = t->reign;
    char path[REIGN_PATH_MAX];
    struct pack p;

    reign_path(path, "/topologies", t->record.id);
    pack_init(&p);
    check(topology_record_pack(&t->record, r->options.records_key, &p, NULL) ==
          0);
    if (mirror_want(r->mirror, path, p.buffer.data, p.buffer.size))
        t->change = mirror_changes(r->mirror);
    pack_free(&p);
}

static void want_assignment(struct topology *t)
{
    struct reign *r = t->reign;
    char path[REIGN_PATH_MAX];
    struct pack p;

    reign_path(path, "/assignments", t->record.id);
    if (!t->assigned) {
        mirror_want(r->mirror, path, NULL, 0);
        return;
    }
    pack_init(&p);
    check(assignment_record_pack(&t->assignment, r->options.records_key, &p,
                                 NULL) == 0);
    mirror_want(r->mirror, path, p.buffer.data, p.buffer.size);
    pack_free(&p);
}

/* -- what follows from a step ---------------------------------------------- */

static void tell_liveness(struct topology *t)
{
    reign_liveness(t->reign,
                   &(struct liveness_event){
                       .kind = LIVENESS_ASSIGNED,
                       .topology = t->record.id,
                       .assignment = t->assigned ? &t->assignment : NULL,
                   });
}

struct worker_sums reign_sums(const struct topology *t)
{
    struct worker_sums s = t->past;

    for (uint32_t i = 0; i < t->n_seen; i++) {
        s.acked += t->seen[i].acked;
        s.failed += t->seen[i].failed;
        s.pending += t->seen[i].pending;
        s.executed += t->seen[i].executed;
    }
    return s;
}

/* What its workers have done is shown as long as it is listed. */
static void release(struct topology *t)
{
    if (!t->assigned)
        return;
    t->past = reign_sums(t);
    t->past.pending = 0;
    assignment_record_free(&t->assignment);
    t->assigned = false;
    free(t->seen);
    t->seen = NULL;
    t->n_seen = 0;
    want_assignment(t);
    tell_liveness(t);
}

/* Who waited for its end begins. */
static void tell_successors(struct topology *t)
{
    struct reign *r = t->reign;

    for (struct topology *other = r->topologies; other != NULL;
         other = other->next)
        if (strcmp(other->record.waits_for, t->record.id) == 0)
            reign_step(other,
                       &(struct life_event){.kind = LIFE_BEFORE_GONE,
                                            .runs = other->assigned},
                       NULL);
}

static void remove_it(struct topology *t)
{
    struct reign *r = t->reign;
    char path[REIGN_PATH_MAX];

    if (t->removed)
        return;
    release(t);
    reign_path(path, "/topologies", t->record.id);
    mirror_want(r->mirror, path, NULL, 0);
    reign_errors_unwant(t);
    loop_timer_clear(&t->due);
    reign_remove(t);
    log_info(r->options.log, t->record.id, "it is gone");
    leavings_add(r->leavings, t->record.id, mirror_changes(r->mirror));
    tell_successors(t);
}

static void due(void *arg)
{
    struct topology *t = arg;
    struct reign *r = t->reign;
    char text[300];

    if (drain_given_up(&t->drain, text, sizeof(text)))
        log_warn(r->options.log, t->record.id, "the wait is over: %s", text);
    reign_step(t, &(struct life_event){.kind = LIFE_DUE, .runs = t->assigned},
               NULL);
    reign_sweep(r);
}

static void set_due(struct topology *t, int64_t due_us)
{
    struct reign *r = t->reign;
    int64_t at;

    if (due_us == INT64_MAX) {
        loop_timer_clear(&t->due);
        return;
    }
    at = reign_now(r) + due_us * 1000;
    if (t->due.at == 0 || at < t->due.at)
        loop_timer_set(r->options.loop, &t->due, at, due, t);
}

static enum drain_goal goal_of(enum life_drain drain)
{
    static const enum drain_goal goals[] = {
        [LIFE_DRAIN_NOTHING] = DRAIN_NOTHING,
        [LIFE_DRAIN_WATCH] = DRAIN_WATCH,
        [LIFE_DRAIN_STOP] = DRAIN_STOP,
        [LIFE_DRAIN_END] = DRAIN_END,
    };

    return goals[drain];
}

static void follow(struct topology *t, const struct life_actions *a)
{
    if (a->remove) {
        remove_it(t);
        return;
    }
    if (a->write)
        reign_want_record(t);
    if (a->release)
        release(t);
    t->wants = *a;
    set_due(t, a->due_us);
    reign_drain(t, &(struct drain_event){.kind = DRAIN_SET_GOAL,
                                         .goal = goal_of(a->drain)});
}

int reign_step(struct topology *t, const struct life_event *event,
               gale_err *error)
{
    struct reign *r = t->reign;
    enum topology_status before = t->record.status;
    struct topology_record next;
    struct life_actions actions;

    if (t->removed || r->frozen)
        return 0;
    topology_record_copy(&t->record, &next);
    if (topology_life_step(&next, event, reign_wall_us(r), &actions, error) !=
        0) {
        topology_record_free(&next);
        return -1;
    }
    topology_record_free(&t->record);
    t->record = next;
    if (event->kind == LIFE_REBALANCE && before == TOPOLOGY_REBALANCING)
        actions.assign |= t->wants.assign; /* it is drained already */
    if (t->record.status != before) {
        loop_timer_clear(&t->due);
        log_info(r->options.log, t->record.id, "%s, was %s",
                 topology_status_words[t->record.status],
                 topology_status_words[before]);
    }
    follow(t, &actions);
    reign_round_soon(r);
    return 0;
}

/* -- nobody is there ------------------------------------------------------- */

bool reign_is_deserted(const struct topology *t)
{
    const struct liveness *l = &t->reign->liveness;

    for (uint32_t i = 0; i < t->n_seen; i++)
        if (!worker_up_is_down(&t->seen[i].up) &&
            liveness_fate(l, t->record.id, i) != WORKER_LOST)
            return false;
    return t->assigned;
}

void reign_look_deserted(struct topology *t)
{
    if (t->record.action == TOPOLOGY_STAY || t->wants.assign || t->removed ||
        !reign_is_deserted(t))
        return;
    log_info(t->reign->options.log, t->record.id,
             "no worker of it is up: there is nothing to wait for");
    reign_step(t, &(struct life_event){.kind = LIFE_DESERTED, .runs = true},
               NULL);
}

/* -- places ---------------------------------------------------------------- */

/* What was told of it was told of its process on another slot. */
static void forget_moved(struct topology *t, const struct assignment_record *a)
{
    for (uint32_t i = 0; i < t->n_seen && i < a->n_workers; i++)
        if (t->assignment.workers[i].birth != a->workers[i].birth)
            t->seen[i].up = (struct worker_up){.runs = false};
}

void reign_assign(struct topology *t, const struct assignment_record *a)
{
    struct assignment_record copy;

    forget_moved(t, a);
    assignment_record_copy(a, &copy);
    if (t->assigned)
        assignment_record_free(&t->assignment);
    t->assignment = copy;
    t->assigned = true;
    t->record.assignment_version = a->assignment_version;
    t->seen = xreallocarray(t->seen, a->n_workers, sizeof(*t->seen));
    for (uint32_t i = t->n_seen; i < a->n_workers; i++)
        memset(&t->seen[i], 0, sizeof(t->seen[i]));
    t->n_seen = a->n_workers;
    want_assignment(t);
    tell_liveness(t);
    reign_drain(t, &(struct drain_event){.kind = DRAIN_ASSIGNED,
                                         .version = a->assignment_version,
                                         .n_workers = a->n_workers});
}

/* -- draining -------------------------------------------------------------- */

static enum life_event_kind life_of(enum drain_action_kind kind)
{
    return kind == DRAIN_EXHAUSTED ? LIFE_EXHAUSTED
           : kind == DRAIN_DRAINED ? LIFE_DRAINED
                                   : LIFE_ENDED;
}

/* A list of its own, since a step may lead to another one. */
void reign_drain(struct topology *t, const struct drain_event *event)
{
    struct drain_actions actions = {0};

    drain_step(&t->drain, event, &actions);
    for (uint32_t i = 0; i < actions.n && !t->removed; i++) {
        const struct drain_action *a = &actions.list[i];

        if (a->kind == DRAIN_ORDER)
            reign_order(t, a);
        else
            reign_step(t,
                       &(struct life_event){.kind = life_of(a->kind),
                                            .runs = t->assigned},
                       NULL);
    }
    free(actions.list);
}

void reign_give_orders(struct reign *r)
{
    for (struct topology *t = r->topologies; t != NULL; t = t->next) {
        if (!t->held)
            continue;
        t->held = false;
        reign_drain(t, &(struct drain_event){.kind = DRAIN_TICK});
    }
}
