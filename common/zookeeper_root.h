/*
 * zookeeper_root.h - the node under which a cluster keeps everything: made,
 * with the nodes above it, if it is missing.
 *
 * Pure: it says what to ask next, and is told the answer.
 */
#ifndef GALE_ZOOKEEPER_ROOT_H
#define GALE_ZOOKEEPER_ROOT_H

#include "common/zookeeper.h"

struct zookeeper_root {
    char path[ZOOKEEPER_PATH_MAX + 1]; /* which is asked about now */
    const char *root;                  /* "/gale"; "" is always there */
    enum zookeeper_kind asks;          /* EXISTS, CREATE; GET: of the root */
};

enum zookeeper_root_next {
    ZOOKEEPER_ROOT_ASK, /* `asks` of `path` */
    ZOOKEEPER_ROOT_YES,
    ZOOKEEPER_ROOT_NO, /* the result says why: of `asks` of `path` */
};

void zookeeper_root_begin(struct zookeeper_root *r, const char *root);
enum zookeeper_root_next zookeeper_root_step(struct zookeeper_root *r,
                                             enum zookeeper_result result);

#endif
