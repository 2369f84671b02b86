/*
 * world_disk.h - the disk of a machine of a simulated world: names, what they
 * stand for, and what of it survives a loss of power. Private to world*.c.
 *
 * A node is a file or a directory; a name in a directory stands for one. What
 * was written to a file is safe once the file was synced. What was done to
 * names is a list of changes, in their order; those of a directory are safe
 * once it was synced, with the names that lead to it, as file systems with a
 * journal do it. Power that is lost leaves some first part of the changes that
 * were not safe, and some first part of what was written behind what was.
 */
#ifndef GALE_WORLD_DISK_H
#define GALE_WORLD_DISK_H

#include "common/env.h"

struct world;
struct world_machine;

enum world_node_kind {
    WORLD_NODE_FILE,
    WORLD_NODE_DIRECTORY,
    WORLD_NODE_SOCKET, /* a name and nothing else */
};

struct world_disk_name;

struct world_node {
    enum world_node_kind kind;
    uint32_t refs; /* names, changes and handles that hold it */
    char *data;    /* of a file, a NUL byte behind it */
    size_t size, safe;
    struct world_disk_name *names; /* of a directory, the newest first; */
    void *by_text;                 /* the same: tsearch() */
    struct world_node *parent;
    uint32_t user, group;
    int64_t written; /* us */
    bool locked;
};

struct world_disk_name {
    struct world_disk_name *next, **link; /* link: what points to it */
    char *text;
    struct world_node *node;
};

struct world_change;

struct world_disk {
    bool lenient; /* directories are there when they are asked for */
    struct world_node *root;
    struct world_change *changes; /* not safe; of a disk that may lose them */
    uint32_t n_changes;
};

/* Of the machine that the env is on. */
struct world_disk *world_disk_of(struct env *env);

void world_disk_init(struct world_disk *d, bool lenient);
void world_disk_fini(struct world_disk *d);

/* -- names ----------------------------------------------------------------- */

enum { WORLD_NAME_MAX = 255 };

/* Where a path leads: a name, or the place for one. */
struct world_disk_place {
    struct world_node *directory;
    char name[WORLD_NAME_MAX + 1];
    struct world_node *node; /* NULL: there is none of it */
};

/* NULL and errno. */
struct world_node *world_disk_find(struct world_disk *d, const char *path);
/* 0; -1 and errno: no place for it. */
int world_disk_locate(struct world_disk *d, const char *path,
                      struct world_disk_place *place);
/* The name stands for a new node. */
struct world_node *world_disk_make(struct env *env,
                                   struct world_disk_place *place,
                                   enum world_node_kind kind);
/* It stands for that node from now on; NULL: it is gone. */
void world_disk_put(struct world_disk *d, struct world_disk_place *place,
                    struct world_node *node);
/* Both at once, or neither. */
void world_disk_rename(struct world_disk *d, struct world_disk_place *from,
                       struct world_disk_place *to);

/* What was done to the names beside it is safe. */
void world_disk_sync_beside(struct world_disk *d, const char *path);

void world_disk_hold(struct world_node *node);
void world_disk_let_go(struct world_node *node);

/* -- what is written ------------------------------------------------------- */

/* A moment in which the process may be ended; none of the first process. */
void world_disk_step(struct env *env);

/* Behind what is there, with a step in the middle. 0; -1 and ENOSPC, with some
 * of it written. */
int world_disk_append(struct env *env, struct world_node *node,
                      const void *data, size_t size);
void world_disk_cut(struct world_node *node, size_t size);

/* -- loss ------------------------------------------------------------------ */

void world_disk_lose_power(struct world_disk *d, struct world *w);

#endif
