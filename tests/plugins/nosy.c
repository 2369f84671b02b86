/*
 * nosy.c - bolt and topology: logs what the configuration says of a key.
 *
 * `nosy KEY FILE`: before the first line of the file, one task logs
 * `KEY is "VALUE"`, or `KEY is no text`.
 */
#include <gale/bolt.h>
#include <gale/topology.h>

struct nosy {
    gale_str key; /* option */
};

static gale_result prepare(gale_task *task)
{
    struct nosy *n = gale_instance(task);
    gale_value value = gale_config(task, n->key.data);

    if (value.kind == GALE_STRING)
        gale_log(task, GALE_LOG_INFO, "%s is \"%s\"", n->key.data,
                 value.as.data);
    else
        gale_log(task, GALE_LOG_INFO, "%s is no text", n->key.data);
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

GALE_BOLT(nosy, .summary = "logs what a key of the configuration is",
          .prepare = prepare, .execute = execute,
          .instance_size = sizeof(struct nosy),
          .options = GALE_OPTIONS(GALE_OPTION_STR(struct nosy, key, "key", "",
                                                  "the key")));

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *nosy;

    if (argc != 2)
        return gale_usage(b, "nosy KEY FILE");
    gale_set(gale_add_spout(b, "lines", "lines", 1), "files",
             gale_cstr(argv[1]));
    nosy = gale_shuffle(gale_add_bolt(b, "nosy", "nosy", 1), "lines");
    gale_set(nosy, "key", gale_cstr(argv[0]));
    return GALE_OK;
}

GALE_TOPOLOGY(nosy, .summary = "logs what a key of the configuration is",
              .usage = "KEY FILE", .build = build);
