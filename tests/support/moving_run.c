/* moving_run.c - what moves, and what is counted; see moving_run.h. */
#include "tests/support/moving_run.h"
#include "tests/support/cmocka_all.h"
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

static _Atomic(uint32_t) seen[MOVING_RUN_N];
static _Atomic(bool) holds,
    is_held; /* the taker does not return; it is called */

static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    while (atomic_load(&holds)) {
        atomic_store(&is_held, true);
        sched_yield();
    }
    atomic_fetch_add(&seen[gale_get_int(in, 0)], 1);
    return GALE_OK;
}

const struct probe moving_run_passer = {.streams = OUTPUT_N,
                                        .execute = pass_on};
const struct probe moving_run_taker = {.execute = take};

void moving_run_begin(struct moving_run *x, uint32_t workers)
{
    memset(x, 0, sizeof(*x));
    memset((void *)(uintptr_t)seen, 0, sizeof(seen));
    cluster_run_begin(&x->c, "moving", workers);
    gale_configure(x->c.r.builder, "topology.message.timeout.secs",
                   gale_int(1));
    gale_configure(x->c.r.builder, "topology.max.spout.pending", gale_int(300));
    number_source_init(&x->numbers, MOVING_RUN_N);
    x->numbers.replays = true;
    topology_run_spout(&x->c.r, "numbers", &x->numbers.probe, 1);
}

void moving_run_is_patient(struct moving_run *x)
{
    gale_configure(x->c.r.builder, "topology.message.timeout.secs",
                   gale_int(20));
}

void moving_run_after(struct moving_run *x, uint64_t acks)
{
    tally_await(&x->numbers.acked, acks, "acks");
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

void moving_run_start_and_rest(struct moving_run *x)
{
    moving_run_hold();
    cluster_run_start(&x->c);
    moving_run_await_held();
    member_activate(x->c.members[0], false);
    topology_run_until(spout_rests, &x->c, "the spout does not rest");
    moving_run_let_go();
    cluster_run_rest(&x->c);
}

void moving_run_assert_nothing_lost(const struct moving_run *x,
                                    const char *what)
{
    for (uint32_t i = 0; i < MOVING_RUN_N; i++)
        if (x->numbers.acks[i] != 1 || seen[i] == 0)
            fail_msg("%s: %u was acked %u times, seen %u times", what, i,
                     x->numbers.acks[i], seen[i]);
    assert_int_equal(x->numbers.strangers, 0);
}

void moving_run_assert_each_went_once(const struct moving_run *x,
                                      const char *what)
{
    for (uint32_t i = 0; i < MOVING_RUN_N; i++)
        if (seen[i] != 1 || x->numbers.fails[i] != 0)
            fail_msg("%s: %u was seen %u times, failed %u times", what, i,
                     seen[i], x->numbers.fails[i]);
}
