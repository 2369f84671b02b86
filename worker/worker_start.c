/* worker_start.c - from the plan to an engine that runs. */
#include "common/config.h"
#include "topology-api/memory.h"
#include "worker/worker_process_in.h"
#include <errno.h>
#include <stdlib.h>

#define PLAN_NS (60 * SECOND_NS)
#define CONF_MAX (128u << 10) /* bytes */

/* To be freed. */
static char *description_path(const struct process *p)
{
    static const char name[] = "/" DESCRIPTION_NAME;
    size_t size = strlen(p->in.directory) + sizeof(name);
    char *path = xmalloc(size);

    snprintf(path, size, "%s%s", p->in.directory, name);
    return path;
}

static int read_file(struct process *p, gale_err *error)
{
    char *path = description_path(p);
    void *data;
    size_t size;
    int result = p->env->ops->file_read(p->env, path, DESCRIPTION_BYTES_MAX,
                                        &data, &size);

    free(path);
    if (result != 0)
        return error_set(error, "the description cannot be read: %s",
                         strerror(errno));
    p->description = description_read(data, size, error);
    free(data);
    return p->description == NULL ? -1 : 0;
}

static int read_description(struct process *p, const msgpack_object *told,
                            gale_err *error)
{
    struct model *model;
    char *conf;

    if (read_file(p, error) != 0)
        return -1;
    model = p->description->model;
    for (uint32_t i = 0; i < model->n_components; i++) {
        uint32_t executors = worker_plan_executors(told, i);

        if (executors < 1 || executors > model->components[i].tasks)
            return error_set(error,
                             "the plan has %u executors of \"%s\", expected 1 "
                             "to %u",
                             executors, model->components[i].id,
                             model->components[i].tasks);
        model->components[i].executors = executors;
    }
    conf = unpack_text(unpack_key(told, "conf"), CONF_MAX);
    if (description_set(p->description, conf, error) != 0) {
        free(conf);
        return -1;
    }
    free(conf);
    p->builder = description_build_from(
        p->description,
        &(struct description_files){p->in.directory, p->in.real, p->in.arg},
        error);
    return p->builder == NULL ? -1 : 0;
}

/* Where nimbuses are; the others are left out. */
static void read_seeds(struct process *p, const msgpack_object *list)
{
    for (uint32_t i = 0; i < unpack_n(list) && p->n_seeds < LEADER_SEEDS_MAX;
         i++) {
        char *text = unpack_text(unpack_at(list, i), 300);

        if (text != NULL &&
            rpc_address_parse(text, &p->seeds[p->n_seeds], NULL) == 0)
            p->n_seeds++;
        free(text);
    }
}

/* Workers of the topology that share this machine share its CPUs, unless the
 * configuration says how many carriers each has. 0: it does. */
static uint32_t carriers_of(const struct process *p)
{
    const struct plan_worker *me = &p->plan->workers[p->plan->me];
    struct env *env = p->env;
    uint32_t sharing = 0, each;

    if (config_is_set(p->description->model, NULL, "gale.worker.carriers"))
        return 0;
    for (uint32_t i = 0; i < p->plan->n_workers; i++)
        sharing += strcmp(p->plan->workers[i].host, me->host) == 0;
    each = env->ops->n_cpus(env) / sharing;
    return each > 0 ? each : 1;
}

static void wired(void *arg, struct worker *w)
{
    struct process *p = arg;

    p->in.wired(p->in.arg, w);
}

static int start(struct process *p, const msgpack_object *told, gale_err *error)
{
    struct member_in in = {
        .env = p->env,
        .keeper = kept_positions_keeper(p->positions),
        .changed = reports_changed,
        .arg = p,
    };

    if (read_description(p, told, error) != 0 ||
        worker_plan_read(told, &p->me, &p->plan, error) != 0)
        return -1;
    kept_positions_read(p->positions, unpack_key(told, "positions"));
    p->rounds.interval = config_int(p->description->model, NULL,
                                    "gale.local.position.interval.ms") *
                         INT64_C(1000000);
    read_seeds(p, unpack_key(told, "nimbus"));
    orders_log_level(p, unpack_key(told, "log"));
    p->orphan.limit_ns =
        unpack_int(unpack_key(told, "orphan_secs"), 60) * SECOND_NS;
    in.wired = p->in.wired != NULL ? wired : NULL;
    in.builder = p->builder;
    in.plan = p->plan;
    in.carriers = carriers_of(p);
    in.log_level = &p->log_level;
    p->member = member_start(&in, error);
    if (p->member == NULL)
        return -1;
    p->active = unpack_bool(unpack_key(told, "active"), false);
    member_activate(p->member, p->active);
    reports_begin(p);
    return 0;
}

static void ask(struct process *p);

static void planned(void *arg, const struct rpc_result *result)
{
    struct process *p = arg;
    gale_err error;

    if (result->outcome == RPC_OK) {
        if (start(p, result->value, &error) != 0) {
            log_error(p->log, "start", "%s", error.text);
            process_say(p, error.text);
            process_end(p, 1);
        }
    } else if (result->outcome == RPC_REFUSED) {
        process_say(p, result->text);
        process_end(p, 1);
    } else {
        ask(p);
    }
}

static void ask(struct process *p)
{
    rpc_client_call(p->supervisor, "plan", NULL, PLAN_NS, planned, p);
}

/* Until there is a plan; then each report asks the same. */
static void look_after_orphan(void *arg)
{
    struct process *p = arg;
    int64_t now = loop_now(p->loop);

    if (orphan_verdict(&p->orphan, now) != ORPHAN_ENDS) {
        loop_timer_set(p->loop, &p->report, now + SECOND_NS, look_after_orphan,
                       p);
        return;
    }
    process_say(p, "its supervisor was not heard for a minute, and it has no "
                   "plan yet: it ends");
    process_end(p, 1);
}

void start_begin(struct process *p)
{
    ask(p);
    look_after_orphan(p);
}
