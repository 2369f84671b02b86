/*
 * arrivals.c - bolts that end the run when so many tuples have come, as Ctrl-C
 * does: `enough` takes anything, `delays` prints how old they were (delays.h).
 * `stuck` never ends its first one.
 */
#include "tests/bench/connectors/delays.h"
#include <gale/bolt.h>
#include <signal.h>
#include <unistd.h>

static void stop(void)
{
    kill(getpid(), SIGTERM);
}

/* -- enough ---------------------------------------------------------------- */

struct enough {
    int64_t n; /* option; then how many are missing */
};

static gale_result execute_enough(gale_task *task, const gale_tuple *in)
{
    struct enough *e = gale_instance(task);

    (void)in;
    if (--e->n == 0)
        stop();
    return GALE_OK;
}

GALE_BOLT(enough, .summary = "ends the run after so many tuples",
          .execute = execute_enough, .instance_size = sizeof(struct enough),
          .options = GALE_OPTIONS(GALE_OPTION_INT(struct enough, n, "n", NULL,
                                                  1, INT64_MAX, "so many")));

/* -- delays ---------------------------------------------------------------- */

struct measured {
    int64_t n; /* option */
    struct delays delays;
};

static gale_result prepare_delays(gale_task *task)
{
    struct measured *m = gale_instance(task);

    m->delays.most = (size_t)m->n;
    m->delays.skip = (size_t)m->n / 4; /* they came while it was starting */
    return GALE_OK;
}

static gale_result execute_delays(gale_task *task, const gale_tuple *in)
{
    struct measured *m = gale_instance(task);
    gale_str value = gale_get_str(in, 0);

    if (delays_add(&m->delays, value.data, value.size))
        stop();
    return GALE_OK;
}

static void cleanup_delays(gale_task *task)
{
    struct measured *m = gale_instance(task);

    delays_print(&m->delays);
}

GALE_BOLT(delays, .summary = "how old what comes is", .prepare = prepare_delays,
          .execute = execute_delays, .cleanup = cleanup_delays,
          .instance_size = sizeof(struct measured),
          .options = GALE_OPTIONS(GALE_OPTION_INT(struct measured, n, "n", NULL,
                                                  1, 10000000, "so many")));

/* -- stuck ----------------------------------------------------------------- */

static gale_result execute_stuck(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    while (pause() < 0)
        continue;
    return GALE_OK;
}

GALE_BOLT(stuck, .summary = "never ends its first tuple",
          .flags = GALE_BOLT_BLOCKING, .execute = execute_stuck);
