/* null.c - bolt: takes every tuple, acks it, and that is all. */
#include <gale/bolt.h>

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

GALE_BOLT(null, .summary = "takes every tuple and does nothing",
          .execute = execute);
