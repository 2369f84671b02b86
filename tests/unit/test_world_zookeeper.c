/*
 * test_world_zookeeper.c - the ZooKeeper of a simulated world, and nimbuses in
 * processes that have it: one leads, and when it dies, another one.
 */
#include "common/check.h"
#include "common/epoch_record.h"
#include "nimbus/nimbus.h"
#include "simulator/world_machine.h"
#include "simulator/world_zookeeper.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/in_child.h"
#include "tests/support/zookeeper_contract.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define SESSION_MS 6000

static struct world *world;
static struct env *env; /* of the first process */
static struct world_zookeeper *ensemble;

static void begin(uint64_t seed)
{
    const struct world_options options = {.seed = seed, .n_cpus = 2};

    world = world_new(&options);
    env = world_env(world);
    ensemble = world_zookeeper_new(world, 3 * MS);
}

static void let_pass(int64_t ns)
{
    world_sleep(env, world_now(world) + ns);
}

/* -- a client -------------------------------------------------------------- */

/* A process that owns a node as long as it has a session. */
struct owner {
    struct loop *loop;
    struct zookeeper *zookeeper;
    char states[16]; /* a letter each: connected, away, lost */
    size_t n_states;
    bool may_act; /* when it was looked at last */
    struct loop_timer look;
    struct zookeeper_watch watch; /* of something that never comes */
    uint32_t n_woken;
};

static void look(void *arg)
{
    struct owner *o = arg;
    int64_t now = loop_now(o->loop);

    o->may_act = zookeeper_may_act(o->zookeeper, now);
    loop_timer_set(o->loop, &o->look, now + 50 * MS, look, o);
}

static void woken(void *arg)
{
    struct owner *o = arg;

    o->n_woken++;
}

static void heard(void *arg, enum zookeeper_state state)
{
    struct owner *o = arg;

    if (o->n_states == 0) {
        o->watch = (struct zookeeper_watch){.fn = woken, .arg = o};
        zookeeper_exists(o->zookeeper, "/never", &o->watch,
                         (struct zookeeper_then){.fn = NULL});
    }

    o->states[o->n_states++] = "CAL"[state];
    if (state != ZOOKEEPER_IS_AWAY)
        zookeeper_create(
            o->zookeeper, state == ZOOKEEPER_IS_LOST ? "/early" : "/mine", "x",
            1, ZOOKEEPER_EPHEMERAL, (struct zookeeper_then){.fn = NULL});
}

static int own(struct env *of, void *arg)
{
    struct owner *o = arg;

    o->loop = loop_new(of);
    o->zookeeper =
        world_zookeeper_join(ensemble, o->loop, SESSION_MS * MS, heard, o);
    look(o);
    loop_run(o->loop);
    return 0;
}

static bool is_there(const char *path)
{
    const struct zookeeper_tree *tree =
        zookeeper_memory_tree(world_zookeeper_memory(ensemble));

    return zookeeper_tree_find(tree, path) != NULL;
}

static bool is_owned(void)
{
    return is_there("/mine");
}

static struct world_process *start_owner(struct owner *o)
{
    const struct world_process_in in = {.name = "owner", .main = own, .arg = o};

    return world_process_start(world_machine_new(world), &in);
}

static void what_a_crashed_process_owns_goes_when_its_session_has_expired(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct owner o = {.loop = NULL};
        struct world_process *p;

        begin(seed);
        p = start_owner(&o);
        let_pass(1000 * MS);
        assert_true(is_owned());
        assert_string_equal(o.states, "C");
        assert_int_equal(world_zookeeper_watched(ensemble, p), 1);
        assert_true(
            zookeeper_memory_has_session(world_zookeeper_memory(ensemble),
                                         world_zookeeper_session(ensemble, p)));
        world_process_crash(p);
        assert_int_equal(world_zookeeper_watched(ensemble, p), 0);
        assert_int_equal(world_zookeeper_session(ensemble, p), 0);
        let_pass((SESSION_MS - 100) * MS);
        assert_true(is_owned());
        let_pass(200 * MS);
        assert_false(is_owned());
        world_zookeeper_free(ensemble);
        world_free(world);
    }
}

static void one_that_was_paused_for_long_has_lost_its_session(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct owner o = {.loop = NULL};
        struct world_process *p;

        begin(seed);
        p = start_owner(&o);
        let_pass(1000 * MS);
        assert_true(o.may_act);
        world_process_pause(p, world_now(world) + 2 * SESSION_MS * MS);
        let_pass((SESSION_MS + 100) * MS);
        assert_false(is_owned());
        assert_string_equal(o.states, "C");
        let_pass(2 * SESSION_MS * MS);
        assert_string_equal(o.states, "CALC");
        assert_true(is_owned());
        world_process_crash(p);
        world_zookeeper_free(ensemble);
        world_free(world);
    }
}

static void who_has_not_heard_of_a_new_session_asks_nothing_in_it(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct owner o = {.loop = NULL};
        struct world_process *p;

        begin(seed);
        p = start_owner(&o);
        let_pass(1000 * MS);
        world_process_slow(p, 500 * MS, world_now(world) + 60000 * MS);
        world_zookeeper_expire(ensemble, p);
        let_pass(100000 * MS);
        assert_string_equal(o.states, "CALC");
        assert_true(is_owned());
        assert_false(is_there("/early"));
        world_process_crash(p);
        world_zookeeper_free(ensemble);
        world_free(world);
    }
}

static void one_that_was_paused_for_a_moment_keeps_it(void)
{
    struct owner o = {.loop = NULL};
    struct world_process *p;

    begin(1);
    p = start_owner(&o);
    let_pass(1000 * MS);
    world_process_pause(p, world_now(world) + SESSION_MS / 2 * MS);
    let_pass(2 * SESSION_MS * MS);
    assert_null(strchr(o.states, 'L'));
    assert_true(is_owned() && o.may_act);
}

static void a_watch_is_called_for_nothing_at_times_when_it_is_back(void)
{
    uint32_t n = 0;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct owner o = {.loop = NULL};
        struct world_process *p;

        begin(seed);
        p = start_owner(&o);
        let_pass(1000 * MS);
        assert_int_equal(o.n_woken, 0);
        world_zookeeper_cut(ensemble, p, ZOOKEEPER_CUT_NOTICED);
        let_pass(1000 * MS);
        world_zookeeper_heal(ensemble, p);
        let_pass(1000 * MS);
        assert_string_equal(o.states, "CAC");
        n += o.n_woken;
        world_process_crash(p);
        world_zookeeper_free(ensemble);
        world_free(world);
    }
    assert_true(n > 0 && n < 20);
}

/* -- what is looked at ----------------------------------------------------- */

struct seen {
    int created, at_its_end;
    int64_t owner;
};

static void see(void *arg, const struct zookeeper_applied *a)
{
    struct seen *s = arg;

    if (a->n != 1 || strcmp(a->nodes[0]->path, "/mine") != 0)
        return;
    if (a->writes[0].kind == ZOOKEEPER_CREATE) {
        s->created++;
        s->owner = a->session;
        assert_true(zookeeper_memory_has_session(
            world_zookeeper_memory(ensemble), a->session));
    } else if (a->at_its_end) {
        s->at_its_end++;
        assert_true(a->session == s->owner);
    }
}

static void writes_are_seen_as_they_are_carried_out(void)
{
    struct owner o = {.loop = NULL};
    struct seen s = {.created = 0};
    struct world_process *p;

    begin(1);
    zookeeper_memory_look(world_zookeeper_memory(ensemble), see, &s);
    p = start_owner(&o);
    let_pass(1000 * MS);
    assert_int_equal(s.created, 1);
    world_zookeeper_expire(ensemble, p);
    let_pass(1000 * MS);
    assert_int_equal(s.at_its_end, 1);
    assert_int_equal(s.created, 2);
    assert_string_equal(o.states, "CALC");
}

/* -- nimbuses -------------------------------------------------------------- */

struct house {
    const char *address;
    struct daemon_config *config;
    struct loop *loop;
};

static struct zookeeper *join(void *arg, zookeeper_state_fn *fn, void *fn_arg)
{
    const struct house *h = arg;

    return world_zookeeper_join(ensemble, h->loop, SESSION_MS * MS, fn, fn_arg);
}

static void leave(void *arg, struct zookeeper *zookeeper)
{
    (void)arg;
    zookeeper_free(zookeeper);
}

static void set(struct daemon_config *c, const char *key, const char *value)
{
    char text[200];
    gale_err error;

    snprintf(text, sizeof(text), "%s=%s", key, value);
    if (daemon_config_override(c, text, &error) != 0)
        fail_msg("%s: %s", text, error.text);
}

static struct daemon_config *configure(const char *address)
{
    struct daemon_config *c = daemon_config_new(NULL, NULL);

    set(c, "gale.bind", address);
    set(c, "storm.local.hostname", address);
    set(c, "gale.insecure", "true");
    set(c, "nimbus.seeds", "[\"10.0.0.1:6627\",\"10.0.0.2:6627\"]");
    set(c, "nimbus.thrift.port", "6627");
    set(c, "storm.local.dir", "/var/gale");
    return c;
}

static int be_nimbus(struct env *of, void *arg)
{
    struct house *h = arg;
    const struct daemon_place place = {.name = "nimbus",
                                       .env = of,
                                       .loop = h->loop = loop_new(of),
                                       .log_level = GALE_LOG_ERROR,
                                       .arg = h,
                                       .join = join,
                                       .leave = leave};
    gale_err error;
    struct nimbus *n = nimbus_begin(h->config, &place, &error);

    if (n == NULL)
        fail_msg("%s", error.text);
    loop_run(h->loop);
    nimbus_end(n);
    return 0;
}

static struct world_process *start_nimbus(struct house *h)
{
    const struct world_process_in in = {
        .name = "nimbus", .main = be_nimbus, .arg = h};
    struct world_machine *m = world_machine_new(world);

    h->config = configure(world_machine_address(m));
    return world_process_start(m, &in);
}

/* The address of who leads, or "". */
static const char *leader(struct epoch_record *record)
{
    const struct zookeeper_node *node = zookeeper_tree_find(
        zookeeper_memory_tree(world_zookeeper_memory(ensemble)), "/epoch");
    gale_err error;

    if (node == NULL)
        return "";
    assert_int_equal(
        epoch_record_unpack(node->data, node->size, record, &error), 0);
    return record->address;
}

static void a_nimbus_leads_and_when_its_process_is_crashed_another_one(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct house houses[2];
        struct epoch_record first, second;
        struct world_process *one;

        begin(seed);
        one = start_nimbus(&houses[0]);
        let_pass(30000 * MS);
        assert_non_null(strstr(leader(&first), "10.0.0.1"));
        start_nimbus(&houses[1]);
        let_pass(30000 * MS);
        assert_non_null(strstr(leader(&second), "10.0.0.1"));
        assert_int_equal(first.epoch, second.epoch);
        world_process_crash(one);
        let_pass(60000 * MS);
        assert_non_null(strstr(leader(&second), "10.0.0.2"));
        assert_true(second.epoch > first.epoch);
    }
}

/* -- what every ZooKeeper promises ----------------------------------------- */

static struct loop *loop; /* of all clients: they are in the first process */

static void begin_contract(void)
{
    begin(1);
    loop = loop_new(env);
}

static void end_contract(void)
{
    loop_free(loop);
    world_zookeeper_free(ensemble);
    world_free(world);
}

static struct zookeeper *join_first(zookeeper_state_fn *fn, void *arg)
{
    return world_zookeeper_join(ensemble, loop, SESSION_MS * MS, fn, arg);
}

static void pump(void)
{
    if (!loop_run_for(loop, 10 * SESSION_MS * MS))
        fail_msg("nothing comes any longer");
}

static void came(void)
{
    loop_end(loop);
}

static int64_t time_now(void)
{
    return loop_now(loop);
}

static const struct zookeeper_world in_a_world = {.begin = begin_contract,
                                                  .end = end_contract,
                                                  .join = join_first,
                                                  .pump = pump,
                                                  .came = came,
                                                  .now = time_now};

int main(void)
{
#define TEST(name) in_child_test(name)
    const struct CMUnitTest tests[] = {
        TEST(what_a_crashed_process_owns_goes_when_its_session_has_expired),
        TEST(one_that_was_paused_for_long_has_lost_its_session),
        TEST(who_has_not_heard_of_a_new_session_asks_nothing_in_it),
        TEST(one_that_was_paused_for_a_moment_keeps_it),
        TEST(a_watch_is_called_for_nothing_at_times_when_it_is_back),
        TEST(writes_are_seen_as_they_are_carried_out),
        TEST(a_nimbus_leads_and_when_its_process_is_crashed_another_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) +
           zookeeper_contract_run(&in_a_world);
}
