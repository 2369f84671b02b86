/*
 * quiet.h - whether a worker still has something to do: sums of what carriers
 * and tasks keep. The control thread's.
 */
#ifndef GALE_QUIET_H
#define GALE_QUIET_H

#include "worker/worker.h"

/* Nobody runs, nothing is under way, all messages are answered. */
bool quiet_now(struct worker *w);

/* All spouts are. */
bool quiet_exhausted(struct worker *w);

/* Messages that are neither acked nor failed, as far as their spouts were
 * told. */
uint64_t quiet_pending(struct worker *w);

/* A position of a spout can become durable, and is not saved. */
bool quiet_unsaved(struct worker *w);

/* Tuples so far. */
uint64_t quiet_executed(struct worker *w);

/* Quiet, exhausted and nothing pending, all of it at one time: nobody has woken
 * up while we looked. */
bool quiet_complete(struct worker *w);

#endif
