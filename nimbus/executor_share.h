/*
 * executor_share.h - which executors each worker of a topology has.
 *
 * Each component's executors are shared evenly (workers differ by at most one),
 * and so are all together. Who has an executor keeps it as far as that allows.
 */
#ifndef GALE_EXECUTOR_SHARE_H
#define GALE_EXECUTOR_SHARE_H

#include "common/assignment_record.h"
#include "common/topology_record.h"

/* At most as many as there are executors. */
uint32_t executor_share_workers(const struct topology_record *t);

/*
 * The ranges of workers 0 … n_workers - 1, which have none before. present:
 * what they have until now; NULL: nothing.
 */
void executor_share(const struct topology_record *t,
                    const struct assignment_record *present, uint32_t n_workers,
                    struct assigned_worker *workers);

#endif
