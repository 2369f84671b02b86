/*
 * zookeeper_letter.h - a request to an ensemble in memory, and its answer.
 */
#ifndef GALE_ZOOKEEPER_LETTER_H
#define GALE_ZOOKEEPER_LETTER_H

#include "common/zookeeper_tree.h"

struct zookeeper_member;

enum zookeeper_step {
    ZOOKEEPER_TO_ENSEMBLE, /* a request, … */
    ZOOKEEPER_TO_CLIENT,   /* … its answer, … */
    ZOOKEEPER_LOST_LETTER, /* … one of them that never comes, … */
    ZOOKEEPER_REFUSED,     /* … what was not sent */
    ZOOKEEPER_EVENT,       /* a watched node has changed */
    ZOOKEEPER_BREAK,       /* the client notices that its connection is gone */
    ZOOKEEPER_CONNECT,     /* it reaches the ensemble */
};

struct zookeeper_letter {
    struct zookeeper_letter *next, *before; /* before: while it is on its way */
    int64_t at;
    enum zookeeper_step step;
    struct zookeeper_member *member; /* who asks, or is told */
    uint64_t connection;             /* on which */
    int64_t deadline;
    uint64_t spot; /* of an EVENT */

    enum zookeeper_kind kind;
    struct zookeeper_then then;
    uint32_t n_writes;
    struct zookeeper_write *writes; /* with texts of its own */
    char *path;                     /* of a read, or of what was created */
    struct zookeeper_answer answer;
    char *data;
    const char **children;
};

/* With copies of everything in it. */
struct zookeeper_letter *zookeeper_letter_new(
    const struct zookeeper_request *request);
void zookeeper_letter_free(struct zookeeper_letter *letter);

bool zookeeper_letter_asks(const struct zookeeper_letter *letter);

/* What the ensemble makes of it. */
void zookeeper_letter_carry_out(struct zookeeper_letter *letter,
                                struct zookeeper_tree *tree, int64_t session);

/* It gets no answer: AWAY or UNKNOWN. */
void zookeeper_letter_lost(struct zookeeper_letter *letter);

#endif
