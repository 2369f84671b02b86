/* worker_mark.c - what a worker has started; see worker_mark.h. */
#include "supervisor/worker_mark.h"
#include "topology-api/memory.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 4 }; /* one who forks meanwhile is found in the next */

char *worker_mark_text(const char *directory)
{
    char *text;

    if (asprintf(&text, ENV_PROCESS_MARK "=%s", directory) < 0)
        memory_none_left();
    return text;
}

/* -- whose it is ----------------------------------------------------------- */

static bool is_within(const char *path, const char *directory)
{
    size_t size = strlen(directory);

    return strncmp(path, directory, size) == 0 &&
           (path[size] == '\0' || path[size] == '/');
}

/* What follows --NAME; "" if nothing does. */
static const char *option(const struct env_process_facts *facts,
                          const char *name)
{
    size_t at = 0;
    const char *argument;

    while ((argument = env_process_argument(facts, &at)) != NULL)
        if (strcmp(argument, name) == 0) {
            argument = env_process_argument(facts, &at);
            return argument != NULL ? argument : "";
        }
    return "";
}

/* The directory of the worker with that command (seat.c); "" if it is none. */
static void directory_of(const struct env_process_facts *facts,
                         char directory[ENV_COMMAND_MAX + 1])
{
    static const char socket[] = "/socket";
    const char *at = option(facts, "--supervisor");
    size_t size = strlen(at), end = sizeof(socket) - 1;

    directory[0] = '\0';
    if (size <= end || strcmp(at + size - end, socket) != 0)
        return;
    snprintf(directory, ENV_COMMAND_MAX + 1, "%.*s/workers/%s/%s-%s",
             (int)(size - end), at, option(facts, "--topology"),
             option(facts, "--number"), option(facts, "--birth"));
}

bool worker_mark_is_of(const struct env_process_facts *facts,
                       const char *directory)
{
    char own[ENV_COMMAND_MAX + 1];
    size_t at = 0;
    const char *verb;

    if (is_within(facts->worker, directory))
        return true;
    env_process_argument(facts, &at);
    verb = env_process_argument(facts, &at);
    if (verb == NULL || strcmp(verb, "worker") != 0)
        return false;
    directory_of(facts, own);
    return is_within(own, directory);
}

/* -- its end --------------------------------------------------------------- */

static void kill_one(struct env *env, const struct env_process_id *id)
{
    const struct env_process_ops *ops = env->ops->processes;
    struct env_process *process = ops->find(env, id->pid, id->start);

    if (process != NULL)
        ops->signal(env, process, SIGKILL);
    ops->free(env, process);
}

void worker_mark_end(struct env *env, env_process_is_one *is_one,
                     const void *arg)
{
    uint32_t n = 1;

    if (env->ops->processes->family == NULL)
        return;
    for (int round = 0; round < ROUNDS && n > 0; round++) {
        struct env_process_id *list =
            env->ops->processes->family(env, is_one, arg, &n);

        for (uint32_t i = 0; i < n; i++)
            kill_one(env, &list[i]);
        free(list);
    }
}

static bool is_of(const void *arg, const struct env_process_facts *facts)
{
    return worker_mark_is_of(facts, arg);
}

void worker_mark_end_of(struct env *env, const char *directory)
{
    worker_mark_end(env, is_of, directory);
}
