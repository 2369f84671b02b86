/* crossing.c - what crosses, and how often it came; see crossing.h. */
#include "tests/support/crossing.h"
#include "tests/support/cmocka_all.h"
#include "common/check.h"
#include <stdatomic.h>
#include <string.h>

/* How often the last bolt got each number. */
static _Atomic(uint32_t) seen[CROSSING_MAX];

uint32_t crossing_see(const gale_tuple *in)
{
    int64_t number = gale_get_int(in, 0);

    check(number >= 0);
    return number < CROSSING_MAX ? atomic_fetch_add(&seen[number], 1) : 0;
}

gale_result crossing_pass_on(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

gale_result crossing_take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    crossing_see(in);
    return GALE_OK;
}

const struct probe crossing_passer = {.streams = OUTPUT_N,
                                      .execute = crossing_pass_on};
const struct probe crossing_taker = {.execute = crossing_take};

void crossing_begin(struct crossing *x, const char *name, uint32_t workers,
                    uint64_t n)
{
    assert_true(n <= CROSSING_MAX);
    memset(x, 0, sizeof(*x));
    memset((void *)(uintptr_t)seen, 0, sizeof(seen));
    cluster_run_begin(&x->c, name, workers);
    number_source_init(&x->numbers, n);
    topology_run_spout(&x->c.r, "numbers", &x->numbers.probe, 1);
}

void crossing_goes_by(struct crossing *x, const char *way)
{
    gale_configure(x->c.r.builder, "gale.worker.transport", gale_cstr(way));
}

void crossing_end(struct crossing *x)
{
    cluster_run_end(&x->c);
    number_source_fini(&x->numbers);
}

void crossing_replays(struct crossing *x, int64_t pending)
{
    gale_configure(x->c.r.builder, "topology.message.timeout.secs",
                   gale_int(1));
    gale_configure(x->c.r.builder, "topology.max.spout.pending",
                   gale_int(pending));
    x->numbers.replays = true;
}

void crossing_after(struct crossing *x, uint64_t acks)
{
    tally_await(&x->numbers.acked, acks, "acks");
}

uint64_t crossing_breaks(const struct crossing *x, uint32_t worker,
                         uint32_t peer)
{
    struct link_counts counts;

    member_link(x->c.members[worker], peer, &counts);
    return counts.breaks;
}

void crossing_assert_each_seen(const struct crossing *x, uint32_t times)
{
    for (uint32_t i = 0; i < x->numbers.n; i++)
        if (seen[i] != times)
            fail_msg("%u was seen %u times", i, seen[i]);
}

void crossing_assert_nothing_lost(const struct crossing *x, const char *what)
{
    for (uint32_t i = 0; i < x->numbers.n; i++)
        if (x->numbers.acks[i] != 1 || seen[i] == 0)
            fail_msg("%s: %u was acked %u times, seen %u times", what, i,
                     x->numbers.acks[i], seen[i]);
    assert_int_equal(x->numbers.strangers, 0);
}

void crossing_assert_each_went_once(const struct crossing *x, const char *what)
{
    for (uint32_t i = 0; i < x->numbers.n; i++)
        if (seen[i] != 1 || x->numbers.fails[i] != 0)
            fail_msg("%s: %u was seen %u times, failed %u times", what, i,
                     seen[i], x->numbers.fails[i]);
}
