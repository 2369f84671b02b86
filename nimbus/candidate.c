/* candidate.c - leader.h's actions, carried out; see candidate.h. */
#include "nimbus/candidate.h"
#include "common/check.h"
#include "common/pack.h"
#include "topology-api/memory.h"
#include <inttypes.h>
#include <stdlib.h>

#define EPOCH "/epoch"
#define NIMBUSES "/nimbuses"
#define PATH_MAX_ (sizeof(NIMBUSES) + LEADER_NAME_MAX)

struct candidate {
    struct candidate_options options;
    struct nimbus_record me;
    struct leader leader;
    struct loop_timer tick;
    struct zookeeper_watch before;  /* the candidate before me */
    uint64_t before_ask;            /* the action that set it */
    struct zookeeper_watch changes; /* of /epoch */
    struct epoch_record known;      /* its value; zero: none */
    struct asked *under_way;
};

/* A request under way. */
struct asked {
    struct candidate *c;
    struct asked *next, **link;
    uint64_t ask;
    int64_t at;
    int32_t version; /* that /epoch gets */
};

static void step(struct candidate *c, const struct leader_event *event);

/* -- requests -------------------------------------------------------------- */

static struct asked *ask(struct candidate *c, uint64_t number)
{
    struct asked *asked = xcalloc(1, sizeof(*asked));

    asked->c = c;
    asked->ask = number;
    asked->at = loop_now(c->options.loop);
    asked->next = c->under_way;
    asked->link = &c->under_way;
    if (asked->next != NULL)
        asked->next->link = &asked->next;
    c->under_way = asked;
    return asked;
}

static struct zookeeper_then then(struct candidate *c, uint64_t number,
                                  zookeeper_fn *fn)
{
    return (struct zookeeper_then){fn, ask(c, number)};
}

static void asked_free(struct asked *asked)
{
    *asked->link = asked->next;
    if (asked->next != NULL)
        asked->next->link = asked->link;
    free(asked);
}

/* The request, as the event that its answer is. */
static struct candidate *take(void *arg, enum leader_event_kind kind,
                              struct leader_event *event)
{
    struct asked *asked = arg;
    struct candidate *c = asked->c;

    *event = (struct leader_event){.kind = kind,
                                   .ask = asked->ask,
                                   .asked_at = asked->at,
                                   .version = asked->version};
    asked_free(asked);
    return c;
}

static void listed(void *arg, const struct zookeeper_answer *answer)
{
    struct leader_event event;
    struct candidate *c = take(arg, LEADER_CHILDREN, &event);

    event.names = answer->children;
    event.n_names = answer->n_children;
    if (answer->result == ZOOKEEPER_NO_NODE)
        event.n_names = 0;
    else if (answer->result != ZOOKEEPER_OK)
        event.kind = LEADER_UNKNOWN;
    step(c, &event);
}

static void created(void *arg, const struct zookeeper_answer *answer)
{
    struct leader_event event;
    struct candidate *c = take(
        arg, answer->result == ZOOKEEPER_OK ? LEADER_CREATED : LEADER_UNKNOWN,
        &event);

    step(c, &event);
}

/* What /epoch says; false if it is damaged. */
static bool read_epoch(const struct zookeeper_answer *answer,
                       struct epoch_record *record)
{
    memset(record, 0, sizeof(*record));
    return answer->result == ZOOKEEPER_NO_NODE ||
           (answer->result == ZOOKEEPER_OK &&
            epoch_record_unpack(answer->data, answer->size, record, NULL) == 0);
}

static void epoch_read(void *arg, const struct zookeeper_answer *answer)
{
    struct epoch_record record;
    struct leader_event event;
    struct candidate *c = take(arg, LEADER_EPOCH, &event);

    if (read_epoch(answer, &record)) {
        event.number = record.epoch;
        event.version = answer->result == ZOOKEEPER_OK ? answer->stat.version
                                                       : LEADER_NO_EPOCH;
        event.candidate = record.nimbus;
    } else {
        event.kind = LEADER_UNKNOWN;
    }
    step(c, &event);
    epoch_record_free(&record);
}

static void epoch_written(void *arg, const struct zookeeper_answer *answer)
{
    struct leader_event event;
    struct candidate *c = take(arg, LEADER_WRITTEN, &event);

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
    step(c, &event);
}

static void looked_before(void *arg, const struct zookeeper_answer *answer)
{
    struct leader_event event;
    struct candidate *c = take(arg, LEADER_CONTACT, &event);

    if (answer->result == ZOOKEEPER_NO_NODE)
        event.kind = LEADER_BEFORE_GONE;
    else if (answer->result != ZOOKEEPER_OK)
        event.kind = LEADER_UNKNOWN;
    step(c, &event);
}

static void before_changed(void *arg)
{
    struct candidate *c = arg;

    step(c, &(struct leader_event){.kind = LEADER_BEFORE_GONE,
                                   .ask = c->before_ask,
                                   .asked_at = loop_now(c->options.loop)});
}

/* -- actions --------------------------------------------------------------- */

static void path_of(const char *name, char path[PATH_MAX_])
{
    snprintf(path, PATH_MAX_, NIMBUSES "/%s", name);
}

static void create(struct candidate *c, const struct leader_action *a)
{
    char path[PATH_MAX_];
    struct pack p;

    path_of(a->name, path);
    pack_init(&p);
    check(nimbus_record_pack(&c->me, &p, NULL) == 0);
    zookeeper_create(c->options.zookeeper, path, p.buffer.data, p.buffer.size,
                     ZOOKEEPER_EPHEMERAL | ZOOKEEPER_SEQUENCE,
                     then(c, a->ask, created));
    pack_free(&p);
}

static void remove_candidate(struct candidate *c, const char *name)
{
    char path[PATH_MAX_];

    path_of(name, path);
    zookeeper_delete(c->options.zookeeper, path, ZOOKEEPER_ANY,
                     (struct zookeeper_then){NULL, NULL});
}

static void watch_before(struct candidate *c, const struct leader_action *a)
{
    char path[PATH_MAX_];

    path_of(a->name, path);
    zookeeper_watch_clear(&c->before);
    c->before_ask = a->ask;
    zookeeper_exists(c->options.zookeeper, path, &c->before,
                     then(c, a->ask, looked_before));
}

static void write_epoch(struct candidate *c, const struct leader_action *a)
{
    struct epoch_record record = {.epoch = a->number, .port = c->me.port};
    struct zookeeper_write writes[2];
    char path[PATH_MAX_];
    struct asked *asked;
    struct pack p;

    path_of(a->name, path);
    snprintf(record.nimbus, sizeof(record.nimbus), "%s", a->name);
    memcpy(record.host, c->me.host, sizeof(record.host));
    memcpy(record.address, c->me.address, sizeof(record.address));
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
    asked = ask(c, a->ask);
    asked->version = a->version == LEADER_NO_EPOCH ? 0 : a->version + 1;
    zookeeper_multi(c->options.zookeeper, writes, 2,
                    (struct zookeeper_then){epoch_written, asked});
    pack_free(&p);
}

static void perform(struct candidate *c, const struct leader_action *a)
{
    struct zookeeper *z = c->options.zookeeper;

    switch (a->kind) {
    case LEADER_LIST:
        zookeeper_children(z, NIMBUSES, NULL, then(c, a->ask, listed));
        break;
    case LEADER_CREATE:
        create(c, a);
        break;
    case LEADER_REMOVE:
        remove_candidate(c, a->name);
        break;
    case LEADER_WATCH:
        watch_before(c, a);
        break;
    case LEADER_READ:
        zookeeper_get(z, EPOCH, NULL, then(c, a->ask, epoch_read));
        break;
    case LEADER_WRITE:
        write_epoch(c, a);
        break;
    case LEADER_BEGIN:
        c->options.begins(c->options.arg, a->number, a->version, a->n_lacking);
        break;
    case LEADER_STOP:
        c->options.stops(c->options.arg, a->why);
        break;
    }
}

static void tick(void *arg)
{
    step(arg, &(struct leader_event){.kind = LEADER_TICK});
}

static void step(struct candidate *c, const struct leader_event *event)
{
    struct leader_actions actions;

    leader_step(&c->leader, event, loop_now(c->options.loop), &actions);
    for (uint32_t i = 0; i < actions.n; i++)
        perform(c, &actions.list[i]);
    loop_timer_set(c->options.loop, &c->tick, leader_due(&c->leader), tick, c);
}

/* -- who leads ------------------------------------------------------------- */

static void read_known(void *candidate);

static void known_read(void *arg, const struct zookeeper_answer *answer)
{
    struct epoch_record record;
    struct leader_event event;
    struct candidate *c = take(arg, LEADER_CONTACT, &event);

    if (!read_epoch(answer, &record))
        return;
    epoch_record_free(&c->known);
    c->known = record;
    c->options.changed(c->options.arg);
    if (c->leader.phase == LEADER_LEADING && record.epoch > c->leader.number)
        candidate_fenced(c, c->leader.number);
}

static void read_known(void *arg)
{
    struct candidate *c = arg;

    zookeeper_watch_clear(&c->changes);
    zookeeper_get(c->options.zookeeper, EPOCH, &c->changes,
                  then(c, 0, known_read));
}

const struct epoch_record *candidate_leader(const struct candidate *c)
{
    return c->known.port == 0 ? NULL : &c->known;
}

/* -- events ---------------------------------------------------------------- */

static void begin_session(struct candidate *c)
{
    struct env *env = loop_env(c->options.loop);
    char guid[LEADER_GUID_MAX];

    snprintf(guid, sizeof(guid), "%016" PRIx64 "%016" PRIx64,
             env->ops->entropy(env), env->ops->entropy(env));
    zookeeper_create(c->options.zookeeper, NIMBUSES, NULL, 0, 0,
                     (struct zookeeper_then){NULL, NULL});
    step(c, &(struct leader_event){
                .kind = LEADER_SESSION,
                .guid = guid,
                .session_ns = zookeeper_session_ns(c->options.zookeeper),
                .asked_at = loop_now(c->options.loop)});
    read_known(c);
}

void candidate_state(struct candidate *c, enum zookeeper_state state)
{
    static const enum leader_event_kind kinds[] = {
        [ZOOKEEPER_IS_CONNECTED] = LEADER_BACK,
        [ZOOKEEPER_IS_AWAY] = LEADER_AWAY,
        [ZOOKEEPER_IS_LOST] = LEADER_SESSION_LOST,
    };

    if (state == ZOOKEEPER_IS_CONNECTED && c->leader.phase == LEADER_OUT)
        begin_session(c);
    else
        step(c, &(struct leader_event){.kind = kinds[state]});
    if (state == ZOOKEEPER_IS_CONNECTED && c->changes.link == NULL)
        read_known(c);
}

void candidate_contact(struct candidate *c, int64_t asked_at)
{
    step(c,
         &(struct leader_event){.kind = LEADER_CONTACT, .asked_at = asked_at});
}

void candidate_fenced(struct candidate *c, uint64_t number)
{
    step(c, &(struct leader_event){.kind = LEADER_FENCED, .number = number});
}

void candidate_lacks(struct candidate *c, uint32_t n_files)
{
    step(c, &(struct leader_event){.kind = LEADER_FILES, .n_lacking = n_files});
}

bool candidate_leads(const struct candidate *c)
{
    return leader_leads(&c->leader, loop_now(c->options.loop));
}

struct candidate *candidate_new(const struct candidate_options *options)
{
    struct candidate *c = xcalloc(1, sizeof(*c));

    c->options = *options;
    c->me = *options->me;
    memset(&c->me.rest, 0, sizeof(c->me.rest));
    leader_init(&c->leader);
    c->before.fn = before_changed;
    c->before.arg = c;
    c->changes.fn = read_known;
    c->changes.arg = c;
    if (zookeeper_state(options->zookeeper) == ZOOKEEPER_IS_CONNECTED)
        begin_session(c);
    return c;
}

void candidate_end(struct candidate *c)
{
    loop_timer_clear(&c->tick);
    zookeeper_watch_clear(&c->before);
    zookeeper_watch_clear(&c->changes);
}

void candidate_free(struct candidate *c)
{
    if (c == NULL)
        return;
    while (c->under_way != NULL)
        asked_free(c->under_way);
    epoch_record_free(&c->known);
    nimbus_record_free(&c->me);
    free(c);
}
