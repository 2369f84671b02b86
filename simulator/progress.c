/* progress.c - whether a run gets on; see progress.h. */
#include "simulator/progress.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <string.h>

/* A source may have nothing for days; but then somebody waits for a time. */
#define IDLE_LOOKS 300

/* -- what is counted ------------------------------------------------------- */

static void add(void *arg, const gale_component_stats *s)
{
    struct run_sums *sums = arg;

    sums->transferred += s->transferred;
    sums->executed += s->executed;
    if (!s->spout)
        return;
    sums->emitted += s->emitted;
    sums->acked += s->acked;
    sums->failed += s->failed;
    sums->timed_out += s->timed_out;
    sums->pending += s->pending;
}

struct run_sums run_sums_of(gale_local *local)
{
    struct run_sums sums = {0};

    gale_local_stats(local, add, &sums);
    return sums;
}

/* -- circles --------------------------------------------------------------- */

/* All that spouts have emitted since had failed before, and none was acked. */
static bool only_replays(const struct progress *before,
                         const struct progress *now)
{
    return now->sums.failed > before->sums.failed &&
           now->sums.acked == before->sums.acked &&
           now->books.fresh == before->books.fresh &&
           now->sums.emitted - before->sums.emitted ==
               now->books.messages - before->books.messages;
}

/* One of the messages that failed may become a dead letter yet. */
static bool may_die(const struct spout_part *sp, uint32_t max_replays)
{
    for (uint32_t i = 0; i < sp->owed.capacity; i++)
        if (sp->owed.slots[i].born != 0 &&
            sp->owed.slots[i].failures <= max_replays)
            return true;
    return false;
}

/* It waits for a time that it has named, or is about to: there is something new
 * then. One that is asked again and again has nothing, or waits for acks. */
static bool waits_for_a_time(const struct spout_part *sp)
{
    bool named = sp->says_something && sp->says_until != INT64_MAX;

    return !atomic_load(&sp->exhausted) && (!sp->waiting || named);
}

/* So many looks at nothing but replays are too many. */
static uint32_t bearable(const struct worker *w)
{
    uint32_t max_replays = w->config.letters.max_replays;
    uint32_t looks = 1;

    for (uint32_t i = 1; i <= w->n_tasks; i++) {
        const struct spout_part *sp = w->tasks[i]->spout;

        if (sp == NULL)
            continue;
        if (max_replays > 0 && may_die(sp, max_replays))
            return UINT32_MAX;
        if (waits_for_a_time(sp))
            looks = IDLE_LOOKS;
    }
    return looks;
}

/* -- looking --------------------------------------------------------------- */

static void count_looks(const struct progress *before, struct progress *now)
{
    now->failing = now->sums.failed - before->sums.failed >
                   now->sums.timed_out - before->sums.timed_out;
    if (!before->begun)
        return;
    if (memcmp(&before->sums, &now->sums, sizeof(now->sums)) == 0)
        now->idle = before->idle + 1;
    if (only_replays(before, now))
        now->circles = before->circles + 1;
}

const char *progress_look(struct progress *p, gale_local *local,
                          const struct worker *w, const struct ledger *l)
{
    struct progress now = {
        .begun = true, .sums = run_sums_of(local), .books = ledger_counts(l)};

    count_looks(p, &now);
    *p = now;
    if (p->circles > 0 && p->circles >= bearable(w))
        return ", and messages are emitted again and again, and none is acked";
    return p->idle >= IDLE_LOOKS ? ", and nothing happens any more" : NULL;
}
