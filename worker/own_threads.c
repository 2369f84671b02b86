/* own_threads.c - who keeps blocking gets a carrier; see own_threads.h. */
#include "worker/own_threads.h"
#include "common/check.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "worker/blocks_rule.h"
#include "worker/bolt_task.h"
#include "worker/carriers.h"
#include "worker/moving.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <errno.h>
#include <stdlib.h>

struct own_thread {
    struct blocks blocks;
    int64_t ns; /* of the last run */
    bool due;
};

/* -- looking --------------------------------------------------------------- */

static enum run_result run(struct executor *e)
{
    return e->component->is_spout ? spout_run(e) : bolt_run(e);
}

static void look_no_more(struct executor *e)
{
    e->run = e->component->is_spout ? spout_run : bolt_run;
}

static void judge(struct executor *e, const struct blocks_run *r)
{
    struct own_thread *o = e->own;

    o->ns = r->ns;
    switch (blocks_ran(&o->blocks, r)) {
    case BLOCKS_ALWAYS:
        o->due = true;
        break;
    case BLOCKS_NOT:
        look_no_more(e);
        free(o);
        e->own = NULL;
        break;
    default:
        break;
    }
}

/* executor.run of one that has been slow of late. */
static enum run_result look_and_run(struct executor *e)
{
    struct carrier *c = e->carrier;
    struct env *env = c->env;
    struct env_spent before, after;
    enum run_result result;
    int64_t start = c->now;

    env->ops->thread_spent(env, &before);
    result = run(e);
    env->ops->thread_spent(env, &after);
    c->now = env->ops->now(env);
    c->fresh = true;
    judge(e, &(struct blocks_run){c->now - start, after.cpu_ns - before.cpu_ns,
                                  after.waits - before.waits});
    return result;
}

static void begin_to_look(struct executor *e)
{
    e->own = xcalloc(1, sizeof(*e->own));
    e->run = look_and_run;
}

/* -- moving ---------------------------------------------------------------- */

static const char *flag_of(const struct executor *e)
{
    return e->component->is_spout ? "GALE_SPOUT_BLOCKING"
                                  : "GALE_BOLT_BLOCKING";
}

static void say_moves(struct executor *e, const struct carrier *to)
{
    char name[300];

    log_info(e->worker->log, task_name(e->tasks[0], name, sizeof(name)),
             "blocks, now for %.1f ms, and %u of its last %u runs did: it has "
             "a thread of its own from here on, carrier %u, so that others of "
             "carrier %u do not wait for it; %s in the flags of \"%s\" says so "
             "from the start",
             (double)e->own->ns / 1e6, BLOCKS_OFTEN, BLOCKS_WINDOW, to->index,
             e->carrier->index, flag_of(e), e->component->id);
}

/* Once, for all. */
static void say_stays(struct executor *e, int why)
{
    struct worker *w = e->worker;
    char name[300];

    if (atomic_exchange(&w->no_more_carriers, true))
        return;
    log_warn(w->log, task_name(e->tasks[0], name, sizeof(name)),
             "blocks, now for %.1f ms, and others of carrier %u wait for it: "
             "there is no thread of its own for it (%s), nor for others that "
             "do; %s in the flags of \"%s\" reserves one",
             (double)e->own->ns / 1e6, e->carrier->index,
             why == ERANGE ? "gale.worker.own.threads is reached"
                           : strerror(why),
             flag_of(e), e->component->id);
}

/* It is what the component says that it is not: see executor.blocking. */
static void now_blocks(struct executor *e)
{
    look_no_more(e);
    e->blocking = true;
}

static bool move(struct carrier *c, struct executor *e)
{
    struct carrier *to = carriers_add(c);

    if (to == NULL) {
        say_stays(e, errno);
        look_no_more(e);
        e->own->due = false;
        return false;
    }
    say_moves(e, to);
    now_blocks(e);
    moving_leaves(c, e, to);
    return true;
}

static bool may_move(const struct executor *e)
{
    return e->n_tasks > 0 && !e->blocking && e->opened && !e->closed &&
           e->worker->config.own_threads > 0 && !worker_halted(e->worker);
}

bool own_threads_takes(struct carrier *c, struct executor *e)
{
    if (!may_move(e))
        return false;
    if (e->own == NULL)
        begin_to_look(e);
    return e->own->due && move(c, e);
}
