/* cluster_down.c - `gale cluster down`; see cluster_down.h. */
#include "cli/cluster_down.h"
#include "cli/cluster_strays.h"
#include "cli/command.h"
#include "cli/ending.h"
#include "cli/workers_end.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "cluster"
#define GRACE_NS INT64_C(5000000000)

/* Of one kind, side by side. */
static int end_kind(struct cluster_home *h, struct loop *loop,
                    enum cluster_kind kind)
{
    struct env_process *processes[CLUSTER_MEMBERS_MAX];
    uint32_t n = 0, left;

    for (uint32_t i = 0; i < h->n; i++)
        if (h->members[i].kind == kind)
            processes[n++] = cluster_member_find(h, &h->members[i]);
    left = ending_of_all(loop, processes, n, GRACE_NS);
    if (left == 0)
        return EXIT_OK;
    return command_error(NAME,
                         "%u processes of %s do not end, even by SIGKILL: the "
                         "kernel holds them, perhaps for a disk",
                         left, h->path);
}

/* They outlive their supervisors, so that these are ended first: nobody starts
 * them again. */
static int end_workers(struct cluster_home *h, struct loop *loop)
{
    char *locals[CLUSTER_MEMBERS_MAX];
    int status = EXIT_OK;
    uint32_t n = 0;

    for (uint32_t i = 0; i < h->n; i++)
        if (h->members[i].kind == CLUSTER_SUPERVISOR)
            locals[n++] = cluster_home_path(h, h->members[i].name, "");
    workers_end_together(loop, locals, n);
    for (uint32_t i = 0; i < n; i++) {
        bool unread; /* a worker that nobody knows ends without supervisor */

        if (workers_end(loop, NAME, locals[i], &unread) < 0)
            status = EXIT_ERROR;
        free(locals[i]);
    }
    return status;
}

static int end_in_order(struct cluster_home *h, struct loop *loop)
{
    int supervisors = end_kind(h, loop, CLUSTER_SUPERVISOR);
    int workers = end_workers(h, loop);
    int nimbuses = end_kind(h, loop, CLUSTER_NIMBUS);
    int zookeeper = end_kind(h, loop, CLUSTER_ZOOKEEPER);

    return supervisors == EXIT_OK && workers == EXIT_OK &&
                   nimbuses == EXIT_OK && zookeeper == EXIT_OK
               ? EXIT_OK
               : EXIT_ERROR;
}

/* Whoever is written down nowhere, what workers have started before those who
 * write what it says. How many there were. */
static uint32_t end_strays(struct cluster_strays *s)
{
    uint32_t n = 0;

    for (int kind = 0; kind < N_CLUSTER_STRAYS; kind++) {
        cluster_strays_find(s);
        n += cluster_strays_end(s, (enum cluster_stray)kind);
    }
    cluster_strays_find(s);
    return n;
}

static int say_left(const struct cluster_strays *s)
{
    char pids[CLUSTER_STRAYS_TEXT];
    uint32_t n = cluster_strays_left(s, pids);

    if (n == 0)
        return EXIT_OK;
    return command_error(NAME,
                         "%u processes of %s still run and cannot be ended "
                         "from here: %s; end them by hand (they may be another "
                         "user's), and call `gale cluster down` again",
                         n, s->path, pids);
}

/* What has ended is nobody's process any more. */
static int forget_processes(struct cluster_home *h)
{
    gale_err error;

    for (uint32_t i = 0; i < h->n; i++)
        h->members[i].pid = 0;
    if (!h->known || cluster_home_save(h, &error) == 0)
        return EXIT_OK;
    return command_error(NAME, "%s", error.text);
}

int cluster_end(struct cluster_home *h)
{
    struct loop *loop = loop_new(h->env);
    struct cluster_strays strays;
    int status;

    if (loop == NULL)
        return command_error(NAME, "no descriptors are left");
    strays = (struct cluster_strays){.loop = loop, .path = h->path};
    cluster_strays_find(&strays); /* while parents are known */
    status = end_in_order(h, loop);
    end_strays(&strays);
    if (say_left(&strays) != EXIT_OK)
        status = EXIT_ERROR;
    cluster_strays_free(&strays);
    loop_free(loop);
    return status == EXIT_OK ? forget_processes(h) : status;
}

static int take_down(struct cluster_home *h, bool keep)
{
    int status = cluster_end(h);
    gale_err error;

    if (status != EXIT_OK)
        return status; /* what is left is still known */
    if (keep) {
        printf("the cluster in %s is ended; its data and logs are kept\n",
               h->path);
        return EXIT_OK;
    }
    if (cluster_home_remove(h, &error) != 0)
        return command_error(NAME, "%s", error.text);
    printf("the cluster in %s is ended and removed\n", h->path);
    return EXIT_OK;
}

/* Where it was: what is above it is still there. NULL: nor is that. */
static char *absolute_of(const char *directory)
{
    char *name = xstrdup(directory), *above, *path = NULL, *slash;
    size_t size = strlen(name);

    while (size > 1 && name[size - 1] == '/')
        name[--size] = '\0';
    slash = strrchr(name, '/');
    if (slash != NULL)
        *slash = '\0';
    above = realpath(slash == NULL ? "." : slash == name ? "/" : name, NULL);
    if (above != NULL &&
        asprintf(&path, "%s/%s", above, slash != NULL ? slash + 1 : name) < 0)
        memory_none_left();
    free(above);
    free(name);
    return path;
}

static int end_at(struct loop *loop, const char *path, const char *directory)
{
    struct cluster_strays strays = {.loop = loop, .path = path};
    uint32_t n = end_strays(&strays);
    int status = say_left(&strays);

    cluster_strays_free(&strays);
    if (status != EXIT_OK)
        return status;
    if (n > 0)
        printf("the directory %s is gone; %u processes of its cluster ran, "
               "and are ended\n",
               directory, n);
    else
        printf("there is nothing at %s\n", directory);
    return EXIT_OK;
}

/* Somebody has removed the directory of one that runs: rm -rf DIR. */
static int end_gone(const char *directory)
{
    char *path = absolute_of(directory);
    struct loop *loop = loop_new(env_posix());
    int status;

    if (loop == NULL)
        status = command_error(NAME, "no descriptors are left");
    else
        status = end_at(loop, path != NULL ? path : directory, directory);
    loop_free(loop);
    free(path);
    return status;
}

int cluster_down(const char *directory, bool keep)
{
    struct cluster_home h;
    gale_err error;
    int status, found = cluster_home_open(&h, env_posix(), directory,
                                          CLUSTER_CHANGE, &error);

    if (found == 0)
        status = take_down(&h, keep);
    else if (found > 0)
        status = end_gone(directory);
    else
        status = command_error(NAME, "%s", error.text);
    cluster_home_close(&h);
    return status == EXIT_OK ? command_finish(NAME, EXIT_OK) : status;
}
