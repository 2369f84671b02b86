/* moving_run.c - what is held, and comes to rest; see moving_run.h. */
#include "tests/support/moving_run.h"
#include "tests/support/cmocka_all.h"
#include <sched.h>
#include <stdatomic.h>

static _Atomic(bool) holds,
    is_held; /* the taker does not return; it is called */

static gale_result take(gale_task *task, const gale_tuple *in)
{
    while (atomic_load(&holds)) {
        atomic_store(&is_held, true);
        sched_yield();
    }
    return crossing_take(task, in);
}

const struct probe moving_run_taker = {.execute = take};

void moving_run_begin(struct crossing *x, uint32_t workers)
{
    crossing_begin(x, "moving", workers, MOVING_RUN_N);
    crossing_replays(x, 300);
}

void moving_run_is_patient(struct crossing *x)
{
    gale_configure(x->c.r.builder, "topology.message.timeout.secs",
                   gale_int(20));
}

void moving_run_hold(void)
{
    atomic_store(&is_held, false);
    atomic_store(&holds, true);
}

void moving_run_await_held(void)
{
    while (!atomic_load(&is_held))
        sched_yield();
}

void moving_run_let_go(void)
{
    atomic_store(&holds, false);
}

static bool spout_rests(void *arg)
{
    return !cluster_run_report(arg, 0).active;
}

void moving_run_start_and_rest(struct crossing *x)
{
    moving_run_hold();
    cluster_run_start(&x->c);
    moving_run_await_held();
    member_activate(x->c.members[0], false);
    topology_run_until(spout_rests, &x->c, "the spout does not rest");
    moving_run_let_go();
    cluster_run_rest(&x->c);
}
