/* test_resources.c - what the tasks of a worker share by name. */
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include "tests/support/setting.h"
#include "tests/support/topology_run.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 500 };

/* A thing to share, and what happened to it. */
struct thing {
    _Atomic(uint32_t) made, ended, refused, wrong, users, users_at_end;
    _Atomic(uint32_t) inside; /* create runs under a lock */
    _Atomic(uint64_t) uses;
};

static struct thing things[2];

static void *make(gale_task *task, void *arg)
{
    struct thing *thing = arg;

    thing->wrong += thing->inside++ != 0;
    thing->made++;
    thing->wrong += gale_component_id(task) == NULL;
    thing->inside--;
    return thing;
}

static void end(void *resource)
{
    struct thing *thing = resource;

    thing->ended++;
    thing->users_at_end = thing->users;
}

static gale_result ask_for_both(gale_task *task)
{
    struct thing **mine = probe_state(task);

    mine[0] = gale_resource(task, "first", make, end, &things[0]);
    mine[1] = gale_resource(task, "second", make, end, &things[1]);
    for (int i = 0; i < 2; i++) {
        things[i].wrong += mine[i] != &things[i];
        things[i].users++;
    }
    /* Again: the same, and no second user. */
    things[0].wrong +=
        gale_resource(task, "first", make, end, &things[1]) != &things[0];
    return GALE_OK;
}

static gale_result use_both(gale_task *task, const gale_tuple *in)
{
    struct thing **mine = probe_state(task);

    (void)in;
    for (int i = 0; i < 2; i++) {
        mine[i]->wrong += mine[i]->ended;
        mine[i]->uses++;
    }
    return GALE_OK;
}

static void leave_both(gale_task *task)
{
    struct thing **mine = probe_state(task);

    for (int i = 0; i < 2; i++) {
        mine[i]->wrong += mine[i]->ended; /* still there in cleanup */
        mine[i]->users--;
    }
}

static void all_tasks_share_it_and_the_last_one_ends_it(void **state)
{
    static const struct probe bolt = {.state_size = sizeof(void *[2]),
                                      .open = ask_for_both,
                                      .execute = use_both,
                                      .close = leave_both};
    struct number_source numbers;
    struct topology_run r;

    (void)state;
    memset(things, 0, sizeof(things));
    number_source_init(&numbers, N);
    topology_run_begin(&r, "resources");
    topology_run_spout(&r, "numbers", &numbers.probe, 1);
    gale_shuffle(gale_set_tasks(topology_run_bolt(&r, "a", &bolt, 2), 5),
                 "numbers");
    gale_shuffle(topology_run_bolt_as(&r, "b", "probe_bolt_blocking", &bolt, 3),
                 "numbers");
    topology_run_until_complete(&r);
    assert_int_equal(things[0].made, 1);
    assert_int_equal(things[0].ended, 0);
    topology_run_complete(&r);
    topology_run_end(&r);
    number_source_fini(&numbers);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(things[i].made, 1);
        assert_int_equal(things[i].ended, 1);
        assert_int_equal(things[i].users_at_end, 0);
        assert_int_equal(things[i].wrong, 0);
        assert_int_equal(things[i].uses, 2 * N);
    }
}

static void *refuse(gale_task *task, void *arg)
{
    struct thing *thing = arg;

    (void)task;
    return ++thing->refused < 3 ? NULL : thing;
}

static gale_result ask_until_it_comes(gale_task *task)
{
    struct thing *got = NULL;

    for (int i = 0; i < 3; i++) {
        got = gale_resource(task, "shy", refuse, end, &things[0]);
        things[0].wrong += (got != NULL) != (i == 2);
    }
    return got == NULL ? GALE_FATAL : GALE_OK;
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

static void what_could_not_be_made_is_tried_again(void **state)
{
    static const struct probe bolt = {.open = ask_until_it_comes,
                                      .execute = take};
    struct number_source numbers;
    struct topology_run r;

    (void)state;
    memset(things, 0, sizeof(things));
    number_source_init(&numbers, 10);
    topology_run_begin(&r, "resources");
    topology_run_spout(&r, "numbers", &numbers.probe, 1);
    gale_shuffle(topology_run_bolt(&r, "a", &bolt, 1), "numbers");
    topology_run_complete(&r);
    topology_run_end(&r);
    number_source_fini(&numbers);
    assert_int_equal(things[0].refused, 3);
    assert_int_equal(things[0].ended, 1);
    assert_int_equal(things[0].wrong, 0);
}

static gale_result ask_then_fail(gale_task *task)
{
    if (gale_resource(task, "first", make, end, &things[0]) == NULL)
        return GALE_OK;
    return gale_error(task, GALE_FATAL, "no luck");
}

static void it_ends_also_when_the_start_fails(void **state)
{
    static const struct probe bolt = {.open = ask_then_fail, .execute = take};
    struct number_source numbers;
    struct topology_run r;

    (void)state;
    memset(things, 0, sizeof(things));
    number_source_init(&numbers, 10);
    topology_run_begin(&r, "resources");
    topology_run_spout(&r, "numbers", &numbers.probe, 1);
    gale_shuffle(topology_run_bolt(&r, "a", &bolt, 2), "numbers");
    assert_false(topology_run_tries(&r));
    topology_run_end(&r);
    number_source_fini(&numbers);
    assert_int_equal(things[0].made, 1);
    assert_int_equal(things[0].ended, 1);
}

/* -- made of others -------------------------------------------------------- */

/* A pool that is made with a table: how often, and in which order they end. */
static struct nested {
    _Atomic(uint32_t) pools, tables, tables_ended, wrong;
} nested;

static void *make_table(gale_task *task, void *arg)
{
    (void)task;
    (void)arg;
    nested.tables++;
    return &nested.tables;
}

static void end_table(void *table)
{
    nested.wrong += table != &nested.tables;
    nested.tables_ended++;
}

static void *make_pool(gale_task *task, void *arg)
{
    nested.wrong += gale_resource(task, "table", make_table, end_table, arg) !=
                    &nested.tables;
    nested.pools++;
    return &nested.pools;
}

static void end_pool(void *pool)
{
    nested.wrong += pool != &nested.pools || nested.tables_ended != 0;
}

static gale_result ask_for_pool(gale_task *task)
{
    nested.wrong +=
        gale_resource(task, "pool", make_pool, end_pool, NULL) != &nested.pools;
    return GALE_OK;
}

/* The table was asked for by the first task alone, and serves all. */
static void table_is_there(gale_task *task)
{
    (void)task;
    nested.wrong += nested.tables_ended != 0;
}

static void a_resource_is_made_of_others_and_ends_before_them(void **state)
{
    static const struct probe bolt = {
        .open = ask_for_pool, .execute = take, .close = table_is_there};
    void *s = setting_begin("resources", 10, 1);
    struct topology_run *r = &((struct setting *)s)->r;

    (void)state;
    gale_shuffle(topology_run_bolt(r, "a", &bolt, 2), "numbers");
    gale_shuffle(topology_run_bolt(r, "c", &bolt, 2), "numbers");
    topology_run_complete(r);
    setting_end(&s);
    assert_int_equal(nested.pools, 1);
    assert_int_equal(nested.tables, 1);
    assert_int_equal(nested.tables_ended, 1);
    assert_int_equal(nested.wrong, 0);
}

static void *make_of_itself(gale_task *task, void *arg)
{
    return gale_resource(task, "snake", make_of_itself, NULL, arg);
}

static gale_result ask_for_snake(gale_task *task)
{
    return gale_resource(task, "snake", make_of_itself, NULL, NULL) == NULL
               ? GALE_FATAL
               : GALE_OK;
}

static void what_is_made_of_itself_is_refused(void **state)
{
    static const struct probe bolt = {.open = ask_for_snake, .execute = take};
    void *s = setting_begin("resources", 10, 1);
    struct topology_run *r = &((struct setting *)s)->r;

    (void)state;
    gale_shuffle(topology_run_bolt(r, "a", &bolt, 1), "numbers");
    assert_false(topology_run_tries(r));
    assert_says(r->error.text, "\"snake\" is asked for while its own create");
    setting_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_tasks_share_it_and_the_last_one_ends_it),
        cmocka_unit_test(what_could_not_be_made_is_tried_again),
        cmocka_unit_test(it_ends_also_when_the_start_fails),
        cmocka_unit_test(a_resource_is_made_of_others_and_ends_before_them),
        cmocka_unit_test(what_is_made_of_itself_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
