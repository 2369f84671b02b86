/* rpc_handshake.c - hello, challenge, proofs; see rpc_handshake.h. */
#include "common/rpc_handshake.h"
#include "common/check.h"
#include "common/utf8.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <gale/abi.h>
#include <string.h>

struct rpc_handshake {
    enum {
        AWAITS_HELLO,        /* server */
        AWAITS_PROOF,        /* server */
        AWAITS_CHALLENGE,    /* client */
        AWAITS_SERVERS_PROOF /* client */
    } stage;
    const struct rpc_gate *gate;    /* server */
    struct rpc_nonce nonce;         /* server: what it will challenge with */
    struct rpc_peer peer;           /* server */
    bool insecure;                  /* client */
    struct digest key;              /* of the role; zero if insecure */
    struct digest hello, challenge; /* of what was sent */
};

static const struct pack_limits limits = {RPC_FRAME_FIRST_MAX, 64};

/* -- proofs ---------------------------------------------------------------- */

/* `direction` is as long for both, so that no two texts begin alike. */
static struct digest proof(const struct rpc_handshake *h, const char *direction)
{
    char text[32 + 2 * DIGEST_BYTES];
    int n = snprintf(text, 32, "gale rpc %u %s", RPC_PROTOCOL, direction);

    check(n > 0 && n < 32);
    memcpy(text + n, h->hello.bytes, DIGEST_BYTES);
    memcpy(text + n + DIGEST_BYTES, h->challenge.bytes, DIGEST_BYTES);
    return digest_mac(h->key.bytes, DIGEST_BYTES, text,
                      (size_t)n + 2 * DIGEST_BYTES);
}

static void pack_proof(const struct rpc_handshake *h, bool insecure,
                       const char *direction, struct pack *out)
{
    struct digest d = proof(h, direction);

    pack_map(out, 1);
    if (insecure) {
        pack_text(out, "proof");
        pack_nil(out);
    } else {
        pack_key_bytes(out, "proof", d.bytes, DIGEST_BYTES);
    }
}

static bool proves(const struct rpc_handshake *h, const msgpack_object *given,
                   const char *direction)
{
    gale_str bytes = unpack_str(given);
    struct digest d, expected = proof(h, direction);

    if (bytes.size != DIGEST_BYTES)
        return false;
    memcpy(d.bytes, bytes.data, DIGEST_BYTES);
    return digest_equal(&d, &expected);
}

static struct digest digest_of_pack(const struct pack *p)
{
    return digest_of(p->buffer.data, p->buffer.size);
}

/* -- the server's side ----------------------------------------------------- */

struct rpc_handshake *rpc_handshake_server(const struct rpc_gate *gate,
                                           const struct rpc_nonce *nonce)
{
    struct rpc_handshake *h = xcalloc(1, sizeof(*h));

    h->stage = AWAITS_HELLO;
    h->gate = gate;
    h->nonce = *nonce;
    return h;
}

/* False if it is there and no text, or too long. */
static bool take_text(char to[RPC_NAME_MAX + 1], const msgpack_object *from)
{
    char *text;

    to[0] = '\0';
    if (from == NULL || from->type == MSGPACK_OBJECT_NIL)
        return true;
    text = unpack_text(from, RPC_NAME_MAX);
    if (text == NULL)
        return false;
    memcpy(to, text, strlen(text) + 1);
    free(text);
    return true;
}

static int other_protocol(const struct rpc_handshake *h,
                          const msgpack_object *hello, uint64_t protocol,
                          gale_err *error)
{
    char version[RPC_NAME_MAX + 1];

    if (!take_text(version, unpack_key(hello, "version")) || !version[0])
        memcpy(version, "?", 2);
    return error_set(error,
                     "this %s speaks protocol %u (gale %s), the client "
                     "protocol %llu (gale %s): use one version of gale on both "
                     "sides",
                     h->gate->who, RPC_PROTOCOL, GALE_VERSION,
                     (unsigned long long)protocol, version);
}

static int no_such_role(const msgpack_object *role, gale_err *error)
{
    gale_str name = unpack_str(role);

    return error_set(error,
                     "there is no role \"%.*s\", expected reader, worker, "
                     "supervisor, submitter or admin",
                     name.size > 32 ? 32 : (int)name.size,
                     name.data != NULL ? name.data : "");
}

static int take_worker(struct rpc_handshake *h, const msgpack_object *hello,
                       gale_err *error)
{
    uint64_t number = unpack_uint(unpack_key(hello, "worker"), UINT64_MAX);

    h->peer.birth = unpack_uint(unpack_key(hello, "birth"), UINT64_MAX);
    h->peer.number = (uint32_t)number;
    if (h->peer.topology[0] == '\0' || number > UINT32_MAX ||
        h->peer.birth == UINT64_MAX)
        return error_set(error,
                         "the hello of a worker has no topology, number and "
                         "birth in it");
    return 0;
}

/* Who it says that it is. */
static int take_hello(struct rpc_handshake *h, const msgpack_object *hello,
                      gale_err *error)
{
    uint64_t protocol = unpack_uint(unpack_key(hello, "gale"), UINT64_MAX);
    gale_str role = unpack_str(unpack_key(hello, "role"));

    if (protocol == UINT64_MAX)
        return error_set(error, "what it sends is no hello of gale's RPC");
    if (protocol != RPC_PROTOCOL)
        return other_protocol(h, hello, protocol, error);
    if (!token_role_of(role.data, role.size, &h->peer.role))
        return no_such_role(unpack_key(hello, "role"), error);
    if (unpack_str(unpack_key(hello, "nonce")).size != RPC_NONCE_BYTES ||
        !take_text(h->peer.name, unpack_key(hello, "name")) ||
        !take_text(h->peer.version, unpack_key(hello, "version")) ||
        !take_text(h->peer.topology, unpack_key(hello, "topology")))
        return error_set(error, "its hello has a wrong nonce, name, version "
                                "or topology");
    return h->peer.role == TOKEN_WORKER ? take_worker(h, hello, error) : 0;
}

static void find_key(struct rpc_handshake *h)
{
    struct token_worker worker = {h->peer.topology, h->peer.number,
                                  h->peer.birth};

    if (h->gate->token == NULL)
        return;
    h->key = h->peer.role == TOKEN_WORKER
                 ? token_worker_key(h->gate->token, &worker)
                 : token_role_key(h->gate->token, h->peer.role);
}

static int challenge(struct rpc_handshake *h, const msgpack_object *hello,
                     struct pack *out, gale_err *error)
{
    if (take_hello(h, hello, error) != 0)
        return -1;
    find_key(h);
    pack_map(out, 4);
    pack_key_uint(out, "gale", RPC_PROTOCOL);
    pack_key_text(out, "version", GALE_VERSION);
    pack_key_bytes(out, "nonce", h->nonce.bytes, RPC_NONCE_BYTES);
    pack_key_bool(out, "insecure", h->gate->token == NULL);
    h->challenge = digest_of_pack(out);
    h->stage = AWAITS_PROOF;
    return 0;
}

static int check_proof(const struct rpc_handshake *h,
                       const msgpack_object *given, gale_err *error)
{
    if (h->gate->token == NULL)
        return 0;
    if (given == NULL || given->type == MSGPACK_OBJECT_NIL)
        return error_set(error,
                         "this %s lets nobody in without the cluster's token, "
                         "and the client has gale.insecure set: give it the "
                         "token",
                         h->gate->who);
    if (!proves(h, given, "client"))
        return error_set(error,
                         "the client has another cluster token than this %s "
                         "(its proof of the role %s does not fit): copy the "
                         "token file of a nimbus",
                         h->gate->who, token_role_name(h->peer.role));
    return 0;
}

void rpc_handshake_refuse(struct pack *out, const char *why)
{
    pack_map(out, 1);
    pack_key_text(out, "refused", why);
}

static enum rpc_handshake_state servers_step(struct rpc_handshake *h,
                                             const msgpack_object *frame,
                                             struct pack *out, gale_err *error)
{
    if (h->stage == AWAITS_HELLO) {
        if (challenge(h, frame, out, error) == 0)
            return RPC_HANDSHAKE_GOES_ON;
    } else if (check_proof(h, unpack_key(frame, "proof"), error) == 0) {
        pack_proof(h, h->gate->token == NULL, "server", out);
        return RPC_HANDSHAKE_DONE;
    }
    rpc_handshake_refuse(out, error->text);
    return RPC_HANDSHAKE_REFUSED;
}

/* -- the client's side ----------------------------------------------------- */

static void pack_hello(const struct rpc_identity *me,
                       const struct rpc_nonce *nonce, struct pack *out)
{
    bool worker = me->role == TOKEN_WORKER;

    pack_map(out, worker ? 8 : 5);
    pack_key_uint(out, "gale", RPC_PROTOCOL);
    pack_key_text(out, "version", GALE_VERSION);
    pack_key_text(out, "role", token_role_name(me->role));
    pack_key_text(out, "name", me->name);
    pack_key_bytes(out, "nonce", nonce->bytes, RPC_NONCE_BYTES);
    if (!worker)
        return;
    pack_key_text(out, "topology", me->worker.topology);
    pack_key_uint(out, "worker", me->worker.number);
    pack_key_uint(out, "birth", me->worker.birth);
}

struct rpc_handshake *rpc_handshake_client(const struct rpc_identity *me,
                                           const struct rpc_nonce *nonce,
                                           struct pack *out)
{
    struct rpc_handshake *h = xcalloc(1, sizeof(*h));

    h->stage = AWAITS_CHALLENGE;
    h->insecure = me->insecure;
    h->key = me->insecure ? (struct digest){{0}} : me->key;
    pack_hello(me, nonce, out);
    h->hello = digest_of_pack(out);
    return h;
}

/* Whoever listens there has proved nothing, and what he says may be shown on a
 * terminal: nothing of it steers that. Up to a NUL byte. */
static void make_harmless(char *to, size_t room, gale_str from)
{
    size_t n = 0, size = strnlen(from.data, from.size);

    for (size_t i = 0, more; i < size; i += more) {
        uint32_t code;

        more = utf8_next(from.data + i, size - i, &code);
        if (n + (more > 0 ? more : 1) >= room)
            break;
        if (more == 0 || code < 0x20 || (code >= 0x7f && code <= 0x9f)) {
            to[n++] = '?';
            more = 1;
            continue;
        }
        memcpy(to + n, from.data + i, more);
        n += more;
    }
    to[n] = '\0';
}

/* The server says why, in its own words. */
static bool was_refused(const msgpack_object *frame, gale_err *error)
{
    gale_str text = unpack_str(unpack_key(frame, "refused"));
    char why[1000];

    if (text.data == NULL)
        return false;
    make_harmless(why, sizeof(why), text);
    if (why[0] == '\0')
        error_set(error, "what listens there refuses, and does not say why");
    else
        error_set(error, "%s", why);
    return true;
}

static int check_challenge(const struct rpc_handshake *h,
                           const msgpack_object *frame, gale_err *error)
{
    uint64_t protocol = unpack_uint(unpack_key(frame, "gale"), UINT64_MAX);
    gale_str given = unpack_str(unpack_key(frame, "version"));
    char version[RPC_NAME_MAX + 1] = "";

    if (protocol == UINT64_MAX)
        return error_set(error, "what listens there does not speak gale's RPC");
    if (given.data != NULL)
        make_harmless(version, sizeof(version), given);
    if (protocol != RPC_PROTOCOL)
        return error_set(error,
                         "what listens there speaks protocol %llu (gale %s), "
                         "this side protocol %u (gale %s): use one version of "
                         "gale on both sides",
                         (unsigned long long)protocol, version, RPC_PROTOCOL,
                         GALE_VERSION);
    if (unpack_str(unpack_key(frame, "nonce")).size != RPC_NONCE_BYTES)
        return error_set(error, "what listens there sends no challenge");
    if (!h->insecure && unpack_bool(unpack_key(frame, "insecure"), false))
        return error_set(error,
                         "what listens there has gale.insecure set and proves "
                         "nothing, while this side has a cluster token: set it "
                         "on both sides, or on none");
    return 0;
}

static enum rpc_handshake_state clients_step(struct rpc_handshake *h,
                                             const msgpack_object *frame,
                                             struct pack *out, gale_err *error)
{
    if (was_refused(frame, error))
        return RPC_HANDSHAKE_REFUSED;
    if (h->stage == AWAITS_CHALLENGE) {
        if (check_challenge(h, frame, error) != 0)
            return RPC_HANDSHAKE_REFUSED;
        pack_proof(h, h->insecure, "client", out);
        h->stage = AWAITS_SERVERS_PROOF;
        return RPC_HANDSHAKE_GOES_ON;
    }
    if (h->insecure || proves(h, unpack_key(frame, "proof"), "server"))
        return RPC_HANDSHAKE_DONE;
    error_set(error, "what listens there cannot prove that it has the "
                     "cluster's token: nothing is sent to it");
    return RPC_HANDSHAKE_REFUSED;
}

/* -- both ------------------------------------------------------------------ */

void rpc_handshake_free(struct rpc_handshake *h)
{
    if (h == NULL)
        return;
    digest_wipe(h, sizeof(*h));
    free(h);
}

static bool is_server(const struct rpc_handshake *h)
{
    return h->gate != NULL;
}

enum rpc_handshake_state rpc_handshake_step(struct rpc_handshake *h,
                                            const void *frame, size_t size,
                                            struct pack *out, gale_err *error)
{
    enum rpc_handshake_state state;
    struct unpacked u;

    if (h->stage == AWAITS_HELLO)
        h->hello = digest_of(frame, size);
    if (h->stage == AWAITS_CHALLENGE)
        h->challenge = digest_of(frame, size);
    if (unpack(&u, frame, size, limits, "a frame of the handshake", error) !=
        0) {
        if (is_server(h))
            rpc_handshake_refuse(out, error->text);
        return RPC_HANDSHAKE_REFUSED;
    }
    state = is_server(h) ? servers_step(h, u.root, out, error)
                         : clients_step(h, u.root, out, error);
    unpacked_free(&u);
    return state;
}

const struct rpc_peer *rpc_handshake_peer(const struct rpc_handshake *h)
{
    check(is_server(h));
    return &h->peer;
}
