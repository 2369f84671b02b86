/* candidate_methods.c - what a nimbus is asked, whether it leads or not; see
 * candidate.h. */
#include "nimbus/candidate.h"
#include "nimbus/candidate_in.h"
#include "nimbus/file_methods.h"
#include "nimbus/leaderless.h"
#include "topology-api/memory.h"
#include <stdlib.h>

static const char *trouble(const struct candidate *c)
{
    return zookeeper_trouble(c->zookeeper);
}

/* The reign, if this nimbus leads; otherwise the caller is told who does. */
static struct reign *leading(struct candidate *c, struct rpc_call *call)
{
    struct reign *reign = candidate_reign(c);

    if (reign != NULL)
        return reign;
    if (c->leader[0] != '\0')
        rpc_fail_with(call, RPC_NOT_LEADER, c->leader,
                      "this nimbus does not lead, %s does", c->leader);
    else
        rpc_fail(call, RPC_NOT_LEADER, "no nimbus leads at the moment%s%s",
                 *trouble(c) ? ": " : "", trouble(c));
    return NULL;
}

#define LEADERS_METHOD(name)                                                   \
    static void name(void *arg, struct rpc_call *call,                         \
                     const msgpack_object *params)                             \
    {                                                                          \
        struct reign *r = leading(arg, call);                                  \
                                                                               \
        if (r != NULL)                                                         \
            reign_##name(r, call, params);                                     \
    }

LEADERS_METHOD(submit)
LEADERS_METHOD(activate)
LEADERS_METHOD(deactivate)
LEADERS_METHOD(kill)
LEADERS_METHOD(rebalance)

LEADERS_METHOD(set_log_level)
LEADERS_METHOD(workers)
LEADERS_METHOD(topology)
LEADERS_METHOD(metrics)
LEADERS_METHOD(errors)

LEADERS_METHOD(positions)

static void list(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct reign *r = leading(arg, call);

    (void)params;
    if (r != NULL)
        reign_list(r, call);
}

/* What a nimbus knows that does not lead. */
static void pack_leaderless(struct candidate *c, struct pack *p)
{
    char text[LEADERLESS_TEXT];

    leaderless_text(text, c->leader, trouble(c));
    pack_text(p, "problems");
    pack_array(p, 1);
    pack_text(p, text);
}

/* Its id; "": nobody is shown as the leader. */
static const char *leader_shown(const struct candidate *c)
{
    if (candidate_reign(c) != NULL)
        return c->options.me->id;
    if (leaderless_is_known(c->leader, trouble(c)))
        return election_leader(c->election)->nimbus;
    return "";
}

/* anyway: who asks has waited for a leader for long enough. */
static void status(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct candidate *c = arg;
    bool anyway = candidate_reign(c) == NULL &&
                  unpack_bool(unpack_key(params, "anyway"), false);
    struct pack result;

    if (!anyway && leading(c, call) == NULL)
        return;
    pack_init(&result);
    pack_map(&result, anyway ? 2 : REIGN_STATUS_PAIRS + 1);
    copies_pack_nimbuses(c->copies, leader_shown(c), &result);
    if (anyway)
        pack_leaderless(c, &result);
    else
        reign_status(c->reign, &result);
    rpc_reply(call, &result);
    pack_free(&result);
}

#define FILE_METHOD(name)                                                      \
    static void name(void *arg, struct rpc_call *call,                         \
                     const msgpack_object *params)                             \
    {                                                                          \
        struct candidate *c = arg;                                             \
                                                                               \
        file_method_##name(c->options.store, call, params);                    \
    }

FILE_METHOD(append)

static void fetch(void *arg, struct rpc_call *call,
                  const msgpack_object *params)
{
    struct candidate *c = arg;

    file_method_fetch(c->options.store, call, params);
    copies_fetched_from(c->copies, params);
}

static void finish(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct candidate *c = arg;

    file_method_finish(c->options.store, call, params);
    copies_uploaded(c->copies);
}

#define COPIES_METHOD(name)                                                    \
    static void name(void *arg, struct rpc_call *call,                         \
                     const msgpack_object *params)                             \
    {                                                                          \
        struct candidate *c = arg;                                             \
                                                                               \
        copies_method_##name(c->copies, call, params);                         \
    }

COPIES_METHOD(holds)
COPIES_METHOD(copy)

static void upload(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct candidate *c = arg;
    gale_str hash = unpack_str(unpack_key(params, "hash"));
    struct digest digest;

    if (leading(c, call) == NULL)
        return;
    if (digest_read_hex(hash.data, hash.size, &digest))
        copies_touch(c->copies, &digest);
    file_method_upload(c->options.store, call, params);
}

static void report(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct reign *r = leading(arg, call);

    if (r == NULL)
        return;
    if (rpc_call_link(call) != NULL)
        reign_report(r, rpc_call_link(call), params);
    rpc_reply(call, NULL);
}

static void counters(void *arg, struct rpc_call *call,
                     const msgpack_object *params)
{
    struct candidate *c = arg;

    if (c->reign != NULL)
        reign_counters(c->reign, params);
    rpc_reply(call, NULL);
}

static void worker(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct reign *r = leading(arg, call);

    if (r == NULL)
        return;
    reign_worker_report(r, rpc_call_link(call), rpc_call_peer(call), params);
    rpc_reply(call, NULL);
}

#define READERS                                                                \
    (RPC_ROLE(TOKEN_READER) | RPC_ROLE(TOKEN_SUBMITTER) | RPC_ROLE(TOKEN_ADMIN))
#define SUBMITTERS (RPC_ROLE(TOKEN_SUBMITTER) | RPC_ROLE(TOKEN_ADMIN))
#define SUPERVISORS RPC_ROLE(TOKEN_SUPERVISOR)
#define NIMBUSES RPC_ROLE(TOKEN_ADMIN)

const struct rpc_method candidate_methods[] = {
    {"list", READERS, list},
    {"status", READERS, status},
    {"workers", READERS, workers},
    {"topology", READERS, topology},
    {"metrics", READERS, metrics},
    {"errors", READERS, errors},
    {"submit", SUBMITTERS, submit},
    {"activate", SUBMITTERS, activate},
    {"deactivate", SUBMITTERS, deactivate},
    {"kill", SUBMITTERS, kill},
    {"rebalance", SUBMITTERS, rebalance},
    {"set_log_level", SUBMITTERS, set_log_level},
    {"upload", SUBMITTERS, upload},
    {"append", SUBMITTERS, append},
    {"finish", SUBMITTERS, finish},
    {"fetch", SUPERVISORS | NIMBUSES, fetch},
    {"holds", NIMBUSES, holds},
    {"copy", NIMBUSES, copy},
    {"report", SUPERVISORS, report},
    {"counters", SUPERVISORS, counters},
    {"worker", RPC_ROLE(TOKEN_WORKER), worker},
    {"positions", RPC_ROLE(TOKEN_WORKER), positions},
};
const uint32_t candidate_n_methods =
    sizeof(candidate_methods) / sizeof(candidate_methods[0]);
