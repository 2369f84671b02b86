/*
 * zookeeper_tree.h - the nodes of an ensemble in memory: what each write makes
 * of them.
 *
 * Pure: no clock, no chance. As ZooKeeper does it: versions, owners, sequence
 * numbers, and a number (zxid) for each request that changes something.
 */
#ifndef GALE_ZOOKEEPER_TREE_H
#define GALE_ZOOKEEPER_TREE_H

#include "common/zookeeper.h"

struct zookeeper_node {
    char *path; /* its key */
    void *data; /* a NUL byte behind size */
    size_t size;
    struct zookeeper_stat stat;
    uint32_t sequence; /* of the next child that wants one */
    struct zookeeper_node *parent;
    struct zookeeper_node **children; /* sorted by name */
};

/* A request that was carried out. */
struct zookeeper_applied {
    int64_t session; /* who asked for it, or … */
    bool at_its_end; /* … whose ephemeral node goes */
    uint32_t n;
    const struct zookeeper_write *writes; /* checks, too */
    /* What they made, set, checked, or took away and is there no more. */
    const struct zookeeper_node *const *nodes;
    int64_t zxid;
};

typedef void zookeeper_applied_fn(void *arg,
                                  const struct zookeeper_applied *applied);

struct zookeeper_tree {
    struct zookeeper_node *root;
    int64_t zxid;
    /* Each change, after the request that made it, or NULL. */
    void (*changed)(void *arg, const char *path,
                    enum zookeeper_kind how); /* CREATE, DELETE or SET */
    void *arg;
    /* Each request that changed something, for whoever looks; or NULL. */
    zookeeper_applied_fn *applied;
    void *applied_arg;
    bool ending; /* a session */
};

void zookeeper_tree_init(struct zookeeper_tree *t);
void zookeeper_tree_fini(struct zookeeper_tree *t);

struct zookeeper_node *zookeeper_tree_find(const struct zookeeper_tree *t,
                                           const char *path);

/* The name of a node in its parent. */
const char *zookeeper_tree_name(const struct zookeeper_node *node);

struct zookeeper_outcome {
    enum zookeeper_result result;
    uint32_t failed;             /* which write, if it is not OK */
    struct zookeeper_node *node; /* the last one that was created or set */
};

/* All of the writes, by a session, or none. */
struct zookeeper_outcome zookeeper_tree_write(
    struct zookeeper_tree *t, const struct zookeeper_write *writes, uint32_t n,
    int64_t session);

/* Its ephemeral nodes go. */
void zookeeper_tree_end_session(struct zookeeper_tree *t, int64_t session);

#endif
