/* cluster_start.c - the processes of `gale cluster up`; see cluster_start.h. */
#include "cli/cluster_start.h"
#include "cli/held_process.h"
#include "cli/zookeeper_process.h"
#include "common/json.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 16 };

/* Texts that are made for the command line. */
struct arguments {
    uint32_t n;
    char *list[ARGUMENTS_MAX + 1]; /* ends with NULL */
};

static void add(struct arguments *a, const char *text)
{
    a->list[a->n++] = xstrdup(text);
}

/* -c KEY=VALUE, the value in JSON. */
static void add_key(struct arguments *a, const char *key, struct json *value)
{
    char *json = json_take(value), *text;

    if (asprintf(&text, "%s=%s", key, json) < 0)
        memory_none_left();
    add(a, "-c");
    add(a, text);
    free(text);
    free(json);
}

static void add_directory(struct arguments *a, const char *path)
{
    struct json j;

    json_to_memory(&j);
    json_string(&j, path);
    add_key(a, "storm.local.dir", &j);
}

static void add_port(struct arguments *a, const char *key, uint16_t port)
{
    struct json j;

    json_to_memory(&j);
    json_uint(&j, port);
    add_key(a, key, &j);
}

static void add_slots(struct arguments *a, const struct cluster_member *m)
{
    struct json j;

    json_to_memory(&j);
    json_list(&j);
    for (uint32_t i = 1; i < m->n_ports; i++)
        json_uint(&j, m->ports[i]);
    json_end(&j);
    add_key(a, "supervisor.slots.ports", &j);
}

static void make_arguments(const struct cluster_home *h,
                           const struct cluster_member *m, struct arguments *a)
{
    bool nimbus = m->kind == CLUSTER_NIMBUS;
    char *config = cluster_home_path(h, "gale.yaml", "");
    char *local = cluster_home_path(h, m->name, "");

    *a = (struct arguments){.n = 0};
    add(a, "gale");
    add(a, nimbus ? "nimbus" : "supervisor");
    add(a, "--config");
    add(a, config);
    add_directory(a, local);
    add_port(a, nimbus ? "nimbus.thrift.port" : "supervisor.thrift.port",
             m->ports[0]);
    if (!nimbus)
        add_slots(a, m);
    free(config);
    free(local);
}

static void free_texts(char **list)
{
    for (uint32_t i = 0; list[i] != NULL; i++)
        free(list[i]);
}

/* -- a process ------------------------------------------------------------- */

static struct env_process *start_daemon(struct cluster_home *h,
                                        const struct cluster_member *m, int log,
                                        int *go, gale_err *error)
{
    struct env_process *process;
    struct arguments a;

    make_arguments(h, m, &a);
    process = held_process_spawn(
        h->env,
        &(struct env_spawn){.argv = (const char *const *)a.list,
                            .environment = (const char *const *)environ,
                            .directory = h->path,
                            .stdio = {-1, log, log}},
        false, go);
    if (process == NULL)
        error_set(error, "%s cannot be started: %s", m->name, strerror(errno));
    free_texts(a.list);
    return process;
}

static struct env_process *start_zookeeper(struct cluster_home *h,
                                           const struct cluster_member *m,
                                           const struct dev_java *java, int log,
                                           int *go, gale_err *error)
{
    char *data = cluster_home_path(h, m->name, "");
    struct env_process *process = NULL;

    if (h->env->ops->directory_private(h->env, data) != 0)
        error_set(error, "%s: %s", data, strerror(errno));
    else
        process = zookeeper_process_start(
            h->env,
            &(struct zookeeper_process){.java = java->java,
                                        .class_path = java->class_path,
                                        .data = data,
                                        .port = m->ports[0]},
            log, go, error);
    free(data);
    return process;
}

static int open_log(const struct cluster_home *h,
                    const struct cluster_member *m, gale_err *error)
{
    char *path = cluster_home_path(h, m->name, ".log");
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                   0600);

    if (log < 0)
        error_set(error, "%s: %s", path, strerror(errno));
    free(path);
    return log;
}

/* Nobody knows it yet. */
static struct env_process *start_held(struct cluster_home *h,
                                      const struct cluster_member *m,
                                      const struct dev_java *java, int *go,
                                      gale_err *error)
{
    int log = open_log(h, m, error);
    struct env_process *process;

    if (log < 0)
        return NULL;
    process = m->kind == CLUSTER_ZOOKEEPER
                  ? start_zookeeper(h, m, java, log, go, error)
                  : start_daemon(h, m, log, go, error);
    close(log);
    return process;
}

static int start_one(struct cluster_home *h, struct cluster_member *m,
                     const struct dev_java *java, gale_err *error)
{
    int go, result;
    struct env_process *process = start_held(h, m, java, &go, error);

    if (process == NULL)
        return -1;
    FAULT_POINT("cluster_member_held");
    m->pid = process->pid;
    m->start = process->start;
    h->env->ops->processes->free(h->env, process);
    result = cluster_home_save(h, error);
    FAULT_POINT("cluster_member_known");
    held_process_let_go(go, result == 0);
    FAULT_POINT("cluster_member_let_go");
    return result;
}

int cluster_start(struct cluster_home *h, const struct dev_java *java,
                  gale_err *error)
{
    int result = 0;

    for (uint32_t i = 0; i < h->n && result == 0; i++)
        if (!cluster_member_runs(h, &h->members[i]))
            result = start_one(h, &h->members[i], java, error);
    return result;
}
