/* seat.c - one port: what slot.h decides, done; see supervisor_in.h. */
#include "supervisor/supervisor_in.h"
#include "common/check.h"
#include "supervisor/log_components.h"
#include "supervisor/spawn_worker.h"
#include "supervisor/worker_mark.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define WORDS_BYTES LOCAL_WORDS_MAX

static struct env *env_of(const struct seat *s)
{
    return s->supervisor->daemon.env;
}

static const struct env_process_ops *processes(const struct seat *s)
{
    return env_of(s)->ops->processes;
}

static struct log *log_of(const struct seat *s)
{
    return s->supervisor->daemon.log;
}

/* -- fetch ----------------------------------------------------------------- */

bool seat_has_plan(const struct seat *s)
{
    return s->supply != NULL && supply_assignment(s->supply)->n_workers > 0;
}

/* What nimbus has kept meanwhile may be newer than what is here in memory. */
static void look_at_kept(struct seat *s)
{
    for (uint32_t i = 0; i < supply_n_positions(s->supply); i++) {
        const void *data;
        size_t size;
        const char *name = supply_position(s->supply, i, &data, &size);

        newest_positions_yield(&s->newest, &s->slot.has, name,
                               gale_str_make(data, size));
    }
}

static void supplied(void *arg, const char *failed)
{
    struct seat *s = arg;

    s->supplying = false;
    if (failed == NULL) {
        look_at_kept(s);
        saved_positions_go_on(s);
        isolation_terms(s);
    } else {
        saved_positions_drop(s, failed);
        log_warn(log_of(s), s->slot.has.topology, "worker %u: %s",
                 s->slot.has.worker, failed);
    }
    if (failed != NULL && s->process != NULL) {
        supply_free(s->supply); /* an order or a look at slots tries again */
        s->supply = NULL;
        s->renewing.topology[0] = '\0';
        return;
    }
    if (s->renewing.topology[0] != '\0') {
        s->renewing.topology[0] = '\0';
        if (failed == NULL)
            worker_methods_plan(s);
        return;
    }
    if (s->asks != NULL && failed == NULL)
        worker_methods_plan(s);
    seat_event(
        s, &(struct slot_event){
               .kind = failed == NULL ? SLOT_FILES_READY : SLOT_FILES_FAILED,
               .ticket = s->fetch_ticket,
               .text = failed,
           });
}

static void begin_supply(struct seat *s, const struct slot_wanted *worker)
{
    supply_free(s->supply);
    s->renewing.topology[0] = '\0';
    s->supplying = true;
    s->supply = supply_begin(&s->supervisor->from, worker, s->process != NULL,
                             supplied, s);
}

static void fetch(struct seat *s, const struct slot_action *a)
{
    s->fetch_ticket = a->ticket;
    begin_supply(s, &a->worker);
}

void seat_supply(struct seat *s)
{
    if (!s->supplying)
        begin_supply(s, &s->slot.has);
}

/* Of one that was taken up, nothing is known yet. */
static void look_up(struct seat *s)
{
    if (s->process != NULL && s->supply == NULL)
        seat_supply(s);
}

/* -- start ----------------------------------------------------------------- */

struct arguments {
    char worker[16], number[16], birth[32];
    const char *list[16];
};

static void make_arguments(const struct seat *s, const struct slot_wanted *w,
                           struct arguments *a)
{
    const char *const list[] = {
        "worker",   "--topology",   w->topology,
        "--number", a->number,      "--birth",
        a->birth,   "--supervisor", s->supervisor->socket,
        NULL,
    };

    snprintf(a->number, sizeof(a->number), "%u", w->worker);
    snprintf(a->birth, sizeof(a->birth), "%" PRIu64, w->birth);
    memcpy(a->list, list, sizeof(list));
}

static struct env_process *spawn_process(struct seat *s,
                                         const struct slot_wanted *w,
                                         const struct digest *key,
                                         gale_err *error)
{
    struct supervisor *super = s->supervisor;
    const struct daemon_config *config = super->daemon.config;
    struct arguments arguments;
    struct env_process *process;
    struct spawn_worker what = {
        .local = &super->local,
        .supervisor = super->id,
        .port = s->port,
        .worker = *w,
        .key = key,
        .key_size = super->daemon.insecure ? 0 : sizeof(*key),
        .environment = environ,
        .log_bytes =
            (uint64_t)daemon_config_int(config, "gale.worker.log.bytes"),
        .log_files =
            (uint32_t)daemon_config_int(config, "gale.worker.log.files"),
    };

    make_arguments(s, w, &arguments);
    what.launch.arguments = arguments.list;
    what.launch.reach = super->has_user ? super->socket : NULL;
    if (isolation_start(s, &what.launch, error) != 0)
        return NULL;
    process = spawn_worker(&what, error);
    if (process == NULL)
        worker_cgroup_remove(&s->cgroup);
    return process;
}

static struct env_process *spawn_by_hands(struct seat *s,
                                          const struct slot_wanted *w,
                                          const struct digest *key,
                                          gale_err *error)
{
    struct supervisor *super = s->supervisor;
    char *directory = local_directory_path(&super->local, w, LOCAL_WORK);
    char *words = local_directory_path(&super->local, w, LOCAL_WORDS);
    const struct supervisor_worker worker = {
        .me = {w->topology, w->worker, w->birth},
        .directory = directory,
        .words = words,
        .socket = super->socket,
        .key = super->daemon.insecure ? NULL : key,
    };
    struct env_process *process = NULL;

    if (local_directory_make(&super->local, w, error) == 0)
        process = super->hands->spawn(super->hands->arg, &worker, error);
    free(directory);
    free(words);
    return process;
}

static struct env_process *spawn(struct seat *s, const struct slot_wanted *w,
                                 gale_err *error)
{
    struct supervisor *super = s->supervisor;
    const struct token_worker worker = {w->topology, w->worker, w->birth};
    struct digest key = {{0}};
    struct env_process *process;

    if (!super->daemon.insecure)
        key = token_worker_key(&super->daemon.token, &worker);
    process = super->hands == NULL ? spawn_process(s, w, &key, error)
                                   : spawn_by_hands(s, w, &key, error);
    explicit_bzero(&key, sizeof(key));
    return process;
}

static void watch_end(struct seat *s)
{
    check(loop_watch_set(s->supervisor->daemon.loop, &s->ended,
                         s->process->watch, seat_look, s) == 0);
}

/* Whose workers are threads have no logs. */
static void keep_components(struct seat *s, const struct slot_wanted *w)
{
    if (s->supervisor->hands == NULL &&
        log_components_keep(&s->supervisor->local, w,
                            supply_topology(s->supply),
                            supply_assignment(s->supply)) != 0)
        log_warn(log_of(s), w->topology,
                 "worker %u: `gale logs -c` will not know its components: %s",
                 w->worker, strerror(errno));
}

static void start(struct seat *s, const struct slot_action *a)
{
    gale_err error;

    check(s->process == NULL);
    s->closed = false;
    s->has_report = false;
    s->reported = 0;
    s->process = spawn(s, &a->worker, &error);
    if (s->process == NULL) {
        log_error(log_of(s), a->worker.topology, "worker %u: %s",
                  a->worker.worker, error.text);
        seat_event(s, &(struct slot_event){.kind = SLOT_NOT_STARTED,
                                           .ticket = a->ticket,
                                           .text = error.text});
        return;
    }
    s->starts++;
    keep_components(s, &a->worker);
    log_info(log_of(s), a->worker.topology,
             "worker %u starts at port %u, process %d", a->worker.worker,
             s->port, s->process->pid);
    watch_end(s);
    seat_event(s, &(struct slot_event){.kind = SLOT_STARTED,
                                       .ticket = a->ticket,
                                       .pid = s->process->pid,
                                       .start = s->process->start});
}

/* Whether the last thing that it said was that all is closed: how a process
 * ends that an earlier supervisor has started, nobody can see. */
static bool said_farewell(const struct seat *s)
{
    const struct pack_limits limits = {WORKER_REPORT_MAX, 4096};
    struct unpacked report;
    bool said;

    if (!s->has_report ||
        unpack(&report, s->report.buffer.data, s->report.buffer.size, limits,
               "the report", NULL) != 0)
        return false;
    said = unpack_bool(unpack_key(report.root, "ended"), false);
    unpacked_free(&report);
    return said;
}

/* -- its end --------------------------------------------------------------- */

/* All that it has started, wherever that is by now. */
static void end_started(struct seat *s, const struct slot_wanted *worker)
{
    char *directory =
        local_directory_path(&s->supervisor->local, worker, LOCAL_WORKER);

    worker_mark_end_of(env_of(s), directory);
    free(directory);
}

void seat_look(void *arg)
{
    struct seat *s = arg;
    struct slot_event event = {.kind = SLOT_ENDED};
    struct slot_wanted had = s->slot.has;
    struct env_process_end end;
    char words[WORDS_BYTES];

    if (s->process == NULL || !processes(s)->ended(env_of(s), s->process, &end))
        return;
    local_directory_words(&s->supervisor->local, &s->slot.has, words);
    event.pid = s->process->pid;
    event.end = (struct slot_end){
        .known = end.known, .status = end.status, .signal = end.signal};
    event.text = words;
    if (!end.known && said_farewell(s))
        event.end.known = true;
    end_started(s, &had);
    isolation_ended(s, &event.end, words, sizeof(words));
    s->closed =
        event.end.known && event.end.status == 0 && event.end.signal == 0;
    loop_watch_clear(&s->ended);
    processes(s)->free(env_of(s), s->process);
    s->process = NULL;
    s->link = NULL;
    saved_positions_drop(s, "the worker has ended");
    seat_event(s, &event);
    log_info(log_of(s), had.topology, "worker %u: %s", had.worker, s->slot.why);
    reporting_soon(s->supervisor);
}

static void kill_it(struct seat *s, int pid)
{
    if (s->process == NULL || s->process->pid != pid)
        return;
    end_started(s, &s->slot.has); /* while their parents are known */
    processes(s)->kill(env_of(s), s->process);
}

static void terminate(struct seat *s, int pid)
{
    if (s->process != NULL && s->process->pid == pid)
        processes(s)->signal(env_of(s), s->process, SIGTERM);
}

/* -- orders ---------------------------------------------------------------- */

/* The process goes on, with another version of its assignment, or told to be
 * active or not. */
static void order(struct seat *s, const struct slot_action *a)
{
    if (s->supply == NULL) {
        seat_supply(s); /* adopted: nothing of it was read yet */
        return;
    }
    s->renewing = a->worker;
    s->supplying = true;
    supply_renew(s->supply, a->worker.version);
}

/* With what would still put files into it. */
static void remove_directory(struct seat *s, const struct slot_action *a)
{
    gale_err error;

    supply_free(s->supply);
    s->supply = NULL;
    s->supplying = false;
    if (local_directory_remove(&s->supervisor->local, &a->worker, &error) != 0)
        log_warn(log_of(s), a->worker.topology, "%s", error.text);
}

/* A start that took all of its time was ended, and is not counted as one that
 * has failed by itself; to the leader it is as bad as all of those. */
static void complain(struct seat *s, const struct slot_action *a)
{
    if (s->slot.reason == SLOT_START_TIMEOUT)
        s->failed_starts += SLOT_FAILED_STARTS;
    log_warn(log_of(s), a->worker.topology, "worker %u does not start here: %s",
             a->worker.worker, a->text);
    reporting_soon(s->supervisor);
}

static void perform(struct seat *s, const struct slot_action *a)
{
    switch (a->kind) {
    case SLOT_FETCH:
        fetch(s, a);
        break;
    case SLOT_START:
        start(s, a);
        break;
    case SLOT_ORDER:
        order(s, a);
        break;
    case SLOT_TERM:
        terminate(s, a->pid);
        break;
    case SLOT_KILL:
        kill_it(s, a->pid);
        break;
    case SLOT_REMOVE:
        remove_directory(s, a);
        break;
    case SLOT_COMPLAIN:
        complain(s, a);
        break;
    }
}

static void due(void *arg)
{
    seat_event(arg, &(struct slot_event){.kind = SLOT_TIME});
}

/* It ended, or could not even be tried. */
static bool is_end(enum slot_event_kind kind)
{
    return kind == SLOT_ENDED || kind == SLOT_NOT_STARTED ||
           kind == SLOT_FILES_FAILED;
}

/* Of what is wanted; state: before. What had to make place for it is nobody's
 * business any more. */
static void note_end(struct seat *s, enum slot_state state)
{
    struct env *env = env_of(s);

    if (state == SLOT_STARTING || state == SLOT_FETCHING)
        s->failed_starts++;
    if (s->slot.reason == SLOT_NOT_WANTED ||
        s->slot.reason == SLOT_ASSIGNMENT_CHANGED)
        return;
    snprintf(s->last_why, sizeof(s->last_why), "%s", s->slot.why);
    reporting_soon(s->supervisor);
    if (!slot_reason_is_error(s->slot.reason))
        return;
    s->errors++;
    s->error_us = env->ops->wall_us(env);
}

/* Actions are performed in order; those of a step within one come first, since
 * they are about something newer. */
void seat_event(struct seat *s, const struct slot_event *event)
{
    struct loop *loop = s->supervisor->daemon.loop;
    enum slot_state before = s->slot.state;
    struct slot_wanted had = s->slot.has;
    struct slot_actions actions;

    slot_step(&s->slot, event, loop_now(loop), &actions);
    if (is_end(event->kind) && slot_same_worker(&had, &s->slot.wanted))
        note_end(s, before);
    for (uint32_t i = 0; i < actions.n; i++)
        perform(s, &actions.list[i]);
    loop_timer_set(loop, &s->due, s->slot.due, due, s);
    if (actions.n > 0 || event->kind == SLOT_WANTED)
        supervisor_save_soon(s->supervisor);
}

void seat_want(struct seat *s, const struct slot_order *order)
{
    struct slot_event event = {.kind = SLOT_WANTED};

    if (order != NULL) {
        snprintf(event.wanted.topology, sizeof(event.wanted.topology), "%s",
                 order->topology);
        event.wanted.worker = order->worker;
        event.wanted.birth = order->birth;
        event.wanted.version = order->assignment_version;
        event.wanted.active = order->active;
        event.wanted.closing = order->closing;
    }
    if (!slot_same_worker(&event.wanted, &s->slot.wanted)) {
        s->starts = 0;
        s->failed_starts = 0;
        s->last_why[0] = '\0';
        s->errors = 0;
        s->error_us = 0;
    }
    seat_event(s, &event);
    look_up(s);
}

void seat_adopt(struct seat *s, const struct kept_worker *worker)
{
    s->process = processes(s)->find(env_of(s), worker->pid, worker->start);
    if (s->process == NULL)
        return;
    log_info(log_of(s), worker->as.topology,
             "worker %u is taken up at port %u, process %d", worker->as.worker,
             s->port, worker->pid);
    s->starts = 1;
    isolation_adopt(s, worker->pid);
    watch_end(s);
    seat_event(s, &(struct slot_event){.kind = SLOT_ADOPTED,
                                       .pid = worker->pid,
                                       .start = worker->start,
                                       .wanted = worker->as});
}

void seat_init(struct seat *s, struct supervisor *supervisor, uint16_t port)
{
    *s = (struct seat){.supervisor = supervisor, .port = port};
    slot_init(&s->slot, supervisor->times);
    s->terms = worker_terms_usual(supervisor->daemon.config);
    pack_init(&s->report);
}

void seat_fini(struct seat *s)
{
    loop_timer_clear(&s->due);
    loop_watch_clear(&s->ended);
    saved_positions_drop(s, "the supervisor ends");
    newest_positions_fini(&s->newest);
    position_nodes_fini(&s->nodes);
    supply_free(s->supply);
    pack_free(&s->report);
    worker_cgroup_free(&s->cgroup);
    if (s->process != NULL)
        processes(s)->free(env_of(s), s->process);
}
