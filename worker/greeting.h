/*
 * greeting.h - how two workers find out that they mean each other, before the
 * first frame. Pure: bytes come in, bytes and a verdict go out.
 *
 *     opens                                 is called
 *       HELLO    names, nonce        ───▶
 *                                    ◀───   ANSWER   names, nonce, MAC
 *       PROOF    verdict, MAC        ───▶
 *                                    ◀───   WELCOME  verdict, MAC
 *
 * Every MAC is made with the key of the topology over all that was said before
 * it, so nobody who lacks the key is believed anything, and nothing of an
 * earlier greeting is of use. A verdict says what one thinks of the other's
 * birth: it has been replaced, or it is newer than what the one was told so
 * far.
 *
 * All numbers are little-endian; every message has a size of its own.
 */
#ifndef GALE_GREETING_H
#define GALE_GREETING_H

#include "common/digest.h"
#include <gale/local.h>

#define GREETING_NONCE 32u
#define GREETING_MAX 128u /* bytes of any message */

enum greeting_verdict {
    GREETING_WELCOME = 0,
    GREETING_STALE = 1, /* the other was replaced: it ends */
    GREETING_LATER =
        2, /* the other is newer than what we know: it tries again */
};

/* A worker: its number, the birth of its place, and its process. */
struct greeting_name {
    uint32_t number;
    uint64_t birth;
    uint64_t incarnation;
};

enum greeting_turn {
    GREETING_AWAITS_HELLO,
    GREETING_AWAITS_ANSWER,
    GREETING_AWAITS_PROOF,
    GREETING_AWAITS_WELCOME,
    GREETING_OVER
};

struct greeting {
    enum greeting_turn turn;
    struct digest key;
    struct greeting_name me;
    struct greeting_name peer; /* its birth: as we were told, until it says so
                                  itself */
    uint8_t nonce[GREETING_NONCE];
    uint32_t said_size; /* all that was said so far */
    uint8_t said[4 * GREETING_MAX];
};

enum greeting_result {
    GREETING_GOES_ON,  /* what is in `out` is to be sent */
    GREETING_IS_DONE,  /* the same, and frames may follow */
    GREETING_REPLACED, /* the other side knows of somebody newer in our place */
    GREETING_REFUSED,  /* try again later; `out`, if anything, is to be sent */
    GREETING_WRONG, /* it does not have the key, or speaks of others: error */
};

/* What goes out. */
struct greeting_out {
    uint32_t size;
    uint8_t bytes[GREETING_MAX];
};

/* The side that opens, to the worker `to`; out: its HELLO. */
void greeting_open(struct greeting *g, const struct digest *key,
                   const struct greeting_name *me,
                   const struct greeting_name *to,
                   const uint8_t nonce[GREETING_NONCE],
                   struct greeting_out *out);

/* The side that is called. */
void greeting_await(struct greeting *g, const struct digest *key,
                    const struct greeting_name *me,
                    const uint8_t nonce[GREETING_NONCE]);

/* Bytes of the message that comes next. */
uint32_t greeting_wants(const struct greeting *g);

/* Who says that it has called, once its HELLO has come; false: that was no
 * HELLO for us. Its birth, as we were told, is to be set by greeting_expect()
 * before the HELLO is taken. */
bool greeting_caller(const struct greeting *g, const uint8_t *hello,
                     uint32_t *number);
void greeting_expect(struct greeting *g, uint64_t birth);

/* The next message, all greeting_wants() bytes of it. */
enum greeting_result greeting_take(struct greeting *g, const uint8_t *message,
                                   struct greeting_out *out, gale_err *error);

/* Of one that is done: a number of random bits that both sides have, and that
 * no other connection has. */
uint64_t greeting_number(const struct greeting *g);

/* What one thinks of another's birth. */
enum greeting_verdict greeting_verdict(uint64_t birth, uint64_t known);

#endif
