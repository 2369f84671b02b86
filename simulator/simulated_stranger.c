/* simulated_stranger.c - they sleep, and end; see simulated_stranger.h. */
#include "simulator/simulated_stranger.h"
#include "topology-api/memory.h"

#define SECOND INT64_C(1000000000)
#define STAYS_NS (60 * SECOND) /* at most */
#define MORE_THAN_MOST 4       /* at a time */

/* Never freed: of its process. */
struct stranger {
    struct simulated_daemon *beside;
    struct world_process *process;
    struct world_process_witness end;
    int64_t until;
};

static int sleep_long(struct env *env, void *arg)
{
    const struct stranger *s = arg;

    world_sleep(env, s->until);
    return 0;
}

static void turned(void *arg, enum world_process_turn turn)
{
    const struct stranger *s = arg;
    struct simulated_cluster *c = s->beside->cluster;

    if (turn == WORLD_PROCESS_ENDED && !s->beside->loses_power &&
        world_now(c->world) < s->until)
        simulated_cluster_break(c,
                                "T: process %d on the machine of %s is ended, "
                                "and is somebody else's",
                                world_process_id(s->process).pid,
                                s->beside->name);
}

static void start(struct simulated_daemon *d)
{
    static const char *const command[] = {"sleep", "60", NULL};
    struct stranger *s = xcalloc(1, sizeof(*s));
    struct world *w = d->cluster->world;
    const struct world_process_in in = {
        .name = "stranger", .command = command, .main = sleep_long, .arg = s};

    s->beside = d;
    s->until = world_now(w) + (int64_t)world_below(w, STAYS_NS);
    s->process = world_process_start(d->machine, &in);
    s->end.turn = turned;
    s->end.arg = s;
    world_process_tell(s->process, &s->end);
}

void simulated_strangers_start(struct simulated_daemon *d)
{
    for (uint64_t n = world_below(d->cluster->world, MORE_THAN_MOST); n > 0;
         n--)
        start(d);
}
