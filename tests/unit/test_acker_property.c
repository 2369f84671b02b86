/*
 * test_acker_property.c - the acker against explicit trees.
 *
 * A world of spout tasks with their pending tables (pending.h), of tuples under
 * way, and of acks and fails on their way home, in which everything happens in
 * random order: messages are emitted to none, one or several tasks; bolts take
 * one to three tuples, make new ones anchored to any of them, and ack or fail
 * what they took; tuples share their place in a tree, and part with it; tuples
 * get lost; acks travel on with what was made, are folded, overtake each other,
 * and come late; time passes. Beside each message the model keeps its tree:
 * which tuples were made, and which are acked.
 *
 * In half of the worlds bolts form cycles, and each execution draws its edge.
 * In the others a bolt makes tuples only for later ones, and all that it makes
 * has the same edge.
 *
 * A message is acked if and only if its whole tree is, it ends once, and all
 * that were emitted are acked, failed, timed out or pending.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "tests/support/topology_run.h"
#include "worker/pending.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPOUTS = 3,
    STEPS = 6000,
    LINKS_MAX = 16 * STEPS,
    ANCHORS_MAX = 12, /* of one tuple */
    BOLTS = 40,       /* one after the other, if there are no cycles */
    TIMEOUT = 2000,
};

enum outcome { OPEN, ACKED, FAILED, TIMED_OUT };

struct message {
    uint32_t spout;
    uint64_t seq;
    int64_t emitted;
    enum outcome outcome;
    uint32_t uneven; /* links made more or less often than acked, as far as the
                        spout has heard */
    bool fails;      /* a tuple of it did */
};

/* What a spout is to hear: that links were made, or acked. */
struct news {
    uint32_t n;
    struct said {
        uint32_t link;
        int32_t made; /* 1, or -1: acked */
    } * said;
};

/* A tuple's place in the tree of one message, or that of several tuples. */
struct link {
    uint32_t message;
    uint32_t maker; /* bolt; 0: the spout */
    uint32_t left;  /* tuples that are not executed */
    bool acked;
    uint64_t edge;
    int32_t balance;     /* made less acked, as far as the spout has heard */
    struct news carried; /* acks that travel with it */
};

struct tuple_on_way {
    uint32_t n;
    uint32_t links[ANCHORS_MAX];
};

/* An ack or a fail that has not arrived. */
struct record {
    uint32_t message;
    bool fail;
    uint64_t value;
    uint32_t maker; /* of what is made from the tuple that it is about … */
    uint64_t edge;  /* … with this edge */
    uint32_t link;  /* that tuple's */
    struct news news;
};

struct world {
    struct random random;
    int64_t now;
    struct pending pending[SPOUTS];
    struct message *messages;
    uint32_t n_messages;
    struct link *links;
    uint32_t n_links;
    struct tuple_on_way *tuples;
    uint32_t n_tuples;
    struct record *records;
    uint32_t n_records;
    bool cyclic;
    uint64_t edges[BOLTS + 1]; /* if not, of each bolt */
    bool may_lose; /* tuples and acks get lost, so that messages time out */
};

static uint32_t chance(struct world *w, uint32_t n)
{
    return (uint32_t)(random_next(&w->random) % n);
}

static void say(struct news *news, uint32_t link, int32_t made)
{
    news->said = realloc(news->said, (news->n + 1) * sizeof(*news->said));
    assert_non_null(news->said);
    news->said[news->n++] = (struct said){link, made};
}

/* All that `from` has to say, which is nothing from here on. */
static void say_all(struct news *to, struct news *from)
{
    for (uint32_t i = 0; i < from->n; i++)
        say(to, from->said[i].link, from->said[i].made);
    free(from->said);
    *from = (struct news){0};
}

static uint32_t new_link(struct world *w, uint32_t message, uint32_t maker,
                         uint64_t edge)
{
    struct link *l = &w->links[w->n_links];

    assert_true(w->n_links < LINKS_MAX);
    l->message = message;
    l->maker = maker;
    l->left = 1;
    l->edge = edge;
    return w->n_links++;
}

static uint64_t new_edge(struct world *w)
{
    return random_next(&w->random) | 1;
}

/* The model hears of one more made or acked tuple. */
static void hear(struct world *w, uint32_t link, int32_t made)
{
    struct link *l = &w->links[link];
    struct message *m = &w->messages[l->message];

    m->uneven -= l->balance != 0;
    l->balance += made;
    m->uneven += l->balance != 0;
}

static void end_message(struct world *w, const struct pending_entry *e,
                        enum outcome outcome)
{
    struct message *m = &w->messages[e->id.lo];

    assert_int_equal(m->outcome, OPEN); /* never twice */
    assert_false(outcome == ACKED && m->fails);
    assert_int_equal(e->seq, m->seq);
    assert_int_equal(e->emitted, m->emitted);
    m->outcome = outcome;
}

/* -- what happens ---------------------------------------------------------- */

static void emit_message(struct world *w)
{
    uint32_t number = w->n_messages++, n = chance(w, 4), spout;
    struct message *m = &w->messages[number];
    struct pending_entry *e, out;

    spout = chance(w, SPOUTS);
    e = pending_add(&w->pending[spout], (gale_msgid){spout, number}, w->now);
    *m = (struct message){.spout = spout, .seq = e->seq, .emitted = w->now};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t link = new_link(w, number, 0, PENDING_EDGE);

        e->sum -= PENDING_EDGE;
        hear(w, link, 1);
        w->tuples[w->n_tuples++] =
            (struct tuple_on_way){.n = 1, .links = {link}};
    }
    if (e->sum == 0) { /* nobody takes it */
        pending_settle(&w->pending[spout], e, &out);
        end_message(w, &out, ACKED);
    }
}

static struct tuple_on_way take_tuple(struct world *w)
{
    uint32_t i = chance(w, w->n_tuples);
    struct tuple_on_way t = w->tuples[i];

    w->tuples[i] = w->tuples[--w->n_tuples];
    return t;
}

static struct record *new_record(struct world *w, uint32_t link, bool failed)
{
    struct record *r = &w->records[w->n_records++];

    *r = (struct record){
        .message = w->links[link].message, .fail = failed, .link = link};
    return r;
}

/* A tuple that is kept parts with those that share its link. */
static uint32_t own_link(struct world *w, uint32_t shared)
{
    uint64_t edge = new_edge(w);
    struct link *l = &w->links[shared];
    uint32_t own = new_link(w, l->message, l->maker, edge);

    l->left--;
    l->edge -= edge;
    say(&l->carried, own, 1);
    return own;
}

/* Records, which say nothing yet, of a tuple that a bolt took. */
static void take_links(struct world *w, struct tuple_on_way *t, uint32_t bolt,
                       struct record **records)
{
    for (uint32_t i = 0; i < t->n; i++) {
        if (w->links[t->links[i]].left > 1 && chance(w, 4) == 0)
            t->links[i] = own_link(w, t->links[i]);
        w->links[t->links[i]].left--;
        records[i] = new_record(w, t->links[i], false);
        records[i]->maker = bolt;
        records[i]->edge = w->cyclic ? new_edge(w) : w->edges[bolt];
    }
}

/* The ack travels on with a tuple of the same message that is not sent yet, or
 * waits for those that share the link. The record that is left says nothing. */
static void carry(struct world *w, struct record *r, uint32_t link)
{
    assert_int_equal(w->links[link].message, r->message);
    w->links[link].edge += r->value;
    r->value = 0;
    say_all(&w->links[link].carried, &r->news);
}

/* What was made from the tuple is taken off its link, which may be shared. */
static void carry_on(struct world *w, const struct tuple_on_way *t,
                     struct record **records)
{
    for (uint32_t i = 0; i < t->n; i++)
        carry(w, records[i], t->links[i]);
}

/* The links that nobody shares any more are acked, with what they carry; a
 * link that several of the tuples taken had is acked by one of them. */
static void ack_links(struct world *w, const struct tuple_on_way *t,
                      struct record **records)
{
    for (uint32_t i = 0; i < t->n; i++) {
        struct link *l = &w->links[t->links[i]];

        if (l->left > 0 || l->acked)
            continue;
        l->acked = true;
        records[i]->value += l->edge;
        say(&records[i]->news, t->links[i], -1);
        say_all(&records[i]->news, &l->carried);
    }
}

/* May what is made from the tuple of r join the tuple made last? */
static bool may_share(struct world *w, const struct record *r)
{
    const struct tuple_on_way *last = &w->tuples[w->n_tuples - 1];
    const struct link *l;

    if (w->n_tuples == 0)
        return false;
    l = &w->links[last->links[0]];
    return last->n == 1 && l->message == r->message && l->maker == r->maker &&
           l->left > 0 && chance(w, 3) > 0;
}

static uint32_t make_link(struct world *w, struct record *r)
{
    uint32_t link = new_link(w, r->message, r->maker, r->edge);

    r->value -= r->edge;
    say(&r->news, link, 1);
    return link;
}

/* With one of the tuples made last, if there is one of the message. */
static void maybe_carry(struct world *w, struct record *r, uint32_t children)
{
    uint32_t n = children < w->n_tuples ? children : w->n_tuples;

    if (n == 0 || chance(w, 2) == 0)
        return;
    for (uint32_t i = w->n_tuples - n; i < w->n_tuples; i++)
        for (uint32_t k = 0; k < w->tuples[i].n; k++)
            if (w->links[w->tuples[i].links[k]].message == r->message) {
                carry(w, r, w->tuples[i].links[k]);
                return;
            }
}

/* The bolt that takes these: without cycles, a later one than made them. */
static uint32_t taker_of(struct world *w, const struct tuple_on_way *t,
                         uint32_t n)
{
    uint32_t bolt = 1;

    if (w->cyclic)
        return 1 + chance(w, BOLTS);
    for (uint32_t i = 0; i < n; i++)
        if (bolt <= w->links[t[i].links[0]].maker)
            bolt = w->links[t[i].links[0]].maker + 1;
    return bolt;
}

static void make_child(struct world *w, const struct tuple_on_way *inputs,
                       uint32_t n, struct record *records[][ANCHORS_MAX])
{
    struct tuple_on_way child = {.n = 0};

    if (n == 1 && inputs->n == 1 && may_share(w, records[0][0])) {
        child = w->tuples[w->n_tuples - 1];
        w->links[child.links[0]].left++;
    } else {
        for (uint32_t i = 0; i < n; i++) {
            if (chance(w, 3) == 0 || child.n + inputs[i].n > ANCHORS_MAX)
                continue; /* this one is no anchor */
            for (uint32_t k = 0; k < inputs[i].n; k++)
                child.links[child.n++] = make_link(w, records[i][k]);
        }
    }
    if (child.n > 0)
        w->tuples[w->n_tuples++] = child;
}

/* A bolt takes some tuples, makes some that are anchored to them, and acks. */
static void execute_some(struct world *w, struct tuple_on_way *inputs,
                         uint32_t n, uint32_t children)
{
    struct record *records[3][ANCHORS_MAX];
    uint32_t bolt = taker_of(w, inputs, n);

    for (uint32_t i = 0; i < n; i++)
        take_links(w, &inputs[i], bolt, records[i]);
    for (uint32_t c = 0; c < children && bolt < BOLTS; c++)
        make_child(w, inputs, n, records);
    for (uint32_t i = 0; i < n; i++)
        carry_on(w, &inputs[i], records[i]);
    for (uint32_t i = 0; i < n; i++)
        ack_links(w, &inputs[i], records[i]);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < inputs[i].n; k++)
            maybe_carry(w, records[i][k], children);
}

static void execute(struct world *w)
{
    struct tuple_on_way inputs[3];
    uint32_t n = 0, wanted = 1 + chance(w, 3);

    while (n < wanted && w->n_tuples > 0)
        inputs[n++] = take_tuple(w);
    execute_some(w, inputs, n, chance(w, 3));
}

static void fail_tuple(struct world *w)
{
    struct tuple_on_way t = take_tuple(w);

    for (uint32_t i = 0; i < t.n; i++) {
        if (w->links[t.links[i]].left > 1)
            t.links[i] = own_link(w, t.links[i]);
        w->messages[w->links[t.links[i]].message].fails = true;
        new_record(w, t.links[i], true);
        if (chance(w, 4) == 0)
            new_record(w, t.links[i], true); /* twice does no harm */
    }
}

/* -- what the spout hears -------------------------------------------------- */

static void hear_fail(struct world *w, const struct record *r)
{
    struct message *m = &w->messages[r->message];
    struct pending_entry out;
    enum pending_result result =
        pending_fail(&w->pending[m->spout], m->seq, &out);

    assert_int_equal(result,
                     m->outcome == OPEN ? PENDING_SETTLED : PENDING_UNKNOWN);
    if (result == PENDING_SETTLED)
        end_message(w, &out, FAILED);
}

static void hear_ack(struct world *w, const struct record *r)
{
    struct message *m = &w->messages[r->message];
    struct pending *p = &w->pending[m->spout];
    enum pending_result result, expected = PENDING_UNKNOWN;
    struct pending_entry *e, out;

    for (uint32_t i = 0; i < r->news.n; i++)
        hear(w, r->news.said[i].link, r->news.said[i].made);
    if (m->outcome == OPEN)
        expected = m->uneven == 0 ? PENDING_SETTLED : PENDING_OPEN;
    result = pending_ack(p, m->seq, r->value, &e);
    assert_int_equal(result, expected);
    if (result != PENDING_SETTLED)
        return;
    pending_settle(p, e, &out);
    end_message(w, &out, ACKED);
}

/* Any one arrives, whichever was sent first. */
static void deliver(struct world *w)
{
    uint32_t i = chance(w, w->n_records);
    struct record r = w->records[i];

    w->records[i] = w->records[--w->n_records];
    if (r.fail)
        hear_fail(w, &r);
    else
        hear_ack(w, &r);
    free(r.news.said);
}

/* Two acks of one message become one, as carriers do. */
static void fold(struct world *w)
{
    struct record *a = &w->records[chance(w, w->n_records)], *b;
    uint32_t i = chance(w, w->n_records);

    b = &w->records[i];
    if (a == b || a->fail || b->fail || a->message != b->message)
        return;
    a->value += b->value;
    say_all(&a->news, &b->news);
    w->records[i] = w->records[--w->n_records];
}

static void lose(struct world *w)
{
    if (w->n_tuples > 0 && chance(w, 2) == 0) {
        take_tuple(w);
    } else if (w->n_records > 0) {
        uint32_t i = chance(w, w->n_records);

        free(w->records[i].news.said);
        w->records[i] = w->records[--w->n_records];
    }
}

/* The whole ring is looked at once per TIMEOUT / 8. */
static void pass_time(struct world *w)
{
    int64_t step = TIMEOUT / 64;

    w->now += step;
    for (uint32_t s = 0; s < SPOUTS; s++) {
        uint32_t slots = w->pending[s].capacity / 8 + 1;
        struct pending_entry out;

        while (pending_expire(&w->pending[s], w->now - TIMEOUT, &slots, &out)) {
            assert_true(w->now - out.emitted >= TIMEOUT);
            assert_int_equal(out.id.hi, s);
            end_message(w, &out, TIMED_OUT);
        }
    }
}

/* -- runs ------------------------------------------------------------------ */

static void balance(struct world *w)
{
    uint32_t counts[4] = {0}, pending = 0;

    for (uint32_t i = 0; i < w->n_messages; i++)
        counts[w->messages[i].outcome]++;
    for (uint32_t s = 0; s < SPOUTS; s++)
        pending += w->pending[s].n;
    assert_int_equal(counts[OPEN], pending);
    assert_int_equal(w->n_messages, counts[ACKED] + counts[FAILED] +
                                        counts[TIMED_OUT] + pending);
}

static void step(struct world *w)
{
    uint32_t what = chance(w, 100);

    if (what < 15)
        emit_message(w);
    else if (what < 45 && w->n_tuples > 0)
        execute(w);
    else if (what < 47 && w->n_tuples > 0)
        fail_tuple(w);
    else if (what < 85 && w->n_records > 0)
        deliver(w);
    else if (what < 90 && w->n_records > 1)
        fold(w);
    else if (what < 92 && w->may_lose)
        lose(w);
    else if (what < 93)
        pass_time(w);
}

/* Everything under way comes to its end; then whatever is open times out. */
static void come_to_an_end(struct world *w)
{
    while (w->n_tuples > 0 || w->n_records > 0) {
        if (w->n_records > 0)
            deliver(w);
        if (w->n_tuples > 0) {
            struct tuple_on_way t = take_tuple(w);

            execute_some(w, &t, 1, 0);
        }
    }
    balance(w);
    if (!w->may_lose)
        for (uint32_t s = 0; s < SPOUTS; s++)
            assert_int_equal(w->pending[s].n, 0);
    for (int i = 0; i < 80; i++) /* T, and 1.125 T at the latest */
        pass_time(w);
    balance(w);
    for (uint32_t s = 0; s < SPOUTS; s++)
        assert_int_equal(w->pending[s].n, 0);
}

static void run_world(uint64_t seed, bool may_lose)
{
    struct world *w = calloc(1, sizeof(*w));

    random_seed(&w->random, seed);
    w->may_lose = may_lose;
    w->cyclic = seed % 2 == 1;
    for (uint32_t i = 0; i <= BOLTS; i++)
        w->edges[i] = new_edge(w);
    w->messages = calloc(STEPS, sizeof(*w->messages));
    w->links = calloc(LINKS_MAX, sizeof(*w->links));
    w->tuples = calloc(LINKS_MAX, sizeof(*w->tuples));
    w->records = calloc(LINKS_MAX, sizeof(*w->records));
    for (uint32_t s = 0; s < SPOUTS; s++)
        pending_init(&w->pending[s], random_next(&w->random));
    for (int i = 0; i < STEPS; i++)
        step(w);
    balance(w);
    come_to_an_end(w);
    for (uint32_t s = 0; s < SPOUTS; s++)
        pending_fini(&w->pending[s]);
    for (uint32_t i = 0; i < w->n_links; i++)
        free(w->links[i].carried.said);
    free(w->messages);
    free(w->links);
    free(w->tuples);
    free(w->records);
    free(w);
}

static uint64_t base_seed;

static int choose_seed(void **state)
{
    (void)state;
    base_seed = topology_run_seed("build/release/tests/unit/"
                                  "test_acker_property");
    return 0;
}

static void a_message_is_acked_when_its_tree_is_and_ends_once(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 300; i++)
        run_world(base_seed + i, false);
}

static void what_is_lost_on_the_way_times_out(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 300; i++)
        run_world(base_seed + i, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_acked_when_its_tree_is_and_ends_once),
        cmocka_unit_test(what_is_lost_on_the_way_times_out),
    };

    return cmocka_run_group_tests(tests, choose_seed, NULL);
}
