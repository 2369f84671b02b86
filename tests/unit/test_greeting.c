/*
 * test_greeting.c - two workers that mean each other come together; everybody
 * else is told nothing.
 */
#include "common/random.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/topology_run.h"
#include "worker/greeting.h"
#include <string.h>

/* What one side is, and what it was told of the other. */
struct side {
    struct digest key;
    struct greeting_name me;
    uint64_t other_birth;
    uint8_t nonce[GREETING_NONCE];
};

struct talk {
    struct side caller, called;
    struct greeting opens, awaits;
    enum greeting_result opened, awaited;
    gale_err error;
    uint8_t said[4][GREETING_MAX]; /* HELLO, ANSWER, PROOF, WELCOME */
    uint32_t size[4];
};

static void begin(struct talk *t)
{
    memset(t, 0, sizeof(*t));
    memset(&t->caller.key, 1, sizeof(t->caller.key));
    t->called.key = t->caller.key;
    t->caller.me = (struct greeting_name){2, 11, 111};
    t->called.me = (struct greeting_name){5, 12, 222};
    t->caller.other_birth = 12;
    t->called.other_birth = 11;
    memset(t->caller.nonce, 3, GREETING_NONCE);
    memset(t->called.nonce, 4, GREETING_NONCE);
    t->opened = t->awaited = GREETING_GOES_ON;
}

static void keep(struct talk *t, uint32_t i, const struct greeting_out *out)
{
    t->size[i] = out->size;
    memcpy(t->said[i], out->bytes, out->size);
}

/* Which byte of which message is changed on the way; UINT32_MAX: none. */
static void speak_with(struct talk *t, uint32_t message, uint32_t byte)
{
    struct greeting_name to = {t->called.me.number, t->caller.other_birth, 0};
    struct greeting_out out;

    greeting_open(&t->opens, &t->caller.key, &t->caller.me, &to,
                  t->caller.nonce, &out);
    greeting_await(&t->awaits, &t->called.key, &t->called.me, t->called.nonce);
    greeting_expect(&t->awaits, t->called.other_birth);
    for (uint32_t i = 0; i < 4; i++) {
        bool to_called = i % 2 == 0;
        struct greeting *g = to_called ? &t->awaits : &t->opens;
        enum greeting_result *r = to_called ? &t->awaited : &t->opened;

        keep(t, i, &out);
        if (out.size == 0)
            return;
        if (i == message)
            out.bytes[byte % out.size] ^= 1;
        assert_int_equal(out.size, greeting_wants(g));
        *r = greeting_take(g, out.bytes, &out, &t->error);
        if (*r == GREETING_WRONG)
            return;
    }
}

static void speak(struct talk *t)
{
    speak_with(t, UINT32_MAX, 0);
}

static void they_come_together_and_know_each_other(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    speak(&t);
    assert_int_equal(t.opened, GREETING_IS_DONE);
    assert_int_equal(t.awaited, GREETING_IS_DONE);
    assert_int_equal(t.opens.peer.incarnation, 222);
    assert_int_equal(t.awaits.peer.incarnation, 111);
    assert_int_equal(t.awaits.peer.number, 2);
    assert_int_equal(t.awaits.peer.birth, 11);
}

/* -- births ---------------------------------------------------------------- */

struct births {
    const char *what;
    uint64_t caller, called;       /* as they are */
    uint64_t of_caller, of_called; /* as the other one was told */
    enum greeting_result opened, awaited;
};

static const struct births births[] = {
    {"both are as was told", 3, 4, 3, 4, GREETING_IS_DONE, GREETING_IS_DONE},
    {"who calls was replaced, and hears of it", 3, 4, 5, 4, GREETING_REPLACED,
     GREETING_REFUSED},
    {"who calls is newer than was told: it tries again", 6, 4, 5, 4,
     GREETING_REFUSED, GREETING_REFUSED},
    {"who is called was replaced, and hears of it", 3, 4, 3, 9,
     GREETING_REFUSED, GREETING_REPLACED},
    {"who is called is newer than was told", 3, 4, 3, 2, GREETING_REFUSED,
     GREETING_REFUSED},
    {"both were replaced: the one that is called hears of it first", 3, 4, 5, 9,
     GREETING_REFUSED, GREETING_REPLACED},
};

static void births_decide(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(births) / sizeof(births[0]); i++) {
        const struct births *b = &births[i];
        struct talk t;

        begin(&t);
        t.caller.me.birth = b->caller;
        t.called.me.birth = b->called;
        t.called.other_birth = b->of_caller;
        t.caller.other_birth = b->of_called;
        speak(&t);
        if (t.opened != b->opened || t.awaited != b->awaited)
            fail_msg("%s: %d and %d", b->what, t.opened, t.awaited);
    }
}

/* -- who is not meant ------------------------------------------------------ */

static bool is_done(const struct talk *t)
{
    return t->opened == GREETING_IS_DONE && t->awaited == GREETING_IS_DONE;
}

static void without_the_key_nobody_is_believed(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    t.caller.key.bytes[31] ^= 1;
    speak(&t);
    assert_int_equal(t.opened, GREETING_WRONG);
    assert_int_not_equal(t.awaited, GREETING_IS_DONE);
    assert_says(t.error.text, "does not have the key");
}

static void a_bit_that_changes_on_the_way_ends_it(void **state)
{
    (void)state;
    for (uint32_t message = 0; message < 4; message++)
        for (uint32_t byte = 0; byte < GREETING_MAX; byte++) {
            struct talk t;

            begin(&t);
            speak_with(&t, message, byte);
            if (is_done(&t) || (message < 3 && t.awaited == GREETING_IS_DONE) ||
                t.opened == GREETING_REPLACED || t.awaited == GREETING_REPLACED)
                fail_msg("message %u, byte %u", message, byte);
        }
}

static void who_calls_for_somebody_else_is_wrong(void **state)
{
    struct talk t, other;
    uint32_t number;

    (void)state;
    begin(&t);
    speak(&t);
    begin(&other);
    other.called.me.number = 6;
    greeting_await(&other.awaits, &other.called.key, &other.called.me,
                   other.called.nonce);
    assert_false(greeting_caller(&other.awaits, t.said[0], &number));
    greeting_await(&other.awaits, &other.called.key, &t.called.me,
                   other.called.nonce);
    assert_true(greeting_caller(&other.awaits, t.said[0], &number));
    assert_int_equal(number, 2);
}

/* What was overheard, said again to somebody with another nonce. */
static void an_earlier_greeting_is_of_no_use(void **state)
{
    struct talk t, again;
    struct greeting_out out;

    (void)state;
    begin(&t);
    speak(&t);
    begin(&again);
    memset(again.called.nonce, 9, GREETING_NONCE);
    greeting_await(&again.awaits, &again.called.key, &again.called.me,
                   again.called.nonce);
    greeting_expect(&again.awaits, 11);
    assert_int_equal(
        greeting_take(&again.awaits, t.said[0], &out, &again.error),
        GREETING_GOES_ON);
    assert_int_equal(
        greeting_take(&again.awaits, t.said[2], &out, &again.error),
        GREETING_WRONG);
    assert_int_equal(out.size, 0);
}

/* Nor does one's own proof serve as the other's. */
static void what_one_said_oneself_is_no_proof(void **state)
{
    struct talk t;
    struct greeting_out out;

    (void)state;
    begin(&t);
    speak(&t);
    greeting_await(&t.awaits, &t.called.key, &t.called.me, t.called.nonce);
    greeting_expect(&t.awaits, 11);
    greeting_take(&t.awaits, t.said[0], &out, &t.error);
    assert_int_equal(greeting_take(&t.awaits, t.said[3], &out, &t.error),
                     GREETING_WRONG);
}

static void random_bytes_never_lead_to_a_welcome(void **state)
{
    struct random random;

    (void)state;
    random_seed(&random, topology_run_seed("test_greeting"));
    for (uint32_t run = 0; run < 20000; run++) {
        enum greeting_result r = GREETING_GOES_ON;
        struct greeting_out out;
        struct talk t;

        begin(&t);
        greeting_await(&t.awaits, &t.called.key, &t.called.me, t.called.nonce);
        greeting_expect(&t.awaits, 11);
        for (uint32_t i = 0; i < 3 && r == GREETING_GOES_ON; i++) {
            uint8_t bytes[GREETING_MAX];

            for (uint32_t k = 0; k < GREETING_MAX; k++)
                bytes[k] = (uint8_t)random_next(&random);
            r = greeting_take(&t.awaits, bytes, &out, &t.error);
        }
        assert_int_equal(r, GREETING_WRONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_together_and_know_each_other),
        cmocka_unit_test(births_decide),
        cmocka_unit_test(without_the_key_nobody_is_believed),
        cmocka_unit_test(a_bit_that_changes_on_the_way_ends_it),
        cmocka_unit_test(who_calls_for_somebody_else_is_wrong),
        cmocka_unit_test(an_earlier_greeting_is_of_no_use),
        cmocka_unit_test(what_one_said_oneself_is_no_proof),
        cmocka_unit_test(random_bytes_never_lead_to_a_welcome),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
