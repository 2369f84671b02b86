/* countdown.c - for cycles: takes n, emits n - 1 to itself until 0 is reached,
 * which goes to the stream "done". */
#include <gale/bolt.h>

enum { AGAIN, DONE };

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    int64_t n = gale_get_int(in, 0);

    if (n > 0)
        return gale_emit_to(task, AGAIN, gale_int(n - 1));
    return gale_emit_to(task, DONE, gale_int(n));
}

GALE_BOLT(countdown, .summary = "counts down in a cycle", .execute = execute,
          .streams = GALE_STREAMS(GALE_STREAM("default", "n"),
                                  GALE_STREAM("done", "n")));
