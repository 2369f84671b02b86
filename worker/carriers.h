/*
 * carriers.h - all carriers of a worker: those that executors share, and behind
 * them one for each executor that blocks.
 */
#ifndef GALE_CARRIERS_H
#define GALE_CARRIERS_H

#include <gale/local.h>
#include <stdbool.h>
#include <stdint.h>

struct component;
struct worker;

/* Whether its executors block, and have carriers of their own. */
bool carriers_own(const struct component *c);

/* n are shared. False if the system has no room for them, with the error. */
bool carriers_make(struct worker *w, uint32_t n, gale_err *error);
void carriers_free(struct worker *w);

#endif
