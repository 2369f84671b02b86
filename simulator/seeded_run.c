/* seeded_run.c - one run in the world of a seed; see seeded_run.h. */
#include "simulator/seeded_run.h"
#include "simulator/engine_world.h"
#include "common/check.h"
#include "simulator/blame.h"
#include "simulator/invariants.h"
#include "simulator/progress.h"
#include "simulator/standstill.h"
#include "simulator/witness.h"
#include "topology-api/memory.h"
#include "worker/crash.h"
#include "worker/local_in.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <inttypes.h>

#define CARRIERS_MAX 4
#define HOSTS_MAX 4
#define PATIENCE_TIMEOUTS 20 /* so many message timeouts are enough */
#define POINTS_MAX 5000000   /* without anything that comes of them */
#define BLAME_MAX 400        /* bytes of who is to blame */

struct seeded_run {
    struct seeded_options options;
    struct world *world;
    struct ledger *ledger;
    struct network *network;
    struct faults *faults;
    struct witness *witness;
    struct invariants *invariants;
    gale_local *local;
    struct worker *worker; /* NULL before it is wired and when it is gone */
    bool batches;
    int64_t patience_ms; /* in which a run must get on */
    struct seeded_result result;
};

/* What takes seconds would seldom meet a fault: positions are saved, and
 * messages time out, sooner in some worlds. */
static void hurry(struct seeded_run *r, struct worker_config *config)
{
    static const int64_t intervals[] = {10000000, 100000000, 1000000000};
    static const int64_t timeout = INT64_C(2000000000);

    config->position_interval_ns = intervals[world_below(r->world, 3)];
    if (world_below(r->world, 2) == 0 && config->message_timeout_ns > timeout)
        config->message_timeout_ns = timeout;
}

/* What is lost could never be told from what is late. */
static void refuse_losses(const struct seeded_run *r, struct worker *worker)
{
    const uint32_t losses = 1u << FAULT_BREAK | 1u << FAULT_CRASH;

    if (worker->config.acking && !worker->config.timeouts &&
        (r->options.faults & losses) != 0)
        worker_fail(worker,
                    "the faults break and crash lose tuples, which nobody "
                    "emits again while topology.enable.message.timeouts is "
                    "false; set it to true, or run with --faults "
                    "late,pause,inbox");
}

static void wired(void *arg, struct worker *worker)
{
    struct seeded_run *r = arg;

    r->worker = worker;
    r->patience_ms =
        worker->config.message_timeout_ns / 1000000 * PATIENCE_TIMEOUTS;
    refuse_losses(r, worker);
    if (r->options.faults != 0)
        hurry(r, &worker->config);
    r->invariants = invariants_new(worker, r->ledger);
    r->witness = witness_new(worker, r->world, r->ledger, r->network,
                             r->invariants, r->batches);
    network_begin(r->network, worker, r->witness);
    faults_begin(r->faults, worker);
}

/* Nothing of it may be looked at any more. */
static void gone(void *arg)
{
    struct seeded_run *r = arg;

    faults_end(r->faults);
    network_end(r->network);
    r->worker = NULL;
}

/* Faults count as something that is under way, and are nothing of it. */
static void idle(void *arg, int64_t now)
{
    struct seeded_run *r = arg;

    if (r->worker != NULL)
        invariants_idle(r->invariants, faults_are_on(r->faults), now);
}

/* -- what must be true in the end ------------------------------------------ */

#define EQUAL(r, found, expected, what)                                        \
    do {                                                                       \
        if ((found) != (expected))                                             \
            ledger_break((r)->ledger,                                          \
                         "B: the engine counts %" PRIu64 " " what              \
                         ", the books %" PRIu64,                               \
                         (found), (expected));                                 \
    } while (0)

/* B: the engine's counters say what the books say. What a task had written and
 * not sent when it began anew is nobody's. */
static void balance(struct seeded_run *r)
{
    struct ledger_counts books = ledger_counts(r->ledger);
    struct run_sums sums = run_sums_of(r->local);

    EQUAL(r, sums.executed, books.executed, "executed tuples");
    if (r->result.faults[FAULT_CRASH] > 0)
        return;
    EQUAL(r, sums.transferred, books.sent, "tuples that were sent");
    if (r->options.faults == 0 && sums.timed_out > 0)
        ledger_break(r->ledger,
                     "B: %" PRIu64
                     " messages timed out, and nothing went wrong",
                     sums.timed_out);
}

/* What is known at any time. */
static void sum_up(struct seeded_run *r)
{
    struct seeded_result *result = &r->result;
    const char *violation = ledger_violation(r->ledger);

    memcpy(result->faults, faults_counts(r->faults), sizeof(result->faults));
    if (violation != NULL)
        snprintf(result->violation, sizeof(result->violation), "%s", violation);
    result->counts = ledger_counts(r->ledger);
    result->hash = world_hash(r->world);
    if (r->invariants != NULL)
        result->looks = invariants_looks(r->invariants);
}

static void look(struct seeded_run *r)
{
    sum_up(r);
    if (r->result.state == GALE_LOCAL_COMPLETE) {
        ledger_complete(r->ledger);
        balance(r);
    }
    snprintf(r->result.error, sizeof(r->result.error), "%s",
             gale_local_error(r->local));
    sum_up(r);
}

/* -- what has no end ------------------------------------------------------- */

static void wrong(void *arg)
{
    struct seeded_run *r = arg;

    sum_up(r);
    r->options.wrong(r->options.arg, &r->result);
}

#define NO_END "R: the run does not come to its end: "

static const char *kind_of(const struct task *t)
{
    return t->component->is_spout ? "spout" : "bolt";
}

static void put_called(const struct seeded_run *r, char *text, size_t size)
{
    const struct task *t = witness_called(r->witness);

    if (t != NULL)
        snprintf(text, size, "; the last one called is %s \"%s\" (task %d)",
                 kind_of(t), t->component->id, t->id);
}

static void stuck(void *arg, const char *why)
{
    struct seeded_run *r = arg;
    char blame[BLAME_MAX] = "";

    if (r->worker != NULL) {
        put_called(r, blame, sizeof(blame));
        blame_put(r->worker, NULL, blame, sizeof(blame));
    }
    ledger_break(r->ledger, NO_END "%s%s", why, blame);
}

static void intruded(void *arg, const char *what)
{
    ledger_break(((struct seeded_run *)arg)->ledger, "not deterministic: %s",
                 what);
}

/* Whoever goes round there will not go on. */
static void stands_still(void *arg)
{
    struct seeded_run *r = arg;
    const struct task *t = crash_task();

    if (t == NULL)
        ledger_break(r->ledger,
                     NO_END "%d s of the processor's time are gone, and no "
                            "thread has come to a point",
                     STANDSTILL_S);
    else
        ledger_break(r->ledger,
                     NO_END "%s \"%s\" (task %d) has taken %d s of the "
                            "processor's time for one call, or the engine has "
                            "for it",
                     kind_of(t), t->component->id, t->id, STANDSTILL_S);
}

static void watch(struct seeded_run *r)
{
    if (r->options.wrong == NULL)
        return;
    ledger_tell(r->ledger, wrong, r);
    standstill_watch(r->world, stands_still, r);
}

/* -- running --------------------------------------------------------------- */

static int ms_of(int64_t ms)
{
    return ms < 0 ? -1 : ms > INT32_MAX ? INT32_MAX : (int)ms;
}

/* failing: whether a bolt does; the last one that did is to blame then. */
static void break_for_no_end(struct seeded_run *r, const char *why,
                             bool failing)
{
    char blame[BLAME_MAX] = "";

    blame_put(r->worker, failing ? witness_failing(r->witness) : NULL, blame,
              sizeof(blame));
    ledger_break(r->ledger, "R: the run is not complete%s%s", why, blame);
}

/* Nothing goes wrong any more: it must be complete in time. */
static gale_local_state wait_healed(struct seeded_run *r)
{
    int64_t ms = r->patience_ms;
    gale_local_state state = gale_local_wait(r->local, ms_of(ms));
    char why[100];

    if (state != GALE_LOCAL_RUNNING)
        return state;
    snprintf(why, sizeof(why), " %" PRId64 " s after the last fault",
             ms / 1000);
    break_for_no_end(r, why, true);
    return state;
}

/* However long it takes, as long as there is something to wait for. */
static gale_local_state wait_complete(struct seeded_run *r)
{
    struct progress p = {0};
    int ms = ms_of(r->patience_ms);
    const char *why = NULL;
    gale_local_state state;

    while ((state = gale_local_wait(r->local, ms)) == GALE_LOCAL_RUNNING &&
           (why = progress_look(&p, r->local, r->worker, r->ledger)) == NULL)
        ;
    if (why != NULL)
        break_for_no_end(r, why, p.failing);
    return state;
}

/* Until it is complete, or its time is over. */
static gale_local_state run_on(struct seeded_run *r)
{
    gale_local_state state;

    if (r->options.ttl_ms >= 0) {
        state = gale_local_wait(r->local, ms_of(r->options.ttl_ms));
        faults_end(r->faults);
        return state;
    }
    faults_wait(r->faults);
    return r->options.faults != 0 ? wait_healed(r) : wait_complete(r);
}

/* … then to the end of the stop. */
static void run_to_end(struct seeded_run *r)
{
    struct env *env = world_env(r->world);
    int64_t begin = env->ops->now(env);
    gale_local_state state = run_on(r), end;

    gale_local_stop(r->local, GALE_STOP_DRAIN);
    end = gale_local_wait(r->local, -1);
    if (local_only_owes(r->local) ||
        (r->options.faults != 0 && local_gave_up(r->local)))
        end = GALE_LOCAL_STOPPED; /* its time was over: nothing is wrong */
    r->result.state = end == GALE_LOCAL_FAILED       ? end
                      : state == GALE_LOCAL_COMPLETE ? state
                                                     : end;
    r->result.ns = env->ops->now(env) - begin;
    network_end(r->network);
}

static bool start(struct seeded_run *r, gale_builder *b, gale_err *error)
{
    const struct local_in in = {
        .env = world_env(r->world), .wired = wired, .gone = gone, .arg = r};
    gale_local_opts opts = {.size = sizeof(opts),
                            .carriers = r->result.carriers,
                            .state_dir = "state",
                            .log = r->options.log};

    r->local = local_start(&in, b, &opts, error);
    return r->local != NULL;
}

struct seeded_run *seeded_run_new(gale_builder *b,
                                  const struct seeded_options *options,
                                  gale_err *error)
{
    struct seeded_run *r = xcalloc(1, sizeof(*r));
    struct world_options world = {.seed = options->seed,
                                  .n_cpus = CARRIERS_MAX,
                                  .keep_notes = options->keep_notes,
                                  .points_max = POINTS_MAX,
                                  .stuck = stuck,
                                  .intruded = intruded,
                                  .idle = idle,
                                  .arg = r};

    r->options = *options;
    r->world = engine_world_new(&world);
    r->ledger = ledger_new();
    watch(r);
    r->network = network_new(
        r->world, 1 + (uint32_t)world_below(
                          r->world, options->faults != 0 ? HOSTS_MAX : 1));
    r->faults = faults_new(r->world, r->network, options->faults);
    r->batches = world_below(r->world, 2) == 0;
    r->result.carriers =
        options->carriers > 0
            ? options->carriers
            : 1 + (uint32_t)world_below(r->world, CARRIERS_MAX);
    if (!start(r, b, error)) {
        seeded_run_free(r);
        return NULL;
    }
    run_to_end(r);
    standstill_end();
    look(r);
    return r;
}

void seeded_run_free(struct seeded_run *r)
{
    if (r == NULL)
        return;
    standstill_end();
    gale_local_free(r->local);
    faults_free(r->faults);
    network_free(r->network);
    witness_free(r->witness);
    invariants_free(r->invariants);
    ledger_free(r->ledger);
    world_free(r->world);
    free(r);
}

const struct seeded_result *seeded_run_result(const struct seeded_run *r)
{
    return &r->result;
}

gale_local *seeded_run_local(const struct seeded_run *r)
{
    return r->local;
}

const struct world *seeded_run_world(const struct seeded_run *r)
{
    return r->world;
}
