/*
 * failed_starts.h - workers whose starts fail, and where; for liveness.c.
 */
#ifndef GALE_FAILED_STARTS_H
#define GALE_FAILED_STARTS_H

#include "nimbus/live_table.h"

/* True if this makes it one that is to go elsewhere, or does so again. */
bool failed_starts_hear(struct live_worker *w, const struct worker_news *news,
                        int64_t now_ns);

/* Its supervisor is marked for its topology from now on. */
void failed_starts_mark(struct liveness *l, const struct live_worker *w,
                        const char *why, int64_t now_ns);

/* All marks of a topology. */
void failed_starts_forget(struct liveness *l, const char *topology);

#endif
