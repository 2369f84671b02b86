/*
 * test_world_processes.c - processes of a simulated world, as others of their
 * machine see them.
 *
 * What ends a process loses its memory, so each test is a process of its own.
 */
#include "common/loop.h"
#include "common/rpc_address.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/in_child.h"
#include "tests/support/one_machine.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int stay(struct env *of, void *arg)
{
    (void)arg;
    for (;;)
        world_sleep(of, world_now(world) + MS);
    return 0;
}

struct parent {
    int (*child)(struct env *env, void *arg);
    void *arg;
    struct world_process *started;
    struct loop *loop;
    struct env_process *process;
    struct env_process_end end;
    bool locked_out, locked;
};

static void child_ended(void *arg)
{
    struct parent *p = arg;
    struct env *of = loop_env(p->loop);

    assert_true(of->ops->processes->ended(of, p->process, &p->end));
    loop_end(p->loop);
}

static int lock(struct env *of, void *arg)
{
    assert_true(of->ops->file_lock(of, "/lock") >= 0);
    return stay(of, arg);
}

static int watch_child(struct env *of, void *arg)
{
    struct parent *p = arg;
    const char *const command[] = {"gale", "worker", NULL};
    const struct world_process_in in = {.name = "child",
                                        .command = command,
                                        .worker = "words-1-2/0",
                                        .parent = world_process_of(of),
                                        .main = p->child,
                                        .arg = p->arg};
    struct env_process_id id;
    struct loop_watch watch = {.event = NULL};

    p->loop = loop_new(of);
    p->started = world_process_start(machine, &in);
    id = world_process_id(p->started);
    p->process = of->ops->processes->find(of, id.pid, id.start);
    assert_non_null(p->process);
    assert_int_equal(
        loop_watch_set(p->loop, &watch, p->process->watch, child_ended, p), 0);
    world_sleep(of, world_now(world) + 100 * MS);
    p->locked_out = of->ops->file_lock(of, "/lock") < 0;
    loop_run(p->loop);
    loop_watch_clear(&watch);
    p->locked = of->ops->file_lock(of, "/lock") >= 0;
    of->ops->processes->free(of, p->process);
    loop_free(p->loop);
    return 0;
}

static void a_parent_is_told_how_its_child_ended_and_its_locks_are_free(void)
{
    struct parent p = {.child = lock};
    struct world_process *parent;

    begin(4);
    parent = start(watch_child, &p);
    let_pass(1000 * MS);
    assert_true(world_process_runs(parent));
    world_process_crash(p.started);
    await_end(parent);
    assert_int_equal(world_process_end(parent).signal, 0);
    assert_true(p.locked_out);
    assert_true(p.end.known);
    assert_int_equal(p.end.signal, SIGKILL);
    assert_true(p.locked);
}

static bool is_worker(const void *arg, const struct env_process_facts *facts)
{
    size_t at = 0;

    (void)arg;
    return strcmp(facts->worker, "words-1-2/0") == 0 &&
           strcmp(env_process_argument(facts, &at), "gale") == 0 &&
           strcmp(env_process_argument(facts, &at), "worker") == 0 &&
           env_process_argument(facts, &at) == NULL;
}

static int look_around(struct env *of, void *arg)
{
    const struct env_process_ops *ops = of->ops->processes;
    struct env_process_id *ids, id = *(struct env_process_id *)arg;
    struct env_process_facts facts;
    struct env_process *process;
    struct env_process_end end;
    uint32_t n;

    ids = ops->family(of, is_worker, NULL, &n);
    assert_int_equal(n, 1);
    assert_int_equal(ids[0].pid, id.pid);
    free(ids);
    ops->look(of, id.pid, &facts);
    assert_true(facts.runs && facts.start == id.start);
    assert_null(ops->find(of, id.pid, id.start + 1));
    assert_int_equal(errno, ESRCH);
    process = ops->find(of, id.pid, id.start);
    assert_false(ops->ended(of, process, &end));
    assert_int_equal(ops->signal(of, process, 0), 0);
    assert_int_equal(ops->kill(of, process), 0);
    assert_true(ops->ended(of, process, &end));
    assert_false(end.known);
    assert_int_equal(ops->kill(of, process), -1);
    assert_int_equal(errno, ESRCH);
    ops->look(of, id.pid, &facts);
    assert_false(facts.runs);
    ops->free(of, process);
    return 0;
}

static void one_of_the_same_machine_is_found_looked_at_and_killed(void)
{
    const char *const command[] = {"gale", "worker", NULL};
    const struct world_process_in in = {
        .name = "w", .command = command, .worker = "words-1-2/0", .main = stay};
    struct env_process_id id, other;
    struct world_process *p;

    begin(5);
    p = world_process_start(machine, &in);
    id = world_process_id(p);
    other =
        world_process_id(world_process_start(world_machine_new(world), &in));
    assert_int_equal(other.pid, id.pid); /* another machine's number */
    p = start(look_around, &id);
    await_end(p);
    assert_int_equal(world_process_end(p).signal, 0);
    assert_int_equal(world_process_end(p).status, 0);
}

static int come_and_go(struct env *of, void *arg)
{
    (void)of, (void)arg;
    return 0;
}

static void a_number_is_soon_another_ones_and_its_start_is_not(void)
{
    struct env_process_id first, second;
    struct world_process *p;

    begin(6);
    p = start(come_and_go, NULL);
    first = world_process_id(p);
    await_end(p);
    second = world_process_id(start(come_and_go, NULL));
    assert_int_equal(first.pid, second.pid);
    assert_true(first.start != second.start);
}

static void never(void *arg)
{
    (void)arg;
}

static bool has(struct env *of, uint32_t descriptors, uint32_t files,
                uint32_t entries)
{
    struct world_process_holds h = world_process_holds(world_process_of(of));

    return h.descriptors == descriptors && h.files == files &&
           h.entries == entries;
}

static int open_and_close(struct env *of, void *arg)
{
    struct loop *loop = loop_new(of);
    struct loop_timer timer = {.at = 0};
    struct rpc_address address;
    int file, listener;

    (void)arg;
    assert_true(has(of, 0, 0, 0));
    loop_timer_set(loop, &timer, loop_now(loop) + MS, never, NULL);
    assert_true(has(of, 0, 0, 1));
    file = of->ops->file_create(of, "/file");
    assert_true(has(of, 0, 1, 1));
    assert_int_equal(rpc_address_parse("127.0.0.1:80", &address, NULL), 0);
    listener = of->ops->net_listen(of, &address);
    assert_true(has(of, 1, 1, 1));
    of->ops->net_close(of, listener);
    of->ops->file_close(of, file);
    loop_timer_clear(&timer);
    assert_true(has(of, 0, 0, 0));
    loop_free(loop);
    return 0;
}

static void what_a_process_has_open_is_counted(void)
{
    struct world_process *p;

    begin(7);
    p = start(open_and_close, NULL);
    await_end(p);
    assert_int_equal(world_process_end(p).signal, 0);
}

int main(void)
{
#define TEST(name) in_child_test(name)
    const struct CMUnitTest tests[] = {
        TEST(a_parent_is_told_how_its_child_ended_and_its_locks_are_free),
        TEST(one_of_the_same_machine_is_found_looked_at_and_killed),
        TEST(a_number_is_soon_another_ones_and_its_start_is_not),
        TEST(what_a_process_has_open_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
