/*
 * tarpit.c - bolt and topology: numbers that take their time.
 *
 * The bolt tarpit passes a number on after `ms` milliseconds; or, when it is
 * told to, never comes back from it, or not from prepare. The topology is
 * `tarpit NUMBERS MS EXECUTORS`, and prints the numbers.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct tarpit {
    int64_t ms;
    int64_t stuck; /* the number that is never done with */
    bool prepares; /* for ever */
};

static gale_result prepare(gale_task *task)
{
    struct tarpit *t = gale_instance(task);

    if (t->prepares)
        gale_log(task, GALE_LOG_WARN, "stuck");
    while (t->prepares)
        pause();
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct tarpit *t = gale_instance(task);
    struct timespec time = {t->ms / 1000, t->ms % 1000 * 1000000};

    if (gale_get_int(in, 0) == t->stuck)
        gale_log(task, GALE_LOG_WARN, "stuck");
    do
        nanosleep(&time, NULL);
    while (gale_get_int(in, 0) == t->stuck);
    return gale_emit(task, gale_int(gale_get_int(in, 0)));
}

GALE_BOLT(tarpit, .summary = "numbers that take their time",
          .flags = GALE_BOLT_BLOCKING, .instance_size = sizeof(struct tarpit),
          .options = GALE_OPTIONS(
              GALE_OPTION_INT(struct tarpit, ms, "ms", "0", 0, 60000,
                              "milliseconds per number"),
              GALE_OPTION_INT(struct tarpit, stuck, "stuck", "-1", -1,
                              INT64_MAX, "the number that is never done with"),
              GALE_OPTION_BOOL(struct tarpit, prepares, "prepares", "false",
                               "prepare never returns")),
          .streams = GALE_OUTPUTS("number"), .prepare = prepare,
          .execute = execute);

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *tarpit;

    if (argc < 3)
        return gale_usage(b, "tarpit NUMBERS MS EXECUTORS [STUCK]");
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to",
             gale_int(strtoll(argv[0], NULL, 10)));
    tarpit =
        gale_add_bolt(b, "tarpit", "tarpit", (int)strtol(argv[2], NULL, 10));
    gale_set(tarpit, "ms", gale_int(strtoll(argv[1], NULL, 10)));
    if (argc > 3)
        gale_set(tarpit, "stuck", gale_int(strtoll(argv[3], NULL, 10)));
    gale_shuffle(tarpit, "numbers");
    gale_global(gale_add_bolt(b, "print", "print", 1), "tarpit");
    return GALE_OK;
}

GALE_TOPOLOGY(tarpit, .summary = "numbers that take their time",
              .usage = "NUMBERS MS EXECUTORS [STUCK]", .build = build);
