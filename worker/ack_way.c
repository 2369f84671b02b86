/* ack_way.c - the way of the acks, from the bolts' carriers to the spouts'; see
 * carrier.h. */
#include "common/check.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/link.h"
#include "worker/pending.h"
#include "worker/spout_messages.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

static uint64_t id_of(const struct worker *w, uint64_t root)
{
    uint64_t id = root >> PENDING_SEQ_BITS;

    check(id >= 1 && id <= w->n_tasks);
    return id;
}

static const struct ack_home *home_of(const struct worker *w, uint64_t root)
{
    /* Pairs with who sets it (moving.c): the spout has left its carrier then,
     * and all of it is to be seen by the next one. */
    return atomic_load_explicit(&w->homes[id_of(w, root)],
                                memory_order_acquire);
}

/* One that is here. */
static struct task *spout_of(const struct worker *w, uint64_t root)
{
    return w->tasks[id_of(w, root)];
}

void carrier_mail(struct carrier *to, struct ack_batch *b)
{
    inbox_push(&to->mail, &b->node); /* it is the receiver's now */
    carrier_wake(to);
}

static void send_batch(struct carrier *c, uint32_t i)
{
    struct ack_batch *b = c->batches[i];
    struct carrier *to = b->to->carrier;

    check(i < c->n_batches && b->to != &c->home && b->n > 0);

    c->batches[i] = c->batches[--c->n_batches];
    FAULT_POINT("acks_sent");
    if (__builtin_expect(c->worker->watcher == NULL, 1) ||
        c->worker->watcher->takes_acks == NULL ||
        !c->worker->watcher->takes_acks(c->worker->watcher, c, b))
        carrier_mail(to, b);
}

static struct ack_batch *resize_batch(struct ack_batch *b, uint32_t capacity)
{
    b = xrealloc(b, sizeof(*b) + capacity * sizeof(b->records[0]));
    b->capacity = capacity;
    return b;
}

static uint32_t new_batch(struct carrier *c, const struct ack_home *to,
                          bool failed)
{
    struct ack_batch *b = resize_batch(NULL, 1);

    b->to = to;
    b->failed = failed;
    b->n = 0;
    check(c->n_batches < CARRIER_OPEN_BATCHES);
    c->batches[c->n_batches] = b;
    return c->n_batches++;
}

/* The number of a batch that is not full. */
static uint32_t open_batch(struct carrier *c, const struct ack_home *to,
                           bool failed)
{
    for (uint32_t i = 0; i < c->n_batches; i++)
        if (c->batches[i]->to == to && c->batches[i]->failed == failed) {
            if (c->batches[i]->n < ACK_BATCH_RECORDS)
                return i;
            send_batch(c, i);
            break;
        }
    if (c->n_batches == CARRIER_OPEN_BATCHES)
        send_batch(c, 0);
    return new_batch(c, to, failed);
}

/* One record is what there often is, and a receiver that is in a long call may
 * get very many of them: a batch is as large as it must be. */
static void send_record(struct carrier *c, const struct ack_home *to,
                        const struct ack_record *r, bool failed)
{
    uint32_t i = open_batch(c, to, failed);
    struct ack_batch *b = c->batches[i];

    if (b->n == b->capacity)
        b = c->batches[i] = resize_batch(b, b->n * 2);
    b->records[b->n++] = *r;
}

static struct ack_span span_of(const struct ack_record *records, uint32_t n)
{
    return (struct ack_span){records, sizeof(*records), n};
}

void carrier_acks(struct carrier *c, struct ack_span acks)
{
    while (acks.n > 0) {
        const struct ack_home *home = home_of(c->worker, acks.first->root);
        uint32_t done = 1;

        if (home == &c->home)
            done = spout_acked(spout_of(c->worker, acks.first->root), acks);
        else
            send_record(c, home, acks.first, false);
        ack_span_skip(&acks, done);
    }
}

static void apply_open_acks(struct carrier *c)
{
    uint32_t n = c->n_acks;

    c->n_acks = 0;
    carrier_acks(c, span_of(c->acks + 1, n));
}

void carrier_ack_next(struct carrier *c, uint64_t root, uint64_t value)
{
    check(root != 0 && c->n_acks <= CARRIER_OPEN_ACKS);
    if (c->n_acks == CARRIER_OPEN_ACKS)
        apply_open_acks(c);
    c->acks[++c->n_acks] = (struct ack_record){root, value};
}

static struct cause *cause_of(const struct ack_record *r)
{
    return (struct cause *)(uintptr_t)r->value;
}

void carrier_fail(struct carrier *c, uint64_t root, struct cause *cause)
{
    struct ack_record r = {root, (uint64_t)(uintptr_t)cause};
    const struct ack_home *home = home_of(c->worker, root);

    if (home == &c->home)
        spout_failed(spout_of(c->worker, root), root & PENDING_SEQ_MASK, cause);
    else
        send_record(c, home, &r, true);
}

void carrier_settle(struct worker *w, struct ack_record record, bool failed)
{
    const struct ack_home *to = home_of(w, record.root);
    struct ack_batch *b = resize_batch(NULL, 1);

    b->to = to;
    b->failed = failed;
    b->n = 1;
    b->records[0] = record;
    carrier_mail(to->carrier, b); /* its own from here on */
}

/* After a run: its acks, those for spouts elsewhere, too. */
void carrier_send_acks(struct carrier *c)
{
    if (c->n_acks > 0)
        apply_open_acks(c);
    check(c->n_acks == 0);
    while (c->n_batches > 0)
        send_batch(c, c->n_batches - 1);
}

static void apply_fails(struct carrier *c, const struct ack_batch *b)
{
    for (uint32_t i = 0; i < b->n; i++)
        carrier_fail(c, b->records[i].root, cause_of(&b->records[i]));
}

/* Some of it may be for a spout that has moved since it was sent: it goes
 * on. */
void carrier_read_mail(struct carrier *c)
{
    struct inbox_node *n;

    while ((n = inbox_pop(&c->mail)) != NULL) {
        struct ack_batch *b = (struct ack_batch *)(void *)n;

        check(b->to->carrier == c && b->n <= ACK_BATCH_RECORDS);
        FAULT_POINT("acks_received");
        if (b->to->link != NULL) {
            link_takes_acks(b->to->link, b);
            continue;
        }
        if (b->failed)
            apply_fails(c, b);
        else
            carrier_acks(c, span_of(b->records, b->n));
        free(b);
    }
    while (c->n_batches > 0)
        send_batch(c, c->n_batches - 1);
}

void ack_batch_free(struct ack_batch *b)
{
    for (uint32_t i = 0; b->failed && i < b->n; i++)
        free(cause_of(&b->records[i]));
    free(b);
}
