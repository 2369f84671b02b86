/*
 * test_scheduler_large.c - a thousand supervisors, a thousand topologies, a
 * million tasks. How long it takes is printed, and asserted by nobody.
 */
#include "tests/support/cmocka_all.h"
#include "nimbus/scheduler.h"
#include "tests/support/sample_topology.h"
#include "topology-api/memory.h"
#include <time.h>

enum { SUPERVISORS = 1000, SLOTS = 4, TOPOLOGIES = 1000, WORKERS = 4 };

static const uint32_t executors[4] = {10, 490, 300, 200};
static const struct supervisor_port ports[SLOTS] = {{1}, {2}, {3}, {4}};

struct large {
    char ids[SUPERVISORS][8];
    struct schedule_supervisor supervisors[SUPERVISORS];
    struct topology_record records[TOPOLOGIES];
    struct schedule_topology topologies[TOPOLOGIES];
    enum worker_fate fates[TOPOLOGIES][WORKERS];
    struct schedule s;
};

static struct large *large_new(void)
{
    struct large *l = xcalloc(1, sizeof(*l));

    l->s = (struct schedule){.n_supervisors = SUPERVISORS,
                             .supervisors = l->supervisors,
                             .n_topologies = TOPOLOGIES,
                             .topologies = l->topologies};
    for (uint32_t i = 0; i < SUPERVISORS; i++) {
        snprintf(l->ids[i], sizeof(l->ids[i]), "s%u", (unsigned)i);
        l->supervisors[i] = (struct schedule_supervisor){.id = l->ids[i],
                                                         .address = l->ids[i],
                                                         .n_ports = SLOTS,
                                                         .ports = ports,
                                                         .open = true};
    }
    for (uint32_t i = 0; i < TOPOLOGIES; i++) {
        sample_topology(&l->records[i], "t", i, WORKERS, 4, executors);
        l->topologies[i].record = &l->records[i];
        l->topologies[i].fates = l->fates[i];
        l->topologies[i].movable = true;
    }
    return l;
}

static void large_free(struct large *l)
{
    for (uint32_t i = 0; i < TOPOLOGIES; i++) {
        struct assignment_record *a =
            (struct assignment_record *)(uintptr_t)l->topologies[i].present;

        assignment_record_free(a);
        free(a);
        topology_record_free(&l->records[i]);
    }
    free(l);
}

static void timed(const struct scheduler *scheduler, struct schedule *s,
                  const char *what)
{
    struct timespec begin, end;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    schedule(scheduler, s);
    clock_gettime(CLOCK_MONOTONIC, &end);
    print_message("%s, %s: %.1f ms\n", scheduler->name, what,
                  (double)(end.tv_sec - begin.tv_sec) * 1e3 +
                      (double)(end.tv_nsec - begin.tv_nsec) / 1e6);
}

/* What came out is what is; how many assignments that were. */
static uint32_t obey(struct large *l)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < TOPOLOGIES; i++) {
        struct schedule_topology *t = &l->topologies[i];
        struct assignment_record *old =
            (struct assignment_record *)(uintptr_t)t->present;

        if (t->next == NULL)
            continue;
        if (old != NULL)
            assignment_record_free(old);
        free(old);
        t->present = t->next;
        t->next = NULL;
        n++;
    }
    return n;
}

static void lose(struct large *l, const char *supervisor)
{
    for (uint32_t i = 0; i < TOPOLOGIES; i++)
        for (uint32_t w = 0; w < WORKERS; w++)
            l->fates[i][w] =
                strcmp(l->topologies[i].present->workers[w].supervisor,
                       supervisor) == 0
                    ? WORKER_LOST
                    : WORKER_STAYS;
}

static void run(const struct scheduler *scheduler)
{
    struct large *l = large_new();
    struct schedule_supervisor last = l->supervisors[SUPERVISORS - 1];

    l->s.n_topologies = TOPOLOGIES - 1; /* some slots remain free */
    timed(scheduler, &l->s, "all are new");
    assert_int_equal(obey(l), TOPOLOGIES - 1);
    timed(scheduler, &l->s, "nothing is to be done");
    assert_int_equal(obey(l), 0);
    l->s.n_topologies = TOPOLOGIES;
    timed(scheduler, &l->s, "one is new");
    assert_int_equal(obey(l), 1);
    lose(l, last.id);
    l->s.n_supervisors--;
    timed(scheduler, &l->s, "a supervisor is lost, and no slot is free");
    assert_int_equal(obey(l), 0);
    for (uint32_t i = 0; i < TOPOLOGIES; i++)
        l->topologies[i].rebalance = true;
    l->s.n_supervisors++;
    for (uint32_t i = 0; i < TOPOLOGIES; i++)
        l->records[i].workers = WORKERS - 1;
    timed(scheduler, &l->s, "all are rebalanced");
    assert_int_equal(obey(l), TOPOLOGIES);
    large_free(l);
}

static void a_million_tasks_are_placed(void **state)
{
    (void)state;
    run(&scheduler_even);
    run(&scheduler_stable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_tasks_are_placed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
