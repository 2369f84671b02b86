/*
 * zookeeper_value.c - one node of ZooKeeper, as somebody sees or forges it:
 *
 *     zookeeper_value HOST:PORT ROOT PATH get
 *     zookeeper_value HOST:PORT ROOT PATH set
 *     zookeeper_value HOST:PORT ROOT PATH delete
 *     zookeeper_value sign
 *
 * The value goes to standard output, or comes from standard input; a record
 * from there goes to standard output with the MAC of a key that is not the
 * cluster's.
 */
#include "common/check.h"
#include "common/digest.h"
#include "common/loop.h"
#include "common/zookeeper_client.h"
#include <stdlib.h>

#define PATIENCE_NS INT64_C(20000000000)

struct work {
    struct loop *loop;
    struct zookeeper *zookeeper;
    const char *path;
    const char *verb;
    bool begun;
    char value[1 << 20];
    size_t size;
    int status;
};

static void done(void *arg, const struct zookeeper_answer *answer)
{
    struct work *w = arg;

    if (answer->result == ZOOKEEPER_OK && strcmp(w->verb, "get") == 0)
        fwrite(answer->data, 1, answer->size, stdout);
    if (answer->result == ZOOKEEPER_OK)
        w->status = 0;
    else
        fprintf(stderr, "%s: %s\n", w->path, zookeeper_says(answer->result));
    loop_end(w->loop);
}

static void changed(void *arg, enum zookeeper_state state)
{
    struct work *w = arg;
    struct zookeeper_then then = {done, w};

    if (state != ZOOKEEPER_IS_CONNECTED || w->begun)
        return;
    w->begun = true;
    if (strcmp(w->verb, "delete") == 0)
        zookeeper_delete(w->zookeeper, w->path, ZOOKEEPER_ANY, then);
    else if (strcmp(w->verb, "set") == 0)
        zookeeper_set(w->zookeeper, w->path, w->value, w->size, ZOOKEEPER_ANY,
                      then);
    else
        zookeeper_get(w->zookeeper, w->path, NULL, then);
}

/* Its last bytes are the MAC. */
static int sign(struct work *w)
{
    static const struct digest key = {{1, 2, 3}};
    struct digest mac;

    check(w->size >= DIGEST_BYTES);
    w->size -= DIGEST_BYTES;
    mac = digest_mac(key.bytes, DIGEST_BYTES, w->value, w->size);
    fwrite(w->value, 1, w->size, stdout);
    fwrite(mac.bytes, 1, DIGEST_BYTES, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    static struct work w = {.status = 1};
    struct zookeeper_options options = {.session_ns = PATIENCE_NS,
                                        .connection_ns = PATIENCE_NS};

    if (argc < 2)
        return 2;
    w.verb = argv[argc - 1];
    if (strcmp(w.verb, "set") == 0 || strcmp(w.verb, "sign") == 0)
        w.size = fread(w.value, 1, sizeof(w.value), stdin);
    if (argc == 2 && strcmp(w.verb, "sign") == 0)
        return sign(&w);
    if (argc != 5)
        return 2;
    w.path = argv[3];
    w.loop = loop_new(env_posix());
    check(w.loop != NULL);
    options.hosts = argv[1];
    options.root = argv[2];
    w.zookeeper = zookeeper_client_new(w.loop, &options, NULL, changed, &w);
    loop_run_for(w.loop, PATIENCE_NS);
    zookeeper_free(w.zookeeper);
    loop_free(w.loop);
    return w.status;
}
