/* liveness.c - who is alive; see liveness.h. */
#include "nimbus/liveness.h"
#include "nimbus/live_table.h"
#include "nimbus/failed_starts.h"
#include "topology-api/memory.h"

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void soon(struct liveness *l, int64_t ns)
{
    if (ns < l->next_ns)
        l->next_ns = ns;
}

static void say(struct verdicts *verdicts, enum verdict_kind kind,
                const char *supervisor, const struct live_worker *w)
{
    struct verdict v = {.kind = kind};

    snprintf(v.supervisor, sizeof(v.supervisor), "%s", supervisor);
    if (w != NULL) {
        memcpy(v.topology, w->topology, sizeof(v.topology));
        v.worker = w->number;
    }
    if (verdicts->n == verdicts->capacity) {
        verdicts->capacity = verdicts->capacity * 2 + 16;
        verdicts->items = xreallocarray(verdicts->items, verdicts->capacity,
                                        sizeof(*verdicts->items));
    }
    verdicts->items[verdicts->n++] = v;
}

/* -- who is gone ----------------------------------------------------------- */

/* When it is gone if it remains silent. */
static int64_t supervisor_limit(const struct liveness *l,
                                const struct live_supervisor *v)
{
    return later(later(v->heard_ns + l->limits.grace_ns,
                       v->unregistered_ns + l->limits.retry_ns),
                 l->not_before_ns);
}

static int64_t worker_limit(const struct liveness *l,
                            const struct live_worker *w)
{
    return later(w->heard_ns + l->limits.grace_ns,
                 supervisor_limit(l, w->supervisor));
}

static void judge_worker(struct liveness *l, struct live_worker *w,
                         int64_t now_ns, struct verdicts *verdicts)
{
    int64_t limit = worker_limit(l, w);

    if (w->lost || w->supervisor->registered)
        return;
    if (now_ns >= limit) {
        w->lost = true;
        w->supervisor->n_present--;
        say(verdicts, VERDICT_WORKER_LOST, w->supervisor->id, w);
    } else {
        soon(l, limit);
    }
}

static void judge_supervisor(struct liveness *l, struct live_supervisor *v,
                             int64_t now_ns, struct verdicts *verdicts)
{
    int64_t limit = supervisor_limit(l, v);

    if (v->registered || v->dead)
        return;
    if (now_ns < limit) {
        soon(l, limit);
    } else if (v->n_present == 0) {
        v->dead = true;
        say(verdicts, VERDICT_SUPERVISOR_DEAD, v->id, NULL);
    }
}

static void judge_marks(struct liveness *l, int64_t now_ns,
                        struct verdicts *verdicts)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < l->n_marks; i++) {
        const struct liveness_mark *m = &l->marks[i];
        struct live_worker about = {.number = m->worker};

        memcpy(about.topology, m->topology, sizeof(about.topology));
        if (now_ns >= m->until_ns) {
            say(verdicts, VERDICT_MARK_OVER, m->supervisor, &about);
            continue;
        }
        soon(l, m->until_ns);
        l->marks[n++] = *m;
    }
    l->n_marks = n;
}

static void judge(struct liveness *l, int64_t now_ns, struct verdicts *verdicts)
{
    l->next_ns = LIVENESS_NEVER;
    judge_marks(l, now_ns, verdicts);
    if (!l->leads || l->zookeeper_away)
        return;
    for (uint32_t i = 0; i < l->n_workers; i++)
        judge_worker(l, l->workers[i], now_ns, verdicts);
    for (uint32_t i = 0; i < l->n_supervisors; i++)
        judge_supervisor(l, l->supervisors[i], now_ns, verdicts);
    live_table_forget_dead(l);
}

/* -- what is heard --------------------------------------------------------- */

/* Its supervisor is alive, or it is heard itself. */
static void find(struct live_worker *w)
{
    if (w->lost)
        w->supervisor->n_present++;
    w->lost = false;
}

static void find_all_of(struct liveness *l, const struct live_supervisor *v)
{
    for (uint32_t i = 0; i < l->n_workers; i++)
        if (l->workers[i]->supervisor == v)
            find(l->workers[i]);
}

static void hear_registered(struct liveness *l, struct live_supervisor *v,
                            struct verdicts *verdicts)
{
    if (v->registered)
        return;
    v->registered = true;
    v->dead = false;
    find_all_of(l, v);
    say(verdicts, VERDICT_SUPERVISOR_OPEN, v->id, NULL);
}

static void hear_unregistered(struct liveness *l, struct live_supervisor *v,
                              int64_t now_ns)
{
    if (!v->registered)
        return;
    v->registered = false;
    v->unregistered_ns = now_ns;
    soon(l, now_ns);
}

/* Not before all that is silent for too long has been looked at. */
static void hear_supervisor(struct liveness *l, struct live_supervisor *v,
                            int64_t now_ns, struct verdicts *verdicts)
{
    bool back = v->dead || v->n_present < v->n_workers;

    v->heard_ns = now_ns;
    if (back) {
        v->dead = false;
        find_all_of(l, v);
        say(verdicts, VERDICT_SUPERVISOR_BACK, v->id, NULL);
    }
    if (!v->registered)
        soon(l, supervisor_limit(l, v));
}

/* The worker, if it is where it says, and not one that was replaced. */
static struct live_worker *known(const struct liveness *l,
                                 const char *supervisor,
                                 const struct worker_news *news)
{
    struct live_worker *w = live_table_worker(l, news->topology, news->worker);

    if (w == NULL || w->birth != news->birth ||
        strcmp(w->supervisor->id, supervisor) != 0)
        return NULL;
    return w;
}

static void hear_report(struct liveness *l, const struct liveness_event *event,
                        int64_t now_ns, struct verdicts *verdicts)
{
    struct live_supervisor *v =
        live_table_make_supervisor(l, event->supervisor, now_ns);

    hear_supervisor(l, v, now_ns, verdicts);
    for (uint32_t i = 0; i < event->n_news; i++) {
        struct live_worker *w = known(l, v->id, &event->news[i]);

        if (w == NULL || !failed_starts_hear(w, &event->news[i], now_ns))
            continue;
        failed_starts_mark(l, w, event->news[i].why, now_ns);
        soon(l, now_ns + l->limits.mark_ns);
        say(verdicts, VERDICT_WORKER_FAILS, v->id, w);
    }
}

static void hear_worker(struct liveness *l, const struct liveness_event *event,
                        int64_t now_ns, struct verdicts *verdicts)
{
    struct live_worker *w = known(l, event->supervisor, &event->news[0]);

    if (w == NULL)
        return;
    w->heard_ns = now_ns;
    if (w->lost) {
        w->supervisor->dead = false;
        find(w);
        say(verdicts, VERDICT_WORKER_BACK, w->supervisor->id, w);
    }
    if (!w->supervisor->registered)
        soon(l, worker_limit(l, w));
}

static void hear_assigned(struct liveness *l,
                          const struct liveness_event *event, int64_t now_ns)
{
    bool matters =
        live_table_assign(l, event->topology, event->assignment, now_ns);

    if (event->assignment == NULL)
        failed_starts_forget(l, event->topology);
    if (matters)
        soon(l, now_ns);
}

/* -- a step ---------------------------------------------------------------- */

static void listen_until(struct liveness *l, int64_t until_ns, int64_t now_ns)
{
    l->not_before_ns = later(l->not_before_ns, until_ns);
    soon(l, now_ns);
}

static void listen_first(struct liveness *l, int64_t now_ns)
{
    listen_until(l, now_ns + l->limits.listen_ns, now_ns);
}

static bool was_held_up(const struct liveness *l, int64_t now_ns)
{
    return l->next_ns < now_ns && now_ns - l->next_ns > LIVENESS_LATE_NS;
}

/* It was silent before: nobody listened. */
static void unhear(int64_t *heard_ns, int64_t before_ns)
{
    if (*heard_ns > before_ns)
        *heard_ns = before_ns;
}

/* What was found when it led before is no longer known. */
static void lead(struct liveness *l, int64_t since_ns, int64_t now_ns)
{
    int64_t silent_ns = now_ns - l->limits.grace_ns;

    l->leads = true;
    for (uint32_t i = 0; i < l->n_workers; i++) {
        find(l->workers[i]);
        unhear(&l->workers[i]->heard_ns, silent_ns);
    }
    for (uint32_t i = 0; i < l->n_supervisors; i++) {
        l->supervisors[i]->dead = false;
        unhear(&l->supervisors[i]->heard_ns, silent_ns);
    }
    listen_until(
        l, later(now_ns + l->limits.retry_ns, since_ns + l->limits.listen_ns),
        now_ns);
}

static void hear(struct liveness *l, const struct liveness_event *event,
                 int64_t now_ns, struct verdicts *verdicts)
{
    switch (event->kind) {
    case LIVENESS_TIME:
        break;
    case LIVENESS_LEADS:
        lead(l, event->since_ns, now_ns);
        break;
    case LIVENESS_FOLLOWS:
        l->leads = false;
        break;
    case LIVENESS_ZOOKEEPER_AWAY:
    case LIVENESS_ZOOKEEPER_BACK:
        l->zookeeper_away = event->kind == LIVENESS_ZOOKEEPER_AWAY;
        listen_first(l, now_ns);
        break;
    case LIVENESS_REGISTERED:
        hear_registered(
            l, live_table_make_supervisor(l, event->supervisor, now_ns),
            verdicts);
        break;
    case LIVENESS_UNREGISTERED:
        hear_unregistered(
            l, live_table_make_supervisor(l, event->supervisor, now_ns),
            now_ns);
        break;
    case LIVENESS_REPORT:
        hear_report(l, event, now_ns, verdicts);
        break;
    case LIVENESS_WORKER:
        hear_worker(l, event, now_ns, verdicts);
        break;
    case LIVENESS_ASSIGNED:
        hear_assigned(l, event, now_ns);
        break;
    }
}

void liveness_init(struct liveness *l, struct liveness_limits limits)
{
    *l = (struct liveness){.limits = limits, .next_ns = LIVENESS_NEVER};
}

void liveness_step(struct liveness *l, const struct liveness_event *event,
                   int64_t now_ns, struct verdicts *verdicts)
{
    if (was_held_up(l, now_ns))
        listen_first(l, now_ns);
    hear(l, event, now_ns, verdicts);
    if (now_ns >= l->next_ns)
        judge(l, now_ns, verdicts);
}

int64_t liveness_next(const struct liveness *l)
{
    return l->next_ns;
}

/* -- questions ------------------------------------------------------------- */

bool liveness_is_dead(const struct liveness *l, const char *supervisor)
{
    const struct live_supervisor *v = live_table_supervisor(l, supervisor);

    return v == NULL || v->dead;
}

bool liveness_is_open(const struct liveness *l, const char *supervisor)
{
    const struct live_supervisor *v = live_table_supervisor(l, supervisor);

    return v != NULL && v->registered;
}

enum worker_fate liveness_fate(const struct liveness *l, const char *topology,
                               uint32_t worker)
{
    const struct live_worker *w = live_table_worker(l, topology, worker);

    if (w == NULL)
        return WORKER_STAYS;
    if (w->lost)
        return WORKER_LOST;
    return w->fails ? WORKER_FAILS : WORKER_STAYS;
}
