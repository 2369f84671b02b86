/* position_nodes.c - nodes of positions, as they are known; see
 * position_nodes.h. */
#include "common/position_nodes.h"
#include "common/sorted.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

enum position_step position_node_step(const struct position_node *node,
                                      struct position_order mine)
{
    if (!node->known)
        return POSITION_READ;
    if (node->version < 0)
        return POSITION_CREATE;
    if (mine.birth != 0 && position_order_compare(mine, node->order) < 0)
        return POSITION_SUPERSEDED;
    return POSITION_SET;
}

void position_node_written(struct position_node *node,
                           struct position_order mine)
{
    node->version++;
    node->order = mine;
}

static int by_name(const void *item, const void *name)
{
    return strcmp(((const struct named_position_node *)item)->name, name);
}

static uint32_t place_of(const struct position_nodes *nodes, const char *name)
{
    return sorted_place(nodes->list, nodes->n, sizeof(*nodes->list), by_name,
                        name);
}

static bool is_at(const struct position_nodes *nodes, uint32_t i,
                  const char *name)
{
    return i < nodes->n && strcmp(nodes->list[i].name, name) == 0;
}

struct position_node position_nodes_find(const struct position_nodes *nodes,
                                         const char *name)
{
    uint32_t i = place_of(nodes, name);

    if (is_at(nodes, i, name))
        return nodes->list[i].node;
    return (struct position_node){.known = false};
}

static void insert(struct position_nodes *nodes, uint32_t i, const char *name)
{
    if (nodes->n == nodes->room) {
        nodes->room = nodes->room > 0 ? 2 * nodes->room : 16;
        nodes->list =
            xreallocarray(nodes->list, nodes->room, sizeof(*nodes->list));
    }
    memmove(&nodes->list[i + 1], &nodes->list[i],
            (nodes->n++ - i) * sizeof(*nodes->list));
    nodes->list[i] = (struct named_position_node){.name = xstrdup(name)};
}

void position_nodes_put(struct position_nodes *nodes, const char *name,
                        const struct position_node *node)
{
    uint32_t i = place_of(nodes, name);

    if (!is_at(nodes, i, name)) {
        if (nodes->n == POSITION_NODES_MAX) {
            position_nodes_fini(nodes);
            i = 0;
        }
        insert(nodes, i, name);
    }
    nodes->list[i].node = *node;
}

void position_nodes_fini(struct position_nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->n; i++)
        free(nodes->list[i].name);
    free(nodes->list);
    *nodes = (struct position_nodes){.n = 0};
}
