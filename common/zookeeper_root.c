/* zookeeper_root.c - the node under which everything is; see
 * zookeeper_root.h. */
#include "common/zookeeper_root.h"
#include <stdio.h>
#include <string.h>

/* The next node of the way to the root; false: that was the last. */
static bool go_down(struct zookeeper_root *r)
{
    size_t size = strlen(r->path);

    if (size >= strlen(r->root))
        return false;
    size += 1 + strcspn(r->root + size + 1, "/");
    snprintf(r->path, sizeof(r->path), "%.*s", (int)size, r->root);
    return true;
}

/* Whether a node is there may be asked by anybody; whether we may read it tells
 * whose it is. */
static enum zookeeper_root_next go_on(struct zookeeper_root *r)
{
    r->asks = go_down(r) ? ZOOKEEPER_EXISTS : ZOOKEEPER_GET;
    return ZOOKEEPER_ROOT_ASK;
}

void zookeeper_root_begin(struct zookeeper_root *r, const char *root)
{
    r->root = root;
    r->path[0] = '\0';
    go_on(r);
    if (*root == '\0') /* ZooKeeper's own */
        snprintf(r->path, sizeof(r->path), "/");
}

enum zookeeper_root_next zookeeper_root_step(struct zookeeper_root *r,
                                             enum zookeeper_result result)
{
    bool there = result == ZOOKEEPER_OK || result == ZOOKEEPER_NODE_EXISTS;

    if (r->asks == ZOOKEEPER_EXISTS && result == ZOOKEEPER_NO_NODE) {
        r->asks = ZOOKEEPER_CREATE;
        return ZOOKEEPER_ROOT_ASK;
    }
    if (!there)
        return ZOOKEEPER_ROOT_NO;
    return r->asks == ZOOKEEPER_GET ? ZOOKEEPER_ROOT_YES : go_on(r);
}
