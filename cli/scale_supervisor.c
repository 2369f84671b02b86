/* scale_supervisor.c - supervisors that run nothing; see
 * scale_supervisor.h. */
#include "cli/scale_supervisor.h"
#include "cli/scale_nimbus.h"
#include "cli/scale_worker.h"
#include "common/check.h"
#include "common/slots_record.h"
#include "common/supervisor_record.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define LOOK_NS (10 * SCALE_SECOND)
#define SOON_NS INT64_C(2000000)
#define PORT 6700u

struct scale_supervisor {
    struct scale_world *world;
    uint32_t number;
    char id[24];
    struct zookeeper *zookeeper; /* NULL: it is not there */
    struct zookeeper_watch slots_watch, epoch_watch;
    struct loop_timer look, report;
    bool registered;
    uint64_t change;
    struct scale_workers workers;
};

static void path_of(const struct scale_supervisor *s, const char *folder,
                    char path[64])
{
    snprintf(path, 64, "%s/%s", folder, s->id);
}

/* -- reports --------------------------------------------------------------- */

static void tell(void *arg)
{
    struct scale_supervisor *s = arg;
    struct scale_nimbus *leader = scale_world_leader(s->world);
    int64_t now = scale_world_now(s->world);
    struct pack p;

    loop_timer_set(s->world->loop, &s->report, now + SCALE_SECOND, tell, s);
    if (leader == NULL)
        return;
    pack_init(&p);
    scale_workers_report(&s->workers, s->id, s->change, now, &p);
    scale_nimbus_report(leader, &p);
    pack_free(&p);
    scale_workers_count(&s->workers, now, leader);
}

static void report_soon(void *arg)
{
    struct scale_supervisor *s = arg;
    int64_t at = scale_world_now(s->world) + SOON_NS;

    if (s->report.at == 0 || s->report.at > at)
        loop_timer_set(s->world->loop, &s->report, at, tell, s);
}

/* Not all of them at once. */
static void begin_reporting(struct scale_supervisor *s)
{
    int64_t share = SCALE_SECOND / s->world->size.supervisors;

    loop_timer_set(s->world->loop, &s->report,
                   scale_world_now(s->world) + SOON_NS + share * s->number,
                   tell, s);
}

/* -- what is wanted -------------------------------------------------------- */

static void slots_read(void *arg, const struct zookeeper_answer *answer)
{
    struct scale_supervisor *s = arg;
    struct slots_record record = {.n_slots = 0};

    if (answer->result != ZOOKEEPER_OK && answer->result != ZOOKEEPER_NO_NODE)
        return;
    if (answer->result == ZOOKEEPER_OK)
        check(slots_record_unpack(answer->data, answer->size,
                                  &s->world->records_key, &record, NULL) == 0);
    if (answer->result != ZOOKEEPER_OK || record.change >= s->change) {
        if (record.change > s->change)
            s->change = record.change;
        scale_workers_want(&s->workers, &record, s->zookeeper);
        report_soon(s);
    }
    slots_record_free(&record);
}

static void look_at_slots(void *arg)
{
    struct scale_supervisor *s = arg;
    char path[64];

    path_of(s, "/slots", path);
    zookeeper_watch_clear(&s->slots_watch);
    zookeeper_get(s->zookeeper, path, &s->slots_watch,
                  (struct zookeeper_then){slots_read, s});
}

static void look_at_epoch(void *arg)
{
    struct scale_supervisor *s = arg;

    zookeeper_watch_clear(&s->epoch_watch);
    zookeeper_get(s->zookeeper, "/epoch", &s->epoch_watch,
                  (struct zookeeper_then){NULL, NULL});
}

/* -- registration ---------------------------------------------------------- */

static void enroll(struct scale_supervisor *s);

static void owner_seen(void *arg, const struct zookeeper_answer *answer)
{
    struct scale_supervisor *s = arg;
    char path[64];

    path_of(s, "/supervisors", path);
    s->registered = answer->result == ZOOKEEPER_OK &&
                    answer->stat.owner == zookeeper_session(s->zookeeper);
    if (s->registered)
        return;
    if (answer->result == ZOOKEEPER_OK)
        zookeeper_delete(s->zookeeper, path, answer->stat.version,
                         (struct zookeeper_then){NULL, NULL});
    if (answer->result == ZOOKEEPER_OK || answer->result == ZOOKEEPER_NO_NODE)
        enroll(s);
}

static void enrolled(void *arg, const struct zookeeper_answer *answer)
{
    struct scale_supervisor *s = arg;
    char path[64];

    s->registered = answer->result == ZOOKEEPER_OK;
    if (answer->result != ZOOKEEPER_NODE_EXISTS)
        return;
    path_of(s, "/supervisors", path);
    zookeeper_exists(s->zookeeper, path, NULL,
                     (struct zookeeper_then){owner_seen, s});
}

static void enroll(struct scale_supervisor *s)
{
    struct supervisor_record record = {
        .n_ports = s->world->size.slots, .port = 8000, .started_us = 1};
    struct pack p;
    char path[64];

    snprintf(record.id, sizeof(record.id), "%s", s->id);
    snprintf(record.host, sizeof(record.host), "host%u.example", s->number);
    snprintf(record.address, sizeof(record.address), "10.%u.%u.1",
             s->number / 256, s->number % 256);
    snprintf(record.gale, sizeof(record.gale), "%s", gale_version());
    record.ports = xcalloc(record.n_ports, sizeof(*record.ports));
    for (uint32_t i = 0; i < record.n_ports; i++)
        record.ports[i].number = PORT + i;
    path_of(s, "/supervisors", path);
    pack_init(&p);
    check(supervisor_record_pack(&record, &p, NULL) == 0);
    zookeeper_create(s->zookeeper, path, p.buffer.data, p.buffer.size,
                     ZOOKEEPER_EPHEMERAL, (struct zookeeper_then){enrolled, s});
    pack_free(&p);
    free(record.ports);
}

/* -- ZooKeeper ------------------------------------------------------------- */

static void look(void *arg)
{
    struct scale_supervisor *s = arg;
    struct loop *loop = s->world->loop;

    loop_timer_set(loop, &s->look, loop_now(loop) + LOOK_NS, look, s);
    if (zookeeper_state(s->zookeeper) != ZOOKEEPER_IS_CONNECTED)
        return;
    if (!s->registered)
        enroll(s);
    look_at_slots(s);
    look_at_epoch(s);
}

static void zookeeper_changed(void *arg, enum zookeeper_state state)
{
    static const char *const parents[] = {"/supervisors", "/slots",
                                          "/positions"};
    struct scale_supervisor *s = arg;

    if (state == ZOOKEEPER_IS_LOST)
        s->registered = false;
    if (state != ZOOKEEPER_IS_CONNECTED)
        return;
    for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++)
        zookeeper_create(s->zookeeper, parents[i], NULL, 0, 0,
                         (struct zookeeper_then){NULL, NULL});
    look(s);
}

/* -- all of them ----------------------------------------------------------- */

struct scale_supervisor *scale_supervisors_new(struct scale_world *w)
{
    struct scale_supervisor *all = xcalloc(w->size.supervisors, sizeof(*all));

    for (uint32_t i = 0; i < w->size.supervisors; i++) {
        struct scale_supervisor *s = &all[i];

        s->world = w;
        s->number = i;
        snprintf(s->id, sizeof(s->id), "supervisor-%05u", i);
        s->slots_watch =
            (struct zookeeper_watch){.fn = look_at_slots, .arg = s};
        s->epoch_watch =
            (struct zookeeper_watch){.fn = look_at_epoch, .arg = s};
        scale_workers_init(&s->workers, w->loop, &w->records_key, report_soon,
                           s);
    }
    return all;
}

void scale_supervisor_begin(struct scale_world *w, uint32_t i)
{
    struct scale_supervisor *s = &w->supervisors[i];

    check(s->zookeeper == NULL);
    s->registered = false;
    s->zookeeper = zookeeper_memory_join(w->memory, SCALE_SESSION_NS,
                                         zookeeper_changed, s);
    begin_reporting(s);
}

static void leave(struct scale_supervisor *s,
                  void (*how)(struct zookeeper *zookeeper))
{
    if (s->zookeeper == NULL)
        return;
    zookeeper_watch_clear(&s->slots_watch);
    zookeeper_watch_clear(&s->epoch_watch);
    how(s->zookeeper);
    s->zookeeper = NULL;
    loop_timer_clear(&s->look);
    loop_timer_clear(&s->report);
    scale_workers_end(&s->workers);
}

void scale_supervisor_kill(struct scale_world *w, uint32_t i)
{
    leave(&w->supervisors[i], zookeeper_memory_kill);
}

void scale_supervisors_free(struct scale_world *w)
{
    for (uint32_t i = 0; i < w->size.supervisors; i++) {
        leave(&w->supervisors[i], zookeeper_free);
        scale_workers_free(&w->supervisors[i].workers);
    }
    free(w->supervisors);
}

bool scale_supervisor_is_there(const struct scale_world *w, uint32_t i)
{
    return w->supervisors[i].zookeeper != NULL;
}

uint32_t scale_supervisor_number(const struct scale_world *w, const char *id)
{
    const char *last = strrchr(id, '-');
    unsigned long number =
        last == NULL ? UINT32_MAX : strtoul(last + 1, NULL, 10);

    return number < w->size.supervisors ? (uint32_t)number : UINT32_MAX;
}

struct zookeeper *scale_supervisor_zookeeper(const struct scale_world *w,
                                             uint32_t i)
{
    return w->supervisors[i].zookeeper;
}

struct scale_supervisor_sums scale_supervisors_sum(const struct scale_world *w)
{
    struct scale_supervisor_sums sums = {.workers = 0};

    for (uint32_t i = 0; i < w->size.supervisors; i++) {
        const struct scale_supervisor *s = &w->supervisors[i];

        if (s->zookeeper == NULL)
            continue;
        sums.workers += s->workers.n;
        sums.running += scale_workers_running(&s->workers, scale_world_now(w));
        sums.unsupplied += s->workers.n_unsupplied;
    }
    return sums;
}
