/*
 * blame.h - who keeps a run from its end, as far as that can be seen: bolts
 * that hold inputs, the bolt that fails them, messages that are not acked,
 * spouts that are not exhausted and what they wait for.
 *
 * Looks at the worker as it is, from the thread of the world.
 */
#ifndef GALE_BLAME_H
#define GALE_BLAME_H

#include <stddef.h>

struct task;
struct worker;

/* Appends to the text of `size` bytes, each after "; "; nothing if nobody is to
 * blame. failing: the bolt's task that has failed inputs of late, or NULL. */
void blame_put(const struct worker *w, const struct task *failing, char *text,
               size_t size);

#endif
