/*
 * worker_methods.c - what a worker asks its supervisor, and is told by it, over
 * a Unix socket.
 *
 *     plan       nil → PLAN                 when its records are there
 *     report     REPORT                     a notification
 *     counters   [COMPONENT …]               the same, for the leader
 *     positions  [{name, data} …] → nil     when they are durable
 *     newest     [{name, data} …]           those that are not yet
 *
 * and the supervisor notifies "plan" when the plan has changed, passes on
 * "order" (nimbus/reign_reports.c), and says "unwanted" to who is none of its
 * workers: it has lost what it knew of it, and that is in the way of others.
 *
 * PLAN: {version, active, port, bind, workers: [{address, port, birth}],
 * executors: [[component, first, n] of each worker …], components: [executors
 * of each], key, conf, log: nil or {level, secs}, positions: {name: data},
 * files, orphan_secs, nimbus: [address …]}.
 */
#include "supervisor/report_news.h"
#include "supervisor/supervisor_in.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

/* The seat of who calls; NULL: it is nobody's worker any more. */
static struct seat *seat_of(struct supervisor *s, const struct rpc_peer *peer)
{
    for (uint32_t i = 0; peer != NULL && i < s->n_seats; i++) {
        struct seat *seat = &s->seats[i];
        const struct slot_wanted *has = &seat->slot.has;

        if (seat->process != NULL && has->worker == peer->number &&
            has->birth == peer->birth &&
            strcmp(has->topology, peer->topology) == 0)
            return seat;
    }
    return NULL;
}

static struct seat *take_seat(struct supervisor *s, struct rpc_call *call)
{
    struct seat *seat = seat_of(s, rpc_call_peer(call));

    if (seat == NULL) {
        rpc_link_notify(rpc_call_link(call), "unwanted", NULL);
        rpc_fail(call, RPC_OUTDATED, "this worker is not wanted here any more");
    } else {
        seat->link = rpc_call_link(call);
    }
    return seat;
}

/* -- the plan -------------------------------------------------------------- */

static void pack_workers(struct pack *p, const struct assignment_record *a)
{
    pack_text(p, "workers");
    pack_array(p, a->n_workers);
    for (uint32_t i = 0; i < a->n_workers; i++) {
        pack_map(p, 3);
        pack_key_text(p, "address", a->workers[i].address);
        pack_key_uint(p, "port", a->workers[i].port);
        pack_key_uint(p, "birth", a->workers[i].birth);
    }
}

static void pack_executors(struct pack *p, const struct assignment_record *a)
{
    pack_text(p, "executors");
    pack_array(p, a->n_workers);
    for (uint32_t i = 0; i < a->n_workers; i++) {
        const struct assigned_worker *w = &a->workers[i];

        pack_array(p, w->n_executors);
        for (uint32_t k = 0; k < w->n_executors; k++) {
            pack_array(p, 3);
            pack_uint(p, w->executors[k].component);
            pack_uint(p, w->executors[k].first);
            pack_uint(p, w->executors[k].n);
        }
    }
    pack_text(p, "components");
    pack_array(p, a->n_components);
    for (uint32_t i = 0; i < a->n_components; i++)
        pack_uint(p, a->components[i].executors);
}

static void pack_position(struct pack *p, const char *name, const void *data,
                          size_t size)
{
    pack_text(p, name);
    pack_bytes(p, data, size);
}

/* Of those that ZooKeeper has: they are packed, or counted. */
static uint32_t pack_kept(struct pack *p, const struct seat *s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < supply_n_positions(s->supply); i++) {
        const void *data;
        size_t size;
        const char *name = supply_position(s->supply, i, &data, &size);

        if (newest_positions_find(&s->newest, &s->slot.has, name) != NULL)
            continue;
        if (p != NULL)
            pack_position(p, name, data, size);
        n++;
    }
    return n;
}

static void pack_positions(struct pack *p, const struct seat *s)
{
    uint32_t n_newest = newest_positions_n(&s->newest, &s->slot.has);

    pack_text(p, "positions");
    pack_map(p, pack_kept(NULL, s) + n_newest);
    pack_kept(p, s);
    for (uint32_t i = 0; i < n_newest; i++)
        pack_position(p, s->newest.list[i].name, s->newest.list[i].data,
                      s->newest.list[i].size);
}

/* Where a worker goes whose supervisor is away. */
static void pack_nimbuses(struct pack *p, const struct supervisor *s)
{
    char text[RPC_ADDRESS_TEXT];

    pack_text(p, "nimbus");
    pack_array(p, s->n_nimbuses);
    for (uint32_t i = 0; i < s->n_nimbuses; i++) {
        rpc_address_text(&s->nimbuses[i], text);
        pack_text(p, text);
    }
}

/* What it logs from its start on; nil: as usual. */
static void pack_log(struct pack *p, const struct seat *s)
{
    struct env *env = s->supervisor->daemon.env;
    uint64_t secs;
    const char *level = topology_log_level(supply_topology(s->supply),
                                           env->ops->wall_us(env), &secs);

    pack_text(p, "log");
    if (level == NULL) {
        pack_nil(p);
        return;
    }
    pack_map(p, 2);
    pack_key_text(p, "level", level);
    pack_key_uint(p, "secs", secs);
}

void seat_pack_plan(const struct seat *s, struct pack *p)
{
    const struct supervisor *super = s->supervisor;
    const struct assignment_record *a = supply_assignment(s->supply);
    struct digest key =
        token_links_key(&super->daemon.token, s->slot.has.topology);
    char *work = local_directory_path(&super->local, &s->slot.has, LOCAL_WORK);

    pack_map(p, 14);
    pack_key_uint(p, "version", a->assignment_version);
    pack_key_bool(p, "active", s->slot.wanted.active);
    pack_key_uint(p, "port", s->port);
    pack_key_text(p, "bind",
                  daemon_config_text(super->daemon.config, "gale.bind"));
    pack_workers(p, a);
    pack_executors(p, a);
    pack_key_bytes(p, "key", key.bytes, sizeof(key.bytes));
    pack_key_text(p, "conf", supply_topology(s->supply)->conf);
    pack_log(p, s);
    pack_positions(p, s);
    pack_key_text(p, "files", work);
    pack_key_int(
        p, "orphan_secs",
        daemon_config_int(super->daemon.config, "gale.worker.orphan.secs"));
    pack_nimbuses(p, super);
    free(work);
    explicit_bzero(&key, sizeof(key));
}

void worker_methods_plan(struct seat *s)
{
    struct pack plan;

    if (!seat_has_plan(s) || (s->asks == NULL && s->link == NULL))
        return;
    pack_init(&plan);
    seat_pack_plan(s, &plan);
    if (s->asks != NULL)
        rpc_reply(s->asks, &plan);
    else
        rpc_link_notify(s->link, "plan", &plan);
    s->asks = NULL;
    pack_free(&plan);
}

static void plan(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct seat *seat = take_seat(arg, call);

    (void)params;
    if (seat == NULL)
        return;
    if (seat->asks != NULL)
        rpc_fail(seat->asks, RPC_OUTDATED, "it was asked for again");
    seat->asks = call;
    if (seat_has_plan(seat))
        worker_methods_plan(seat);
    else
        seat_supply(seat); /* it was taken up before it had its plan */
}

/* -- reports --------------------------------------------------------------- */

/* Whether the leader shall hear of it at once. */
static bool keep_report(struct seat *s, const msgpack_object *report)
{
    const struct pack_limits limits = {WORKER_REPORT_MAX, 4096};
    struct unpacked before;
    bool news = true;

    if (s->has_report &&
        unpack(&before, s->report.buffer.data, s->report.buffer.size, limits,
               "the report", NULL) == 0) {
        news = report_is_news(before.root, report);
        unpacked_free(&before);
    }
    pack_free(&s->report);
    pack_init(&s->report);
    pack_object(&s->report, report);
    s->has_report = s->report.buffer.size <= WORKER_REPORT_MAX;
    return news;
}

static void report(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct supervisor *s = arg;
    struct seat *seat = take_seat(s, call);
    struct slot_event event = {.kind = SLOT_REPORTED};

    if (seat == NULL)
        return;
    if (keep_report(seat, params))
        reporting_soon(s);
    event.pid = seat->process->pid;
    event.wanted = seat->slot.has;
    event.wanted.version = unpack_uint(unpack_key(params, "version"), 0);
    event.wanted.active = unpack_bool(unpack_key(params, "active"), false);
    seat->reported = event.wanted.version;
    /* Before that it may find that it cannot: its start is not over. */
    if (unpack_bool(unpack_key(params, "opened"), false))
        seat_event(seat, &event);
    saved_positions_go_on(seat);
    rpc_reply(call, NULL);
}

/* What its components have done goes to the leader as it is: nothing of it
 * matters here. */
static void counters(void *arg, struct rpc_call *call,
                     const msgpack_object *params)
{
    struct supervisor *s = arg;
    struct seat *seat = take_seat(s, call);
    struct pack p;

    if (seat == NULL)
        return;
    pack_init(&p);
    pack_map(&p, 4);
    pack_key_text(&p, "topology", seat->slot.has.topology);
    pack_key_uint(&p, "worker", seat->slot.has.worker);
    pack_key_uint(&p, "birth", seat->slot.has.birth);
    pack_text(&p, "components");
    pack_object(&p, params);
    leader_client_notify(s->nimbus, "counters", &p);
    pack_free(&p);
    rpc_reply(call, NULL);
}

/* -- positions ------------------------------------------------------------- */

static void positions(void *arg, struct rpc_call *call,
                      const msgpack_object *params)
{
    struct seat *seat = take_seat(arg, call);

    if (seat != NULL)
        saved_positions_take(seat, call, params);
}

static void newest(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct seat *seat = take_seat(arg, call);

    if (seat == NULL)
        return;
    newest_positions_take(&seat->newest, &seat->slot.has, params);
    rpc_reply(call, NULL);
}

/* -- the socket ------------------------------------------------------------ */

#define WORKERS RPC_ROLE(TOKEN_WORKER)

static const struct rpc_method methods[] = {
    {"plan", WORKERS, plan},         {"report", WORKERS, report},
    {"counters", WORKERS, counters}, {"positions", WORKERS, positions},
    {"newest", WORKERS, newest},
};

static void left(void *arg, struct rpc_link *link, const char *why)
{
    struct supervisor *s = arg;

    (void)why;
    for (uint32_t i = 0; i < s->n_seats; i++)
        if (s->seats[i].link == link)
            s->seats[i].link = NULL;
}

static void refused(void *arg, const char *from, const char *why)
{
    struct supervisor *s = arg;

    daemon_refused(&s->daemon, from, why);
}

struct rpc_server *worker_methods_listen(struct supervisor *s, gale_err *error)
{
    const struct rpc_server_options options = {
        .who = "supervisor",
        .token = s->daemon.insecure ? NULL : &s->daemon.token,
        .methods = methods,
        .n_methods = sizeof(methods) / sizeof(methods[0]),
        .arg = s,
        .left = left,
        .refused = refused,
    };
    struct rpc_address address;

    if (rpc_address_parse(s->socket, &address, error) != 0)
        return NULL;
    return rpc_server_new(s->daemon.loop, &address, &options, error);
}
