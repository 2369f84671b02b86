/*
 * test_assignment_change.c - which workers go on, and what moves, from one
 * assignment to the next.
 */
#include "nimbus/assignment_change.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sample_topology.h"
#include "topology-api/memory.h"

enum { COMPONENTS_MAX = 3, WORKERS_MAX = 8 };

/* Of each component, which worker has its executors, in order. */
struct shares {
    uint32_t n_workers;
    const char *homes[COMPONENTS_MAX];
};

static void add(struct assigned_worker *w, uint32_t component, uint32_t e)
{
    struct executor_range *last;

    if (w->n_executors > 0) {
        last = &w->executors[w->n_executors - 1];
        if (last->component == component && last->first + last->n == e) {
            last->n++;
            return;
        }
    }
    w->executors =
        xreallocarray(w->executors, w->n_executors + 1, sizeof(*w->executors));
    w->executors[w->n_executors++] = (struct executor_range){component, e, 1};
}

static void make(struct assignment_record *a, const struct topology_record *t,
                 const struct shares *s)
{
    *a = (struct assignment_record){
        .n_components = t->n_components,
        .components = xcalloc(t->n_components, sizeof(*a->components)),
        .n_workers = s->n_workers,
        .workers = xcalloc(s->n_workers, sizeof(*a->workers)),
    };
    for (uint32_t c = 0; c < t->n_components; c++) {
        a->components[c].executors = (uint32_t)strlen(s->homes[c]);
        for (uint32_t e = 0; e < a->components[c].executors; e++)
            add(&a->workers[s->homes[c][e] - '0'], c, e);
    }
}

struct one_change {
    const char *what;
    uint32_t tasks[COMPONENTS_MAX];
    struct shares before, after;
    const char *same; /* by worker that is in both: "=" or "x" */
    const char *says; /* if who is not the same has another birth */
};

static const struct one_change changes[] = {
    {"nothing",
     {1, 4, 1},
     {2, {"0", "0101", "1"}},
     {2, {"0", "0101", "1"}},
     "==",
     "0 of 6 executors move; of the workers 2 go on, 0 start anew, 0 are new, "
     "0 end"},
    {"two workers swap, the third has the same",
     {1, 3, 1},
     {3, {"0", "012", "2"}},
     {3, {"0", "102", "2"}},
     "xx=",
     "2 of 5 executors move; of the workers 1 goes on, 2 start anew, 0 are "
     "new, 0 end"},
    {"one is raised: those with other tasks move, though they have its number",
     {1, 4, 1},
     {3, {"0", "12", "0"}},
     {3, {"0", "1212", "0"}},
     "=xx",
     "4 of 6 executors move; of the workers 1 goes on, 2 start anew, 0 are "
     "new, 0 end"},
    {"of one that is raised, an executor keeps its tasks",
     {1, 3, 1},
     {3, {"0", "12", "0"}},
     {3, {"0", "122", "0"}},
     "==x",
     "2 of 5 executors move; of the workers 2 go on, 1 starts anew, 0 are "
     "new, 0 end"},
    {"the numbers of those behind it are others, and they are the same",
     {1, 2, 4},
     {3, {"0", "1", "0202"}},
     {3, {"0", "11", "0202"}},
     "=x=",
     "2 of 7 executors move; of the workers 2 go on, 1 starts anew, 0 are "
     "new, 0 end"},
    {"a worker is new",
     {1, 3, 1},
     {2, {"0", "011", "0"}},
     {3, {"0", "012", "0"}},
     "=x",
     "1 of 5 executors moves; of the workers 1 goes on, 1 starts anew, 1 is "
     "new, 0 end"},
    {"a worker is gone",
     {1, 3, 1},
     {3, {"0", "012", "0"}},
     {2, {"0", "011", "0"}},
     "=x",
     "1 of 5 executors moves; of the workers 1 goes on, 1 starts anew, 0 are "
     "new, 1 ends"},
};

static void look(const struct one_change *x)
{
    struct assignment_record before, after;
    struct assignment_change change;
    char text[ASSIGNMENT_CHANGE_TEXT], same[WORKERS_MAX + 1] = "";
    struct topology_record t;

    sample_topology(&t, "t", 1, 1, COMPONENTS_MAX, x->tasks);
    make(&before, &t, &x->before);
    make(&after, &t, &x->after);
    for (uint32_t w = 0; x->same[w] != '\0'; w++) {
        bool is = assignment_same_executors(&t, &before, &after, w);

        same[w] = is ? '=' : 'x';
        after.workers[w].birth = !is;
    }
    if (strcmp(same, x->same) != 0)
        fail_msg("%s: \"%s\", expected \"%s\"", x->what, same, x->same);
    change = assignment_change(&t, &before, &after);
    assignment_change_text(&change, text);
    if (strcmp(text, x->says) != 0)
        fail_msg("%s: \"%s\", expected \"%s\"", x->what, text, x->says);
    assignment_record_free(&before);
    assignment_record_free(&after);
    topology_record_free(&t);
}

static void exactly_what_has_other_tasks_or_another_worker_moves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        look(&changes[i]);
}

static void of_a_topology_that_ran_nowhere_all_is_new(void **state)
{
    const uint32_t tasks[] = {2, 1, 1};
    const struct shares shares = {2, {"01", "0", "1"}};
    struct assignment_change change;
    struct assignment_record a;
    struct topology_record t;

    (void)state;
    sample_topology(&t, "t", 1, 1, COMPONENTS_MAX, tasks);
    make(&a, &t, &shares);
    change = assignment_change(&t, NULL, &a);
    assert_int_equal(change.executors, 4);
    assert_int_equal(change.moved, 4);
    assert_int_equal(change.more, 2);
    assert_int_equal(change.go_on + change.anew + change.gone, 0);
    assignment_record_free(&a);
    topology_record_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_what_has_other_tasks_or_another_worker_moves),
        cmocka_unit_test(of_a_topology_that_ran_nowhere_all_is_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
