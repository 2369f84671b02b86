/*
 * reign_world.h - one leadership (reign.h) over ZooKeeper in memory, for tests
 * of what it makes of records and of calls. There is one at a time.
 */
#ifndef TESTS_REIGN_WORLD_H
#define TESTS_REIGN_WORLD_H

#include "common/rpc_dispatch.h"
#include "common/topology_record.h"
#include "nimbus/reign.h"
#include "tests/support/memory_world.h"
#include <stdio.h>

#define SUPERVISOR "4f2a"

struct reign_world {
    struct memory_world memory;
    struct reign *reign;
    struct rpc_dispatch client; /* who calls */
    char answer[2000];          /* the latest, "": none */
    uint32_t n_fenced;
    FILE *log_file;
    char *logged; /* all that was, when log_file was flushed */
};

extern struct reign_world reign_world;
extern const struct digest reign_world_key; /* of records */

/* Of cmocka. */
int reign_world_begin(void **state);
int reign_world_end(void **state);
/* In place of the first: it leads, and "a-1-9" is active. */
int reign_world_begin_active(void **state);

/* It begins to lead; … */
void reign_world_begins(void);
/* … and has read what there is. */
void reign_world_leads(void);

/* A call of a client, whose answer comes at once or later. */
void reign_world_call(const char *method, const char *name);
void reign_world_call_with(const char *method, const struct pack *p);
/* It has this text in it. */
void reign_world_expect(const char *part);

/* The connection by which supervisors report. What the leader says on it comes
 * to rpc_link_notify() of the test. */
extern struct rpc_link *const reign_world_link;
/* What a supervisor says of its only worker; NULL: it has none. */
void reign_world_report(const char *supervisor, const struct pack *worker);
/* It says that it was told to end. */
void reign_world_report_end(const char *supervisor);

/* -- what is there, as the leader before would have written it ------------- */

/* damaged: one byte is another. Empties p. */
void reign_world_put(const char *path, struct pack *p, bool damaged);
/* "a-1-9", of one component, "c0". */
void reign_world_sample(struct topology_record *t, enum topology_status status);
void reign_world_put_record(const struct topology_record *t, const char *at,
                            bool damaged);
/* Of one worker that runs on the supervisor's port 6700. */
void reign_world_put_assignment(const struct topology_record *t, const char *at,
                                bool damaged);
/* An active one, all of it. */
void reign_world_put_topology(const char *at, bool bad_record,
                              bool bad_assignment);

bool reign_world_ends_with(const char *path, const char *end);
/* All of its nodes. */
void reign_world_untouched(const char *id);

#endif
