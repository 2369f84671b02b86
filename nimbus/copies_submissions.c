/* copies_submissions.c - copies of what is submitted: of the leader, and of
 * those that it asks; see copies.h. */
#include "nimbus/copies_in.h"
#include "common/description.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define SECOND_NS INT64_C(1000000000)
#define HASHES_MAX (DESCRIPTION_FILES_MAX + 1) /* of one topology */
#define COPYINGS_MAX 64u
#define ASK_SECS 60      /* one answer takes so long; then it is asked again */
#define NEVER_ENOUGH 65u /* copies: more than there are nimbuses */

static copies_hash *hashes_of(const char *const *from, uint32_t n)
{
    copies_hash *hashes = xcalloc(n, sizeof(*hashes));

    for (uint32_t i = 0; i < n; i++)
        memcpy(hashes[i], from[i], sizeof(*hashes));
    return hashes;
}

static void step_submission(struct copies *c, uint64_t number, uint32_t leader,
                            const char *const *hashes, uint32_t n,
                            uint32_t copies, int64_t wait_secs)
{
    copies_step(c, &(struct replication_event){.kind = REPLICATION_SUBMIT,
                                               .submission = number,
                                               .leader = leader,
                                               .hashes = hashes,
                                               .n_hashes = n,
                                               .copies = copies,
                                               .wait_secs = wait_secs});
}

static void end_number(struct copies *c, uint64_t number)
{
    copies_step(c, &(struct replication_event){.kind = REPLICATION_SUBMITTED,
                                               .submission = number});
}

static void has(struct copies *c, uint32_t nimbus, const char *hash)
{
    copies_step(c, &(struct replication_event){.kind = REPLICATION_HOLDS,
                                               .nimbus = nimbus,
                                               .hash = hash});
}

/* -- of this nimbus, the leader -------------------------------------------- */

static struct submission_copies *find(struct copies *c, uint64_t number)
{
    struct submission_copies *s = c->submissions;

    while (s != NULL && s->number != number)
        s = s->next;
    return s;
}

static void copied(void *arg, const struct rpc_result *result)
{
    struct question *q = arg;
    struct copies *c = q->copies;
    struct submission_copies *s = find(c, q->submission);

    if (result->outcome == RPC_OK)
        for (uint32_t i = 0; i < q->n; i++)
            has(c, q->peer, q->hashes[i]);
    else if (s != NULL)
        s->asked &= ~(UINT64_C(1) << q->peer);
    question_free(q);
}

static void ask_for_copies(struct copies *c, struct submission_copies *s,
                           uint32_t peer)
{
    struct question *q = question_new(c, peer, s->n);

    s->asked |= UINT64_C(1) << peer;
    q->n = s->n;
    q->submission = s->number;
    memcpy(q->hashes, s->hashes, s->n * sizeof(*s->hashes));
    copies_ask(c, "copy", q, ASK_SECS, copied);
}

/* Those that come meanwhile are asked, too, and those that could not do it. */
static void tick(void *arg)
{
    struct copies *c = arg;
    bool waits = false;

    for (struct submission_copies *s = c->submissions; s != NULL; s = s->next) {
        if (s->stored || s->ended != 0)
            continue;
        waits = true;
        for (uint32_t i = 0; i < PEERS_MAX; i++)
            if ((s->asked & UINT64_C(1) << i) == 0 && peers_is_up(c->peers, i))
                ask_for_copies(c, s, i);
    }
    if (waits)
        loop_timer_set(c->options.loop, &c->tick,
                       loop_now(c->options.loop) + SECOND_NS, tick, c);
}

void copies_submit(struct copies *c, uint64_t number, const char *const *hashes,
                   uint32_t n, uint32_t copies, int64_t wait_secs)
{
    struct submission_copies *s = xcalloc(1, sizeof(*s));

    *s = (struct submission_copies){
        .next = c->submissions,
        .number = ++c->last_number,
        .outside = number,
        .n = n,
        .hashes = hashes_of(hashes, n),
        .wait_secs = wait_secs,
    };
    c->submissions = s;
    for (uint32_t i = 0; i < n; i++)
        if (copies_has(c, hashes[i]))
            has(c, PEERS_ME, hashes[i]);
    step_submission(c, s->number, PEERS_ME, hashes, n, copies, wait_secs);
    tick(c);
}

static void submission_free(struct copies *c, struct submission_copies *s)
{
    struct submission_copies **link = &c->submissions;

    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    free(s->hashes);
    free(s);
}

/* Its files are wanted until it was seen in ZooKeeper that they are. */
void copies_submitted(struct copies *c, uint64_t number)
{
    for (struct submission_copies *s = c->submissions; s != NULL; s = s->next)
        if (s->outside == number && s->ended == 0)
            s->ended = named_files_look(c->named);
}

void copies_looked(struct copies *c, uint64_t look)
{
    struct submission_copies *s = c->submissions, *next;

    for (; s != NULL; s = next) {
        next = s->next;
        if (s->ended == 0 || s->ended > look)
            continue;
        end_number(c, s->number);
        submission_free(c, s);
    }
}

/* -- of another nimbus ----------------------------------------------------- */

/* failed: NULL, or why its files are not here. */
static void end_copying(struct copies *c, struct copying *k, const char *failed)
{
    struct copying **link = &c->copyings;

    while (*link != k)
        link = &(*link)->next;
    *link = k->next;
    c->n_copyings--;
    if (failed == NULL)
        rpc_reply(k->call, NULL);
    else
        rpc_fail(k->call, RPC_UNABLE, "%s", failed);
    end_number(c, k->number);
    free(k->hashes);
    free(k);
}

static bool is_complete(const struct copies *c, const struct copying *k)
{
    for (uint32_t i = 0; i < k->n; i++)
        if (!replication_is_here(&c->replication, k->hashes[i]))
            return false;
    return true;
}

void copies_look_at_copyings(struct copies *c)
{
    struct copying *k = c->copyings, *next;

    for (; k != NULL; k = next) {
        next = k->next;
        if (is_complete(c, k))
            end_copying(c, k, NULL);
    }
}

static void begin_copying(struct copies *c, struct rpc_call *call,
                          uint32_t leader, copies_hash *hashes, uint32_t n,
                          int64_t wait_secs)
{
    struct copying *k = xcalloc(1, sizeof(*k));
    const char **list = xcalloc(n, sizeof(*list));

    *k = (struct copying){.next = c->copyings,
                          .number = ++c->last_number,
                          .call = call,
                          .n = n,
                          .hashes = hashes};
    c->copyings = k;
    c->n_copyings++;
    for (uint32_t i = 0; i < n; i++) {
        list[i] = hashes[i];
        has(c, leader, hashes[i]);
        if (copies_has(c, hashes[i]))
            has(c, PEERS_ME, hashes[i]);
    }
    step_submission(c, k->number, leader, list, n, NEVER_ENOUGH, wait_secs);
    free(list);
    copies_look_at_copyings(c);
}

void copies_method_copy(struct copies *c, struct rpc_call *call,
                        const msgpack_object *params)
{
    char *id = unpack_text(unpack_key(params, "nimbus"), RECORD_NAME_SIZE - 1);
    int64_t wait = unpack_int(unpack_key(params, "wait"), ASK_SECS);
    uint32_t leader = id == NULL ? PEERS_NOBODY : peers_number(c->peers, id);
    copies_hash *hashes;
    uint32_t n;

    free(id);
    hashes = copies_take_hashes(call, params, HASHES_MAX, &n);
    if (hashes == NULL)
        return;
    if (leader == PEERS_NOBODY || leader == PEERS_ME ||
        leader != c->replication.leader) {
        rpc_fail(call, RPC_UNABLE,
                 "who asks for copies does not lead, as far "
                 "as this nimbus knows");
    } else if (c->n_copyings >= COPYINGS_MAX) {
        rpc_fail(call, RPC_BUSY, "%u submissions are copied already",
                 COPYINGS_MAX);
    } else {
        begin_copying(c, call, leader, hashes, n,
                      wait < 0 || wait > ASK_SECS ? ASK_SECS : wait);
        return;
    }
    free(hashes);
}

/* -- both ------------------------------------------------------------------ */

void copies_stored(struct copies *c, const struct replication_action *a)
{
    struct submission_copies *s = find(c, a->submission);
    struct copying *k = c->copyings;

    if (s != NULL) {
        s->stored = true;
        c->options.stored(c->options.arg, s->outside, a->copies, a->enough);
        return;
    }
    while (k != NULL && k->number != a->submission)
        k = k->next;
    if (k != NULL)
        end_copying(c, k, "its files could not be fetched in time");
}

void copies_give_up(struct copies *c, const char *why)
{
    while (c->copyings != NULL)
        end_copying(c, c->copyings, why);
    while (c->submissions != NULL) {
        end_number(c, c->submissions->number);
        submission_free(c, c->submissions);
    }
}

void copies_peer_gone(struct copies *c, uint32_t peer)
{
    struct question *q = c->questions, *next;

    for (struct submission_copies *s = c->submissions; s != NULL; s = s->next)
        s->asked &= ~(UINT64_C(1) << peer);
    for (; q != NULL; q = next) {
        next = q->next;
        if (q->peer == peer)
            question_free(q);
    }
}
