/*
 * inbox.h - the one queue of an executor's input: many producers, one consumer.
 *
 * An intrusive linked queue after Dmitry Vyukov's non-blocking MPSC node queue:
 * a push is one exchange. The consumer may find the queue empty while a push is
 * half done; that is safe because a producer looks at the consumer's
 * `scheduled` flag only after its push is complete (carrier_schedule).
 *
 * Control messages have an inbox of their own, which is served first and never
 * waits for credit.
 */
#ifndef GALE_WORKER_INBOX_H
#define GALE_WORKER_INBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct inbox_node {
    _Atomic(struct inbox_node *) next;
};

struct inbox {
    _Atomic(struct inbox_node *) head; /* producers: last pushed */
    char pad[64 - sizeof(void *)];     /* producers and consumer apart */
    struct inbox_node *tail;           /* consumer: next to pop */
    bool alone; /* the one that pops is the only one that pushes */
    struct inbox_node stub;
};

static inline void inbox_init(struct inbox *q)
{
    atomic_init(&q->stub.next, NULL);
    atomic_init(&q->head, &q->stub);
    q->tail = &q->stub;
}

static inline struct inbox_node *inbox_exchange(struct inbox *q,
                                                struct inbox_node *n)
{
    struct inbox_node *prev;

    /* Releases the node's content to the consumer; seq_cst, because the push
     * must be ordered before the look at `scheduled`. */
    if (!q->alone)
        return atomic_exchange(&q->head, n);
    prev = atomic_load_explicit(&q->head, memory_order_relaxed);
    atomic_store_explicit(&q->head, n, memory_order_relaxed);
    return prev;
}

/* Any thread. */
static inline void inbox_push(struct inbox *q, struct inbox_node *n)
{
    struct inbox_node *prev;

    atomic_store_explicit(&n->next, NULL, memory_order_relaxed);
    prev = inbox_exchange(q, n);
    /* Pairs with the acquire loads in inbox_pop(). */
    atomic_store_explicit(&prev->next, n, memory_order_release);
}

/* The consumer. NULL if empty, or if the only push is not complete yet. */
static inline struct inbox_node *inbox_pop(struct inbox *q)
{
    struct inbox_node *tail = q->tail;
    struct inbox_node *next =
        atomic_load_explicit(&tail->next, memory_order_acquire);

    if (tail == &q->stub) {
        if (next == NULL)
            return NULL;
        q->tail = tail = next;
        next = atomic_load_explicit(&tail->next, memory_order_acquire);
    }
    if (next != NULL) {
        q->tail = next;
        return tail;
    }
    if (tail != atomic_load_explicit(&q->head, memory_order_acquire))
        return NULL;
    inbox_push(q, &q->stub);
    next = atomic_load_explicit(&tail->next, memory_order_acquire);
    if (next == NULL)
        return NULL;
    q->tail = next;
    return tail;
}

/* The consumer: is there certainly nothing, not even a push half done? */
static inline bool inbox_empty(struct inbox *q)
{
    return q->tail == &q->stub && atomic_load(&q->head) == &q->stub;
}

#endif
