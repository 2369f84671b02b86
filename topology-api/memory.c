/* memory.c - the end of a process that has no memory left; see memory.h. */
#include "topology-api/memory.h"
#include <stdatomic.h>

static atomic_bool none_left;

void memory_none_left(void)
{
    atomic_store(&none_left, true);
    abort();
}

bool memory_is_none_left(void)
{
    return atomic_load(&none_left);
}
