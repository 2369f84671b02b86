/*
 * test_waited_for.c - whose callback keeps a run from opening or closing, as
 * its owner is told.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <string.h>

enum { N = 2000 };

static int setup(void **state)
{
    *state = setting_begin("waited", N, 2);
    return 0;
}

struct door {
    struct tally knocked, open;
};

static gale_result wait_at_door(gale_task *task, const gale_tuple *in)
{
    struct door *d = probe_arg(task);

    (void)in;
    tally_add(&d->knocked, 1);
    tally_await(&d->open, 1, "the test opens the door");
    return GALE_OK;
}

static void who_waits_is_told_which_callback_does_not_return(void **state)
{
    static struct door door = {TALLY_INIT, TALLY_INIT};
    static const struct probe stuck = {.arg = &door, .execute = wait_at_door};
    struct setting *s = *state;

    gale_configure(s->r.builder, "gale.topology.drain.secs", gale_float(0.01));
    gale_shuffle(topology_run_bolt(&s->r, "b", &stuck, 1), "numbers");
    topology_run_start(&s->r);
    tally_await(&door.knocked, 1, "a callback that does not return");
    gale_local_stop(s->r.local, GALE_STOP_DRAIN);
    assert_int_equal(gale_local_wait(s->r.local, -1), GALE_LOCAL_STUCK);
    assert_says(gale_local_error(s->r.local),
                "bolt \"b\" (task 3): a callback has not returned");
    assert_int_equal(gale_local_wait(s->r.local, 0), GALE_LOCAL_RUNNING);
    tally_add(&door.open, 1);
    assert_int_equal(gale_local_wait(s->r.local, -1), GALE_LOCAL_FAILED);
    assert_says(gale_local_error(s->r.local), "the stop gave up waiting");
    assert_says(topology_run_log(&s->r),
                "s (gale.topology.drain.secs, but 1 s at least)");
}

static void who_does_not_wait_is_told_at_once(void **state)
{
    static struct door door = {TALLY_INIT, TALLY_INIT};
    static const struct probe stuck = {.arg = &door, .execute = wait_at_door};
    struct setting *s = *state;

    gale_configure(s->r.builder, "gale.topology.drain.secs", gale_float(86400));
    gale_shuffle(topology_run_bolt(&s->r, "b", &stuck, 1), "numbers");
    topology_run_start(&s->r);
    tally_await(&door.knocked, 1, "a callback that does not return");
    gale_local_stop(s->r.local, GALE_STOP_NOW);
    gale_local_stop(s->r.local, GALE_STOP_LEAVE);
    assert_int_equal(gale_local_wait(s->r.local, -1), GALE_LOCAL_STUCK);
    assert_says(gale_local_error(s->r.local),
                "bolt \"b\" (task 3): a callback has not returned");
    tally_add(&door.open, 1);
    assert_int_equal(gale_local_wait(s->r.local, -1), GALE_LOCAL_STOPPED);
}

/* -- while it opens -------------------------------------------------------- */

struct seen {
    char text[100];
    bool found;
};

static gale_result look_while_it_prepares(gale_task *task)
{
    struct seen *seen = probe_arg(task);

    seen->found = gale_local_opening(seen->text, sizeof(seen->text));
    return GALE_OK;
}

static void who_is_under_way_while_it_opens_can_be_asked(void **state)
{
    static struct seen seen;
    static const struct probe bolt = {
        .arg = &seen, .open = look_while_it_prepares, .execute = setting_take};
    struct setting *s = *state;
    char text[10] = "as before";

    s->r.carriers = 1;
    gale_shuffle(topology_run_bolt(&s->r, "b", &bolt, 1), "numbers");
    assert_false(gale_local_opening(text, sizeof(text)));
    topology_run_complete(&s->r);
    assert_true(seen.found);
    assert_string_equal(seen.text, "bolt \"b\" (task 3)");
    assert_false(gale_local_opening(text, sizeof(text)));
    assert_string_equal(text, "as before");
}

struct two_doors {
    struct tally inside, looked;
    char texts[2][100];
};

/* Neither returns before both have looked. */
static gale_result look_beside_another(gale_task *task)
{
    struct two_doors *d = probe_arg(task);
    char *text = d->texts[gale_task_index(task)];

    tally_add(&d->inside, 1);
    tally_await(&d->inside, 2, "both tasks are in prepare");
    gale_local_opening(text, sizeof(d->texts[0]));
    tally_add(&d->looked, 1);
    tally_await(&d->looked, 2, "both tasks have looked");
    return GALE_OK;
}

static void all_that_are_under_way_are_named(void **state)
{
    static struct two_doors doors = {TALLY_INIT, TALLY_INIT, {"", ""}};
    static const struct probe bolt = {
        .arg = &doors, .open = look_beside_another, .execute = setting_take};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "b", &bolt, 2), "numbers");
    topology_run_complete(&s->r);
    for (int i = 0; i < 2; i++)
        assert_string_equal(doors.texts[i],
                            "bolt \"b\" (task 3), bolt \"b\" (task 4)");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_waits_is_told_which_callback_does_not_return),
        TEST(who_does_not_wait_is_told_at_once),
        TEST(who_is_under_way_while_it_opens_can_be_asked),
        TEST(all_that_are_under_way_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
