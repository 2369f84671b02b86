/*
 * webhdfs_url.h - where a directory of HDFS is, as people write it:
 *
 *     webhdfs://HOST:PORT,HOST:PORT/DIRECTORY
 *
 * the NameNodes with the ports of their WebHDFS (9870 if not said), then a
 * path, in which blanks and letters of any script stand as they are.
 * swebhdfs:// is the same by https.
 *
 * Pure.
 */
#ifndef CONNECTORS_WEBHDFS_URL_H
#define CONNECTORS_WEBHDFS_URL_H

#include <stdbool.h>
#include <stdint.h>

enum {
    WEBHDFS_NODES_MAX = 8,
    WEBHDFS_NODE_SIZE = 264, /* HOST:PORT, with the NUL */
    WEBHDFS_PATH_SIZE = 1024,
};

struct webhdfs_url {
    bool tls;
    uint32_t n_nodes;
    char nodes[WEBHDFS_NODES_MAX][WEBHDFS_NODE_SIZE];
    char
        path[WEBHDFS_PATH_SIZE]; /* /a/b, without a slash at the end; "" is / */
};

/* NULL, or what is wrong with the text: a whole sentence. */
const char *webhdfs_url_read(const char *text, struct webhdfs_url *url);

#endif
