/* isolation.c - what keeps a worker to its limits: its terms, and its control
 * group if it has one; see supervisor_in.h. */
#include "common/store.h"
#include "supervisor/launch_plan.h"
#include "supervisor/supervisor_in.h"
#include "topology-api/memory.h"
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#define DESCRIPTION_MAX ((size_t)1 << 20)

static struct log *log_of(const struct seat *s)
{
    return s->supervisor->daemon.log;
}

/* -- the supervisor's ------------------------------------------------------ */

static void open_home(struct supervisor *s)
{
    struct daemon *d = &s->daemon;
    gale_err error;
    char text[32];

    if (cgroup_home_open(&s->cgroups, d->env, &error) != 0) {
        log_warn(d->log, "cgroups",
                 "workers run without cgroups, and without limits: %s",
                 error.text);
        return;
    }
    cgroup_home_text(&s->cgroups, text);
    log_info(d->log, "cgroups", "each worker has a cgroup: %s", text);
}

void isolation_begin(struct supervisor *s)
{
    static const char key[] = "storm.resource.isolation.plugin.enable";
    const struct daemon_config *config = s->daemon.config;

    if (s->hands != NULL)
        return;
    if (daemon_config_bool(config, key))
        open_home(s);
    else if (daemon_config_is_set(config, "worker.heap.memory.mb"))
        log_warn(s->daemon.log, "cgroups",
                 "worker.heap.memory.mb limits nothing unless %s is true", key);
}

void isolation_end(struct supervisor *s)
{
    cgroup_home_close(&s->cgroups);
}

void isolation_sweep(struct supervisor *s)
{
    const char **in_use = xcalloc(s->n_seats, sizeof(*in_use));
    char prefix[sizeof(CGROUP_PREFIX) + KEPT_ID_MAX + 2];

    for (uint32_t i = 0; i < s->n_seats; i++)
        in_use[i] = worker_cgroup_name(&s->seats[i].cgroup);
    snprintf(prefix, sizeof(prefix), CGROUP_PREFIX "%s-", s->id);
    cgroup_home_sweep(&s->cgroups, prefix, in_use, s->n_seats);
    free(in_use);
}

/* -- of a topology --------------------------------------------------------- */

static int read_terms(struct seat *s, gale_err *error)
{
    const struct topology_record *t = supply_topology(s->supply);
    const char *text = t->description_hash;
    struct digest hash;
    char *data;
    size_t size;
    int result;

    if (!digest_read_hex(text, strlen(text), &hash) ||
        store_get(s->supervisor->store, &hash, DESCRIPTION_MAX, &data, &size,
                  error) != 0)
        return -1;
    result = worker_terms_of(&s->terms, s->supervisor->daemon.config, data,
                             size, t->conf, error);
    free(data);
    return result;
}

void isolation_terms(struct seat *s)
{
    gale_err error;

    s->terms = worker_terms_usual(s->supervisor->daemon.config);
    if (read_terms(s, &error) != 0)
        log_warn(log_of(s), s->slot.has.topology,
                 "its configuration cannot be read: %s", error.text);
    s->slot.times = s->terms.times;
    /* One that goes on: systemd may have taken its limits, see
     * docs/operations.md. */
    if (s->process != NULL && s->supervisor->cgroups.places.n > 0 &&
        worker_cgroup_limit(&s->cgroup, &s->terms.limits, &error) != 0)
        log_warn(log_of(s), s->slot.has.topology, "worker %u: %s",
                 s->slot.has.worker, error.text);
}

/* -- of a worker ----------------------------------------------------------- */

int isolation_start(struct seat *s, struct launch *launch, gale_err *error)
{
    struct supervisor *super = s->supervisor;
    struct env *env = super->daemon.env;
    char name[256];

    if (super->cgroups.places.n == 0)
        return 0;
    snprintf(name, sizeof(name), CGROUP_PREFIX "%s-%u-%016" PRIx64, super->id,
             s->port, env->ops->entropy(env));
    if (worker_cgroup_make(&s->cgroup, &super->cgroups, name, &s->terms.limits,
                           error) != 0)
        return -1;
    for (uint32_t i = 0; i < s->cgroup.places.n; i++)
        launch->cgroups[i] = s->cgroup.places.list[i].path;
    return 0;
}

void isolation_adopt(struct seat *s, int pid)
{
    if (s->supervisor->hands == NULL)
        worker_cgroup_find(&s->cgroup, s->supervisor->daemon.env, pid);
}

void isolation_ended(struct seat *s, struct slot_end *end, char *words,
                     size_t size)
{
    bool own, lacks = worker_cgroup_lacks(&s->cgroup, &own);

    if (lacks && (!end->known || end->signal == SIGKILL)) {
        end->out_of_memory = true;
        cgroup_lack_text(words, size, &s->cgroup.limits, own);
    }
    worker_cgroup_remove(&s->cgroup);
}
