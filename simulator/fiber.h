/*
 * fiber.h - threads that take turns: a stack each, and one of them runs.
 *
 * What a simulated thread is made of. A switch saves the registers of one fiber
 * and goes on where another one was; nothing else happens, so whoever switches
 * decides alone which thread runs when.
 *
 * All fibers of a set belong to one thread of the system.
 */
#ifndef GALE_FIBER_H
#define GALE_FIBER_H

struct fiber;

/* The calling thread itself, on the stack that it has. */
struct fiber *fiber_adopt(void);

/* One that will call run(arg) when it is switched to first, on a stack of 8 MB
 * of its own; run() must not return, but switch away for good. */
struct fiber *fiber_new(void (*run)(void *arg), void *arg);

/* Not of the one that runs, unless it was adopted. NULL is fine. */
void fiber_free(struct fiber *f);

/* Goes on with `to`, until somebody switches to `from`, the caller. */
void fiber_switch(struct fiber *from, struct fiber *to);

#endif
