/* reign_placement.c - rounds of the scheduler, and the slots that follow from
 * assignments; see reign.h. */
#include "nimbus/reign_in.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

/* After a round, for each worker: twice what a round takes for it, so that who
 * has many is not busy with nothing else while supervisors come one by one. */
#define ROUND_REST_NS INT64_C(5000)

/* -- what the scheduler is given ------------------------------------------- */

struct input {
    struct schedule schedule;
    struct topology **topologies;    /* one for each of the schedule's */
    struct topology_record *records; /* likewise, of those with wishes */
    enum worker_fate **fates;
};

static bool has_port(const struct supervisor_record *s, uint32_t port)
{
    for (uint32_t i = 0; i < s->n_ports; i++)
        if (s->ports[i].number == port)
            return true;
    return false;
}

/* One that is not registered, and has not been since this nimbus leads, is
 * known by what it has: that stays its own until it is dead. */
static void describe(struct known_supervisor *s,
                     const struct assigned_worker *worker)
{
    struct supervisor_record *record = &s->record;

    if (s->described || has_port(record, worker->port))
        return;
    record->ports = xreallocarray(record->ports, record->n_ports + 1,
                                  sizeof(*record->ports));
    record->ports[record->n_ports++].number = worker->port;
    snprintf(record->address, sizeof(record->address), "%s", worker->address);
}

static void describe_all(struct reign *r)
{
    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        for (uint32_t i = 0; t->assigned && i < t->assignment.n_workers; i++)
            describe(reign_supervisor(r, t->assignment.workers[i].supervisor),
                     &t->assignment.workers[i]);
}

static void take_supervisors(struct reign *r, struct schedule *s)
{
    struct schedule_supervisor *list = NULL;

    describe_all(r);
    for (struct known_supervisor *k = r->supervisors; k != NULL; k = k->next) {
        if (k->record.n_ports == 0 ||
            liveness_is_dead(&r->liveness, k->record.id))
            continue;
        list = xreallocarray(list, s->n_supervisors + 1, sizeof(*list));
        list[s->n_supervisors++] = (struct schedule_supervisor){
            .id = k->record.id,
            .address = k->record.address,
            .n_ports = k->record.n_ports,
            .ports = k->record.ports,
            .open = liveness_is_open(&r->liveness, k->record.id),
        };
    }
    s->supervisors = list;
}

static void take_marks(struct reign *r, struct schedule *s)
{
    struct schedule_mark *marks = xcalloc(r->liveness.n_marks, sizeof(*marks));

    for (uint32_t i = 0; i < r->liveness.n_marks; i++)
        marks[i] = (struct schedule_mark){r->liveness.marks[i].supervisor,
                                          r->liveness.marks[i].topology};
    s->marks = marks;
    s->n_marks = r->liveness.n_marks;
}

static bool has_wishes(const struct topology_record *t)
{
    return t->wish_workers > 0 || t->n_wish_executors > 0;
}

/* The record as it will be when its wishes are granted: *to, if it has any. */
static const struct topology_record *wished(const struct topology_record *from,
                                            struct topology_record *to)
{
    if (!has_wishes(from))
        return from;
    topology_record_copy(from, to);
    if (to->wish_workers > 0)
        to->workers = to->wish_workers;
    for (uint32_t i = 0; i < to->n_wish_executors; i++)
        if (to->wish_executors[i].executors > 0)
            to->components[i].executors = to->wish_executors[i].executors;
    return to;
}

static enum worker_fate *fates_of(struct topology *t)
{
    enum worker_fate *fates = xcalloc(t->assignment.n_workers, sizeof(*fates));

    for (uint32_t i = 0; i < t->assignment.n_workers; i++)
        fates[i] = liveness_fate(&t->reign->liveness, t->record.id, i);
    return fates;
}

static bool is_movable(const struct topology *t)
{
    return t->assigned && t->record.status == TOPOLOGY_ACTIVE;
}

static void take_topology(struct input *in, struct topology *t, uint32_t i)
{
    in->topologies[i] = t;
    in->fates[i] = t->assigned ? fates_of(t) : NULL;
    in->schedule.topologies[i] = (struct schedule_topology){
        .record = wished(&t->record, &in->records[i]),
        .present = t->assigned ? &t->assignment : NULL,
        .fates = in->fates[i],
        .rebalance = t->assigned && t->wants.assign,
        .movable = is_movable(t),
    };
}

static void take_topologies(struct reign *r, struct input *in)
{
    uint32_t n = 0, i = 0;

    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        n += !t->removed && (t->assigned || t->wants.assign);
    in->topologies = xcalloc(n, sizeof(struct topology *));
    in->records = xcalloc(n, sizeof(*in->records));
    in->fates = xcalloc(n, sizeof(enum worker_fate *));
    in->schedule.topologies = xcalloc(n, sizeof(*in->schedule.topologies));
    in->schedule.n_topologies = n;
    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        if (!t->removed && (t->assigned || t->wants.assign))
            take_topology(in, t, i++);
}

static uint32_t count_placed(const struct input *in)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < in->schedule.n_topologies; i++)
        if (in->schedule.topologies[i].present != NULL)
            n += in->schedule.topologies[i].present->n_workers;
    return n;
}

static void input_free(struct input *in)
{
    for (uint32_t i = 0; i < in->schedule.n_topologies; i++) {
        topology_record_free(&in->records[i]);
        free(in->fates[i]);
    }
    schedule_fini(&in->schedule);
    free((void *)(uintptr_t)in->schedule.supervisors);
    free((void *)(uintptr_t)in->schedule.marks);
    free(in->schedule.topologies);
    free(in->topologies);
    free(in->records);
    free(in->fates);
}

/* -- what it decides ------------------------------------------------------- */

static void take_reason(struct topology *t, const char *reason)
{
    if (*reason != '\0' && strcmp(t->reason, reason) != 0)
        log_warn(t->reign->options.log, t->record.id, "the topology %s",
                 reason);
    snprintf(t->reason, sizeof(t->reason), "%s", reason);
}

static void say_change(const struct topology *t,
                       const struct schedule_topology *decided)
{
    struct assignment_change change =
        assignment_change(decided->record, decided->present, decided->next);
    char text[ASSIGNMENT_CHANGE_TEXT];

    assignment_change_text(&change, text);
    log_info(t->reign->options.log, t->record.id,
             "assignment %llu: %u worker%s; %s",
             (unsigned long long)decided->next->assignment_version,
             decided->next->n_workers, decided->next->n_workers == 1 ? "" : "s",
             text);
}

static void take_decision(struct topology *t,
                          const struct schedule_topology *decided)
{
    take_reason(t, decided->reason);
    if (decided->next == NULL)
        return;
    say_change(t, decided);
    reign_assign(t, decided->next);
    reign_round_soon(t->reign);
    if (decided->granted)
        reign_step(t, &(struct life_event){.kind = LIFE_ASSIGNED, .runs = true},
                   NULL);
}

static void want_all_slots(struct reign *r);

static void look(void *arg)
{
    struct reign *r = arg;
    struct input in = {.schedule = {.epoch = r->options.epoch}};

    if (!r->ready || r->zookeeper_away || r->frozen)
        return;
    if (daemon_config_bool(r->options.config, "gale.nimbus.spread"))
        in.schedule.spread = SPREAD_AT_ONCE;
    take_supervisors(r, &in.schedule);
    take_marks(r, &in.schedule);
    take_topologies(r, &in);
    r->round_at = reign_now(r);
    r->n_placed = count_placed(&in);
    schedule(r->scheduler, &in.schedule);
    for (uint32_t i = 0; i < in.schedule.n_topologies; i++)
        take_decision(in.topologies[i], &in.schedule.topologies[i]);
    input_free(&in);
    reign_sweep(r);
    want_all_slots(r);
    reign_write(r);
}

bool reign_foresee(struct topology *t, struct assignment_change *change)
{
    struct reign *r = t->reign;
    struct input in = {.schedule = {.epoch = r->options.epoch}};
    bool granted = false;

    take_supervisors(r, &in.schedule);
    take_marks(r, &in.schedule);
    take_topologies(r, &in);
    for (uint32_t i = 0; i < in.schedule.n_topologies; i++)
        in.schedule.topologies[i].rebalance |=
            in.topologies[i] == t && t->assigned;
    schedule(r->scheduler, &in.schedule);
    for (uint32_t i = 0; i < in.schedule.n_topologies; i++) {
        const struct schedule_topology *s = &in.schedule.topologies[i];

        if (in.topologies[i] != t || !s->granted || s->present == NULL)
            continue;
        *change = assignment_change(s->record, s->present, s->next);
        granted = true;
    }
    input_free(&in);
    return granted;
}

void reign_round_soon(struct reign *r)
{
    int64_t rested = r->round_at + ROUND_REST_NS * r->n_placed;
    int64_t now = reign_now(r);

    if (r->round.at == 0)
        loop_timer_set(r->options.loop, &r->round, rested > now ? rested : now,
                       look, r);
}

/* -- slots ----------------------------------------------------------------- */

/* All assignments are looked at once, however many supervisors there are:
 * known_supervisor.coming. */
static void gather_slots(struct topology *t)
{
    for (uint32_t i = 0; i < t->assignment.n_workers; i++)
        slots_record_add(
            &reign_supervisor(t->reign, t->assignment.workers[i].supervisor)
                 ->coming,
            &t->assignment, i, t->wants.spouts,
            t->wants.drain == LIFE_DRAIN_END);
}

static bool is_expected(const struct known_supervisor *s)
{
    return s->registered || s->link != NULL;
}

/* No record says that nothing is wanted, as an empty one does: so those that
 * never come back leave none. */
static void unwant_slots(struct reign *r, struct known_supervisor *s,
                         const char *path, const void *before)
{
    if (before != NULL)
        s->change = s->coming.change; /* should it return, it goes on from it */
    mirror_want(r->mirror, path, NULL, 0);
    slots_record_free(&s->wanted);
    s->wanted = (struct slots_record){.change = 0};
}

/* What was gathered gets its number and is wanted. */
static void want_coming_slots(struct reign *r, struct known_supervisor *s)
{
    char path[REIGN_PATH_MAX];
    const void *before;
    size_t size = 0;
    struct pack p;

    reign_path(path, "/slots", s->record.id);
    before = mirror_wanted(r->mirror, path, &size);
    s->coming.change = slots_record_change(&s->coming, before, size,
                                           r->options.records_key, s->change);
    if (s->coming.n_slots == 0 && !is_expected(s)) {
        unwant_slots(r, s, path, before);
        return;
    }
    pack_init(&p);
    check(slots_record_pack(&s->coming, r->options.records_key, &p, NULL) == 0);
    mirror_want(r->mirror, path, p.buffer.data, p.buffer.size);
    pack_free(&p);
    slots_record_free(&s->wanted);
    s->wanted = s->coming;
    s->coming = (struct slots_record){.n_slots = 0};
}

/* That it has acted by a later one, or is not expected any more, makes another
 * record of what is the same. */
static bool is_wanted_already(const struct known_supervisor *s)
{
    return s->wanted.change != 0 && s->wanted.change >= s->change &&
           (s->coming.n_slots > 0 || is_expected(s)) &&
           slots_record_same(&s->wanted, &s->coming);
}

static void want_slots(struct reign *r, struct known_supervisor *s)
{
    snprintf(s->coming.supervisor, sizeof(s->coming.supervisor), "%s",
             s->record.id);
    if ((s->has_slots || s->registered || s->coming.n_slots > 0) &&
        !is_wanted_already(s))
        want_coming_slots(r, s);
    s->has_slots |= s->coming.n_slots > 0 || s->wanted.n_slots > 0;
    slots_record_free(&s->coming);
    s->coming = (struct slots_record){.n_slots = 0};
}

/* What each supervisor is to run, from all assignments. */
static void want_all_slots(struct reign *r)
{
    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        if (t->assigned && !t->removed)
            gather_slots(t);
    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next)
        want_slots(r, s);
}

/* -- liveness -------------------------------------------------------------- */

static void time_has_come(void *arg)
{
    reign_liveness(arg, &(struct liveness_event){.kind = LIVENESS_TIME});
}

static void say_dead(struct reign *r, struct known_supervisor *s)
{
    if (s->there_ns == 0)
        reign_supervisor_there(r, s);
    if (!s->ended)
        log_warn(r->options.log, s->record.id,
                 "the supervisor is neither registered nor heard: it is dead");
}

static void say_verdict(struct reign *r, const struct verdict *v)
{
    switch (v->kind) {
    case VERDICT_SUPERVISOR_DEAD:
        say_dead(r, reign_supervisor(r, v->supervisor));
        break;
    case VERDICT_WORKER_LOST:
        log_warn(r->options.log, v->topology, "worker %u is lost", v->worker);
        break;
    case VERDICT_WORKER_FAILS:
        log_warn(r->options.log, v->topology,
                 "worker %u does not start on supervisor %s", v->worker,
                 v->supervisor);
        break;
    default:
        break;
    }
}

void reign_liveness(struct reign *r, const struct liveness_event *event)
{
    r->verdicts.n = 0;
    liveness_step(&r->liveness, event, reign_now(r), &r->verdicts);
    for (uint32_t i = 0; i < r->verdicts.n; i++)
        say_verdict(r, &r->verdicts.items[i]);
    if (r->verdicts.n > 0 && r->ready)
        reign_round_soon(r);
    loop_timer_set(r->options.loop, &r->time, liveness_next(&r->liveness),
                   time_has_come, r);
}
