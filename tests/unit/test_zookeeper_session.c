/* test_zookeeper_session.c - what a client of ZooKeeper does when. */
#include "common/random.h"
#include "common/zookeeper_session.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define TIMEOUT (6 * SECOND)

/* Letters, as below; in upper case what the user is told. */
static const struct {
    char letter;
    enum zookeeper_event event;
} events[] = {
    {'t', ZOOKEEPER_TIME},       {'o', ZOOKEEPER_OPENED},
    {'n', ZOOKEEPER_NOT_OPENED}, {'l', ZOOKEEPER_LINKED},
    {'u', ZOOKEEPER_UNLINKED},   {'x', ZOOKEEPER_OVER},
    {'r', ZOOKEEPER_ROOT_THERE}, {'m', ZOOKEEPER_ROOT_MISSING},
    {'c', ZOOKEEPER_CLOSED},
};
enum { N_EVENTS = sizeof(events) / sizeof(events[0]) };

static const struct {
    char letter;
    uint32_t action;
} actions[] = {
    {'d', ZOOKEEPER_DROP_CALLS},    {'A', ZOOKEEPER_SAY_AWAY},
    {'L', ZOOKEEPER_SAY_LOST},      {'c', ZOOKEEPER_DO_CLOSE},
    {'o', ZOOKEEPER_DO_OPEN},       {'r', ZOOKEEPER_LOOK_FOR_ROOT},
    {'C', ZOOKEEPER_SAY_CONNECTED}, {'p', ZOOKEEPER_PING},
    {'n', ZOOKEEPER_LOOK_UP},
};

/* Behind what is there: the actions, and a dot. */
static void write_actions(char *text, size_t size, uint32_t done)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (done & actions[i].action)
            n += (size_t)snprintf(text + n, size - n, "%c", actions[i].letter);
    snprintf(text + n, size - n, ".");
}

static uint32_t step(struct zookeeper_session *s, char letter, int64_t *now)
{
    int64_t next = zookeeper_session_next(s);

    for (int i = 0; i < N_EVENTS; i++) {
        if (events[i].letter != letter)
            continue;
        if (letter == 't' && next != INT64_MAX && next > *now)
            *now = next;
        if (letter == 'l')
            s->timeout = TIMEOUT;
        return zookeeper_session_step(s, events[i].event, *now);
    }
    fail_msg("no event %c", letter);
    return 0;
}

static void each_event_has_its_actions(void **state)
{
    static const struct {
        const char *events, *actions, *what;
    } cases[] = {
        {"tolr", "o..rp.Cp.", "a start: open, look for the root, and say it"},
        {"tolrt", "o..rp.Cp.p.", "a ping when nothing was sent for a while"},
        {"tolrul", "o..rp.Cp.A.Cp.", "a short absence: the root is known"},
        {"tolrxcolr", "o..rp.Cp.dLc.o..rp.Cp.", "a session that is lost"},
        {"tolruxcol", "o..rp.Cp.A.dLc.o..rp.", "… is told when it is back"},
        {"tolulr", "o..rp..rp.Cp.", "an absence before the root is there"},
        {"tolmtr", "o..rp..r.Cp.", "a root that cannot be had yet"},
        {"tnto", "o..o..", "hosts that are not found yet"},
        {"toxct", "o..dc..o.", "refused at once: not again at once"},
        {"tolxct", "o..rp.dc..o.", "the same, connected"},
        {"tottl", "o..n.n.rp.", "names are looked up until it is connected"},
        {"tolrutl", "o..rp.Cp.A.n.Cp.", "… again, when it was cut off"},
        {"tolrr", "o..rp.Cp..", "an answer too many changes nothing"},
        {"tolrxx", "o..rp.Cp.dLc..", "it is over once"},
        {"tolrxul", "o..rp.Cp.dLc...", "who is closing says nothing more"},
        {"toulur", "o...rp...", "an answer of a connection that is gone"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct zookeeper_session s = {0};
        char text[64] = "";
        int64_t now = SECOND;

        for (const char *e = cases[i].events; *e != '\0'; e++)
            write_actions(text, sizeof(text), step(&s, *e, &now));
        if (strcmp(text, cases[i].actions) != 0)
            fail_msg("%s (%s): %s, expected %s", cases[i].events, cases[i].what,
                     text, cases[i].actions);
    }
}

static void tries_are_1_2_4_to_30_s_apart(void **state)
{
    static const int64_t waits[] = {1, 2, 4, 8, 16, 30, 30};
    struct zookeeper_session s = {0};
    int64_t now = SECOND;

    (void)state;
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        step(&s, 't', &now);
        step(&s, 'n', &now);
        assert_true(zookeeper_session_next(&s) == now + waits[i] * SECOND);
        assert_int_equal(zookeeper_session_step(&s, ZOOKEEPER_TIME,
                                                zookeeper_session_next(&s) - 1),
                         0);
    }
    for (const char *e = "tolrxct"; *e != '\0'; e++)
        step(&s, *e, &now);
    step(&s, 'n', &now);
    assert_true(zookeeper_session_next(&s) == now + SECOND); /* from anew */
}

static void the_lease_counts_from_when_an_answered_request_was_sent(
    void **state)
{
    struct zookeeper_session s = {0};
    int64_t now = SECOND;

    (void)state;
    for (const char *e = "tolr"; *e != '\0'; e++)
        step(&s, *e, &now);
    assert_true(s.lease == 0);
    zookeeper_session_answered(&s, 10 * SECOND);
    assert_true(s.lease == 14 * SECOND);
    zookeeper_session_answered(&s, 9 * SECOND); /* another, of before */
    assert_true(s.lease == 14 * SECOND);
    step(&s, 'u', &now);
    assert_true(s.lease == 14 * SECOND);
    step(&s, 'x', &now);
    assert_true(s.lease == 0);
    zookeeper_session_answered(&s, 11 * SECOND);
    assert_true(s.lease == 0);
}

static void a_ping_is_due_when_nothing_else_was_sent(void **state)
{
    struct zookeeper_session s = {0};
    int64_t now = SECOND;

    (void)state;
    for (const char *e = "tolr"; *e != '\0'; e++)
        step(&s, *e, &now);
    zookeeper_session_sent(&s, 10 * SECOND);
    assert_true(zookeeper_session_next(&s) == 11 * SECOND);
    zookeeper_session_sent(&s, 10 * SECOND + 1);
    assert_int_equal(zookeeper_session_step(&s, ZOOKEEPER_TIME, 11 * SECOND),
                     0);
    assert_int_equal(
        zookeeper_session_step(&s, ZOOKEEPER_TIME, 11 * SECOND + 1),
        ZOOKEEPER_PING);
}

/* -- at random ------------------------------------------------------------- */

/* What the library and the threads can do: open and close as they are asked
 * to, everything else at any time. */
static bool possible(enum zookeeper_event event, bool opening, bool closing,
                     bool handle)
{
    switch (event) {
    case ZOOKEEPER_OPENED:
    case ZOOKEEPER_NOT_OPENED:
        return opening;
    case ZOOKEEPER_CLOSED:
        return closing;
    case ZOOKEEPER_LINKED:
    case ZOOKEEPER_UNLINKED:
    case ZOOKEEPER_OVER:
        return handle;
    default:
        return true;
    }
}

static void run_at_random(uint64_t seed)
{
    struct zookeeper_session s = {0};
    bool opening = false, closing = false, handle = false;
    bool connected = false, session = false;
    struct random r;
    int64_t now = 1;

    random_seed(&r, seed);
    for (int i = 0; i < 2000; i++) {
        enum zookeeper_event event = events[random_below(&r, N_EVENTS)].event;
        uint32_t done;
        bool ok = true;

        now += (int64_t)random_below(&r, 2 * SECOND);
        if (!possible(event, opening, closing, handle))
            continue;
        s.timeout = TIMEOUT;
        if (event == ZOOKEEPER_OPENED || event == ZOOKEEPER_NOT_OPENED)
            opening = false;
        if (event == ZOOKEEPER_OPENED)
            handle = true;
        if (event == ZOOKEEPER_CLOSED)
            closing = false;
        done = zookeeper_session_step(&s, event, now);
        if (done & ZOOKEEPER_SAY_AWAY) {
            ok = ok && connected;
            connected = false;
        }
        if (done & ZOOKEEPER_SAY_LOST) {
            ok = ok && session;
            connected = session = false;
        }
        if (done & ZOOKEEPER_DO_CLOSE) {
            ok = ok && handle && !closing && (done & ZOOKEEPER_DROP_CALLS);
            handle = connected = false;
            closing = true;
        }
        if (done & ZOOKEEPER_DO_OPEN) {
            ok = ok && !handle && !opening && !closing;
            opening = true;
        }
        if (done & (ZOOKEEPER_LOOK_FOR_ROOT | ZOOKEEPER_PING))
            ok = ok && handle;
        if (done & ZOOKEEPER_SAY_CONNECTED) {
            ok = ok && handle && !connected;
            connected = session = true;
        }
        ok = ok && session == s.known &&
             connected == (s.phase == ZOOKEEPER_READY);
        if (!ok)
            fail_msg("seed %llu: event %d after %d steps: actions 0x%x",
                     (unsigned long long)seed, event, i, done);
    }
}

static void one_handle_at_a_time_and_no_state_is_told_twice(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++)
        run_at_random(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_has_its_actions),
        cmocka_unit_test(tries_are_1_2_4_to_30_s_apart),
        cmocka_unit_test(
            the_lease_counts_from_when_an_answered_request_was_sent),
        cmocka_unit_test(a_ping_is_due_when_nothing_else_was_sent),
        cmocka_unit_test(one_handle_at_a_time_and_no_state_is_told_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
