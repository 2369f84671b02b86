/*
 * slot_run.h - a slot (slot.h) in a test: events in words, and what follows.
 *
 *     struct slot_run r = slot_run_new();
 *
 *     want(&r, run_a);
 *     expect(&r, "FETCH a", SLOT_FETCHING);
 *
 * The actions of a step are a text: TERM, KILL and ORDER with the pid, the
 * others with the first letter of the topology's id. Start takes at most 120 s,
 * reports come within 30 s, the grace is 3 s.
 */
#ifndef GALE_TESTS_SLOT_RUN_H
#define GALE_TESTS_SLOT_RUN_H

#include "tests/support/cmocka_all.h"
#include "supervisor/slot.h"

#define S INT64_C(1000000000)

extern const struct slot_wanted none, a, a_v2, a_idle, a_closing;
extern const struct slot_wanted a_again, b; /* other workers */

struct slot_run {
    struct slot slot;
    struct slot_actions actions;
    int64_t now;
    char said[256]; /* the actions of the last step */
};

struct slot_run slot_run_new(void);
/* Started with this pid, and has reported. */
struct slot_run slot_run_running(struct slot_wanted wanted, int pid);

void step(struct slot_run *r, struct slot_event event);
void want(struct slot_run *r, struct slot_wanted wanted);
void files(struct slot_run *r);
void started(struct slot_run *r, int pid);
void reported(struct slot_run *r, int pid);
void ended(struct slot_run *r, int pid, struct slot_end end, const char *text);
void exited(struct slot_run *r, int pid, int status);
void adopted(struct slot_run *r, int pid, struct slot_wanted as);
void run_until_started(struct slot_run *r, struct slot_wanted wanted, int pid);
/* As the timer would: at the time that it is due. */
void time_comes(struct slot_run *r);

#define expect(r, actions_, state_)                                            \
    do {                                                                       \
        assert_string_equal((r)->said, actions_);                              \
        assert_string_equal(slot_state_name((r)->slot.state),                  \
                            slot_state_name(state_));                          \
    } while (0)

#endif
