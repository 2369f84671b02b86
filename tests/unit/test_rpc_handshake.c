/* test_rpc_handshake.c - who is let in, and who is told why not. */
#include "tests/support/cmocka_all.h"
#include "common/rpc_handshake.h"
#include "tests/support/rpc_parties.h"
#include "topology-api/memory.h"
#include <gale/abi.h>
#include <stdlib.h>
#include <string.h>

/* -- a handshake without a connection -------------------------------------- */

enum { HELLO, CHALLENGE, PROOF, SERVERS_PROOF, N_FRAMES };

struct shake {
    struct rpc_handshake *client, *server;
    struct pack frames[N_FRAMES]; /* as they were sent; or a refusal */
    enum rpc_handshake_state clients, servers;
    gale_err client_says, server_says;
};

static void to_server(struct shake *s, const void *data, size_t size, int out)
{
    s->servers = rpc_handshake_step(s->server, data, size, &s->frames[out],
                                    &s->server_says);
}

static void to_client(struct shake *s, const void *data, size_t size,
                      struct pack *out)
{
    s->clients =
        rpc_handshake_step(s->client, data, size, out, &s->client_says);
}

/* This frame arrives with a bit of its byte `at` the other way round; N_FRAMES:
 * none does. */
struct alteration {
    int frame;
    size_t at;
};

static void deliver(struct shake *s, int frame, const struct alteration *a)
{
    const struct pack *p = &s->frames[frame];
    char *copy = xmalloc(p->buffer.size);
    struct pack nothing;

    memcpy(copy, p->buffer.data, p->buffer.size);
    if (a->frame == frame)
        copy[a->at] ^= 1;
    pack_init(&nothing);
    if (frame == HELLO || frame == PROOF)
        to_server(s, copy, p->buffer.size, frame + 1);
    else
        to_client(s, copy, p->buffer.size,
                  frame == CHALLENGE ? &s->frames[PROOF] : &nothing);
    assert_int_equal(nothing.buffer.size, 0);
    pack_free(&nothing);
    free(copy);
}

static struct shake shake_altered(const struct rpc_identity *me,
                                  const struct rpc_gate *gate,
                                  struct alteration a)
{
    const struct rpc_nonce client = nonce_of(1), server = nonce_of(2);
    struct shake s = {.clients = RPC_HANDSHAKE_GOES_ON};

    for (int i = 0; i < N_FRAMES; i++)
        pack_init(&s.frames[i]);
    s.client = rpc_handshake_client(me, &client, &s.frames[HELLO]);
    s.server = rpc_handshake_server(gate, &server);
    for (int i = 0; i < N_FRAMES && s.clients == RPC_HANDSHAKE_GOES_ON &&
                    s.frames[i].buffer.size > 0;
         i++)
        deliver(&s, i, &a);
    return s;
}

static struct shake shake(const struct rpc_identity *me,
                          const struct rpc_gate *gate)
{
    return shake_altered(me, gate, (struct alteration){.frame = N_FRAMES});
}

static void shake_fini(struct shake *s)
{
    rpc_handshake_free(s->client);
    rpc_handshake_free(s->server);
    for (int i = 0; i < N_FRAMES; i++)
        pack_free(&s->frames[i]);
}

static void assert_in(const struct shake *s)
{
    if (s->servers != RPC_HANDSHAKE_DONE)
        fail_msg("the server refuses: %s", s->server_says.text);
    if (s->clients != RPC_HANDSHAKE_DONE)
        fail_msg("the client refuses: %s", s->client_says.text);
}

static void assert_says(const gale_err *error, const char *expected)
{
    if (strstr(error->text, expected) == NULL)
        fail_msg("\"%s\" is not in: %s", expected, error->text);
}

/* -- who is let in --------------------------------------------------------- */

static void who_has_the_key_of_a_role_has_the_role(void **state)
{
    static const enum token_role roles[] = {TOKEN_READER, TOKEN_SUPERVISOR,
                                            TOKEN_SUBMITTER, TOKEN_ADMIN};
    struct token token = token_of(9);
    struct rpc_gate gate = {"nimbus", &token};

    (void)state;
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        struct rpc_identity me = role_with(roles[i], 9);
        struct shake s = shake(&me, &gate);
        const struct rpc_peer *peer = rpc_handshake_peer(s.server);

        assert_in(&s);
        assert_int_equal(peer->role, roles[i]);
        assert_string_equal(peer->name, "test");
        assert_string_equal(peer->version, GALE_VERSION);
        assert_string_equal(peer->topology, "");
        shake_fini(&s);
    }
}

static void a_worker_is_known_by_topology_number_and_birth(void **state)
{
    struct token token = token_of(9);
    struct rpc_gate gate = {"supervisor", &token};
    struct rpc_identity me = {.role = TOKEN_WORKER,
                              .worker = {"words-1-17", 3, UINT64_MAX / 2}};
    struct shake s;
    const struct rpc_peer *peer;

    (void)state;
    me.key = token_worker_key(&token, &me.worker);
    s = shake(&me, &gate);
    assert_in(&s);
    peer = rpc_handshake_peer(s.server);
    assert_int_equal(peer->role, TOKEN_WORKER);
    assert_string_equal(peer->topology, "words-1-17");
    assert_int_equal(peer->number, 3);
    assert_int_equal(peer->birth, UINT64_MAX / 2);
    assert_string_equal(peer->name, "");
    shake_fini(&s);
}

static void where_nothing_is_proved_every_role_is_granted(void **state)
{
    struct rpc_gate gate = {"nimbus", NULL};

    (void)state;
    for (uint32_t i = 0; i < TOKEN_N_ROLES; i++) {
        struct rpc_identity me = {.role = (enum token_role)i,
                                  .worker = {"t-1-1", 0, 1},
                                  .insecure = true};
        struct shake s = shake(&me, &gate);

        assert_in(&s);
        assert_int_equal(rpc_handshake_peer(s.server)->role, i);
        shake_fini(&s);
    }
}

/* -- who is not ------------------------------------------------------------ */

static struct rpc_identity worker_with(struct token_worker says,
                                       struct token_worker is)
{
    struct token token = token_of(9);

    return (struct rpc_identity){.role = TOKEN_WORKER,
                                 .worker = says,
                                 .key = token_worker_key(&token, &is)};
}

static struct rpc_identity claims(enum token_role role, enum token_role key_of)
{
    struct rpc_identity me = role_with(key_of, 9);

    me.role = role;
    me.worker = (struct token_worker){"a-1-1", 1, 1};
    return me;
}

static void what_does_not_fit_is_refused_and_the_client_hears_why(void **state)
{
    static const struct token_worker w = {"a-1-1", 1, 1};
    const struct {
        struct rpc_identity me;
        const char *role;
    } cases[] = {
        {role_with(TOKEN_ADMIN, 8), "admin"}, /* of another cluster */
        {claims(TOKEN_ADMIN, TOKEN_READER), "admin"},
        {claims(TOKEN_SUBMITTER, TOKEN_SUPERVISOR), "submitter"},
        {claims(TOKEN_READER, TOKEN_ADMIN), "reader"},
        {claims(TOKEN_WORKER, TOKEN_WORKER), "worker"}, /* is of none */
        {worker_with((struct token_worker){"b-1-1", 1, 1}, w), "worker"},
        {worker_with((struct token_worker){"a-1-1", 2, 1}, w), "worker"},
        {worker_with((struct token_worker){"a-1-1", 1, 2}, w), "worker"},
    };
    struct token token = token_of(9);
    struct rpc_gate gate = {"nimbus", &token};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct shake s = shake(&cases[i].me, &gate);
        char expected[200];

        snprintf(expected, sizeof(expected),
                 "the client has another cluster token than this nimbus (its "
                 "proof of the role %s does not fit): copy the token file of "
                 "a nimbus",
                 cases[i].role);
        assert_int_equal(s.servers, RPC_HANDSHAKE_REFUSED);
        assert_int_equal(s.clients, RPC_HANDSHAKE_REFUSED);
        assert_string_equal(s.server_says.text, expected);
        assert_string_equal(s.client_says.text, expected);
        shake_fini(&s);
    }
}

static void a_client_without_a_token_is_told_that_it_needs_one(void **state)
{
    struct token token = token_of(9);
    struct rpc_gate gate = {"nimbus", &token};
    struct rpc_identity me = {.role = TOKEN_ADMIN, .insecure = true};
    struct shake s = shake(&me, &gate);

    (void)state;
    assert_int_equal(s.servers, RPC_HANDSHAKE_REFUSED);
    assert_int_equal(s.clients, RPC_HANDSHAKE_REFUSED);
    assert_string_equal(s.client_says.text,
                        "this nimbus lets nobody in without the cluster's "
                        "token, and the client has gale.insecure set: give it "
                        "the token");
    shake_fini(&s);
}

static void who_has_a_token_does_not_speak_to_who_proves_nothing(void **state)
{
    struct rpc_gate gate = {"nimbus", NULL};
    struct rpc_identity me = role_with(TOKEN_ADMIN, 9);
    struct shake s = shake(&me, &gate);

    (void)state;
    assert_int_equal(s.clients, RPC_HANDSHAKE_REFUSED);
    assert_int_equal(s.servers, RPC_HANDSHAKE_GOES_ON);
    assert_int_equal(s.frames[PROOF].buffer.size, 0);
    assert_says(&s.client_says, "has gale.insecure set and proves nothing");
    shake_fini(&s);
}

/* It says that it has let us in, and does not know the token. */
static void an_impostor_hears_no_command(void **state)
{
    struct token token = token_of(9);
    struct rpc_gate gate = {"nimbus", &token};
    struct rpc_identity me = role_with(TOKEN_ADMIN, 9);
    struct shake s = shake_altered(
        &me, &gate, (struct alteration){.frame = SERVERS_PROOF, .at = 20});

    (void)state;
    assert_int_equal(s.clients, RPC_HANDSHAKE_REFUSED);
    assert_string_equal(s.client_says.text,
                        "what listens there cannot prove that it has the "
                        "cluster's token: nothing is sent to it");
    shake_fini(&s);
}

/* -- what was recorded or altered ------------------------------------------ */

static void a_recorded_client_is_refused_by_the_next_challenge(void **state)
{
    const struct rpc_nonce other = nonce_of(3);
    struct token token = token_of(9);
    struct rpc_gate gate = {"nimbus", &token};
    struct rpc_identity me = role_with(TOKEN_ADMIN, 9);
    struct shake old = shake(&me, &gate), replay = {NULL};

    (void)state;
    assert_in(&old);
    for (int i = 0; i < N_FRAMES; i++)
        pack_init(&replay.frames[i]);
    replay.server = rpc_handshake_server(&gate, &other);
    to_server(&replay, old.frames[HELLO].buffer.data,
              old.frames[HELLO].buffer.size, CHALLENGE);
    assert_int_equal(replay.servers, RPC_HANDSHAKE_GOES_ON);
    to_server(&replay, old.frames[PROOF].buffer.data,
              old.frames[PROOF].buffer.size, SERVERS_PROOF);
    assert_int_equal(replay.servers, RPC_HANDSHAKE_REFUSED);
    assert_says(&replay.server_says, "does not fit");
    shake_fini(&replay);
    shake_fini(&old);
}

static void a_recorded_server_is_refused_by_the_next_client(void **state)
{
    const struct rpc_nonce other = nonce_of(3);
    struct token token = token_of(9);
    struct rpc_gate gate = {"nimbus", &token};
    struct rpc_identity me = role_with(TOKEN_ADMIN, 9);
    struct shake old = shake(&me, &gate), replay = {NULL};

    (void)state;
    for (int i = 0; i < N_FRAMES; i++)
        pack_init(&replay.frames[i]);
    replay.client = rpc_handshake_client(&me, &other, &replay.frames[HELLO]);
    to_client(&replay, old.frames[CHALLENGE].buffer.data,
              old.frames[CHALLENGE].buffer.size, &replay.frames[PROOF]);
    assert_int_equal(replay.clients, RPC_HANDSHAKE_GOES_ON);
    to_client(&replay, old.frames[SERVERS_PROOF].buffer.data,
              old.frames[SERVERS_PROOF].buffer.size,
              &replay.frames[SERVERS_PROOF]);
    assert_int_equal(replay.clients, RPC_HANDSHAKE_REFUSED);
    shake_fini(&replay);
    shake_fini(&old);
}

/* Who knows no key sends the client's own proof back to it. */
static void a_proof_is_good_for_one_direction_only(void **state)
{
    const struct rpc_nonce nonce = nonce_of(1);
    struct token token = token_of(9);
    struct rpc_gate gate = {"nimbus", &token};
    struct rpc_identity me = role_with(TOKEN_ADMIN, 9);
    struct shake old = shake(&me, &gate), mirror = {NULL};

    (void)state;
    for (int i = 0; i < N_FRAMES; i++)
        pack_init(&mirror.frames[i]);
    mirror.client = rpc_handshake_client(&me, &nonce, &mirror.frames[HELLO]);
    to_client(&mirror, old.frames[CHALLENGE].buffer.data,
              old.frames[CHALLENGE].buffer.size, &mirror.frames[PROOF]);
    to_client(&mirror, mirror.frames[PROOF].buffer.data,
              mirror.frames[PROOF].buffer.size, &mirror.frames[SERVERS_PROOF]);
    assert_int_equal(mirror.clients, RPC_HANDSHAKE_REFUSED);
    shake_fini(&mirror);
    shake_fini(&old);
}

/* Whoever is in between and changes role, version or anything. */
static void no_bit_of_a_handshake_can_be_altered(void **state)
{
    struct token token = token_of(9);
    struct rpc_gate gate = {"nimbus", &token};
    struct rpc_identity me = role_with(TOKEN_SUBMITTER, 9);
    struct shake good = shake(&me, &gate);

    (void)state;
    assert_in(&good);
    for (int frame = 0; frame < N_FRAMES; frame++)
        for (size_t at = 0; at < good.frames[frame].buffer.size; at++) {
            struct shake s =
                shake_altered(&me, &gate, (struct alteration){frame, at});

            if (s.clients == RPC_HANDSHAKE_DONE ||
                (frame != SERVERS_PROOF && s.servers == RPC_HANDSHAKE_DONE))
                fail_msg("byte %zu of frame %d", at, frame);
            shake_fini(&s);
        }
    shake_fini(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_the_key_of_a_role_has_the_role),
        cmocka_unit_test(a_worker_is_known_by_topology_number_and_birth),
        cmocka_unit_test(where_nothing_is_proved_every_role_is_granted),
        cmocka_unit_test(what_does_not_fit_is_refused_and_the_client_hears_why),
        cmocka_unit_test(a_client_without_a_token_is_told_that_it_needs_one),
        cmocka_unit_test(who_has_a_token_does_not_speak_to_who_proves_nothing),
        cmocka_unit_test(an_impostor_hears_no_command),
        cmocka_unit_test(a_recorded_client_is_refused_by_the_next_challenge),
        cmocka_unit_test(a_recorded_server_is_refused_by_the_next_client),
        cmocka_unit_test(a_proof_is_good_for_one_direction_only),
        cmocka_unit_test(no_bit_of_a_handshake_can_be_altered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
