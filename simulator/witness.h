/*
 * witness.h - sees what happens in a worker, and keeps the books.
 *
 * It stands between the engine and the plugins: callbacks and host functions of
 * every task lead through it, and it sees each envelope before it is pushed.
 * Nothing of that is there in a run without a witness.
 *
 * All of it happens on one thread: the world is a simulated one.
 */
#ifndef GALE_WITNESS_H
#define GALE_WITNESS_H

#include "simulator/ledger.h"
#include "simulator/world.h"

struct envelope;
struct invariants;
struct network;
struct task;
struct witness;
struct worker;

/* What a note of the witness is about. */
enum witness_note_kind {
    WITNESS_NOTE_EXECUTE = WORLD_NOTE_OWN, /* task a, content b */
    WITNESS_NOTE_EMIT,                     /* task a, message b */
    WITNESS_NOTE_ACK,                      /* task a, id b */
    WITNESS_NOTE_FAIL,                     /* task a, id b */
    WITNESS_NOTE_RESET,                    /* task a begins anew */
    WITNESS_NOTE_FAULT,                    /* enum fault a, of host or link b */
};

/* The worker is wired, and nothing of it runs yet. batches: bolts that take
 * batches get them; else they get their tuples one by one. network: what goes
 * from one host to another goes through it; NULL: there is but one. */
struct witness *witness_new(struct worker *w, struct world *world,
                            struct ledger *ledger, struct network *network,
                            struct invariants *invariants, bool batches);

/* The network has lost the envelope, which nobody has executed. */
void witness_lost(struct witness *w, const struct envelope *env);

/* The task of which `next` or `execute` was called last, or to which a call was
 * posted; NULL: none yet. */
const struct task *witness_called(const struct witness *w);

/* The task of the bolt that was the last to fail an input; NULL: none has. */
const struct task *witness_failing(const struct witness *w);

/* After the worker. NULL is fine. */
void witness_free(struct witness *w);

#endif
