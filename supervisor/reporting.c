/*
 * reporting.c - the supervisor tells the leader how its workers are: once a
 * second, and at once when something has changed; and passes on what the leader
 * says to one of them. See nimbus/reign_reports.c for the form.
 */
#include "supervisor/supervisor_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define PERIOD_NS INT64_C(1000000000)
#define SOON_NS INT64_C(2000000)    /* what changes together goes together */
#define PATIENCE_NS (2 * PERIOD_NS) /* whoever leads is found by then */
#define LAST_NS PERIOD_NS           /* … and who ends does not wait longer */

static bool is_told(const struct seat *s)
{
    return s->slot.has.topology[0] != '\0' ||
           s->slot.wanted.topology[0] != '\0';
}

/* What the slot has, or what it is about to have. */
static const struct slot_wanted *worker_of(const struct seat *s)
{
    return s->slot.has.topology[0] != '\0' ? &s->slot.has : &s->slot.wanted;
}

/* Its next start; 0: it waits for none. */
static int64_t until_again(const struct seat *s)
{
    int64_t left = s->slot.due - loop_now(s->supervisor->daemon.loop);

    return s->slot.state != SLOT_BACKING_OFF ? 0 : left > 0 ? left : 1;
}

static void pack_seat(const struct seat *s, struct pack *p)
{
    const struct slot_wanted *w = worker_of(s);

    pack_map(p, 14);
    pack_key_text(p, "topology", w->topology);
    pack_key_uint(p, "worker", w->worker);
    pack_key_uint(p, "birth", w->birth);
    pack_key_uint(p, "port", s->port);
    pack_key_int(p, "pid", s->process != NULL ? s->process->pid : 0);
    pack_key_bool(p, "runs", s->slot.state == SLOT_RUNNING);
    pack_key_uint(p, "restarts", s->starts > 0 ? s->starts - 1 : 0);
    pack_key_uint(p, "failed_starts", s->failed_starts);
    pack_key_text(p, "why", s->last_why);
    pack_key_uint(p, "errors", s->errors);
    pack_key_int(p, "error_us", s->error_us);
    pack_key_int(p, "again_ns", until_again(s));
    pack_key_bool(p, "ended", s->closed && s->slot.done);
    pack_text(p, "report");
    if (s->has_report && s->process != NULL)
        pack_packed(p, &s->report);
    else
        pack_nil(p);
}

static void pack_all(const struct supervisor *s, struct pack *p)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_seats; i++)
        n += is_told(&s->seats[i]);
    pack_map(p, 4);
    pack_key_text(p, "supervisor", s->id);
    pack_key_uint(p, "change", s->change);
    pack_key_bool(p, "ends", s->daemon.told_to_end);
    pack_text(p, "workers");
    pack_array(p, n);
    for (uint32_t i = 0; i < s->n_seats; i++)
        if (is_told(&s->seats[i]))
            pack_seat(&s->seats[i], p);
}

static void told(void *arg, const struct rpc_result *result)
{
    struct supervisor *s = arg;

    (void)result;
    s->reporting = false;
    if (s->report_again)
        reporting_soon(s);
}

/* It is a call, so that one who does not lead says who does. */
static void tell(void *arg)
{
    struct supervisor *s = arg;
    struct pack p;

    loop_timer_set(s->daemon.loop, &s->report,
                   loop_now(s->daemon.loop) + PERIOD_NS, tell, s);
    s->report_again = s->reporting;
    if (s->reporting)
        return;
    s->reporting = true;
    pack_init(&p);
    pack_all(s, &p);
    leader_client_call(s->nimbus, "report", &p, PATIENCE_NS, told, s);
    pack_free(&p);
}

void reporting_soon(struct supervisor *s)
{
    int64_t at = loop_now(s->daemon.loop) + SOON_NS;

    if (s->report.at == 0 || s->report.at > at)
        loop_timer_set(s->daemon.loop, &s->report, at, tell, s);
}

void reporting_begin(struct supervisor *s)
{
    tell(s);
}

static void last_told(void *arg, const struct rpc_result *result)
{
    struct supervisor *s = arg;

    (void)result;
    loop_end(s->daemon.loop);
}

/* Without it the leader would find out only that nobody is there any more. */
void reporting_end(struct supervisor *s)
{
    struct pack p;

    if (!leader_client_was_answered(s->nimbus))
        return;
    pack_init(&p);
    pack_all(s, &p);
    leader_client_call(s->nimbus, "report", &p, LAST_NS, last_told, s);
    pack_free(&p);
    loop_run_for(s->daemon.loop, LAST_NS);
}

/* -- what the leader says -------------------------------------------------- */

static void pass_on(struct supervisor *s, const char *method,
                    const msgpack_object *order)
{
    gale_str topology = unpack_str(unpack_key(order, "topology"));
    uint64_t worker = unpack_uint(unpack_key(order, "worker"), UINT64_MAX);
    struct pack p;

    pack_init(&p);
    pack_object(&p, order);
    for (uint32_t i = 0; i < s->n_seats; i++) {
        struct seat *seat = &s->seats[i];
        const char *id = seat->slot.has.topology;

        if (seat->link != NULL && seat->slot.has.worker == worker &&
            strlen(id) == topology.size &&
            memcmp(id, topology.data, topology.size) == 0)
            rpc_link_notify(seat->link, method, &p);
    }
    pack_free(&p);
}

void reporting_notified(void *arg, gale_str method,
                        const msgpack_object *params)
{
    static const char *const passed[] = {"order", "log_level"};

    for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
        if (method.size == strlen(passed[i]) &&
            memcmp(method.data, passed[i], method.size) == 0)
            pass_on(arg, passed[i], params);
}
