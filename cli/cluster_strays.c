/* cluster_strays.c - processes of a cluster without its directory; see
 * cluster_strays.h. */
#include "cli/cluster_strays.h"
#include "cli/ending.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

#define GRACE_NS INT64_C(5000000000)

enum { PROCESSES_MAX = 1 << 22, SUPERVISORS = 0, WORKERS, OTHERS, N_ORDERS };

/* -- by its command -------------------------------------------------------- */

/* The next argument from *at on; NULL: there is none. */
static const char *next(const struct env_process_facts *f, size_t *at)
{
    const char *argument = f->command + *at;

    if (*at >= f->size)
        return NULL;
    *at += strnlen(argument, f->size - *at) + 1;
    return argument;
}

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
    const char *argument = next(facts, &at);

    if (!facts->runs || !is_program(argument))
        return false;
    while ((argument = next(facts, &at)) != NULL)
        if (names(argument, path))
            return true;
    return false;
}

/* Who would be started again by another goes after that one. */
static int order_of(const struct env_process_facts *facts)
{
    size_t at = 0;
    const char *verb;

    next(facts, &at);
    verb = next(facts, &at);
    if (verb != NULL && strcmp(verb, "supervisor") == 0)
        return SUPERVISORS;
    return verb != NULL && strcmp(verb, "worker") == 0 ? WORKERS : OTHERS;
}

/* -- all of them ----------------------------------------------------------- */

static struct env_process *find_one(struct env *env, const char *name,
                                    const char *path, int order)
{
    struct env_process_facts facts;
    int pid = (int)strtol(name, NULL, 10);

    env->ops->processes->look(env, pid, &facts);
    if (!cluster_strays_is_one(&facts, path) || order_of(&facts) != order)
        return NULL;
    return env->ops->processes->find(env, pid, facts.start);
}

static uint32_t end_order(struct loop *loop, const char *path, int order,
                          uint32_t *left)
{
    struct env *env = loop_env(loop);
    struct env_process **list;
    char **pids;
    uint32_t n, found = 0;

    if (env->ops->directory_list(env, "/proc", PROCESSES_MAX, &pids, &n) != 0)
        return 0;
    list = xcalloc(n, sizeof(*list));
    for (uint32_t i = 0; i < n; i++) {
        list[found] = find_one(env, pids[i], path, order);
        found += list[found] != NULL;
        free(pids[i]);
    }
    free(pids);
    *left += ending_of_all(loop, list, found, GRACE_NS);
    free(list);
    return found;
}

uint32_t cluster_strays_end(struct loop *loop, const char *path, uint32_t *left)
{
    uint32_t n = 0;

    *left = 0;
    for (int order = SUPERVISORS; order < N_ORDERS; order++)
        n += end_order(loop, path, order, left);
    return n;
}
