/*
 * carriers.h - all carriers of a worker: those that executors share, behind
 * them one for each executor that says it blocks, and at last those of
 * executors that do so without a word (own_threads.h).
 */
#ifndef GALE_CARRIERS_H
#define GALE_CARRIERS_H

#include <gale/local.h>
#include <stdbool.h>
#include <stdint.h>

struct carrier;
struct component;
struct worker;

/* Whether its executors block, and have carriers of their own. */
bool carriers_own(const struct component *c);

/* n are shared. False if the system has no room for them, with the error. */
bool carriers_make(struct worker *w, uint32_t n, gale_err *error);
void carriers_free(struct worker *w);
/* False if no thread can be started. */
bool carriers_start(struct carrier *c);

/* One more, which runs, and has nothing to do yet; NULL and errno, ERANGE if
 * there may be no more. By a carrier, between two runs. */
struct carrier *carriers_add(struct carrier *by);

#endif
