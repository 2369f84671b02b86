/*
 * world_letters.h - what has come from a simulated ZooKeeper to a client and
 * waits for its loop. Private to world_zookeeper.c.
 */
#ifndef GALE_WORLD_LETTERS_H
#define GALE_WORLD_LETTERS_H

#include "common/zookeeper.h"

enum world_letter_kind {
    WORLD_LETTER_STATE,
    WORLD_LETTER_EVENT,
    WORLD_LETTER_ANSWER,
};

struct world_letter {
    struct world_letter *next;
    enum world_letter_kind kind;
    enum zookeeper_state state;
    int64_t session;                /* since then */
    uint64_t spot;                  /* of an EVENT */
    struct zookeeper_then then;     /* whose ANSWER */
    struct zookeeper_answer answer; /* with texts of its own */
};

/* In their order. */
struct world_letters {
    struct world_letter *first, **last;
};

struct world_letter *world_letter_state(enum zookeeper_state state,
                                        int64_t session);
struct world_letter *world_letter_event(uint64_t spot);
struct world_letter *world_letter_answer(struct zookeeper_then then,
                                         const struct zookeeper_answer *answer);
/* NULL is fine. */
void world_letter_free(struct world_letter *letter);

void world_letters_init(struct world_letters *letters);
void world_letters_put(struct world_letters *letters,
                       struct world_letter *letter);
/* NULL: there is none. */
struct world_letter *world_letters_take(struct world_letters *letters);
bool world_letters_none(const struct world_letters *letters);
void world_letters_drop(struct world_letters *letters);

#endif
