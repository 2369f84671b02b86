/*
 * watchdog.h - names an executor that is in one call for longer than
 * gale.worker.hang.secs, with the stack of its thread.
 *
 * The control thread looks, four times in that time. The log gets the
 * stack, the task an error, and reports of the worker say it as long as it
 * lasts. A call cannot be ended by anybody, but the process can: that is done
 * after gale.worker.hang.restart.secs, if somebody has asked for it.
 * Not in a simulated world, in which a call takes no time.
 */
#ifndef GALE_WATCHDOG_H
#define GALE_WATCHDOG_H

#include <stdint.h>

struct watchdog;
struct worker;

/* NULL if nobody is to look. */
struct watchdog *watchdog_new(struct worker *w);
void watchdog_free(struct watchdog *d);

/* Look, if it is time to; when to come again, INT64_MAX for NULL. */
int64_t watchdog_look(struct watchdog *d);

#endif
