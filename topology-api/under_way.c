/* under_way.c - a variable of each thread; see under_way.h. */
#include "topology-api/under_way.h"
#include <stddef.h>

static _Thread_local struct under_way here;

struct under_way under_way_begin(const char *file, const char *doing)
{
    struct under_way before = here;

    here = (struct under_way){file, doing};
    return before;
}

void under_way_set(struct under_way before)
{
    here = before;
}

struct under_way under_way_here(void)
{
    return here;
}
