/*
 * reigning.h - a reign (nimbus/reign.h) over ZooKeeper in memory, what a leader
 * before it has written, and a client that calls its methods. One at a time.
 */
#ifndef GALE_TEST_REIGNING_H
#define GALE_TEST_REIGNING_H

#include "common/topology_record.h"
#include "nimbus/reign.h"
#include "tests/support/memory_world.h"

#define REIGNING_SUPERVISOR "4f2a"
#define REIGNING_COMPONENT "c0" /* the only one of "a" */

struct reigning {
    struct memory_world world;
    struct reign *reign; /* NULL: none, or it was fenced */
    uint32_t n_fenced;
    char answer[2000]; /* the latest, with its texts as they are; "": none */
};

extern struct reigning reigning;
extern const struct digest reigning_key; /* of records */

int reigning_setup(void **state);
int reigning_teardown(void **state);

/* "a", of one worker that runs on the supervisor's port 6700, with its records
 * below `at`; bad_…: one byte of that one is another. */
void reigning_put_topology(const char *at, enum topology_status status,
                           bool bad_record, bool bad_assignment);
/* As the leader before would have written it; p is empty then. damaged: one
 * byte is another. */
void reigning_put(const char *path, struct pack *p, bool damaged);
/* It begins, and has read what there is. */
void reigning_begin(void);

/* A command of a client, whose answer comes at once or later. */
void reigning_call(const char *method, const char *name);
void reigning_expect(const char *part); /* of the answer */

/* Whether a node is there in this version, as " v0". */
bool reigning_has(const char *path, const char *version);
void reigning_expect_untouched(const char *id);

#endif
