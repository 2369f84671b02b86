/* cluster_seed.c - one cluster's life; see cluster_seed.h. */
#include "simulator/cluster_seed.h"
#include "common/check.h"
#include "common/description.h"
#include "simulator/cluster_laws.h"
#include "simulator/engine_world.h"
#include "simulator/simulated_user.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define LOOK_NS (SECOND / 2)
#define POINTS_MAX UINT64_C(20000000)
#define REST_NS (900 * SECOND) /* after healing, all has come to its end */
#define QUIET_NS (20 * SECOND) /* … and what ends slowly, too */
#define END_NS (60 * SECOND)   /* daemons that are told to */
#define PLUGIN_BYTES_MAX (64u << 20)

struct seed_run {
    const struct cluster_seed_options *options;
    struct cluster_seed_result *result;
    struct world *world;
    struct simulated_cluster *cluster;
    struct cluster_laws laws;
    struct cluster_faults faults;
    struct simulated_user user;
};

/* -- what is known --------------------------------------------------------- */

static void sum_up(struct seed_run *r)
{
    struct cluster_seed_result *result = r->result;

    result->hash = world_hash(r->world);
    result->ns = world_now(r->world);
    result->net = world_net_counts(r->world);
    if (r->cluster == NULL)
        return;
    result->calm = r->faults.is_calm;
    memcpy(result->faults, r->faults.counts, sizeof(result->faults));
    result->writes = r->laws.writes;
    result->workers = r->cluster->n_workers;
    result->commands = r->user.commands;
    result->refused = r->user.refused;
    result->unanswered = r->user.unanswered;
    result->topologies = r->user.n_rolls;
    for (uint32_t i = 0; i < r->user.n_rolls; i++) {
        result->accepted += r->user.rolls[i].fate != ROLL_UNKNOWN;
        result->killed += r->user.rolls[i].fate == ROLL_KILLED;
    }
    for (uint32_t i = 0; i < r->cluster->n_books; i++) {
        struct roll_counts c = roll_book_counts(r->cluster->books[i]);

        result->rolls.called += c.called;
        result->rolls.failed += c.failed;
        result->rolls.acked += c.acked;
        result->rolls.again += c.again;
        result->rolls.explained += c.explained;
        result->rolls.kept += c.kept;
        result->rolls.lives += c.lives;
    }
}

static void end_if_wrong(struct seed_run *r)
{
    cluster_laws_look(r->cluster, r->faults.is_calm);
    if (r->cluster->wrong[0] == '\0')
        return;
    snprintf(r->result->wrong, sizeof(r->result->wrong), "%s",
             r->cluster->wrong);
    sum_up(r);
    r->options->wrong(r->options->arg, r->result);
}

static void stuck(void *arg, const char *why)
{
    struct seed_run *r = arg;

    snprintf(r->result->wrong, sizeof(r->result->wrong), "R: %s", why);
    sum_up(r);
    r->options->wrong(r->options->arg, r->result);
}

/* -- topologies ------------------------------------------------------------ */

static int set(gale_builder *b, gale_err *error, const char *key, uint64_t n)
{
    char text[100];

    snprintf(text, sizeof(text), "%s=%llu", key, (unsigned long long)n);
    return gale_builder_override(b, text, NULL, NULL, error);
}

static int limit_pending(const struct seed_run *r, gale_builder *b,
                         gale_err *error)
{
    static const uint64_t limits[] = {0, 0, 3, 20};
    uint64_t n = limits[world_below(r->world, 4)];

    return n == 0 ? 0 : set(b, error, "topology.max.spout.pending", n);
}

static gale_builder *build(struct seed_run *r, struct simulated_roll *roll,
                           gale_err *error)
{
    struct world *w = r->world;
    char count[24], rate[24], executors[24];
    char *args[] = {count, rate, executors};
    gale_builder *b = gale_builder_new();

    roll->count = 200 + world_below(w, 800);
    snprintf(count, sizeof(count), "%llu", (unsigned long long)roll->count);
    snprintf(rate, sizeof(rate), "%llu",
             (unsigned long long)(10 + world_below(w, 40)));
    snprintf(executors, sizeof(executors), "%llu",
             (unsigned long long)(1 + world_below(w, 3)));
    if (set(b, error, "topology.workers", 1 + world_below(w, 3)) == 0 &&
        set(b, error, "topology.message.timeout.secs",
            5 + world_below(w, 20)) == 0 &&
        limit_pending(r, b, error) == 0 &&
        gale_builder_load(b, r->options->roll_call, 3, args, error) == 0)
        return b;
    gale_builder_free(b);
    return NULL;
}

static int describe(struct seed_run *r, struct simulated_roll *roll,
                    gale_err *error)
{
    struct description_file file = {.name = "roll_call.so", .plugin = true};
    gale_builder *b = build(r, roll, error);
    struct pack p;
    int result;

    if (b == NULL)
        return -1;
    gale_set_name(b, roll->name);
    file.size = r->user.plugin_size;
    file.hash = digest_of(r->user.plugin, r->user.plugin_size);
    pack_init(&p);
    result = description_pack(model_of(b, error), &file, 1, &p, error);
    roll->description_size = p.buffer.size;
    roll->description = xmalloc(p.buffer.size);
    memcpy(roll->description, p.buffer.data, p.buffer.size);
    pack_free(&p);
    gale_builder_free(b);
    return result;
}

static int prepare_user(struct seed_run *r, gale_err *error)
{
    struct simulated_user *u = &r->user;
    struct env *real = env_posix();
    void *plugin;

    if (real->ops->file_read(real, r->options->roll_call, PLUGIN_BYTES_MAX,
                             &plugin, &u->plugin_size) != 0)
        return error_set(error, "cannot read %s: %s", r->options->roll_call,
                         strerror(errno));
    u->cluster = r->cluster;
    u->plugin = plugin;
    u->n_rolls = r->options->n_topologies > 0
                     ? r->options->n_topologies
                     : 1 + (uint32_t)world_below(r->world, 3);
    for (uint32_t i = 0; i < u->n_rolls; i++) {
        snprintf(u->rolls[i].name, ROLL_NAME, "roll-%u", i + 1);
        u->rolls[i].stays = world_below(r->world, 3) == 0;
        if (describe(r, &u->rolls[i], error) != 0)
            return -1;
    }
    return 0;
}

/* -- phases ---------------------------------------------------------------- */

/* Things go wrong, some seconds apart. */
static void fail(struct seed_run *r)
{
    int64_t begin = world_now(r->world);
    int64_t end = begin + (30 + (int64_t)world_below(r->world, 90)) * SECOND;
    int64_t strike = begin + 5 * SECOND, now;

    while ((now = world_now(r->world)) < end) {
        if (now >= strike) {
            cluster_faults_strike(&r->faults, now);
            strike = now + 1 + (int64_t)world_below(r->world, 6 * SECOND);
        }
        cluster_faults_go_on(&r->faults, now);
        end_if_wrong(r);
        world_sleep(world_env(r->world), now + LOOK_NS);
    }
}

static void come_to_rest(struct seed_run *r)
{
    char why[300] = "the user has commands to give";
    int64_t end;

    cluster_faults_heal(&r->faults, world_now(r->world));
    r->user.healed = true;
    end = world_now(r->world) + REST_NS;
    while (!r->user.done ||
           !cluster_laws_at_rest(r->cluster, why, sizeof(why))) {
        if (world_now(r->world) > end)
            simulated_cluster_break(r->cluster,
                                    "R: %lld s after all was healed: %s",
                                    (long long)(REST_NS / SECOND), why);
        cluster_faults_go_on(&r->faults, world_now(r->world));
        end_if_wrong(r);
        world_sleep(world_env(r->world), world_now(r->world) + LOOK_NS);
    }
    world_sleep(world_env(r->world), world_now(r->world) + QUIET_NS);
    if (!cluster_laws_at_rest(r->cluster, why, sizeof(why)))
        simulated_cluster_break(r->cluster, "%s, after it was gone", why);
    end_if_wrong(r);
}

static struct roll_book *book_of(const struct seed_run *r,
                                 const struct simulated_roll *roll)
{
    return simulated_cluster_book(r->cluster, roll->id);
}

/* What was accepted and not killed has run to its end. */
static void look_at_rolls(struct seed_run *r)
{
    for (uint32_t i = 0; i < r->user.n_rolls; i++) {
        const struct simulated_roll *roll = &r->user.rolls[i];
        uint64_t missing;

        if (roll->fate == ROLL_ACCEPTED &&
            !roll_book_is_complete(book_of(r, roll), roll->count, &missing))
            simulated_cluster_break(
                r->cluster,
                "L: %s is gone, and its number %llu was never acked", roll->id,
                (unsigned long long)missing);
    }
    end_if_wrong(r);
}

static void end_daemons(struct seed_run *r)
{
    int64_t end = world_now(r->world) + END_NS;

    for (uint32_t i = 0; i < r->cluster->n_daemons; i++)
        world_process_signal(r->cluster->daemons[i].process, SIGTERM);
    for (uint32_t i = 0; i < r->cluster->n_daemons; i++) {
        const struct simulated_daemon *d = &r->cluster->daemons[i];

        while (world_process_runs(d->process) && world_now(r->world) < end)
            world_sleep(world_env(r->world), world_now(r->world) + LOOK_NS);
        if (world_process_runs(d->process))
            simulated_cluster_break(
                r->cluster, "R: %s does not end when it is told to", d->name);
    }
    cluster_laws_at_end(r->cluster);
    end_if_wrong(r);
}

static uint32_t drawn(struct world *w, uint32_t wanted, uint32_t most)
{
    return wanted > 0 ? wanted : 1 + (uint32_t)world_below(w, most);
}

static int begin(struct seed_run *r, gale_err *error)
{
    const struct cluster_seed_options *o = r->options;
    const struct simulated_cluster_options cluster = {
        .n_nimbuses = drawn(r->world, o->n_nimbuses, 3),
        .n_supervisors = drawn(r->world, o->n_supervisors, 4),
        .log_level = o->log_level};

    r->cluster = simulated_cluster_new(r->world, &cluster, error);
    if (r->cluster == NULL || prepare_user(r, error) != 0)
        return -1;
    cluster_laws_begin(&r->laws, r->cluster);
    cluster_faults_begin(&r->faults, r->cluster);
    r->user.is_calm = r->faults.is_calm;
    for (uint32_t i = 0; i < r->cluster->n_daemons; i++)
        simulated_daemon_start(&r->cluster->daemons[i]);
    simulated_user_start(&r->user);
    return 0;
}

void cluster_seed_run(const struct cluster_seed_options *options,
                      struct cluster_seed_result *result)
{
    struct seed_run r = {.options = options, .result = result};
    const struct world_options world = {.seed = options->seed,
                                        .n_cpus = 2,
                                        .points_max = POINTS_MAX,
                                        .stuck = stuck,
                                        .arg = &r};
    gale_err error;

    *result = (struct cluster_seed_result){.hash = 0};
    r.world = engine_world_new(&world);
    if (begin(&r, &error) != 0) {
        snprintf(result->wrong, sizeof(result->wrong), "%.390s", error.text);
        return;
    }
    fail(&r);
    come_to_rest(&r);
    look_at_rolls(&r);
    end_daemons(&r);
    sum_up(&r);
}
