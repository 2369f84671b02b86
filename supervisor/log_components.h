/*
 * log_components.h - which components a worker had, kept beside its log: who
 * looks for what a component has written finds it also when the topology runs
 * nowhere any more.
 *
 * A file "components", a list of ids in MessagePack, written at each start of
 * the worker.
 * Nothing else depends on it.
 */
#ifndef GALE_LOG_COMPONENTS_H
#define GALE_LOG_COMPONENTS_H

#include "common/assignment_record.h"
#include "common/topology_record.h"
#include "supervisor/local_directory.h"

/* Those that the assignment gives it. 0; or -1 and errno: it is not known
 * then. */
int log_components_keep(const struct local_directory *d,
                        const struct slot_wanted *worker,
                        const struct topology_record *t,
                        const struct assignment_record *a);

/* Whether it had this one, as far as that is known. */
bool log_components_has(const struct local_directory *d,
                        const struct slot_wanted *worker, const char *id);

#endif
