/* assignment_change.c - from one assignment to the next; see
 * assignment_change.h. */
#include "nimbus/assignment_change.h"
#include "nimbus/executor_share.h"
#include "topology-api/model.h"

/* The executors of a worker, one after the other: by component, then tasks. */
struct walk {
    const struct topology_record *t;
    const struct assignment_record *a;
    const struct assigned_worker *worker;
    uint32_t range, i;
    /* The one in hand. */
    uint32_t component, first, end; /* tasks first … end - 1 */
};

static bool next(struct walk *w)
{
    const struct executor_range *r;
    uint32_t tasks, n, e;

    if (w->range == w->worker->n_executors)
        return false;
    r = &w->worker->executors[w->range];
    tasks = w->t->components[r->component].tasks;
    n = w->a->components[r->component].executors;
    e = r->first + w->i;
    w->component = r->component;
    w->first = model_first_task(tasks, n, e);
    w->end = model_first_task(tasks, n, e + 1);
    if (++w->i == r->n) {
        w->i = 0;
        w->range++;
    }
    return true;
}

static struct walk walk(const struct topology_record *t,
                        const struct assignment_record *a, uint32_t worker)
{
    return (struct walk){.t = t, .a = a, .worker = &a->workers[worker]};
}

static bool same(const struct walk *a, const struct walk *b)
{
    return a->component == b->component && a->first == b->first &&
           a->end == b->end;
}

bool assignment_same_executors(const struct topology_record *t,
                               const struct assignment_record *a,
                               const struct assignment_record *b, uint32_t w)
{
    struct walk x = walk(t, a, w), y = walk(t, b, w);

    for (;;) {
        bool is = next(&x);

        if (is != next(&y) || (is && !same(&x, &y)))
            return false;
        if (!is)
            return true;
    }
}

/* a, in the order of walks, comes before b. */
static bool is_before(const struct walk *a, const struct walk *b)
{
    return a->component != b->component ? a->component < b->component
                                        : a->first < b->first;
}

/* Both are in order, so one walk along each finds all that are in both. */
static void count_moved(struct assignment_change *c, struct walk before,
                        struct walk after, bool was)
{
    bool has = was && next(&before);

    while (next(&after)) {
        c->executors++;
        while (has && is_before(&before, &after))
            has = next(&before);
        if (!has || !same(&before, &after))
            c->moved++;
    }
}

static void count_worker(struct assignment_change *c,
                         const struct topology_record *t,
                         const struct assignment_record *before,
                         const struct assignment_record *after, uint32_t w)
{
    bool was = before != NULL && w < before->n_workers;
    struct walk to = walk(t, after, w);

    count_moved(c, was ? walk(t, before, w) : to, to, was);
    if (!was)
        c->more++;
    else if (before->workers[w].birth == after->workers[w].birth)
        c->go_on++;
    else
        c->anew++;
}

struct assignment_change assignment_change(
    const struct topology_record *t, const struct assignment_record *before,
    const struct assignment_record *after)
{
    struct assignment_change c = {.workers = after->n_workers,
                                  .wanted = executor_share_workers(t)};

    for (uint32_t w = 0; w < after->n_workers; w++)
        count_worker(&c, t, before, after, w);
    if (before != NULL && before->n_workers > after->n_workers)
        c.gone = before->n_workers - after->n_workers;
    return c;
}

static const char *s_of(uint32_t n)
{
    return n == 1 ? "s" : "";
}

void assignment_change_text(const struct assignment_change *c,
                            char text[ASSIGNMENT_CHANGE_TEXT])
{
    int n = snprintf(
        text, ASSIGNMENT_CHANGE_TEXT,
        "%u of %u executors move%s; of the workers %u go%s on, %u start%s "
        "anew, %u %s new, %u end%s",
        c->moved, c->executors, s_of(c->moved), c->go_on,
        c->go_on == 1 ? "es" : "", c->anew, s_of(c->anew), c->more,
        c->more == 1 ? "is" : "are", c->gone, s_of(c->gone));

    if (c->workers < c->wanted)
        snprintf(text + n, ASSIGNMENT_CHANGE_TEXT - (size_t)n,
                 "; there are slots for %u of %u workers", c->workers,
                 c->wanted);
}
