/* results.c - returns the result that its input asks for, with a text. */
#include <gale/bolt.h>

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    int64_t wanted = gale_get_int(in, 0);

    if (wanted == GALE_OK || wanted == GALE_DROP)
        return (gale_result)wanted;
    return gale_error(task, (gale_result)wanted, "asked for result %d",
                      (int)wanted);
}

GALE_BOLT(results, .summary = "returns the result it is asked for",
          .execute = execute);
