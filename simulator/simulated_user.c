/* simulated_user.c - submits, commands; see simulated_user.h. */
#include "simulator/simulated_user.h"
#include "common/check.h"
#include "common/leader_client.h"
#include "common/log.h"
#include "common/pack.h"
#include "simulator/cluster_records.h"
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define PATIENCE (30 * SECOND) /* for an answer */
#define CALM_WAIT_SECS 10
#define CHUNK 65536u
#define STATUS_SIZE 16

/* What came of a call. */
struct answer {
    enum rpc_outcome outcome;
    enum rpc_error code;
    char id[ROLL_ID]; /* of an upload, a topology */
    bool have;        /* nimbus has the file */
    /* Of a topology, counted. */
    uint64_t emitted, acked, called, answered;
};

/* On the stack of its process. */
struct talk {
    struct simulated_user *user;
    struct env *env;
    struct loop *loop;
    struct leader_client *leader;
    struct answer answer;
    bool answered;
    char statuses[ROLLS_MAX][STATUS_SIZE]; /* of the last list; "": none */
};

static struct world *world_of_talk(const struct talk *t)
{
    return t->user->cluster->world;
}

static uint64_t below(const struct talk *t, uint64_t n)
{
    return world_below(world_of_talk(t), n);
}

static void note_statuses(struct talk *t, const msgpack_object *topologies);
static void note_counters(struct answer *a, const msgpack_object *components);

/* -- calls ----------------------------------------------------------------- */

static void take_text(const msgpack_object *value, char *to, size_t size)
{
    gale_str text = unpack_str(value);

    if (text.size > 0 && text.size < size) {
        memcpy(to, text.data, text.size);
        to[text.size] = '\0';
    }
}

static void answered(void *arg, const struct rpc_result *result)
{
    struct talk *t = arg;

    t->answer = (struct answer){.outcome = result->outcome};
    if (result->outcome == RPC_OK) {
        take_text(unpack_key(result->value, "id"), t->answer.id, ROLL_ID);
        t->answer.have = unpack_bool(unpack_key(result->value, "have"), false);
        note_statuses(t, unpack_key(result->value, "topologies"));
        note_counters(&t->answer, unpack_key(result->value, "components"));
    } else if (result->outcome == RPC_REFUSED) {
        t->answer.code = result->code;
    }
    if (result->outcome != RPC_OK && t->user->log != NULL)
        log_info(t->user->log, "user", "%s", result->text);
    t->answered = true;
    loop_end(t->loop);
}

/* True: it was done. The parameters are freed. */
static bool call(struct talk *t, const char *method, struct pack *params)
{
    t->answered = false;
    leader_client_call(t->leader, method, params, PATIENCE, answered, t);
    if (params != NULL)
        pack_free(params);
    while (!t->answered)
        loop_run(t->loop);
    return t->answer.outcome == RPC_OK;
}

static bool is_in_doubt(const struct talk *t)
{
    return t->answer.outcome == RPC_TIMED_OUT ||
           t->answer.outcome == RPC_UNKNOWN;
}

/* -- submitting ------------------------------------------------------------ */

static bool append(struct talk *t, const char *id, const char *data,
                   size_t size, size_t at)
{
    struct pack p;
    size_t n = size - at < CHUNK ? size - at : CHUNK;

    pack_init(&p);
    pack_map(&p, 3);
    pack_key_text(&p, "id", id);
    pack_key_uint(&p, "offset", at);
    pack_key_bytes(&p, "data", data + at, n);
    return call(t, "append", &p);
}

static bool upload(struct talk *t, const void *data, size_t size,
                   struct digest *hash)
{
    char text[DIGEST_HEX], id[ROLL_ID];
    struct pack p;

    *hash = digest_of(data, size);
    digest_hex(hash, text);
    pack_init(&p);
    pack_map(&p, 2);
    pack_key_text(&p, "hash", text);
    pack_key_uint(&p, "size", size);
    if (!call(t, "upload", &p) || t->answer.have)
        return t->answer.have;
    memcpy(id, t->answer.id, sizeof(id));
    for (size_t at = 0; at < size; at += CHUNK)
        if (!append(t, id, data, size, at))
            return false;
    pack_init(&p);
    pack_map(&p, 1);
    pack_key_text(&p, "id", id);
    return call(t, "finish", &p);
}

static bool submit(struct talk *t, const struct simulated_roll *r)
{
    const struct simulated_user *u = t->user;
    struct digest plugin, description;
    char text[DIGEST_HEX];
    struct pack p;

    if (!upload(t, u->plugin, u->plugin_size, &plugin) ||
        !upload(t, r->description, r->description_size, &description))
        return false;
    digest_hex(&description, text);
    pack_init(&p);
    pack_map(&p, 2);
    pack_key_text(&p, "name", r->name);
    pack_key_text(&p, "description", text);
    return call(t, "submit", &p);
}

static void try_to_submit(struct talk *t, struct simulated_roll *r)
{
    t->user->commands++;
    if (submit(t, r)) {
        r->fate = ROLL_ACCEPTED;
        memcpy(r->id, t->answer.id, sizeof(r->id));
    } else if (is_in_doubt(t)) {
        t->user->unanswered++;
    } else {
        t->user->refused++;
    }
}

/* -- commands -------------------------------------------------------------- */

enum command { ACTIVATE, DEACTIVATE, REBALANCE, KILL, AGAIN, COMMANDS };

static void pack_name(struct pack *p, const struct simulated_roll *r,
                      uint32_t more)
{
    pack_init(p);
    pack_map(p, 1 + more);
    pack_key_text(p, "name", r->name);
}

static bool order(struct talk *t, const char *method,
                  const struct simulated_roll *r)
{
    struct pack p;

    pack_name(&p, r, 0);
    return call(t, method, &p);
}

/* Who does not wait for what is pending, gets it again: that is no calm. */
static int64_t patience(const struct talk *t)
{
    return (t->user->is_calm ? CALM_WAIT_SECS : 0) + (int64_t)below(t, 10);
}

static bool rebalance(struct talk *t, const struct simulated_roll *r)
{
    struct pack p;

    pack_name(&p, r, 3);
    pack_key_int(&p, "wait", patience(t));
    pack_key_int(&p, "workers", 1 + (int64_t)below(t, 3));
    pack_text(&p, "executors");
    pack_map(&p, 1);
    pack_key_int(&p, "calls", 1 + (int64_t)below(t, 2));
    return call(t, "rebalance", &p);
}

static void kill(struct talk *t, struct simulated_roll *r)
{
    struct pack p;

    pack_name(&p, r, 1);
    pack_key_int(&p, "wait", (int64_t)below(t, 10));
    if (call(t, "kill", &p)) {
        r->fate = ROLL_KILLED;
        cluster_records_killed(t->user->cluster, r->name);
    } else if (is_in_doubt(t) && r->fate != ROLL_KILLED) {
        r->fate = ROLL_PERHAPS_KILLED;
    }
}

static void command(struct talk *t, struct simulated_roll *r)
{
    t->user->commands++;
    switch ((enum command)below(t, COMMANDS)) {
    case ACTIVATE:
        order(t, "activate", r);
        break;
    case DEACTIVATE:
        order(t, "deactivate", r);
        break;
    case REBALANCE:
        if (!r->stays)
            rebalance(t, r);
        break;
    case KILL:
        if (below(t, 3) == 0)
            kill(t, r);
        break;
    case AGAIN:
        if (r->fate == ROLL_UNKNOWN)
            try_to_submit(t, r);
        break;
    default:
        break;
    }
    t->user->refused += t->answer.outcome == RPC_REFUSED;
    t->user->unanswered += is_in_doubt(t);
}

/* -- its day --------------------------------------------------------------- */

static const char *status_of(const msgpack_object *topologies,
                             const struct simulated_roll *r, char *to,
                             size_t size)
{
    to[0] = '\0';
    for (uint32_t i = 0; i < unpack_n(topologies); i++) {
        const msgpack_object *one = unpack_at(topologies, i);
        gale_str name = unpack_str(unpack_key(one, "name"));

        if (name.size == strlen(r->name) &&
            memcmp(name.data, r->name, name.size) == 0)
            take_text(unpack_key(one, "status"), to, size);
    }
    return to;
}

static void note_statuses(struct talk *t, const msgpack_object *topologies)
{
    if (topologies == NULL) /* it was no list */
        return;
    for (uint32_t i = 0; i < t->user->n_rolls; i++)
        status_of(topologies, &t->user->rolls[i], t->statuses[i], STATUS_SIZE);
}

/* -- counters -------------------------------------------------------------- */

static uint64_t count_of(const msgpack_object *component, const char *what)
{
    return unpack_uint(unpack_key(component, what), 0);
}

static bool is_named(const msgpack_object *component, const char *id)
{
    gale_str name = unpack_str(unpack_key(component, "id"));

    return name.size == strlen(id) && memcmp(name.data, id, name.size) == 0;
}

static void note_counters(struct answer *a, const msgpack_object *components)
{
    for (uint32_t i = 0; i < unpack_n(components); i++) {
        const msgpack_object *c = unpack_at(components, i);

        if (is_named(c, "numbers")) {
            const msgpack_object *streams = unpack_key(c, "streams");

            a->acked = count_of(c, "acked");
            if (unpack_n(streams) > 0)
                a->emitted = count_of(unpack_at(streams, 0), "emitted");
        } else if (is_named(c, "calls")) {
            a->called = count_of(c, "executed");
        } else if (is_named(c, "answers")) {
            a->answered = count_of(c, "executed");
        }
    }
}

static bool is_all(const struct simulated_roll *r, const struct answer *a)
{
    return a->emitted == r->count && a->acked == r->count &&
           a->called == r->count && a->answered == 2 * r->count;
}

/* Of one that has finished. */
static void look_at_counters(struct talk *t, const struct simulated_roll *r)
{
    struct simulated_cluster *c = t->user->cluster;
    const struct answer *a = &t->answer;
    struct roll_counts books;
    struct pack p;

    pack_name(&p, r, 0);
    if (r->fate != ROLL_ACCEPTED || !call(t, "topology", &p))
        return;
    books = roll_book_counts(simulated_cluster_book(c, r->id));
    if (a->emitted > books.called || a->acked > books.called ||
        (t->user->is_calm && r->stays && !is_all(r, a)))
        simulated_cluster_break(
            c,
            "B: %s has finished, and says %llu numbers emitted, %llu acked, "
            "%llu called, %llu answered, of %llu; the books %llu",
            r->id, (unsigned long long)a->emitted, (unsigned long long)a->acked,
            (unsigned long long)a->called, (unsigned long long)a->answered,
            (unsigned long long)r->count, (unsigned long long)books.called);
}

/* What has run to its end is taken away; what rests goes on. */
static bool is_over(struct talk *t, uint32_t i)
{
    const struct simulated_roll *r = &t->user->rolls[i];
    struct pack p;

    if (strcmp(t->statuses[i], "FINISHED") == 0) {
        look_at_counters(t, r);
        pack_name(&p, r, 0);
        call(t, "kill", &p);
    } else if (strcmp(t->statuses[i], "INACTIVE") == 0) {
        order(t, "activate", r);
    }
    return t->statuses[i][0] == '\0';
}

static bool all_are_over(struct talk *t)
{
    bool over = call(t, "list", NULL);

    for (uint32_t i = 0; i < t->user->n_rolls; i++)
        over &= is_over(t, i);
    return over;
}

static void spend_the_day(struct talk *t)
{
    struct simulated_user *u = t->user;

    for (uint32_t next = 0; !u->healed;) {
        loop_run_for(t->loop, (int64_t)below(t, 8) * SECOND);
        if (next < u->n_rolls)
            try_to_submit(t, &u->rolls[next++]);
        else
            command(t, &u->rolls[below(t, u->n_rolls)]);
    }
    while (!all_are_over(t))
        loop_run_for(t->loop, SECOND);
    u->done = true;
}

static void set_seeds(struct leader_client *leader,
                      const struct simulated_cluster *c)
{
    struct rpc_address seeds[CLUSTER_NIMBUSES_MAX];
    char text[64];

    for (uint32_t i = 0; i < c->n_nimbuses; i++) {
        snprintf(text, sizeof(text), "%s:%d",
                 world_machine_address(c->daemons[i].machine),
                 CLUSTER_NIMBUS_PORT);
        check(rpc_address_parse(text, &seeds[i], NULL) == 0);
    }
    leader_client_seeds(leader, seeds, c->n_nimbuses);
}

static int user_main(struct env *env, void *arg)
{
    struct simulated_user *u = arg;
    struct talk t = {.user = u, .env = env, .loop = loop_new(env)};
    const struct leader_client_options options = {
        .me = {.role = TOKEN_SUBMITTER,
               .name = "user",
               .key = token_role_key(&u->cluster->token, TOKEN_SUBMITTER)},
        .arg = u};

    if (u->cluster->log_level >= GALE_LOG_INFO) {
        u->log = log_new(env, stderr, "user");
        log_set_level(u->log, GALE_LOG_INFO);
    }
    t.leader = leader_client_new(t.loop, &options);
    set_seeds(t.leader, u->cluster);
    spend_the_day(&t);
    leader_client_free(t.leader);
    loop_free(t.loop);
    return 0;
}

void simulated_user_start(struct simulated_user *u)
{
    const struct world_process_in in = {
        .name = "user", .main = user_main, .arg = u};

    check(u->n_rolls >= 1 && u->n_rolls <= ROLLS_MAX);
    world_process_start(world_machine_new(u->cluster->world), &in);
}
