/*
 * cluster_strays.h - all processes of a cluster by what they say of themselves,
 * whether somebody has written them down or not: by their commands, by the mark
 * of its workers (worker_mark.h), and what one of these has started. So those
 * are found, too, whose directory somebody has removed while they ran.
 */
#ifndef GALE_CLUSTER_STRAYS_H
#define GALE_CLUSTER_STRAYS_H

#include "cli/cluster_home.h"
#include "common/loop.h"

/* Who would be started again by another, or has another's log open, goes after
 * that one. */
enum cluster_stray {
    CLUSTER_STRAY_SUPERVISOR,
    CLUSTER_STRAY_WORKER,
    CLUSTER_STRAY_STARTED, /* by a worker; killed at once */
    CLUSTER_STRAY_OTHER,   /* nimbuses, ZooKeeper, writers of logs */
    N_CLUSTER_STRAYS
};

enum { CLUSTER_STRAYS_TEXT = 128 };

/* All zero but for loop and path, which is absolute. */
struct cluster_strays {
    struct loop *loop;
    const char *path;
    uint32_t n;
    struct env_process_id *list;
};

/* Those that run now come to those that were found before: who is a child of a
 * supervisor's is nobody's when that has ended. */
void cluster_strays_find(struct cluster_strays *s);

/* Of those that were found, the ones of that kind are ended; how many. */
uint32_t cluster_strays_end(const struct cluster_strays *s,
                            enum cluster_stray kind);

/* How many of those that were found run, and which, as in "4711, 4712, …". */
uint32_t cluster_strays_left(const struct cluster_strays *s,
                             char text[CLUSTER_STRAYS_TEXT]);

void cluster_strays_free(struct cluster_strays *s);

/* Whether it is one: by its command and its mark, as
 * env->ops->processes->look() has them. Pure. */
bool cluster_strays_is_one(const struct env_process_facts *facts,
                           const char *path);
/* Which, if it is. Pure. */
enum cluster_stray cluster_strays_kind(const struct env_process_facts *facts);

#endif
