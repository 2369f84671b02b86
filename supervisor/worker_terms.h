/*
 * worker_terms.h - how long a worker may be silent and how much it may have: by
 * the machine's configuration, and by that of its topology. Pure.
 */
#ifndef GALE_WORKER_TERMS_H
#define GALE_WORKER_TERMS_H

#include "common/daemon_config.h"
#include "supervisor/cgroup_plan.h"
#include "supervisor/slot.h"

struct worker_terms {
    struct slot_times times;
    struct cgroup_limits limits;
};

/* Of a topology that says nothing. */
struct worker_terms worker_terms_usual(const struct daemon_config *config);

/*
 * Of the topology with this description and with what rebalances have set
 * (KEY=VALUE lines, or NULL). It may only have its workers be silent for
 * longer, up to worker.max.timeout.secs, and only take less memory. 0, or -1
 * with the error, and *terms is the usual.
 */
int worker_terms_of(struct worker_terms *terms,
                    const struct daemon_config *config, const void *description,
                    size_t size, const char *conf, gale_err *error);

#endif
