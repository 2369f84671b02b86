/*
 * worker_process.c - `gale worker`: the life of the process; see
 * worker_process.h. What it does on the way: worker_start.c, worker_orders.c,
 * worker_reports.c.
 */
#include "worker/worker_process.h"
#include "common/check.h"
#include "common/inherited.h"
#include "common/last_words.h"
#include "topology-api/memory.h"
#include "worker/crash.h"
#include "worker/worker_process_in.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define RETRY_NS (SECOND_NS / 5) /* of a supervisor that is away */
#define DRAIN_NS (2 * SECOND_NS) /* of a TERM: before it is killed */

void process_end(struct process *p, int status)
{
    p->status = status;
    loop_end(p->loop);
}

void process_say(struct process *p, const char *text)
{
    p->in.say(p->in.arg, text);
}

static void close_now(void *arg)
{
    struct process *p = arg;

    member_order(p->member, MEMBER_CLOSE, 0);
}

void process_drain(struct process *p, int64_t ns)
{
    member_order(p->member, MEMBER_DRAIN, 0);
    loop_timer_set(p->loop, &p->drain, loop_now(p->loop) + ns, close_now, p);
}

/* -- end ------------------------------------------------------------------- */

static void terminate(void *arg)
{
    struct process *p = arg;

    if (p->told_to_end)
        return;
    p->terminated = true;
    if (p->member == NULL) {
        process_end(p, 0);
        return;
    }
    p->told_to_end = true;
    log_info(p->log, "worker", "told to end: spouts stop");
    process_drain(p, DRAIN_NS);
}

void process_terminate(struct process *p)
{
    loop_post(p->loop, terminate, p);
}

static void stop(void *arg)
{
    process_end(arg, 1);
}

static void signalled(void *arg, int signal)
{
    (void)signal;
    terminate(arg);
}

void process_take_signals(struct process *p)
{
    static const int signals[] = {SIGTERM, SIGINT};

    check(loop_signals(p->loop, signals, 2, signalled, p) == 0);
}

void process_kill(struct process *p)
{
    loop_post(p->loop, stop, p);
}

/* -- its life -------------------------------------------------------------- */

static int connect_supervisor(struct process *p)
{
    struct rpc_client_options options = {
        .me = {.role = TOKEN_WORKER,
               .name = "worker",
               .worker = p->me,
               .insecure = p->in.key == NULL},
        .pause_max = RETRY_NS,
        .arg = p,
        .changed = reports_supervisor,
        .notified = orders_notified,
    };
    gale_err error;

    if (p->in.key != NULL)
        options.me.key = *p->in.key;
    if (rpc_address_parse(p->in.socket, &options.address, &error) != 0) {
        process_say(p, error.text);
        return -1;
    }
    p->identity = options.me;
    p->supervisor = rpc_client_new(p->loop, &options);
    return 0;
}

struct process *process_new(const struct process_in *in)
{
    struct process *p = xcalloc(1, sizeof(*p));

    p->in = *in;
    p->env = in->env;
    p->me = in->me;
    p->status = 1;
    p->log = log_new(p->env, stderr, p->me.topology);
    p->log_level = in->log_level;
    log_set_level(p->log, in->log_level);
    p->loop = loop_new(p->env);
    if (p->loop == NULL) {
        process_say(p, "no descriptors are left");
        process_free(p);
        return NULL;
    }
    orphan_init(&p->orphan, ORPHAN_LIMIT_NS, loop_now(p->loop));
    p->positions_call.process = p;
    p->positions =
        kept_positions_new(p->env, p->me.birth, positions_changed, p);
    if (connect_supervisor(p) == 0)
        return p;
    process_free(p);
    return NULL;
}

static void count(struct process *p)
{
    struct member_report r;

    if (p->member == NULL)
        return;
    member_report(p->member, &r);
    p->counts = (struct process_counts){r.executed, r.acked, r.failed};
}

void process_count(const struct process *p, struct process_counts *counts)
{
    *counts = p->counts;
}

/* The connections go first: nobody is told how the engine ends. */
static void leave(struct process *p)
{
    loop_timer_clear(&p->report);
    loop_timer_clear(&p->drain);
    loop_timer_clear(&p->usual);
    leader_client_free(p->nimbus);
    rpc_client_free(p->supervisor);
    member_free(p->member);
    p->nimbus = NULL;
    p->supervisor = NULL;
    p->member = NULL;
}

int process_run(struct process *p)
{
    start_begin(p);
    loop_run(p->loop);
    count(p);
    leave(p);
    return p->status == 0 && p->terminated ? INHERITED_TERMINATED : p->status;
}

void process_free(struct process *p)
{
    if (p == NULL)
        return;
    leave(p);
    gale_builder_free(p->builder);
    description_free(p->description);
    plan_free(p->plan);
    kept_positions_free(p->positions);
    if (p->loop != NULL)
        loop_free(p->loop);
    log_free(p->log);
    free(p);
}

/* -- the process ----------------------------------------------------------- */

static void say(void *arg, const char *text)
{
    struct last_words words = {.n = 0};

    (void)arg;
    last_words_put(&words, text);
    last_words_say(&words);
}

static bool read_number(const char *text, uint64_t max, uint64_t *n)
{
    char *end;

    errno = 0;
    *n = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 &&
           *n <= max;
}

static int take_arguments(struct process_in *in, int argc, char **argv)
{
    static const struct option options[] = {
        {"topology", required_argument, NULL, 't'},
        {"number", required_argument, NULL, 'n'},
        {"birth", required_argument, NULL, 'b'},
        {"supervisor", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    uint64_t number = UINT64_MAX;
    int option;
    bool ok = true;

    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 't')
            in->me.topology = optarg;
        else if (option == 'n')
            ok &= read_number(optarg, UINT32_MAX, &number);
        else if (option == 'b')
            ok &= read_number(optarg, UINT64_MAX, &in->me.birth);
        else if (option == 's')
            in->socket = optarg;
        else
            ok = false;
    }
    in->me.number = (uint32_t)number;
    if (ok && in->me.topology != NULL && in->socket != NULL &&
        number <= UINT32_MAX)
        return 0;
    say(NULL,
        "gale worker is started by a supervisor, with --topology, --number, "
        "--birth and --supervisor");
    return -1;
}

/* Empty: the cluster is insecure. */
static bool read_key(struct digest *key)
{
    ssize_t n = read(INHERITED_KEY, key->bytes, sizeof(key->bytes));

    close(INHERITED_KEY);
    return n == (ssize_t)sizeof(key->bytes);
}

static void pass_over(int signal)
{
    (void)signal;
}

/* What plugins execute has all signals as at first. So none is blocked, and
 * SIGPIPE is handled and not ignored, which would be inherited, too: who writes
 * to a pipe that nobody reads gets EPIPE. */
static void leave_signals(void)
{
    struct sigaction action = {.sa_flags = SA_RESTART | SA_ONSTACK,
                               .sa_handler = pass_over};

    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
    env_posix_leave_signals();
}

int worker_process_main(int argc, char **argv)
{
    struct process_in in = {.env = env_posix(),
                            .directory = ".",
                            .log_level = GALE_LOG_INFO,
                            .say = say};
    struct digest key;
    struct process *p;
    int status;

    crash_watch_worker();
    last_words_also(INHERITED_WORDS);
    close(INHERITED_WORDS); /* it has a copy, which tasks leave to nobody */
    prctl(PR_SET_DUMPABLE, 0);
    leave_signals();
    if (take_arguments(&in, argc, argv) != 0)
        return 2;
    in.key = read_key(&key) ? &key : NULL;
    p = process_new(&in);
    if (p == NULL)
        return 1;
    process_take_signals(p);
    status = process_run(p);
    process_free(p);
    return status;
}
