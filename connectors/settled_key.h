/*
 * settled_key.h - up to which key a table can be read without leaving rows out.
 *
 * Keys grow in the order in which transactions begin to write, and rows are
 * seen in the order in which these end: row 8 may be there before row 7. So a
 * key counts only when it was the largest some time ago; what is still open
 * then has had that long to end. Pure.
 */
#ifndef CONNECTORS_SETTLED_KEY_H
#define CONNECTORS_SETTLED_KEY_H

#include <stdbool.h>
#include <stdint.h>

/* Starts zeroed, but for settle, in the unit of `now`. */
struct settled_key {
    int64_t settle;
    bool seen, known;      /* seen: there is a newest; known: a key */
    int64_t newest, since; /* largest key, and when it was that */
    int64_t key;           /* settled */
};

/* The largest key is that now. True if some key is settled: s->key, and what is
 * at most that. It comes settle to twice settle later, if it is looked at often
 * enough. */
bool settled_key_look(struct settled_key *s, int64_t largest, int64_t now);

#endif
