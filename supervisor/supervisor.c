/*
 * supervisor.c - `gale supervisor`: registers in ZooKeeper, follows what the
 * leader wants of its slots, takes up workers that it finds; see supervisor.h.
 */
#include "supervisor/supervisor.h"
#include "common/check.h"
#include "common/local_dir.h"
#include "common/supervisor_record.h"
#include "supervisor/supervisor_in.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <stdlib.h>

#define SECOND_NS INT64_C(1000000000)
#define LOOK_NS (10 * SECOND_NS)
#define SAVE_NS INT64_C(50000000) /* what changes together is written once */

static void supervisor_path(char *path, size_t size, const char *folder,
                            const struct supervisor *s)
{
    snprintf(path, size, "%s/%s", folder, s->id);
}

/* -- what is written down -------------------------------------------------- */

static void keep_seat(struct kept *kept, const struct seat *seat)
{
    struct kept_worker w = {.port = seat->port, .as = seat->slot.has};

    if (w.as.topology[0] == '\0')
        w.as = seat->slot.wanted;
    if (w.as.topology[0] == '\0')
        return;
    if (seat->process != NULL) {
        w.pid = seat->process->pid;
        w.start = seat->process->start;
    }
    snprintf(w.boot, sizeof(w.boot), "%s", seat->supervisor->boot);
    kept_add(kept, &w);
}

/* Without socket, store and state it can start no worker: it ends, and does not
 * pretend. One that begins anew has all of it again. */
static void look_at_directory(struct supervisor *s)
{
    if (s->daemon.place != NULL || local_directory_is_there(&s->local))
        return;
    s->homeless = true;
    loop_end(s->daemon.loop);
}

static void save(void *arg)
{
    struct supervisor *s = arg;
    struct kept kept = {.n = 0};
    gale_err error;

    snprintf(kept.supervisor, sizeof(kept.supervisor), "%s", s->id);
    kept.change = s->change;
    for (uint32_t i = 0; i < s->n_seats; i++)
        keep_seat(&kept, &s->seats[i]);
    if (local_directory_save(&s->local, &kept, &error) != 0) {
        log_warn(s->daemon.log, "state", "%s", error.text);
        look_at_directory(s);
    }
    kept_free(&kept);
}

void supervisor_save_soon(struct supervisor *s)
{
    struct loop *loop = s->daemon.loop;

    if (s->save.at == 0)
        loop_timer_set(loop, &s->save, loop_now(loop) + SAVE_NS, save, s);
}

/* -- what is wanted -------------------------------------------------------- */

static const struct slot_order *order_of(const struct slots_record *record,
                                         uint16_t port)
{
    for (uint32_t i = 0; i < record->n_slots; i++)
        if (record->slots[i].port == port)
            return &record->slots[i];
    return NULL;
}

static void want(struct supervisor *s, const struct slots_record *record)
{
    s->told = true;
    for (uint32_t i = 0; i < s->n_seats; i++)
        seat_want(&s->seats[i], order_of(record, s->seats[i].port));
    reporting_soon(s);
}

/* What was signed once may have been put back by whoever can write there. */
static bool is_old(struct supervisor *s, const struct slots_record *record)
{
    bool old = record->change < s->change;

    if (old && !s->told_old)
        log_error(s->daemon.log, "slots",
                  "the record is older than one that was there before: nothing "
                  "is changed; somebody has put it back");
    s->told_old = old;
    return old;
}

static void act_by(struct supervisor *s, const struct slots_record *record)
{
    if (is_old(s, record))
        return;
    if (record->change > s->change)
        supervisor_save_soon(s);
    s->change = record->change;
    want(s, record);
}

static void slots_read(void *arg, const struct zookeeper_answer *answer)
{
    struct supervisor *s = arg;
    struct slots_record record = {.n_slots = 0};
    gale_err error;

    if (answer->result == ZOOKEEPER_NO_NODE) {
        want(s, &record);
        return;
    }
    if (answer->result != ZOOKEEPER_OK)
        return;
    if (slots_record_unpack(answer->data, answer->size, &s->daemon.records_key,
                            &record, &error) != 0) {
        log_error(s->daemon.log, "slots", "%s: nothing is changed", error.text);
        return;
    }
    if (strcmp(record.supervisor, s->id) == 0)
        act_by(s, &record);
    else
        log_error(s->daemon.log, "slots",
                  "the record is that of supervisor %s: nothing is changed",
                  record.supervisor);
    slots_record_free(&record);
}

static void look_at_slots(void *arg)
{
    struct supervisor *s = arg;
    char path[200];

    supervisor_path(path, sizeof(path), "/slots", s);
    zookeeper_watch_clear(&s->slots_watch);
    zookeeper_get(s->daemon.zookeeper, path, &s->slots_watch,
                  (struct zookeeper_then){slots_read, s});
}

/* -- registration ---------------------------------------------------------- */

static void enroll(struct supervisor *s);

static int pack_myself(const struct supervisor *s, struct pack *p,
                       gale_err *error)
{
    struct supervisor_record record = {
        .started_us = s->daemon.started_us,
        .n_ports = s->n_seats,
        .port = s->port,
    };
    int result;

    record.ports = xcalloc(s->n_seats, sizeof(*record.ports));
    snprintf(record.id, sizeof(record.id), "%s", s->id);
    snprintf(record.host, sizeof(record.host), "%s", s->daemon.host);
    snprintf(record.address, sizeof(record.address), "%s", s->daemon.address);
    snprintf(record.gale, sizeof(record.gale), "%s", gale_version());
    for (uint32_t i = 0; i < s->n_seats; i++)
        record.ports[i].number = s->seats[i].port;
    pack_init(p);
    result = supervisor_record_pack(&record, p, error);
    free(record.ports);
    return result;
}

static void owner_seen(void *arg, const struct zookeeper_answer *answer)
{
    struct supervisor *s = arg;
    char path[200];

    supervisor_path(path, sizeof(path), "/supervisors", s);
    if (answer->result == ZOOKEEPER_OK &&
        answer->stat.owner == zookeeper_session(s->daemon.zookeeper)) {
        s->registered = true;
        return;
    }
    /* It is of a session of ours that ended without a word. */
    if (answer->result == ZOOKEEPER_OK)
        zookeeper_delete(s->daemon.zookeeper, path, answer->stat.version,
                         (struct zookeeper_then){NULL, NULL});
    if (answer->result == ZOOKEEPER_OK || answer->result == ZOOKEEPER_NO_NODE)
        enroll(s);
}

static void enrolled(void *arg, const struct zookeeper_answer *answer)
{
    struct supervisor *s = arg;
    char path[200];

    s->registered = answer->result == ZOOKEEPER_OK;
    if (s->registered) {
        log_info(s->daemon.log, "register", "registered as %s, %u slots", s->id,
                 s->n_seats);
        return;
    }
    if (answer->result != ZOOKEEPER_NODE_EXISTS)
        return; /* the next look tries again */
    supervisor_path(path, sizeof(path), "/supervisors", s);
    zookeeper_exists(s->daemon.zookeeper, path, NULL,
                     (struct zookeeper_then){owner_seen, s});
}

static void enroll(struct supervisor *s)
{
    struct pack p;
    char path[200];
    gale_err error;

    supervisor_path(path, sizeof(path), "/supervisors", s);
    if (pack_myself(s, &p, &error) != 0)
        log_error(s->daemon.log, "register", "%s", error.text);
    else
        zookeeper_create(s->daemon.zookeeper, path, p.buffer.data,
                         p.buffer.size, ZOOKEEPER_EPHEMERAL,
                         (struct zookeeper_then){enrolled, s});
    pack_free(&p);
}

/* Whoever can write there may have changed or removed it. */
static void myself_read(void *arg, const struct zookeeper_answer *answer)
{
    struct supervisor *s = arg;
    char path[200];
    struct pack p;

    if (answer->result == ZOOKEEPER_NO_NODE && s->registered)
        enroll(s);
    if (answer->result != ZOOKEEPER_OK ||
        answer->stat.owner != zookeeper_session(s->daemon.zookeeper))
        return;
    supervisor_path(path, sizeof(path), "/supervisors", s);
    if (pack_myself(s, &p, NULL) == 0 &&
        (answer->size != p.buffer.size ||
         memcmp(answer->data, p.buffer.data, p.buffer.size) != 0)) {
        log_error(s->daemon.log, "register",
                  "somebody has changed %s: it is written anew", path);
        zookeeper_set(s->daemon.zookeeper, path, p.buffer.data, p.buffer.size,
                      answer->stat.version,
                      (struct zookeeper_then){NULL, NULL});
    }
    pack_free(&p);
}

static void look_at_myself(struct supervisor *s)
{
    char path[200];

    supervisor_path(path, sizeof(path), "/supervisors", s);
    zookeeper_get(s->daemon.zookeeper, path, NULL,
                  (struct zookeeper_then){myself_read, s});
}

/* -- ZooKeeper ------------------------------------------------------------- */

static void look(void *arg)
{
    struct supervisor *s = arg;
    struct loop *loop = s->daemon.loop;

    loop_timer_set(loop, &s->look, loop_now(loop) + LOOK_NS, look, s);
    look_at_directory(s);
    isolation_sweep(s);
    if (zookeeper_state(s->daemon.zookeeper) != ZOOKEEPER_IS_CONNECTED)
        return;
    if (s->registered)
        look_at_myself(s);
    else
        enroll(s);
    look_at_slots(s);
    known_nimbuses_look(s);
}

static void zookeeper_changed(void *arg, enum zookeeper_state state)
{
    struct supervisor *s = arg;
    static const char *const parents[] = {"/supervisors", "/slots",
                                          "/positions"};

    if (state == ZOOKEEPER_IS_LOST)
        s->registered = false;
    if (state == ZOOKEEPER_IS_AWAY)
        log_warn(s->daemon.log, "zookeeper", "%s",
                 zookeeper_trouble(s->daemon.zookeeper));
    if (state != ZOOKEEPER_IS_CONNECTED)
        return;
    for (size_t i = 0; i < 3; i++)
        zookeeper_create(s->daemon.zookeeper, parents[i], NULL, 0, 0,
                         (struct zookeeper_then){NULL, NULL});
    look(s);
}

/* -- the daemon ------------------------------------------------------------ */

static void child_ended(void *arg)
{
    struct supervisor *s = arg;
    const struct env_process_ops *ops = s->daemon.env->ops->processes;

    for (uint32_t i = 0; i < s->n_seats; i++)
        seat_look(&s->seats[i]);
    ops->reap(s->daemon.env);
}

static int by_number(const void *a, const void *b)
{
    const uint16_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* As they are registered: ascending, in whatever order they are configured. */
static int take_ports(const struct daemon_config *config, uint16_t *ports,
                      uint32_t n, gale_err *error)
{
    static const char key[] = "supervisor.slots.ports";

    for (uint32_t i = 0; i < n; i++)
        ports[i] = (uint16_t)daemon_config_int_at(config, key, i);
    qsort(ports, n, sizeof(*ports), by_number);
    for (uint32_t i = 1; i < n; i++)
        if (ports[i] == ports[i - 1])
            return error_set(error,
                             "%s: port %u is there twice, expected one for "
                             "each worker",
                             key, ports[i]);
    return 0;
}

static int make_seats(struct supervisor *s, gale_err *error)
{
    const struct daemon_config *config = s->daemon.config;
    uint32_t n = daemon_config_n(config, "supervisor.slots.ports");
    uint16_t *ports = xcalloc(n, sizeof(*ports));
    int result = take_ports(config, ports, n, error);

    s->times = worker_terms_usual(config).times;
    if (result == 0) {
        s->n_seats = n;
        s->seats = xcalloc(n, sizeof(*s->seats));
    }
    for (uint32_t i = 0; i < s->n_seats; i++)
        seat_init(&s->seats[i], s, ports[i]);
    free(ports);
    return result;
}

/* Its own: who may pass through the directory above must not look into it. */
static int open_store(struct supervisor *s, gale_err *error)
{
    struct daemon *d = &s->daemon;
    char *directory = daemon_private_directory(d, "supervisor/store", error);

    if (directory == NULL)
        return -1;
    s->store = store_open(d->env, directory, error);
    free(directory);
    return s->store == NULL ? -1 : 0;
}

static int open_files(struct supervisor *s, gale_err *error)
{
    struct daemon *d = &s->daemon;
    char *directory = daemon_directory(d, NULL, error);
    int result;

    if (directory == NULL)
        return -1;
    result = local_directory_open(&s->local, d->env, directory, error);
    s->local_is_open = result == 0;
    free(directory);
    if (result != 0)
        return -1;
    return open_store(s, error);
}

/* -- the user of workers --------------------------------------------------- */

static int find_user(struct supervisor *s, gale_err *error)
{
    static const char key[] = "gale.worker.user";
    const char *name = daemon_config_text(s->daemon.config, key);
    gale_err why;

    if (name == NULL || s->hands != NULL)
        return 0;
    if (worker_user_find(&s->user, name, &why) != 0)
        return error_set(error, "%s: %s", key, why.text);
    s->has_user = true;
    store_show(s->store);
    return local_directory_share(&s->local, &s->user, error);
}

static int share_socket(struct supervisor *s, gale_err *error)
{
    struct env *env = s->daemon.env;

    if (!s->has_user ||
        env->ops->path_share(env, s->socket, s->user.group) == 0)
        return 0;
    return error_set(error, "cannot let the user %s speak to %s: %s",
                     s->user.name, s->socket, strerror(errno));
}

static char *socket_path(struct supervisor *s)
{
    char *path = local_dir_path(s->daemon.config, "supervisor/socket");
    char *whole =
        realpath(daemon_config_text(s->daemon.config, "storm.local.dir"), NULL);
    size_t size;
    char *result;

    if (whole == NULL)
        return path;
    size = strlen(whole) + sizeof("/supervisor/socket");
    result = xmalloc(size);
    snprintf(result, size, "%s/supervisor/socket", whole);
    free(path);
    free(whole);
    return result;
}

/* Where workers get what they need before they can start. */
static void make_supply(struct supervisor *s)
{
    struct daemon *d = &s->daemon;

    s->from = (struct supply_from){
        .loop = d->loop,
        .zookeeper = d->zookeeper,
        .files = {.loop = d->loop,
                  .store = s->store,
                  .me = known_nimbuses_identity(s),
                  .nimbuses = s->nimbuses,
                  .n_nimbuses = &s->n_nimbuses},
        .store = s->store,
        .local = &s->local,
        .records_key = &d->records_key,
    };
}

/* What needs no other process. */
static int open_all(struct supervisor *s, gale_err *error)
{
    if (open_files(s, error) != 0 || find_user(s, error) != 0 ||
        make_seats(s, error) != 0)
        return -1;
    s->socket = socket_path(s);
    s->workers = worker_methods_listen(s, error);
    if (s->workers == NULL)
        return -1;
    return share_socket(s, error);
}

static int begin(struct supervisor *s, gale_err *error)
{
    struct daemon *d = &s->daemon;
    const struct env_process_ops *ops = d->env->ops->processes;

    ops->take_orphans(d->env);
    if (ops->boot(d->env, s->boot) != 0)
        return error_set(error, "the system does not say when it was started");
    d->child_ended = child_ended;
    d->child_arg = s;
    if (open_all(s, error) != 0)
        return -1;
    isolation_begin(s);
    if (d->place == NULL) /* else workers have no logs of their own */
        log_methods_listen(s);
    s->slots_watch = (struct zookeeper_watch){.fn = look_at_slots, .arg = s};
    if (daemon_zookeeper(d, zookeeper_changed, s, error) != 0)
        return -1;
    take_up(s);
    known_nimbuses_begin(s);
    make_supply(s);
    reporting_begin(s);
    return 0;
}

struct supervisor *supervisor_begin(const struct daemon_config *config,
                                    const struct daemon_place *place,
                                    const struct supervisor_hands *hands,
                                    gale_err *error)
{
    struct supervisor *s = xcalloc(1, sizeof(*s));

    s->hands = hands;
    s->daemon =
        (struct daemon){.name = "supervisor", .config = config, .place = place};
    if (daemon_begin(&s->daemon, false, error) == 0 && begin(s, error) == 0) {
        log_info(s->daemon.log, "supervisor", "gale %s, %s, %u slots",
                 gale_version(), s->id, s->n_seats);
        return s;
    }
    supervisor_end(s);
    return NULL;
}

void supervisor_end(struct supervisor *s)
{
    if (s == NULL)
        return;
    zookeeper_watch_clear(&s->slots_watch);
    zookeeper_watch_clear(&s->epoch_watch);
    daemon_leave_zookeeper(&s->daemon); /* whose answers still find all of it */
    loop_timer_clear(&s->look);
    loop_timer_clear(&s->report);
    take_up_end(s);
    if (s->save.at != 0)
        save(s);
    loop_timer_clear(&s->save);
    for (uint32_t i = 0; i < s->n_seats; i++)
        seat_fini(&s->seats[i]);
    free(s->seats);
    isolation_end(s);
    rpc_server_free(s->workers);
    rpc_server_free(s->readers);
    leader_client_free(s->nimbus);
    store_close(s->store);
    if (s->local_is_open)
        local_directory_close(&s->local);
    free(s->socket);
    daemon_end(&s->daemon);
    free(s);
}

int supervisor_run(const struct daemon_config *config, gale_err *error)
{
    struct supervisor *s = supervisor_begin(config, NULL, NULL, error);

    int result = 0;

    if (s == NULL)
        return -1;
    daemon_run(&s->daemon);
    if (s->daemon.told_to_end)
        reporting_end(s);
    if (s->homeless)
        result = error_set(error,
                           "its directory %s was removed: start it again; its "
                           "workers are replaced then",
                           s->local.root);
    supervisor_end(s);
    return result;
}
