/* retained.c - copies of tuples that a bolt keeps; see retained.h. */
#include "worker/retained.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/bolt_task.h"
#include "worker/task_base.h"
#include "worker/task_calls.h"
#include "worker/worker.h"
#include <search.h>
#include <stddef.h>
#include <stdlib.h>

/* In a tree (tsearch(3)) by where it lies. */
struct retained {
    struct tuple_view view; /* first: what the plugin holds */
    const char *from, *to;  /* the bytes of the tuple */
    char data[];
};

/* Equal if they overlap: one of both may be any piece of memory. */
static int order(const void *a, const void *b)
{
    const struct retained *x = a, *y = b;

    return x->to <= y->from ? -1 : x->from >= y->to;
}

static uint64_t size_of(uint64_t tuple)
{
    return sizeof(struct retained) + tuple;
}

const gale_tuple *retained_add(struct task *t, const gale_tuple *in)
{
    const struct tuple_view *view = (const struct tuple_view *)(const void *)in;
    struct bolt_part *bp = t->bolt;
    uint32_t size = view->tuple->size;
    struct retained *r;

    if (bp->retained_bytes + size_of(size) >
        t->executor->worker->config.max_retained_bytes)
        return NULL;
    r = xcalloc(1, size_of(size));
    memcpy(r->data, view->tuple, size);
    r->view = *view;
    tuple_view_set(&r->view, (const struct tuple *)(const void *)r->data);
    r->from = r->data;
    r->to = r->data + size;
    check(tsearch(r, &bp->retained, order) != NULL);
    bp->retained_bytes += size_of(size);
    return &r->view.public;
}

/* The task's own, or NULL. It may be anything, freed memory as well, and is not
 * looked into: one that is retained there has its bytes right behind it. */
static struct retained *find(const struct bolt_part *bp,
                             const gale_tuple *tuple)
{
    const char *at = (const char *)tuple + offsetof(struct retained, data);
    const struct retained wanted = {.from = at, .to = at + 1};
    struct retained *const *found = tfind(&wanted, &bp->retained, order);

    return found != NULL && (const void *)*found == (const void *)tuple ? *found
                                                                        : NULL;
}

void retained_remove(struct task *t, const gale_tuple *retained)
{
    struct bolt_part *bp = t->bolt;
    struct retained *r;
    uint64_t bytes;

    if (retained == NULL)
        return;
    r = find(bp, retained);
    if (r == NULL) {
        task_fatal(t, call_release.function,
                   "found a tuple that is not retained, or not any more, "
                   "expected: what gale_retain() has returned to this task, "
                   "once");
        return;
    }
    bytes = size_of((uint64_t)(r->to - r->from));
    check(bp->retained_bytes >= bytes);
    check(tdelete(r, &bp->retained, order) != NULL);
    bp->retained_bytes -= bytes;
    free(r);
}

const struct tuple *retained_holder(const struct bolt_part *bp, const char *at,
                                    uint64_t size)
{
    const struct retained wanted = {.from = at, .to = at + 1};
    struct retained *const *found = tfind(&wanted, &bp->retained, order);
    const struct tuple *tuple = found == NULL ? NULL : (*found)->view.tuple;

    return tuple != NULL && tuple_has(tuple, at, size) ? tuple : NULL;
}

void retained_fini(struct bolt_part *bp)
{
    tdestroy(bp->retained, free);
}
