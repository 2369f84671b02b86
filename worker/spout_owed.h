/*
 * spout_owed.h - a spout's messages that failed: counted, and what becomes of
 * those that failed too often.
 *
 * Nothing is kept of a message that does not fail. One that failed is
 * remembered by its id (owed.h) until it is acked; `fail` tells the spout, as
 * always. When it has failed too often (letter_rule.h) it is dead: the spout is
 * told once more, and what it then emits under that id is the payload of a dead
 * letter and goes to no bolt. So no payload is ever kept, and a spout needs to
 * know nothing of this. The message is pending until the letter is kept; then
 * it is acked. If it cannot be kept, the message fails, and goes to the bolts
 * again before it is tried once more.
 *
 * On the task's carrier.
 */
#ifndef GALE_SPOUT_OWED_H
#define GALE_SPOUT_OWED_H

#include "worker/spout_task.h"
#include "worker/task_base.h"

/* What the spout emitted. */
struct payload {
    const struct stream_decl *stream;
    const gale_value *values;
    uint32_t n;
};

enum letter_is {
    LETTER_IS_DONE,      /* nobody keeps it: the message is acked */
    LETTER_IS_UNDER_WAY, /* the root is acked or fails when that is known */
    LETTER_IS_SENT,      /* the tree has it: a tuple for a bolt */
    LETTER_IS_UNKEPT,    /* it cannot be: the message fails */
};

/* The message has failed; takes the cause, which may be NULL. How often it has
 * by now. */
uint32_t spout_owes(struct task *t, const struct pending_entry *e,
                    struct cause *cause);

/* Of a message that was not settled in time; NULL if nobody asks. */
struct cause *spout_late(const struct task *t);

/* Whether the spout is told later, since the message failed again and again;
 * only while it could emit it again. */
bool spout_rests(struct task *t, gale_msgid id, uint32_t failures);
/* pause_timer.fire: tell it of those that have rested. */
void spout_rested(struct timer *timer, int64_t now);
/* Tell it of all of them, since it will emit nothing more for now. */
void spout_rests_no_more(struct task *t);

/* A message that was owed is acked. */
void spout_owed_acked(struct task *t, gale_msgid id);

/* It was given up. */
void spout_forgets(struct spout_part *sp, gale_msgid id);

/* A dead message is emitted again, as the root of this tree. */
enum letter_is spout_letter(struct task *t, const struct owed_message *m,
                            struct tree *tree, const struct payload *payload);

/* Of a spout without `fail`, which emits nothing again: what is known now is
 * all that can be kept. Takes the cause. */
void spout_letter_lost(struct task *t, gale_msgid id, struct cause *cause);

#endif
