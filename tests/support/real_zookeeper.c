/* real_zookeeper.c - a world of real servers; see real_zookeeper.h. */
#include "tests/support/real_zookeeper.h"
#include "common/zookeeper_client.h"
#include "tests/support/cmocka_all.h"
#include "topology-api/memory.h"
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define PATIENCE (30 * SECOND) /* until a test gives up */

struct zookeeper_options real_zookeeper_options;
static struct loop *loop;
static uint32_t n_came, n_roots;

struct loop *real_zookeeper_loop(void)
{
    return loop;
}

void real_zookeeper_after_fork(void)
{
    loop = loop_new(env_posix());
    assert_non_null(loop);
}

void real_zookeeper_root(const char *name)
{
    char *root;

    if (asprintf(&root, "%s/%s", real_zookeeper_options.root, name) < 0)
        memory_none_left();
    free(real_zookeeper_options.root);
    real_zookeeper_options.root = root;
}

static void begin(void)
{
    const char *hosts = getenv("GALE_ZOOKEEPER");
    char root[64];

    if (hosts == NULL)
        fail_msg("GALE_ZOOKEEPER: expected the address of a ZooKeeper");
    loop = loop_new(env_posix());
    assert_non_null(loop);
    snprintf(root, sizeof(root), "/test-%d-%u", (int)getpid(), n_roots++);
    real_zookeeper_options = (struct zookeeper_options){
        .hosts = xstrdup(hosts),
        .root = xstrdup(root),
        .session_ns = 10 * SECOND,
        .connection_ns = 10 * SECOND,
    };
}

static void end(void)
{
    zookeeper_options_free(&real_zookeeper_options);
    loop_free(loop);
}

static struct zookeeper *join(zookeeper_state_fn *fn, void *arg)
{
    return zookeeper_client_new(loop, &real_zookeeper_options, NULL, fn, arg);
}

static void came(void)
{
    n_came++;
    loop_end(loop);
}

static void pump(void)
{
    uint32_t before = n_came;

    while (n_came == before)
        if (!loop_run_for(loop, PATIENCE))
            fail_msg("nothing has come for %d s", (int)(PATIENCE / SECOND));
}

static int64_t now(void)
{
    return loop_now(loop);
}

const struct zookeeper_world real_zookeeper = {.begin = begin,
                                               .end = end,
                                               .join = join,
                                               .pump = pump,
                                               .came = came,
                                               .now = now};
