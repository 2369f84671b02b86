/*
 * reign_reports.c - what supervisors and workers tell, and what they are told;
 * see reign.h.
 *
 *     report   {supervisor, change, ends, workers: [WORKER …]}
 *                                                      of a supervisor
 *     worker   WORKER                                  of a worker alone
 *     order    {topology, worker, incarnation, stage, round, version}
 *                                                      to either
 *     replaced, unwanted   nil                         to a worker
 *
 * ends: it was told to, and this is its last report.
 *
 * WORKER: {topology, worker, birth, pid, runs, failed_starts, restarts, why,
 * errors, error_us, again_ns, ended, report}: how often a process of it has
 * ended with an error, when the last time (wall clock), and in how long it is
 * started again, 0 if it waits for nothing; report is nil, or what the worker
 * says of itself: {incarnation, number, version, round, stage, quiet,
 * exhausted, pending, sent, received, acked, failed, executed}. What is missing
 * is 0, or false.
 */
#include "nimbus/reign_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define NEWS_MAX 4096u /* workers of one report */
#define AGAIN_MAX_NS INT64_C(3600000000000)

/* -- one worker ------------------------------------------------------------ */

/* What a report says, as far as it is believed. */
struct told {
    struct topology *topology;
    uint32_t worker;
    uint64_t birth;
    char why[LIVENESS_WHY_SIZE];
    const msgpack_object *object;
};

static uint64_t number_at(const msgpack_object *map, const char *key)
{
    return unpack_uint(unpack_key(map, key), 0);
}

static void take_text(const msgpack_object *o, char *text, size_t size)
{
    gale_str from = unpack_str(o);

    snprintf(text, size, "%.*s", (int)from.size,
             from.data == NULL ? "" : from.data);
}

/* False: it is about nothing that is here. */
static bool take_told(struct reign *r, const msgpack_object *o,
                      struct told *told)
{
    char *id = unpack_text(unpack_key(o, "topology"), TOPOLOGY_ID_SIZE - 1);
    uint64_t worker = unpack_uint(unpack_key(o, "worker"), UINT64_MAX);

    *told = (struct told){.object = o, .birth = number_at(o, "birth")};
    told->topology = id == NULL ? NULL : reign_find(r, id);
    free(id);
    if (told->topology == NULL || told->topology->removed ||
        worker >= told->topology->n_seen)
        return false;
    told->worker = (uint32_t)worker;
    take_text(unpack_key(o, "why"), told->why, sizeof(told->why));
    return told->topology->assignment.workers[worker].birth == told->birth;
}

static struct worker_news news_of(const struct told *told)
{
    return (struct worker_news){
        .topology = told->topology->record.id,
        .worker = told->worker,
        .birth = told->birth,
        .runs = unpack_bool(unpack_key(told->object, "runs"), false),
        .failed_starts = (uint32_t)number_at(told->object, "failed_starts"),
        .why = told->why[0] == '\0' ? NULL : told->why,
    };
}

/* Its supervisor alone knows why it is not there. */
static void see_ends(const struct told *told)
{
    struct seen_worker *seen = &told->topology->seen[told->worker];
    int64_t again = unpack_int(unpack_key(told->object, "again_ns"), 0);

    seen->failed_starts = (uint32_t)number_at(told->object, "failed_starts");
    seen->again_ns =
        again <= 0 || again > AGAIN_MAX_NS ? 0 : seen->heard_ns + again;
    reign_note_end(told->topology, told->worker, told->object);
}

static void see(const struct told *told, struct rpc_link *link)
{
    const msgpack_object *report = unpack_key(told->object, "report");
    struct seen_worker *seen = &told->topology->seen[told->worker];

    seen->link = link;
    seen->heard_ns = reign_now(told->topology->reign);
    seen->restarts = (uint32_t)number_at(told->object, "restarts");
    seen->pid = unpack_int(unpack_key(told->object, "pid"), seen->pid);
    snprintf(seen->why, sizeof(seen->why), "%s", told->why);
    seen->heard = unpack_n_pairs(report) > 0;
    seen->opened = unpack_bool(unpack_key(report, "opened"), false);
    take_text(unpack_key(report, "hangs"), seen->hangs, sizeof(seen->hangs));
    worker_up_hear(&seen->up,
                   unpack_bool(unpack_key(told->object, "runs"), false),
                   unpack_int(unpack_key(told->object, "again_ns"), 0) > 0,
                   (uint32_t)number_at(told->object, "failed_starts"));
    if (!seen->heard)
        return;
    seen->incarnation = number_at(report, "incarnation");
    seen->acked = number_at(report, "acked");
    seen->failed = number_at(report, "failed");
    seen->executed = number_at(report, "executed");
    seen->pending = number_at(report, "pending");
}

/* What it says goes to whoever leads the topology's draining. */
static void drain_by(const struct told *told)
{
    const msgpack_object *o = unpack_key(told->object, "report");
    struct topology *t = told->topology;
    const struct drain_report report = {
        .worker = told->worker,
        .version = number_at(o, "version"),
        .incarnation = number_at(o, "incarnation"),
        .number = number_at(o, "number"),
        .round = number_at(o, "round"),
        .stage = (uint32_t)number_at(o, "stage"),
        .quiet = unpack_bool(unpack_key(o, "quiet"), false),
        .exhausted = unpack_bool(unpack_key(o, "exhausted"), false),
        .pending = number_at(o, "pending"),
        .sent = number_at(o, "sent"),
        .received = number_at(o, "received"),
    };

    if (unpack_bool(unpack_key(told->object, "ended"), false))
        reign_drain(t,
                    &(struct drain_event){.kind = DRAIN_ENDED_IT,
                                          .worker = told->worker,
                                          .incarnation = report.incarnation});
    else if (report.incarnation != 0)
        reign_drain(
            t, &(struct drain_event){.kind = DRAIN_REPORT, .report = &report});
}

/* -- reports --------------------------------------------------------------- */

/* A record of slots that it has acted by and that is not here any more, or not
 * yet: the next one has a higher number. */
static void take_change(struct reign *r, struct known_supervisor *s,
                        uint64_t change)
{
    if (change <= s->change || change > INT64_MAX / 2)
        return;
    s->change = change;
    if (s->wanted.change < change)
        reign_round_soon(r);
}

void reign_report(struct reign *r, struct rpc_link *link,
                  const msgpack_object *params)
{
    char *id =
        unpack_text(unpack_key(params, "supervisor"), RECORD_NAME_SIZE - 1);
    const msgpack_object *workers = unpack_key(params, "workers");
    uint32_t n = unpack_n(workers), n_told = 0;
    struct worker_news *news;
    struct told *told;

    if (id == NULL || !record_name_valid(id) || n > NEWS_MAX || !r->ready) {
        free(id);
        return;
    }
    news = xcalloc(n, sizeof(*news));
    told = xcalloc(n, sizeof(*told));
    for (uint32_t i = 0; i < n; i++)
        if (take_told(r, unpack_at(workers, i), &told[n_told])) {
            see(&told[n_told], link);
            see_ends(&told[n_told]);
            news[n_told] = news_of(&told[n_told]);
            n_told++;
        }
    reign_supervisor(r, id)->link = link;
    reign_supervisor(r, id)->ended =
        unpack_bool(unpack_key(params, "ends"), false);
    reign_supervisor_heard(r, reign_supervisor(r, id));
    take_change(r, reign_supervisor(r, id), number_at(params, "change"));
    reign_liveness(r, &(struct liveness_event){.kind = LIVENESS_REPORT,
                                               .supervisor = id,
                                               .n_news = n_told,
                                               .news = news});
    for (uint32_t i = 0; i < n_told; i++)
        if (!told[i].topology->removed)
            drain_by(&told[i]);
    reign_sweep(r);
    reign_write(r);
    free(news);
    free(told);
    free(id);
}

static bool is_about(const struct told *told, const struct rpc_peer *peer)
{
    return told->worker == peer->number && told->birth == peer->birth &&
           strcmp(told->topology->record.id, peer->topology) == 0;
}

/* It is durable that somebody newer has its place, or that there is none any
 * more. */
static bool is_replaced(const struct topology *t, const struct rpc_peer *peer)
{
    const struct assignment_record *a = &t->assignment;

    if (!t->assigned || t->change > mirror_durable(t->reign->mirror))
        return false;
    if (peer->number < a->n_workers)
        return a->workers[peer->number].birth > peer->birth;
    return a->assignment_version > peer->birth;
}

/* What a worker is told that reports in vain; NULL: it does not. One that was
 * away for long may not hear it from anybody else: nobody calls it any more,
 * and whom it calls has other peers. */
static const char *farewell_of(struct reign *r, const struct rpc_peer *peer)
{
    const struct topology *t = reign_find(r, peer->topology);

    if (r->frozen || r->damaged[0] != '\0')
        return NULL; /* what runs is not known */
    if (t == NULL)
        return "unwanted";
    return !t->removed && is_replaced(t, peer) ? "replaced" : NULL;
}

void reign_worker_report(struct reign *r, struct rpc_link *link,
                         const struct rpc_peer *peer,
                         const msgpack_object *params)
{
    const char *farewell = r->ready ? farewell_of(r, peer) : NULL;
    struct worker_news news;
    struct told told;

    if (farewell != NULL && link != NULL)
        rpc_link_notify(link, farewell, NULL);
    if (!r->ready || !take_told(r, params, &told) || !is_about(&told, peer))
        return;
    see(&told, link);
    news = news_of(&told);
    reign_liveness(
        r, &(struct liveness_event){
               .kind = LIVENESS_WORKER,
               .supervisor =
                   told.topology->assignment.workers[told.worker].supervisor,
               .n_news = 1,
               .news = &news});
    drain_by(&told);
    reign_sweep(r);
    reign_write(r);
}

void reign_left(struct reign *r, struct rpc_link *link)
{
    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next)
        if (s->link == link) {
            s->link = NULL;
            reign_supervisor_there(r, s); /* until now */
        }
    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        for (uint32_t i = 0; i < t->n_seen; i++)
            if (t->seen[i].link == link)
                t->seen[i].link = NULL;
}

/* -- orders ---------------------------------------------------------------- */

void reign_order(struct topology *t, const struct drain_action *a)
{
    struct rpc_link *link = t->seen[a->worker].link;
    struct pack p;

    t->held = t->change > mirror_durable(t->reign->mirror);
    if (link == NULL || t->held)
        return; /* the next tick gives the order again */
    pack_init(&p);
    pack_map(&p, 6);
    pack_key_text(&p, "topology", t->record.id);
    pack_key_uint(&p, "worker", a->worker);
    pack_key_uint(&p, "incarnation", a->incarnation);
    pack_key_uint(&p, "stage", a->stage);
    pack_key_uint(&p, "round", a->round);
    pack_key_uint(&p, "version", t->assignment.assignment_version);
    rpc_link_notify(link, "order", &p);
    pack_free(&p);
}
