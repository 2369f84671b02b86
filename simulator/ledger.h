/*
 * ledger.h - the books of a run: what was sent, executed and settled, and what
 * must be true of it.
 *
 *     L  a message is acked only when every tuple of its tree was executed and
 *        acked; each ends once; in the end none is open
 *     D  no tuple is executed twice; of a spout that keeps positions, a message
 *        that was acked is emitted again only when the spout began anew, and
 *        only if it lies behind the saved position that it went on from
 *     O  what one task sends another is executed in the order of sending
 *     K  a key goes to one task
 *
 * The books are kept apart from the engine's: a message has a count of its
 * open tuples, and not a sum of edges. Who keeps them (witness.c) tells what
 * happens, in the order in which it does. The first thing that must not be is
 * kept as a sentence; what comes after it means nothing.
 *
 * Pure.
 */
#ifndef GALE_LEDGER_H
#define GALE_LEDGER_H

#include <gale/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct ledger;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *l);

/* The spout task has emitted the message; root names its tree, once in a run.
 * Some of its tuples may be on their way already. */
void ledger_message(struct ledger *l, int32_t task, gale_msgid id,
                    uint64_t root);

/* One of the id was emitted, and the spout has not heard what became of it. */
bool ledger_is_open(const struct ledger *l, int32_t task, gale_msgid id);

/* A tuple is on its way, and part of these trees. The number tells it from all
 * others that are under way. */
void ledger_sent(struct ledger *l, int32_t from, int32_t to, uint64_t tuple,
                 const uint64_t *roots, uint32_t n);

/* The consumer has begun to execute it. */
void ledger_executed(struct ledger *l, int32_t from, int32_t to,
                     uint64_t tuple);

/* The consumer has acked it. */
void ledger_done(struct ledger *l, const uint64_t *roots, uint32_t n);

/* The spout hears of it. */
void ledger_acked(struct ledger *l, int32_t task, gale_msgid id);
void ledger_failed(struct ledger *l, int32_t task, gale_msgid id);

/* A tuple of a stream that is grouped by fields goes to the task. stream: of
 * which subscription; key: a hash. */
void ledger_key(struct ledger *l, uint64_t stream, uint64_t key, int32_t task);

/* The tuple is lost on its way, and nobody executes it. */
void ledger_lost(struct ledger *l, int32_t from, int32_t to, uint64_t tuple);

/* The spout will not emit the failed message again. */
void ledger_give_up(struct ledger *l, int32_t task, gale_msgid id);

/* The spout task begins anew: of what it has not heard of it will not hear any
 * more, and has to emit it again. */
void ledger_abandon(struct ledger *l, int32_t task);

/* The spout task has set a position; it goes by a hash of split and bytes. */
void ledger_position(struct ledger *l, int32_t task, uint64_t position);

/* … has been opened again, and goes on from these, one per split. */
void ledger_go_on(struct ledger *l, int32_t task, const uint64_t *positions,
                  uint32_t n);

/* What others have found. */
void ledger_break(struct ledger *l, const char *format, ...) GALE_PRINTF(2, 3);

/* The run is complete: is nothing left? Each message that was abandoned must
 * have been emitted again. */
void ledger_complete(struct ledger *l);

/* Call fn as soon as something is found that must not be; it need not
 * return. */
void ledger_tell(struct ledger *l, void (*fn)(void *arg), void *arg);

/* NULL while all is well. */
const char *ledger_violation(const struct ledger *l);

struct ledger_counts {
    uint64_t messages, acked, failed; /* of spouts */
    uint64_t fresh;                   /* … and not one that failed, again */
    uint64_t abandoned;               /* … by a task that began anew */
    uint64_t again;   /* acked, and so was one of its id in an earlier life */
    uint64_t dropped; /* … failed, and neither came again nor were given up */
    uint64_t sent, executed, lost; /* tuples */
};

struct ledger_counts ledger_counts(const struct ledger *l);

#endif
