/*
 * test_rpc_server.c - a server of RPC on real sockets, and whoever comes: those
 * who have the token, and those who send anything.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "common/rpc_frame.h"
#include "tests/support/rpc_house.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const int64_t ms = 1000000;

static void opened(struct house *h)
{
    house_init(h);
    house_open(h, "127.0.0.1:0");
}

/* Whatever has happened: who has the token comes in, and is answered. */
static void assert_still_good(struct house *h)
{
    struct rpc_client *client = house_visit(h, TOKEN_READER);

    assert_int_equal(rpc_server_n_clients(h->server) > 0, true);
    rpc_client_free(client);
    house_wait(h, h->link == NULL);
}

static void assert_in(const char *text, const char *expected)
{
    if (strstr(text, expected) == NULL)
        fail_msg("\"%s\" is not in: %s", expected, text);
}

/* -- a client that is made by hand ----------------------------------------- */

static struct rpc_session *session_of(const struct house *h,
                                      enum token_role role)
{
    static const struct rpc_limits defaults;
    struct rpc_identity me = {.role = role,
                              .key = token_role_key(&h->token, role)};
    struct rpc_nonce nonce;

    env_random(env_posix(), nonce.bytes, sizeof(nonce.bytes));
    return rpc_session_client(&me, &nonce, &defaults, loop_now(h->loop));
}

/* Sends what the session has to say, in parts; the bytes go to `copy`, too. */
static void say(struct raw *r, struct rpc_session *s, size_t part,
                struct rpc_bytes *copy)
{
    size_t size;
    const void *data;

    while (data = rpc_session_output(s, &size), size > 0) {
        if (size > part)
            size = part;
        raw_send(r, data, size);
        rpc_bytes_add(copy, data, size);
        rpc_session_sent(s, size, 0);
    }
}

/* The server's next bytes go to the session. */
static void listen_to(struct raw *r, struct rpc_session *s)
{
    house_wait(r->house, r->n_got > 0 || r->closed);
    rpc_session_receive(s, r->got, r->n_got, 0);
    r->n_got = 0;
}

static bool is_ready(struct rpc_session *s)
{
    struct rpc_session_event event;

    if (!rpc_session_next(s, 0, &event))
        return false;
    if (event.kind == RPC_SESSION_OVER)
        fail_msg("%s", event.why);
    return event.kind == RPC_SESSION_READY;
}

/* The whole handshake, in parts of so many bytes. */
static struct rpc_session *join_by_hand(struct raw *r, size_t part,
                                        struct rpc_bytes *copy)
{
    struct rpc_session *s = session_of(r->house, TOKEN_ADMIN);

    do {
        say(r, s, part, copy);
        listen_to(r, s);
    } while (!is_ready(s));
    return s;
}

/* -- those who do not speak it --------------------------------------------- */

/* What has come behind must not be in the way of what it is told. */
static void who_sends_something_else_is_told_so_and_cut_off(void **state)
{
    static char long_one[300000];
    static const struct {
        const char *bytes;
        size_t size;
        const char *why;
    } cases[] = {
#define BYTES(text_) text_, sizeof(text_) - 1
        {BYTES("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
         "it does not speak gale's RPC (a frame of 1195725856 bytes"},
        {BYTES("\xff\xff\xff\xff"), "(a frame of 4294967295 bytes"},
        {BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
         "it does not speak gale's RPC"}, /* TLS */
        {BYTES("\0\0\0\0"), "ends in the middle of a value"},
        {BYTES("\0\0\0\5\xdd\xff\xff\xff\xff"), "more elements than bytes"},
        {BYTES("\0\0\0\5hello"), "goes on behind its end"},
        {BYTES("\0\0\0\1\x80"), "what it sends is no hello of gale's RPC"},
        {long_one, sizeof(long_one), "(a frame of 2021161080 bytes"},
    };
    struct house h;

    (void)state;
    opened(&h);
    memset(long_one, 'x', sizeof(long_one));
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct raw r;

        raw_open(&r, &h);
        raw_send(&r, cases[i].bytes, cases[i].size);
        house_wait(&h, h.refused == i + 1);
        assert_in(h.why_refused, cases[i].why);
        house_wait(&h, r.closed);
        if (!raw_heard(&r, cases[i].why))
            fail_msg("it was not told: %s", cases[i].why);
        raw_close(&r);
    }
    assert_int_equal(h.joined, 0);
    assert_still_good(&h);
    house_fini(&h);
}

static void random_bytes_are_cut_off(void **state)
{
    struct house h;

    (void)state;
    opened(&h);
    for (uint32_t seed = 1; seed <= 200; seed++) {
        struct random random;
        uint8_t bytes[300];
        struct raw r;

        random_seed(&random, seed);
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)random_next(&random);
        bytes[0] = 0;
        bytes[1] = seed % 2 ? 0 : bytes[1]; /* a length that may be */
        bytes[2] &= seed % 2 ? 0 : 255;
        raw_open(&r, &h);
        raw_send(&r, bytes, sizeof(bytes));
        raw_close(&r);
        house_wait(&h, h.refused == seed);
    }
    assert_int_equal(h.joined, 0);
    assert_still_good(&h);
    house_fini(&h);
}

static void who_leaves_in_the_middle_of_a_frame_is_forgotten(void **state)
{
    struct house h;
    struct raw r;

    (void)state;
    opened(&h);
    raw_open(&r, &h);
    raw_send(&r, "\0\0\1\0half", 8);
    raw_close(&r);
    house_wait(&h, h.refused == 1);
    assert_in(h.why_refused, "it has closed the connection");
    assert_still_good(&h);
    house_fini(&h);
}

static void who_says_nothing_in_time_is_cut_off(void **state)
{
    struct house h;
    struct raw silent, slow;

    (void)state;
    house_init(&h);
    h.options.limits.handshake = 50 * ms;
    house_open(&h, "127.0.0.1:0");
    raw_open(&silent, &h);
    raw_open(&slow, &h);
    raw_send(&slow, "\0\0\1\0half", 8);
    house_wait(&h, h.refused == 2 && silent.closed && slow.closed);
    assert_in(h.why_refused, "the handshake was not done within 0.05 s");
    raw_close(&silent);
    raw_close(&slow);
    house_fini(&h);
}

static void who_sends_one_byte_at_a_time_is_understood(void **state)
{
    struct rpc_bytes copy = {NULL};
    struct rpc_session *s;
    struct house h;
    struct raw r;

    (void)state;
    opened(&h);
    raw_open(&r, &h);
    s = join_by_hand(&r, 1, &copy);
    house_wait(&h, h.joined == 1);
    rpc_session_free(s);
    rpc_bytes_fini(&copy);
    raw_close(&r);
    house_wait(&h, h.left == 1);
    house_fini(&h);
}

/* -- those who are not who they say ---------------------------------------- */

static void a_recorded_handshake_opens_nothing(void **state)
{
    struct rpc_bytes recorded = {NULL};
    struct rpc_session *s;
    struct house h;
    struct raw good, replay;

    (void)state;
    opened(&h);
    raw_open(&good, &h);
    s = join_by_hand(&good, SIZE_MAX, &recorded);
    house_wait(&h, h.joined == 1);
    raw_open(&replay, &h);
    raw_send(&replay, rpc_bytes_at(&recorded), rpc_bytes_size(&recorded));
    house_wait(&h, h.refused == 1 && replay.closed);
    assert_in(h.why_refused, "its proof of the role admin does not fit");
    assert_int_equal(h.joined, 1);
    rpc_session_free(s);
    rpc_bytes_fini(&recorded);
    raw_close(&good);
    raw_close(&replay);
    house_fini(&h);
}

static void a_client_of_another_protocol_is_told_so(void **state)
{
    struct rpc_bytes frame = {NULL};
    struct pack hello;
    struct house h;
    struct raw r;

    (void)state;
    opened(&h);
    pack_init(&hello);
    pack_map(&hello, 2);
    pack_key_uint(&hello, "gale", 9);
    pack_key_text(&hello, "version", "9.0");
    rpc_frame_write(&frame, hello.buffer.data, (uint32_t)hello.buffer.size);
    raw_open(&r, &h);
    raw_send(&r, rpc_bytes_at(&frame), rpc_bytes_size(&frame));
    house_wait(&h, r.closed);
    assert_true(raw_heard(&r, "the client protocol 9 (gale 9.0): use one "
                              "version of gale on both sides"));
    rpc_bytes_fini(&frame);
    pack_free(&hello);
    raw_close(&r);
    house_fini(&h);
}

static void a_message_before_the_handshake_calls_nothing(void **state)
{
    static const char request[] = "\0\0\0\x0a\x94\x00\x01\xa5later\x90";
    struct house h;
    struct raw r;

    (void)state;
    opened(&h);
    raw_open(&r, &h);
    raw_send(&r, request, sizeof(request) - 1);
    house_wait(&h, r.closed);
    assert_int_equal(h.n_calls, 0);
    raw_close(&r);
    house_fini(&h);
}

/* -- those who are too many ------------------------------------------------ */

enum { FLOOD = 1000 };

/* 1000 that prove nothing have 32 places, and give way to one that does; one
 * that was there before stays. */
static void a_flood_of_connections_keeps_nobody_out(void **state)
{
    static struct raw raws[FLOOD];
    struct rpc_client *first;
    struct house h;

    (void)state;
    house_init(&h);
    h.options.clients_max = 32;
    h.options.host_max = 32;
    house_open(&h, "127.0.0.1:0");
    first = house_visit(&h, TOKEN_READER);
    for (int i = 0; i < FLOOD; i++) {
        raw_open(&raws[i], &h);
        raw_send(&raws[i], "\0\0\1\0half a hello", 16);
        if (i == FLOOD / 2)
            assert_still_good(&h);
    }
    assert_still_good(&h);
    house_wait(&h, h.refused >= FLOOD - 32);
    assert_in(h.why_refused, "it proved nothing while others waited");
    for (int i = 0; i < FLOOD; i++)
        raw_close(&raws[i]);
    assert_still_good(&h);
    assert_int_equal(h.left, 3); /* those of assert_still_good() */
    assert_int_equal(rpc_server_n_clients(h.server), 1);
    rpc_client_free(first);
    house_fini(&h);
}

static void those_who_are_in_keep_their_places(void **state)
{
    struct rpc_client *clients[4];
    struct house h;
    struct raw r;

    (void)state;
    house_init(&h);
    h.options.host_max = 4;
    house_open(&h, "127.0.0.1:0");
    for (int i = 0; i < 4; i++)
        clients[i] = house_visit(&h, TOKEN_READER);
    raw_open(&r, &h);
    house_wait(&h, r.closed);
    assert_true(raw_heard(&r, "all places for clients of one host are taken"));
    assert_int_equal(rpc_server_n_clients(h.server), 4);
    rpc_client_free(clients[0]);
    house_wait(&h, h.left == 1);
    clients[0] = house_visit(&h, TOKEN_READER);
    for (int i = 0; i < 4; i++)
        rpc_client_free(clients[i]);
    raw_close(&r);
    house_fini(&h);
}

/* As many descriptors as there are: the next accept fails until one is free. It
 * is tried ten times a second, not all the time. */
static void without_descriptors_it_waits_and_does_not_spin(void **state)
{
    struct rlimit before, few;
    struct house h;
    struct raw r;
    int64_t began;
    int next;

    (void)state;
    opened(&h);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    raw_open(&r, &h);
    next = dup(0);
    close(next);
    few = (struct rlimit){(rlim_t)next, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    began = loop_now(h.loop);
    house_wait(&h, h.refused >= 4);
    assert_in(h.why_refused, "Too many open files");
    assert_true(h.refused <= 2 + (loop_now(h.loop) - began) / (100 * ms));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_still_good(&h);
    raw_close(&r);
    house_fini(&h);
}

/* -- those who are in ------------------------------------------------------ */

static void who_is_silent_is_gone(void **state)
{
    struct rpc_bytes copy = {NULL};
    struct rpc_session *s;
    struct house h;
    struct raw r;

    (void)state;
    house_init(&h);
    h.options.limits.silence = 200 * ms;
    house_open(&h, "127.0.0.1:0");
    raw_open(&r, &h);
    s = join_by_hand(&r, SIZE_MAX, &copy);
    house_wait(&h, h.left == 1);
    assert_in(h.why_left, "nothing was heard of it for 0.2 s");
    rpc_session_free(s);
    rpc_bytes_fini(&copy);
    raw_close(&r);
    house_fini(&h);
}

static void who_takes_nothing_is_cut_off(void **state)
{
    static const char much[100000];
    struct rpc_bytes copy = {NULL};
    struct rpc_session *s;
    struct pack params;
    struct house h;
    struct raw r;

    (void)state;
    house_init(&h);
    h.options.limits.output_max = 1 << 20;
    house_open(&h, "127.0.0.1:0");
    raw_open(&r, &h);
    s = join_by_hand(&r, SIZE_MAX, &copy);
    house_wait(&h, h.joined == 1);
    loop_watch_clear(&r.readable);
    pack_init(&params);
    pack_bytes(&params, much, sizeof(much));
    for (int i = 0; i < 11; i++)
        rpc_link_notify(h.link, "much", &params);
    house_wait(&h, h.left == 1);
    assert_in(h.why_left, "it does not take what it is sent");
    pack_free(&params);
    rpc_session_free(s);
    rpc_bytes_fini(&copy);
    raw_close(&r);
    house_fini(&h);
}

/* The system would end us for it. */
static void what_is_sent_to_who_has_just_gone_raises_no_signal(void **state)
{
    char directory[] = "/tmp/gale-test-XXXXXX", path[64];
    struct rpc_client *client;
    struct house h;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/socket", directory);
    house_init(&h);
    house_open(&h, path);
    client = house_visit(&h, TOKEN_ADMIN);
    rpc_client_free(client);
    rpc_link_notify(h.link, "hello", NULL);
    house_wait(&h, h.left == 1);
    house_fini(&h);
    assert_int_equal(rmdir(directory), 0);
}

static void who_is_gone_is_not_answered(void **state)
{
    struct rpc_client *client;
    struct house h;

    (void)state;
    opened(&h);
    client = house_visit(&h, TOKEN_ADMIN);
    for (int i = 0; i < 3; i++)
        assert_true(rpc_client_notify(client, "later", NULL));
    rpc_client_call(client, "later", NULL, 1000 * ms, NULL, NULL);
    house_wait(&h, h.n_calls == 4);
    rpc_client_free(client);
    house_wait(&h, h.left == 1);
    for (uint32_t i = 0; i < 4; i++) {
        assert_null(rpc_call_link(h.calls[i]));
        house_answer(&h, i);
    }
    assert_still_good(&h);
    house_fini(&h);
}

static void a_link_can_be_cut(void **state)
{
    struct rpc_client *client;
    struct house h;

    (void)state;
    opened(&h);
    client = house_visit(&h, TOKEN_ADMIN);
    rpc_link_set_data(h.link, &h);
    assert_ptr_equal(rpc_link_data(h.link), &h);
    assert_string_equal(rpc_link_peer(h.link)->name, "test");
    rpc_link_cut(h.link, "it was replaced");
    assert_int_equal(h.left, 0); /* not from within */
    house_wait(&h, h.left == 1);
    assert_in(h.why_left, "it was replaced");
    rpc_client_free(client);
    house_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_sends_something_else_is_told_so_and_cut_off),
        cmocka_unit_test(random_bytes_are_cut_off),
        cmocka_unit_test(who_leaves_in_the_middle_of_a_frame_is_forgotten),
        cmocka_unit_test(who_says_nothing_in_time_is_cut_off),
        cmocka_unit_test(who_sends_one_byte_at_a_time_is_understood),
        cmocka_unit_test(a_recorded_handshake_opens_nothing),
        cmocka_unit_test(a_client_of_another_protocol_is_told_so),
        cmocka_unit_test(a_message_before_the_handshake_calls_nothing),
        cmocka_unit_test(a_flood_of_connections_keeps_nobody_out),
        cmocka_unit_test(those_who_are_in_keep_their_places),
        cmocka_unit_test(without_descriptors_it_waits_and_does_not_spin),
        cmocka_unit_test(who_is_silent_is_gone),
        cmocka_unit_test(who_takes_nothing_is_cut_off),
        cmocka_unit_test(what_is_sent_to_who_has_just_gone_raises_no_signal),
        cmocka_unit_test(who_is_gone_is_not_answered),
        cmocka_unit_test(a_link_can_be_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
