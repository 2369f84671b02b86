/* faults.c - which fault when, and how it is done; see faults.h. */
#include "simulator/faults.h"
#include "common/check.h"
#include "simulator/witness.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/worker.h"
#include <stdlib.h>

#define TIMES_MAX 12        /* faults of a run */
#define INBOX_MIN_BYTES 256 /* a slice of some tuples */
#define LATE_MAX_NS INT64_C(20000000000)
#define BROKEN_MAX_NS INT64_C(5000000000)
#define PAUSE_MAX_NS INT64_C(100000000000)

const char *const fault_names[FAULTS] = {"late", "break", "crash", "pause",
                                         "inbox"};

struct faults {
    struct world *world;
    struct env *env;
    struct network *network;
    struct worker *worker;
    uint32_t kinds;
    uint32_t counts[FAULTS];
    int64_t interval_ns; /* between two of them, at most */
    uint32_t left;       /* so many more */
    struct env_waiter *waiter;
    struct env_thread *thread;
    bool stop;
    bool on; /* it counts among what is under way */
};

/* -- their names ----------------------------------------------------------- */

static uint32_t bit_of(const char *name, size_t size)
{
    for (uint32_t i = 0; i < FAULTS; i++)
        if (strlen(fault_names[i]) == size &&
            memcmp(fault_names[i], name, size) == 0)
            return 1u << i;
    return 0;
}

static uint32_t refuse(const char *name, size_t size, gale_err *error)
{
    error_set(error,
              "found \"%.*s\", expected all, or names with commas between "
              "them: late, break, crash, pause, inbox",
              (int)size, name);
    return 0;
}

uint32_t faults_parse(const char *text, gale_err *error)
{
    uint32_t bits = 0;

    if (strcmp(text, "all") == 0)
        return FAULTS_ALL;
    for (;; text++) {
        size_t size = strcspn(text, ",");
        uint32_t bit = bit_of(text, size);

        if (bit == 0)
            return refuse(text, size, error);
        bits |= bit;
        text += size;
        if (*text == '\0')
            return bits;
    }
}

/* -- each of them ---------------------------------------------------------- */

static int64_t below(struct faults *f, int64_t n)
{
    return (int64_t)world_below(f->world, (uint64_t)n);
}

/* Some are short, some are long: each size as likely as the next. */
static int64_t draw_ns(struct faults *f, int64_t most)
{
    return 1 + below(f, most >> below(f, 24));
}

static int64_t now(const struct faults *f)
{
    return f->env->ops->now(f->env);
}

static void be_late(struct faults *f)
{
    network_set_delay(f->network, draw_ns(f, LATE_MAX_NS));
}

static void break_connection(struct faults *f)
{
    uint32_t n = network_hosts(f->network);

    network_break(f->network, (uint32_t)below(f, n), (uint32_t)below(f, n),
                  now(f) + draw_ns(f, BROKEN_MAX_NS));
}

static void reset(struct executor *e)
{
    struct message *m = xcalloc(1, sizeof(*m));

    m->kind = MESSAGE_RESET;
    executor_tell(e, m, NULL);
}

static void reset_tasks_of(struct faults *f, uint32_t host)
{
    const struct worker *w = f->worker;

    for (uint32_t c = 0; c < w->model->n_components; c++)
        for (uint32_t i = 0; i < w->crews[c].n; i++) {
            struct executor *e = w->crews[c].executors[i];

            if (network_host_of(f->network, e->carrier) == host)
                reset(e);
        }
}

/* With its connections. */
static void crash(struct faults *f)
{
    uint32_t n = network_hosts(f->network), host = (uint32_t)below(f, n);

    for (uint32_t i = 0; i < n; i++) {
        network_break(f->network, host, i, 0);
        network_break(f->network, i, host, 0);
    }
    reset_tasks_of(f, host);
}

static void pause_carrier(struct faults *f)
{
    world_hold_up(f->world, "carrier", now(f) + draw_ns(f, PAUSE_MAX_NS));
}

static void do_one(struct faults *f, uint32_t fault)
{
    static void (*const functions[])(struct faults * f) = {
        [FAULT_LATE] = be_late,
        [FAULT_BREAK] = break_connection,
        [FAULT_CRASH] = crash,
        [FAULT_PAUSE] = pause_carrier,
    };

    world_note(f->world, WITNESS_NOTE_FAULT, fault, 0);
    f->counts[fault]++;
    functions[fault](f);
}

/* -- the thread ------------------------------------------------------------ */

/* One of those that may be, but for that of the beginning; FAULTS: none. */
static uint32_t draw_fault(struct faults *f)
{
    uint32_t fault, kinds = f->kinds & ~(1u << FAULT_INBOX);

    if (kinds == 0)
        return FAULTS;
    do
        fault = (uint32_t)below(f, FAULTS);
    while (!(kinds & 1u << fault));
    return fault;
}

static void run(void *arg)
{
    struct faults *f = arg;
    struct env_ready ready[1];

    for (; f->left > 0 && !f->stop; f->left--) {
        uint32_t fault = draw_fault(f);

        f->env->ops->waiter_wait(f->env, f->waiter,
                                 now(f) + draw_ns(f, f->interval_ns), ready, 1);
        if (fault == FAULTS || f->stop)
            break;
        do_one(f, fault);
    }
    network_set_delay(f->network, 1000);
    network_heal(f->network);
    world_let_go(f->world);
    f->on = false;
    check(atomic_fetch_sub(&f->worker->async, 1) > 0);
    worker_quiet(f->worker);
}

struct faults *faults_new(struct world *world, struct network *network,
                          uint32_t kinds)
{
    struct faults *f = xcalloc(1, sizeof(*f));

    f->world = world;
    f->env = world_env(world);
    f->network = network;
    f->kinds = kinds;
    f->interval_ns = INT64_C(1000) << below(f, 24);
    f->left = 1 + (uint32_t)below(f, TIMES_MAX);
    f->waiter = f->env->ops->waiter_new(f->env);
    return f;
}

void faults_free(struct faults *f)
{
    if (f == NULL)
        return;
    check(f->thread == NULL);
    f->env->ops->waiter_free(f->env, f->waiter);
    free(f);
}

/* Gates begin with what the worker's configuration says. */
static void narrow_inboxes(struct faults *f)
{
    struct worker *w = f->worker;

    w->config.inbox_bytes = INBOX_MIN_BYTES << below(f, 6);
    for (uint32_t c = 0; c < w->model->n_components; c++)
        for (uint32_t i = 0; i < w->crews[c].n; i++)
            gate_limit(w->crews[c].executors[i]->gate,
                       executor_credit(w->crews[c].executors[i]));
    f->counts[FAULT_INBOX]++;
}

/* While it counts as something that is under way, the run is not complete. */
void faults_begin(struct faults *f, struct worker *w)
{
    f->worker = w;
    if (f->kinds & 1u << FAULT_INBOX && below(f, 2) == 0)
        narrow_inboxes(f);
    atomic_fetch_add(&f->worker->async, 1);
    f->on = true;
    f->thread = f->env->ops->thread_start(f->env, "faults", -1, run, f);
}

void faults_wait(struct faults *f)
{
    if (f->thread != NULL)
        f->env->ops->thread_join(f->env, f->thread);
    f->thread = NULL;
}

bool faults_are_on(const struct faults *f)
{
    return f->on;
}

void faults_end(struct faults *f)
{
    f->stop = true;
    f->env->ops->waiter_wake(f->env, f->waiter);
    faults_wait(f);
}

const uint32_t *faults_counts(const struct faults *f)
{
    return f->counts;
}
