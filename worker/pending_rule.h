/*
 * pending_rule.h - how many messages a spout task may have under way where
 * nobody has set topology.max.spout.pending.
 *
 * Too few leave the bolts idle, too many only wait in queues. Which number is
 * right depends on what the bolts do, so the rule tries: it looks at a window
 * in which the spout had to wait for room, changes the limit by a step, and
 * keeps the step if the next window says that it was worth it.
 *
 *   - Nothing was settled: somebody gathers more before he acks. Twice as many.
 *   - In time: more; kept if more came to be settled. At first four times as
 *     many, as in the slow start of TCP, kept if that settles more nearly in
 *     proportion: the right number may be a hundred times as large.
 *   - Late, one in a hundred took longer than the target: fewer; kept if no
 *     less came to be settled, for then they had only waited. Otherwise the
 *     bolts themselves take that long, and more are tried, kept if they settle
 *     more nearly in proportion, that is without waiting longer.
 *   - A step that was not worth it is taken back, and the next one is tried
 *     after a while.
 *
 * That is hill climbing, as in TCP Vegas and in the gradient limits of services
 * (by Little's law, pending = rate x latency), with the latency as a bound.
 * Pure.
 */
#ifndef GALE_WORKER_PENDING_RULE_H
#define GALE_WORKER_PENDING_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define PENDING_RULE_START 8192u
#define PENDING_RULE_LEAST 64u
#define PENDING_RULE_WINDOW_NS 50000000
#define PENDING_RULE_WINDOW_MAX_NS 1000000000 /* for so few that … */
#define PENDING_RULE_FEW 100u                 /* … a window says little */
#define PENDING_RULE_FIRST_NS 200000000       /* to the first ack of all */
#define PENDING_RULE_REST 20u /* windows after a step that was taken back */

enum pending_step { PENDING_STAYS, PENDING_MORE, PENDING_FEWER };

struct pending_rule {
    uint32_t limit;
    uint32_t most;
    uint32_t before;        /* the limit before the step that is on trial */
    enum pending_step step; /* on trial */
    bool inherent;          /* fewer did settle less: it is not the queues */
    bool late;              /* as the last window was */
    bool began;             /* something was settled once */
    bool found;             /* a step was not worth it, or too many: near */
    uint32_t rest;          /* windows to go until the next step */
    double rate;            /* settled per ns: what the step is measured by */
};

/* What came of a window in which the spout had to wait for room. */
struct pending_window {
    uint64_t settled;
    uint64_t late; /* of them, longer under way than the target */
    int64_t ns;    /* > 0 */
};

void pending_rule_init(struct pending_rule *r, uint32_t most);
/* Is the window long enough to be looked at? If not: again after
 * PENDING_RULE_WINDOW_NS. */
bool pending_rule_over(const struct pending_rule *r,
                       const struct pending_window *w);
void pending_rule_look(struct pending_rule *r, const struct pending_window *w);

#endif
