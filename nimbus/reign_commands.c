/* reign_commands.c - what users ask for; see reign.h. */
#include "nimbus/reign_in.h"
#include "common/check.h"
#include "common/config.h"
#include "nimbus/conf_lines.h"
#include "nimbus/submission_parts.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define WAIT_MAX_S 1000000000

/* Who asks does so again, as if nobody led yet. */
bool reign_is_ready(struct reign *r, struct rpc_call *call)
{
    if (!r->ready)
        rpc_fail(call, RPC_NOT_LEADER,
                 "the nimbus that leads has just begun to, and still reads "
                 "what there is");
    return r->ready;
}

/* False: the caller has been told why not. */
static bool may_command(struct reign *r, struct rpc_call *call)
{
    if (!reign_is_ready(r, call))
        return false;
    if (r->zookeeper_away)
        rpc_fail(call, RPC_UNABLE,
                 "ZooKeeper does not answer: nothing can be changed until it "
                 "does");
    else if (r->frozen)
        rpc_fail(call, RPC_UNABLE,
                 "nothing is changed while records in ZooKeeper cannot be read "
                 "(%s): mend or remove them",
                 r->damaged);
    else
        return true;
    return false;
}

struct topology *reign_asked_for(struct reign *r, struct rpc_call *call,
                                 const msgpack_object *params)
{
    char *name;
    struct topology *t = NULL;

    if (!reign_is_ready(r, call))
        return NULL;
    name = unpack_text(unpack_key(params, "name"), TOPOLOGY_ID_SIZE);
    if (name != NULL)
        t = reign_find_name(r, name);
    if (t == NULL && name != NULL)
        t = reign_find(r, name);
    if (t == NULL)
        rpc_fail(call, RPC_NO_SUCH_TOPOLOGY,
                 "there is no topology \"%s\": `gale list` shows all",
                 name == NULL ? "" : name);
    free(name);
    return t;
}

struct topology *reign_commanded(struct reign *r, struct rpc_call *call,
                                 const msgpack_object *params)
{
    return may_command(r, call) ? reign_asked_for(r, call, params) : NULL;
}

/* The topology's own message timeout, unless the command says something. */
static uint32_t wait_of(const struct topology *t, const msgpack_object *params)
{
    int64_t wait = unpack_int(unpack_key(params, "wait"), -1);

    if (wait < 0 || wait > WAIT_MAX_S)
        return t->record.timeout_secs;
    return (uint32_t)wait;
}

/* -- activate, deactivate, kill, rebalance --------------------------------- */

/* False: it is refused, and the caller has been told why. */
static bool step(struct topology *t, struct rpc_call *call,
                 const struct life_event *event, const char *done)
{
    gale_err error;

    if (reign_step(t, event, &error) != 0) {
        rpc_fail(call, RPC_WRONG_STATE, "%s", error.text);
        return false;
    }
    log_info(t->reign->options.log, t->record.id, "%s", done);
    reign_look_deserted(t);
    return true;
}

static void run(struct topology *t, struct rpc_call *call,
                const struct life_event *event, const char *done)
{
    struct reign *r = t->reign;

    if (!step(t, call, event, done))
        return;
    reign_say_later(r, call, "topology \"%s\" %s", t->record.name, done);
    reign_sweep(r);
}

static void command(struct reign *r, struct rpc_call *call,
                    const msgpack_object *params, enum life_event_kind kind,
                    const char *done)
{
    struct topology *t = reign_commanded(r, call, params);

    if (t != NULL)
        run(t, call,
            &(struct life_event){.kind = kind,
                                 .runs = t->assigned,
                                 .wait_secs = wait_of(t, params)},
            done);
}

void reign_activate(struct reign *r, struct rpc_call *call,
                    const msgpack_object *params)
{
    command(r, call, params, LIFE_ACTIVATE, "is activated");
}

void reign_deactivate(struct reign *r, struct rpc_call *call,
                      const msgpack_object *params)
{
    command(r, call, params, LIFE_DEACTIVATE, "is deactivated");
}

void reign_kill(struct reign *r, struct rpc_call *call,
                const msgpack_object *params)
{
    struct topology *t = reign_commanded(r, call, params);

    if (t != NULL)
        run(t, call,
            &(struct life_event){.kind = LIFE_KILL,
                                 .runs = t->assigned,
                                 .wait_secs = wait_of(t, params)},
            reign_is_deserted(t) ? "is killed: no worker of it is up, and it "
                                   "goes at once"
                                 : "is killed: it drains, and is gone then");
}

/* COMP=N of each; to be freed with its texts. */
static struct life_executors *take_executors(const msgpack_object *map)
{
    uint32_t n = unpack_n_pairs(map);
    struct life_executors *list = xcalloc(n, sizeof(*list));

    for (uint32_t i = 0; i < n; i++) {
        const msgpack_object_kv *pair = unpack_pair(map, i);
        char *component = unpack_text(&pair->key, 1000);
        uint64_t executors = unpack_uint(&pair->val, 0);

        list[i].component = component != NULL ? component : xstrdup("");
        list[i].executors = executors > UINT32_MAX ? 0 : (uint32_t)executors;
    }
    return list;
}

#define REBALANCED "is rebalanced: it drains, and goes on then"
#define OTHERWISE                                                              \
    "is rebalanced in another way than it was about to be: when it has "       \
    "drained, it goes on"

static void pack_change(struct pack *p, const struct assignment_change *c)
{
    pack_key_uint(p, "executors", c->executors);
    pack_key_uint(p, "executors_moved", c->moved);
    pack_key_uint(p, "workers_go_on", c->go_on);
    pack_key_uint(p, "workers_anew", c->anew);
    pack_key_uint(p, "workers_new", c->more);
    pack_key_uint(p, "workers_gone", c->gone);
}

/* With what it will come to, as far as that can be known before the drain. */
static void say_rebalanced(struct topology *t, struct rpc_call *call,
                           const char *done)
{
    struct assignment_change change;
    char will[ASSIGNMENT_CHANGE_TEXT], text[600];
    struct pack result;

    if (!reign_foresee(t, &change)) {
        reign_say_later(t->reign, call, "topology \"%s\" %s", t->record.name,
                        done);
        return;
    }
    assignment_change_text(&change, will);
    snprintf(text, sizeof(text), "topology \"%s\" %s; %s", t->record.name, done,
             will);
    pack_init(&result);
    pack_map(&result, 7);
    pack_key_text(&result, "text", text);
    pack_change(&result, &change);
    reign_reply_later(t->reign, call, &result);
}

void reign_rebalance(struct reign *r, struct rpc_call *call,
                     const msgpack_object *params)
{
    struct topology *t = reign_commanded(r, call, params);
    const msgpack_object *executors = unpack_key(params, "executors");
    struct life_event event = {.kind = LIFE_REBALANCE};
    const msgpack_object *conf = unpack_key(params, "conf");
    struct life_executors *list;
    const char *done;
    char *lines = NULL;
    gale_err error;

    if (t == NULL)
        return;
    if (unpack_n(conf) > 0) {
        lines = conf_lines_merge(t->record.conf, conf, &error);
        if (lines == NULL) {
            rpc_fail(call, RPC_BAD_REQUEST, "%s", error.text);
            return;
        }
    }
    list = take_executors(executors);
    event.runs = t->assigned;
    event.wait_secs = wait_of(t, params);
    event.workers = (uint32_t)unpack_uint(unpack_key(params, "workers"), 0);
    event.n_executors = unpack_n_pairs(executors);
    event.executors = list;
    event.conf = lines;
    done = t->record.status == TOPOLOGY_REBALANCING ? OTHERWISE : REBALANCED;
    if (step(t, call, &event, done))
        say_rebalanced(t, call, done);
    for (uint32_t i = 0; i < event.n_executors; i++)
        free((void *)(uintptr_t)list[i].component);
    free(list);
    free(lines);
}

/* -- submit ---------------------------------------------------------------- */

struct submitted {
    struct reign *reign;
    struct digest hash; /* of the description */
    size_t size;
    struct description *description;
    struct submission_part *parts;
};

static void submitted_free(struct submitted *s)
{
    if (s->description != NULL)
        submission_parts_free(s->parts, s->description->n_files);
    description_free(s->description);
}

static int read_description(struct submitted *s, gale_err *error)
{
    struct store *store = s->reign->options.store;
    char *data;

    if (store_get(store, &s->hash, DESCRIPTION_BYTES_MAX, &data, &s->size,
                  error) != 0)
        return -1;
    s->description = description_read(data, s->size, error);
    free(data);
    if (s->description == NULL)
        return -1;
    s->parts = submission_parts_read(store, s->description);
    return 0;
}

static int check_submission(struct submitted *s, bool replace, gale_err *error)
{
    struct reign *r = s->reign;
    const struct daemon_config *c = r->options.config;
    const char *name = s->description->model->name;
    struct topology *holder = reign_find_name(r, name);
    struct submission submission = {
        .description = s->description,
        .parts = s->parts,
    };

    if (daemon_config_is_set(c, "nimbus.slots.perTopology"))
        submission.limits.workers =
            (uint32_t)daemon_config_int(c, "nimbus.slots.perTopology");
    if (daemon_config_is_set(c, "nimbus.executors.perTopology"))
        submission.limits.executors =
            (uint32_t)daemon_config_int(c, "nimbus.executors.perTopology");
    if (submission_check(&submission, error) != 0)
        return -1;
    return topology_life_admit(holder == NULL ? NULL : &holder->record,
                               holder != NULL && holder->assigned, replace,
                               error);
}

/* Once, before it waits for its copies: what is there then may come to its end
 * meanwhile. */
static int check_replaced(const struct submitted *s, bool replace,
                          gale_err *error)
{
    const char *name = s->description->model->name;

    if (!replace || reign_find_name(s->reign, name) != NULL)
        return 0;
    return error_set(error,
                     "there is no topology \"%s\" that could be replaced: "
                     "submit it without --replace",
                     name);
}

static void take_components(struct topology_record *record,
                            const struct model *m)
{
    record->n_components = m->n_components;
    record->components = xcalloc(m->n_components, sizeof(*record->components));
    for (uint32_t i = 0; i < m->n_components; i++) {
        const struct component *c = &m->components[i];

        record->components[i] = (struct topology_component){
            .id = xstrdup(c->id),
            .executors = c->executors,
            .tasks = c->tasks,
            .is_spout = c->is_spout,
        };
    }
}

static void take_files(struct topology_record *record,
                       const struct description *d)
{
    record->n_files = d->n_files;
    record->files = xcalloc(d->n_files, sizeof(*record->files));
    for (uint32_t i = 0; i < d->n_files; i++) {
        struct topology_file *f = &record->files[i];

        snprintf(f->name, sizeof(f->name), "%s", d->files[i].name);
        digest_hex(&d->files[i].hash, f->hash);
        f->size = d->files[i].size;
        f->kind = d->files[i].plugin ? TOPOLOGY_PLUGIN : TOPOLOGY_DATA;
    }
}

/* Members of a cycle are next to each other in the order. */
static uint32_t turns_of(const struct model *m)
{
    uint32_t turns = 0;

    for (uint32_t i = 0; i < m->n_components; i++)
        turns += i == 0 || m->components[m->order[i]].cycle !=
                               m->components[m->order[i - 1]].cycle;
    return turns;
}

static void make_record(const struct submitted *s, bool inactive,
                        struct topology_record *record)
{
    struct reign *r = s->reign;
    const struct model *m = s->description->model;

    *record = (struct topology_record){
        .status = inactive ? TOPOLOGY_INACTIVE : TOPOLOGY_ACTIVE,
        .launched_us = reign_wall_us(r),
        .workers = submission_workers(m),
        .turns = turns_of(m),
        .description_size = s->size,
        .timeout_secs =
            (uint32_t)config_float(m, NULL, "topology.message.timeout.secs"),
    };
    topology_id_make(m->name, ++r->submissions,
                     (uint64_t)(record->launched_us / 1000000), record->id);
    snprintf(record->name, sizeof(record->name), "%s", m->name);
    snprintf(record->lineage, sizeof(record->lineage), "%s", record->id);
    digest_hex(&s->hash, record->description_hash);
    take_components(record, m);
    take_files(record, s->description);
}

/* Who has the name gives way: it drains, or goes at once if it runs nowhere.
 * Which one the new one waits for, if any. */
static void displace(struct topology *holder, struct topology *t)
{
    const char *before;

    if (holder == NULL)
        return;
    reign_step(holder,
               &(struct life_event){.kind = LIFE_KILL,
                                    .runs = holder->assigned,
                                    .wait_secs = wait_of(holder, NULL)},
               NULL);
    reign_look_deserted(holder);
    before = holder->removed ? holder->record.waits_for : holder->record.id;
    snprintf(t->record.waits_for, sizeof(t->record.waits_for), "%s", before);
}

static void answer_submit(struct topology *t, const struct waiting *w,
                          const char *copies)
{
    struct pack result;
    char text[500];

    snprintf(text, sizeof(text), "topology \"%s\" is submitted as %s%s%s",
             t->record.name, t->record.id,
             t->record.waits_for[0] == '\0'
                 ? ""
                 : "; it starts when the one that it replaces is gone",
             copies);
    pack_init(&result);
    pack_map(&result, 2);
    pack_key_text(&result, "id", t->record.id);
    pack_key_text(&result, "text", text);
    reign_reply_submitted(t->reign, w->call, &result, w->number);
}

/* copies: what is to be said of them. */
static void take_over(struct submitted *s, const struct waiting *w,
                      const char *copies)
{
    struct reign *r = s->reign;
    struct topology *holder = reign_find_name(r, s->description->model->name);
    struct topology_record record;
    struct topology *t;

    make_record(s, w->inactive, &record);
    t = reign_add(r, &record);
    log_info(r->options.log, t->record.id, "it is submitted");
    displace(holder, t);
    reign_step(t, &(struct life_event){.kind = LIFE_SUBMITTED}, NULL);
    answer_submit(t, w, copies);
    reign_sweep(r);
}

/* -- its copies ------------------------------------------------------------ */

static void ask_for_copies(struct submitted *s, const struct waiting *w)
{
    const struct description *d = s->description;
    const char **hashes = xcalloc(d->n_files + 1, sizeof(*hashes));
    char(*texts)[DIGEST_HEX] = xcalloc(d->n_files + 1, sizeof(*texts));

    for (uint32_t i = 0; i < d->n_files; i++)
        digest_hex(&d->files[i].hash, texts[i]);
    digest_hex(&s->hash, texts[d->n_files]);
    for (uint32_t i = 0; i <= d->n_files; i++)
        hashes[i] = texts[i];
    copies_submit(s->reign->options.copies, w->number, hashes, d->n_files + 1,
                  w->copies, w->wait_secs);
    free(hashes);
    free(texts);
}

static void wait_for_copies(struct submitted *s, struct rpc_call *call,
                            const msgpack_object *params, bool replace)
{
    struct reign *r = s->reign;
    struct waiting *w = xcalloc(1, sizeof(*w));

    *w = (struct waiting){
        .next = r->waiting,
        .call = call,
        .number = ++r->last_waiting,
        .description = s->hash,
        .copies = (uint32_t)config_int(s->description->model, NULL,
                                       "topology.min.replication.count"),
        .wait_secs = config_int(s->description->model, NULL,
                                "topology.max.replication.wait.time.sec"),
        .since = reign_now(r),
        .replace = replace,
        .inactive = unpack_bool(unpack_key(params, "inactive"), false),
    };
    snprintf(w->name, sizeof(w->name), "%s", s->description->model->name);
    r->waiting = w;
    ask_for_copies(s, w); /* w may be gone */
}

void reign_submit(struct reign *r, struct rpc_call *call,
                  const msgpack_object *params)
{
    struct submitted s = {.reign = r};
    bool replace = unpack_bool(unpack_key(params, "replace"), false);
    gale_str hash = unpack_str(unpack_key(params, "description"));
    gale_err error;

    if (!may_command(r, call))
        return;
    if (!digest_read_hex(hash.data, hash.size, &s.hash))
        rpc_fail(call, RPC_BAD_REQUEST, "\"description\" is no SHA-256");
    else if (read_description(&s, &error) != 0 ||
             check_replaced(&s, replace, &error) != 0 ||
             check_submission(&s, replace, &error) != 0)
        rpc_fail(call, RPC_BAD_REQUEST, "%s", error.text);
    else
        wait_for_copies(&s, call, params, replace);
    submitted_free(&s);
}

/* Meanwhile somebody else may have got the name: it is checked again. */
static void submit_stored(struct reign *r, const struct waiting *w,
                          const char *copies)
{
    struct submitted s = {.reign = r, .hash = w->description};
    gale_err error;

    if (read_description(&s, &error) == 0 &&
        check_submission(&s, w->replace, &error) == 0) {
        take_over(&s, w, copies);
    } else {
        copies_submitted(r->options.copies, w->number);
        rpc_fail(w->call, RPC_BAD_REQUEST, "%s", error.text);
    }
    submitted_free(&s);
}

static struct waiting *take_waiting(struct reign *r, uint64_t number)
{
    struct waiting **link = &r->waiting, *w;

    while ((w = *link) != NULL && w->number != number)
        link = &w->next;
    if (w != NULL)
        *link = w->next;
    return w;
}

void reign_stored(struct reign *r, uint64_t submission, uint32_t copies,
                  bool enough)
{
    struct waiting *w = take_waiting(r, submission);
    char text[200] = "";

    if (w == NULL)
        return;
    if (!enough)
        snprintf(text, sizeof(text),
                 "; only %u of %u nimbuses have its files "
                 "(topology.min.replication.count), and the wait for more is "
                 "over",
                 copies, w->copies);
    submit_stored(r, w, text);
    free(w);
}

void reign_refuse_waiting(struct reign *r, const char *why)
{
    struct waiting *w;

    while ((w = r->waiting) != NULL) {
        r->waiting = w->next;
        copies_submitted(r->options.copies, w->number);
        rpc_fail(w->call, RPC_UNABLE,
                 "this nimbus leads no longer, %s: nothing was submitted", why);
        free(w);
    }
}
