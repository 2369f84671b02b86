/* zookeeper.c - what holds for every ZooKeeper; see zookeeper.h. */
#include "common/zookeeper.h"
#include "common/check.h"
#include <string.h>

#define SEQUENCE_DIGITS 10

/* Servers take 1 MiB at once, unless their jute.maxbuffer says something else,
 * and cut off who sends more. */
#define REQUEST_MAX (1000u * 1024)
#define WRITE_EXTRA 64u /* of a write, beside its path and value */

const char *zookeeper_says(enum zookeeper_result result)
{
    static const char *const sentences[] = {
        [ZOOKEEPER_OK] = "it is done",
        [ZOOKEEPER_NO_NODE] = "there is no such node",
        [ZOOKEEPER_NODE_EXISTS] = "the node exists",
        [ZOOKEEPER_BAD_VERSION] = "somebody else has changed it since",
        [ZOOKEEPER_NOT_EMPTY] = "the node has children",
        [ZOOKEEPER_NO_CHILDREN] = "the parent is ephemeral, and such a node "
                                  "cannot have children",
        [ZOOKEEPER_TOO_LARGE] = "it is larger than 512 KiB, the most that gale "
                                "keeps in a node, or has more paths than a "
                                "server takes at once",
        [ZOOKEEPER_BAD_PATH] = "the path is none that ZooKeeper takes",
        [ZOOKEEPER_NO_AUTH] = "the node belongs to another "
                              "storm.zookeeper.auth.payload than the one that "
                              "is given here",
        [ZOOKEEPER_AWAY] = "ZooKeeper does not answer, and nothing was changed",
        [ZOOKEEPER_UNKNOWN] = "ZooKeeper does not answer, and whether anything "
                              "was changed is not known",
        [ZOOKEEPER_FAILED] = "ZooKeeper refuses it; its log says why",
    };

    check((size_t)result < sizeof(sentences) / sizeof(sentences[0]));
    return sentences[result];
}

void zookeeper_watch_clear(struct zookeeper_watch *watch)
{
    if (watch->link == NULL)
        return;
    *watch->link = watch->next;
    if (watch->next != NULL)
        watch->next->link = watch->link;
    watch->next = NULL;
    watch->link = NULL;
}

/* -- names ----------------------------------------------------------------- */

const char *zookeeper_find(const struct zookeeper_answer *answer,
                           const char *prefix)
{
    for (uint32_t i = 0; i < answer->n_children; i++)
        if (strncmp(answer->children[i], prefix, strlen(prefix)) == 0)
            return answer->children[i];
    return NULL;
}

int64_t zookeeper_sequence(const char *name)
{
    size_t size = strlen(name);
    int64_t n = 0;

    if (size < SEQUENCE_DIGITS)
        return -1;
    for (name += size - SEQUENCE_DIGITS; *name != '\0'; name++) {
        if (*name < '0' || *name > '9')
            return -1;
        n = 10 * n + (*name - '0');
    }
    return n;
}

/* The name at the beginning of the text, which a slash or the end ends: its
 * bytes; 0 if it is none. */
static size_t name_size(const char *text)
{
    size_t n = 0;

    while (text[n] > ' ' && text[n] <= '~' && text[n] != '/')
        n++;
    if (text[n] != '\0' && text[n] != '/')
        return 0;
    if ((n == 1 && text[0] == '.') || (n == 2 && !strncmp(text, "..", 2)))
        return 0;
    return n;
}

bool zookeeper_path_valid(const char *path, size_t root_size)
{
    if (strlen(path) + root_size > ZOOKEEPER_PATH_MAX || *path != '/')
        return false;
    if (path[1] == '\0')
        return true;
    while (*path == '/') {
        size_t n = name_size(path + 1);

        if (n == 0)
            return false;
        path += 1 + n;
    }
    return true;
}

/* -- requests -------------------------------------------------------------- */

static void check_write(const struct zookeeper_request *r,
                        const struct zookeeper_write *write)
{
    check(write->kind < ZOOKEEPER_MULTI);
    check(write->data != NULL || write->size == 0);
    if (r->kind == ZOOKEEPER_MULTI)
        check((write->flags & ZOOKEEPER_SEQUENCE) == 0);
    else
        check(write->kind != ZOOKEEPER_CHECK && r->n == 1);
}

enum zookeeper_result zookeeper_request_check(const struct zookeeper_request *r,
                                              size_t root_size)
{
    size_t room = ZOOKEEPER_SIZE_MAX, whole = 0;

    if (!zookeeper_kind_writes(r->kind))
        return zookeeper_path_valid(r->path, root_size) ? ZOOKEEPER_OK
                                                        : ZOOKEEPER_BAD_PATH;
    check(r->n > 0);
    for (uint32_t i = 0; i < r->n; i++) {
        const struct zookeeper_write *write = &r->writes[i];

        check_write(r, write);
        if (!zookeeper_path_valid(write->path, root_size) ||
            (write->kind == ZOOKEEPER_DELETE && write->path[1] == '\0'))
            return ZOOKEEPER_BAD_PATH;
        if (write->size > room)
            return ZOOKEEPER_TOO_LARGE;
        room -= write->size;
        whole += root_size + strlen(write->path) + write->size + WRITE_EXTRA;
    }
    return whole <= REQUEST_MAX ? ZOOKEEPER_OK : ZOOKEEPER_TOO_LARGE;
}
