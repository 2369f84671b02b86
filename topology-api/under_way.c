/* under_way.c - a variable of each thread; see under_way.h. */
#include "topology-api/under_way.h"
#include <stdatomic.h>
#include <stddef.h>

static _Thread_local struct under_way here;
static atomic_int n; /* threads on which something is; nothing pairs with it */

static void change(struct under_way to)
{
    atomic_fetch_add(&n, (to.file != NULL) - (here.file != NULL));
    here = to;
}

struct under_way under_way_begin(const char *file, const char *doing)
{
    struct under_way before = here;

    change((struct under_way){file, doing});
    return before;
}

void under_way_set(struct under_way before)
{
    change(before);
}

struct under_way under_way_here(void)
{
    return here;
}

const struct under_way *under_way_of_this(void)
{
    return &here;
}

bool under_way_anywhere(void)
{
    return atomic_load(&n) > 0;
}
