/* test_rpc_questions.c - a client's calls: each ends once, and is told how. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "common/rpc_message.h"
#include "common/rpc_questions.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

enum { FRAME_MAX = 1000 };

/* What a call was told. */
struct told {
    struct rpc_questions *all;
    uint32_t times;
    enum rpc_outcome outcome;
    enum rpc_error code;
    int64_t value;
    char text[100], detail[100];
    struct told *again;  /* asked by its end; NULL: none */
    struct told *forget; /* forgotten by its end */
};

static void ask(struct rpc_questions *q, struct told *told, int64_t until);

static void copy(char to[100], const char *text)
{
    snprintf(to, 100, "%s", text != NULL ? text : "(none)");
}

static void end(void *arg, const struct rpc_result *result)
{
    struct told *told = arg;

    told->times++;
    told->outcome = result->outcome;
    told->code = result->code;
    told->value = unpack_int(result->value, -1);
    copy(told->text, result->text);
    copy(told->detail, result->detail);
    if (told->again != NULL)
        ask(told->all, told->again, INT64_MAX);
    if (told->forget != NULL)
        rpc_questions_forget(told->all, told->forget);
}

static void ask(struct rpc_questions *q, struct told *told, int64_t until)
{
    told->all = q;
    rpc_questions_ask(q, "method", NULL, FRAME_MAX, until, end, told);
}

static void ask_much(struct rpc_questions *q, struct told *told, size_t size)
{
    char *bytes = xcalloc(1, size);
    struct pack params;

    told->all = q;
    pack_init(&params);
    pack_bytes(&params, bytes, size);
    rpc_questions_ask(q, "method", &params, 8 << 20, 1000, end, told);
    pack_free(&params);
    free(bytes);
}

/* Sends the next; its id, 0: there is none. */
static uint32_t send_next(struct rpc_questions *q)
{
    const struct pack_limits limits = {16 << 20, 100};
    struct pack message;
    struct unpacked u;
    struct rpc_message m;
    gale_err error;

    if (!rpc_questions_send(q, &message))
        return 0;
    assert_int_equal(unpack(&u, message.buffer.data, message.buffer.size,
                            limits, "it", &error),
                     0);
    assert_null(rpc_message_read(u.root, &m));
    assert_int_equal(m.kind, RPC_REQUEST);
    unpacked_free(&u);
    pack_free(&message);
    return m.id;
}

static void answer(struct rpc_questions *q, uint32_t id, int64_t value)
{
    const msgpack_object result = {.type = MSGPACK_OBJECT_POSITIVE_INTEGER,
                                   .via.u64 = (uint64_t)value};
    const struct rpc_message m = {
        .kind = RPC_RESPONSE, .id = id, .result = &result};

    rpc_questions_answer(q, &m);
}

static void assert_told(const struct told *told, enum rpc_outcome outcome,
                        const char *text)
{
    assert_int_equal(told->times, 1);
    assert_int_equal(told->outcome, outcome);
    assert_string_equal(told->text, text);
}

static void they_are_sent_in_order_and_answered_in_any(void **state)
{
    struct rpc_questions q;
    struct told told[100] = {{NULL}};
    uint32_t ids[100];

    (void)state;
    rpc_questions_init(&q);
    for (int i = 0; i < 100; i++)
        ask(&q, &told[i], 1000);
    for (int i = 0; i < 100; i++) {
        ids[i] = send_next(&q);
        assert_true(i == 0 || ids[i] == ids[i - 1] + 1);
    }
    assert_int_equal(send_next(&q), 0);
    for (int i = 0; i < 100; i++) {
        int k = i * 37 % 100;

        answer(&q, ids[k], k);
        assert_told(&told[k], RPC_OK, "(none)");
        assert_int_equal(told[k].value, k);
    }
    assert_int_equal(q.n, 0);
    assert_int_equal(rpc_questions_due(&q), INT64_MAX);
    rpc_questions_fini(&q);
}

static void an_error_is_told_with_code_sentence_and_detail(void **state)
{
    struct rpc_questions q;
    struct told told = {NULL};
    struct rpc_message m = {.kind = RPC_RESPONSE,
                            .failed = true,
                            .error = RPC_NOT_LEADER,
                            .text = gale_str_make("another leads", 13),
                            .detail = gale_str_make("10.0.0.1:6627", 13)};

    (void)state;
    rpc_questions_init(&q);
    ask(&q, &told, 1000);
    m.id = send_next(&q);
    rpc_questions_answer(&q, &m);
    assert_told(&told, RPC_REFUSED, "another leads");
    assert_int_equal(told.code, RPC_NOT_LEADER);
    assert_string_equal(told.detail, "10.0.0.1:6627");
    rpc_questions_fini(&q);
}

static void what_nobody_waits_for_is_ignored(void **state)
{
    struct rpc_questions q;
    struct told told = {NULL};
    uint32_t id;

    (void)state;
    rpc_questions_init(&q);
    answer(&q, 1, 1); /* nothing was ever asked */
    ask(&q, &told, 1000);
    answer(&q, 1, 1); /* and this one not sent */
    assert_int_equal(told.times, 0);
    id = send_next(&q);
    answer(&q, id + 1, 1);
    answer(&q, id + 16, 1); /* in the same bucket */
    assert_int_equal(told.times, 0);
    answer(&q, id, 1);
    answer(&q, id, 1);
    assert_told(&told, RPC_OK, "(none)");
    rpc_questions_fini(&q);
}

static void what_is_out_of_time_is_away_or_in_doubt(void **state)
{
    struct rpc_questions q;
    struct told sent = {NULL}, unsent = {NULL}, other = {NULL};

    (void)state;
    rpc_questions_init(&q);
    ask(&q, &sent, 1000);
    send_next(&q);
    ask(&q, &unsent, 2000);
    ask(&q, &other, 3000);
    assert_int_equal(rpc_questions_due(&q), 1000);
    rpc_questions_expire(&q, 999);
    assert_int_equal(sent.times, 0);
    rpc_questions_expire(&q, 1000);
    assert_told(&sent, RPC_TIMED_OUT, "no answer came in time");
    rpc_questions_expire(&q, 2000);
    assert_told(&unsent, RPC_AWAY, "there was no connection in time");
    assert_int_equal(other.times, 0);
    rpc_questions_fini(&q);
    assert_int_equal(other.times, 0);
}

static void with_the_connection_what_was_sent_is_in_doubt(void **state)
{
    struct rpc_questions q;
    struct told sent[2] = {{NULL}}, unsent = {NULL};

    (void)state;
    rpc_questions_init(&q);
    ask(&q, &sent[0], 1000);
    ask(&q, &sent[1], 1000);
    ask(&q, &unsent, 1000);
    send_next(&q);
    send_next(&q);
    rpc_questions_lose(&q, "it crashed");
    assert_told(&sent[0], RPC_UNKNOWN, "it crashed");
    assert_told(&sent[1], RPC_UNKNOWN, "it crashed");
    assert_int_equal(unsent.times, 0);
    assert_int_not_equal(send_next(&q), 0); /* on the next connection */
    rpc_questions_fini(&q);
}

static void what_is_given_up_is_away_or_refused(void **state)
{
    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        struct rpc_questions q;
        struct told sent = {NULL}, unsent = {NULL};

        rpc_questions_init(&q);
        ask(&q, &sent, 1000);
        send_next(&q);
        ask(&q, &unsent, 1000);
        rpc_questions_give_up(&q, refused, "no");
        assert_told(&unsent, refused ? RPC_REFUSED : RPC_AWAY, "no");
        if (refused)
            assert_int_equal(unsent.code, RPC_FORBIDDEN);
        assert_int_equal(sent.times, 0);
        rpc_questions_fini(&q);
    }
}

/* Who asks again whenever it ends holds nobody up. */
static void what_is_asked_by_an_end_is_not_ended_with_it(void **state)
{
    struct rpc_questions q;
    struct told last = {NULL}, second = {.again = &last},
                first = {.again = &second};

    (void)state;
    rpc_questions_init(&q);
    ask(&q, &first, 1000);
    rpc_questions_give_up(&q, false, "no");
    assert_int_equal(first.times, 1);
    assert_int_equal(second.times, 0);
    send_next(&q);
    rpc_questions_lose(&q, "no");
    assert_int_equal(second.times, 1);
    assert_int_equal(last.times, 0);
    rpc_questions_fini(&q);
}

static void who_is_forgotten_is_told_nothing(void **state)
{
    struct rpc_questions q;
    struct told a = {NULL}, b = {NULL}, c = {.forget = &b};
    uint32_t id;

    (void)state;
    rpc_questions_init(&q);
    ask(&q, &a, 1000);
    ask(&q, &c, 1000);
    ask(&q, &b, 2000);
    id = send_next(&q);
    send_next(&q);
    rpc_questions_forget(&q, &a);
    answer(&q, id, 1);
    assert_int_equal(a.times, 0);
    rpc_questions_expire(&q, 5000); /* the end of c forgets b */
    assert_int_equal(c.times, 1);
    assert_int_equal(b.times, 0);
    assert_int_equal(q.n, 0);
    rpc_questions_fini(&q);
}

static void what_is_too_long_ends_at_once_and_is_not_sent(void **state)
{
    struct rpc_questions q;
    struct told told = {NULL}, good = {NULL};

    (void)state;
    rpc_questions_init(&q);
    ask_much(&q, &told, 8 << 20);
    assert_int_equal(told.times, 0); /* not from within */
    ask(&q, &good, 1000);
    assert_int_not_equal(send_next(&q), 0);
    assert_int_equal(send_next(&q), 0);
    rpc_questions_expire(&q, 0);
    assert_told(&told, RPC_REFUSED,
                "the request is longer than a frame may be");
    assert_int_equal(told.code, RPC_BAD_REQUEST);
    assert_int_equal(good.times, 0);
    rpc_questions_fini(&q);
}

static void what_is_too_much_ends_at_once(void **state)
{
    struct rpc_questions q;
    struct told told[9] = {{NULL}};

    (void)state;
    rpc_questions_init(&q);
    for (int i = 0; i < 9; i++)
        ask_much(&q, &told[i], (8 << 20) - 100); /* 64 MiB are eight */
    rpc_questions_expire(&q, 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(told[i].times, 0);
    assert_told(&told[8], RPC_REFUSED, "too many calls are under way already");
    assert_int_equal(told[8].code, RPC_BUSY);
    rpc_questions_fini(&q);
}

/* -- whatever happens, in whatever order ----------------------------------- */

enum { N = 300 };

static void each_ends_exactly_once_whatever_happens(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct told told[N] = {{NULL}};
        uint32_t asked = 0, answered = 0, ended = 0, first_sent = 1, next = 1;
        struct rpc_questions q;
        struct random r;
        int64_t now = 0;

        random_seed(&r, seed);
        rpc_questions_init(&q);
        while (asked < N || q.n > 0) {
            switch (random_below(&r, 12)) {
            case 0:
                rpc_questions_lose(&q, "lost");
                first_sent = next;
                break;
            case 1:
                rpc_questions_give_up(&q, false, "given up");
                break;
            case 2:
                now += (int64_t)random_below(&r, 100);
                rpc_questions_expire(&q, now);
                break;
            case 3:
            case 4:
            case 5:
                if (first_sent < next) {
                    answer(&q,
                           first_sent +
                               (uint32_t)random_below(&r, next - first_sent),
                           1);
                    answered++;
                }
                break;
            case 6:
            case 7:
            case 8: {
                uint32_t id = send_next(&q);

                if (id != 0)
                    next = id + 1;
                break;
            }
            default:
                if (asked < N)
                    ask(&q, &told[asked++],
                        now + (int64_t)random_below(&r, 1000));
            }
        }
        for (uint32_t i = 0; i < N; i++)
            ended += told[i].times == 1;
        if (ended != N || answered == 0 || q.unsent_bytes != 0)
            fail_msg("seed %llu: %u of %u ended once", (unsigned long long)seed,
                     ended, N);
        rpc_questions_fini(&q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_sent_in_order_and_answered_in_any),
        cmocka_unit_test(an_error_is_told_with_code_sentence_and_detail),
        cmocka_unit_test(what_nobody_waits_for_is_ignored),
        cmocka_unit_test(what_is_out_of_time_is_away_or_in_doubt),
        cmocka_unit_test(with_the_connection_what_was_sent_is_in_doubt),
        cmocka_unit_test(what_is_given_up_is_away_or_refused),
        cmocka_unit_test(what_is_asked_by_an_end_is_not_ended_with_it),
        cmocka_unit_test(who_is_forgotten_is_told_nothing),
        cmocka_unit_test(what_is_too_long_ends_at_once_and_is_not_sent),
        cmocka_unit_test(what_is_too_much_ends_at_once),
        cmocka_unit_test(each_ends_exactly_once_whatever_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
