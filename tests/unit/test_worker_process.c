/* test_worker_process.c - a worker's process, without a supervisor, and with
 * one that is a few methods on the process's own loop. */
#include "tests/support/cmocka_all.h"
#include "cli/free_ports.h"
#include "common/rpc_server.h"
#include "tests/support/shipment.h"
#include "topology-api/builder.h"
#include "worker/worker_process_in.h"
#include <sched.h>
#include <string.h>

#define MS_NS (SECOND_NS / 1000)
#define HELD_UP_NS (50 * MS_NS)
#define LIMIT_NS (10 * SECOND_NS)

static char said[200];

static void say(void *arg, const char *text)
{
    (void)arg;
    snprintf(said, sizeof(said), "%s", text);
}

static struct process *make_process(const char *socket)
{
    const struct process_in in = {
        .env = env_posix(),
        .me = {.topology = "words-1-2", .number = 0, .birth = 1},
        .directory = shipment_directory(),
        .socket = socket,
        .log_level = GALE_LOG_ERROR,
        .say = say,
    };
    struct process *p = process_new(&in);

    said[0] = '\0';
    assert_non_null(p);
    return p;
}

/* Nobody is there any more who could tell it what to do, or to end. */
static void one_whose_supervisor_dies_before_it_has_a_plan_ends(void **state)
{
    struct process *p = make_process("/nobody/is/there");

    (void)state;
    assert_int_equal(p->orphan.limit_ns, ORPHAN_LIMIT_NS);
    p->orphan.limit_ns = ORPHAN_PATIENCE_NS;
    assert_int_equal(process_run(p), 1);
    process_free(p);
    assert_non_null(strstr(said, "its supervisor was not heard"));
}

/* -- a supervisor ---------------------------------------------------------- */

static struct {
    struct process *process;
    gale_builder *builder; /* of the topology, which it has one worker of */
    struct rpc_server *server;
    struct loop_timer over;
    bool reported;
} home;

/* All of the topology is this worker's; its spouts rest. */
static void pack_places(struct pack *p)
{
    const struct model *m = model_of(home.builder, NULL);
    uint16_t port;

    assert_int_equal(free_ports_choose(env_posix(), &port, 1), 0);
    pack_text(p, "workers");
    pack_array(p, 1);
    pack_map(p, 3);
    pack_key_text(p, "address", "127.0.0.1");
    pack_key_uint(p, "port", port);
    pack_key_uint(p, "birth", 1);
    pack_text(p, "components");
    pack_array(p, m->n_components);
    for (uint32_t i = 0; i < m->n_components; i++)
        pack_uint(p, m->components[i].executors);
    pack_text(p, "executors");
    pack_array(p, 1);
    pack_array(p, m->n_components);
    for (uint32_t i = 0; i < m->n_components; i++) {
        pack_array(p, 3);
        pack_uint(p, i);
        pack_uint(p, 0);
        pack_uint(p, m->components[i].executors);
    }
}

/*
 * What it does once a second while it has no plan is due just when that comes;
 * and then it is not let run, as may happen on a machine that has more to do
 * than it can, for longer than its engine needs to say all of its begin: that
 * comes first then, and what was due meanwhile behind it.
 */
static void is_held_up(void *arg)
{
    struct process *p = arg;
    struct loop_timer *t = &p->report;
    int64_t now = loop_now(p->loop), until = now + HELD_UP_NS;
    struct member_report r = {.phase = OPENING};

    if (p->member == NULL) {
        loop_timer_set(p->loop, t, now + MS_NS, t->fn, t->arg);
        loop_post(p->loop, is_held_up, p);
        return;
    }
    while (r.phase != RUNNING || loop_now(p->loop) < until) {
        sched_yield();
        member_report(p->member, &r);
    }
    loop_timer_set(p->loop, t, now + MS_NS, t->fn, t->arg);
}

static void plan(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    static const char key[32] = "of its links";
    struct pack p;

    (void)arg, (void)params;
    pack_init(&p);
    pack_map(&p, 5);
    pack_key_uint(&p, "version", 1);
    pack_key_bytes(&p, "key", key, sizeof(key));
    pack_places(&p);
    rpc_reply(call, &p);
    pack_free(&p);
    loop_post(home.process->loop, is_held_up, home.process);
}

static void report(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    (void)arg, (void)params;
    home.reported = true;
    rpc_reply(call, NULL);
    loop_end(home.process->loop);
}

static void others(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    (void)arg, (void)params;
    rpc_reply(call, NULL);
}

static void is_over(void *arg)
{
    loop_end(arg);
}

static void open_home(void)
{
    static const struct rpc_method methods[] = {
        {"plan", RPC_ROLE(TOKEN_WORKER), plan},
        {"report", RPC_ROLE(TOKEN_WORKER), report},
        {"counters", RPC_ROLE(TOKEN_WORKER), others},
    };
    const struct rpc_server_options options = {
        .who = "supervisor", .methods = methods, .n_methods = 3};
    /* Nothing else shall make it report. */
    const struct shipment_topology topology = {
        .file = "exclamation", .overrides = {"gale.worker.hang.secs=0"}};
    struct rpc_address address;
    gale_err error;
    char path[200];

    snprintf(path, sizeof(path), "%s", shipment_path("socket"));
    home.reported = false;
    home.builder = shipment_build(&topology);
    shipment_ship(home.builder);
    shipment_copy(shipment_path("description"), DESCRIPTION_NAME);
    home.process = make_process(path);
    assert_ok(rpc_address_parse(path, &address, &error), error);
    home.server =
        rpc_server_new(home.process->loop, &address, &options, &error);
    assert_non_null(home.server);
}

/* Whatever it had set its timer for while it had no plan yet: whoever is not
 * heard is ended by its supervisor. */
static void one_that_is_held_up_at_its_start_reports_all_the_same(void **state)
{
    struct process *p;

    (void)state;
    open_home();
    p = home.process;
    loop_timer_set(p->loop, &home.over, loop_now(p->loop) + LIMIT_NS, is_over,
                   p->loop);
    start_begin(p);
    loop_run(p->loop);
    assert_string_equal(said, "");
    assert_true(home.reported);
    loop_timer_clear(&home.over);
    rpc_server_free(home.server);
    process_free(p);
    gale_builder_free(home.builder);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, shipment_setup, shipment_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_whose_supervisor_dies_before_it_has_a_plan_ends),
        TEST(one_that_is_held_up_at_its_start_reports_all_the_same),
    };

    shipment_find_plugins();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
