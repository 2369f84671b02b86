/* reign.c - one leadership: its begin, its end, and its answers; see reign.h.
 */
#include "nimbus/reign_in.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdarg.h>
#include <stdlib.h>

#define SECOND_NS INT64_C(1000000000)
/* Elsewhere within the session, two seconds in which ZooKeeper notices that it
 * is over, RETRY, and the start of a worker. */
#define RETRY_NS (2 * SECOND_NS) /* reports come once a second */
#define GRACE_NS (4 * SECOND_NS)
#define LISTEN_NS (4 * SECOND_NS)
#define MARK_NS (300 * SECOND_NS)
#define LOOK_NS (10 * SECOND_NS) /* without having been woken */
/* For each supervisor that is read then: a thousand that come one by one would
 * all be read a thousand times. */
#define LOOK_REST_NS (SECOND_NS / 5000)
#define TROUBLE_NS (10 * SECOND_NS)
#define MENDED_NS (3 * SECOND_NS) /* records that could not be read, perhaps */

static const char *const folders[] = {"/topologies", "/assignments",
                                      "/slots",      "/errors",
                                      "/positions",  "/supervisors"};
#define N_FOLDERS (sizeof(folders) / sizeof(folders[0]))

int64_t reign_now(const struct reign *r)
{
    return loop_now(r->options.loop);
}

int64_t reign_wall_us(const struct reign *r)
{
    struct env *env = loop_env(r->options.loop);

    return env->ops->wall_us(env);
}

void reign_path(char path[REIGN_PATH_MAX], const char *folder, const char *name)
{
    int n = snprintf(path, REIGN_PATH_MAX, "%s/%s", folder, name);

    check(n > 0 && (size_t)n < REIGN_PATH_MAX);
}

void reign_write(struct reign *r)
{
    writer_go(r->writer);
}

/* -- answers that wait ----------------------------------------------------- */

static void answer_durable(void *arg)
{
    struct reign *r = arg;
    uint64_t durable = mirror_durable(r->mirror);
    struct reply **link = &r->replies, *reply;

    while ((reply = *link) != NULL) {
        if (reply->change > durable) {
            link = &reply->next;
            continue;
        }
        *link = reply->next;
        if (reply->submission != 0)
            copies_submitted(r->options.copies, reply->submission);
        rpc_reply(reply->call, &reply->result);
        pack_free(&reply->result);
        free(reply);
    }
}

void reign_reply_later(struct reign *r, struct rpc_call *call,
                       struct pack *result)
{
    reign_reply_submitted(r, call, result, 0);
}

void reign_reply_submitted(struct reign *r, struct rpc_call *call,
                           struct pack *result, uint64_t submission)
{
    struct reply *reply = xcalloc(1, sizeof(*reply));
    struct reply **last = &r->replies;

    reply->call = call;
    reply->change = mirror_changes(r->mirror);
    reply->submission = submission;
    reply->result = *result;
    msgpack_packer_init(&reply->result.packer, &reply->result.buffer,
                        msgpack_sbuffer_write);
    while (*last != NULL)
        last = &(*last)->next;
    *last = reply;
    if (mirror_durable(r->mirror) >= reply->change)
        answer_durable(r);
    reign_write(r);
}

void reign_say_later(struct reign *r, struct rpc_call *call, const char *format,
                     ...)
{
    struct pack result;
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    pack_init(&result);
    pack_map(&result, 1);
    pack_key_text(&result, "text", text);
    reign_reply_later(r, call, &result);
}

static void refuse_replies(struct reign *r, const char *why)
{
    struct reply *reply;

    while ((reply = r->replies) != NULL) {
        r->replies = reply->next;
        if (reply->submission != 0)
            copies_submitted(r->options.copies, reply->submission);
        rpc_fail(reply->call, RPC_UNABLE,
                 "this nimbus leads no longer, %s: the command may have been "
                 "carried out or not, ask `gale list`",
                 why);
        pack_free(&reply->result);
        free(reply);
    }
}

/* -- begin ----------------------------------------------------------------- */

static void note_damaged(char list[REIGN_DAMAGED_MAX], const char *path,
                         const char *why)
{
    size_t used = strlen(list);

    snprintf(list + used, REIGN_DAMAGED_MAX - used, "%s%s: %s",
             used > 0 ? "; " : "", path, why);
}

static bool is_in(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    return strncmp(path, folder, n) == 0 && path[n] == '/';
}

/* It says what runs, see reign.h. */
static void freeze(struct reign *r, const char *path, const char *why)
{
    log_error(r->options.log, "records", "%s: %s", path, why);
    note_damaged(r->damaged, path, why);
    r->frozen = true;
}

static void take_topology(struct reign *r, const char *path,
                          const struct zookeeper_answer *answer)
{
    struct topology_record record;
    gale_err error;

    if (topology_record_unpack(answer->data, answer->size,
                               r->options.records_key, &record, &error) != 0) {
        freeze(r, path, error.text);
    } else if (strcmp(strrchr(path, '/') + 1, record.id) != 0) {
        freeze(r, path, "it is the record of another topology");
        topology_record_free(&record);
    } else {
        reign_add_found(r, &record);
    }
}

/* It is looked at again and again, and said once. */
static void say_unread(struct reign *r)
{
    if (r->unread[0] != '\0' && strcmp(r->unread, r->unread_told) != 0)
        log_error(r->options.log, "records", "%s", r->unread);
    memcpy(r->unread_told, r->unread, sizeof(r->unread));
}

/* Of a supervisor that is registered. */
static void take_supervisor(struct reign *r, const char *path,
                            const struct zookeeper_answer *answer)
{
    struct supervisor_record record;
    struct known_supervisor *s;
    gale_err error;

    if (supervisor_record_unpack(answer->data, answer->size, &record, &error) !=
        0) {
        note_damaged(r->unread, path, error.text);
        return;
    }
    if (strcmp(strrchr(path, '/') + 1, record.id) != 0) {
        note_damaged(r->unread, path, "it is the record of another supervisor");
        supervisor_record_free(&record);
        return;
    }
    s = reign_supervisor(r, record.id);
    supervisor_record_free(&s->record);
    s->record = record;
    s->described = s->seen = true;
    if (s->registered)
        return;
    s->registered = true;
    s->ended = false;
    log_info(r->options.log, record.id, "the supervisor of %s is registered",
             record.host);
    reign_liveness(r, &(struct liveness_event){.kind = LIVENESS_REGISTERED,
                                               .supervisor = record.id});
}

static void take_node(void *arg, const char *path,
                      const struct zookeeper_answer *answer)
{
    struct reign *r = arg;

    if (is_in(path, "/topologies"))
        take_topology(r, path, answer);
    else if (is_in(path, "/supervisors"))
        take_supervisor(r, path, answer);
    if (is_in(path, "/topologies") || is_in(path, "/assignments") ||
        is_in(path, "/slots") || is_in(path, "/errors"))
        mirror_read(r->mirror, path, answer->data, answer->size,
                    answer->stat.version);
    if (is_in(path, "/errors") || is_in(path, "/positions"))
        leavings_found(r->leavings, strrchr(path, '/') + 1);
    if (is_in(path, "/slots"))
        reign_supervisor(r, strrchr(path, '/') + 1)->has_slots = true;
}

/* Assignments are looked at when all topologies are known. */
static void take_assignment(struct topology *t)
{
    struct assignment_record a;
    char path[REIGN_PATH_MAX];
    const void *data;
    gale_err error;
    size_t size;

    reign_path(path, "/assignments", t->record.id);
    data = mirror_wanted(t->reign->mirror, path, &size);
    if (data == NULL)
        return;
    if (assignment_record_unpack(data, size, t->reign->options.records_key, &a,
                                 &error) != 0) {
        freeze(t->reign, path, error.text);
        reign_remove(t); /* from here alone: nothing of it is written */
        return;
    }
    if (strcmp(a.topology, t->record.id) == 0) {
        reign_assign(t, &a);
    } else {
        freeze(t->reign, path, "it is the assignment of another topology");
        reign_remove(t);
    }
    assignment_record_free(&a);
}

/* Of what is frozen nobody knows whose it is: all of that stays. */
static bool is_there(void *arg, const char *id)
{
    const struct reign *r = arg;

    return r->frozen || reign_find(r, id) != NULL;
}

/* What it waited for may be gone without having said so: its record was
 * removed by hand, or the leader before was killed between two writes. */
static void wait_no_longer(struct topology *t)
{
    const char *before = t->record.waits_for;

    if (before[0] != '\0' && reign_find(t->reign, before) == NULL)
        reign_step(
            t,
            &(struct life_event){.kind = LIFE_BEFORE_GONE, .runs = t->assigned},
            NULL);
}

static void read_all(void *arg);
static void look_at_supervisors(void *arg);

static void all_read(void *arg, enum zookeeper_result result)
{
    struct reign *r = arg;

    r->loader = NULL;
    say_unread(r);
    if (result != ZOOKEEPER_OK) {
        log_warn(r->options.log, "begin", "what is there cannot be read: %s",
                 zookeeper_says(result));
        loop_timer_set(r->options.loop, &r->again, reign_now(r) + SECOND_NS,
                       read_all, r);
        return;
    }
    mirror_complete(r->mirror);
    reign_sort(r);
    r->ready = true;
    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        take_assignment(t);
    leavings_sweep(r->leavings, is_there, r);
    reign_liveness(r,
                   &(struct liveness_event){.kind = LIVENESS_LEADS,
                                            .since_ns = r->options.since_ns});
    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        reign_step(
            t,
            &(struct life_event){.kind = LIFE_TAKEN_OVER, .runs = t->assigned},
            NULL);
    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        wait_no_longer(t);
    reign_sweep(r);
    look_at_supervisors(r);
    reign_round_soon(r);
}

static void written(void *arg)
{
    struct reign *r = arg;

    answer_durable(r);
    reign_give_orders(r);
    leavings_durable(r->leavings, mirror_durable(r->mirror));
}

static void fenced(void *arg)
{
    struct reign *r = arg;

    r->options.fenced(r->options.arg);
}

static void trouble(void *arg, const char *text)
{
    struct reign *r = arg;

    if (throttle_allow(&r->trouble, reign_now(r)))
        log_warn(r->options.log, "write", "%s; it is tried again", text);
}

/* With nothing known of what is there: nodes that were, and are no more, are
 * not read again. */
static void begin_writer(struct reign *r)
{
    const struct writer_options options = {
        .loop = r->options.loop,
        .zookeeper = r->options.zookeeper,
        .epoch_version = r->options.epoch_version,
        .arg = r,
        .written = written,
        .fenced = fenced,
        .trouble = trouble,
    };

    writer_free(r->writer);
    r->writer = writer_new(&options);
    r->mirror = writer_mirror(r->writer);
}

static void read_all(void *arg)
{
    struct reign *r = arg;
    const struct loader_options options = {
        .zookeeper = r->options.zookeeper,
        .parents = folders,
        .n_parents = N_FOLDERS,
        .arg = r,
        .each = take_node,
        .done = all_read,
    };

    r->ready = false;
    r->read_at = reign_now(r);
    reign_forget_all(r);
    begin_writer(r);
    liveness_fini(&r->liveness);
    liveness_init(&r->liveness, (struct liveness_limits){GRACE_NS, RETRY_NS,
                                                         LISTEN_NS, MARK_NS});
    r->damaged[0] = r->unread[0] = '\0';
    r->frozen = false;
    r->loader = loader_new(&options);
}

/* -- supervisors come and go ----------------------------------------------- */

static void supervisor_seen(void *arg, const char *path,
                            const struct zookeeper_answer *answer)
{
    struct reign *r = arg;

    r->n_looked++;
    take_supervisor(r, path, answer);
}

static void unregister(struct reign *r, struct known_supervisor *s)
{
    s->registered = false;
    reign_supervisor_there(r, s); /* until now */
    log_info(r->options.log, s->record.id,
             "the supervisor of %s is not registered any more", s->record.host);
    reign_liveness(r, &(struct liveness_event){.kind = LIVENESS_UNREGISTERED,
                                               .supervisor = s->record.id});
}

static void supervisors_seen(void *arg, enum zookeeper_result result)
{
    struct reign *r = arg;

    r->supervisors_loader = NULL;
    say_unread(r);
    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next)
        if (result == ZOOKEEPER_OK && s->registered && !s->seen)
            unregister(r, s);
    if (result == ZOOKEEPER_OK && r->zookeeper_back) {
        r->zookeeper_back = false;
        reign_liveness(
            r, &(struct liveness_event){.kind = LIVENESS_ZOOKEEPER_BACK});
        reign_round_soon(r); /* none was made meanwhile */
    }
    if (r->look_again)
        look_at_supervisors(r);
}

static void look_now(struct reign *r)
{
    static const char *const parents[] = {"/supervisors"};
    const struct loader_options options = {
        .zookeeper = r->options.zookeeper,
        .parents = parents,
        .n_parents = 1,
        .arg = r,
        .each = supervisor_seen,
        .done = supervisors_seen,
    };

    r->looked_at = reign_now(r);
    r->n_looked = 0;
    r->unread[0] = '\0';
    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next)
        s->seen = false;
    zookeeper_watch_clear(&r->supervisors_watch);
    zookeeper_children(r->options.zookeeper, parents[0], &r->supervisors_watch,
                       (struct zookeeper_then){NULL, NULL});
    r->supervisors_loader = loader_new(&options);
}

/* Woken by a watch, and now and then. */
static void look_at_supervisors(void *arg)
{
    struct reign *r = arg;
    int64_t rested = r->looked_at + LOOK_REST_NS * r->n_looked;

    r->look_again = r->supervisors_loader != NULL;
    if (r->look_again || r->loader != NULL)
        return;
    if (reign_now(r) < rested)
        loop_timer_set(r->options.loop, &r->look, rested, look_at_supervisors,
                       r);
    else
        look_now(r);
}

void reign_zookeeper(struct reign *r, bool away)
{
    if (away == r->zookeeper_away)
        return;
    r->zookeeper_away = away;
    r->zookeeper_back = !away;
    if (away)
        reign_liveness(
            r, &(struct liveness_event){.kind = LIVENESS_ZOOKEEPER_AWAY});
    else
        look_at_supervisors(r);
}

/* -- the reign ------------------------------------------------------------- */

/* Nothing of it is under way: whoever is frozen wants nothing. */
static void read_again_when_mended(struct reign *r)
{
    if (!r->zookeeper_away && reign_now(r) - r->read_at >= MENDED_NS)
        read_all(r);
}

static void tick(void *arg)
{
    struct reign *r = arg;

    loop_timer_set(r->options.loop, &r->tick, reign_now(r) + SECOND_NS, tick,
                   r);
    if (!r->ready)
        return;
    if (r->frozen) {
        read_again_when_mended(r);
        return;
    }
    for (struct topology *t = r->topologies; t != NULL; t = t->next) {
        reign_drain(t, &(struct drain_event){.kind = DRAIN_TICK});
        reign_look_deserted(t);
    }
    reign_sweep(r);
    reign_errors_tick(r);
    reign_forget_supervisors(r);
    reign_waiting_tick(r);
    leavings_tick(r->leavings);
    if (reign_now(r) - r->looked_at >= LOOK_NS) {
        look_at_supervisors(r);
        reign_round_soon(r); /* what is spread is moved a little at a time */
    }
}

struct reign *reign_begin(const struct reign_options *options)
{
    struct reign *r = xcalloc(1, sizeof(*r));

    r->options = *options;
    r->leavings = leavings_new(options->zookeeper);
    r->submissions = options->epoch;
    r->last_waiting = options->epoch << 32; /* none of an earlier reign's */
    r->trouble = (struct throttle){.interval = TROUBLE_NS, .max = 1};
    r->scheduler = scheduler_find(
        daemon_config_text(options->config, "gale.nimbus.scheduler"));
    check(r->scheduler != NULL);
    r->supervisors_watch.fn = look_at_supervisors;
    r->supervisors_watch.arg = r;
    read_all(r);
    tick(r);
    return r;
}

void reign_end(struct reign *r, const char *why)
{
    if (r == NULL)
        return;
    refuse_replies(r, why);
    reign_refuse_waiting(r, why);
    reign_positions_end(r, why);
    loader_cancel(r->loader);
    loader_cancel(r->supervisors_loader);
    writer_free(r->writer);
    leavings_free(r->leavings);
    zookeeper_watch_clear(&r->supervisors_watch);
    loop_timer_clear(&r->round);
    loop_timer_clear(&r->time);
    loop_timer_clear(&r->tick);
    loop_timer_clear(&r->again);
    loop_timer_clear(&r->look);
    r->ready = false;
    r->read_at = reign_now(r);
    reign_forget_all(r);
    liveness_fini(&r->liveness);
    free(r->verdicts.items);
    free(r);
}
