/*
 * known_nimbuses.c - which nimbuses a supervisor knows: the leader, as /epoch
 * says, and those that are configured. If ZooKeeper is away, or what it has
 * said is over, whoever leads is found by asking them.
 */
#include "common/epoch_record.h"
#include "common/rpc_resolve.h"
#include "supervisor/supervisor_in.h"

#define PAUSE_NS                                                               \
    INT64_C(500000000) /* nobody leads: until all are asked again */

/* A connection to another one is given up: it leads no longer. The others come
 * behind it. */
static void leader_is(struct supervisor *s, const struct rpc_address *leader)
{
    leader_client_seeds(s->nimbus, leader, 1);
    s->nimbuses[0] = *leader;
    if (s->n_nimbuses == 0)
        s->n_nimbuses = 1;
    leader_client_seeds(s->nimbus, s->nimbuses, s->n_nimbuses);
}

/* The first is the leader's, once that is known. */
static void find_configured(struct supervisor *s)
{
    const struct daemon_config *c = s->daemon.config;
    uint16_t port = (uint16_t)daemon_config_int(c, "nimbus.thrift.port");

    s->n_nimbuses = 1;
    for (uint32_t i = 0; i < daemon_config_n(c, "nimbus.seeds") &&
                         s->n_nimbuses < LEADER_SEEDS_MAX;
         i++) {
        gale_err error;
        int n = rpc_resolve(s->daemon.env,
                            daemon_config_text_at(c, "nimbus.seeds", i), port,
                            &s->nimbuses[s->n_nimbuses],
                            LEADER_SEEDS_MAX - s->n_nimbuses, &error);

        if (n < 0)
            log_warn(s->daemon.log, "nimbus.seeds", "%s", error.text);
        else
            s->n_nimbuses += (uint32_t)n;
    }
    s->nimbuses[0] = s->nimbuses[s->n_nimbuses > 1 ? 1 : 0];
    if (s->n_nimbuses == 1)
        s->n_nimbuses = 0;
}

/* Whoever leads is found by asking those that are configured. */
static bool read_epoch(struct supervisor *s,
                       const struct zookeeper_answer *answer,
                       struct epoch_record *record)
{
    gale_err error;
    bool damaged;

    if (answer->result != ZOOKEEPER_OK)
        return false;
    damaged =
        epoch_record_unpack(answer->data, answer->size, record, &error) != 0;
    if (damaged && !s->epoch_damaged)
        log_error(s->daemon.log, "epoch",
                  "the record /epoch does not say who leads (%s): nimbus.seeds "
                  "are asked",
                  error.text);
    s->epoch_damaged = damaged;
    return !damaged;
}

static void epoch_read(void *arg, const struct zookeeper_answer *answer)
{
    struct supervisor *s = arg;
    struct epoch_record record;
    struct rpc_address address;
    gale_err error;

    if (!read_epoch(s, answer, &record))
        return;
    /* Numeric: the loop asks no name server. */
    if (rpc_address_of(record.address, (uint16_t)record.port, &address,
                       &error) == 0)
        leader_is(s, &address);
    else if (record.address[0] != '\0') /* somebody has led */
        log_error(s->daemon.log, "epoch", "who leads: %s", error.text);
    epoch_record_free(&record);
}

static void look(void *arg)
{
    known_nimbuses_look(arg);
}

void known_nimbuses_look(struct supervisor *s)
{
    zookeeper_watch_clear(&s->epoch_watch);
    s->epoch_watch = (struct zookeeper_watch){.fn = look, .arg = s};
    zookeeper_get(s->daemon.zookeeper, "/epoch", &s->epoch_watch,
                  (struct zookeeper_then){epoch_read, s});
}

static void nimbus_changed(void *arg, bool up, const char *why)
{
    struct supervisor *s = arg;

    if (up)
        reporting_soon(s);
    else
        log_debug(s->daemon.log, "nimbus", "%s", why);
}

struct rpc_identity known_nimbuses_identity(const struct supervisor *s)
{
    return (struct rpc_identity){
        .role = TOKEN_SUPERVISOR,
        .name = s->id,
        .insecure = s->daemon.insecure,
        .key = token_role_key(&s->daemon.token, TOKEN_SUPERVISOR),
    };
}

void known_nimbuses_begin(struct supervisor *s)
{
    const struct leader_client_options options = {
        .me = known_nimbuses_identity(s),
        .pause_ns = PAUSE_NS,
        .arg = s,
        .notified = reporting_notified,
        .changed = nimbus_changed,
    };

    s->nimbus = leader_client_new(s->daemon.loop, &options);
    find_configured(s);
    leader_client_seeds(s->nimbus, s->nimbuses, s->n_nimbuses);
}
