/* cluster_strays.c - processes of a cluster by what they say of themselves; see
 * cluster_strays.h. */
#include "cli/cluster_strays.h"
#include "cli/ending.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRACE_NS INT64_C(5000000000)

/* -- by what it says ------------------------------------------------------- */

/* As in -c storm.local.dir="DIR/nimbus-1", DIR/supervisor-1/supervisor/socket
 * and DIR/zookeeper/zoo.cfg: nobody else has such an argument. */
static bool names(const char *argument, const char *path)
{
    static const char *const members[] = {"/nimbus-", "/supervisor-",
                                          "/zookeeper/zoo.cfg"};
    static const char key[] = "storm.local.dir=\"";
    size_t size = strlen(path);

    if (strncmp(argument, key, sizeof(key) - 1) == 0)
        argument += sizeof(key) - 1;
    if (strncmp(argument, path, size) != 0)
        return false;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (strncmp(argument + size, members[i], strlen(members[i])) == 0)
            return true;
    return false;
}

static bool is_program(const char *name)
{
    return name != NULL &&
           (strcmp(name, "gale") == 0 || strcmp(name, "java") == 0);
}

bool cluster_strays_is_one(const struct env_process_facts *facts,
                           const char *path)
{
    size_t at = 0;
    const char *argument = env_process_argument(facts, &at);

    if (!facts->runs)
        return false;
    if (names(facts->worker, path))
        return true;
    if (!is_program(argument))
        return false;
    while ((argument = env_process_argument(facts, &at)) != NULL)
        if (names(argument, path))
            return true;
    return false;
}

enum cluster_stray cluster_strays_kind(const struct env_process_facts *facts)
{
    size_t at = 0;
    const char *program = env_process_argument(facts, &at);
    const char *verb = env_process_argument(facts, &at);

    if (!is_program(program) || verb == NULL)
        return CLUSTER_STRAY_STARTED;
    if (strcmp(verb, "supervisor") == 0)
        return CLUSTER_STRAY_SUPERVISOR;
    return strcmp(verb, "worker") == 0 ? CLUSTER_STRAY_WORKER
                                       : CLUSTER_STRAY_OTHER;
}

/* -- all of them ----------------------------------------------------------- */

static bool is_one(const void *arg, const struct env_process_facts *facts)
{
    return cluster_strays_is_one(facts, arg);
}

static bool is_known(const struct cluster_strays *s,
                     const struct env_process_id *id)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (s->list[i].pid == id->pid && s->list[i].start == id->start)
            return true;
    return false;
}

void cluster_strays_find(struct cluster_strays *s)
{
    struct env *env = loop_env(s->loop);
    uint32_t n;
    struct env_process_id *found =
        env->ops->processes->family(env, is_one, s->path, &n);

    s->list = xreallocarray(s->list, s->n + n, sizeof(*s->list));
    for (uint32_t i = 0; i < n; i++)
        if (!is_known(s, &found[i]))
            s->list[s->n++] = found[i];
    free(found);
}

static bool runs(const struct cluster_strays *s, uint32_t i,
                 struct env_process_facts *facts)
{
    struct env *env = loop_env(s->loop);

    env->ops->processes->look(env, s->list[i].pid, facts);
    return facts->runs && facts->start == s->list[i].start;
}

static struct env_process *find_one(const struct cluster_strays *s, uint32_t i,
                                    enum cluster_stray kind)
{
    struct env *env = loop_env(s->loop);
    struct env_process_facts facts;

    if (!runs(s, i, &facts) || cluster_strays_kind(&facts) != kind)
        return NULL;
    return env->ops->processes->find(env, s->list[i].pid, s->list[i].start);
}

uint32_t cluster_strays_end(const struct cluster_strays *s,
                            enum cluster_stray kind)
{
    struct env_process **list = xcalloc(s->n, sizeof(struct env_process *));
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n; i++) {
        list[n] = find_one(s, i, kind);
        n += list[n] != NULL;
    }
    ending_of_all(s->loop, list, n,
                  kind == CLUSTER_STRAY_STARTED ? 0 : GRACE_NS);
    free(list);
    return n;
}

/* One more of them; of many, only the first. */
static void add_pid(char text[CLUSTER_STRAYS_TEXT], int pid)
{
    enum { PID_ROOM = 20 };
    size_t size = strlen(text), room = CLUSTER_STRAYS_TEXT - size;

    if (room > 2 * PID_ROOM)
        snprintf(text + size, room, "%s%d", size > 0 ? ", " : "", pid);
    else if (text[size - 1] != '.')
        snprintf(text + size, room, ", ...");
}

uint32_t cluster_strays_left(const struct cluster_strays *s,
                             char text[CLUSTER_STRAYS_TEXT])
{
    struct env_process_facts facts;
    uint32_t n = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < s->n; i++)
        if (runs(s, i, &facts)) {
            add_pid(text, s->list[i].pid);
            n++;
        }
    return n;
}

void cluster_strays_free(struct cluster_strays *s)
{
    free(s->list);
    *s = (struct cluster_strays){0};
}
