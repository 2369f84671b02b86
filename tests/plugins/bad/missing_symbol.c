/* missing_symbol.c - broken: calls a function that nobody defines. */
#include <gale/bolt.h>

extern gale_result function_that_nobody_defines(gale_task *task);

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    (void)in;
    return function_that_nobody_defines(task);
}

GALE_BOLT(caller, .execute = execute);
