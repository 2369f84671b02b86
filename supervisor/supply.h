/*
 * supply.h - what a worker needs before it can start: the records of its
 * topology, its files in the store and in its directory. What the action
 * SLOT_FETCH asks for.
 *
 * Records come from ZooKeeper, files from any nimbus that has them. On the
 * loop's thread.
 */
#ifndef GALE_SUPPLY_H
#define GALE_SUPPLY_H

#include "common/assignment_record.h"
#include "common/store.h"
#include "common/topology_record.h"
#include "common/zookeeper.h"
#include "supervisor/file_source.h"
#include "supervisor/local_directory.h"

/* Where it comes from and goes to; all of it outlives supplies. */
struct supply_from {
    struct loop *loop;
    struct zookeeper *zookeeper;
    struct file_source_from files;
    struct store *store;
    const struct local_directory *local;
    const struct digest *records_key;
};

struct supply;

/*
 * Begins. done(arg, NULL): all is there, and the records can be asked; or with
 * a sentence: something is not. Then, or before, supply_free(). runs: the
 * worker has its files already, and only records are read.
 */
struct supply *supply_begin(const struct supply_from *from,
                            const struct slot_wanted *worker, bool runs,
                            void (*done)(void *arg, const char *failed),
                            void *arg);
/* Reads the assignment again, which shall be of this version or newer; done as
 * above. While the records are being read, that goes on, and is done once. */
void supply_renew(struct supply *s, uint64_t version);
void supply_free(struct supply *s); /* NULL is fine */

const struct topology_record *supply_topology(const struct supply *s);
/* Without workers until all records are read, the positions, too. */
const struct assignment_record *supply_assignment(const struct supply *s);
/* The version of its node: a write that checks it is made while it holds. */
int32_t supply_assignment_node(const struct supply *s);
/* Positions of the topology's spouts, as they were when it began. */
uint32_t supply_n_positions(const struct supply *s);
const char *supply_position(const struct supply *s, uint32_t i,
                            const void **data, size_t *size);

#endif
