/*
 * test_link_state.c - when a link connects, speaks and is given up, as a table
 * of events; and what holds whatever comes in which order.
 */
#include "common/random.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/topology_run.h"
#include "worker/link_state.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)

enum { SILENT_S = 10, EVENTS_MAX = 12 };

struct event {
    int64_t at;
    enum link_event event;
    uint32_t actions; /* expected */
    enum link_phase phase;
    int64_t due; /* -1: never */
};

struct course {
    const char *what;
    bool opens;
    struct event events[EVENTS_MAX];
};

#define NEVER (-1)
#define CALL                                                                   \
    {                                                                          \
        0, LINK_BEGIN, LINK_CONNECT, LINK_CONNECTING, 5 * S                    \
    }

static const struct course courses[] = {
    {"it calls when the tasks are open, greets, and is used when welcomed",
     true,
     {{0, LINK_TICK, 0, LINK_WAITING, NEVER},
      {1 * S, LINK_BEGIN, LINK_CONNECT, LINK_CONNECTING, 6 * S},
      {2 * S, LINK_THERE, LINK_GREET, LINK_GREETING, 6 * S},
      {3 * S, LINK_WELCOMED, LINK_USE, LINK_UP, 5500 * MS}}},
    {"the side that is called waits for a connection, and uses it at once",
     false,
     {{0, LINK_BEGIN, 0, LINK_WAITING, NEVER},
      {9 * S, LINK_TICK, 0, LINK_WAITING, NEVER},
      {9 * S, LINK_TAKEN, LINK_USE, LINK_UP, 11500 * MS}}},
    {"a new connection takes the place of the one before",
     false,
     {{0, LINK_BEGIN, 0, LINK_WAITING, NEVER},
      {0, LINK_TAKEN, LINK_USE, LINK_UP, 2500 * MS},
      {1 * S, LINK_TAKEN, LINK_DROP | LINK_USE, LINK_UP, 3500 * MS}}},
    {"pauses between attempts become longer, up to a second",
     true,
     {CALL,
      {0, LINK_FAILED, LINK_DROP, LINK_WAITING, 50 * MS},
      {50 * MS, LINK_TICK, LINK_CONNECT, LINK_CONNECTING, 5050 * MS},
      {50 * MS, LINK_FAILED, LINK_DROP, LINK_WAITING, 150 * MS},
      {149 * MS, LINK_TICK, 0, LINK_WAITING, 150 * MS},
      {150 * MS, LINK_TICK, LINK_CONNECT, LINK_CONNECTING, 5150 * MS},
      {200 * MS, LINK_FAILED, LINK_DROP, LINK_WAITING, 400 * MS},
      {400 * MS, LINK_TICK, LINK_CONNECT, LINK_CONNECTING, 5400 * MS},
      {400 * MS, LINK_FAILED, LINK_DROP, LINK_WAITING, 800 * MS},
      {800 * MS, LINK_TICK, LINK_CONNECT, LINK_CONNECTING, 5800 * MS},
      {800 * MS, LINK_FAILED, LINK_DROP, LINK_WAITING, 1600 * MS}}},
    {"who was welcomed begins anew with short pauses",
     true,
     {CALL,
      {0, LINK_FAILED, LINK_DROP, LINK_WAITING, 50 * MS},
      {1 * S, LINK_TICK, LINK_CONNECT, LINK_CONNECTING, 6 * S},
      {1 * S, LINK_THERE, LINK_GREET, LINK_GREETING, 6 * S},
      {1 * S, LINK_WELCOMED, LINK_USE, LINK_UP, 3500 * MS},
      {2 * S, LINK_FAILED, LINK_DROP, LINK_WAITING, 2050 * MS}}},
    {"a greeting that takes too long is given up",
     true,
     {CALL,
      {1 * S, LINK_THERE, LINK_GREET, LINK_GREETING, 5 * S},
      {4 * S, LINK_TICK, 0, LINK_GREETING, 5 * S},
      {5 * S, LINK_TICK, LINK_DROP, LINK_WAITING, 5050 * MS}}},
    {"so is a connection that does not come to be",
     true,
     {CALL, {5 * S, LINK_TICK, LINK_DROP, LINK_WAITING, 5050 * MS}}},
    {"who has nothing to say says that it is there",
     false,
     {{0, LINK_TAKEN, LINK_USE, LINK_UP, 2500 * MS},
      {2400 * MS, LINK_TICK, 0, LINK_UP, 2500 * MS},
      {2500 * MS, LINK_TICK, LINK_PING, LINK_UP, 5 * S},
      {2500 * MS, LINK_SAID, 0, LINK_UP, 5 * S},
      {4 * S, LINK_SAID, 0, LINK_UP, 6500 * MS}}},
    {"while nothing can go, it is said no more often",
     false,
     {{0, LINK_TAKEN, LINK_USE, LINK_UP, 2500 * MS},
      {2500 * MS, LINK_TICK, LINK_PING, LINK_UP, 5 * S},
      {2501 * MS, LINK_TICK, 0, LINK_UP, 5 * S},
      {5 * S, LINK_TICK, LINK_PING, LINK_UP, 7500 * MS},
      {8 * S, LINK_TICK, LINK_PING, LINK_UP, 10 * S},
      {10 * S, LINK_TICK, LINK_DROP, LINK_WAITING, NEVER}}},
    {"silence is the end, however much was said",
     false,
     {{0, LINK_TAKEN, LINK_USE, LINK_UP, 2500 * MS},
      {3 * S, LINK_HEARD, 0, LINK_UP, 2500 * MS},
      {12 * S, LINK_SAID, 0, LINK_UP, 13 * S},
      {13 * S - 1, LINK_TICK, 0, LINK_UP, 13 * S},
      {13 * S, LINK_TICK, LINK_DROP, LINK_WAITING, NEVER}}},
    {"another place is called at once, whatever there was",
     true,
     {CALL,
      {0, LINK_FAILED, LINK_DROP, LINK_WAITING, 50 * MS},
      {10 * MS, LINK_MOVED, LINK_CONNECT, LINK_CONNECTING, 5010 * MS},
      {20 * MS, LINK_MOVED, LINK_DROP | LINK_CONNECT, LINK_CONNECTING,
       5020 * MS},
      {20 * MS, LINK_THERE, LINK_GREET, LINK_GREETING, 5020 * MS},
      {20 * MS, LINK_WELCOMED, LINK_USE, LINK_UP, 2520 * MS},
      {30 * MS, LINK_MOVED, LINK_DROP | LINK_CONNECT, LINK_CONNECTING,
       5030 * MS}}},
    {"what comes late means nothing",
     true,
     {CALL,
      {0, LINK_WELCOMED, 0, LINK_CONNECTING, 5 * S},
      {0, LINK_FAILED, LINK_DROP, LINK_WAITING, 50 * MS},
      {0, LINK_THERE, 0, LINK_WAITING, 50 * MS},
      {0, LINK_WELCOMED, 0, LINK_WAITING, 50 * MS},
      {0, LINK_FAILED, 0, LINK_WAITING, 50 * MS}}},
};

static void follow(const struct course *c)
{
    struct link_state s;

    link_state_init(&s, c->opens, SILENT_S * S);
    for (uint32_t i = 0; i < EVENTS_MAX; i++) {
        const struct event *e = &c->events[i];
        uint32_t actions;

        if (e->due == 0)
            return;
        actions = link_step(&s, e->event, e->at);
        if (actions != e->actions || s.phase != e->phase ||
            link_due(&s) != (e->due == NEVER ? INT64_MAX : e->due))
            fail_msg("%s: event %u: actions %x, phase %d, due %lld ms", c->what,
                     i, actions, s.phase, (long long)(link_due(&s) / MS));
    }
}

static void a_link_goes_through_its_phases(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(courses) / sizeof(courses[0]); i++)
        follow(&courses[i]);
}

/* -- whatever comes -------------------------------------------------------- */

/* What a shell has: is there a connection, and are frames sent on it? */
struct shell {
    bool connected, used;
};

static void perform(struct shell *shell, uint32_t actions, enum link_event e)
{
    if (e == LINK_TAKEN && !(actions & LINK_DROP))
        shell->connected = true; /* it has come with the event */
    if (actions & LINK_DROP)
        shell->connected = e == LINK_TAKEN, shell->used = false;
    if (actions & LINK_CONNECT) {
        assert_false(shell->connected);
        shell->connected = true;
    }
    if (actions & (LINK_GREET | LINK_PING))
        assert_true(shell->connected);
    if (actions & LINK_USE) {
        assert_true(shell->connected && !shell->used);
        shell->used = true;
    }
    if (actions & LINK_PING)
        assert_true(shell->used);
}

static void look(const struct link_state *s, const struct shell *shell,
                 int64_t now)
{
    assert_int_equal(shell->connected, s->phase != LINK_WAITING);
    assert_int_equal(shell->used, s->phase == LINK_UP);
    assert_true(s->pause_ns >= LINK_PAUSE_MIN_NS &&
                s->pause_ns <= LINK_PAUSE_MAX_NS);
    if (s->opens && s->begun) /* it never waits for nothing */
        assert_true(link_due(s) != INT64_MAX);
    if (s->phase == LINK_WAITING && s->opens)
        assert_true(s->try_at <= now + LINK_PAUSE_MAX_NS);
}

static void whatever_comes_a_shell_has_what_the_phase_says(void **state)
{
    static const enum link_event events[] = {
        LINK_TICK,  LINK_TICK, LINK_BEGIN,  LINK_THERE, LINK_WELCOMED,
        LINK_HEARD, LINK_SAID, LINK_FAILED, LINK_MOVED, LINK_TAKEN};
    uint64_t seed = topology_run_seed("test_link_state");
    struct random random;

    (void)state;
    random_seed(&random, seed);
    for (uint32_t run = 0; run < 2000; run++) {
        struct shell shell = {false, false};
        struct link_state s;
        int64_t now = 0;

        link_state_init(&s, run % 2 == 0, SILENT_S * S);
        for (uint32_t i = 0; i < 100; i++) {
            /* The side that opens takes none. */
            uint32_t n = s.opens ? 9 : 10;
            enum link_event e = events[random_next(&random) % n];

            now += (int64_t)(random_next(&random) % (uint64_t)(2 * S));
            perform(&shell, link_step(&s, e, now), e);
            look(&s, &shell, now);
            if (e == LINK_TICK) /* or its timer would fire again and again */
                assert_true(link_due(&s) > now);
        }
    }
}

/* However it was before, once both answer it is up again. */
static void it_comes_up_again_when_the_other_side_answers(void **state)
{
    struct random random;

    (void)state;
    random_seed(&random, topology_run_seed("test_link_state"));
    for (uint32_t run = 0; run < 1000; run++) {
        struct link_state s;
        int64_t now = 0;

        link_state_init(&s, true, SILENT_S * S);
        link_step(&s, LINK_BEGIN, now);
        for (uint32_t i = random_next(&random) % 30; i > 0; i--) {
            now += (int64_t)(random_next(&random) % (uint64_t)S);
            link_step(&s, (enum link_event)(random_next(&random) % 4), now);
        }
        for (uint32_t i = 0; i < 5 && s.phase != LINK_UP; i++) {
            now = link_due(&s) > now ? link_due(&s) : now;
            link_step(&s, LINK_TICK, now);
            link_step(&s, LINK_THERE, now);
            link_step(&s, LINK_WELCOMED, now);
        }
        assert_int_equal(s.phase, LINK_UP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_goes_through_its_phases),
        cmocka_unit_test(whatever_comes_a_shell_has_what_the_phase_says),
        cmocka_unit_test(it_comes_up_again_when_the_other_side_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
