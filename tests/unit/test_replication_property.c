/*
 * test_replication_property.c - files of several nimbuses that come and go:
 * nothing is removed that is needed, and when faults are over, all have what is
 * needed and nothing else.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "nimbus/replication.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S INT64_C(1000000000)

enum { DELAY = 300 };

/* The hash of file number i; a few are under way at a time. */
static const char *hash(uint32_t i)
{
    static char hashes[8][RECORD_HASH_SIZE];
    static uint32_t next;
    char *text = hashes[next++ % 8];

    snprintf(text, RECORD_HASH_SIZE, "%064x", i);
    return text;
}

static uint32_t number_of(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 16);
}

enum { N = 3, FILES = 6, TOPOLOGIES = 3 };

/* What is true: who has what, and which files topologies name. */
struct cluster {
    uint64_t seed;
    struct random random;
    int64_t now;
    struct nimbus_model {
        struct replication replication;
        bool alive;
        bool has[FILES];
        uint32_t fetching[FILES]; /* from + 1 */
    } nimbuses[N];
    bool named[FILES]; /* by topologies in ZooKeeper */
    bool submitted[FILES];
    bool may_go_on;
    uint32_t n_removed, n_fetched;
};

#define must(c, condition)                                                     \
    do {                                                                       \
        if (!(condition))                                                      \
            fail_msg("seed %" PRIu64 ": %s", (c)->seed, #condition);           \
    } while (0)

static uint32_t below(struct cluster *c, uint32_t n)
{
    return (uint32_t)random_below(&c->random, n);
}

static void tell_all(struct cluster *c, uint32_t from, uint32_t file, bool has);

static void step_nimbus(struct cluster *c, uint32_t i,
                        struct replication_event event)
{
    struct nimbus_model *n = &c->nimbuses[i];
    struct replication_actions actions = {0};

    replication_step(&n->replication, &event, c->now, &actions);
    for (uint32_t k = 0; k < actions.n; k++) {
        const struct replication_action *a = &actions.list[k];
        uint32_t file = number_of(a->hash);

        if (a->kind == REPLICATION_FETCH) {
            must(c, a->from != i && !n->has[file]);
            must(c, n->fetching[file] == 0);
            n->fetching[file] = a->from + 1;
        } else if (a->kind == REPLICATION_REMOVE) {
            must(c, n->has[file]);
            must(c, !c->named[file] && !c->submitted[file]);
            n->has[file] = false;
            c->n_removed++;
            tell_all(c, i, file, false);
        } else {
            c->may_go_on = true;
        }
    }
    free(actions.list);
}

static void tell_all(struct cluster *c, uint32_t from, uint32_t file, bool has)
{
    for (uint32_t i = 0; i < N; i++)
        if (i != from && c->nimbuses[i].alive)
            step_nimbus(c, i,
                        (struct replication_event){
                            .kind = has ? REPLICATION_HOLDS : REPLICATION_LACKS,
                            .nimbus = from,
                            .hash = hash(file)});
}

static void tell_nimbuses(struct cluster *c)
{
    uint64_t alive = 0;
    uint32_t leader = REPLICATION_NOBODY;

    for (uint32_t i = N; i-- > 0;)
        if (c->nimbuses[i].alive) {
            alive |= UINT64_C(1) << i;
            leader = i;
        }
    for (uint32_t i = 0; i < N; i++)
        if (c->nimbuses[i].alive)
            step_nimbus(c, i,
                        (struct replication_event){.kind = REPLICATION_NIMBUSES,
                                                   .alive = alive,
                                                   .leader = leader});
}

static void tell_topologies(struct cluster *c)
{
    char texts[FILES][RECORD_HASH_SIZE];
    const char *hashes[FILES];
    uint32_t n = 0;

    for (uint32_t i = 0; i < FILES; i++)
        if (c->named[i]) {
            memcpy(texts[n], hash(i), RECORD_HASH_SIZE);
            hashes[n] = texts[n];
            n++;
        }
    for (uint32_t i = 0; i < N; i++)
        if (c->nimbuses[i].alive)
            step_nimbus(
                c, i,
                (struct replication_event){.kind = REPLICATION_TOPOLOGIES,
                                           .hashes = hashes,
                                           .n_hashes = n});
}

/* It has its files still; the others are told, and tell it theirs. */
static void begin_nimbus(struct cluster *c, uint32_t i)
{
    struct nimbus_model *n = &c->nimbuses[i];

    n->alive = true;
    replication_init(&n->replication, i, DELAY * S);
    memset(n->fetching, 0, sizeof(n->fetching));
    tell_nimbuses(c);
    for (uint32_t k = 0; k < FILES; k++) {
        if (n->has[k])
            step_nimbus(c, i,
                        (struct replication_event){.kind = REPLICATION_HOLDS,
                                                   .nimbus = i,
                                                   .hash = hash(k)});
        for (uint32_t peer = 0; peer < N; peer++)
            if (c->nimbuses[peer].alive && c->nimbuses[peer].has[k])
                tell_all(c, peer, k, true);
    }
    tell_topologies(c);
}

static void end_nimbus(struct cluster *c, uint32_t i)
{
    uint32_t alive = 0;

    for (uint32_t k = 0; k < N; k++)
        alive += c->nimbuses[k].alive;
    if (!c->nimbuses[i].alive || alive < 2)
        return;
    c->nimbuses[i].alive = false;
    replication_free(&c->nimbuses[i].replication);
    memset(c->submitted, 0, sizeof(c->submitted));
    tell_nimbuses(c);
}

static void end_fetch(struct cluster *c, uint32_t i, uint32_t file, bool fails)
{
    struct nimbus_model *n = &c->nimbuses[i];
    uint32_t from = n->fetching[file];

    if (!n->alive || from == 0)
        return;
    n->fetching[file] = 0;
    fails |= !c->nimbuses[from - 1].alive || !c->nimbuses[from - 1].has[file];
    n->has[file] |= !fails;
    c->n_fetched += !fails;
    step_nimbus(c, i,
                (struct replication_event){.kind = fails ? REPLICATION_FAILED
                                                         : REPLICATION_FETCHED,
                                           .hash = hash(file)});
    if (!fails)
        tell_all(c, i, file, true);
}

static uint32_t leader_of(const struct cluster *c)
{
    for (uint32_t i = 0; i < N; i++)
        if (c->nimbuses[i].alive)
            return i;
    return REPLICATION_NOBODY;
}

/* Announced to all, given to the leader, and a topology when it is stored. */
static void submit(struct cluster *c, uint32_t file)
{
    char text[RECORD_HASH_SIZE];
    const char *hashes[] = {text};
    uint32_t leader = leader_of(c);

    memcpy(text, hash(file), sizeof(text));
    c->submitted[file] = true;
    c->may_go_on = false;
    for (uint32_t i = N; i-- > 0;)
        if (c->nimbuses[i].alive)
            step_nimbus(c, i,
                        (struct replication_event){.kind = REPLICATION_SUBMIT,
                                                   .submission = file,
                                                   .leader = leader,
                                                   .hashes = hashes,
                                                   .n_hashes = 1,
                                                   .copies = 1,
                                                   .wait_secs = -1});
    c->nimbuses[leader].has[file] = true;
    step_nimbus(c, leader,
                (struct replication_event){
                    .kind = REPLICATION_HOLDS, .nimbus = leader, .hash = text});
    tell_all(c, leader, file, true);
    must(c, c->may_go_on);
    c->named[file] = true;
    tell_topologies(c);
    for (uint32_t i = 0; i < N; i++)
        if (c->nimbuses[i].alive)
            step_nimbus(c, i,
                        (struct replication_event){
                            .kind = REPLICATION_SUBMITTED, .submission = file});
    c->submitted[file] = false;
}

static void tick_all(struct cluster *c, int64_t ns)
{
    c->now += ns;
    for (uint32_t i = 0; i < N; i++)
        if (c->nimbuses[i].alive &&
            replication_due(&c->nimbuses[i].replication) <= c->now)
            step_nimbus(c, i,
                        (struct replication_event){.kind = REPLICATION_TICK});
}

static void something_happens(struct cluster *c)
{
    uint32_t i = below(c, N), file = below(c, FILES);

    switch (below(c, 7)) {
    case 0:
        if (c->nimbuses[i].alive)
            end_nimbus(c, i);
        else
            begin_nimbus(c, i);
        break;
    case 1:
        submit(c, file);
        break;
    case 2:
        c->named[file] = false; /* the topology has gone */
        tell_topologies(c);
        break;
    case 3:
        if (c->nimbuses[i].alive)
            step_nimbus(c, i,
                        (struct replication_event){.kind = REPLICATION_AWAY});
        tell_topologies(c);
        break;
    case 4:
        tick_all(c, (int64_t)below(c, 200) * S);
        break;
    default:
        end_fetch(c, i, file, below(c, 3) == 0);
        break;
    }
}

/* All are back, and nothing fails any longer. */
static void heal(struct cluster *c)
{
    for (uint32_t i = 0; i < N; i++)
        if (!c->nimbuses[i].alive)
            begin_nimbus(c, i);
    tell_topologies(c);
    for (uint32_t round = 0; round < 200; round++) {
        for (uint32_t i = 0; i < N; i++)
            for (uint32_t file = 0; file < FILES; file++)
                end_fetch(c, i, file, false);
        tick_all(c, 10 * S);
    }
}

static void all_get_what_is_needed_and_nothing_else_stays(void **state)
{
    uint32_t removed = 0, fetched = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct cluster c = {.seed = seed, .now = 1000 * S};
        bool anywhere[FILES] = {false};

        random_seed(&c.random, seed);
        for (uint32_t i = 0; i < N; i++)
            begin_nimbus(&c, i);
        for (uint32_t i = 0; i < 200; i++)
            something_happens(&c);
        for (uint32_t i = 0; i < N; i++)
            for (uint32_t file = 0; file < FILES; file++)
                anywhere[file] |= c.nimbuses[i].has[file];
        heal(&c);
        for (uint32_t i = 0; i < N; i++) {
            for (uint32_t file = 0; file < FILES; file++)
                must(&c, c.nimbuses[i].has[file] ==
                             (c.named[file] && anywhere[file]));
            must(&c, replication_due(&c.nimbuses[i].replication) == INT64_MAX);
            replication_free(&c.nimbuses[i].replication);
        }
        removed += c.n_removed;
        fetched += c.n_fetched;
    }
    print_message("files fetched %u, removed %u\n", fetched, removed);
    assert_true(removed > 2000 && fetched > 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_get_what_is_needed_and_nothing_else_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
