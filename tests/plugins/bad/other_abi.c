/* other_abi.c - broken: built with headers of another ABI. */
#include <gale/bolt.h>

#undef GALE_ABI
#define GALE_ABI 77

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

GALE_BOLT(stranger, .execute = execute);
