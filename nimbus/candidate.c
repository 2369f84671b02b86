/* candidate.c - takes part in the election, and reigns when it leads; see
 * candidate.h. */
#include "nimbus/candidate.h"
#include "nimbus/candidate_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>

struct reign *candidate_reign(const struct candidate *c)
{
    return c->reign != NULL && election_leads(c->election) ? c->reign : NULL;
}

/* -- the election ---------------------------------------------------------- */

/* Since when who is alive knows that there is nobody to hear it. If it was not
 * seen how the leader before went, that may be just now; and after ZooKeeper
 * was away, it is to be expected that others are not registered yet. */
static int64_t nobody_led_since(const struct candidate *c)
{
    int64_t now = loop_now(c->options.loop);
    int64_t since = copies_leader_silent(c->copies);

    if (since > now)
        since = now;
    return since > c->connected_at ? since : c->connected_at;
}

static void fenced(void *arg)
{
    election_fenced(((struct candidate *)arg)->election);
}

static void begins(void *arg, uint64_t number, int32_t version,
                   uint32_t n_lacking)
{
    struct candidate *c = arg;
    const struct candidate_options *o = &c->options;
    const struct reign_options options = {
        .loop = o->loop,
        .zookeeper = c->zookeeper,
        .log = o->log,
        .config = o->config,
        .store = o->store,
        .copies = c->copies,
        .records_key = o->records_key,
        .epoch = number,
        .epoch_version = version,
        .since_ns = nobody_led_since(c),
        .arg = c,
        .fenced = fenced,
    };

    log_info(o->log, "leader", "leads, epoch %llu", (unsigned long long)number);
    if (n_lacking > 0)
        log_warn(o->log, "leader",
                 "%u files of topologies are not here: workers that need them "
                 "start when a nimbus that has them is back",
                 n_lacking);
    copies_leader(c->copies, o->me->id);
    c->reign = reign_begin(&options);
}

static void stops(void *arg, const char *why)
{
    struct candidate *c = arg;

    log_warn(c->options.log, "leader", "leads no longer, %s", why);
    reign_end(c->reign, why);
    c->reign = NULL;
}

static void changed(void *arg)
{
    struct candidate *c = arg;
    const struct epoch_record *leader = election_leader(c->election);

    c->leader[0] = '\0';
    copies_leader(c->copies, leader != NULL ? leader->nimbus : NULL);
    if (leader != NULL && strcmp(leader->nimbus, c->options.me->id) != 0)
        snprintf(c->leader, sizeof(c->leader),
                 strchr(leader->address, ':') != NULL ? "[%s]:%u" : "%s:%u",
                 leader->address, leader->port);
}

/* Who takes part knows what it lacks: so it is asked first. */
static void lacks(void *arg, uint32_t n_files)
{
    struct candidate *c = arg;
    const struct election_options options = {
        .loop = c->options.loop,
        .zookeeper = c->zookeeper,
        .log = c->options.log,
        .me = c->options.me,
        .arg = c,
        .begins = begins,
        .stops = stops,
        .changed = changed,
    };

    if (c->election == NULL)
        c->election = election_new(&options);
    election_lacks(c->election, n_files);
}

/* -- what it hears --------------------------------------------------------- */

static void stored(void *arg, uint64_t submission, uint32_t copies, bool enough)
{
    struct candidate *c = arg;

    if (c->reign != NULL)
        reign_stored(c->reign, submission, copies, enough);
}

void candidate_zookeeper(struct candidate *c, enum zookeeper_state state)
{
    bool away = state != ZOOKEEPER_IS_CONNECTED;

    if (c->zookeeper == NULL)
        return; /* it ends before it began */
    if (!away)
        c->connected_at = loop_now(c->options.loop);
    if (c->election != NULL)
        election_state(c->election, state);
    if (c->reign != NULL)
        reign_zookeeper(c->reign, away);
    copies_zookeeper(c->copies, away);
    if (state == ZOOKEEPER_IS_AWAY)
        log_warn(c->options.log, "zookeeper", "%s",
                 zookeeper_trouble(c->zookeeper));
}

void candidate_left(struct candidate *c, struct rpc_link *link)
{
    if (c->reign != NULL)
        reign_left(c->reign, link);
}

/* -- its begin, its end ---------------------------------------------------- */

static struct copies *begin_copies(struct candidate *c)
{
    const struct candidate_options *o = &c->options;
    struct copies_options options = {
        .loop = o->loop,
        .zookeeper = c->zookeeper,
        .log = o->log,
        .store = o->store,
        .records_key = o->records_key,
        .me = o->me,
        .identity = {.role = TOKEN_ADMIN,
                     .name = "nimbus",
                     .insecure = o->token == NULL},
        .delay_ns =
            daemon_config_int(o->config,
                              "nimbus.topology.blobstore.deletion.delay.ms") *
            INT64_C(1000000),
        .arg = c,
        .lacks = lacks,
        .stored = stored,
    };
    struct copies *copies;

    if (o->token != NULL)
        options.identity.key = token_role_key(o->token, TOKEN_ADMIN);
    copies = copies_new(&options);
    explicit_bzero(&options.identity, sizeof(options.identity));
    return copies;
}

struct candidate *candidate_new(const struct candidate_options *options)
{
    struct candidate *c = xcalloc(1, sizeof(*c));

    c->options = *options;
    return c;
}

void candidate_begin(struct candidate *c, struct zookeeper *zookeeper)
{
    c->zookeeper = zookeeper;
    c->copies = begin_copies(c);
}

void candidate_end(struct candidate *c)
{
    if (c == NULL)
        return;
    reign_end(c->reign, "because it ends");
    c->reign = NULL;
    if (c->election != NULL)
        election_end(c->election);
    copies_end(c->copies);
}

void candidate_free(struct candidate *c)
{
    if (c == NULL)
        return;
    election_free(c->election);
    copies_free(c->copies);
    free(c);
}
