/* greeting.c - hello, answer, proof, welcome; see greeting.h. */
#include "worker/greeting.h"
#include "common/check.h"
#include "topology-api/model.h"
#include <string.h>

#define MAGIC "gale link 2\n\0\0\0"
#define MAGIC_SIZE 16u

/* HELLO: magic, its number, ours, birth, incarnation, nonce. */
#define HELLO_SIZE (MAGIC_SIZE + 4 + 4 + 8 + 8 + GREETING_NONCE)
/* ANSWER: birth, incarnation, nonce, MAC. */
#define ANSWER_SIZE (8 + 8 + GREETING_NONCE + DIGEST_BYTES)
/* PROOF and WELCOME: verdict, MAC. */
#define VERDICT_SIZE (4 + DIGEST_BYTES)

_Static_assert(HELLO_SIZE <= GREETING_MAX && ANSWER_SIZE <= GREETING_MAX,
               "GREETING_MAX holds every message");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bytes of numbers");

/* -- what is said ---------------------------------------------------------- */

static void put(struct greeting_out *out, const void *data, uint32_t size)
{
    check(out->size + size <= GREETING_MAX);
    memcpy(out->bytes + out->size, data, size);
    out->size += size;
}

static void put_name(struct greeting_out *out, const struct greeting *g)
{
    put(out, &g->me.birth, 8);
    put(out, &g->me.incarnation, 8);
    put(out, g->nonce, GREETING_NONCE);
}

static void remember(struct greeting *g, const void *data, uint32_t size)
{
    check(g->said_size + size <= sizeof(g->said));
    memcpy(g->said + g->said_size, data, size);
    g->said_size += size;
}

/* Of all that was said so far: both sides have heard the same. */
static struct digest mac_of(const struct greeting *g)
{
    return digest_mac(&g->key, sizeof(g->key), g->said, g->said_size);
}

static void put_mac(struct greeting *g, struct greeting_out *out)
{
    struct digest mac;

    remember(g, out->bytes, out->size);
    mac = mac_of(g);
    put(out, mac.bytes, DIGEST_BYTES);
}

/* A message ends with a MAC over what is before it. */
static bool has_mac(struct greeting *g, const uint8_t *message, uint32_t size)
{
    struct digest mac, expected;

    remember(g, message, size - DIGEST_BYTES);
    expected = mac_of(g);
    memcpy(mac.bytes, message + size - DIGEST_BYTES, DIGEST_BYTES);
    return digest_equal(&mac, &expected);
}

uint64_t greeting_number(const struct greeting *g)
{
    struct digest digest = digest_of(g->said, g->said_size);
    uint64_t number;

    memcpy(&number, digest.bytes, sizeof(number));
    return number;
}

/* -- what is thought of it ------------------------------------------------- */

enum greeting_verdict greeting_verdict(uint64_t birth, uint64_t known)
{
    return birth < known   ? GREETING_STALE
           : birth > known ? GREETING_LATER
                           : GREETING_WELCOME;
}

static enum greeting_result over(struct greeting *g,
                                 enum greeting_result result)
{
    g->turn = GREETING_OVER;
    digest_wipe(&g->key, sizeof(g->key));
    return result;
}

static enum greeting_result wrong(struct greeting *g, gale_err *error,
                                  const char *why)
{
    error_set(error, "%s", why);
    return over(g, GREETING_WRONG);
}

#define NO_KEY                                                                 \
    "whoever speaks there does not have the key of this topology's assignment"

/* Ours of them, and theirs of us. */
static enum greeting_result judge(struct greeting *g,
                                  enum greeting_verdict ours, uint32_t theirs,
                                  gale_err *error)
{
    if (theirs == GREETING_STALE)
        return over(g, GREETING_REPLACED);
    if (theirs > GREETING_LATER)
        return wrong(g, error,
                     "it gives a verdict that this gale does not know");
    if (theirs != GREETING_WELCOME || ours != GREETING_WELCOME)
        return over(g, GREETING_REFUSED);
    return over(g, GREETING_IS_DONE);
}

/* -- the side that opens --------------------------------------------------- */

void greeting_open(struct greeting *g, const struct digest *key,
                   const struct greeting_name *me,
                   const struct greeting_name *to,
                   const uint8_t nonce[GREETING_NONCE],
                   struct greeting_out *out)
{
    memset(g, 0, sizeof(*g));
    g->key = *key;
    g->me = *me;
    g->peer = *to;
    memcpy(g->nonce, nonce, GREETING_NONCE);
    out->size = 0;
    put(out, MAGIC, MAGIC_SIZE);
    put(out, &me->number, 4);
    put(out, &to->number, 4);
    put_name(out, g);
    remember(g, out->bytes, out->size);
    g->turn = GREETING_AWAITS_ANSWER;
}

/* Its birth against what we were told; then what it says is what counts. */
static enum greeting_verdict meet(struct greeting *g, const uint8_t *name)
{
    uint64_t known = g->peer.birth;

    memcpy(&g->peer.birth, name, 8);
    memcpy(&g->peer.incarnation, name + 8, 8);
    return greeting_verdict(g->peer.birth, known);
}

static void say_verdict(struct greeting *g, enum greeting_verdict verdict,
                        struct greeting_out *out)
{
    uint32_t number = verdict;

    put(out, &number, 4);
    put_mac(g, out);
}

static enum greeting_result take_answer(struct greeting *g,
                                        const uint8_t *message,
                                        struct greeting_out *out,
                                        gale_err *error)
{
    enum greeting_verdict verdict;

    if (!has_mac(g, message, ANSWER_SIZE))
        return wrong(g, error, NO_KEY);
    verdict = meet(g, message);
    say_verdict(g, verdict, out);
    if (verdict != GREETING_WELCOME)
        return over(g, GREETING_REFUSED);
    g->turn = GREETING_AWAITS_WELCOME;
    return GREETING_GOES_ON;
}

static enum greeting_result take_welcome(struct greeting *g,
                                         const uint8_t *message,
                                         gale_err *error)
{
    uint32_t verdict;

    if (!has_mac(g, message, VERDICT_SIZE))
        return wrong(g, error, NO_KEY);
    memcpy(&verdict, message, 4);
    return judge(g, GREETING_WELCOME, verdict, error);
}

/* -- the side that is called ----------------------------------------------- */

void greeting_await(struct greeting *g, const struct digest *key,
                    const struct greeting_name *me,
                    const uint8_t nonce[GREETING_NONCE])
{
    memset(g, 0, sizeof(*g));
    g->key = *key;
    g->me = *me;
    memcpy(g->nonce, nonce, GREETING_NONCE);
    g->turn = GREETING_AWAITS_HELLO;
}

bool greeting_caller(const struct greeting *g, const uint8_t *hello,
                     uint32_t *number)
{
    uint32_t to;

    check(g->turn == GREETING_AWAITS_HELLO);
    memcpy(number, hello + MAGIC_SIZE, 4);
    memcpy(&to, hello + MAGIC_SIZE + 4, 4);
    return memcmp(hello, MAGIC, MAGIC_SIZE) == 0 && to == g->me.number;
}

void greeting_expect(struct greeting *g, uint64_t birth)
{
    g->peer.birth = birth;
}

/* What it says of itself is believed when it proves that it has the key. */
static enum greeting_result take_hello(struct greeting *g,
                                       const uint8_t *message,
                                       struct greeting_out *out,
                                       gale_err *error)
{
    if (!greeting_caller(g, message, &g->peer.number))
        return wrong(g, error, "it calls for somebody else");
    remember(g, message, HELLO_SIZE);
    put_name(out, g);
    put_mac(g, out);
    g->turn = GREETING_AWAITS_PROOF;
    return GREETING_GOES_ON;
}

static enum greeting_result take_proof(struct greeting *g,
                                       const uint8_t *message,
                                       struct greeting_out *out,
                                       gale_err *error)
{
    enum greeting_verdict verdict;
    uint32_t theirs;

    if (!has_mac(g, message, VERDICT_SIZE))
        return wrong(g, error, NO_KEY);
    memcpy(&theirs, message, 4);
    verdict = meet(g, g->said + MAGIC_SIZE + 8);
    if (theirs == GREETING_WELCOME)
        say_verdict(g, verdict, out);
    return judge(g, verdict, theirs, error);
}

/* -- both ------------------------------------------------------------------ */

uint32_t greeting_wants(const struct greeting *g)
{
    switch (g->turn) {
    case GREETING_AWAITS_HELLO:
        return HELLO_SIZE;
    case GREETING_AWAITS_ANSWER:
        return ANSWER_SIZE;
    case GREETING_AWAITS_PROOF:
    case GREETING_AWAITS_WELCOME:
        return VERDICT_SIZE;
    default:
        return 0;
    }
}

enum greeting_result greeting_take(struct greeting *g, const uint8_t *message,
                                   struct greeting_out *out, gale_err *error)
{
    out->size = 0;
    switch (g->turn) {
    case GREETING_AWAITS_HELLO:
        return take_hello(g, message, out, error);
    case GREETING_AWAITS_ANSWER:
        return take_answer(g, message, out, error);
    case GREETING_AWAITS_PROOF:
        return take_proof(g, message, out, error);
    case GREETING_AWAITS_WELCOME:
        return take_welcome(g, message, error);
    default:
        return wrong(g, error, "it goes on after the end of the greeting");
    }
}
