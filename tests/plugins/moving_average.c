/* moving_average.c - the average over the last tuples. */
#include <gale/bolt.h>

enum { MOST = 1000 };

struct average {
    int64_t over; /* option */

    double last[MOST]; /* a ring */
    int64_t n;         /* values so far */
    double sum;        /* of the ring */
};

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct average *a = gale_instance(task);
    double value = gale_get_float(in, 0);
    int64_t size;

    a->sum += value - a->last[a->n % a->over];
    a->last[a->n++ % a->over] = value;
    size = a->n < a->over ? a->n : a->over;
    return gale_emit(task, gale_float(a->sum / size));
}

GALE_BOLT(moving_average, .summary = "the average over the last tuples",
          .execute = execute, .instance_size = sizeof(struct average),
          .streams = GALE_OUTPUTS("average"),
          .options = GALE_OPTIONS(GALE_OPTION_INT(struct average, over, "over",
                                                  "10", 1, MOST,
                                                  "how many tuples")));
