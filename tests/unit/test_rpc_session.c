/*
 * test_rpc_session.c - two ends of a connection that is none: bytes are carried
 * by hand, and time is a number.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "common/rpc_session.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

static const int64_t second = 1000000000;

/* -- two ends -------------------------------------------------------------- */

struct pair {
    struct token token;
    struct rpc_gate gate;
    struct rpc_session *client, *server;
    int64_t now;
};

static struct rpc_identity admin(const struct pair *p)
{
    return (struct rpc_identity){.role = TOKEN_ADMIN,
                                 .key = token_role_key(&p->token, TOKEN_ADMIN)};
}

static void pair_init(struct pair *p, const struct rpc_limits *limits)
{
    const struct rpc_nonce a = {{1}}, b = {{2}};
    struct rpc_identity me;

    memset(p->token.secret.bytes, 7, DIGEST_BYTES);
    p->gate = (struct rpc_gate){"nimbus", &p->token};
    p->now = second;
    me = admin(p);
    p->client = rpc_session_client(&me, &a, limits, p->now);
    p->server = rpc_session_server(&p->gate, &b, limits, p->now);
}

static void pair_fini(struct pair *p)
{
    rpc_session_free(p->client);
    rpc_session_free(p->server);
}

/* Up to `most` bytes of what one has to say to the other; how many. */
static size_t carry(struct pair *p, struct rpc_session *from,
                    struct rpc_session *to, size_t most)
{
    size_t size;
    const void *data = rpc_session_output(from, &size);

    if (size > most)
        size = most;
    if (size > 0)
        rpc_session_receive(to, data, size, p->now);
    rpc_session_sent(from, size, p->now);
    return size;
}

static void assert_nothing(struct pair *p, struct rpc_session *s)
{
    struct rpc_session_event event;

    if (!rpc_session_next(s, p->now, &event))
        return;
    fail_msg("event %d: %s", event.kind, event.why != NULL ? event.why : "");
}

static struct rpc_session_event next(struct pair *p, struct rpc_session *s)
{
    struct rpc_session_event event;

    if (!rpc_session_next(s, p->now, &event))
        fail_msg("there is no event");
    return event;
}

static void assert_over(struct pair *p, struct rpc_session *s, const char *why)
{
    struct rpc_session_event event = next(p, s);

    assert_int_equal(event.kind, RPC_SESSION_OVER);
    if (strstr(event.why, why) == NULL)
        fail_msg("\"%s\" is not in: %s", why, event.why);
    assert_nothing(p, s);
    assert_int_equal(rpc_session_due(s), INT64_MAX);
}

static void make_ready(struct pair *p)
{
    carry(p, p->client, p->server, SIZE_MAX);
    assert_nothing(p, p->server);
    carry(p, p->server, p->client, SIZE_MAX);
    assert_nothing(p, p->client);
    carry(p, p->client, p->server, SIZE_MAX);
    assert_int_equal(next(p, p->server).kind, RPC_SESSION_READY);
    carry(p, p->server, p->client, SIZE_MAX);
    assert_int_equal(next(p, p->client).kind, RPC_SESSION_READY);
    assert_nothing(p, p->server);
    assert_nothing(p, p->client);
}

static void ready_pair(struct pair *p)
{
    static const struct rpc_limits defaults;

    pair_init(p, &defaults);
    make_ready(p);
}

/* A notification whose param is so many bytes. */
static bool send_bytes(struct pair *p, struct rpc_session *from, size_t size)
{
    char *bytes = xcalloc(1, size);
    struct pack params, message;
    bool taken;

    pack_init(&params);
    pack_init(&message);
    pack_bytes(&params, bytes, size);
    rpc_message_notification(&message, "take", &params);
    taken = rpc_session_send(from, &message, p->now);
    pack_free(&message);
    pack_free(&params);
    free(bytes);
    return taken;
}

static void tick(struct pair *p, int64_t ns)
{
    p->now += ns;
    rpc_session_tick(p->client, p->now);
    rpc_session_tick(p->server, p->now);
}

/* -- how it begins --------------------------------------------------------- */

static void both_ends_are_ready_after_the_handshake(void **state)
{
    struct pair p;

    (void)state;
    ready_pair(&p);
    assert_int_equal(rpc_session_peer(p.server)->role, TOKEN_ADMIN);
    pair_fini(&p);
}

static void one_byte_at_a_time_says_the_same(void **state)
{
    static const struct rpc_limits defaults;
    struct rpc_session_event event;
    struct pair p;
    uint32_t ready = 0, messages = 0;

    (void)state;
    pair_init(&p, &defaults);
    while (carry(&p, p.client, p.server, 1) + carry(&p, p.server, p.client, 1) >
           0)
        while (rpc_session_next(p.server, p.now, &event) ||
               rpc_session_next(p.client, p.now, &event)) {
            ready += event.kind == RPC_SESSION_READY;
            messages += event.kind == RPC_SESSION_MESSAGE;
            assert_int_not_equal(event.kind, RPC_SESSION_OVER);
            if (event.kind == RPC_SESSION_READY && ready == 2)
                assert_true(send_bytes(&p, p.client, 3000));
        }
    assert_int_equal(ready, 2);
    assert_int_equal(messages, 1);
    pair_fini(&p);
}

static void who_is_refused_hears_why_and_that_it_is_for_good(void **state)
{
    static const struct rpc_limits defaults;
    const struct rpc_nonce nonce = {{1}};
    struct rpc_identity me;
    struct rpc_session_event event;
    struct pair p;

    (void)state;
    pair_init(&p, &defaults);
    rpc_session_free(p.client);
    me = admin(&p);
    me.key.bytes[0] ^= 1;
    p.client = rpc_session_client(&me, &nonce, &defaults, p.now);
    carry(&p, p.client, p.server, SIZE_MAX);
    assert_nothing(&p, p.server);
    carry(&p, p.server, p.client, SIZE_MAX);
    assert_nothing(&p, p.client);
    carry(&p, p.client, p.server, SIZE_MAX);
    assert_over(&p, p.server, "another cluster token");
    carry(&p, p.server, p.client, SIZE_MAX);
    event = next(&p, p.client);
    assert_int_equal(event.kind, RPC_SESSION_OVER);
    assert_true(event.refused);
    assert_non_null(strstr(event.why, "another cluster token"));
    pair_fini(&p);
}

/* -- what is no conversation ----------------------------------------------- */

static void bytes_of_something_else_end_it_at_once(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *why;
    } cases[] = {
#define BYTES(text_) text_, sizeof(text_) - 1
        {BYTES("GET / HTTP/1.1\r\n"), "does not speak gale's RPC (a frame of "
                                      "1195725856 bytes, at most 65536"},
        {BYTES("\xff\xff\xff\xff"), "(a frame of 4294967295 bytes"},
        {BYTES("\0\1\0\1"), "(a frame of 65537 bytes"},
        {BYTES("\0\0\0\0"), "ends in the middle of a value"},
        {BYTES("\0\0\0\1\xc1"), "has the byte 0xc1"},
        {BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc"), "does not speak"},
    };
    static const struct rpc_limits defaults;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int side = 0; side < 2; side++) {
            struct rpc_session_event event;
            struct rpc_session *s;
            struct pair p;

            pair_init(&p, &defaults);
            s = side == 0 ? p.server : p.client;
            rpc_session_receive(s, cases[i].bytes, cases[i].size, p.now);
            event = next(&p, s);
            assert_int_equal(event.kind, RPC_SESSION_OVER);
            assert_true(event.refused);
            if (strstr(event.why, cases[i].why) == NULL)
                fail_msg("case %zu: %s", i, event.why);
            pair_fini(&p);
        }
}

static void after_the_handshake_too_a_broken_rule_ends_it(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *why;
    } cases[] = {
        {BYTES("\0\x80\0\1"), "it sends a frame of 8388609 bytes, at most "
                              "8388608 are allowed"},
        {BYTES("\0\0\0\1\xc0"), "a message that it sent is no message of"},
        {BYTES("\0\0\0\1\xc1"), "a message that it sent has the byte 0xc1"},
        {BYTES("\0\0\0\5\xdd\xff\xff\xff\xff"), "more elements than bytes"},
        {BYTES("\0\0\0\4\x93\2\xa1x"), "ends in the middle of a value"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rpc_session_event event;
        struct pair p;

        ready_pair(&p);
        rpc_session_receive(p.server, cases[i].bytes, cases[i].size, p.now);
        event = next(&p, p.server);
        assert_int_equal(event.kind, RPC_SESSION_OVER);
        assert_false(event.refused);
        if (strstr(event.why, cases[i].why) == NULL)
            fail_msg("case %zu: %s", i, event.why);
        pair_fini(&p);
    }
}

/* [2, "x", [[nil, nil, …]]] in a frame: four elements, and those of nil. */
static void receive_nils(struct pair *p, struct rpc_session *s, uint32_t n)
{
    uint8_t *bytes = xmalloc(n + 14);
    uint32_t size = n + 10;

    memset(bytes, 0xc0, n + 14);
    memcpy(bytes + 4, "\x93\2\xa1x\x91\xdd", 6);
    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(size >> (24 - 8 * i));
        bytes[10 + i] = (uint8_t)(n >> (24 - 8 * i));
    }
    rpc_session_receive(s, bytes, n + 14, p->now);
    free(bytes);
}

/* 8 MB of nil would be 200 MB of objects. */
static void a_message_of_too_many_elements_is_refused_before_it_is_read(
    void **state)
{
    struct pair p;

    (void)state;
    ready_pair(&p);
    receive_nils(&p, p.server, RPC_ELEMENTS_TO_SERVER - 4);
    assert_int_equal(next(&p, p.server).kind, RPC_SESSION_MESSAGE);
    assert_nothing(&p, p.server);
    receive_nils(&p, p.server, RPC_ELEMENTS_TO_SERVER - 3);
    assert_over(&p, p.server, "has more elements than are allowed");
    pair_fini(&p);
}

static void who_has_asked_takes_more_of_them(void **state)
{
    struct pair p;

    (void)state;
    ready_pair(&p);
    receive_nils(&p, p.client, RPC_ELEMENTS_TO_CLIENT - 4);
    assert_int_equal(next(&p, p.client).kind, RPC_SESSION_MESSAGE);
    assert_nothing(&p, p.client);
    receive_nils(&p, p.client, RPC_ELEMENTS_TO_CLIENT - 3);
    assert_over(&p, p.client, "has more elements than are allowed");
    pair_fini(&p);
}

/* -- time ------------------------------------------------------------------ */

static void a_handshake_has_five_seconds_in_all(void **state)
{
    static const struct rpc_limits defaults;
    struct pair p;

    (void)state;
    pair_init(&p, &defaults);
    assert_int_equal(rpc_session_due(p.server), 6 * second);
    /* A byte now and then gives it no more. */
    for (int i = 0; i < 49; i++) {
        tick(&p, second / 10);
        carry(&p, p.client, p.server, 1);
        assert_nothing(&p, p.server);
    }
    tick(&p, second / 10);
    assert_over(&p, p.server, "the handshake was not done within 5 s");
    assert_over(&p, p.client, "the handshake was not done within 5 s");
    pair_fini(&p);
}

static void two_that_have_nothing_to_say_stay_together(void **state)
{
    struct pair p;
    uint32_t bytes = 0;

    (void)state;
    ready_pair(&p);
    for (int i = 0; i < 600; i++) {
        tick(&p, second);
        bytes += (uint32_t)carry(&p, p.client, p.server, SIZE_MAX);
        carry(&p, p.server, p.client, SIZE_MAX);
        assert_nothing(&p, p.client);
        assert_nothing(&p, p.server);
    }
    assert_in_range(bytes, 600 / 5 * 4, 600 / 2 * 4); /* empty frames */
    pair_fini(&p);
}

static void who_is_not_heard_for_ten_seconds_is_gone(void **state)
{
    struct pair p;

    (void)state;
    ready_pair(&p);
    for (int i = 0; i < 9; i++) {
        tick(&p, second);
        carry(&p, p.server, p.client, SIZE_MAX); /* one way only */
        assert_nothing(&p, p.client);
        assert_nothing(&p, p.server);
    }
    tick(&p, second);
    assert_over(&p, p.server, "nothing was heard of it for 10 s");
    assert_nothing(&p, p.client);
    pair_fini(&p);
}

/* Its beats come, and what is sent to it stays in the network. */
static void who_takes_nothing_for_ten_seconds_is_gone(void **state)
{
    struct pair p;

    (void)state;
    ready_pair(&p);
    assert_true(send_bytes(&p, p.server, 1000));
    for (int i = 0; i < 9; i++) {
        tick(&p, second);
        carry(&p, p.client, p.server, SIZE_MAX);
        assert_nothing(&p, p.server);
    }
    tick(&p, second);
    assert_over(&p, p.server,
                "it has taken nothing of what it is sent for "
                "10 s");
    pair_fini(&p);
}

/* Due is always later than the last tick: nobody runs in a circle. */
static void a_tick_leaves_nothing_due(void **state)
{
    struct pair p;

    (void)state;
    ready_pair(&p);
    for (int i = 0; i < 200; i++) {
        int64_t due = rpc_session_due(p.server);

        assert_true(due > p.now);
        p.now = due;
        rpc_session_tick(p.server, p.now);
        if (rpc_session_is_over(p.server))
            break;
        if (i % 3 == 0)
            carry(&p, p.server, p.client, 2);
    }
    pair_fini(&p);
}

/* -- how much -------------------------------------------------------------- */

static void what_is_longer_than_a_frame_is_not_taken(void **state)
{
    const struct rpc_limits limits = {.frame_max = 1000};
    struct pair p;

    (void)state;
    pair_init(&p, &limits);
    make_ready(&p);
    assert_false(send_bytes(&p, p.client, 1000));
    assert_true(send_bytes(&p, p.client, 900));
    carry(&p, p.client, p.server, SIZE_MAX);
    assert_int_equal(next(&p, p.server).kind, RPC_SESSION_MESSAGE);
    assert_nothing(&p, p.server);
    pair_fini(&p);
}

static void a_large_frame_comes_through(void **state)
{
    struct rpc_session_event event;
    struct pair p;

    (void)state;
    ready_pair(&p);
    assert_true(send_bytes(&p, p.client, (8 << 20) - 100));
    while (carry(&p, p.client, p.server, 65536) > 0)
        if (rpc_session_next(p.server, p.now, &event))
            break;
    assert_int_equal(event.kind, RPC_SESSION_MESSAGE);
    assert_int_equal(unpack_str(event.message.params).size, (8 << 20) - 100);
    pair_fini(&p);
}

static void who_does_not_read_is_cut_off_when_too_much_waits(void **state)
{
    const struct rpc_limits limits = {.output_max = 10000};
    struct pair p;

    (void)state;
    pair_init(&p, &limits);
    make_ready(&p);
    for (int i = 0; i < 9; i++)
        assert_true(send_bytes(&p, p.server, 1000));
    assert_nothing(&p, p.server);
    assert_true(send_bytes(&p, p.server, 1000));
    assert_over(&p, p.server, "it does not take what it is sent: 1");
    pair_fini(&p);
}

/* Its requests wait until it has taken the answers to the last ones. */
static void who_does_not_take_answers_is_not_listened_to(void **state)
{
    const struct rpc_limits limits = {.output_max = 40000};
    struct pair p;

    (void)state;
    pair_init(&p, &limits);
    make_ready(&p);
    assert_true(send_bytes(&p, p.server, 12000));
    assert_false(rpc_session_wants_input(p.server));
    assert_true(send_bytes(&p, p.client, 10));
    carry(&p, p.client, p.server, SIZE_MAX);
    assert_nothing(&p, p.server);
    /* Its silence is not its fault. */
    for (int i = 0; i < 11; i++) {
        tick(&p, second);
        carry(&p, p.server, p.client, 100);
        assert_nothing(&p, p.server);
    }
    carry(&p, p.server, p.client, SIZE_MAX);
    assert_true(rpc_session_wants_input(p.server));
    assert_int_equal(next(&p, p.server).kind, RPC_SESSION_MESSAGE);
    tick(&p, second);
    assert_nothing(&p, p.server);
    pair_fini(&p);
}

/* -- the end --------------------------------------------------------------- */

static void the_first_reason_counts_and_is_told_once(void **state)
{
    struct pair p;

    (void)state;
    ready_pair(&p);
    rpc_session_end(p.server, "first");
    rpc_session_end(p.server, "second");
    assert_true(send_bytes(&p, p.server, 10)); /* is dropped */
    assert_over(&p, p.server, "first");
    pair_fini(&p);
}

/* Whatever comes, in whatever pieces, at whatever time: events are a handshake
 * that is done, messages, and one end; nothing more follows that. */
static void random_bytes_end_it_and_nothing_else(void **state)
{
    static const struct rpc_limits defaults;

    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct rpc_session_event event;
        struct random r;
        struct pair p;
        bool over = false;

        random_seed(&r, seed);
        pair_init(&p, &defaults);
        if (seed % 2 == 0)
            make_ready(&p);
        for (int i = 0; i < 40; i++) {
            uint8_t bytes[64];
            size_t size = random_below(&r, sizeof(bytes));

            for (size_t k = 0; k < size; k++)
                bytes[k] = (uint8_t)random_next(&r);
            if (random_below(&r, 2) == 0)
                memcpy(bytes, "\0\0\0", 3); /* a length that may be */
            rpc_session_receive(p.server, bytes, size, p.now);
            while (rpc_session_next(p.server, p.now, &event)) {
                if (over || event.kind == RPC_SESSION_READY)
                    fail_msg("seed %llu", (unsigned long long)seed);
                over = event.kind == RPC_SESSION_OVER;
            }
            tick(&p, (int64_t)random_below(&r, (uint64_t)second));
        }
        pair_fini(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_are_ready_after_the_handshake),
        cmocka_unit_test(one_byte_at_a_time_says_the_same),
        cmocka_unit_test(who_is_refused_hears_why_and_that_it_is_for_good),
        cmocka_unit_test(bytes_of_something_else_end_it_at_once),
        cmocka_unit_test(after_the_handshake_too_a_broken_rule_ends_it),
        cmocka_unit_test(
            a_message_of_too_many_elements_is_refused_before_it_is_read),
        cmocka_unit_test(who_has_asked_takes_more_of_them),
        cmocka_unit_test(a_handshake_has_five_seconds_in_all),
        cmocka_unit_test(two_that_have_nothing_to_say_stay_together),
        cmocka_unit_test(who_is_not_heard_for_ten_seconds_is_gone),
        cmocka_unit_test(who_takes_nothing_for_ten_seconds_is_gone),
        cmocka_unit_test(a_tick_leaves_nothing_due),
        cmocka_unit_test(what_is_longer_than_a_frame_is_not_taken),
        cmocka_unit_test(a_large_frame_comes_through),
        cmocka_unit_test(who_does_not_read_is_cut_off_when_too_much_waits),
        cmocka_unit_test(who_does_not_take_answers_is_not_listened_to),
        cmocka_unit_test(the_first_reason_counts_and_is_told_once),
        cmocka_unit_test(random_bytes_end_it_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
