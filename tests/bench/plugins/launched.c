/*
 * launched.c - topologies that `gale local` is started with, to be measured
 * from outside.
 *
 * `first_ack FD`: one sentence through split and count; when it is acked, the
 * time of gale_now() goes to the file descriptor FD, eight bytes, and the run
 * is complete. `five_sentences`: the word count that throughput is measured
 * with, for ever.
 */
#include <gale/spout.h>
#include <gale/topology.h>
#include <stdlib.h>
#include <unistd.h>

struct once {
    int64_t fd; /* option */
    bool emitted;
};

static gale_result next(gale_task *task)
{
    struct once *s = gale_instance(task);

    if (s->emitted) {
        gale_exhausted(task);
        return GALE_OK;
    }
    s->emitted = true;
    return gale_emit_msg(task, ((gale_msgid){0, 1}),
                         gale_cstr("the cow jumped over the moon"));
}

static void ack(gale_task *task, gale_msgid id)
{
    const struct once *s = gale_instance(task);
    int64_t now = gale_now(task);

    (void)id;
    if (write((int)s->fd, &now, sizeof(now)) != sizeof(now))
        gale_report_error(task, "cannot say when the first ack came");
}

GALE_SPOUT(once, .summary = "one sentence; says when it is acked", .next = next,
           .ack = ack, .instance_size = sizeof(struct once),
           .streams = GALE_OUTPUTS("sentence"),
           .options = GALE_OPTIONS(
               GALE_OPTION_INT(struct once, fd, "fd", NULL, 0, INT32_MAX,
                               "where the time of the ack is written to")));

static void add_bolts(gale_builder *b, const char *from)
{
    gale_shuffle(gale_add_bolt(b, "split", "split", 1), from);
    gale_by_fields(gale_add_bolt(b, "count", "count", 1), "split", "word");
}

static gale_result build_first_ack(gale_builder *b, int argc, char **argv)
{
    if (argc != 1)
        return gale_usage(b, "FD");
    gale_set(gale_add_spout(b, "once", "once", 1), "fd",
             gale_int(strtol(argv[0], NULL, 10)));
    add_bolts(b, "once");
    return GALE_OK;
}

static gale_result build_five_sentences(gale_builder *b, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    gale_add_spout(b, "sentences", "sentences", 1);
    add_bolts(b, "sentences");
    return GALE_OK;
}

GALE_TOPOLOGY(first_ack, .summary = "one sentence; says when it is acked",
              .usage = "FD", .build = build_first_ack);

GALE_TOPOLOGY(five_sentences, .summary = "word count of five sentences",
              .usage = "", .build = build_five_sentences);
