/* zookeeper_log.c - lines of the ZooKeeper library; see zookeeper_log.h. */
#include "common/zookeeper_log.h"
#include "common/throttle.h"
#include <string.h>
#include <zookeeper/zookeeper.h>

#define LINES 1
#define INTERVAL (60 * INT64_C(1000000000))

static struct {
    struct env *env;
    struct env_monitor *monitor; /* of what follows; made once, never freed */
    struct log *log;
    struct throttle throttle;
} lines;

void zookeeper_log_to(struct env *env, struct log *l)
{
    if (lines.monitor == NULL) {
        lines.env = env;
        lines.monitor = env->ops->monitor_new(env);
        throttle_init(&lines.throttle, LINES, INTERVAL);
    }
    zoo_set_debug_level(ZOO_LOG_LEVEL_WARN);
    env_enter(lines.env, lines.monitor);
    if (l != NULL)
        lines.log = l;
    env_leave(lines.env, lines.monitor);
}

void zookeeper_log_end(const struct log *l)
{
    env_enter(lines.env, lines.monitor);
    if (lines.log == l)
        lines.log = NULL;
    env_leave(lines.env, lines.monitor);
}

/* "2026-11-29 10:00:00,123:77(0x7f..):ZOO_ERROR@function@17: text" */
const char *zookeeper_log_text(const char *line)
{
    const char *level = strstr(line, ":ZOO_");
    const char *text = level != NULL ? strstr(level, ": ") : NULL;

    return text != NULL ? text + 2 : line;
}

static void say(const char *text)
{
    uint64_t cut;

    if (!throttle_allow(&lines.throttle, lines.env->ops->now(lines.env)))
        return;
    cut = throttle_take_cut(&lines.throttle);
    if (cut > 0)
        log_warn(lines.log, "zookeeper",
                 "its library says: %s (%llu lines before that were left out)",
                 text, (unsigned long long)cut);
    else
        log_warn(lines.log, "zookeeper", "its library says: %s", text);
}

void zookeeper_log_line(const char *line)
{
    env_enter(lines.env, lines.monitor);
    if (lines.log != NULL)
        say(zookeeper_log_text(line));
    env_leave(lines.env, lines.monitor);
}
