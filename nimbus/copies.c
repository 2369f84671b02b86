/* copies.c - files of this nimbus and of the others; see copies.h. */
#include "nimbus/copies_in.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define SECOND_NS INT64_C(1000000000)
#define HOLDS_SECS 10
#define UPLOAD_REST_NS (60 * SECOND_NS) /* then it is given up */

static int64_t now_of(const struct copies *c)
{
    return loop_now(c->options.loop);
}

static struct digest hash_digest(const char *hash)
{
    struct digest digest;

    check(digest_read_hex(hash, strlen(hash), &digest));
    return digest;
}

/* -- questions to others --------------------------------------------------- */

struct question *question_new(struct copies *c, uint32_t peer, uint32_t n)
{
    struct question *q = xcalloc(1, sizeof(*q));

    q->copies = c;
    q->peer = peer;
    q->hashes = xcalloc(n, sizeof(*q->hashes));
    q->next = c->questions;
    q->link = &c->questions;
    if (q->next != NULL)
        q->next->link = &q->next;
    c->questions = q;
    return q;
}

void question_free(struct question *q)
{
    *q->link = q->next;
    if (q->next != NULL)
        q->next->link = q->link;
    free(q->hashes);
    free(q);
}

static void pack_hashes(struct pack *p, const struct question *q)
{
    uint8_t *bytes = xcalloc(q->n, DIGEST_BYTES);

    for (uint32_t i = 0; i < q->n; i++) {
        struct digest digest = hash_digest(q->hashes[i]);

        memcpy(bytes + (size_t)i * DIGEST_BYTES, digest.bytes, DIGEST_BYTES);
    }
    pack_key_bytes(p, "hashes", bytes, (size_t)q->n * DIGEST_BYTES);
    free(bytes);
}

void copies_ask(struct copies *c, const char *method, struct question *q,
                int64_t wait_secs,
                void (*fn)(void *arg, const struct rpc_result *result))
{
    struct rpc_client *client = peers_client(c->peers, q->peer);
    struct pack params;

    pack_init(&params);
    pack_map(&params, 3);
    pack_key_text(&params, "nimbus", c->options.me->id);
    pack_key_int(&params, "wait", wait_secs);
    pack_hashes(&params, q);
    rpc_client_call(client, method, &params, (wait_secs + 1) * SECOND_NS, fn,
                    q);
    pack_free(&params);
}

copies_hash *copies_take_hashes(struct rpc_call *call,
                                const msgpack_object *params, uint32_t max,
                                uint32_t *n)
{
    gale_str bytes = unpack_str(unpack_key(params, "hashes"));
    copies_hash *hashes;

    *n = (uint32_t)(bytes.size / DIGEST_BYTES);
    if (bytes.size % DIGEST_BYTES != 0 || bytes.size / DIGEST_BYTES > max) {
        rpc_fail(call, RPC_BAD_REQUEST,
                 "expected \"hashes\" of %u bytes each, %u at most",
                 DIGEST_BYTES, max);
        return NULL;
    }
    hashes = xcalloc(*n, sizeof(*hashes));
    for (uint32_t i = 0; i < *n; i++) {
        struct digest digest;

        memcpy(digest.bytes, bytes.data + (size_t)i * DIGEST_BYTES,
               DIGEST_BYTES);
        digest_hex(&digest, hashes[i]);
    }
    return hashes;
}

/* -- who holds what is sought ---------------------------------------------- */

static void told_what_it_holds(void *arg, const struct rpc_result *result)
{
    struct question *q = arg;
    struct copies *c = q->copies;
    gale_str bits = {NULL, 0};

    if (result->outcome == RPC_OK)
        bits = unpack_str(unpack_key(result->value, "have"));
    for (uint32_t i = 0; i < q->n && i / 8 < bits.size; i++)
        if (((uint8_t)bits.data[i / 8] & (1u << i % 8)) != 0)
            copies_step(c,
                        &(struct replication_event){.kind = REPLICATION_HOLDS,
                                                    .nimbus = q->peer,
                                                    .hash = q->hashes[i]});
    question_free(q);
}

/* It is asked one thing at a time. */
static bool is_asked(const struct copies *c, uint32_t peer)
{
    for (const struct question *q = c->questions; q != NULL; q = q->next)
        if (q->peer == peer && q->submission == 0)
            return true;
    return false;
}

static uint32_t count_sought(const struct copies *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < c->replication.n_files; i++)
        n += replication_is_sought(&c->replication, &c->replication.files[i]);
    return n < COPIES_ASKED_MAX ? n : COPIES_ASKED_MAX;
}

static void ask_what_it_holds(struct copies *c, uint32_t peer, uint32_t n)
{
    struct question *q = question_new(c, peer, n);

    for (uint32_t i = 0; i < c->replication.n_files && q->n < n; i++) {
        const struct replication_file *f = &c->replication.files[i];

        if (replication_is_sought(&c->replication, f))
            memcpy(q->hashes[q->n++], f->hash, sizeof(copies_hash));
    }
    copies_ask(c, "holds", q, HOLDS_SECS, told_what_it_holds);
}

static void ask_all(void *arg)
{
    struct copies *c = arg;
    uint32_t n = count_sought(c);

    for (uint32_t i = 0; i < PEERS_MAX && n > 0; i++)
        if (peers_is_up(c->peers, i) && !is_asked(c, i))
            ask_what_it_holds(c, i, n);
}

static void ask_soon(struct copies *c)
{
    if (c->ask.at == 0 && !c->over)
        loop_timer_set(c->options.loop, &c->ask, now_of(c), ask_all, c);
}

void copies_method_holds(struct copies *c, struct rpc_call *call,
                         const msgpack_object *params)
{
    uint32_t n;
    copies_hash *hashes =
        copies_take_hashes(call, params, COPIES_ASKED_MAX, &n);
    struct pack result;
    uint8_t *bits;

    if (hashes == NULL)
        return;
    bits = xcalloc(n / 8 + 1, 1);
    for (uint32_t i = 0; i < n; i++)
        if (copies_has(c, hashes[i]))
            bits[i / 8] |= (uint8_t)(1u << i % 8);
    pack_init(&result);
    pack_map(&result, 1);
    pack_key_bytes(&result, "have", bits, n / 8 + 1);
    rpc_reply(call, &result);
    pack_free(&result);
    free(bits);
    free(hashes);
}

static void tell_lacking(struct copies *c)
{
    if (c->replication.topologies_known)
        c->options.lacks(c->options.arg, copies_lacking(c));
}

/* -- what is carried out --------------------------------------------------- */

static void fetched(void *arg, const char *failed, enum file_fetch_end end)
{
    struct fetching *f = arg;
    struct copies *c = f->copies;
    struct replication_event event = {
        .kind = failed == NULL ? REPLICATION_FETCHED : REPLICATION_FAILED};
    uint32_t from = f->from;
    copies_hash hash;

    memcpy(hash, f->hash, sizeof(hash));
    event.hash = hash;
    file_fetch_free(f->fetch);
    f->fetch = NULL;
    if (failed != NULL)
        log_warn(c->options.log, "files",
                 "%.12s… cannot be fetched from %s: %s", hash,
                 peers_record(c->peers, from)->address, failed);
    else
        log_info(c->options.log, "files", "%.12s… is here, from %s", hash,
                 peers_record(c->peers, from)->address);
    copies_step(c, &event);
    if (end == FILE_NOT_THERE)
        copies_step(c, &(struct replication_event){.kind = REPLICATION_LACKS,
                                                   .nimbus = from,
                                                   .hash = hash});
    copies_look_at_copyings(c);
    tell_lacking(c);
}

static struct fetching *free_fetching(struct copies *c)
{
    for (uint32_t i = 0; i < REPLICATION_FETCHES_MAX; i++)
        if (c->fetching[i].fetch == NULL)
            return &c->fetching[i];
    check(false);
    return NULL;
}

/* Later, if it cannot begin: no step within a step. */
static void fetch(struct copies *c, const struct replication_action *a)
{
    struct fetching *f = free_fetching(c);
    struct digest digest = hash_digest(a->hash);

    f->from = a->from;
    memcpy(f->hash, a->hash, sizeof(f->hash));
    f->fetch = file_fetch_begin(peers_client(c->peers, a->from),
                                c->options.store, &digest, fetched, f);
}

static void remove_file(struct copies *c, const char *hash)
{
    struct digest digest = hash_digest(hash);

    log_info(c->options.log, "files",
             "%.12s… is removed: no topology names it any longer", hash);
    file_checks_forget(c->checks, &digest);
    store_remove(c->options.store, &digest);
}

static void perform(struct copies *c, const struct replication_action *a)
{
    switch (a->kind) {
    case REPLICATION_FETCH:
        fetch(c, a);
        break;
    case REPLICATION_REMOVE:
        remove_file(c, a->hash);
        break;
    case REPLICATION_STORED:
        copies_stored(c, a);
        break;
    }
}

static void time_has_come(void *arg)
{
    copies_step(arg, &(struct replication_event){.kind = REPLICATION_TICK});
}

/* A list of its own, since an action may lead to another step. */
void copies_step(struct copies *c, const struct replication_event *event)
{
    struct replication_actions actions = {0};

    replication_step(&c->replication, event, now_of(c), &actions);
    for (uint32_t i = 0; i < actions.n; i++)
        perform(c, &actions.list[i]);
    free(actions.list);
    if (!c->over)
        loop_timer_set(c->options.loop, &c->due,
                       replication_due(&c->replication), time_has_come, c);
}

/* -- what is in the store -------------------------------------------------- */

/* From before this process began: until it was looked at, it is believed. */
static void is_old(void *arg, const struct digest *hash)
{
    file_checks_add(((struct copies *)arg)->checks, hash);
}

/* It is no longer said to be held here, and is sought like any other. */
static void lost(void *arg, const struct digest *digest)
{
    struct copies *c = arg;
    copies_hash hash;

    digest_hex(digest, hash);
    copies_step(c, &(struct replication_event){.kind = REPLICATION_LACKS,
                                               .nimbus = PEERS_ME,
                                               .hash = hash});
    tell_lacking(c);
    ask_soon(c);
}

void copies_fetched_from(struct copies *c, const msgpack_object *params)
{
    gale_str text = unpack_str(unpack_key(params, "hash"));
    struct digest digest;
    copies_hash hash;

    if (c->over || unpack_uint(unpack_key(params, "offset"), 0) > 0 ||
        !digest_read_hex(text.data, text.size, &digest))
        return;
    digest_hex(&digest, hash);
    if (replication_is_here(&c->replication, hash))
        file_checks_add(c->checks, &digest);
}

void copies_uploaded(struct copies *c)
{
    c->uploaded = true;
}

void copies_touch(struct copies *c, const struct digest *digest)
{
    copies_hash hash;

    digest_hex(digest, hash);
    if (store_has(c->options.store, digest, NULL))
        copies_step(c, &(struct replication_event){.kind = REPLICATION_HOLDS,
                                                   .nimbus = PEERS_ME,
                                                   .hash = hash});
}

/* -- what is told ---------------------------------------------------------- */

static void tell_alive(struct copies *c, uint64_t alive)
{
    c->alive = alive;
    copies_step(c, &(struct replication_event){
                       .kind = REPLICATION_NIMBUSES,
                       .alive = alive,
                       .leader = peers_number(c->peers, c->leader),
                   });
}

static void peers_are_others(void *arg)
{
    struct copies *c = arg;

    tell_alive(c, peers_alive(c->peers));
}

/* It is forgotten before its number is given out again, and nothing is fetched
 * from it any more. */
static void peer_gone(void *arg, uint32_t peer)
{
    struct copies *c = arg;

    tell_alive(c, c->alive & ~(UINT64_C(1) << peer));
    copies_peer_gone(c, peer);
    for (uint32_t i = 0; i < REPLICATION_FETCHES_MAX; i++)
        if (c->fetching[i].fetch != NULL && c->fetching[i].from == peer)
            fetched(&c->fetching[i], "it is no nimbus any more", false);
}

/* Whether it is connected. */
static void note_leader(struct copies *c)
{
    uint32_t leader = peers_number(c->peers, c->leader);

    if (leader == PEERS_NOBODY || !peers_is_up(c->peers, leader))
        return;
    c->leader_up = true;
    c->leader_silent = INT64_MAX;
}

static void peer_up(void *arg, uint32_t peer)
{
    struct copies *c = arg;

    (void)peer;
    note_leader(c);
    ask_soon(c);
}

static void peer_down(void *arg, uint32_t peer)
{
    struct copies *c = arg;

    if (peer != peers_number(c->peers, c->leader) || !c->leader_up)
        return;
    c->leader_up = false;
    c->leader_silent = now_of(c);
}

static void names_read(void *arg, const char *const *hashes, uint32_t n,
                       bool all, uint64_t look)
{
    struct copies *c = arg;

    store_expire(c->options.store, now_of(c) - UPLOAD_REST_NS);
    if (c->uploaded)
        copies_look_through_store(c);
    copies_step(c, &(struct replication_event){.kind = REPLICATION_TOPOLOGIES,
                                               .hashes = hashes,
                                               .n_hashes = n});
    if (!all) /* there may be more that are needed */
        copies_step(c, &(struct replication_event){.kind = REPLICATION_AWAY});
    copies_looked(c, look);
    ask_soon(c);
    c->options.lacks(c->options.arg, copies_lacking(c));
}

void copies_zookeeper(struct copies *c, bool away)
{
    if (away) {
        copies_step(c, &(struct replication_event){.kind = REPLICATION_AWAY});
        return;
    }
    peers_look(c->peers);
    named_files_look(c->named);
}

void copies_leader(struct copies *c, const char *id)
{
    if (strcmp(c->leader, id != NULL ? id : "") == 0)
        return;
    snprintf(c->leader, sizeof(c->leader), "%s", id != NULL ? id : "");
    c->leader_up = false;
    c->leader_silent = INT64_MAX;
    note_leader(c);
    copies_give_up(c, "another nimbus leads now");
    tell_alive(c, c->alive);
}

int64_t copies_leader_silent(const struct copies *c)
{
    return c->leader_silent;
}

/* -- the whole ------------------------------------------------------------- */

static struct peers *watch_peers(struct copies *c)
{
    const struct peers_options options = {
        .loop = c->options.loop,
        .log = c->options.log,
        .zookeeper = c->options.zookeeper,
        .me = c->options.me,
        .identity = c->options.identity,
        .arg = c,
        .changed = peers_are_others,
        .gone = peer_gone,
        .up = peer_up,
        .down = peer_down,
    };

    return peers_new(&options);
}

static struct named_files *watch_names(struct copies *c)
{
    const struct named_files_options options = {
        .loop = c->options.loop,
        .zookeeper = c->options.zookeeper,
        .log = c->options.log,
        .records_key = c->options.records_key,
        .arg = c,
        .read = names_read,
    };

    return named_files_new(&options);
}

static struct file_checks *check_files(struct copies *c)
{
    const struct file_checks_options options = {
        .loop = c->options.loop,
        .log = c->options.log,
        .store = c->options.store,
        .arg = c,
        .lost = lost,
    };

    return file_checks_new(&options);
}

struct copies *copies_new(const struct copies_options *options)
{
    struct copies *c = xcalloc(1, sizeof(*c));

    c->options = *options;
    c->leader_silent = INT64_MAX;
    replication_init(&c->replication, PEERS_ME, options->delay_ns);
    c->peers = watch_peers(c);
    c->named = watch_names(c);
    c->checks = check_files(c);
    for (uint32_t i = 0; i < REPLICATION_FETCHES_MAX; i++)
        c->fetching[i].copies = c;
    tell_alive(c, peers_alive(c->peers));
    copies_look_through_store(c);
    store_each(options->store, is_old, c);
    return c;
}

void copies_end(struct copies *c)
{
    if (c == NULL)
        return;
    copies_give_up(c, "this nimbus ends");
    c->over = true;
    for (uint32_t i = 0; i < REPLICATION_FETCHES_MAX; i++) {
        file_fetch_free(c->fetching[i].fetch);
        c->fetching[i].fetch = NULL;
    }
    file_checks_free(c->checks);
    c->checks = NULL;
    loop_timer_clear(&c->due);
    loop_timer_clear(&c->ask);
    loop_timer_clear(&c->tick);
    peers_end(c->peers);
    named_files_end(c->named);
}

void copies_free(struct copies *c)
{
    if (c == NULL)
        return;
    peers_free(c->peers);
    named_files_free(c->named);
    while (c->questions != NULL)
        question_free(c->questions);
    replication_free(&c->replication);
    explicit_bzero(&c->options.identity, sizeof(c->options.identity));
    free(c);
}

uint32_t copies_lacking(const struct copies *c)
{
    return replication_lacking(&c->replication);
}

bool copies_has(const struct copies *c, const char *hash)
{
    struct digest digest = hash_digest(hash);

    return store_has(c->options.store, &digest, NULL);
}

uint32_t copies_count(const struct copies *c, const char *hash)
{
    return replication_copies(&c->replication, hash);
}
