/*
 * drain.h - is anything under way in the workers of a topology, and how they
 * are led to their end together.
 *
 * Workers report what they see of themselves. Reports are made at different
 * times, and while one travels, a tuple may go where somebody has just said
 * that he is quiet. So the leader asks in rounds: workers give back the number
 * of the round that they were asked for last, and the next round is asked for
 * when all have answered this one. If in two rounds, one after the other, all
 * are quiet, nothing is pending, and what was sent and what was received are
 * equal and the same in both, then nothing was under way in between: all
 * reports of the first round were made before it, all of the second one after
 * it (Mattern's method of four counters).
 *
 * How far a worker is, is one number, its stage, which only grows:
 *
 *     0         spouts emit, if the topology is active
 *     1         spouts rest, what is pending gets settled
 *     2 + k     bolts up to turn k had end_of_input; turns are components in
 *               topology order, the members of a cycle together
 *     2 + turns tasks close, then the worker ends
 *
 * Whoever has the lowest stage is led on by one when nothing is under way; the
 * others wait. So a worker that is replaced in the middle is led through all
 * turns, and nobody else through one again. What that means for bolts: one may
 * be executed after its end_of_input, with what a replaced one upstream still
 * had to say. If one worker closes as it was told, all turns were over: the
 * others close, too, also those that are replaced then.
 *
 * What is promised: when FINISHED begins, each tracked message is acked, and
 * what end_of_input emits is executed before the next turn follows. A worker
 * that is killed after that loses what its bolts had in memory, and what was on
 * its way to it of what end_of_input has emitted; its spouts do not emit again.
 *
 * Ignored are reports of another version of the assignment, and those that are
 * older than one that was taken: by round, and within a round by number. An
 * incarnation that is not known counts from the first round that it answers.
 *
 * Pure. Orders may get lost: DRAIN_TICK gives them again.
 */
#ifndef GALE_DRAIN_H
#define GALE_DRAIN_H

#include "topology-api/text_buffer.h"
#include <stdbool.h>
#include <stdint.h>

#define DRAIN_STAGE_RUN 0u
#define DRAIN_STAGE_STOP 1u
#define DRAIN_STAGE_TURN 2u /* of turn 0 */

enum drain_goal {
    DRAIN_NOTHING,
    DRAIN_WATCH, /* leads nobody: EXHAUSTED, when all input is done */
    DRAIN_STOP,  /* to stage 1, then DRAINED */
    DRAIN_END,   /* to the last stage, then ENDED */
};

struct drain_report {
    uint32_t worker;      /* its number */
    uint64_t version;     /* of the assignment by which it acts */
    uint64_t incarnation; /* of the process; not 0 */
    uint64_t number;      /* of its reports, growing */
    uint64_t round;       /* the highest that it was asked for; 0: none yet */
    uint32_t stage;       /* at which it is, or which it was told to reach */
    bool quiet;           /* all tasks are open, none runs, nothing waits */
    bool exhausted;       /* its spouts have no more; also if it has none */
    uint64_t pending;     /* messages that are neither acked nor failed */
    uint64_t sent, received; /* sums of link_sum() over open connections */
};

enum drain_event_kind {
    DRAIN_REPORT,   /* report */
    DRAIN_ENDED_IT, /* worker, incarnation: it has ended because it was told to
                       go to the last stage, says its supervisor, in each of
                       its reports; counts with the goal DRAIN_END alone */
    DRAIN_SET_GOAL, /* goal */
    DRAIN_ASSIGNED, /* another assignment: version, n_workers */
    DRAIN_TICK,     /* now and then, once a second or so */
};

struct drain_event {
    enum drain_event_kind kind;
    enum drain_goal goal;
    uint32_t worker;
    uint64_t incarnation;
    uint64_t version;
    uint32_t n_workers;
    const struct drain_report *report;
};

enum drain_action_kind {
    DRAIN_ORDER, /* tell the worker: the round to give back, and, if it is this
                    incarnation, to go to this stage, should it be lower. 0: of
                    a worker that was not heard yet, only the round */
    DRAIN_EXHAUSTED,
    DRAIN_DRAINED,
    DRAIN_ENDED,
};

struct drain_action {
    enum drain_action_kind kind;
    uint32_t worker;
    uint64_t incarnation;
    uint32_t stage;
    uint64_t round;
};

/* Zeroed at first; the list is freed by its owner. */
struct drain_actions {
    uint32_t n, room;
    struct drain_action *list;
};

struct drain_worker {
    bool heard;
    bool ended;
    uint32_t told; /* the stage to which it was sent */
    struct drain_report last;
};

struct drain {
    enum drain_goal goal;
    uint64_t version;
    uint32_t n_turns;
    uint32_t n_workers;
    struct drain_worker *workers;
    uint64_t round;
    bool asked; /* … for this round */
    bool still; /* in the round before this one all was still, with: */
    uint64_t sent, received;
    bool said; /* that the goal is reached */
};

/* first_round: higher than any that workers have heard of before, such as the
 * leader's epoch << 32; at least 1. */
void drain_init(struct drain *d, uint32_t n_turns, uint64_t first_round);
void drain_free(struct drain *d);

/* Empties the list of actions first. */
void drain_step(struct drain *d, const struct drain_event *event,
                struct drain_actions *actions);

/* What is given up if it ends now: "3 messages pending; worker 2 not heard";
 * false: nothing that is known. */
bool drain_given_up(const struct drain *d, char *text, size_t size);

#endif
