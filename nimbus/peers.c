/* peers.c - the other nimbuses; see peers.h. */
#include "nimbus/peers.h"
#include "common/check.h"
#include "common/log.h"
#include "common/throttle.h"
#include "nimbus/loader.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define LOOK_NS (10 * INT64_C(1000000000))
#define DAMAGED_NS (60 * INT64_C(1000000000)) /* that one is, is said again */

static const char *const parents[] = {"/nimbuses"};

struct peer {
    struct peers *owner;
    struct nimbus_record record; /* id "": the number is nobody's */
    struct rpc_client *client;
    bool seen; /* in the look that is under way */
};

struct peers {
    struct peers_options options;
    struct peer all[PEERS_MAX]; /* by number */
    struct zookeeper_watch watch;
    struct loader *loader; /* while it looks … */
    bool look_again;       /* … and shall once more */
    bool joined;           /* in this look */
    struct loop_timer timer;
    struct throttle damaged; /* that one cannot be read, is said */
};

/* -- one of them ----------------------------------------------------------- */

static uint32_t number_of(const struct peer *peer)
{
    return (uint32_t)(peer - peer->owner->all);
}

static void changed(void *arg, bool up, const char *why)
{
    struct peer *peer = arg;
    struct peers *p = peer->owner;

    (void)why;
    if (up)
        p->options.up(p->options.arg, number_of(peer));
    else
        p->options.down(p->options.arg, number_of(peer));
}

/* False: it says no address. */
static bool connect_to(struct peer *peer)
{
    struct peers *p = peer->owner;
    struct rpc_client_options options = {
        .me = p->options.identity,
        .impatient = true,
        .arg = peer,
        .changed = changed,
    };

    if (rpc_address_of(peer->record.address, (uint16_t)peer->record.port,
                       &options.address, NULL) != 0)
        return false;
    peer->client = rpc_client_new(p->options.loop, &options);
    return true;
}

/* In a callback of ZooKeeper, never in one of its client. */
static void lose(struct peer *peer)
{
    struct peers *p = peer->owner;

    p->options.gone(p->options.arg, number_of(peer));
    rpc_client_free(peer->client);
    nimbus_record_free(&peer->record);
    *peer = (struct peer){.owner = p};
}

static struct peer *find(struct peers *p, const char *id)
{
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if (strcmp(p->all[i].record.id, id) == 0)
            return &p->all[i];
    return NULL;
}

/* -- the look -------------------------------------------------------------- */

static void join(struct peers *p, struct nimbus_record *record)
{
    struct peer *peer = find(p, ""); /* a number that is free */

    if (peer == NULL) {
        nimbus_record_free(record);
        return;
    }
    peer->record = *record;
    peer->seen = connect_to(peer);
    p->joined |= peer->seen;
    if (!peer->seen) {
        nimbus_record_free(&peer->record);
        peer->record = (struct nimbus_record){.id = ""};
    }
}

/* Our own candidate, that somebody has changed, is written anew. */
static void keep_mine(struct peers *p, const char *path,
                      const struct zookeeper_answer *answer)
{
    struct pack mine;

    pack_init(&mine);
    check(nimbus_record_pack(&p->all[PEERS_ME].record, &mine, NULL) == 0);
    if (answer->size != mine.buffer.size ||
        memcmp(answer->data, mine.buffer.data, mine.buffer.size) != 0) {
        log_error(p->options.log, "nimbuses",
                  "somebody has changed %s: it is written anew", path);
        zookeeper_set(p->options.zookeeper, path, mine.buffer.data,
                      mine.buffer.size, answer->stat.version,
                      (struct zookeeper_then){NULL, NULL});
    }
    pack_free(&mine);
}

static void say_damaged(struct peers *p, const char *path, const char *why)
{
    if (throttle_allow(&p->damaged, loop_now(p->options.loop)))
        log_error(p->options.log, "nimbuses",
                  "%s: %s: that nimbus is not known until it writes it anew",
                  path, why);
}

/* Who has two candidates for a moment is one all the same. */
static void take(void *arg, const char *path,
                 const struct zookeeper_answer *answer)
{
    struct peers *p = arg;
    struct nimbus_record record;
    struct peer *peer;
    gale_err error;

    if (answer->stat.owner == zookeeper_session(p->options.zookeeper)) {
        keep_mine(p, path, answer);
        return;
    }
    if (nimbus_record_unpack(answer->data, answer->size, &record, &error) !=
        0) {
        say_damaged(p, path, error.text);
        return;
    }
    peer = find(p, record.id);
    if (peer == NULL) {
        join(p, &record);
        return;
    }
    peer->seen = true;
    nimbus_record_free(&record);
}

static bool lose_unseen(struct peers *p)
{
    bool any = false;

    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &p->all[i];

        if (i == PEERS_ME || peer->record.id[0] == '\0' || peer->seen)
            continue;
        lose(peer);
        any = true;
    }
    return any;
}

static void looked(void *arg, enum zookeeper_result result)
{
    struct peers *p = arg;
    bool lost = result == ZOOKEEPER_OK && lose_unseen(p);

    p->loader = NULL;
    if (lost || p->joined)
        p->options.changed(p->options.arg);
    if (p->look_again)
        peers_look(p);
}

static void look(void *arg)
{
    peers_look(arg);
}

void peers_look(struct peers *p)
{
    struct loop *loop = p->options.loop;
    const struct loader_options options = {
        .zookeeper = p->options.zookeeper,
        .parents = parents,
        .n_parents = 1,
        .arg = p,
        .each = take,
        .done = looked,
    };

    loop_timer_set(loop, &p->timer, loop_now(loop) + LOOK_NS, look, p);
    p->look_again = p->loader != NULL;
    if (p->look_again)
        return;
    p->joined = false;
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        p->all[i].seen = false;
    zookeeper_watch_clear(&p->watch);
    zookeeper_children(p->options.zookeeper, parents[0], &p->watch,
                       (struct zookeeper_then){NULL, NULL});
    p->loader = loader_new(&options);
}

/* -- all of them ----------------------------------------------------------- */

struct peers *peers_new(const struct peers_options *options)
{
    struct peers *p = xcalloc(1, sizeof(*p));

    p->options = *options;
    p->watch = (struct zookeeper_watch){.fn = look, .arg = p};
    throttle_init(&p->damaged, 1, DAMAGED_NS);
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        p->all[i].owner = p;
    p->all[PEERS_ME].record = *options->me;
    memset(&p->all[PEERS_ME].record.rest, 0,
           sizeof(p->all[PEERS_ME].record.rest));
    return p;
}

void peers_end(struct peers *p)
{
    if (p == NULL)
        return;
    loop_timer_clear(&p->timer);
    zookeeper_watch_clear(&p->watch);
    loader_cancel(p->loader);
    p->loader = NULL;
}

void peers_free(struct peers *p)
{
    if (p == NULL)
        return;
    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        rpc_client_free(p->all[i].client);
        nimbus_record_free(&p->all[i].record);
    }
    explicit_bzero(&p->options.identity, sizeof(p->options.identity));
    free(p);
}

uint64_t peers_alive(const struct peers *p)
{
    uint64_t alive = 0;

    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if (p->all[i].record.id[0] != '\0')
            alive |= UINT64_C(1) << i;
    return alive;
}

uint32_t peers_number(const struct peers *p, const char *id)
{
    for (uint32_t i = 0; i < PEERS_MAX && *id != '\0'; i++)
        if (strcmp(p->all[i].record.id, id) == 0)
            return i;
    return PEERS_NOBODY;
}

struct rpc_client *peers_client(const struct peers *p, uint32_t number)
{
    check(number < PEERS_MAX && p->all[number].client != NULL);
    return p->all[number].client;
}

bool peers_is_up(const struct peers *p, uint32_t number)
{
    check(number < PEERS_MAX);
    return p->all[number].client != NULL &&
           rpc_client_is_up(p->all[number].client);
}

const struct nimbus_record *peers_record(const struct peers *p, uint32_t number)
{
    check(number < PEERS_MAX);
    return &p->all[number].record;
}
