/* setting.c - a topology and its numbers; see setting.h. */
#include "tests/support/setting.h"
#include "topology-api/memory.h"
#include <stdlib.h>

struct setting *setting_begin(const char *topology, uint64_t n, int spouts)
{
    struct setting *s = xcalloc(1, sizeof(*s));

    topology_run_begin(&s->r, topology);
    number_source_init(&s->numbers, n);
    if (spouts > 0)
        topology_run_spout(&s->r, "numbers", &s->numbers.probe, spouts);
    return s;
}

int setting_end(void **state)
{
    struct setting *s = *state;

    topology_run_end(&s->r);
    number_source_fini(&s->numbers);
    free(s);
    return 0;
}

gale_result setting_take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

gale_declarer *setting_add(struct setting *s, const struct probe *spout,
                           int executors)
{
    static const struct probe taker = {.execute = setting_take};
    gale_declarer *d = topology_run_spout(&s->r, "spout", spout, executors);

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &taker, 2), "spout");
    return d;
}

gale_component_stats setting_spout_stats(struct setting *s)
{
    return topology_run_stats(&s->r, "spout");
}
