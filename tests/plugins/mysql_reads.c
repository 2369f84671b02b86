/*
 * mysql_reads.c - topologies that read from MySQL, with options from the
 * command line.
 *
 *     mysql_ask FILE…   lines --shuffle--> ask --shuffle--> print
 *     mysql_news        news --shuffle--> unsure --shuffle--> print
 *
 * `unsure` fails its first `fails` inputs.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>

struct unsure {
    int64_t fails; /* option */
    int64_t n;
};

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct unsure *u = gale_instance(task);

    if (u->n++ < u->fails)
        return gale_error(task, GALE_RETRY, "not now");
    return gale_emit(task, gale_get(in, 0), gale_get(in, 1));
}

GALE_BOLT(unsure, .summary = "fails at first", .execute = execute,
          .instance_size = sizeof(struct unsure),
          .streams = GALE_OUTPUTS("id", "value"),
          .options = GALE_OPTIONS(GALE_OPTION_INT(struct unsure, fails, "fails",
                                                  "0", 0, 1000000,
                                                  "so many inputs fail")));

static gale_result build_news(gale_builder *b, int argc, char **argv)
{
    (void)argv;
    if (argc != 0)
        return gale_usage(b, "mysql_news");
    gale_add_spout(b, "news", "mysql_poll", 1);
    gale_shuffle(gale_add_bolt(b, "unsure", "unsure", 1), "news");
    gale_shuffle(gale_add_bolt(b, "print", "print", 1), "unsure");
    return GALE_OK;
}

GALE_TOPOLOGY(mysql_news, .summary = "new rows of a table",
              .build = build_news);

static gale_result build_ask(gale_builder *b, int argc, char **argv)
{
    if (argc != 1)
        return gale_usage(b, "mysql_ask FILE");
    gale_set(gale_add_spout(b, "lines", "lines", 1), "files",
             gale_cstr(argv[0]));
    gale_shuffle(gale_add_bolt(b, "ask", "mysql_lookup", 1), "lines");
    gale_shuffle(gale_add_bolt(b, "print", "print", 1), "ask");
    return GALE_OK;
}

GALE_TOPOLOGY(mysql_ask, .summary = "what a table says of each line",
              .usage = "FILE", .build = build_ask);
