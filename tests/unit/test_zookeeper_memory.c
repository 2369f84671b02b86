/*
 * test_zookeeper_memory.c - what can go wrong with the ensemble in memory:
 * cuts, answers that are lost, sessions that end.
 */
#include "common/random.h"
#include "common/zookeeper_memory.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define SESSION (9 * SECOND) /* a third is 3 s */

static struct zookeeper_memory *memory;
static int64_t now;

/* A client, and what it was told: C connected, A away, L lost, ! woken, and the
 * number of a result. */
struct user {
    struct zookeeper *z;
    struct zookeeper_watch watch;
    char heard[64];
    int32_t version; /* of the last answer */
};

static struct user a, b;

static void hear(struct user *user, char what)
{
    size_t n = strlen(user->heard);

    assert_true(n + 1 < sizeof(user->heard));
    user->heard[n] = what;
    user->heard[n + 1] = '\0';
}

static void told(void *arg, enum zookeeper_state state)
{
    hear(arg, "CAL"[state]);
}

static void woken(void *arg)
{
    hear(arg, '!');
}

static char letter_of(enum zookeeper_result result)
{
    switch (result) {
    case ZOOKEEPER_OK:
        return 'o';
    case ZOOKEEPER_NO_NODE:
        return 'n';
    case ZOOKEEPER_NODE_EXISTS:
        return 'e';
    case ZOOKEEPER_AWAY:
        return 'a';
    case ZOOKEEPER_UNKNOWN:
        return 'u';
    default:
        return '?';
    }
}

static void answered(void *arg, const struct zookeeper_answer *answer)
{
    struct user *user = arg;

    user->version = answer->stat.version;
    hear(user, letter_of(answer->result));
}

static void pass(int64_t ns)
{
    now += ns;
    zookeeper_memory_advance(memory, now);
}

/* What a user has heard since it was last asked, after so long. */
#define assert_heard(user_, ns_, expected_)                                    \
    do {                                                                       \
        pass(ns_);                                                             \
        assert_string_equal((user_).heard, expected_);                         \
        (user_).heard[0] = '\0';                                               \
    } while (0)

static void join(struct user *user)
{
    memset(user, 0, sizeof(*user));
    user->watch = (struct zookeeper_watch){.fn = woken, .arg = user};
    user->z = zookeeper_memory_join(memory, SESSION, told, user);
}

static int setup(void **state)
{
    (void)state;
    now = SECOND;
    memory = zookeeper_memory_new(now, 0);
    join(&a);
    join(&b);
    assert_heard(a, 0, "C");
    assert_heard(b, 0, "C");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    zookeeper_free(a.z);
    zookeeper_free(b.z);
    zookeeper_memory_free(memory);
    return 0;
}

static void create(struct user *user, const char *path, uint32_t flags)
{
    zookeeper_create(user->z, path, "", 0, flags,
                     (struct zookeeper_then){answered, user});
}

static void set(struct user *user, const char *path)
{
    zookeeper_set(user->z, path, "", 0, ZOOKEEPER_ANY,
                  (struct zookeeper_then){answered, user});
}

static void look(struct user *user, const char *path)
{
    zookeeper_exists(user->z, path, NULL,
                     (struct zookeeper_then){answered, user});
}

static void look_and_watch(struct user *user, const char *path)
{
    zookeeper_exists(user->z, path, &user->watch,
                     (struct zookeeper_then){answered, user});
}

/* -- cuts ------------------------------------------------------------------ */

static void a_short_cut_costs_what_is_under_way_and_nothing_else(void **state)
{
    (void)state;
    create(&a, "/x", ZOOKEEPER_EPHEMERAL);
    assert_heard(a, 0, "o");
    zookeeper_memory_latency(memory, SECOND);
    create(&a, "/y", 0);
    look(&a, "/x");
    zookeeper_memory_cut(a.z, ZOOKEEPER_CUT_NOTICED);
    assert_heard(a, 0, "uaA");
    set(&a, "/x");
    look(&a, "/x");
    assert_heard(a, 0, "aa");
    pass(SESSION - SECOND);
    zookeeper_memory_heal(a.z);
    assert_heard(a, SECOND, "C");
    look(&b, "/x");
    look(&b, "/y");
    assert_heard(b, 2 * SECOND, "on");
}

static void a_silent_cut_is_noticed_after_two_thirds_of_the_session(
    void **state)
{
    (void)state;
    zookeeper_memory_cut(a.z, ZOOKEEPER_CUT_SILENT);
    create(&a, "/x", 0);
    look(&a, "/x");
    assert_heard(a, 6 * SECOND - 1, "");
    assert_int_equal(zookeeper_state(a.z), ZOOKEEPER_IS_CONNECTED);
    assert_heard(a, 1, "uaA");
    zookeeper_memory_heal(a.z);
    assert_heard(a, 0, "C");
}

static void who_is_healed_before_it_notices_finds_its_connection_broken(
    void **state)
{
    (void)state;
    zookeeper_memory_cut(a.z, ZOOKEEPER_CUT_SILENT);
    create(&a, "/x", 0);
    pass(SECOND);
    zookeeper_memory_heal(a.z);
    assert_heard(a, 0, "uAC");
    look(&a, "/x");
    assert_heard(a, 20 * SECOND, "n");
}

/* Found by clusters from seeds: it was away, and nobody noticed, when the cut
 * came; what it would have noticed then is none of the next connection's. */
static void who_is_cut_off_while_it_is_away_stays_connected_afterwards(
    void **state)
{
    (void)state;
    zookeeper_memory_stop(memory);
    assert_heard(a, 0, "A");
    zookeeper_memory_cut(a.z, ZOOKEEPER_CUT_SILENT);
    pass(SECOND);
    zookeeper_memory_start(memory);
    zookeeper_memory_heal(a.z);
    assert_heard(a, 20 * SECOND, "C");
    assert_int_equal(zookeeper_state(a.z), ZOOKEEPER_IS_CONNECTED);
}

/* The ensemble knows first, and the client when it is back. */
static void a_cut_as_long_as_a_session_loses_it(void **state)
{
    int64_t session = zookeeper_session(a.z);

    (void)state;
    create(&a, "/x", ZOOKEEPER_EPHEMERAL);
    look_and_watch(&a, "/y");
    assert_heard(a, 0, "on");
    look_and_watch(&b, "/x");
    assert_heard(b, 0, "o");
    zookeeper_memory_cut(a.z, ZOOKEEPER_CUT_NOTICED);
    assert_heard(b, SESSION - 1, "");
    assert_heard(b, 1, "!");
    look(&b, "/x");
    assert_heard(b, 0, "n");
    assert_heard(a, 0, "A");
    zookeeper_memory_heal(a.z);
    assert_heard(a, 0, "L!C");
    assert_true(zookeeper_session(a.z) != session);
    create(&a, "/x", ZOOKEEPER_EPHEMERAL);
    assert_heard(a, 0, "o");
}

static void the_lease_is_over_before_the_session_is(void **state)
{
    int64_t until;

    (void)state;
    pass(SECOND);
    assert_true(zookeeper_lease_until(a.z) == now + 6 * SECOND);
    zookeeper_memory_cut(a.z, ZOOKEEPER_CUT_SILENT);
    until = now + 6 * SECOND;
    pass(5 * SECOND);
    assert_true(zookeeper_lease_until(a.z) == until);
    assert_true(zookeeper_may_act(a.z, until - 1));
    assert_false(zookeeper_may_act(a.z, until));
    pass(20 * SECOND);
    assert_true(zookeeper_lease_until(a.z) == until);
    zookeeper_memory_heal(a.z);
    pass(0);
    assert_true(zookeeper_may_act(a.z, now));
}

static void what_changed_while_it_was_cut_off_is_told_when_it_is_back(
    void **state)
{
    (void)state;
    look_and_watch(&a, "/x");
    assert_heard(a, 0, "n");
    zookeeper_memory_cut(a.z, ZOOKEEPER_CUT_NOTICED);
    create(&b, "/x", 0);
    assert_heard(a, SECOND, "A");
    zookeeper_memory_heal(a.z);
    assert_heard(a, 0, "C!");
}

/* -- answers, sessions, processes ------------------------------------------ */

static void a_write_whose_answer_is_lost_is_done_and_unknown(void **state)
{
    (void)state;
    zookeeper_memory_lose_answers(a.z, 1);
    create(&a, "/x", ZOOKEEPER_EPHEMERAL);
    assert_heard(a, 0, "uAC");
    look(&a, "/x");
    create(&a, "/x", 0);
    create(&a, "/y", 0);
    assert_heard(a, 0, "oeo");
}

static void a_session_that_the_ensemble_ends_is_lost(void **state)
{
    (void)state;
    create(&a, "/x", ZOOKEEPER_EPHEMERAL);
    look_and_watch(&a, "/y");
    assert_heard(a, 0, "on");
    look_and_watch(&b, "/x");
    assert_heard(b, 0, "o");
    zookeeper_memory_expire(a.z);
    assert_heard(a, 0, "AL!C");
    assert_heard(b, 0, "!");
    look(&a, "/x");
    assert_heard(a, 0, "n");
}

static void nodes_of_a_killed_process_go_when_its_session_is_over(void **state)
{
    (void)state;
    create(&a, "/x", ZOOKEEPER_EPHEMERAL);
    assert_heard(a, 0, "o");
    zookeeper_memory_kill(a.z);
    join(&a); /* its next process */
    assert_heard(a, 0, "C");
    create(&a, "/x", ZOOKEEPER_EPHEMERAL);
    assert_heard(a, SESSION - 1, "e");
    look(&a, "/x");
    assert_heard(a, 0, "o");
    pass(1);
    create(&a, "/x", ZOOKEEPER_EPHEMERAL);
    assert_heard(a, 0, "o");
}

static void nodes_of_a_client_that_is_freed_go_at_once(void **state)
{
    (void)state;
    create(&a, "/x", ZOOKEEPER_EPHEMERAL);
    assert_heard(a, 0, "o");
    zookeeper_free(a.z);
    look(&b, "/x");
    assert_heard(b, 0, "n");
    join(&a);
    pass(0);
}

static void a_write_that_is_under_way_at_the_end_is_unknown(void **state)
{
    (void)state;
    create(&a, "/x", 0);
    look(&a, "/x");
    zookeeper_free(a.z);
    assert_string_equal(a.heard, "ua");
    join(&a);
    pass(0);
}

static uint32_t n_answers;

static void ask_five_times(void *arg, const struct zookeeper_answer *answer)
{
    assert_int_equal(answer->result, ZOOKEEPER_AWAY);
    if (++n_answers < 5)
        zookeeper_create(arg, "/y", "", 0, 0,
                         (struct zookeeper_then){ask_five_times, arg});
}

static void what_is_asked_in_the_last_answers_is_not_done_and_answered(
    void **state)
{
    (void)state;
    n_answers = 0;
    zookeeper_exists(a.z, "/", NULL,
                     (struct zookeeper_then){ask_five_times, a.z});
    zookeeper_free(a.z);
    assert_int_equal(n_answers, 5);
    look(&b, "/y");
    assert_heard(b, 0, "n");
    join(&a);
    pass(0);
}

/* They have their whole time anew when it is back. */
static void sessions_outlive_an_ensemble_that_is_away_for_long(void **state)
{
    (void)state;
    create(&a, "/x", ZOOKEEPER_EPHEMERAL);
    assert_heard(a, 0, "o");
    zookeeper_memory_stop(memory);
    assert_heard(a, 10 * SESSION, "A");
    zookeeper_memory_start(memory);
    assert_heard(a, 0, "C");
    look(&b, "/x");
    assert_heard(b, SESSION, "ACo");
    zookeeper_memory_stop(memory);
    zookeeper_memory_kill(a.z);
    pass(10 * SESSION);
    zookeeper_memory_start(memory);
    look(&b, "/x");
    join(&a);
    assert_heard(b, SESSION - 1, "ACa");
    look(&b, "/x");
    assert_heard(b, 0, "o");
    pass(1);
    look(&b, "/x");
    assert_heard(b, 0, "n");
}

/* -- time ------------------------------------------------------------------ */

static uint32_t n_asked;
static bool has_enough;

/* As who waits for a lease might, if he does nothing else. */
static void ask_for_ever(void *arg, const struct zookeeper_answer *answer)
{
    (void)answer;
    n_asked++;
    if (!has_enough)
        zookeeper_exists(arg, "/", NULL,
                         (struct zookeeper_then){ask_for_ever, arg});
}

static void who_asks_again_in_each_answer_does_not_stop_the_time(void **state)
{
    (void)state;
    n_asked = 0;
    has_enough = false;
    zookeeper_exists(a.z, "/", NULL,
                     (struct zookeeper_then){ask_for_ever, a.z});
    pass(0);
    assert_int_equal(n_asked, 1);
    pass(50000); /* ns: one more for each microsecond */
    assert_int_equal(n_asked, 51);
    zookeeper_memory_cut(a.z, ZOOKEEPER_CUT_NOTICED); /* from now on refused */
    pass(50000);
    assert_in_range(n_asked, 100, 103);
    has_enough = true;
}

static void nothing_happens_but_when_time_advances(void **state)
{
    (void)state;
    zookeeper_memory_latency(memory, SECOND);
    create(&a, "/x", 0);
    assert_true(zookeeper_memory_next(memory) == now + SECOND);
    assert_heard(a, SECOND, "");
    assert_true(zookeeper_memory_next(memory) == now + SECOND);
    assert_heard(a, SECOND, "o");
    assert_true(zookeeper_memory_next(memory) == INT64_MAX);
}

static void what_is_sent_later_does_not_come_earlier(void **state)
{
    (void)state;
    zookeeper_memory_latency(memory, SECOND);
    create(&a, "/x", 0);
    zookeeper_memory_latency(memory, 0);
    look(&a, "/x");
    assert_heard(a, SECOND, "oo");
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void who_lives_on_a_loop_is_told_to_look_at_the_time(void **state)
{
    int n = 0;

    (void)state;
    zookeeper_memory_wake(memory, count, &n);
    pass(SECOND);
    assert_int_equal(n, 0);
    create(&a, "/x", 0);
    assert_int_equal(n, 1);
    pass(0);
    assert_int_equal(n, 1);
    zookeeper_memory_cut(a.z, ZOOKEEPER_CUT_SILENT);
    assert_true(n > 1);
}

/* -- at random ------------------------------------------------------------- */

#define RUNS 200
#define STEPS 300
#define HISTORY (STEPS * 16)

static void at_random(struct random *r, struct user *user)
{
    switch (random_below(r, 9)) {
    case 0:
        zookeeper_memory_cut(user->z, random_below(r, 2)
                                          ? ZOOKEEPER_CUT_SILENT
                                          : ZOOKEEPER_CUT_NOTICED);
        break;
    case 1:
    case 2:
        zookeeper_memory_heal(user->z);
        break;
    case 3:
        zookeeper_memory_lose_answers(user->z, 1);
        break;
    case 4:
        if (random_below(r, 5) == 0)
            zookeeper_memory_expire(user->z);
        break;
    case 5:
        zookeeper_memory_latency(memory,
                                 (int64_t)random_below(r, 2) * SECOND / 10);
        break;
    default:
        set(user, "/n");
        break;
    }
    pass((int64_t)random_below(r, 3) * SECOND / 2);
}

/* Sets that were told to be done are done, those that were told not to be are
 * not, and those that are unknown may be either. */
static void run_at_random(uint64_t seed, char history[HISTORY])
{
    uint32_t done = 0, unknown = 0;
    struct random r;
    size_t n = 0;

    random_seed(&r, seed);
    history[0] = '\0';
    for (int i = 0; i < STEPS; i++) {
        a.heard[0] = '\0';
        at_random(&r, &a);
        assert_true(n + sizeof(a.heard) < HISTORY);
        n += (size_t)snprintf(history + n, HISTORY - n, "%s", a.heard);
        for (const char *c = a.heard; *c != '\0'; c++) {
            done += *c == 'o';
            unknown += *c == 'u';
        }
    }
    zookeeper_memory_heal(a.z);
    a.heard[0] = '\0';
    pass(10 * SESSION);
    for (const char *c = a.heard; *c != '\0'; c++) {
        done += *c == 'o';
        unknown += *c == 'u';
    }
    b.heard[0] = '\0';
    look(&b, "/n");
    pass(SESSION);
    if ((uint32_t)b.version < done || (uint32_t)b.version > done + unknown)
        fail_msg("seed %llu: %d sets are done, of %u and %u unknown",
                 (unsigned long long)seed, b.version, done, unknown);
}

static void answers_are_true_and_runs_of_a_seed_are_the_same(void **state)
{
    static char first[HISTORY], second[HISTORY];

    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        for (int i = 0; i < 2; i++) {
            create(&b, "/n", 0);
            pass(0);
            run_at_random(seed, i == 0 ? first : second);
            teardown(state);
            setup(state);
        }
        assert_string_equal(first, second);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_short_cut_costs_what_is_under_way_and_nothing_else),
        TEST(a_silent_cut_is_noticed_after_two_thirds_of_the_session),
        TEST(who_is_healed_before_it_notices_finds_its_connection_broken),
        TEST(who_is_cut_off_while_it_is_away_stays_connected_afterwards),
        TEST(a_cut_as_long_as_a_session_loses_it),
        TEST(the_lease_is_over_before_the_session_is),
        TEST(what_changed_while_it_was_cut_off_is_told_when_it_is_back),
        TEST(a_write_whose_answer_is_lost_is_done_and_unknown),
        TEST(a_session_that_the_ensemble_ends_is_lost),
        TEST(nodes_of_a_killed_process_go_when_its_session_is_over),
        TEST(nodes_of_a_client_that_is_freed_go_at_once),
        TEST(a_write_that_is_under_way_at_the_end_is_unknown),
        TEST(what_is_asked_in_the_last_answers_is_not_done_and_answered),
        TEST(sessions_outlive_an_ensemble_that_is_away_for_long),
        TEST(nothing_happens_but_when_time_advances),
        TEST(who_asks_again_in_each_answer_does_not_stop_the_time),
        TEST(what_is_sent_later_does_not_come_earlier),
        TEST(who_lives_on_a_loop_is_told_to_look_at_the_time),
        TEST(answers_are_true_and_runs_of_a_seed_are_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
