/* election.c - leader.h's actions, carried out; see election.h. */
#include "nimbus/election.h"
#include "common/check.h"
#include "common/pack.h"
#include "common/throttle.h"
#include "topology-api/memory.h"
#include <inttypes.h>
#include <stdlib.h>

#define EPOCH "/epoch"
#define NIMBUSES "/nimbuses"
#define DAMAGED_NS INT64_C(10000000000) /* that it is, is said again */
#define PATH_MAX_ (sizeof(NIMBUSES) + LEADER_NAME_MAX)

struct election {
    struct election_options options;
    struct nimbus_record me;
    struct leader leader;
    struct loop_timer tick;
    struct zookeeper_watch before;  /* the candidate before me */
    uint64_t before_ask;            /* the action that set it */
    struct zookeeper_watch changes; /* of /epoch */
    struct epoch_record known;      /* its value; zero: none */
    struct throttle damaged;        /* that it is, is said */
    bool over;                      /* answers find nobody any more */
};

/* A request under way. */
struct asked {
    struct election *e;
    uint64_t ask;
    int32_t version; /* that /epoch gets */
};

static void step(struct election *e, const struct leader_event *event);

/* -- requests -------------------------------------------------------------- */

static struct asked *ask(struct election *e, uint64_t number)
{
    struct asked *asked = xcalloc(1, sizeof(*asked));

    asked->e = e;
    asked->ask = number;
    return asked;
}

static struct zookeeper_then then(struct election *e, uint64_t number,
                                  zookeeper_fn *fn)
{
    return (struct zookeeper_then){fn, ask(e, number)};
}

/* The request, as the event that its answer is. */
static struct election *take(void *arg, enum leader_event_kind kind,
                             struct leader_event *event)
{
    struct asked *asked = arg;
    struct election *e = asked->e;

    *event = (struct leader_event){
        .kind = kind, .ask = asked->ask, .version = asked->version};
    free(asked);
    return e;
}

static void listed(void *arg, const struct zookeeper_answer *answer)
{
    struct leader_event event;
    struct election *e = take(arg, LEADER_CHILDREN, &event);

    event.names = answer->children;
    event.n_names = answer->n_children;
    if (answer->result == ZOOKEEPER_NO_NODE)
        event.n_names = 0;
    else if (answer->result != ZOOKEEPER_OK)
        event.kind = LEADER_UNKNOWN;
    step(e, &event);
}

static void created(void *arg, const struct zookeeper_answer *answer)
{
    struct leader_event event;
    struct election *e = take(
        arg, answer->result == ZOOKEEPER_OK ? LEADER_CREATED : LEADER_UNKNOWN,
        &event);

    step(e, &event);
}

/* Nobody can lead: the next number is not known. */
static void say_damaged(struct election *e, const char *why)
{
    if (throttle_allow(&e->damaged, loop_now(e->options.loop)))
        log_error(e->options.log, "election",
                  "the record " EPOCH " cannot be read (%s): nobody leads "
                  "until it can",
                  why);
}

/* What /epoch says; false if it was not read, or is damaged. */
static bool read_epoch(struct election *e,
                       const struct zookeeper_answer *answer,
                       struct epoch_record *record)
{
    gale_err error;

    memset(record, 0, sizeof(*record));
    if (answer->result != ZOOKEEPER_OK)
        return answer->result == ZOOKEEPER_NO_NODE;
    if (epoch_record_unpack(answer->data, answer->size, record, &error) == 0)
        return true;
    say_damaged(e, error.text);
    return false;
}

static void epoch_read(void *arg, const struct zookeeper_answer *answer)
{
    struct epoch_record record;
    struct leader_event event;
    struct election *e = take(arg, LEADER_EPOCH, &event);

    if (read_epoch(e, answer, &record)) {
        event.number = record.epoch;
        event.version = answer->result == ZOOKEEPER_OK ? answer->stat.version
                                                       : LEADER_NO_EPOCH;
        event.candidate = record.candidate;
    } else {
        event.kind = LEADER_UNKNOWN;
    }
    step(e, &event);
    epoch_record_free(&record);
}

static void epoch_written(void *arg, const struct zookeeper_answer *answer)
{
    struct leader_event event;
    struct election *e = take(arg, LEADER_WRITTEN, &event);

    switch (answer->result) {
    case ZOOKEEPER_OK:
        break;
    case ZOOKEEPER_NO_NODE:
    case ZOOKEEPER_NODE_EXISTS:
    case ZOOKEEPER_BAD_VERSION:
        event.kind = LEADER_REFUSED;
        break;
    default:
        event.kind = LEADER_UNKNOWN;
    }
    step(e, &event);
}

static void looked_before(void *arg, const struct zookeeper_answer *answer)
{
    struct leader_event event;
    struct election *e = take(arg, LEADER_TICK, &event);

    if (answer->result == ZOOKEEPER_NO_NODE)
        event.kind = LEADER_BEFORE_GONE;
    else if (answer->result != ZOOKEEPER_OK)
        event.kind = LEADER_UNKNOWN;
    step(e, &event);
}

static void before_changed(void *arg)
{
    struct election *e = arg;

    step(e, &(struct leader_event){.kind = LEADER_BEFORE_GONE,
                                   .ask = e->before_ask});
}

/* -- actions --------------------------------------------------------------- */

static void path_of(const char *name, char path[PATH_MAX_])
{
    snprintf(path, PATH_MAX_, NIMBUSES "/%s", name);
}

static void create(struct election *e, const struct leader_action *a)
{
    char path[PATH_MAX_ + 1];
    struct pack p;

    snprintf(path, sizeof(path), NIMBUSES "/%s-", a->name);
    pack_init(&p);
    check(nimbus_record_pack(&e->me, &p, NULL) == 0);
    zookeeper_create(e->options.zookeeper, path, p.buffer.data, p.buffer.size,
                     ZOOKEEPER_EPHEMERAL | ZOOKEEPER_SEQUENCE,
                     then(e, a->ask, created));
    pack_free(&p);
}

static void remove_candidate(struct election *e, const char *name)
{
    char path[PATH_MAX_];

    path_of(name, path);
    zookeeper_delete(e->options.zookeeper, path, ZOOKEEPER_ANY,
                     (struct zookeeper_then){NULL, NULL});
}

static void watch_before(struct election *e, const struct leader_action *a)
{
    char path[PATH_MAX_];

    path_of(a->name, path);
    zookeeper_watch_clear(&e->before);
    e->before_ask = a->ask;
    zookeeper_exists(e->options.zookeeper, path, &e->before,
                     then(e, a->ask, looked_before));
}

static void write_epoch(struct election *e, const struct leader_action *a)
{
    struct epoch_record record = {.epoch = a->number, .port = e->me.port};
    struct zookeeper_write writes[2];
    char path[PATH_MAX_];
    struct asked *asked;
    struct pack p;

    path_of(a->name, path);
    snprintf(record.candidate, sizeof(record.candidate), "%s", a->name);
    memcpy(record.nimbus, e->me.id, sizeof(record.nimbus));
    memcpy(record.host, e->me.host, sizeof(record.host));
    memcpy(record.address, e->me.address, sizeof(record.address));
    pack_init(&p);
    check(epoch_record_pack(&record, &p, NULL) == 0);
    writes[0] = (struct zookeeper_write){
        .kind = ZOOKEEPER_CHECK, .path = path, .version = ZOOKEEPER_ANY};
    writes[1] = (struct zookeeper_write){
        .kind =
            a->version == LEADER_NO_EPOCH ? ZOOKEEPER_CREATE : ZOOKEEPER_SET,
        .path = EPOCH,
        .data = p.buffer.data,
        .size = p.buffer.size,
        .version = a->version,
    };
    asked = ask(e, a->ask);
    asked->version = a->version == LEADER_NO_EPOCH ? 0 : a->version + 1;
    zookeeper_multi(e->options.zookeeper, writes, 2,
                    (struct zookeeper_then){epoch_written, asked});
    pack_free(&p);
}

static void read_known(void *election);

/* Again and again; and so is who leads, if that could not be read. */
static void list(struct election *e, const struct leader_action *a)
{
    zookeeper_children(e->options.zookeeper, NIMBUSES, NULL,
                       then(e, a->ask, listed));
    if (e->changes.link == NULL)
        read_known(e);
}

static void perform(struct election *e, const struct leader_action *a)
{
    struct zookeeper *z = e->options.zookeeper;

    switch (a->kind) {
    case LEADER_LIST:
        list(e, a);
        break;
    case LEADER_CREATE:
        create(e, a);
        break;
    case LEADER_REMOVE:
        remove_candidate(e, a->name);
        break;
    case LEADER_WATCH:
        watch_before(e, a);
        break;
    case LEADER_READ:
        zookeeper_get(z, EPOCH, NULL, then(e, a->ask, epoch_read));
        break;
    case LEADER_WRITE:
        write_epoch(e, a);
        break;
    case LEADER_BEGIN:
        e->options.begins(e->options.arg, a->number, a->version, a->n_lacking);
        break;
    case LEADER_STOP:
        e->options.stops(e->options.arg, a->why);
        break;
    }
}

static void tick(void *arg)
{
    step(arg, &(struct leader_event){.kind = LEADER_TICK});
}

static void step(struct election *e, const struct leader_event *event)
{
    struct leader_actions actions;
    struct leader_event now = *event;

    if (e->over)
        return;
    now.lease_until = zookeeper_lease_until(e->options.zookeeper);
    leader_step(&e->leader, &now, loop_now(e->options.loop), &actions);
    for (uint32_t i = 0; i < actions.n; i++)
        perform(e, &actions.list[i]);
    loop_timer_set(e->options.loop, &e->tick, leader_due(&e->leader), tick, e);
}

/* -- who leads ------------------------------------------------------------- */

static void known_read(void *arg, const struct zookeeper_answer *answer)
{
    struct epoch_record record;
    struct leader_event event;
    struct election *e = take(arg, LEADER_TICK, &event);

    if (answer->result != ZOOKEEPER_OK && answer->result != ZOOKEEPER_NO_NODE)
        zookeeper_watch_clear(&e->changes); /* no server may know of it */
    if (!read_epoch(e, answer, &record))
        return;
    epoch_record_free(&e->known);
    e->known = record;
    e->options.changed(e->options.arg);
    if (e->leader.phase == LEADER_LEADING && record.epoch > e->leader.number)
        election_fenced(e);
}

static void read_known(void *arg)
{
    struct election *e = arg;

    zookeeper_watch_clear(&e->changes);
    zookeeper_get(e->options.zookeeper, EPOCH, &e->changes,
                  then(e, 0, known_read));
}

const struct epoch_record *election_leader(const struct election *e)
{
    return e->known.port == 0 ? NULL : &e->known;
}

/* -- events ---------------------------------------------------------------- */

static void begin_session(struct election *e)
{
    struct env *env = loop_env(e->options.loop);
    char guid[LEADER_GUID_MAX];

    snprintf(guid, sizeof(guid), "%016" PRIx64 "%016" PRIx64,
             env->ops->entropy(env), env->ops->entropy(env));
    zookeeper_create(e->options.zookeeper, NIMBUSES, NULL, 0, 0,
                     (struct zookeeper_then){NULL, NULL});
    step(e, &(struct leader_event){
                .kind = LEADER_SESSION,
                .guid = guid,
            });
}

void election_state(struct election *e, enum zookeeper_state state)
{
    static const enum leader_event_kind kinds[] = {
        [ZOOKEEPER_IS_CONNECTED] = LEADER_BACK,
        [ZOOKEEPER_IS_AWAY] = LEADER_AWAY,
        [ZOOKEEPER_IS_LOST] = LEADER_SESSION_LOST,
    };

    if (state == ZOOKEEPER_IS_CONNECTED && e->leader.phase == LEADER_OUT)
        begin_session(e);
    else
        step(e, &(struct leader_event){.kind = kinds[state]});
    if (state == ZOOKEEPER_IS_CONNECTED && e->changes.link == NULL)
        read_known(e);
}

void election_fenced(struct election *e)
{
    step(e, &(struct leader_event){.kind = LEADER_FENCED,
                                   .number = e->leader.number});
}

void election_lacks(struct election *e, uint32_t n_files)
{
    step(e, &(struct leader_event){.kind = LEADER_FILES, .n_lacking = n_files});
}

bool election_leads(const struct election *e)
{
    return leader_leads(&e->leader, loop_now(e->options.loop));
}

struct election *election_new(const struct election_options *options)
{
    struct election *e = xcalloc(1, sizeof(*e));

    e->options = *options;
    e->me = *options->me;
    memset(&e->me.rest, 0, sizeof(e->me.rest));
    leader_init(&e->leader);
    throttle_init(&e->damaged, 1, DAMAGED_NS);
    e->before.fn = before_changed;
    e->before.arg = e;
    e->changes.fn = read_known;
    e->changes.arg = e;
    if (zookeeper_state(options->zookeeper) == ZOOKEEPER_IS_CONNECTED)
        begin_session(e);
    return e;
}

void election_end(struct election *e)
{
    e->over = true;
    loop_timer_clear(&e->tick);
    zookeeper_watch_clear(&e->before);
    zookeeper_watch_clear(&e->changes);
}

void election_free(struct election *e)
{
    if (e == NULL)
        return;
    epoch_record_free(&e->known);
    nimbus_record_free(&e->me);
    free(e);
}
