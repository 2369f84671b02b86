/*
 * worker_process.c - `gale worker`: asks its supervisor for the plan, runs the
 * engine by it, and reports; see worker_process.h.
 *
 * The engine has threads of its own; everything here belongs to the main
 * thread's loop.
 */
#include "worker/worker_process.h"
#include "common/check.h"
#include "common/description.h"
#include "common/inherited.h"
#include "common/last_words.h"
#include "common/leader_client.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/rpc_client.h"
#include "common/rpc_resolve.h"
#include "topology-api/memory.h"
#include "worker/crash.h"
#include "worker/kept_positions.h"
#include "worker/member.h"
#include "worker/orphan.h"
#include "worker/worker_plan.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)
#define PLAN_NS (60 * SECOND_NS)
#define REPORT_NS SECOND_NS
#define SOON_NS INT64_C(1000000) /* what changes together is told once */
#define DRAIN_NS (2 * SECOND_NS) /* of a TERM: before it is killed */
#define POSITIONS_MAX 64u        /* in one call */
#define FAREWELL_NS SECOND_NS
#define ORPHAN_DRAIN_NS (10 * SECOND_NS)

struct process {
    struct loop *loop;
    struct log *log;
    struct token_worker me;
    const char *socket;
    struct rpc_identity identity;
    struct rpc_client *supervisor;
    struct orphan orphan;
    struct leader_client *nimbus; /* while its supervisor is away */
    bool nimbus_asked;
    struct rpc_address seeds[LEADER_SEEDS_MAX];
    uint32_t n_seeds;
    struct description *description;
    gale_builder *builder;
    struct plan *plan;
    struct member *member; /* NULL: not yet */
    struct kept_positions *positions;
    bool positions_under_way;
    struct loop_timer report, drain;
    _Atomic(bool) report_posted, positions_posted;
    uint64_t n_reports, round;
    bool active;
    bool told_to_end; /* TERM */
    bool leaving;     /* the last report is on its way */
    int status;       /* of the process */
};

static void end(struct process *p, int status)
{
    p->status = status;
    loop_end(p->loop);
}

/* Why it ends; the supervisor reads it. */
static void say(const char *text)
{
    struct last_words words = {.n = 0};

    last_words_put(&words, text);
    last_words_say(&words);
}

/* -- reports --------------------------------------------------------------- */

/* See nimbus/drain.h. */
static uint32_t stage_of(const struct member_report *r)
{
    switch (r->phase) {
    case OPENING:
    case RUNNING:
        return 0;
    case DRAINING:
        return 1;
    case FINISHING:
        return 1 + r->turn;
    default:
        return 2 + r->n_turns;
    }
}

static void pack_report(struct process *p, const struct member_report *r,
                        struct pack *to)
{
    pack_map(to, 17);
    pack_key_uint(to, "incarnation", r->incarnation);
    pack_key_uint(to, "number", ++p->n_reports);
    pack_key_uint(to, "version", p->plan->version);
    pack_key_uint(to, "round", p->round);
    pack_key_uint(to, "stage", stage_of(r));
    pack_key_bool(to, "opened", r->phase != OPENING && r->error[0] == '\0');
    pack_key_bool(to, "quiet", r->quiet && r->phase != OPENING);
    pack_key_bool(to, "exhausted", r->exhausted);
    pack_key_bool(to, "active", p->active);
    pack_key_uint(to, "pending", r->pending);
    pack_key_uint(to, "sent", r->sent);
    pack_key_uint(to, "received", r->received);
    pack_key_uint(to, "acked", r->acked);
    pack_key_uint(to, "failed", r->failed);
    pack_key_uint(to, "executed", r->executed);
    pack_key_bool(to, "links_up", r->links_up);
    pack_key_bool(to, "ended", r->phase == ENDED && r->error[0] == '\0');
}

static void send_positions(struct process *p);

/* -- without its supervisor ------------------------------------------------ */

static void notified(void *arg, gale_str method, const msgpack_object *params);

static void nimbus_answered(void *arg, const struct rpc_result *result)
{
    struct process *p = arg;

    p->nimbus_asked = false;
    if (result->outcome == RPC_OK)
        orphan_step(&p->orphan, ORPHAN_NIMBUS_ANSWERED, loop_now(p->loop));
}

static void tell_nimbus(struct process *p, const struct pack *report)
{
    const struct leader_client_options options = {
        .me = p->identity, .arg = p, .notified = notified};
    struct pack news;

    if (p->nimbus == NULL) {
        p->nimbus = leader_client_new(p->loop, &options);
        leader_client_seeds(p->nimbus, p->seeds, p->n_seeds);
        log_warn(p->log, "orphan",
                 "the supervisor is away: reports go to "
                 "nimbus");
    }
    if (p->nimbus_asked)
        return;
    p->nimbus_asked = true;
    pack_init(&news);
    pack_map(&news, 5);
    pack_key_text(&news, "topology", p->me.topology);
    pack_key_uint(&news, "worker", p->me.number);
    pack_key_uint(&news, "birth", p->me.birth);
    pack_key_bool(&news, "runs", true);
    pack_text(&news, "report");
    pack_packed(&news, report);
    leader_client_call(p->nimbus, "worker", &news, 2 * SECOND_NS,
                       nimbus_answered, p);
    pack_free(&news);
}

static void close_now(void *arg)
{
    struct process *p = arg;

    member_order(p->member, MEMBER_CLOSE, 0);
}

/* Spouts stop; when nothing is pending, or after so long, it closes. */
static void drain_for(struct process *p, int64_t ns)
{
    member_order(p->member, MEMBER_DRAIN, 0);
    loop_timer_set(p->loop, &p->drain, loop_now(p->loop) + ns, close_now, p);
}

static void end_as_orphan(struct process *p)
{
    if (p->told_to_end)
        return;
    p->told_to_end = true;
    log_error(p->log, "orphan",
              "neither supervisor nor nimbus was heard for "
              "gale.worker.orphan.secs: it drains and ends");
    drain_for(p, ORPHAN_DRAIN_NS);
}

static void look_after_orphan(struct process *p, const struct pack *report)
{
    switch (orphan_verdict(&p->orphan, loop_now(p->loop))) {
    case ORPHAN_TELLS_NIMBUS:
        tell_nimbus(p, report);
        break;
    case ORPHAN_ENDS:
        end_as_orphan(p);
        break;
    case ORPHAN_IS_NONE:
        break;
    }
}

/* -- the last report ------------------------------------------------------- */

static void farewell_heard(void *arg, const struct rpc_result *result)
{
    struct process *p = arg;

    (void)result;
    end(p, p->status);
}

/* The last report is waited for: a supervisor that is not the parent has no
 * other way to know that all is closed. */
static void take_leave(struct process *p, const struct member_report *r,
                       const struct pack *report)
{
    if (p->leaving)
        return;
    p->leaving = true;
    p->status = r->error[0] == '\0' ? 0 : 1;
    if (r->error[0] != '\0')
        say(r->error);
    rpc_client_call(p->supervisor, "report", report, FAREWELL_NS,
                    farewell_heard, p);
}

static void tell(void *arg)
{
    struct process *p = arg;
    struct member_report r;
    struct pack report;

    member_report(p->member, &r);
    if (p->told_to_end && r.phase == DRAINING && r.quiet && r.pending == 0)
        member_order(p->member, MEMBER_CLOSE, 0);
    pack_init(&report);
    pack_report(p, &r, &report);
    if (r.phase == ENDED && !p->positions_under_way)
        send_positions(p);
    if (r.phase == ENDED && !p->positions_under_way)
        take_leave(p, &r, &report);
    else
        rpc_client_notify(p->supervisor, "report", &report);
    look_after_orphan(p, &report);
    pack_free(&report);
    loop_timer_set(p->loop, &p->report, loop_now(p->loop) + REPORT_NS, tell, p);
}

static void tell_soon(struct process *p)
{
    int64_t at = loop_now(p->loop) + SOON_NS;

    if (p->report.at == 0 || p->report.at > at)
        loop_timer_set(p->loop, &p->report, at, tell, p);
}

static void report_posted(void *arg)
{
    struct process *p = arg;

    atomic_store(&p->report_posted, false);
    if (p->member != NULL)
        tell_soon(p);
}

/* By the engine's control thread. */
static void changed(void *arg)
{
    struct process *p = arg;

    if (!atomic_exchange(&p->report_posted, true))
        loop_post(p->loop, report_posted, p);
}

/* -- positions ------------------------------------------------------------- */

static void positions_kept(void *arg, const struct rpc_result *result)
{
    struct process *p = arg;

    p->positions_under_way = false;
    if (result->outcome == RPC_OK) {
        kept_positions_kept(p->positions);
    } else {
        log_warn(p->log, "positions", "%s; they are sent again", result->text);
        kept_positions_again(p->positions);
    }
    tell_soon(p);
    if (result->outcome == RPC_OK)
        send_positions(p);
}

static void send_positions(struct process *p)
{
    struct pack list;

    if (p->positions_under_way)
        return;
    pack_init(&list);
    if (kept_positions_take(p->positions, &list, POSITIONS_MAX) > 0) {
        p->positions_under_way = true;
        rpc_client_call(p->supervisor, "positions", &list, 10 * SECOND_NS,
                        positions_kept, p);
    }
    pack_free(&list);
}

static void positions_posted(void *arg)
{
    struct process *p = arg;

    atomic_store(&p->positions_posted, false);
    send_positions(p);
}

/* By a carrier. */
static void positions_soon(void *arg)
{
    struct process *p = arg;

    if (!atomic_exchange(&p->positions_posted, true))
        loop_post(p->loop, positions_posted, p);
}

/* -- orders ---------------------------------------------------------------- */

static void go_to(struct process *p, uint32_t stage)
{
    struct member_report r;

    member_report(p->member, &r);
    if (stage == 1)
        member_order(p->member, MEMBER_DRAIN, 0);
    else if (stage >= 2 + r.n_turns)
        member_order(p->member, MEMBER_CLOSE, 0);
    else if (stage >= 2)
        member_order(p->member, MEMBER_FINISH, stage - 1);
}

static void take_order(struct process *p, const msgpack_object *order)
{
    uint64_t incarnation = unpack_uint(unpack_key(order, "incarnation"), 0);
    uint64_t round = unpack_uint(unpack_key(order, "round"), 0);
    uint64_t stage = unpack_uint(unpack_key(order, "stage"), 0);
    struct member_report r;

    if (p->member == NULL)
        return;
    member_report(p->member, &r);
    if (round > p->round)
        p->round = round;
    if (incarnation == r.incarnation && stage <= UINT32_MAX)
        go_to(p, (uint32_t)stage);
    tell_soon(p);
}

static void take_plan(struct process *p, const msgpack_object *told)
{
    struct plan *plan;
    gale_err error;

    if (p->member == NULL)
        return;
    if (worker_plan_read(told, &p->me, &plan, &error) != 0 ||
        member_replan(p->member, plan, &error) != 0) {
        log_error(p->log, "plan", "%s: the old one is kept", error.text);
        plan_free(plan);
        return;
    }
    plan_free(p->plan);
    p->plan = plan;
    p->active = unpack_bool(unpack_key(told, "active"), false);
    member_activate(p->member, p->active);
    tell_soon(p);
}

static void notified(void *arg, gale_str method, const msgpack_object *params)
{
    if (method.size == 5 && memcmp(method.data, "order", 5) == 0)
        take_order(arg, params);
    else if (method.size == 4 && memcmp(method.data, "plan", 4) == 0)
        take_plan(arg, params);
}

/* -- begin ----------------------------------------------------------------- */

static void ask_for_plan(struct process *p);

static int read_description(struct process *p, const msgpack_object *told,
                            gale_err *error)
{
    struct env *env = env_posix();
    struct model *model;
    void *data;
    size_t size;

    if (env->ops->file_read(env, "gale.description", DESCRIPTION_BYTES_MAX,
                            &data, &size) != 0)
        return error_set(error, "the description cannot be read: %s",
                         strerror(errno));
    p->description = description_read(data, size, error);
    free(data);
    if (p->description == NULL)
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
    p->builder = description_build(p->description, ".", error);
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

static int start(struct process *p, const msgpack_object *told, gale_err *error)
{
    struct member_in in = {
        .env = env_posix(),
        .keeper = kept_positions_keeper(p->positions),
        .changed = changed,
        .arg = p,
    };

    if (read_description(p, told, error) != 0 ||
        worker_plan_read(told, &p->me, &p->plan, error) != 0)
        return -1;
    kept_positions_read(p->positions, unpack_key(told, "positions"));
    read_seeds(p, unpack_key(told, "nimbus"));
    p->orphan.limit_ns =
        unpack_int(unpack_key(told, "orphan_secs"), 60) * SECOND_NS;
    in.builder = p->builder;
    in.plan = p->plan;
    p->member = member_start(&in, error);
    if (p->member == NULL)
        return -1;
    p->active = unpack_bool(unpack_key(told, "active"), false);
    member_activate(p->member, p->active);
    tell_soon(p);
    return 0;
}

static void planned(void *arg, const struct rpc_result *result)
{
    struct process *p = arg;
    gale_err error;

    if (result->outcome == RPC_OK) {
        if (start(p, result->value, &error) != 0) {
            log_error(p->log, "start", "%s", error.text);
            say(error.text);
            end(p, 1);
        }
    } else if (result->outcome == RPC_REFUSED) {
        say(result->text);
        end(p, 1);
    } else {
        ask_for_plan(p);
    }
}

static void ask_for_plan(struct process *p)
{
    rpc_client_call(p->supervisor, "plan", NULL, PLAN_NS, planned, p);
}

static void leave_nimbus(void *arg)
{
    struct process *p = arg;

    leader_client_free(p->nimbus);
    p->nimbus = NULL;
    p->nimbus_asked = false;
}

static void supervisor_changed(void *arg, bool up, const char *why)
{
    struct process *p = arg;

    orphan_step(&p->orphan, up ? ORPHAN_SUPERVISOR_UP : ORPHAN_SUPERVISOR_DOWN,
                loop_now(p->loop));
    if (!up) {
        log_debug(p->log, "supervisor", "%s", why);
        return;
    }
    if (p->member != NULL)
        tell_soon(p);
    if (p->nimbus != NULL)
        loop_post(p->loop, leave_nimbus, p);
}

/* -- end ------------------------------------------------------------------- */

static void signalled(void *arg, int signal)
{
    struct process *p = arg;

    (void)signal;
    if (p->member == NULL) {
        end(p, 0);
        return;
    }
    if (p->told_to_end)
        return;
    p->told_to_end = true;
    log_info(p->log, "worker", "told to end: spouts stop");
    drain_for(p, DRAIN_NS);
}

/* -- the process ----------------------------------------------------------- */

static bool read_number(const char *text, uint64_t max, uint64_t *n)
{
    char *end;

    errno = 0;
    *n = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 &&
           *n <= max;
}

static int take_arguments(struct process *p, int argc, char **argv)
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
            p->me.topology = optarg;
        else if (option == 'n')
            ok &= read_number(optarg, UINT32_MAX, &number);
        else if (option == 'b')
            ok &= read_number(optarg, UINT64_MAX, &p->me.birth);
        else if (option == 's')
            p->socket = optarg;
        else
            ok = false;
    }
    p->me.number = (uint32_t)number;
    if (ok && p->me.topology != NULL && p->socket != NULL &&
        number <= UINT32_MAX)
        return 0;
    say("gale worker is started by a supervisor, with --topology, --number, "
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

static int connect_supervisor(struct process *p)
{
    struct rpc_client_options options = {
        .me = {.role = TOKEN_WORKER, .name = "worker", .worker = p->me},
        .arg = p,
        .changed = supervisor_changed,
        .notified = notified,
    };
    gale_err error;

    options.me.insecure = !read_key(&options.me.key);
    if (rpc_address_parse(p->socket, &options.address, &error) != 0) {
        say(error.text);
        return -1;
    }
    p->identity = options.me;
    p->supervisor = rpc_client_new(p->loop, &options);
    return 0;
}

static void free_all(struct process *p)
{
    loop_timer_clear(&p->report);
    loop_timer_clear(&p->drain);
    member_free(p->member);
    leader_client_free(p->nimbus);
    rpc_client_free(p->supervisor);
    gale_builder_free(p->builder);
    description_free(p->description);
    plan_free(p->plan);
    kept_positions_free(p->positions);
    loop_free(p->loop);
    log_free(p->log);
}

int worker_process_main(int argc, char **argv)
{
    static const int signals[] = {SIGTERM, SIGINT};
    struct process p = {.status = 1};

    crash_watch_worker();
    last_words_also(INHERITED_WORDS);
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
    if (take_arguments(&p, argc, argv) != 0)
        return 2;
    p.log = log_new(env_posix(), stderr, p.me.topology);
    p.loop = loop_new(env_posix());
    check(p.loop != NULL);
    check(loop_signals(p.loop, signals, 2, signalled, &p) == 0);
    orphan_init(&p.orphan, INT64_MAX / 2, loop_now(p.loop));
    p.positions = kept_positions_new(env_posix(), positions_soon, &p);
    if (connect_supervisor(&p) == 0) {
        ask_for_plan(&p);
        loop_run(p.loop);
    }
    free_all(&p);
    return p.status;
}
