/* webhdfs_url.c - where a directory of HDFS is; see webhdfs_url.h. */
#include "connectors/webhdfs_url.h"
#include <stdio.h>
#include <string.h>

static const char expected[] =
    "the option url is none of HDFS: expected "
    "webhdfs://HOST:PORT,HOST:PORT/DIRECTORY, with at most 8 NameNodes";

static bool plain_host(const char *text, size_t size)
{
    return size > 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz"
                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789.-_:[]") >= size;
}

/* In [HOST] there are colons, too. */
static bool has_port(const char *text, size_t size)
{
    const char *colon = memrchr(text, ':', size);

    return colon != NULL &&
           memchr(colon, ']', size - (size_t)(colon - text)) == NULL;
}

static bool add_node(struct webhdfs_url *url, const char *text, size_t size)
{
    int n;

    if (url->n_nodes == WEBHDFS_NODES_MAX || !plain_host(text, size) ||
        size >= WEBHDFS_NODE_SIZE)
        return false;
    n = snprintf(url->nodes[url->n_nodes++], WEBHDFS_NODE_SIZE, "%.*s%s",
                 (int)size, text, has_port(text, size) ? "" : ":9870");
    return n < WEBHDFS_NODE_SIZE;
}

static bool read_nodes(const char *text, size_t size, struct webhdfs_url *url)
{
    const char *end = text + size;

    for (;;) {
        size_t n = strcspn(text, ",/");

        if (!add_node(url, text, n))
            return false;
        text += n;
        if (text >= end)
            return true;
        text++;
    }
}

const char *webhdfs_url_read(const char *text, struct webhdfs_url *url)
{
    size_t host, path;

    memset(url, 0, sizeof(*url));
    url->tls = strncmp(text, "swebhdfs://", 11) == 0;
    if (!url->tls && strncmp(text, "webhdfs://", 10) != 0)
        return expected;
    text += url->tls ? 11 : 10;
    host = strcspn(text, "/");
    if (text[host] == '\0' || !read_nodes(text, host, url))
        return expected;
    text += host;
    path = strlen(text);
    while (path > 0 && text[path - 1] == '/')
        path--;
    if (path >= WEBHDFS_PATH_SIZE)
        return "the option url has a path that is too long: expected at most "
               "1023 bytes";
    memcpy(url->path, text, path);
    return NULL;
}
