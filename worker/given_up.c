/* given_up.c - what a stop gives up, in a sentence; see given_up.h. */
#include "worker/given_up.h"
#include "topology-api/text_buffer.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"

/* Messages of a task; *more: there may be more than these. */
typedef uint64_t count_fn(struct task *t, bool *more);

static uint64_t pending(struct task *t, bool *more)
{
    (void)more;
    return counter_get(&t->counters.pending) +
           counter_get(&t->counters.resting);
}

/* Those that are under way once more are pending. */
static uint64_t failed(struct task *t, bool *more)
{
    const struct pending *p = &t->spout->pending;
    const struct owed *owed = &t->spout->owed;
    uint64_t n = owed->n;

    for (uint32_t i = 0; i < p->capacity; i++)
        n -= p->ring[i].seq != 0 && owed_find(owed, p->ring[i].id) != NULL;
    *more |= owed->forgot;
    return n;
}

static void put_spout(struct text_buffer *text, const struct worker *w,
                      const struct component *c, count_fn *count)
{
    uint64_t n = 0;
    bool more = false;

    for (uint32_t i = 0; i < c->tasks; i++) {
        struct task *t = w->tasks[(uint32_t)c->first_task + i];

        n += t != NULL ? count(t, &more) : 0;
    }
    if (n > 0)
        text_buffer_put(text, "%s%s%llu message%s of spout \"%s\"",
                        text->n > 0 ? ", " : "", more ? "at least " : "",
                        (unsigned long long)n, n > 1 ? "s" : "", c->id);
}

/* How many of which spouts; false: none. */
static bool list(const struct worker *w, count_fn *count, char *to, size_t size)
{
    const struct model *m = w->model;
    struct text_buffer text;

    text_buffer_init(&text, to, size);
    for (uint32_t i = 0; i < m->n_components; i++)
        if (m->components[i].is_spout)
            put_spout(&text, w, &m->components[i], count);
    return text.n > 0;
}

void given_up_pending(const struct worker *w, char *text, size_t size)
{
    char spouts[300];
    bool any = list(w, pending, spouts, sizeof(spouts));

    snprintf(text, size,
             "the stop gave up waiting after %.1f s "
             "(gale.topology.drain.secs) for %s%s",
             (double)w->config.drain_ns / 1e9,
             any ? spouts : "what is queued or under way",
             any ? ", not settled by then; with --state, a spout that keeps "
                   "positions reads them again in the next run"
                 : "");
}

void given_up_queued(char *text, size_t size, int64_t ns)
{
    snprintf(text, size,
             "the stop gave up waiting for queued tuples, of which none was "
             "executed for %.1f s (gale.topology.drain.secs, but 1 s at "
             "least): bolts that had no end_of_input yet get none, and results "
             "may be missing",
             (double)ns / 1e9);
}

bool given_up_failed(const struct worker *w, char *text, size_t size)
{
    size_t n = strlen(text);
    char spouts[300];

    if (!list(w, failed, spouts, sizeof(spouts)))
        return false;
    snprintf(text + n, size - n,
             "%sthe stop came while %s had failed and waited to be emitted "
             "again: %s",
             n > 0 ? "; " : "", spouts,
             w->positions != NULL
                 ? "a spout that keeps positions reads them again in the next "
                   "run with this --state, those of others are given up"
                 : "they are given up; with --state, a spout that keeps "
                   "positions reads them again in the next run");
    return true;
}
