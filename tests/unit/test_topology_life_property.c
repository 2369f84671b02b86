/*
 * test_topology_life_property.c - commands and events in any order: the record
 * makes sense, the next leader does as the last one did, and nothing waits for
 * longer than it was asked to.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "nimbus/topology_life.h"
#include "tests/support/sample_topology.h"
#include <inttypes.h>
#include <string.h>

#define S INT64_C(1000000) /* us */
#define NOW (INT64_C(1700000000) * S)

struct life {
    uint64_t seed;
    struct random random;
    struct topology_record record;
    bool runs;
    int64_t now_us;
    int64_t must_go_at; /* since it was killed: never later */
};

#define must(life, condition)                                                  \
    do {                                                                       \
        if (!(condition))                                                      \
            fail_msg("seed %" PRIu64 ": %s", (life)->seed, #condition);        \
    } while (0)

static const struct digest key = {{7}};

static void pack_record(const struct topology_record *t, struct pack *p)
{
    gale_err error;

    pack_init(p);
    if (topology_record_pack(t, &key, p, &error))
        fail_msg("%s", error.text);
}

static bool is_same(const struct topology_record *a,
                    const struct topology_record *b)
{
    struct pack p, q;
    bool same;

    pack_record(a, &p);
    pack_record(b, &q);
    same = p.buffer.size == q.buffer.size &&
           memcmp(p.buffer.data, q.buffer.data, p.buffer.size) == 0;
    pack_free(&p);
    pack_free(&q);
    return same;
}

static void look_at_record(struct life *l)
{
    const struct topology_record *t = &l->record;
    bool delayed =
        t->status == TOPOLOGY_KILLED || t->status == TOPOLOGY_REBALANCING;

    must(l, (t->action != TOPOLOGY_STAY) == delayed);
    must(l, t->status == TOPOLOGY_REBALANCING || t->wish_conf == NULL);
    must(l, t->status == TOPOLOGY_REBALANCING || t->wish_workers == 0);
    must(l, t->workers >= 1);
}

/* The record is written, and read by the next leader: the same follows. */
static void change_leader(struct life *l, struct life_actions *actions)
{
    struct life_event event = {.kind = LIFE_TAKEN_OVER, .runs = l->runs};
    struct topology_record read;
    struct pack p;
    gale_err error;

    pack_record(&l->record, &p);
    must(l, topology_record_unpack(p.buffer.data, p.buffer.size, &key, &read,
                                   &error) == 0);
    pack_free(&p);
    topology_record_free(&l->record);
    l->record = read;
    topology_life_step(&l->record, &event, l->now_us, actions, NULL);
    must(l, !actions->write);
}

static struct life_event some_event(struct life *l, struct life_executors *wish)
{
    struct life_event event = {.runs = l->runs};

    event.kind =
        (enum life_event_kind)random_below(&l->random, LIFE_BEFORE_GONE + 1);
    event.wait_secs = (uint32_t)random_below(&l->random, 60);
    event.workers = (uint32_t)random_below(&l->random, 4);
    event.n_executors = (uint32_t)random_below(&l->random, 2);
    event.executors = wish;
    *wish =
        (struct life_executors){"c1", (uint32_t)random_below(&l->random, 7)};
    if (random_below(&l->random, 3) == 0)
        event.conf = "{}";
    return event;
}

/* As the caller does: a copy is stepped, and taken over. */
static bool take_step(struct life *l)
{
    struct life_executors wish;
    struct life_event event = some_event(l, &wish);
    struct topology_record next;
    struct life_actions actions, again;
    gale_err error;
    int refused;

    l->now_us += (int64_t)random_below(&l->random, 8 * S);
    topology_record_copy(&l->record, &next);
    refused = topology_life_step(&next, &event, l->now_us, &actions, &error);
    must(l, refused == 0 || event.kind <= LIFE_REBALANCE);
    if (!actions.remove)
        must(l, actions.write || is_same(&l->record, &next));
    topology_record_free(&l->record);
    l->record = next;
    if (refused != 0)
        return true;
    l->runs |= actions.assign && event.kind != LIFE_ASSIGNED &&
               random_below(&l->random, 2) == 0;
    l->runs &= !actions.release;
    if (actions.remove)
        return false;
    look_at_record(l);
    change_leader(l, &again);
    must(l, again.spouts == actions.spouts || actions.release);
    if (actions.due_us != INT64_MAX)
        must(l, actions.due_us <= 60 * S && again.due_us == actions.due_us);
    if (l->record.status == TOPOLOGY_KILLED) {
        if (l->now_us + actions.due_us < l->must_go_at)
            l->must_go_at = l->now_us + actions.due_us;
        must(l, l->must_go_at <= l->now_us ||
                    l->now_us + actions.due_us <= l->must_go_at);
    }
    return true;
}

static void whatever_comes_the_record_makes_sense_and_no_wait_is_prolonged(
    void **state)
{
    uint32_t gone = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct life l = {.seed = seed,

                         .now_us = NOW,
                         .must_go_at = INT64_MAX};
        bool lives = true;

        sample_topology(&l.record, "words", 5, 3, 2, (const uint32_t[]){2, 5});
        l.record.status = seed % 2 == 0 ? TOPOLOGY_ACTIVE : TOPOLOGY_INACTIVE;
        random_seed(&l.random, seed);
        for (uint32_t i = 0; i < 40 && lives; i++)
            lives = take_step(&l);
        gone += !lives;
        topology_record_free(&l.record);
    }
    assert_true(gone > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            whatever_comes_the_record_makes_sense_and_no_wait_is_prolonged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
