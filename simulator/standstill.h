/*
 * standstill.h - a run that does not come to a point any more: a loop without
 * an end, in a plugin or in the engine.
 *
 * The one thread of the world is in it, so nobody else can see it. A signal
 * looks at the world's clock after each second of the processor's time that the
 * process uses; where nothing is done, none comes, and it costs nothing.
 */
#ifndef GALE_STANDSTILL_H
#define GALE_STANDSTILL_H

struct world;

enum { STANDSTILL_S = 10 }; /* of the processor's time, on a clock that rests */

/* found: called in a handler of the signal, in the midst of what goes round.
 * One world of a process at a time. */
void standstill_watch(const struct world *w, void (*found)(void *arg),
                      void *arg);
void standstill_end(void);

#endif
