/* retained.c - copies of tuples that a bolt keeps; see retained.h. */
#include "worker/retained.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/bolt_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

struct retained {
    struct tuple_view view; /* first: what the plugin holds */
    struct retained *next, *prev;
    uint64_t bytes;
    char data[];
};

const gale_tuple *retained_add(struct task *t, const gale_tuple *in)
{
    const struct tuple_view *view = (const struct tuple_view *)(const void *)in;
    struct bolt_part *bp = t->bolt;
    uint64_t bytes = sizeof(struct retained) + view->tuple->size;
    struct retained *r;

    if (bp->retained_bytes + bytes >
        t->executor->worker->config.max_retained_bytes)
        return NULL;
    r = xcalloc(1, bytes);
    memcpy(r->data, view->tuple, view->tuple->size);
    r->view = *view;
    tuple_view_set(&r->view, (const struct tuple *)(const void *)r->data);
    r->bytes = bytes;
    r->next = bp->retained;
    if (r->next != NULL)
        r->next->prev = r;
    bp->retained = r;
    bp->retained_bytes += bytes;
    return &r->view.public;
}

void retained_remove(struct task *t, const gale_tuple *retained)
{
    struct retained *r = (struct retained *)(uintptr_t)retained;
    struct bolt_part *bp = t->bolt;

    if (r == NULL)
        return;
    if (r->prev != NULL)
        r->prev->next = r->next;
    else
        bp->retained = r->next;
    if (r->next != NULL)
        r->next->prev = r->prev;
    check(bp->retained_bytes >= r->bytes);
    bp->retained_bytes -= r->bytes;
    free(r);
}

void retained_fini(struct bolt_part *bp)
{
    while (bp->retained != NULL)
        retained_remove(bp->task, &bp->retained->view.public);
}
