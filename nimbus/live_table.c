/* live_table.c - supervisors and workers that are known; see live_table.h. */
#include "nimbus/live_table.h"
#include "topology-api/memory.h"

/* -- supervisors ----------------------------------------------------------- */

/* The first whose id is not less. */
static uint32_t supervisor_place(const struct liveness *l, const char *id)
{
    uint32_t low = 0, high = l->n_supervisors;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (strcmp(l->supervisors[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct live_supervisor *live_table_supervisor(const struct liveness *l,
                                              const char *id)
{
    uint32_t at = supervisor_place(l, id);

    if (at == l->n_supervisors || strcmp(l->supervisors[at]->id, id) != 0)
        return NULL;
    return l->supervisors[at];
}

struct live_supervisor *live_table_make_supervisor(struct liveness *l,
                                                   const char *id,
                                                   int64_t now_ns)
{
    struct live_supervisor *v = live_table_supervisor(l, id);
    uint32_t at = supervisor_place(l, id);

    if (v != NULL)
        return v;
    v = xcalloc(1, sizeof(*v));
    snprintf(v->id, sizeof(v->id), "%s", id);
    v->heard_ns = v->unregistered_ns = now_ns;
    l->supervisors = xreallocarray(l->supervisors, l->n_supervisors + 1,
                                   sizeof(struct live_supervisor *));
    memmove(&l->supervisors[at + 1], &l->supervisors[at],
            (l->n_supervisors - at) * sizeof(struct live_supervisor *));
    l->supervisors[at] = v;
    l->n_supervisors++;
    return v;
}

void live_table_forget_dead(struct liveness *l)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < l->n_supervisors; i++) {
        struct live_supervisor *v = l->supervisors[i];

        if (v->dead && v->n_workers == 0)
            free(v);
        else
            l->supervisors[n++] = v;
    }
    l->n_supervisors = n;
}

/* -- workers --------------------------------------------------------------- */

static int worker_order(const struct live_worker *w, const char *topology,
                        uint32_t number)
{
    int order = strcmp(w->topology, topology);

    return order != 0 ? order : (w->number > number) - (w->number < number);
}

/* The first that is not less. */
static uint32_t worker_place(const struct liveness *l, const char *topology,
                             uint32_t number)
{
    uint32_t low = 0, high = l->n_workers;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (worker_order(l->workers[middle], topology, number) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct live_worker *live_table_worker(const struct liveness *l,
                                      const char *topology, uint32_t number)
{
    uint32_t at = worker_place(l, topology, number);

    if (at == l->n_workers ||
        worker_order(l->workers[at], topology, number) != 0)
        return NULL;
    return l->workers[at];
}

/* One that is registered is not gone; of a dead one that is known, and it is
 * forgotten when it has no workers. */
static bool matters(const struct live_supervisor *v)
{
    return !v->registered && (!v->dead || v->n_workers == 0);
}

/* What is known of a worker is of where it is, and goes with it. */
static bool leave(struct live_worker *w)
{
    w->supervisor->n_workers--;
    w->supervisor->n_present -= !w->lost;
    return matters(w->supervisor);
}

static void enter(struct live_worker *w, struct live_supervisor *v,
                  uint64_t birth, int64_t now_ns)
{
    struct live_worker fresh = {.number = w->number,
                                .birth = birth,
                                .supervisor = v,
                                .heard_ns = now_ns};

    memcpy(fresh.topology, w->topology, sizeof(fresh.topology));
    *w = fresh;
    v->dead = false; /* until this one is lost, too */
    v->n_workers++;
    v->n_present++;
}

static bool assign(struct live_worker *w, struct live_supervisor *v,
                   uint64_t birth, int64_t now_ns)
{
    bool left = false;

    if (w->supervisor == v && w->birth == birth)
        return false;
    if (w->supervisor != NULL)
        left = leave(w);
    enter(w, v, birth, now_ns);
    return left || matters(v);
}

/* Room for n workers of the topology, which begin at `at`: those that are too
 * many go, those that are missing are nowhere yet. */
static bool resize(struct liveness *l, const char *topology, uint32_t at,
                   uint32_t n)
{
    bool left = false;
    uint32_t had = worker_place(l, topology, UINT32_MAX) - at;
    uint32_t behind = l->n_workers - at - had;

    for (uint32_t i = n; i < had; i++) {
        left |= leave(l->workers[at + i]);
        free(l->workers[at + i]);
    }
    if (n > had)
        l->workers = xreallocarray(l->workers, l->n_workers + n - had,
                                   sizeof(struct live_worker *));
    if (behind > 0)
        memmove(&l->workers[at + n], &l->workers[at + had],
                behind * sizeof(struct live_worker *));
    l->n_workers = l->n_workers + n - had;
    for (uint32_t i = had; i < n; i++) {
        l->workers[at + i] = xcalloc(1, sizeof(struct live_worker));
        l->workers[at + i]->number = i;
        snprintf(l->workers[at + i]->topology, TOPOLOGY_ID_SIZE, "%s",
                 topology);
    }
    return left;
}

bool live_table_assign(struct liveness *l, const char *topology,
                       const struct assignment_record *a, int64_t now_ns)
{
    uint32_t at = worker_place(l, topology, 0);
    uint32_t n = a == NULL ? 0 : a->n_workers;
    bool any = resize(l, topology, at, n);

    for (uint32_t i = 0; i < n; i++)
        any |= assign(
            l->workers[at + i],
            live_table_make_supervisor(l, a->workers[i].supervisor, now_ns),
            a->workers[i].birth, now_ns);
    return any;
}

void liveness_fini(struct liveness *l)
{
    for (uint32_t i = 0; i < l->n_workers; i++)
        free(l->workers[i]);
    for (uint32_t i = 0; i < l->n_supervisors; i++)
        free(l->supervisors[i]);
    free(l->workers);
    free(l->supervisors);
    free(l->marks);
}
