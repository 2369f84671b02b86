/*
 * adoption.h - what becomes of the workers that an earlier supervisor of this
 * machine has left behind.
 *
 * What was kept (kept_workers.h) names processes by number, start and the start
 * of the system; what the system says now shows whether such a process is still
 * that one. Only what is proven to be a worker of ours is touched. Pure.
 */
#ifndef GALE_ADOPTION_H
#define GALE_ADOPTION_H

#include "supervisor/kept_workers.h"

enum adoption_verdict {
    ADOPTION_IGNORE, /* there is no such worker any more */
    ADOPTION_ADOPT,  /* it goes on in its slot */
    ADOPTION_END,    /* it is one of ours that nobody wants: TERM, then KILL */
};

struct adoption {
    const struct kept_worker *worker;
    const struct env_process_facts *facts; /* about its pid, now */
    enum adoption_verdict verdict;         /* the answer, … */
    const char *why; /* … and a clause for the log; NULL: an entry before it is
                        about the same process, and says it */
};

/* What is known of the slots now. */
struct adoption_slot {
    uint16_t port;
    bool told; /* false: nobody has said yet what is wanted */
    struct slot_wanted wanted;
};

/*
 * Decides for each of n. `boot` is the start of the system. Of several that are
 * in one slot, the wanted one stays, else the one that was born last. Where two
 * entries are about one process, as each is in the state and in its own record,
 * the first counts.
 */
void adoption_decide(struct adoption *list, uint32_t n, const char *boot,
                     const struct adoption_slot *slots, uint32_t n_slots);

#endif
