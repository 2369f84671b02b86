/* moving.c - from one carrier to another; see moving.h. */
#include "worker/moving.h"
#include "common/check.h"
#include "worker/bolt_task.h"
#include "worker/links.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"

/* -- several carriers ------------------------------------------------------ */

/* By the only one that has run anything so far. */
static void end_alone(struct worker *w)
{
    check(w->n_carriers > 1);
    w->carriers[0]->pool.alone = false;
    for (uint32_t i = 0; i < w->model->n_components; i++)
        w->cycles[i].alone = false;
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->executors[i] != NULL)
            executor_share(w->executors[i]);
    links_share(w->links);
}

/* -- leaving --------------------------------------------------------------- */

static void send_all(struct carrier *c, struct executor *e)
{
    outbox_flush(e, true);
    c->chain = false;
    keepers_remove(c, e);
    check(e->dirty == NULL);
}

static void task_leaves(struct carrier *c, struct task *t, struct carrier *to)
{
    if (t->spout != NULL)
        spout_leaves(t, c);
    else
        carrier_timer_leaves(c, &t->bolt->tick_timer);
    t->carrier = to;
}

/* Acks go there from now on, also those that come before it. Pairs with the
 * look in ack_way.c. */
static void set_homes(struct executor *e)
{
    struct worker *w = e->worker;

    for (uint32_t i = 0; i < e->n_tasks; i++)
        atomic_store_explicit(&w->homes[e->tasks[i]->id], &e->carrier->home,
                              memory_order_release);
}

void moving_leaves(struct carrier *c, struct executor *e, struct carrier *to)
{
    check(e->carrier == c && to != c && !e->away && e->n_tasks > 0);
    check(atomic_load(&e->scheduled) == 1 && c->n_acks == 0);
    send_all(c, e);
    if (e->alone)
        end_alone(e->worker);
    for (uint32_t i = 0; i < e->n_tasks; i++)
        task_leaves(c, e->tasks[i], to);
    e->carrier = to;
    e->arrives = true;
    atomic_store(&e->at, to);
    set_homes(e);
    env_point(c->env);
    carrier_hand_over(e);
}

/* -- arriving -------------------------------------------------------------- */

static void task_arrives(struct carrier *c, struct task *t)
{
    if (t->spout != NULL)
        spout_arrives(t, c);
    else
        carrier_timer_arrives(c, &t->bolt->tick_timer);
}

void moving_arrives(struct carrier *c, struct executor *e)
{
    check(e->carrier == c);
    e->arrives = false;
    c->fresh = false; /* it was another carrier's time that it knew last */
    for (uint32_t i = 0; i < e->n_tasks; i++)
        task_arrives(c, e->tasks[i]);
}
