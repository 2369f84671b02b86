/* fail_some.c - passes words on, but fails a share of them on purpose; which
 * ones, the run's seed says. */
#include <gale/bolt.h>

struct fail_some {
    double percent; /* option */

    gale_metric *failed;
};

static gale_result prepare(gale_task *task)
{
    struct fail_some *f = gale_instance(task);

    f->failed = gale_counter(task, "failed_on_purpose");
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct fail_some *f = gale_instance(task);

    if ((double)(gale_random(task) % 1000000) >= f->percent * 10000)
        return gale_emit(task, gale_get(in, 0));
    gale_counter_add(task, f->failed, 1);
    return GALE_RETRY;
}

GALE_BOLT(fail_some, .summary = "fails a share of its inputs on purpose",
          .prepare = prepare, .execute = execute,
          .instance_size = sizeof(struct fail_some),
          .streams = GALE_OUTPUTS("word"),
          .options = GALE_OPTIONS(
              GALE_OPTION_FLOAT(struct fail_some, percent, "percent", "1",
                                "how many of a hundred fail")));
