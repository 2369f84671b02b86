/*
 * parts.c - nothing is broken in these parts; they are for topologies that are
 * wired wrong, and some of the topologies here do not want to be built.
 */
#include <gale/bolt.h>
#include <gale/grouping.h>
#include <gale/spout.h>
#include <gale/topology.h>

/* -- components ------------------------------------------------------------ */

static gale_result next(gale_task *task)
{
    gale_exhausted(task);
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

GALE_SPOUT(numbers, .summary = "numbers and their names", .next = next,
           .flags = GALE_SPOUT_BLOCKING, .needs = GALE_NEEDS_NETWORK,
           .streams = GALE_STREAMS(GALE_STREAM("default", "number", "name"),
                                   GALE_STREAM("late", "number"),
                                   GALE_DIRECT_STREAM("orders", "number")));

struct pass {
    int64_t keep;
    double share;
    gale_str label;
    int32_t color;
    bool loud;
};

GALE_BOLT(pass, .summary = "passes numbers on", .execute = execute,
          .instance_size = sizeof(struct pass),
          .streams = GALE_OUTPUTS("number"),
          .options = GALE_OPTIONS(
              GALE_OPTION_INT(struct pass, keep, "keep", "10", 1, 1000,
                              "how many to keep"),
              GALE_OPTION_FLOAT(struct pass, share, "share", "0.5",
                                "which share to pass on"),
              GALE_OPTION_STR(struct pass, label, "label", "a b",
                              "text before each number"),
              GALE_OPTION_ENUM(struct pass, color, "color", "green",
                               "red green blue", "of the text"),
              GALE_OPTION_BOOL(struct pass, loud, "loud", "false",
                               "whether to shout")));

GALE_BOLT(sink, .summary = "the end of the stream", .execute = execute,
          .flags = GALE_BOLT_MANUAL_ACK | GALE_BOLT_BLOCKING,
          .needs = GALE_NEEDS_NETWORK);

struct needy {
    gale_str file;
};

GALE_BOLT(needy, .summary = "has an option without default", .execute = execute,
          .instance_size = sizeof(struct needy),
          .options = GALE_OPTIONS(GALE_OPTION_STR(struct needy, file, "file",
                                                  NULL, "what to read")));

struct picker {
    gale_str field, fields, pairs, format;
};

GALE_BOLT(picker, .summary = "names fields of its input", .execute = execute,
          .instance_size = sizeof(struct picker),
          .streams = GALE_OUTPUTS("number"),
          .options = GALE_OPTIONS(
              GALE_OPTION_FIELD(struct picker, field, "field", "number",
                                "which one"),
              GALE_OPTION_FIELDS(struct picker, fields, "fields", "",
                                 "several, one a line"),
              GALE_OPTION_FIELDS_IN(struct picker, pairs, "pairs", "", "=",
                                    "what each is called"),
              GALE_OPTION_FIELDS_IN(struct picker, format, "format", "", "{}",
                                    "a text with them in it")));

/* -- streams from options -------------------------------------------------- */

struct fork {
    gale_str streams; /* a name a line */
};

/* "refuse", "none" and "silent" are words that it does not take. */
static gale_result declare_names(gale_outputs *out, const void *instance)
{
    gale_str rest = ((const struct fork *)instance)->streams;

    if (gale_str_eq(rest, gale_str_make("refuse", 6)))
        return gale_declare_error(out, "it does not like these streams");
    if (gale_str_eq(rest, gale_str_make("none", 4)))
        return gale_declare_error(out, "option streams: it wants some");
    if (gale_str_eq(rest, gale_str_make("silent", 6)))
        return GALE_RETRY;
    while (rest.size > 0) {
        const char *end = memchr(rest.data, '\n', rest.size);
        size_t size = end == NULL ? rest.size : (size_t)(end - rest.data);
        char name[64];
        gale_stream stream = GALE_STREAM(name, "value");

        snprintf(name, sizeof(name), "%.*s", (int)size, rest.data);
        if (size == 5 && !memcmp(name, "wrong", size))
            gale_declare_error(out, "option streams: wrong is no name");
        else
            gale_declare_stream(out, &stream); /* the host keeps the error */
        rest.data += size + (end != NULL);
        rest.size -= size + (end != NULL);
    }
    return GALE_OK;
}

GALE_BOLT(fork, .summary = "a stream for each name", .execute = execute,
          .instance_size = sizeof(struct fork), .declare = declare_names,
          .streams = GALE_STREAMS(GALE_STREAM("rest", "value")),
          .options = GALE_OPTIONS(GALE_OPTION_STR(struct fork, streams,
                                                  "streams", "",
                                                  "names, one a line")));

static uint32_t choose(gale_router *router, const gale_value *values,
                       uint32_t n, uint32_t *targets)
{
    (void)n;
    targets[0] = values[0].as.i % 2 ? 1 % router->n_targets : 0;
    return 1;
}

GALE_GROUPING(odd_even, .summary = "odd numbers to task 1", .choose = choose);

/* -- topologies ------------------------------------------------------------ */

/* A name for the topology may be given. */
static gale_result build_good(gale_builder *b, int argc, char **argv)
{
    gale_add_spout(b, "in", "numbers", 2);
    gale_custom(gale_add_bolt(b, "out", "sink", 1), "in", "odd_even");
    if (argc > 0)
        gale_set_name(b, argv[0]);
    return argv[argc] == NULL ? GALE_OK : GALE_FATAL;
}

GALE_TOPOLOGY(good, .summary = "numbers to the sink", .usage = "[NAME]",
              .build = build_good);

static gale_result build_refused(gale_builder *b, int argc, char **argv)
{
    (void)argv;
    return gale_build_error(b, "it has %d arguments and wants none", argc);
}

GALE_TOPOLOGY(refused, .build = build_refused);

static gale_result build_silent(gale_builder *b, int argc, char **argv)
{
    (void)b;
    (void)argc;
    (void)argv;
    return GALE_FATAL;
}

GALE_TOPOLOGY(silent, .build = build_silent);

static gale_result build_usage(gale_builder *b, int argc, char **argv)
{
    (void)argv;
    return gale_usage(b, argc == 0 ? NULL : "usage_of FILE");
}

GALE_TOPOLOGY(usage_of, .usage = "FILE…", .build = build_usage);

/* It does not notice its mistake: that is the host's business. */
static gale_result build_mistaken(gale_builder *b, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    gale_add_spout(b, "in", "numbers", 0);
    gale_shuffle(gale_add_bolt(b, "out", "sink", -1), "in");
    return GALE_OK;
}

GALE_TOPOLOGY(mistaken, .build = build_mistaken);
