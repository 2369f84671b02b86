/* test_leader.c - one candidate, event by event. */
#include "tests/support/cmocka_all.h"
#include "nimbus/leader.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LEASE INT64_C(6000000000) /* ns */
#define S INT64_C(1000000000)

#define ME "me-0000000005"

/* A candidate, the time, and what the last step has asked for. */
struct rig {
    struct leader leader;
    int64_t lease_until;
    int64_t now;
    struct leader_actions actions;
};

static void happens(struct rig *r, struct leader_event event)
{
    event.lease_until = r->lease_until;
    leader_step(&r->leader, &event, r->now, &r->actions);
}

/* To what was asked last; just now. */
static void answered(struct rig *r, struct leader_event event)
{
    event.ask = r->leader.ask;
    r->lease_until = r->now + LEASE;
    happens(r, event);
}

/* names: with blanks between them. */
static void listed(struct rig *r, const char *names)
{
    char copy[400];
    const char *list[16];
    uint32_t n = 0;

    snprintf(copy, sizeof(copy), "%s", names);
    for (char *next = copy, *name; (name = strsep(&next, " ")) != NULL;)
        if (*name != '\0')
            list[n++] = name;
    answered(r, (struct leader_event){
                    .kind = LEADER_CHILDREN, .names = list, .n_names = n});
}

static void epoch_is(struct rig *r, uint64_t number, int32_t version,
                     const char *candidate)
{
    answered(r, (struct leader_event){.kind = LEADER_EPOCH,
                                      .number = number,
                                      .version = version,
                                      .candidate = candidate});
}

static void simple(struct rig *r, enum leader_event_kind kind)
{
    answered(r, (struct leader_event){.kind = kind});
}

static void comes_after(struct rig *r, int64_t ns, enum leader_event_kind kind)
{
    r->now += ns;
    happens(r, (struct leader_event){.kind = kind});
}

static const char *text_of(const struct rig *r)
{
    static char text[300];
    static const char *const kinds[] = {
        [LEADER_LIST] = "list",     [LEADER_CREATE] = "create",
        [LEADER_REMOVE] = "remove", [LEADER_WATCH] = "watch",
        [LEADER_READ] = "read",     [LEADER_WRITE] = "write",
        [LEADER_BEGIN] = "begin",   [LEADER_STOP] = "stop",
    };
    size_t n = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < r->actions.n; i++) {
        const struct leader_action *a = &r->actions.list[i];

        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
                              i > 0 ? ", " : "", kinds[a->kind]);
        if (a->name[0] != '\0')
            n += (size_t)snprintf(text + n, sizeof(text) - n, " %s", a->name);
        if (a->number != 0)
            n += (size_t)snprintf(text + n, sizeof(text) - n,
                                  " %" PRIu64 " at %" PRId32, a->number,
                                  a->version);
    }
    return text;
}

#define expect(rig, text) assert_string_equal(text_of(rig), text)

static void begin_session(struct rig *r, const char *guid)
{
    r->lease_until = r->now + LEASE;
    happens(r, (struct leader_event){.kind = LEADER_SESSION, .guid = guid});
}

static struct rig in_session(void)
{
    struct rig r = {.now = 100 * S};

    leader_init(&r.leader);
    begin_session(&r, "me");
    return r;
}

static struct rig the_lowest(void)
{
    struct rig r = in_session();

    listed(&r, ME " you-0000000006");
    return r;
}

static struct rig leading(void)
{
    struct rig r = the_lowest();

    epoch_is(&r, 7, 3, "you-0000000001");
    answered(&r, (struct leader_event){.kind = LEADER_WRITTEN, .version = 4});
    return r;
}

static void who_is_not_in_the_list_makes_a_candidate(void **state)
{
    struct rig r = in_session();

    (void)state;
    expect(&r, "list");
    listed(&r, "you-0000000001");
    expect(&r, "create me");
    simple(&r, LEADER_CREATED);
    expect(&r, "list");
}

static void a_create_of_unknown_outcome_is_found_again_by_its_guid(void **state)
{
    struct rig r = in_session();

    (void)state;
    listed(&r, "");
    simple(&r, LEADER_UNKNOWN);
    expect(&r, "");
    comes_after(&r, leader_due(&r.leader) - r.now, LEADER_TICK);
    expect(&r, "list");
    listed(&r, ME);
    expect(&r, "read");
}

static void the_lowest_leads_and_each_other_watches_who_is_before_it(void **s)
{
    static const struct {
        const char *list, *expected;
    } cases[] = {
        {ME, "read"},
        {ME " a-0000000006", "read"},
        {"z-0000000004 " ME " a-0000000006", "watch z-0000000004"},
        {"a-0000000002 c-0000000001 b-0000000003 " ME, "watch b-0000000003"},
        /* Not candidates. */
        {"x y- 0000000001 a-000000001 b-00000000x1 " ME, "read"},
        /* A create was done twice. */
        {"me-0000000009 " ME, "remove me-0000000009, read"},
        {"a-0000000002 me-0000000009 " ME,
         "remove me-0000000009, watch a-0000000002"},
        /* Of another session, whose guid begins as mine. */
        {"me-1-0000000004 " ME, "watch me-1-0000000004"},
    };

    (void)s;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r = in_session();

        listed(&r, cases[i].list);
        expect(&r, cases[i].expected);
    }
}

static void when_the_watched_one_goes_the_list_is_looked_at_again(void **state)
{
    struct rig r = in_session();
    uint64_t watch;

    (void)state;
    listed(&r, "a-0000000001 " ME);
    watch = r.actions.list[0].ask;
    happens(&r, (struct leader_event){.kind = LEADER_BEFORE_GONE,
                                      .ask = watch - 1});
    expect(&r, "");
    happens(&r,
            (struct leader_event){.kind = LEADER_BEFORE_GONE, .ask = watch});
    expect(&r, "list");
    listed(&r, ME);
    expect(&r, "read");
}

/* One watch for one candidate, however often it looks. */
static void it_also_looks_without_having_been_woken(void **state)
{
    struct rig r = in_session();

    (void)state;
    listed(&r, "a-0000000001 " ME);
    comes_after(&r, 9 * S, LEADER_TICK);
    expect(&r, "");
    comes_after(&r, 1 * S, LEADER_TICK);
    expect(&r, "list");
    listed(&r, "a-0000000001 " ME);
    expect(&r, "");
    comes_after(&r, 10 * S, LEADER_TICK);
    listed(&r, "b-0000000002 " ME);
    expect(&r, "watch b-0000000002");
}

static void the_lowest_writes_the_next_epoch_and_leads(void **state)
{
    struct rig r = the_lowest();

    (void)state;
    epoch_is(&r, 7, 3, "you-0000000001");
    expect(&r, "write " ME " 8 at 3");
    assert_false(leader_leads(&r.leader, r.now));
    answered(&r, (struct leader_event){.kind = LEADER_WRITTEN, .version = 4});
    expect(&r, "begin 8 at 4");
    assert_true(leader_leads(&r.leader, r.now));
}

static void the_first_leader_of_all_makes_the_epoch(void **state)
{
    struct rig r = the_lowest();

    (void)state;
    epoch_is(&r, 0, LEADER_NO_EPOCH, "");
    expect(&r, "write " ME " 1 at -1");
}

/* What became of the write of number 8? */
static void a_write_of_unknown_outcome_is_known_by_what_is_there(void **state)
{
    static const struct {
        uint64_t number;
        const char *candidate, *expected;
    } cases[] = {
        {8, ME, "begin 8 at 9"},
        {7, "you-0000000001", "write " ME " 8 at 9"},
        {8, "you-0000000001", "write " ME " 9 at 9"},
        {9, ME, "write " ME " 10 at 9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r = the_lowest();

        epoch_is(&r, 7, 3, "you-0000000001");
        simple(&r, i % 2 == 0 ? LEADER_UNKNOWN : LEADER_REFUSED);
        comes_after(&r, 1 * S, LEADER_TICK);
        listed(&r, ME);
        expect(&r, "read");
        epoch_is(&r, cases[i].number, 9, cases[i].candidate);
        expect(&r, cases[i].expected);
    }
}

/* It was away for so long that somebody else may be what it is not yet. */
static void a_success_that_comes_too_late_is_asked_for_again(void **state)
{
    struct rig r = the_lowest();
    uint64_t ask;

    (void)state;
    epoch_is(&r, 7, 3, "you-0000000001");
    ask = r.leader.ask;
    r.now += 6 * S;
    happens(&r, (struct leader_event){
                    .kind = LEADER_WRITTEN, .ask = ask, .version = 4});
    expect(&r, "list");
    listed(&r, ME);
    epoch_is(&r, 8, 4, ME);
    expect(&r, "begin 8 at 4");
}

static void a_leader_stops_when_its_lease_is_over(void **state)
{
    static const struct {
        const char *what;
        int64_t answered_after; /* a request that was sent then */
        enum leader_event_kind at_six;
        const char *expected;
    } cases[] = {
        {"nothing is heard", 0, LEADER_TICK, "stop"},
        {"something else comes first", 0, LEADER_AWAY, "stop"},
        {"ZooKeeper is back, and too late", 0, LEADER_BACK, "stop, list"},
        {"it was heard", 1 * S, LEADER_TICK, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r = leading();

        r.lease_until += cases[i].answered_after;
        comes_after(&r, 5 * S, LEADER_TICK);
        expect(&r, "");
        assert_true(leader_leads(&r.leader, r.now));
        comes_after(&r, 1 * S, cases[i].at_six);
        expect(&r, cases[i].expected);
        assert_int_equal(leader_leads(&r.leader, r.now),
                         cases[i].answered_after > 0);
    }
}

static void whoever_leads_again_does_it_under_a_new_number(void **state)
{
    struct rig r = leading();

    (void)state;
    comes_after(&r, 6 * S, LEADER_TICK);
    comes_after(&r, 1 * S, LEADER_TICK);
    listed(&r, ME);
    epoch_is(&r, 8, 4, ME);
    expect(&r, "write " ME " 9 at 4");
}

static void a_leader_whose_write_was_refused_stops_and_starts_over(void **state)
{
    struct rig r = leading();

    (void)state;
    happens(&r, (struct leader_event){.kind = LEADER_FENCED, .number = 6});
    expect(&r, ""); /* a write of an earlier leadership */
    happens(&r, (struct leader_event){.kind = LEADER_FENCED, .number = 8});
    expect(&r, "stop");
    comes_after(&r, 1 * S, LEADER_TICK);
    expect(&r, "list");
}

static void a_leader_goes_on_while_zookeeper_is_away_for_less(void **state)
{
    struct rig r = leading();

    (void)state;
    comes_after(&r, 1 * S, LEADER_AWAY);
    expect(&r, "");
    comes_after(&r, 1 * S, LEADER_BACK);
    expect(&r, "");
    assert_true(leader_leads(&r.leader, r.now));
}

static void without_a_session_nobody_leads(void **state)
{
    struct rig r = leading();

    (void)state;
    comes_after(&r, 1, LEADER_SESSION_LOST);
    expect(&r, "stop");
    assert_int_equal(leader_due(&r.leader), INT64_MAX);
    begin_session(&r, "me2");
    expect(&r, "list");
    listed(&r, ME); /* that of the lost session, not gone yet */
    expect(&r, "create me2");
}

static void what_was_asked_before_means_nothing_afterwards(void **state)
{
    struct rig r = the_lowest();
    uint64_t read = r.leader.ask;

    (void)state;
    comes_after(&r, 1, LEADER_AWAY);
    comes_after(&r, 1, LEADER_BACK);
    expect(&r, "list");
    happens(&r, (struct leader_event){
                    .kind = LEADER_EPOCH, .ask = read, .candidate = ""});
    expect(&r, "");
}

static void whoever_steps_down_goes_to_the_end_of_the_queue(void **state)
{
    struct rig r = leading();

    (void)state;
    comes_after(&r, 1, LEADER_STEP_DOWN);
    expect(&r, "stop, remove " ME ", list");
    listed(&r, ME " you-0000000006"); /* the removal was lost */
    expect(&r, "remove " ME);
    comes_after(&r, 1 * S, LEADER_TICK);
    listed(&r, "you-0000000006");
    expect(&r, "create me");
    simple(&r, LEADER_CREATED);
    listed(&r, "me-0000000007 you-0000000006");
    expect(&r, "watch you-0000000006");
}

static void whoever_lacks_files_gives_way_once_between_leaderships(void **state)
{
    static const struct {
        const char *what, *others;
        uint64_t led_meanwhile; /* number in /epoch the next time */
        const char *first, *second;
    } cases[] = {
        {"nobody else is there", "", 7, "write " ME " 8 at 3", NULL},
        {"nobody can", "you-0000000006", 7, "remove " ME ", list",
         "write me-0000000007 8 at 3"},
        {"another one did", "you-0000000006", 8, "remove " ME ", list",
         "remove me-0000000007, list"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r = in_session();
        char list[100];

        happens(&r,
                (struct leader_event){.kind = LEADER_FILES, .n_lacking = 2});
        snprintf(list, sizeof(list), "%s " ME, cases[i].others);
        listed(&r, list);
        epoch_is(&r, 7, 3, "you-0000000001");
        expect(&r, cases[i].first);
        if (cases[i].second == NULL)
            continue;
        listed(&r, cases[i].others);
        simple(&r, LEADER_CREATED);
        listed(&r, "you-0000000008 me-0000000007");
        epoch_is(&r, cases[i].led_meanwhile, 3, "you-0000000008");
        expect(&r, cases[i].second);
    }
}

static void who_leads_all_the_same_says_how_many_files_it_lacks(void **state)
{
    struct rig r = in_session();

    (void)state;
    happens(&r, (struct leader_event){.kind = LEADER_FILES, .n_lacking = 2});
    listed(&r, ME);
    epoch_is(&r, 7, 3, "you-0000000001");
    answered(&r, (struct leader_event){.kind = LEADER_WRITTEN, .version = 4});
    expect(&r, "begin 8 at 4");
    assert_int_equal(r.actions.list[0].n_lacking, 2);
}

/* Somebody has removed /epoch by hand. */
static void numbers_grow_whatever_is_in_zookeeper(void **state)
{
    struct rig r = leading();

    (void)state;
    comes_after(&r, 6 * S, LEADER_TICK);
    comes_after(&r, 1 * S, LEADER_TICK);
    listed(&r, ME);
    epoch_is(&r, 0, LEADER_NO_EPOCH, "");
    expect(&r, "write " ME " 9 at -1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_not_in_the_list_makes_a_candidate),
        cmocka_unit_test(
            a_create_of_unknown_outcome_is_found_again_by_its_guid),
        cmocka_unit_test(
            the_lowest_leads_and_each_other_watches_who_is_before_it),
        cmocka_unit_test(when_the_watched_one_goes_the_list_is_looked_at_again),
        cmocka_unit_test(it_also_looks_without_having_been_woken),
        cmocka_unit_test(the_lowest_writes_the_next_epoch_and_leads),
        cmocka_unit_test(the_first_leader_of_all_makes_the_epoch),
        cmocka_unit_test(a_write_of_unknown_outcome_is_known_by_what_is_there),
        cmocka_unit_test(a_success_that_comes_too_late_is_asked_for_again),
        cmocka_unit_test(a_leader_stops_when_its_lease_is_over),
        cmocka_unit_test(whoever_leads_again_does_it_under_a_new_number),
        cmocka_unit_test(
            a_leader_whose_write_was_refused_stops_and_starts_over),
        cmocka_unit_test(a_leader_goes_on_while_zookeeper_is_away_for_less),
        cmocka_unit_test(without_a_session_nobody_leads),
        cmocka_unit_test(what_was_asked_before_means_nothing_afterwards),
        cmocka_unit_test(whoever_steps_down_goes_to_the_end_of_the_queue),
        cmocka_unit_test(
            whoever_lacks_files_gives_way_once_between_leaderships),
        cmocka_unit_test(who_leads_all_the_same_says_how_many_files_it_lacks),
        cmocka_unit_test(numbers_grow_whatever_is_in_zookeeper),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
