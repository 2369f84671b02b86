/* failed_starts.c - workers whose starts fail; see failed_starts.h. */
#include "nimbus/failed_starts.h"
#include "topology-api/memory.h"

static void add_time(struct live_worker *w, int64_t now_ns)
{
    if (w->n_times == LIVENESS_STARTS) {
        memmove(&w->failed_ns[0], &w->failed_ns[1],
                (LIVENESS_STARTS - 1) * sizeof(w->failed_ns[0]));
        w->n_times--;
    }
    w->failed_ns[w->n_times++] = now_ns;
}

/* How many more have failed. A supervisor that has begun anew counts from 0. */
static uint32_t n_more(struct live_worker *w, uint32_t count)
{
    uint32_t more = count >= w->n_failed ? count - w->n_failed : count;

    w->n_failed = count;
    return more < LIVENESS_STARTS ? more : LIVENESS_STARTS;
}

bool failed_starts_hear(struct live_worker *w, const struct worker_news *news,
                        int64_t now_ns)
{
    uint32_t more = n_more(w, news->failed_starts);

    if (news->runs) {
        w->fails = false;
        w->n_times = 0;
        return false;
    }
    for (uint32_t i = 0; i < more; i++)
        add_time(w, now_ns);
    if (more == 0 || w->n_times < LIVENESS_STARTS ||
        now_ns - w->failed_ns[0] > LIVENESS_STARTS_NS)
        return false;
    w->fails = true;
    return true;
}

/* The mark, made if there is none. */
static struct liveness_mark *mark_of(struct liveness *l, const char *supervisor,
                                     const char *topology)
{
    for (uint32_t i = 0; i < l->n_marks; i++)
        if (!strcmp(l->marks[i].supervisor, supervisor) &&
            !strcmp(l->marks[i].topology, topology))
            return &l->marks[i];
    l->marks = xreallocarray(l->marks, l->n_marks + 1, sizeof(*l->marks));
    return &l->marks[l->n_marks++];
}

void failed_starts_mark(struct liveness *l, const struct live_worker *w,
                        const char *why, int64_t now_ns)
{
    struct liveness_mark *m = mark_of(l, w->supervisor->id, w->topology);

    *m = (struct liveness_mark){.worker = w->number,
                                .until_ns = now_ns + l->limits.mark_ns};
    memcpy(m->supervisor, w->supervisor->id, sizeof(m->supervisor));
    memcpy(m->topology, w->topology, sizeof(m->topology));
    snprintf(m->why, sizeof(m->why), "%s",
             why != NULL ? why : "for no known reason");
}

void failed_starts_forget(struct liveness *l, const char *topology)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < l->n_marks; i++)
        if (strcmp(l->marks[i].topology, topology) != 0)
            l->marks[n++] = l->marks[i];
    l->n_marks = n;
}
