/* cluster_up.c - `gale cluster up`; see cluster_up.h. */
#include "cli/cluster_up.h"
#include "cli/cluster_await.h"
#include "cli/cluster_down.h"
#include "cli/cluster_home.h"
#include "cli/cluster_start.h"
#include "cli/command.h"
#include "cli/dev_java.h"
#include "cli/free_ports.h"
#include "common/json.h"
#include "common/loop.h"
#include "common/token_file.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "cluster"

#define PORT_LOOK_NS INT64_C(50000000)
#define PORT_LOOKS 60

enum { USUAL_SUPERVISORS = 2, USUAL_SLOTS = 2, USUAL_NIMBUSES = 1 };

/* -- who belongs to it ----------------------------------------------------- */

static uint32_t or_usual(uint32_t wanted, uint32_t usual)
{
    return wanted != 0 ? wanted : usual;
}

static void add_members(struct cluster_home *h, const struct cluster_up *what)
{
    uint32_t slots = or_usual(what->slots, USUAL_SLOTS);

    cluster_home_add(h, CLUSTER_ZOOKEEPER)->n_ports = 1;
    for (uint32_t i = 0; i < or_usual(what->nimbuses, USUAL_NIMBUSES); i++)
        cluster_home_add(h, CLUSTER_NIMBUS)->n_ports = 1;
    for (uint32_t i = 0; i < or_usual(what->supervisors, USUAL_SUPERVISORS);
         i++)
        cluster_home_add(h, CLUSTER_SUPERVISOR)->n_ports = 1 + slots;
}

static int by_number(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* A supervisor's slots are in ascending order. */
static int choose_ports(struct cluster_home *h, gale_err *error)
{
    uint16_t ports[CLUSTER_MEMBERS_MAX * (1 + CLUSTER_SLOTS_MAX)];
    uint32_t n = 0, next = 0;

    for (uint32_t i = 0; i < h->n; i++)
        n += h->members[i].n_ports;
    if (free_ports_choose(h->env, ports, n) != 0)
        return error_set(error, "this machine has no %u free ports", n);
    for (uint32_t i = 0; i < h->n; i++) {
        struct cluster_member *m = &h->members[i];

        memcpy(m->ports, &ports[next], m->n_ports * sizeof(*ports));
        qsort(m->ports, m->n_ports, sizeof(*m->ports), by_number);
        next += m->n_ports;
    }
    return 0;
}

/* A process that was killed a moment ago may still have it. */
static bool gets_free(struct cluster_home *h, uint16_t port)
{
    struct loop *loop = loop_new(h->env);
    bool is_free = false;

    for (int i = 0; i < PORT_LOOKS && !is_free && loop != NULL; i++) {
        if (i > 0)
            loop_run_for(loop, PORT_LOOK_NS);
        is_free = free_ports_is_free(h->env, port);
    }
    loop_free(loop);
    return is_free;
}

/* What ZooKeeper holds names the ports. Workers may still be at those of slots:
 * these are not looked at. */
static int look_at_ports(struct cluster_home *h, gale_err *error)
{
    for (uint32_t i = 0; i < h->n; i++) {
        const struct cluster_member *m = &h->members[i];

        if (!cluster_member_runs(h, m) && !gets_free(h, m->ports[0]))
            return error_set(error,
                             "port %u, which %s of %s has had, is in use: end "
                             "what listens there, or begin anew in another "
                             "directory",
                             m->ports[0], m->name, h->path);
    }
    return 0;
}

static void count_members(const struct cluster_home *h, struct cluster_up *has)
{
    for (uint32_t i = 0; i < h->n; i++) {
        const struct cluster_member *m = &h->members[i];

        has->nimbuses += m->kind == CLUSTER_NIMBUS;
        has->supervisors += m->kind == CLUSTER_SUPERVISOR;
        if (m->kind == CLUSTER_SUPERVISOR)
            has->slots = m->n_ports - 1;
    }
}

/* The same command may be given again. */
static int look_at_wishes(struct cluster_home *h, const struct cluster_up *what,
                          gale_err *error)
{
    struct cluster_up has = {.supervisors = 0};

    count_members(h, &has);
    if (or_usual(what->supervisors, has.supervisors) == has.supervisors &&
        or_usual(what->slots, has.slots) == has.slots &&
        or_usual(what->nimbuses, has.nimbuses) == has.nimbuses)
        return 0;
    return error_set(error,
                     "the cluster in %s goes on as it was: --supervisors, "
                     "--slots and --nimbuses are for a new one",
                     h->path);
}

static int find_members(struct cluster_home *h, const struct cluster_up *what,
                        gale_err *error)
{
    if (!h->known) {
        add_members(h, what);
        return choose_ports(h, error);
    }
    if (look_at_wishes(h, what, error) != 0)
        return -1;
    return look_at_ports(h, error);
}

/* -- files ----------------------------------------------------------------- */

/* JSON is YAML, too. */
static void put_text(FILE *to, const char *text)
{
    struct json j;
    char *json;

    json_to_memory(&j);
    json_string(&j, text);
    json = json_take(&j);
    fputs(json, to);
    free(json);
}

static void put_config(const struct cluster_home *h, FILE *to)
{
    char *token = cluster_home_path(h, "token", "");
    const char *comma = "";

    fprintf(to,
            "# The cluster of `gale cluster up`, for commands and daemons.\n"
            "storm.zookeeper.servers: [\"127.0.0.1\"]\n"
            "storm.zookeeper.port: %u\n"
            "storm.zookeeper.session.timeout: 6000\n"
            "nimbus.seeds: [",
            h->members[0].ports[0]);
    for (uint32_t i = 0; i < h->n; i++)
        if (h->members[i].kind == CLUSTER_NIMBUS) {
            fprintf(to, "%s\"127.0.0.1:%u\"", comma, h->members[i].ports[0]);
            comma = ", ";
        }
    fputs("]\ngale.token.file: ", to);
    put_text(to, token);
    fputc('\n', to);
    free(token);
}

static int write_config(struct cluster_home *h, gale_err *error)
{
    char *path = cluster_home_path(h, "gale.yaml", ""), *text;
    size_t size;
    FILE *to;
    int result = 0;

    if (h->env->ops->file_written(h->env, path) < 0) {
        to = memory_check(open_memstream(&text, &size), 1, 1);
        put_config(h, to);
        fclose(to);
        if (h->env->ops->file_replace(h->env, path, text, size) != 0)
            result = error_set(error, "%s: %s", path, strerror(errno));
        free(text);
    }
    free(path);
    return result;
}

/* Before any daemon needs it. */
static int make_token(struct cluster_home *h, gale_err *error)
{
    char *path = cluster_home_path(h, "token", "");
    struct token token;
    int result = token_file_make(h->env, path, &token, error);

    explicit_bzero(&token, sizeof(token));
    free(path);
    return result;
}

/* A Unix socket has a short path. */
static int look_at_path(const struct cluster_home *h, gale_err *error)
{
    static const char longest[] = "/supervisor-99/supervisor/socket";

    if (strlen(h->path) + sizeof(longest) <= 108)
        return 0;
    return error_set(error,
                     "%s is too long a path: expected one of at most %zu bytes",
                     h->path, 108 - sizeof(longest));
}

static int prepare(struct cluster_home *h, const struct cluster_up *what,
                   gale_err *error)
{
    if (look_at_path(h, error) != 0 || find_members(h, what, error) != 0 ||
        cluster_home_save(h, error) != 0)
        return -1;
    FAULT_POINT("cluster_members");
    if (make_token(h, error) != 0)
        return -1;
    FAULT_POINT("cluster_token");
    return write_config(h, error);
}

/* -- up -------------------------------------------------------------------- */

static uint32_t count_running(const struct cluster_home *h)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < h->n; i++)
        n += cluster_member_runs(h, &h->members[i]);
    return n;
}

static void say_what_next(const struct cluster_home *h)
{
    struct cluster_up has = {.supervisors = 0};

    count_members(h, &has);
    printf("a cluster runs in %s: nimbuses %u, supervisors %u, slots %u\n"
           "  export GALE_CONFIG=%s/gale.yaml   so that commands find it\n"
           "  gale cluster down %s   ends it\n",
           h->path, has.nimbuses, has.supervisors, has.supervisors * has.slots,
           h->path, h->path);
}

static int start_all(struct cluster_home *h, const struct cluster_up *what,
                     const struct dev_java *java)
{
    bool some_ran = count_running(h) > 0;
    gale_err error;
    int status = EXIT_OK;

    if (cluster_start(h, java, &error) != 0)
        status = command_error(NAME, "%s", error.text);
    if (status == EXIT_OK)
        status = cluster_await(h, what->timeout_ns);
    if (status != EXIT_OK && !some_ran)
        cluster_end(h);
    return status;
}

static int begin(struct cluster_home *h, const struct cluster_up *what,
                 const struct dev_java *java)
{
    gale_err error;
    int status;

    if (prepare(h, what, &error) != 0) {
        if (!h->known)
            cluster_home_undo(h);
        return command_error(NAME, "%s", error.text);
    }
    status = start_all(h, what, java);
    if (status == EXIT_OK)
        say_what_next(h);
    return status;
}

static int open_and_begin(const struct cluster_up *what,
                          const struct dev_java *java)
{
    struct cluster_home h;
    gale_err error;
    int status;

    if (cluster_home_open(&h, env_posix(), what->directory, CLUSTER_MAKE,
                          &error) < 0)
        status = command_error(NAME, "%s", error.text);
    else
        status = begin(&h, what, java);
    cluster_home_close(&h);
    return status;
}

/* Of one that runs as a whole, nothing is left to do. */
int cluster_up(const struct cluster_up *what)
{
    struct dev_java java;
    int status = dev_java_find(&java, NAME, what->jars);

    if (status == EXIT_OK)
        status = open_and_begin(what, &java);
    dev_java_free(&java);
    return status == EXIT_OK ? command_finish(NAME, EXIT_OK) : status;
}
