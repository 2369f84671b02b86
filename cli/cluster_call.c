/* cluster_call.c - one question, and its answer; see cluster_call.h. */
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/pack_json.h"
#include "cli/topology_table.h"
#include "common/check.h"
#include "common/json.h"
#include "common/key_file.h"
#include "common/leader_client.h"
#include "common/local_dir.h"
#include "common/rpc_resolve.h"
#include "common/token_file.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define ANSWER_MAX (8u << 20)
#define ANSWER_ELEMENTS_MAX (4u << 20)
#define PATIENCE_NS (3 * INT64_C(1000000000))

/* A server that is no nimbus. */
struct other {
    struct other *next;
    struct rpc_address address;
    struct rpc_client *client;
};

struct cluster {
    const struct cluster_options *options;
    struct loop *loop;
    struct rpc_identity me;
    struct leader_client *leader;
    struct other *others;
    bool asks_other; /* one of them now */
    bool quiet;
    char why[700]; /* the last call has failed */

    /* Of the question that was asked last. */
    int status;
    bool no_topology; /* of that name */
    bool not_found;
    struct pack answer;
    bool has_answer;
};

/* -- where, and as whom ---------------------------------------------------- */

static int find_seeds(struct cluster *c)
{
    const struct daemon_config *config = c->options->config;
    struct rpc_address seeds[LEADER_SEEDS_MAX];
    uint32_t n = 0;
    gale_err error;

    for (uint32_t i = 0;
         i < daemon_config_n(config, "nimbus.seeds") && n < LEADER_SEEDS_MAX;
         i++) {
        int found = rpc_resolve(
            env_posix(), daemon_config_text_at(config, "nimbus.seeds", i),
            (uint16_t)daemon_config_int(config, "nimbus.thrift.port"),
            &seeds[n], LEADER_SEEDS_MAX - n, &error);

        if (found < 0)
            return command_error(c->options->command, "nimbus.seeds: %s",
                                 error.text);
        n += (uint32_t)found;
    }
    if (n == 0)
        return command_error(c->options->command,
                             "nimbus.seeds names no nimbus: expected HOST or "
                             "HOST:PORT of one at least");
    leader_client_seeds(c->leader, seeds, n);
    return EXIT_OK;
}

#define NO_FILE                                                                \
    "; no configuration file was read: GALE_CONFIG or --config names one"

/* The key of the role, made of the token. */
static int take_token(struct cluster *c)
{
    char *path = local_dir_token(c->options->config);
    struct token token;
    gale_err error;
    int result = token_file_read(path, &token, &error);

    free(path);
    if (result != 0)
        return command_error(c->options->command, "%s%s", error.text,
                             c->options->n_files > 0 ? "" : NO_FILE);
    c->me.key = token_role_key(&token, c->me.role);
    explicit_bzero(&token, sizeof(token));
    return EXIT_OK;
}

/* Whatever is asked for: nimbus says what the role may not. */
static int take_key(struct cluster *c, const char *path)
{
    gale_err error;

    if (key_file_read(path, &c->me.role, &c->me.key, &error) != 0)
        return command_error(c->options->command, "%s", error.text);
    return EXIT_OK;
}

static int prove(struct cluster *c, enum token_role role)
{
    const struct daemon_config *config = c->options->config;
    const char *key = daemon_config_text(config, "gale.key.file");

    c->me = (struct rpc_identity){
        .role = role,
        .name = c->options->command,
        .insecure = daemon_config_bool(config, "gale.insecure"),
    };
    if (c->me.insecure)
        return EXIT_OK;
    return key != NULL ? take_key(c, key) : take_token(c);
}

/* What the answer waits for. */
static void notified(void *arg, gale_str method, const msgpack_object *params)
{
    const struct cluster *c = arg;

    if (c->quiet || method.size != 5 || memcmp(method.data, "waits", 5) != 0)
        return;
    fprintf(stderr, "gale %s: ", c->options->command);
    put_foreign_text(stderr, unpack_key(params, "text"));
    fputc('\n', stderr);
}

struct cluster *cluster_open(const struct cluster_options *o,
                             enum token_role role)
{
    struct cluster *c = xcalloc(1, sizeof(*c));
    struct leader_client_options options = {
        .arg = c,
        .notified = notified,
        .patience = o->has_timeout ? 0 : PATIENCE_NS,
    };

    c->options = o;
    c->loop = loop_new(env_posix());
    if (c->loop == NULL) {
        command_error(o->command, "no descriptors are left");
        cluster_close(c);
        return NULL;
    }
    if (prove(c, role) != EXIT_OK) {
        cluster_close(c);
        return NULL;
    }
    options.me = c->me;
    c->leader = leader_client_new(c->loop, &options);
    if (find_seeds(c) == EXIT_OK)
        return c;
    cluster_close(c);
    return NULL;
}

static void forget_answer(struct cluster *c)
{
    if (c->has_answer)
        pack_free(&c->answer);
    c->has_answer = false;
}

static void forget_others(struct cluster *c)
{
    struct other *o;

    while ((o = c->others) != NULL) {
        c->others = o->next;
        rpc_client_free(o->client);
        free(o);
    }
}

void cluster_close(struct cluster *c)
{
    if (c == NULL)
        return;
    forget_answer(c);
    forget_others(c);
    leader_client_free(c->leader);
    loop_free(c->loop);
    explicit_bzero(&c->me, sizeof(c->me));
    free(c);
}

/* -- a question ------------------------------------------------------------ */

static int status_of(enum rpc_outcome outcome, enum rpc_error code)
{
    switch (outcome) {
    case RPC_OK:
        return EXIT_OK;
    case RPC_REFUSED:
        return code == RPC_NOT_LEADER ? EXIT_AWAY : EXIT_ERROR;
    case RPC_AWAY:
        return EXIT_AWAY;
    default:
        return EXIT_UNKNOWN;
    }
}

/* What stands before and behind what is known. */
static void complain(struct cluster *c, const struct rpc_result *result)
{
    const char *before = result->outcome == RPC_AWAY && !c->asks_other
                             ? "no nimbus that leads answers (nimbus.seeds): "
                             : "";
    const char *behind =
        c->status == EXIT_UNKNOWN
            ? "; it may have been done or not: `gale list` and `gale status` "
              "show it"
            : "";

    snprintf(c->why, sizeof(c->why), "%s%s%s", before, result->text, behind);
    if (!c->quiet)
        command_error(c->options->command, "%s", c->why);
}

static void answered(void *arg, const struct rpc_result *result)
{
    struct cluster *c = arg;

    c->status = status_of(result->outcome, result->code);
    c->no_topology =
        result->outcome == RPC_REFUSED && result->code == RPC_NO_SUCH_TOPOLOGY;
    c->not_found =
        result->outcome == RPC_REFUSED && result->code == RPC_NOT_FOUND;
    if (result->outcome == RPC_OK) {
        pack_init(&c->answer);
        pack_object(&c->answer, result->value);
        c->has_answer = true;
    } else {
        complain(c, result);
    }
    loop_end(c->loop);
}

static int read_answer(struct cluster *c, struct unpacked *answer)
{
    const struct pack_limits limits = {ANSWER_MAX, ANSWER_ELEMENTS_MAX};
    gale_err error;

    if (c->status != EXIT_OK)
        return c->status;
    if (unpack(answer, c->answer.buffer.data, c->answer.buffer.size, limits,
               "nimbus's answer", &error) != 0)
        return command_error(c->options->command, "%s", error.text);
    return EXIT_OK;
}

int cluster_call(struct cluster *c, const char *method,
                 const struct pack *params, struct unpacked *answer)
{
    forget_answer(c);
    c->asks_other = false;
    leader_client_call(c->leader, method, params, c->options->timeout_ns,
                       answered, c);
    loop_run(c->loop);
    return read_answer(c, answer);
}

static struct rpc_client *client_of(struct cluster *c,
                                    const struct rpc_address *address)
{
    const struct rpc_client_options options = {
        .address = *address, .me = c->me, .impatient = true, .arg = c};
    struct other *o = c->others;

    while (o != NULL && (o->address.size != address->size ||
                         memcmp(&o->address.at, &address->at, address->size)))
        o = o->next;
    if (o != NULL)
        return o->client;
    o = xcalloc(1, sizeof(*o));
    o->address = *address;
    o->client = rpc_client_new(c->loop, &options);
    o->next = c->others;
    c->others = o;
    return o->client;
}

int cluster_call_at(struct cluster *c, const struct rpc_address *address,
                    const char *method, const struct pack *params,
                    struct unpacked *answer)
{
    forget_answer(c);
    c->asks_other = true;
    rpc_client_call(client_of(c, address), method, params,
                    c->options->timeout_ns, answered, c);
    loop_run(c->loop);
    return read_answer(c, answer);
}

bool cluster_was_answered(const struct cluster *c)
{
    return leader_client_was_answered(c->leader);
}

void cluster_be_quiet(struct cluster *c)
{
    c->quiet = true;
}

const char *cluster_why(const struct cluster *c)
{
    return c->why;
}

bool cluster_has_no_topology(const struct cluster *c)
{
    return c->no_topology;
}

bool cluster_has_not_found(const struct cluster *c)
{
    return c->not_found;
}

void cluster_ask(struct cluster *c, const char *method,
                 const struct pack *params, int64_t timeout,
                 void (*fn)(void *arg, const struct rpc_result *result),
                 void *arg)
{
    leader_client_call(c->leader, method, params, timeout, fn, arg);
}

struct loop *cluster_loop(struct cluster *c)
{
    return c->loop;
}

void cluster_print_json(const msgpack_object *answer)
{
    struct json j;

    json_to_file(&j, stdout);
    pack_json(&j, answer);
    json_finish(&j);
    putchar('\n');
}
