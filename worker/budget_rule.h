/*
 * budget_rule.h - when memory for tuples is tight, and when it is not any more.
 * Pure.
 *
 * Of a limit L, pools keep at most L/4 for good, whatever is under way; what is
 * taken beyond goes back to the system when it is free. So what is used above
 * L/4 is under way. At 3/4 L it is tight: spouts wait. They go on when less
 * than L/2 is used, which comes as soon as enough of what is under way is
 * executed. The last quarter is for what is emitted until they have stopped,
 * and for what bolts make of what is under way.
 */
#ifndef GALE_BUDGET_RULE_H
#define GALE_BUDGET_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define BUDGET_UNLIMITED UINT64_MAX
#define BUDGET_PATIENCE_NS 1000000000

enum budget_state {
    BUDGET_PLENTY,
    BUDGET_TIGHT,  /* spouts wait */
    BUDGET_LENT,   /* it is tight, and they go on, or nothing would */
    BUDGET_PASSED, /* more than the limit was used: for good */
};

/* Bytes that are used. */
struct budget_marks {
    uint64_t pooled; /* what pools keep at most */
    uint64_t go_on;  /* below: plenty */
    uint64_t wait;   /* from here on: tight */
    uint64_t limit;
};

static inline struct budget_marks budget_marks_for(uint64_t limit)
{
    if (limit == BUDGET_UNLIMITED)
        return (struct budget_marks){limit, limit, limit, limit};
    return (struct budget_marks){limit / 4, limit / 2, limit - limit / 4,
                                 limit};
}

/* In between it stays as it was. */
static inline enum budget_state budget_next(enum budget_state is, uint64_t used,
                                            const struct budget_marks *m)
{
    if (is == BUDGET_PASSED || used > m->limit)
        return BUDGET_PASSED;
    if (used < m->go_on)
        return BUDGET_PLENTY;
    return is == BUDGET_PLENTY && used >= m->wait ? BUDGET_TIGHT : is;
}

/* What is seen while spouts wait. */
struct budget_look {
    bool queued;       /* a tuple waits for its executor, or is executed */
    uint64_t executed; /* tuples so far */
    uint64_t used;     /* bytes */
};

/* Since when nothing has changed; all zero: it was not looked at. */
struct budget_patience {
    bool began;
    int64_t since;
    struct budget_look seen;
};

/*
 * True if waiting is in vain: for BUDGET_PATIENCE_NS nothing was executed,
 * nothing waits, and nothing came back. What is used lies in blocks then that
 * executors have begun and will write into when they have something to write.
 */
static inline bool budget_waits_in_vain(struct budget_patience *p,
                                        struct budget_look look, int64_t now)
{
    if (!p->began || look.queued || look.executed != p->seen.executed ||
        look.used != p->seen.used) {
        *p = (struct budget_patience){true, now, look};
        return false;
    }
    return now - p->since >= BUDGET_PATIENCE_NS;
}

#endif
