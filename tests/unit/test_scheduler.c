/*
 * test_scheduler.c - which worker of which topology goes to which slot.
 *
 * Supervisors are written as "a:2 b:4 c:2-": name, slots (ports 1, 2 …), and a
 * dash if it is not open. Workers are written as "a1 b2": supervisor and port,
 * each with a ? behind it if it is lost, a ! if it fails to start there.
 */
#include "tests/support/cmocka_all.h"
#include "nimbus/scheduler.h"
#include "tests/support/sample_topology.h"
#include "topology-api/memory.h"

enum {
    SUPERVISORS_MAX = 8,
    PORTS_MAX = 8,
    TOPOLOGIES_MAX = 4,
    WORKERS_MAX = 8
};

/* -- the notation ---------------------------------------------------------- */

struct cluster {
    char ids[SUPERVISORS_MAX][2];
    struct schedule_supervisor supervisors[SUPERVISORS_MAX];
    struct topology_record records[TOPOLOGIES_MAX];
    struct assignment_record present[TOPOLOGIES_MAX];
    enum worker_fate fates[TOPOLOGIES_MAX][WORKERS_MAX];
    struct schedule_topology topologies[TOPOLOGIES_MAX];
    struct schedule_mark mark;
    struct schedule s;
};

static const struct supervisor_port ports[PORTS_MAX] = {{1}, {2}, {3}, {4},
                                                        {5}, {6}, {7}, {8}};

static void add_supervisors(struct cluster *c, const char *text)
{
    for (; *text != '\0'; text += strcspn(text, " "), text += *text == ' ') {
        uint32_t i = c->s.n_supervisors++;

        c->ids[i][0] = text[0];
        c->supervisors[i] = (struct schedule_supervisor){
            .id = c->ids[i],
            .address = c->ids[i],
            .n_ports = (uint32_t)(text[2] - '0'),
            .ports = ports,
            .open = text[3] != '-',
        };
    }
}

static void add_worker(struct cluster *c, uint32_t i, const char *text)
{
    uint32_t w = c->present[i].n_workers++;
    struct assigned_worker *worker = &c->present[i].workers[w];

    worker->supervisor[0] = worker->address[0] = text[0];
    worker->port = (uint32_t)(text[1] - '0');
    worker->birth = w + 1;
    c->fates[i][w] = text[2] == '?'   ? WORKER_LOST
                     : text[2] == '!' ? WORKER_FAILS
                                      : WORKER_STAYS;
}

/* NULL: it runs nowhere yet. All that run have 8 executors. */
static void add_topology(struct cluster *c, uint32_t workers, bool rebalance,
                         const char *present)
{
    uint32_t i = c->s.n_topologies++;
    struct schedule_topology *t = &c->topologies[i];
    char name[2] = {(char)('t' + i), '\0'};

    sample_topology(&c->records[i], name, i + 1, workers, 1,
                    (const uint32_t[]){8});
    *t = (struct schedule_topology){
        .record = &c->records[i], .rebalance = rebalance, .movable = true};
    if (present == NULL)
        return;
    t->present = &c->present[i];
    t->fates = c->fates[i];
    c->present[i].assignment_version = 9;
    c->present[i].workers = xcalloc(WORKERS_MAX, sizeof(*c->present->workers));
    for (; *present != '\0';
         present += strcspn(present, " "), present += *present == ' ')
        add_worker(c, i, present);
}

static void cluster_init(struct cluster *c, const char *supervisors)
{
    memset(c, 0, sizeof(*c));
    c->s.supervisors = c->supervisors;
    c->s.topologies = c->topologies;
    c->s.marks = &c->mark;
    add_supervisors(c, supervisors);
}

static void cluster_fini(struct cluster *c)
{
    schedule_fini(&c->s);
    for (uint32_t i = 0; i < c->s.n_topologies; i++) {
        topology_record_free(&c->records[i]);
        assignment_record_free(&c->present[i]);
    }
}

/* Where its workers are then: "=" if that is as before. */
static const char *told(const struct schedule_topology *t)
{
    static char text[128];
    char *at = text;

    if (t->next == NULL)
        return "=";
    text[0] = '\0';
    for (uint32_t w = 0; w < t->next->n_workers; w++)
        at += snprintf(at, 16, "%s%s%u", w > 0 ? " " : "",
                       t->next->workers[w].supervisor,
                       (unsigned)t->next->workers[w].port);
    return text;
}

/* -- one topology ---------------------------------------------------------- */

struct one_case {
    const char *supervisors;
    uint32_t workers;
    bool rebalance;
    const char *marked; /* supervisor, or NULL */
    const char *present;
    const char *even, *stable; /* where it is then; NULL: the same as even */
    const char *reason;
};

static void run_one(const struct one_case *one,
                    const struct scheduler *scheduler, const char *wanted)
{
    struct cluster c;

    cluster_init(&c, one->supervisors);
    add_topology(&c, one->workers, one->rebalance, one->present);
    c.mark = (struct schedule_mark){one->marked, "t-1-1"};
    c.s.n_marks = one->marked != NULL;
    schedule(scheduler, &c.s);
    if (strcmp(told(&c.topologies[0]), wanted) != 0)
        fail_msg("%s, %u workers, \"%s\", on \"%s\": \"%s\", expected \"%s\"",
                 scheduler->name, (unsigned)one->workers,
                 one->present == NULL ? "" : one->present, one->supervisors,
                 told(&c.topologies[0]), wanted);
    assert_string_equal(c.topologies[0].reason,
                        one->reason == NULL ? "" : one->reason);
    cluster_fini(&c);
}

static void run_all(const struct one_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        run_one(&cases[i], &scheduler_even, cases[i].even);
        run_one(&cases[i], &scheduler_stable,
                cases[i].stable == NULL ? cases[i].even : cases[i].stable);
    }
}

#define RUN(cases_) run_all(cases_, sizeof(cases_) / sizeof((cases_)[0]))

static void a_new_topology_is_spread_over_supervisors(void **state)
{
    static const struct one_case cases[] = {
        {"a:2 b:2 c:2", 3, false, NULL, NULL, "a1 b1 c1", NULL, NULL},
        {"c:2 b:2 a:2", 3, false, NULL, NULL, "a1 b1 c1", NULL, NULL},
        {"a:2 b:2", 4, false, NULL, NULL, "a1 b1 a2 b2", NULL, NULL},
        {"a:1 b:4", 2, false, NULL, NULL, "b1 a1", NULL, NULL},
        {"a:1 b:4", 3, false, NULL, NULL, "b1 a1 b2", NULL, NULL},
        {"a:2- b:4", 2, false, NULL, NULL, "b1 b2", NULL, NULL},
        /* never more workers than executors */
        {"a:8 b:8", 9, false, NULL, NULL, "a1 b1 a2 b2 a3 b3 a4 b4", NULL,
         NULL},
    };

    (void)state;
    RUN(cases);
}

static void a_topology_without_slots_for_all_its_workers_waits(void **state)
{
    static const struct one_case cases[] = {
        {"a:1 b:1", 4, false, NULL, NULL, "=", NULL,
         "waits for 2 more slots: 4 wanted, 2 free"},
        {"a:3", 4, false, NULL, NULL, "=", NULL,
         "waits for 1 more slot: 4 wanted, 3 free"},
        {"", 1, false, NULL, NULL, "=", NULL,
         "waits for 1 more slot: 1 wanted, 0 free"},
        {"a:4-", 1, false, NULL, NULL, "=", NULL,
         "waits for 1 more slot: 1 wanted, 0 free"},
    };

    (void)state;
    RUN(cases);
}

static void only_lost_workers_are_replaced(void **state)
{
    static const struct one_case cases[] = {
        {"a:2 b:2", 2, false, NULL, "a1 b1", "=", NULL, NULL},
        {"a:2 b:2", 2, false, NULL, "a1 a2", "=", NULL, NULL},
        {"a:2 b:2 c:2", 3, false, NULL, "a1 x1? c2", "a1 b1 c2", NULL, NULL},
        {"a:2 b:4", 3, false, NULL, "a1 x1? x2?", "a1 b1 a2", "a1 b1 b2", NULL},
        /* it is not dead, and its worker is */
        {"a:2- b:2", 2, false, NULL, "a1? b1", "b2 b1", NULL, NULL},
        {"a:2- b:2", 2, false, NULL, "a1 b1", "=", NULL, NULL},
        /* its slot is there no longer */
        {"a:2 b:2", 2, false, NULL, "a3 b1", "a1 b1", NULL, NULL},
        /* an open supervisor sees to its workers itself */
        {"a:2 b:2", 2, false, NULL, "a1? b1", "=", NULL, NULL},
        /* what the record wishes is for the next rebalance */
        {"a:2 b:2", 4, false, NULL, "a1 b1", "=", NULL, NULL},
    };

    (void)state;
    RUN(cases);
}

static void a_lost_worker_without_a_slot_waits_where_it_was(void **state)
{
    static const struct one_case cases[] = {
        {"a:1", 2, false, NULL, "a1 x1?", "=", NULL,
         "waits for 1 more slot: of 2 workers so many are lost"},
        {"a:2", 3, false, NULL, "a1 x1? x2?", "a1 a2 x2", NULL,
         "waits for 1 more slot: of 3 workers so many are lost"},
        {"", 2, false, NULL, "x1? x2?", "=", NULL,
         "waits for 2 more slots: of 2 workers so many are lost"},
    };

    (void)state;
    RUN(cases);
}

static void a_worker_that_fails_to_start_goes_elsewhere(void **state)
{
    static const struct one_case cases[] = {
        {"a:2 b:1 c:1", 2, false, "a", "a1! b1", "c1 b1", NULL, NULL},
        {"a:2 b:2", 1, false, NULL, "a1!", "b1", NULL, NULL},
        /* there is no elsewhere */
        {"a:2", 1, false, "a", "a1!", "=", NULL,
         "has worker 0 where it fails to start, and no slot of another "
         "supervisor is free"},
        {"a:1 b:2-", 1, false, "a", "a1!", "=", NULL,
         "has worker 0 where it fails to start, and no slot of another "
         "supervisor is free"},
        {"a:2 b:1 c:1-", 2, false, "a", "a1! b1", "=", NULL,
         "has worker 0 where it fails to start, and no slot of another "
         "supervisor is free"},
        /* there is, and it has been tried */
        {"a:2 b:2", 1, false, "b", "a1!", "=", NULL,
         "has worker 0 where it fails to start, and workers of it have failed "
         "on every other supervisor that has a free slot, too"},
        {"a:1 b:2", 1, false, "b", "a1!", "=", NULL,
         "has worker 0 where it fails to start, and workers of it have failed "
         "on every other supervisor that has a free slot, too"},
    };

    (void)state;
    RUN(cases);
}

static void a_supervisor_where_starts_failed_is_taken_last(void **state)
{
    static const struct one_case cases[] = {
        {"a:4 b:2", 2, false, "a", NULL, "b1 b2", NULL, NULL},
        {"a:4 b:2", 3, false, "a", NULL, "b1 b2 a1", NULL, NULL},
        {"a:4 b:1", 2, false, "a", "x1? b1", "a1 b1", NULL, NULL},
        {"a:4 b:2", 2, false, "a", "a1 x1?", "a1 b1", NULL, NULL},
    };

    (void)state;
    RUN(cases);
}

static void a_rebalance_moves_what_must_or_begins_anew(void **state)
{
    static const struct one_case cases[] = {
        {"a:2 b:2 c:2", 2, true, NULL, "a1 a2", "a1 b1", "a1 a2", NULL},
        {"a:2 b:2 c:2", 3, true, NULL, "b1 c1", "a1 b1 c1", "b1 c1 a1", NULL},
        {"a:2 b:2 c:2", 1, true, NULL, "b1 c1", "a1", "b1", NULL},
        /* its own slots count */
        {"a:1 b:1", 2, true, NULL, "b1", "a1 b1", "b1 a1", NULL},
        /* fewer workers than slots are left */
        {"a:1", 1, true, NULL, "a1 x1?", "a1", "a1", NULL},
    };

    (void)state;
    RUN(cases);
}

/* It has drained for that: it goes on with those that there are. */
static void a_rebalance_to_more_workers_than_slots_gets_what_there_is(
    void **state)
{
    static const struct one_case cases[] = {
        {"a:1", 2, true, NULL, "a1", "a1", "a1", NULL},
        {"a:3", 8, true, NULL, "a1", "a1 a2 a3", "a1 a2 a3", NULL},
        {"a:1 b:1", 4, true, NULL, "b1", "a1 b1", "b1 a1", NULL},
        /* one that is not well keeps no slot from those that are */
        {"a:2", 4, true, NULL, "x1? a2", "a1 a2", "a1 a2", NULL},
        {"a:1", 3, true, NULL, "x1? x2? a1", "a1", "a1", NULL},
        /* a supervisor that is not open keeps what it has, and takes no more */
        {"a:4-", 4, true, NULL, "a1 a2", "=", "a1 a2",
         "is to be rebalanced, and waits for 1 more slot: 1 wanted, 0 free"},
        /* none at all */
        {"", 2, true, NULL, "x1? x2?", "=", "=",
         "is to be rebalanced, and waits for 1 more slot: 1 wanted, 0 free"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct one_case stable = cases[i];

        if (strcmp(stable.stable, "=") != 0)
            stable.reason = NULL;
        run_one(&cases[i], &scheduler_even, cases[i].even);
        run_one(&stable, &scheduler_stable, stable.stable);
    }
}

/* -- what is written ------------------------------------------------------- */

static void a_new_version_tells_who_is_new(void **state)
{
    struct cluster c;
    const struct assignment_record *next;

    (void)state;
    cluster_init(&c, "a:2 b:2");
    add_topology(&c, 2, false, "a1 x1?");
    c.s.epoch = 7;
    schedule(&scheduler_stable, &c.s);
    next = c.topologies[0].next;
    assert_int_equal(next->assignment_version, 10);
    assert_int_equal(next->epoch, 7);
    assert_int_equal(next->workers[0].birth, 1);
    assert_int_equal(next->workers[1].birth, 10);
    assert_string_equal(next->workers[1].address, "b");
    cluster_fini(&c);
}

static void versions_go_on_where_an_assignment_was_taken_away(void **state)
{
    struct cluster c;

    (void)state;
    cluster_init(&c, "a:2");
    add_topology(&c, 1, false, NULL);
    c.records[0].assignment_version = 41;
    schedule(&scheduler_stable, &c.s);
    assert_int_equal(c.topologies[0].next->assignment_version, 42);
    assert_int_equal(c.topologies[0].next->workers[0].birth, 42);
    assert_int_equal(c.topologies[0].next->components[0].executors, 8);
    cluster_fini(&c);
}

static void an_address_that_changed_is_written_and_nobody_is_new(void **state)
{
    struct cluster c;

    (void)state;
    cluster_init(&c, "a:2 b:2");
    add_topology(&c, 2, false, "a1 b1");
    c.supervisors[1].address = "10.0.0.9";
    schedule(&scheduler_stable, &c.s);
    assert_string_equal(c.topologies[0].next->workers[1].address, "10.0.0.9");
    assert_int_equal(c.topologies[0].next->workers[1].birth, 2);
    cluster_fini(&c);
}

/* -- several topologies ---------------------------------------------------- */

static void who_lost_workers_comes_before_who_is_new(void **state)
{
    struct cluster c;

    (void)state;
    cluster_init(&c, "a:2");
    add_topology(&c, 1, false, NULL);
    add_topology(&c, 2, false, "a1 x1?");
    schedule(&scheduler_stable, &c.s);
    assert_string_equal(told(&c.topologies[1]), "a1 a2");
    assert_string_equal(c.topologies[0].reason,
                        "waits for 1 more slot: 1 wanted, 0 free");
    cluster_fini(&c);
}

static void a_slot_that_was_left_is_for_others(void **state)
{
    struct cluster c;

    (void)state;
    cluster_init(&c, "a:1 b:1");
    add_topology(&c, 1, false, "a1!");
    add_topology(&c, 1, false, NULL);
    schedule(&scheduler_stable, &c.s);
    assert_string_equal(told(&c.topologies[0]), "b1");
    assert_string_equal(told(&c.topologies[1]), "a1");
    cluster_fini(&c);
}

static void who_was_launched_first_comes_first(void **state)
{
    struct cluster c;

    (void)state;
    cluster_init(&c, "a:1");
    add_topology(&c, 1, false, NULL);
    add_topology(&c, 1, false, NULL);
    c.records[0].launched_us = 9000000;
    schedule(&scheduler_stable, &c.s);
    assert_string_equal(told(&c.topologies[1]), "a1");
    assert_string_equal(told(&c.topologies[0]), "=");
    cluster_fini(&c);
}

static void one_that_must_wait_keeps_no_slots_from_others(void **state)
{
    struct cluster c;

    (void)state;
    cluster_init(&c, "a:2");
    add_topology(&c, 3, false, NULL);
    add_topology(&c, 2, false, NULL);
    schedule(&scheduler_stable, &c.s);
    assert_string_equal(told(&c.topologies[0]), "=");
    assert_string_equal(told(&c.topologies[1]), "a1 a2");
    cluster_fini(&c);
}

static void new_workers_go_where_the_least_is(void **state)
{
    struct cluster c;

    (void)state;
    cluster_init(&c, "a:4 b:4 c:8");
    add_topology(&c, 2, false, "a1 a2");
    add_topology(&c, 2, false, NULL);
    add_topology(&c, 2, false, NULL);
    schedule(&scheduler_stable, &c.s);
    assert_string_equal(told(&c.topologies[1]), "c1 b1");
    assert_string_equal(told(&c.topologies[2]), "c2 b2");
    cluster_fini(&c);
}

/* -- spread ---------------------------------------------------------------- */

static void with_spread_a_new_supervisor_gets_some(void **state)
{
    static const struct {
        const char *supervisors;
        uint32_t spread;
        const char *present[3], *wanted[3];
    } cases[] = {
        /* off */
        {"a:4 b:4", 0, {"a1 a2", "a3", "a4"}, {"=", "=", "="}},
        /* bounded, one of each topology at most; first who has most there */
        {"a:4 b:4", 1, {"a3", "a1 a2", "a4"}, {"=", "b1 a2", "="}},
        {"a:4 b:4", 2, {"a1 a2", "a3", "a4"}, {"b1 a2", "b2", "="}},
        {"a:4 b:4", 9, {"a1 a2", "a3", "a4"}, {"b1 a2", "b2", "="}},
        {"a:4 b:4", 9, {"a1 a2 a3 a4", "", ""}, {"b1 a2 a3 a4", "=", "="}},
        /* it must be better for it */
        {"a:2 b:2", 9, {"a1", "", ""}, {"=", "=", "="}},
        {"a:2 b:2", 9, {"a1 a2", "b1", ""}, {"=", "=", "="}},
        {"a:8 b:2", 9, {"a1 a2 a3", "", ""}, {"=", "=", "="}},
        {"a:8 b:2",
         9,
         {"a1 a2 a3 a4 a5", "", ""},
         {"b1 a2 a3 a4 a5", "=", "="}},
        /* one that is not open neither gives nor takes */
        {"a:4 b:4-", 9, {"a1 a2", "a3", "a4"}, {"=", "=", "="}},
        {"a:4- b:4", 9, {"a1 a2", "a3", "a4"}, {"=", "=", "="}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cluster c;

        cluster_init(&c, cases[i].supervisors);
        c.s.spread = cases[i].spread;
        for (uint32_t t = 0; t < 3; t++)
            if (cases[i].present[t][0] != '\0')
                add_topology(&c, 1, false, cases[i].present[t]);
        schedule(&scheduler_stable, &c.s);
        for (uint32_t t = 0; t < c.s.n_topologies; t++)
            if (strcmp(told(&c.topologies[t]), cases[i].wanted[t]) != 0)
                fail_msg("case %zu, topology %u: \"%s\", expected \"%s\"", i,
                         (unsigned)t, told(&c.topologies[t]),
                         cases[i].wanted[t]);
        cluster_fini(&c);
    }
}

static void what_may_not_be_moved_is_not(void **state)
{
    struct cluster c;

    (void)state;
    cluster_init(&c, "a:4 b:4");
    c.s.spread = 9;
    add_topology(&c, 2, false, "a1 a2");
    add_topology(&c, 2, false, "a3 a4");
    c.topologies[0].movable = false;
    c.mark = (struct schedule_mark){"b", "u-1-2"};
    c.s.n_marks = 1;
    schedule(&scheduler_stable, &c.s);
    assert_string_equal(told(&c.topologies[0]), "=");
    assert_string_equal(told(&c.topologies[1]), "=");
    cluster_fini(&c);
}

static void schedulers_are_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(scheduler_find("even"), &scheduler_even);
    assert_ptr_equal(scheduler_find("stable"), &scheduler_stable);
    assert_null(scheduler_find("isolation"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_topology_is_spread_over_supervisors),
        cmocka_unit_test(a_topology_without_slots_for_all_its_workers_waits),
        cmocka_unit_test(only_lost_workers_are_replaced),
        cmocka_unit_test(a_lost_worker_without_a_slot_waits_where_it_was),
        cmocka_unit_test(a_worker_that_fails_to_start_goes_elsewhere),
        cmocka_unit_test(a_supervisor_where_starts_failed_is_taken_last),
        cmocka_unit_test(a_rebalance_moves_what_must_or_begins_anew),
        cmocka_unit_test(
            a_rebalance_to_more_workers_than_slots_gets_what_there_is),
        cmocka_unit_test(a_new_version_tells_who_is_new),
        cmocka_unit_test(versions_go_on_where_an_assignment_was_taken_away),
        cmocka_unit_test(an_address_that_changed_is_written_and_nobody_is_new),
        cmocka_unit_test(who_lost_workers_comes_before_who_is_new),
        cmocka_unit_test(a_slot_that_was_left_is_for_others),
        cmocka_unit_test(who_was_launched_first_comes_first),
        cmocka_unit_test(one_that_must_wait_keeps_no_slots_from_others),
        cmocka_unit_test(new_workers_go_where_the_least_is),
        cmocka_unit_test(with_spread_a_new_supervisor_gets_some),
        cmocka_unit_test(what_may_not_be_moved_is_not),
        cmocka_unit_test(schedulers_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
