/* env_family.c - processes, and what they have started; see env_family.h. */
#include "common/env_family.h"
#include "common/env.h"
#include "common/process_stat.h"
#include "topology-api/memory.h"
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

struct seen {
    int pid, parent, session;
    uint64_t start;
    bool belongs;
};

struct family {
    struct env *env;
    env_process_is_one *is_one;
    const void *arg;
    struct seen *seen;
    uint32_t n;
};

/* Facts are of the process that was seen, or of none. */
static bool is_one(const struct family *f, const struct seen *s)
{
    struct env_process_facts facts;

    f->env->ops->processes->look(f->env, s->pid, &facts);
    return facts.runs && facts.start == s->start && f->is_one(f->arg, &facts);
}

static void see(struct family *f, int pid)
{
    struct process_stat stat;
    struct seen *s;

    if (pid <= 0 || pid == getpid() || !process_stat_read(pid, &stat) ||
        !stat.runs)
        return;
    f->seen = xreallocarray(f->seen, f->n + 1, sizeof(*f->seen));
    s = &f->seen[f->n++];
    *s = (struct seen){.pid = pid,
                       .parent = stat.parent,
                       .session = stat.session,
                       .start = stat.start};
    s->belongs = is_one(f, s);
}

static void see_all(struct family *f)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;

    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]))
            see(f, (int)strtol(entry->d_name, NULL, 10));
    closedir(directory);
}

static bool is_started(const struct family *f, const struct seen *s)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->seen[i].belongs &&
            (f->seen[i].pid == s->parent || f->seen[i].pid == s->session))
            return true;
    return false;
}

/* False: there is nobody more. */
static bool add_started(struct family *f)
{
    bool any = false;

    for (uint32_t i = 0; i < f->n; i++)
        if (!f->seen[i].belongs && is_started(f, &f->seen[i]))
            any = f->seen[i].belongs = true;
    return any;
}

struct env_process_id *env_family(struct env *env, env_process_is_one *one,
                                  const void *arg, uint32_t *n)
{
    struct family f = {.env = env, .is_one = one, .arg = arg};
    struct env_process_id *list;

    see_all(&f);
    while (add_started(&f))
        ;
    list = xcalloc(f.n, sizeof(*list));
    *n = 0;
    for (uint32_t i = 0; i < f.n; i++)
        if (f.seen[i].belongs)
            list[(*n)++] =
                (struct env_process_id){f.seen[i].pid, f.seen[i].start};
    free(f.seen);
    return list;
}
