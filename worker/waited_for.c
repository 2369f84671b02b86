/* waited_for.c - callbacks that do not return; see waited_for.h. */
#include "worker/waited_for.h"
#include "common/last_words.h"
#include "common/log.h"
#include "worker/carrier.h"
#include "worker/task_base.h"
#include <stdatomic.h>

/* Nothing is for ever before, however little a drain may take. */
#define STUCK_MIN_NS 1000000000

#define NAMED_MAX 8 /* of those that are under way */

/* What the carrier runs, or NULL. */
static const struct executor *run_by(const struct worker *w, uint32_t carrier)
{
    return atomic_load_explicit(&w->carriers[carrier]->running,
                                memory_order_relaxed);
}

static const char *kind_of(const struct task *t)
{
    return t->component->is_spout ? "spout" : "bolt";
}

/* -- who is under way while the topology opens ----------------------------- */

static _Atomic(const struct worker *) opening;

void waited_for_open(const struct worker *w)
{
    atomic_store(&opening, w);
}

static void put_task(struct last_words *words, const struct task *t)
{
    last_words_put(words, kind_of(t));
    last_words_put(words, " \"");
    last_words_put(words, t->component->id);
    last_words_put(words, "\" (task ");
    last_words_put_number(words, t->id);
    last_words_put(words, ")");
}

bool waited_for_put(struct last_words *words)
{
    const struct worker *w = atomic_load(&opening);
    uint32_t n = 0;

    for (uint32_t i = 0; w != NULL && i < w->n_carriers; i++) {
        const struct executor *e = run_by(w, i);
        const struct task *t = e != NULL ? task_under_way(e) : NULL;

        if (t == NULL || n++ >= NAMED_MAX)
            continue;
        last_words_put(words, n > 1 ? ", " : "");
        put_task(words, t);
    }
    if (n > NAMED_MAX) {
        last_words_put(words, " and ");
        last_words_put_number(words, n - NAMED_MAX);
        last_words_put(words, " more");
    }
    return n > 0;
}

/* -- who is waited for ----------------------------------------------------- */

void waited_for_say(struct worker *w, const char *doing, int64_t ns)
{
    double seconds = (double)ns / 1e9;

    for (uint32_t i = 0; i < w->n_carriers; i++) {
        const struct executor *e = run_by(w, i);
        const struct task *t = e != NULL ? task_under_way(e) : NULL;

        if (t == NULL)
            continue;
        log_warn(w->log, doing,
                 "%.1f s so far: a callback of %s \"%s\" (task %d) is "
                 "under way, and is waited for",
                 seconds, kind_of(t), t->component->id, t->id);
    }
    if (atomic_load(&w->async) > 0)
        log_warn(w->log, doing,
                 "%.1f s so far: work of gale_async() is under way, and is "
                 "waited for",
                 seconds);
}

static bool is_closing(const struct executor *e)
{
    return atomic_load_explicit(&e->closing, memory_order_relaxed);
}

/* The first executor whose callback is under way; one that was there before
 * the last callbacks, if there is one. */
static const struct executor *first_under_way(const struct worker *w)
{
    const struct executor *found = NULL;

    for (uint32_t i = 0; i < w->n_carriers; i++) {
        const struct executor *e = run_by(w, i);

        if (e != NULL && (found == NULL || is_closing(found)))
            found = e;
    }
    return found;
}

static int64_t bearable_ns(const struct worker *w, bool drained,
                           const struct executor *e)
{
    bool had_its_time = drained && !(e != NULL && is_closing(e));
    int64_t ns = had_its_time ? 0 : w->config.drain_ns;

    return ns > STUCK_MIN_NS ? ns : STUCK_MIN_NS;
}

bool waited_for_ever(struct worker *w, bool drained, int64_t ns, char *text,
                     size_t size)
{
    static const char end[] =
        "has not returned, and only the end of the process ends it";
    const struct executor *e = first_under_way(w);
    const struct task *t = e != NULL ? task_under_way(e) : NULL;

    if (ns < bearable_ns(w, drained, e) ||
        (t == NULL && atomic_load(&w->async) == 0))
        return false;
    if (t == NULL)
        snprintf(text, size, "work of gale_async() %s", end);
    else
        snprintf(text, size, "%s \"%s\" (task %d): a callback %s", kind_of(t),
                 t->component->id, t->id, end);
    return true;
}
