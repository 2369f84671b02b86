/*
 * position_nodes.h - what is known of the nodes of positions in ZooKeeper, and
 * what is to be done to keep one: read its node first, make it, write over what
 * is there, or nothing, since a newer one is kept already. Pure.
 *
 * A write is for the version of the node that was looked at: whoever else has
 * written since makes it fail, and then the node is looked at again.
 */
#ifndef GALE_POSITION_NODES_H
#define GALE_POSITION_NODES_H

#include "common/position_record.h"

#define POSITION_NODES_MAX 16384u /* of more, nodes are read again */

struct position_node {
    bool known;
    int32_t version; /* -1: it is not there */
    struct position_order order;
};

enum position_step {
    POSITION_READ, /* its node */
    POSITION_CREATE,
    POSITION_SET,
    POSITION_SUPERSEDED, /* what is there is newer */
};

/* What is next for a position of that order. One that has none is written
 * whatever is there: as ever. */
enum position_step position_node_step(const struct position_node *node,
                                      struct position_order mine);
/* It was written, as that said. */
void position_node_written(struct position_node *node,
                           struct position_order mine);

/* -- many of them, by name ------------------------------------------------- */

struct named_position_node {
    char *name;
    struct position_node node;
};

struct position_nodes {
    uint32_t n, room;
    struct named_position_node *list; /* by name */
};

/* What is known; nothing, if there is none of that name. */
struct position_node position_nodes_find(const struct position_nodes *nodes,
                                         const char *name);
void position_nodes_put(struct position_nodes *nodes, const char *name,
                        const struct position_node *node);
/* Nothing is known any more. */
void position_nodes_fini(struct position_nodes *nodes);

#endif
