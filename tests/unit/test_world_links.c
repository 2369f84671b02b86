/*
 * test_world_links.c - two workers, as they are, on two machines of simulated
 * worlds: what the network mangles is noticed, and nothing wrong is delivered.
 */
#include "simulator/engine_world.h"
#include "simulator/world_machine.h"
#include "simulator/world_net.h"
#include "simulator/world_process.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/crossing.h"
#include <stdio.h>
#include <string.h>

enum { SEEDS = 60, WORKERS = 2, N = 2000, FIRST_PORT = 6700, PENDING = 50 };

static const int64_t ms = 1000000, second = 1000000000, hour = 3600 * second;

static struct {
    struct crossing x;
    struct world *world;
    struct world_machine *machines[WORKERS];
    struct world_process *processes[WORKERS];
    bool over;
} run;

/* How often each kind was there, over all seeds. */
static uint64_t mangled[WORLD_NET_MANGLINGS];

static void sleep_for(struct env *env, int64_t ns)
{
    struct env_waiter *waiter = env->ops->waiter_new(env);
    struct env_ready ready[1];

    env->ops->waiter_wait(env, waiter, world_now(run.world) + ns, ready, 1);
    env->ops->waiter_free(env, waiter);
}

/* -- the workers ----------------------------------------------------------- */

static int work(struct env *env, void *arg)
{
    struct cluster_run *c = &run.x.c;
    uint32_t me = (uint32_t)((struct world_process **)arg - run.processes);
    struct plan plan = c->plan;
    struct member_in in = {.env = env,
                           .builder = c->r.builder,
                           .plan = &plan,
                           .carriers = 1,
                           .log = c->r.log.stream};
    gale_err error;

    plan.me = me;
    c->members[me] = member_start(&in, &error);
    if (c->members[me] == NULL)
        fprintf(stderr, "# worker %u: %s\n", me, error.text);
    while (c->members[me] != NULL && !run.over)
        sleep_for(env, 100 * ms);
    member_free(c->members[me]);
    return world_net_open(env) == 0 ? 0 : 1;
}

/* numbers (worker 0) → a (1) → b (0) */
static void add_bolts(struct crossing *x)
{
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &crossing_passer, 2),
                 "numbers");
    gale_by_fields(topology_run_bolt(&x->c.r, "b", &crossing_taker, 2), "a",
                   "n");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_put(&x->c, "b", 0);
}

static void place_worker(uint32_t i)
{
    struct plan_worker *place = &run.x.c.workers[i];

    run.machines[i] = world_machine_new(run.world);
    snprintf(place->host, sizeof(place->host), "%s",
             world_machine_address(run.machines[i]));
    place->port = (uint16_t)(FIRST_PORT + i);
}

static void begin(uint64_t seed)
{
    struct world_options options = {.seed = seed, .n_cpus = 2};

    memset(&run, 0, sizeof(run));
    run.world = engine_world_new(&options);
    crossing_begin(&run.x, "mangled", WORKERS, N);
    crossing_replays(&run.x, PENDING);
    add_bolts(&run.x);
    run.x.c.plan.version = 1;
    cluster_run_count(&run.x.c);
    for (uint32_t i = 0; i < WORKERS; i++)
        place_worker(i);
    for (uint32_t i = 0; i < WORKERS; i++)
        run.processes[i] = world_process_start(
            run.machines[i],
            &(struct world_process_in){
                .name = "worker", .main = work, .arg = &run.processes[i]});
    while (run.x.c.members[0] == NULL || run.x.c.members[1] == NULL)
        sleep_for(world_env(run.world), ms);
}

static void end(void)
{
    run.over = true;
    for (uint32_t i = 0; i < WORKERS; i++) {
        while (world_process_runs(run.processes[i]))
            sleep_for(world_env(run.world), 100 * ms);
        assert_int_equal(world_process_end(run.processes[i]).status, 0);
        run.x.c.members[i] = NULL;
    }
    crossing_end(&run.x);
    world_free(run.world);
}

/* -- waiting --------------------------------------------------------------- */

/* As an hour of the world's is long, it is in vain after that. */
static bool until(bool (*is)(void *arg), void *arg)
{
    int64_t end_at = world_now(run.world) + hour;

    while (!is(arg)) {
        if (world_now(run.world) > end_at)
            return false;
        sleep_for(world_env(run.world), 20 * ms);
    }
    return true;
}

static bool both_up(void *arg)
{
    (void)arg;
    return cluster_run_report(&run.x.c, 0).links_up &&
           cluster_run_report(&run.x.c, 1).links_up;
}

static bool all_acked(void *arg)
{
    (void)arg;
    return tally_get(&run.x.numbers.acked) >= N;
}

static uint64_t breaks(void)
{
    return crossing_breaks(&run.x, 0, 1) + crossing_breaks(&run.x, 1, 0);
}

/* -- mangling -------------------------------------------------------------- */

struct injury {
    enum world_mangling how;
    uint64_t before; /* manglings of this kind */
    uint64_t breaks;
};

static bool has_happened(void *arg)
{
    const struct injury *i = arg;

    return world_net_counts(run.world).mangled[i->how] > i->before;
}

static bool is_noticed(void *arg)
{
    const struct injury *i = arg;

    return breaks() > i->breaks;
}

static void injure(enum world_mangling how)
{
    struct injury i = {how, world_net_counts(run.world).mangled[how], breaks()};
    uint32_t from = (uint32_t)world_below(run.world, WORKERS);

    world_net_mangle(run.world, world_machine_number(run.machines[from]),
                     world_machine_number(run.machines[1 - from]), FIRST_PORT,
                     FIRST_PORT + WORKERS, how);
    if (!until(has_happened, &i))
        fail_msg("nothing is sent that could be mangled (%d)", (int)how);
    if (!until(is_noticed, &i))
        fail_msg("a mangled stream goes on (%d)", (int)how);
    mangled[how]++;
}

static void what_is_mangled_is_noticed_and_nothing_wrong_is_delivered(
    void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed);
        for (uint32_t k = 0; k < 4; k++) {
            assert_true(until(both_up, NULL));
            injure((enum world_mangling)world_below(run.world,
                                                    WORLD_NET_MANGLINGS));
        }
        if (!until(all_acked, NULL))
            fail_msg("seed %llu: all is healed, and not all is acked",
                     (unsigned long long)seed);
        crossing_assert_nothing_lost(&run.x, "mangled");
        end();
    }
    for (uint32_t k = 0; k < WORLD_NET_MANGLINGS; k++)
        assert_true(mangled[k] > SEEDS / 2);
}

/* Silence and cuts, and no mangling: the same holds. */
static void what_is_cut_off_comes_again_when_it_is_healed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed);
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t from = (uint32_t)world_below(run.world, WORKERS);

            assert_true(until(both_up, NULL));
            if (world_below(run.world, 2) == 0)
                world_net_cut(run.world, WORLD_ANY_MACHINE, from + 1);
            else
                world_net_silence(run.world, from + 1, 2 - from);
            sleep_for(world_env(run.world),
                      (int64_t)world_below(run.world, (uint64_t)(60 * second)));
            world_net_heal(run.world);
        }
        if (!until(all_acked, NULL))
            fail_msg("seed %llu: all is healed, and not all is acked",
                     (unsigned long long)seed);
        crossing_assert_nothing_lost(&run.x, "cut off");
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_is_mangled_is_noticed_and_nothing_wrong_is_delivered),
        cmocka_unit_test(what_is_cut_off_comes_again_when_it_is_healed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
