/* zookeeper_log.c - lines of the ZooKeeper library; see zookeeper_log.h. */
#include "common/zookeeper_log.h"
#include "common/throttle.h"
#include "topology-api/memory.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zookeeper/zookeeper.h>

#define LINES 1
#define INTERVAL (60 * INT64_C(1000000000))

struct lines {
    struct env *env;
    struct env_monitor *monitor; /* of what follows */
    struct log *log;
    struct throttle throttle;
};

/* The process's; made once, by whichever thread is first, and never freed. */
static _Atomic(struct lines *) shared;

static struct lines *lines_new(struct env *env)
{
    struct lines *l = xcalloc(1, sizeof(*l));

    l->env = env;
    l->monitor = env->ops->monitor_new(env);
    throttle_init(&l->throttle, LINES, INTERVAL);
    return l;
}

static struct lines *lines_for(struct env *env)
{
    struct lines *there = atomic_load(&shared), *l;

    if (there != NULL)
        return there;
    l = lines_new(env);
    if (atomic_compare_exchange_strong(&shared, &there, l))
        return l;
    env->ops->monitor_free(env, l->monitor);
    free(l);
    return there;
}

void zookeeper_log_to(struct env *env, struct log *log)
{
    struct lines *l = lines_for(env);

    zoo_set_debug_level(ZOO_LOG_LEVEL_WARN);
    env_enter(l->env, l->monitor);
    if (log != NULL)
        l->log = log;
    env_leave(l->env, l->monitor);
}

void zookeeper_log_end(const struct log *log)
{
    struct lines *l = atomic_load(&shared);

    env_enter(l->env, l->monitor);
    if (l->log == log)
        l->log = NULL;
    env_leave(l->env, l->monitor);
}

/* "2026-11-29 10:00:00,123:77(0x7f..):ZOO_ERROR@function@17: text" */
const char *zookeeper_log_text(const char *line)
{
    const char *level = strstr(line, ":ZOO_");
    const char *text = level != NULL ? strstr(level, ": ") : NULL;

    return text != NULL ? text + 2 : line;
}

static void say(struct lines *l, const char *text)
{
    uint64_t cut;

    if (!throttle_allow(&l->throttle, l->env->ops->now(l->env)))
        return;
    cut = throttle_take_cut(&l->throttle);
    if (cut > 0)
        log_warn(l->log, "zookeeper",
                 "its library says: %s (%llu lines before that were left out)",
                 text, (unsigned long long)cut);
    else
        log_warn(l->log, "zookeeper", "its library says: %s", text);
}

void zookeeper_log_line(const char *line)
{
    struct lines *l = atomic_load(&shared);

    env_enter(l->env, l->monitor);
    if (l->log != NULL)
        say(l, zookeeper_log_text(line));
    env_leave(l->env, l->monitor);
}
