/* reign_answers.c - what is shown to those who look; see reign.h. */
#include "nimbus/executor_share.h"
#include "nimbus/reign_in.h"
#include "topology-api/memory.h"
#include <math.h>
#include <stdarg.h>

/* -- topologies ------------------------------------------------------------ */

static uint32_t executors_of(const struct topology_record *record)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < record->n_components; i++)
        n += record->components[i].executors;
    return n;
}

static uint32_t tasks_of(const struct topology_record *record)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < record->n_components; i++)
        n += record->components[i].tasks;
    return n;
}

static uint32_t heard_of(const struct topology *t)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < t->n_seen; i++)
        n += t->seen[i].heard;
    return n;
}

/* A rebalance found slots for some of the workers alone. */
static bool has_fewer(const struct topology *t)
{
    return t->assigned && t->record.status != TOPOLOGY_REBALANCING &&
           t->assignment.n_workers < executor_share_workers(&t->record);
}

/* How long it is until a worker is started again; 0: it waits for nothing. */
static double again_of(const struct topology *t, uint32_t worker)
{
    int64_t left = t->seen[worker].again_ns - reign_now(t->reign);

    return left > 0 ? (double)left / 1e9 : 0;
}

static void say_ended(const struct topology *t, uint32_t worker, char *text,
                      size_t size)
{
    double again = again_of(t, worker);
    int n = snprintf(text, size, "worker %u: %s", worker, t->seen[worker].why);

    if (again > 0 && n > 0 && (size_t)n < size)
        snprintf(text + n, size - (size_t)n, "; it is started again in %.0f s",
                 ceil(again));
}

static void say_hangs(const struct topology *t, char *text, size_t size)
{
    for (uint32_t i = 0; i < t->n_seen && text[0] == '\0'; i++)
        if (t->seen[i].hangs[0] != '\0')
            snprintf(text, size, "worker %u: %s; its log has the stack", i,
                     t->seen[i].hangs);
}

/* What it waits for, or why a worker of it ended, or who in it does not return,
 * or that they are too few; "" if all is well. */
static void why_of(const struct topology *t, char *text, size_t size)
{
    text[0] = '\0';
    if (t->record.waits_for[0] != '\0')
        snprintf(text, size, "waits until %s is gone", t->record.waits_for);
    else if (t->reason[0] != '\0')
        snprintf(text, size, "%s", t->reason);
    for (uint32_t i = 0; i < t->n_seen && text[0] == '\0'; i++)
        if (t->seen[i].why[0] != '\0' && !t->seen[i].heard)
            say_ended(t, i, text, size);
    say_hangs(t, text, size);
    if (text[0] == '\0' && has_fewer(t))
        snprintf(text, size,
                 "has %u of %u workers, for which there were slots when it was "
                 "rebalanced: rebalance it again when there are more",
                 t->assignment.n_workers, executor_share_workers(&t->record));
}

static void pack_workers(struct topology *t, struct pack *p)
{
    pack_text(p, "placed");
    pack_array(p, t->assigned ? t->assignment.n_workers : 0);
    for (uint32_t i = 0; t->assigned && i < t->assignment.n_workers; i++) {
        const struct assigned_worker *w = &t->assignment.workers[i];

        pack_map(p, 10);
        pack_key_uint(p, "worker", i);
        pack_key_text(p, "supervisor", w->supervisor);
        pack_key_text(p, "address", w->address);
        pack_key_uint(p, "port", w->port);
        pack_key_int(p, "pid", t->seen[i].pid);
        pack_key_bool(p, "runs", t->seen[i].heard);
        pack_key_bool(p, "opened", t->seen[i].opened);
        pack_key_uint(p, "restarts", t->seen[i].restarts);
        pack_key_text(p, "why", t->seen[i].why);
        pack_text(p, "again_secs");
        pack_float(p, again_of(t, i));
    }
}

static void pack_topology(struct topology *t, struct pack *p)
{
    const struct topology_record *record = &t->record;
    struct worker_sums sums = reign_sums(t);
    char why[500];

    why_of(t, why, sizeof(why));
    pack_map(p, 14);
    pack_key_text(p, "name", record->name);
    pack_key_text(p, "id", record->id);
    pack_key_text(p, "status", topology_life_word(record, t->assigned));
    pack_key_uint(p, "workers", t->assigned ? t->assignment.n_workers : 0);
    pack_key_uint(p, "workers_running", heard_of(t));
    pack_key_uint(p, "executors", executors_of(record));
    pack_key_uint(p, "tasks", tasks_of(record));
    pack_text(p, "uptime_secs");
    pack_float(p,
               (double)(reign_wall_us(t->reign) - record->launched_us) / 1e6);
    pack_key_uint(p, "acked", sums.acked);
    pack_key_uint(p, "failed", sums.failed);
    pack_key_uint(p, "pending", sums.pending);
    pack_key_uint(p, "executed", sums.executed);
    pack_key_text(p, "why", why);
    pack_workers(t, p);
}

static void pack_topologies(struct reign *r, struct pack *p)
{
    uint32_t n = 0;

    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        n += !t->removed;
    pack_text(p, "topologies");
    pack_array(p, n);
    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        if (!t->removed)
            pack_topology(t, p);
}

void reign_list(struct reign *r, struct rpc_call *call)
{
    struct pack result;

    if (!reign_is_ready(r, call))
        return;
    pack_init(&result);
    pack_map(&result, 1);
    pack_topologies(r, &result);
    rpc_reply(call, &result);
    pack_free(&result);
}

/* -- what is wrong --------------------------------------------------------- */

struct problems {
    struct pack list;
    uint32_t n;
};

static void add_problem(struct problems *p, const char *format, ...)
    GALE_PRINTF(2, 3);

static void add_problem(struct problems *p, const char *format, ...)
{
    char text[800];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    pack_text(&p->list, text);
    p->n++;
}

/* How many files of it nobody (everywhere), or this nimbus lacks. */
static uint32_t n_lacking(const struct reign *r,
                          const struct topology_record *t, bool everywhere)
{
    const struct copies *c = r->options.copies;
    uint32_t n = 0;

    for (uint32_t i = 0; i <= t->n_files; i++) {
        const char *hash =
            i < t->n_files ? t->files[i].hash : t->description_hash;

        n += everywhere ? copies_count(c, hash) == 0 : !copies_has(c, hash);
    }
    return n;
}

/* Those that this nimbus lacks, by a topology that names them. */
static void find_lacking(struct reign *r, struct problems *p)
{
    uint32_t n = copies_lacking(r->options.copies);
    const struct topology *t = r->topologies;

    if (n == 0)
        return;
    while (t != NULL && n_lacking(r, &t->record, false) == 0)
        t = t->next;
    add_problem(p,
                "this nimbus lacks %u file%s that topologies need%s%s: a "
                "worker that does not have them yet cannot start until a "
                "nimbus that has them is back",
                n, n == 1 ? "" : "s", t == NULL ? "" : ", as ",
                t == NULL ? "" : t->record.id);
}

static void find_lost(struct reign *r, struct problems *p)
{
    for (struct topology *t = r->topologies; t != NULL; t = t->next) {
        uint32_t n = t->removed ? 0 : n_lacking(r, &t->record, true);

        if (n > 0)
            add_problem(p,
                        "no nimbus that runs has %u file%s of %s: its workers "
                        "go on, but none can start elsewhere; if no nimbus "
                        "that has them comes back, submit it again with "
                        "--replace",
                        n, n == 1 ? "" : "s", t->record.name);
    }
}

/* That somebody ends one is wrong only if it is needed. */
static void find_left_alone(const struct known_supervisor *s, const char *host,
                            struct problems *p)
{
    uint32_t n = s->used;

    if (n > 0)
        add_problem(p,
                    "supervisor %s of %s was ended, and %u worker%s on it go%s "
                    "on without it: start it again",
                    s->record.id, host, n, n == 1 ? "" : "s",
                    n == 1 ? "es" : "");
}

static void find_gone(const struct reign *r, const struct known_supervisor *s,
                      struct problems *p)
{
    const char *host =
        s->record.host[0] != '\0' ? s->record.host : s->record.address;
    double ago = (double)(reign_now(r) - s->heard_ns) / 1e9;

    if (s->ended)
        find_left_alone(s, host, p);
    else if (s->heard_ns == 0)
        add_problem(p, "supervisor %s of %s is %s", s->record.id, host,
                    reign_supervisor_state(r, s));
    else
        add_problem(p, "supervisor %s of %s is %s; it was heard %.0f s ago",
                    s->record.id, host, reign_supervisor_state(r, s), ago);
}

static void find_waiting(struct reign *r, struct problems *p)
{
    char text[WAITING_TEXT];

    for (struct waiting *w = r->waiting; w != NULL; w = w->next) {
        reign_waiting_text(r, w, text);
        add_problem(p, "topology \"%s\" is submitted and %s", w->name, text);
    }
}

static void find_problems(struct reign *r, struct problems *p)
{
    if (!r->ready)
        add_problem(p, "this nimbus has just begun to lead, and still reads "
                       "what there is");
    if (r->zookeeper_away)
        add_problem(p, "ZooKeeper does not answer: %s",
                    zookeeper_trouble(r->options.zookeeper));
    find_waiting(r, p);
    find_lacking(r, p);
    if (copies_lacking(r->options.copies) > 0)
        find_lost(r, p);
    if (r->damaged[0] != '\0')
        add_problem(p, "records that cannot be read: %s%s", r->damaged,
                    r->frozen ? "; nothing is placed and no command is taken "
                                "until they are mended or removed"
                              : "");
    if (r->unread[0] != '\0')
        add_problem(p,
                    "records that cannot be read: %s; that supervisor is "
                    "given no more workers until it is written anew",
                    r->unread);
    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next)
        if (reign_supervisor_is_shown(r, s) && !s->registered)
            find_gone(r, s, p);
    for (uint32_t i = 0; i < r->liveness.n_marks; i++) {
        const struct liveness_mark *m = &r->liveness.marks[i];

        if (!liveness_is_dead(&r->liveness, m->supervisor))
            add_problem(p,
                        "worker %u of %s does not start on supervisor %s: %s",
                        m->worker, m->topology, m->supervisor, m->why);
    }
}

void reign_status(struct reign *r, struct pack *p)
{
    struct problems problems = {.n = 0};

    reign_pack_supervisors(r, p);
    pack_topologies(r, p);
    pack_init(&problems.list);
    find_problems(r, &problems);
    pack_text(p, "problems");
    pack_array(p, problems.n);
    pack_packed(p, &problems.list);
    pack_free(&problems.list);
}
