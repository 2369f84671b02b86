/*
 * by_id.h - structs found by the id that is in them. A tree holds pointers to
 * ids, so whoever has one knows where the struct begins. Pure.
 */
#ifndef GALE_BY_ID_H
#define GALE_BY_ID_H

#include "topology-api/memory.h"
#include <search.h>

static inline int by_id_order(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The id, which no other has, stays where it is until it is removed. */
static inline void by_id_add(void **tree, const char *id)
{
    memory_check(tsearch(id, tree, by_id_order), 1, sizeof(id));
}

static inline void by_id_remove(void **tree, const char *id)
{
    tdelete(id, tree, by_id_order);
}

/* The one that was added; NULL: none is like it. */
static inline void *by_id_find(void *const *tree, const char *id)
{
    void **found = tfind(id, tree, by_id_order);

    return found == NULL ? NULL : *found;
}

#endif
