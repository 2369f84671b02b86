/* cluster_status.c - `gale cluster status`; see cluster_status.h. */
#include "cli/cluster_status.h"
#include "cli/cluster_call.h"
#include "cli/cluster_home.h"
#include "cli/command.h"
#include "cli/pack_json.h"
#include "cli/status_page.h"
#include "cli/table.h"
#include "common/json.h"
#include "supervisor/leftovers.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>

#define NAME "cluster"
#define ANSWER_NS INT64_C(5000000000)

struct seen {
    struct cluster_home home;
    bool runs[CLUSTER_MEMBERS_MAX];
    uint32_t n_run;
    bool answered;
    struct unpacked status; /* if it is answered */
};

static void look_at_processes(struct seen *s)
{
    struct cluster_home *h = &s->home;

    for (uint32_t i = 0; i < h->n; i++) {
        struct env_process *p = cluster_member_find(h, &h->members[i]);

        s->runs[i] = p != NULL;
        s->n_run += p != NULL;
        h->env->ops->processes->free(h->env, p);
    }
}

/* Of all supervisors, whether these run or not. */
static void each_worker(const struct seen *s,
                        void (*fn)(void *arg, const struct kept_worker *worker),
                        void *arg)
{
    const struct cluster_home *h = &s->home;

    for (uint32_t i = 0; i < h->n; i++)
        if (h->members[i].kind == CLUSTER_SUPERVISOR) {
            char *local = cluster_home_path(h, h->members[i].name, "");

            leftovers_each(h->env, local, fn, arg);
            free(local);
        }
}

/* -- for people ------------------------------------------------------------ */

static void add_ports(struct table *t, const struct cluster_member *m)
{
    char text[8 * (1 + CLUSTER_SLOTS_MAX)];
    size_t n = 0;

    for (uint32_t i = 0; i < m->n_ports; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u",
                              i > 0 ? " " : "", m->ports[i]);
    table_add(t, "%s", text);
}

static void add_member(struct table *t, const struct seen *s, uint32_t i)
{
    const struct cluster_member *m = &s->home.members[i];

    table_add(t, "%s", m->name);
    table_add(t, "%s", s->runs[i] ? "runs" : "does not run");
    if (s->runs[i])
        table_add(t, "%d", m->pid);
    else
        table_add(t, "-");
    add_ports(t, m);
}

static void add_worker(void *arg, const struct kept_worker *worker)
{
    struct table *t = arg;

    table_add(t, "%s/%u", worker->as.topology, worker->as.worker);
    table_add(t, "runs");
    table_add(t, "%d", worker->pid);
    table_add(t, "%u", worker->port);
}

static void put_processes(const struct seen *s)
{
    static const char *const titles[] = {"process", "state", "pid", "ports"};
    struct table *t = table_new(titles, 4);

    for (uint32_t i = 0; i < s->home.n; i++)
        add_member(t, s, i);
    each_worker(s, add_worker, t);
    table_print(t, stdout);
    table_free(t);
    if (s->answered) {
        putchar('\n');
        status_page(stdout, s->status.root);
    }
}

/* -- as JSON --------------------------------------------------------------- */

static void put_member(struct json *j, const struct seen *s, uint32_t i)
{
    const struct cluster_member *m = &s->home.members[i];

    json_object(j);
    json_key(j, "name");
    json_string(j, m->name);
    json_key(j, "runs");
    json_bool(j, s->runs[i]);
    json_key(j, "pid");
    if (s->runs[i])
        json_int(j, m->pid);
    else
        json_null(j);
    json_key(j, "ports");
    json_list(j);
    for (uint32_t k = 0; k < m->n_ports; k++)
        json_uint(j, m->ports[k]);
    json_end(j);
    json_end(j);
}

static void put_worker(void *arg, const struct kept_worker *worker)
{
    struct json *j = arg;

    json_object(j);
    json_key(j, "topology");
    json_string(j, worker->as.topology);
    json_key(j, "worker");
    json_uint(j, worker->as.worker);
    json_key(j, "pid");
    json_int(j, worker->pid);
    json_key(j, "port");
    json_uint(j, worker->port);
    json_end(j);
}

static void put_json(const struct seen *s)
{
    struct json j;

    json_to_file(&j, stdout);
    json_object(&j);
    json_key(&j, "processes");
    json_list(&j);
    for (uint32_t i = 0; i < s->home.n; i++)
        put_member(&j, s, i);
    json_end(&j);
    json_key(&j, "workers");
    json_list(&j);
    each_worker(s, put_worker, &j);
    json_end(&j);
    json_key(&j, "status");
    if (s->answered)
        pack_json(&j, s->status.root);
    else
        json_null(&j);
    json_end(&j);
    json_finish(&j);
    putchar('\n');
}

/* -- what the leader says -------------------------------------------------- */

/* `c` is to be closed when what it said is shown. */
static int ask(struct seen *s, struct cluster_options *o, struct cluster **c)
{
    char *config = cluster_home_path(&s->home, "gale.yaml", "");
    gale_err error;
    int status = EXIT_OK;

    o->timeout_ns = ANSWER_NS;
    if (daemon_config_file(o->config, config, &error) != 0)
        status = command_error(NAME, "%s", error.text);
    free(config);
    if (status != EXIT_OK)
        return status;
    *c = cluster_open(o, TOKEN_READER);
    status =
        *c == NULL ? EXIT_ERROR : cluster_call(*c, "status", NULL, &s->status);
    s->answered = status == EXIT_OK;
    return status;
}

static int show(struct seen *s, bool json)
{
    struct cluster_options o;
    struct cluster *c = NULL;
    int status = EXIT_ERROR;

    cluster_options_begin(&o, NAME);
    look_at_processes(s);
    if (s->n_run > 0)
        status = ask(s, &o, &c);
    if (json)
        put_json(s);
    else
        put_processes(s);
    if (s->answered)
        unpacked_free(&s->status);
    cluster_close(c);
    cluster_options_end(&o);
    if (status == EXIT_OK && s->n_run < s->home.n)
        status = EXIT_ERROR;
    return status;
}

int cluster_status(const char *directory, bool json)
{
    struct seen s = {.n_run = 0};
    gale_err error;
    int found = cluster_home_open(&s.home, env_posix(), directory, CLUSTER_LOOK,
                                  &error);
    int status;

    if (found == 0)
        status = show(&s, json);
    else if (found > 0)
        status = command_error(NAME, "there is nothing at %s", directory);
    else
        status = command_error(NAME, "%s", error.text);
    cluster_home_close(&s.home);
    return command_finish(NAME, status);
}
