/* test_pending_rule.c - how many messages a spout may have under way is found
 * out, whatever takes them. */
#include "common/random.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/topology_run.h"
#include "worker/pending_rule.h"

#define MS 1e6       /* ns */
#define MOST 4194304 /* messages */
#define TARGET (50. * MS)
#define NOISE 0.02 /* of a window's rate, to either side */

/* Who takes the messages: by Little's law limit = rate x latency. */
struct taker {
    double most;     /* messages a second */
    double takes_ms; /* for each, when nothing waits */
    double gathers;  /* before it acks any */
};

/* So long a window as the rule asks for. */
static void window_of(const struct taker *k, const struct pending_rule *rule,
                      struct random *r, struct pending_window *w)
{
    double rate = rule->limit / (k->takes_ms * MS), latency;
    double noise = 1 + NOISE * ((double)random_below(r, 2001) / 1000 - 1);

    if (rate > k->most / 1e9)
        rate = k->most / 1e9;
    latency = rule->limit / rate;
    w->ns = 0;
    do {
        w->ns += PENDING_RULE_WINDOW_NS;
        w->settled = rule->limit < k->gathers
                         ? 0
                         : (uint64_t)(rate * noise * (double)w->ns);
    } while (!pending_rule_over(rule, w));
    w->late = latency > TARGET ? w->settled : 0;
}

static void run(struct pending_rule *rule, const struct taker *k,
                double seconds, struct random *r)
{
    struct pending_window w;

    for (double ns = 0; ns < seconds * 1e9; ns += (double)w.ns) {
        window_of(k, rule, r, &w);
        pending_rule_look(rule, &w);
        assert_in_range(rule->limit, PENDING_RULE_LEAST, MOST);
    }
}

static const struct {
    const char *what;
    struct taker taker;
    uint32_t least, most; /* after 40 s, with the step that is on trial */
} cases[] = {
    {"quick bolts: what a spout begins with is enough",
     {1e8, 0.01, 0},
     PENDING_RULE_START,
     2 * PENDING_RULE_START},
    {"a long way: more are of use", {1e7, 5, 0}, 40000, 120000},
    {"a slow sink: no more than it takes in time", {1e5, 1, 0}, 2500, 7500},
    {"a very slow one",
     {100, 1, 0},
     PENDING_RULE_LEAST,
     PENDING_RULE_LEAST * 3 / 2},
    {"each takes longer than is asked for, however few there are",
     {1e6, 200, 0},
     150000,
     500000},
    {"each takes long, and few at a time are taken", {1e3, 200, 0}, 120, 3500},
    {"a sink that acks by the hundred thousand", {1e7, 1, 1e5}, 100000, 600000},
    {"a sink that never acks before it has them all",
     {1e9, 1, 1e9},
     MOST,
     MOST},
};

static void the_limit_is_found_out(void **state)
{
    struct random r;

    (void)state;
    random_seed(&r, topology_run_seed("test_pending_rule"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pending_rule rule;

        pending_rule_init(&rule, MOST);
        run(&rule, &cases[i].taker, 40, &r);
        for (int more = 0; more < 200; more++) {
            run(&rule, &cases[i].taker, .01, &r);
            if (rule.limit < cases[i].least || rule.limit > cases[i].most)
                fail_msg("%s: %u after %d", cases[i].what, rule.limit, more);
        }
    }
}

/* Slow steps would take most of a second, and rests in between. */
static void a_hundred_times_as_many_are_found_within_some_windows(void **state)
{
    const struct taker far = {2e7, 40, 0};
    struct pending_rule rule;
    struct random r;

    (void)state;
    random_seed(&r, topology_run_seed("test_pending_rule"));
    pending_rule_init(&rule, MOST);
    run(&rule, &far, .25, &r);
    assert_true(rule.limit >= 500000);
}

static void who_becomes_slower_gets_fewer_and_who_recovers_more(void **state)
{
    const struct taker quick = {1e7, 5, 0}, slow = {1e5, 5, 0};
    struct pending_rule rule;
    struct random r;

    (void)state;
    random_seed(&r, topology_run_seed("test_pending_rule"));
    pending_rule_init(&rule, MOST);
    run(&rule, &quick, 20, &r);
    assert_true(rule.limit >= 40000);
    run(&rule, &slow, 10, &r);
    assert_true(rule.limit <= 7500);
    run(&rule, &quick, 20, &r);
    assert_true(rule.limit >= 40000);
}

static void a_bound_of_the_ring_is_kept(void **state)
{
    const struct taker endless = {1e12, 1000, 0};
    struct pending_rule rule;
    struct random r;

    (void)state;
    random_seed(&r, 1);
    pending_rule_init(&rule, 1000);
    assert_int_equal(rule.limit, 1000);
    run(&rule, &endless, 50, &r);
    assert_int_equal(rule.limit, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_is_found_out),
        cmocka_unit_test(a_hundred_times_as_many_are_found_within_some_windows),
        cmocka_unit_test(who_becomes_slower_gets_fewer_and_who_recovers_more),
        cmocka_unit_test(a_bound_of_the_ring_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
