/*
 * test_transports.c - by which way two workers speak: the best that there is,
 * unless one is asked for; where a worker is called by others of its host; what
 * becomes of memory that is damaged.
 */
#include "common/rpc_address.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/crossing.h"
#include "worker/transport.h"
#include <string.h>

enum { N = 3000 };

static struct crossing all;

static int two(void **state)
{
    crossing_begin(&all, "ways", 2, N);
    *state = &all;
    return 0;
}

static int teardown(void **state)
{
    crossing_end(*state);
    return 0;
}

/* numbers (worker 0) -> a (1) -> b (0) */
static void add_bolts(struct crossing *x, const char *way)
{
    gale_configure(x->c.r.builder, "gale.worker.transport", gale_cstr(way));
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &crossing_passer, 2),
                 "numbers");
    gale_by_fields(topology_run_bolt(&x->c.r, "b", &crossing_taker, 2), "a",
                   "n");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_put(&x->c, "b", 0);
}

static enum transport between(struct crossing *x, uint32_t from, uint32_t to)
{
    struct link_counts counts;

    member_link(x->c.members[from], to, &counts);
    return counts.transport;
}

static void assert_all_goes_by(struct crossing *x, enum transport way)
{
    cluster_run_complete(&x->c);
    assert_int_equal(between(x, 0, 1), way);
    assert_int_equal(between(x, 1, 0), way);
    crossing_assert_each_seen(x, 1);
}

static void assert_logged(struct crossing *x, const char *text)
{
    if (strstr(topology_run_log(&x->c.r), text) == NULL)
        fail_msg("the log does not say \"%s\"", text);
}

/* -- which ----------------------------------------------------------------- */

static void on_one_host_it_is_the_best_by_itself(void **state)
{
    struct crossing *x = *state;

    add_bolts(x, "auto");
    assert_all_goes_by(x, TRANSPORT_SHARED);
    assert_logged(x, "link-1 connected to worker 1 at 127.0.0.1:");
    assert_logged(x, "link-0 connected to worker 0 at 127.0.0.1:");
    assert_logged(x, "by shared memory");
}

static void one_that_is_asked_for_is_taken(void **state)
{
    static const struct {
        const char *way;
        enum transport by;
    } cases[] = {{"tcp", TRANSPORT_TCP},
                 {"unix", TRANSPORT_UNIX},
                 {"shared-memory", TRANSPORT_SHARED}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct crossing *x = *state;

        add_bolts(x, cases[i].way);
        assert_all_goes_by(x, cases[i].by);
        teardown(state);
        two(state);
    }
}

/* Neither the one that calls nor the one that is called takes the other. */
static void workers_of_other_users_speak_by_tcp(void **state)
{
    for (uint32_t stranger = 0; stranger < 2; stranger++) {
        struct crossing *x = *state;

        add_bolts(x, "auto");
        atomic_store(&x->c.worlds[stranger].is_foreign, true);
        assert_all_goes_by(x, TRANSPORT_TCP);
        teardown(state);
        two(state);
    }
}

static void without_memory_a_unix_socket_does(void **state)
{
    static const char *const ways[] = {"auto", "shared-memory"};

    for (int i = 0; i < 2; i++) {
        struct crossing *x = *state;

        add_bolts(x, ways[i]);
        atomic_store(&x->c.worlds[0].shares_none, true);
        cluster_run_complete(&x->c);
        assert_int_equal(between(x, 0, 1), TRANSPORT_UNIX);
        crossing_assert_each_seen(x, 1);
        assert_logged(x, "no memory can be shared with worker 1: No space");
        assert_logged(x, "by a Unix socket");
        teardown(state);
        two(state);
    }
}

/* -- harm ------------------------------------------------------------------ */

static bool is_scribbled(void *arg)
{
    return cluster_run_scribble(arg, 1);
}

/* Whoever has done that: it ends the connection, and the next one is as good as
 * ever. */
static void memory_that_is_damaged_ends_the_connection(void **state)
{
    struct crossing *x = *state;

    crossing_replays(x, 500);
    add_bolts(x, "shared-memory");
    cluster_run_start(&x->c);
    for (uint32_t i = 1; i <= 3; i++) {
        crossing_after(x, i * N / 5);
        topology_run_until(is_scribbled, &x->c, "no memory is shared");
    }
    cluster_run_until_complete(&x->c);
    assert_true(crossing_breaks(x, 0, 1) > 0);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "damaged memory");
    assert_logged(x, "says of the memory that both share what cannot be");
}

/* -- where ----------------------------------------------------------------- */

static struct plan plan_of(const char *topology, uint8_t key)
{
    struct plan plan = {.version = 1};

    snprintf(plan.topology, sizeof(plan.topology), "%s", topology);
    memset(plan.key.bytes, key, sizeof(plan.key.bytes));
    return plan;
}

static void each_worker_has_a_name_of_its_own(void **state)
{
    static const struct {
        const char *topology;
        uint8_t key;
        uint32_t worker;
        uint16_t port;
    } cases[] = {
        {"words-1-0", 1, 0, 6700}, {"words-1-0", 1, 1, 6700},
        {"words-1-0", 1, 0, 6701}, {"words-1-0", 2, 0, 6700},
        {"words-2-0", 1, 0, 6700}, {"words-1-0", 1, 10, 6700},
    };
    enum { CASES = sizeof(cases) / sizeof(cases[0]) };
    char texts[CASES][RPC_ADDRESS_TEXT];

    (void)state;
    for (uint32_t i = 0; i < CASES; i++) {
        struct plan plan = plan_of(cases[i].topology, cases[i].key);
        struct rpc_address at;

        transport_unix_address(&plan, cases[i].worker, cases[i].port, &at);
        rpc_address_text(&at, texts[i]);
        assert_memory_equal(texts[i], "@gale-", 6);
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(texts[i], texts[k]);
    }
}

#define RUN(name_) cmocka_unit_test_setup_teardown(name_, two, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(on_one_host_it_is_the_best_by_itself),
        RUN(one_that_is_asked_for_is_taken),
        RUN(workers_of_other_users_speak_by_tcp),
        RUN(without_memory_a_unix_socket_does),
        RUN(memory_that_is_damaged_ends_the_connection),
        cmocka_unit_test(each_worker_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
