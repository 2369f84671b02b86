/*
 * one_machine.h - a simulated world with one machine, on which processes are
 * started: of one test program.
 */
#ifndef TESTS_ONE_MACHINE_H
#define TESTS_ONE_MACHINE_H

#include "simulator/world_machine.h"
#include "simulator/world_process.h"

#define MS INT64_C(1000000)

static struct world *world;
static struct world_machine *machine;
static struct env *env; /* of the first process */

static void begin(uint64_t seed)
{
    const struct world_options options = {.seed = seed, .n_cpus = 2};

    world = world_new(&options);
    env = world_env(world);
    machine = world_machine_new(world);
}

static struct world_process *start(int (*run)(struct env *env, void *arg),
                                   void *arg)
{
    const struct world_process_in in = {.name = "one", .main = run, .arg = arg};

    return world_process_start(machine, &in);
}

static void let_pass(int64_t ns)
{
    world_sleep(env, world_now(world) + ns);
}

static void await_end(const struct world_process *p)
{
    while (world_process_runs(p))
        let_pass(MS);
}

#endif
