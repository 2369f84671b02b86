/* naps.c - bolts that wait now and then; see naps.h. */
#include "tests/support/naps.h"
#include "worker/local_in.h"
#include "worker/worker.h"
#include <poll.h>

void naps_wait(void)
{
    (void)poll(NULL, 0, 2);
}

static void check_order(gale_task *task, const gale_tuple *in)
{
    struct naps *seen = probe_arg(task);
    struct naps_task *own = probe_state(task);
    int32_t from = gale_source_task(in);
    int64_t n = gale_get_int(in, 0);

    seen->wrong += from >= 64 || n + 1 <= own->last[from % 64];
    own->last[from % 64] = n + 1;
    seen->executed++;
}

/* Numbers of its own, since those of several producers mix. */
gale_result naps_pass_on(gale_task *task, const gale_tuple *in)
{
    struct naps_task *own = probe_state(task);

    check_order(task, in);
    return gale_emit(task, gale_int(own->sent++));
}

void naps_now_and_then(gale_task *task)
{
    struct naps *seen = probe_arg(task);
    struct naps_task *own = probe_state(task);

    if (++own->n % NAPS_EVERY != 0)
        return;
    seen->naps++;
    naps_wait();
}

gale_result naps_and_pass_on(gale_task *task, const gale_tuple *in)
{
    naps_now_and_then(task);
    return naps_pass_on(task, in);
}

gale_result naps_take(gale_task *task, const gale_tuple *in)
{
    check_order(task, in);
    return GALE_OK;
}

uint32_t naps_carriers(struct setting *s)
{
    return local_worker(s->r.local)->n_carriers;
}

gale_result naps_tick_often(gale_task *task)
{
    gale_tick_every(task, 1);
    return GALE_OK;
}
