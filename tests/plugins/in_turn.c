/*
 * in_turn.c - bolt and topology: gale_async() for one input after the other;
 * the next one waits before the bolt meanwhile.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>

struct in_turn {
    gale_handle input; /* whose work is under way; {0}: none is */
};

static gale_result work(void *number)
{
    return *(int64_t *)number < 0 ? GALE_RETRY : GALE_OK;
}

static void done(gale_task *task, gale_result result, void *number)
{
    struct in_turn *t = gale_instance(task);

    if (result == GALE_OK &&
        gale_emit_anchored(task, GALE_HANDLES(t->input),
                           gale_int(*(int64_t *)number)) == GALE_OK)
        gale_ack(task, t->input);
    else
        gale_fail(task, t->input);
    t->input = (gale_handle){0};
    free(number);
    gale_resume_input(task);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct in_turn *t = gale_instance(task);
    int64_t *number = malloc(sizeof(*number));

    if (number == NULL || t->input.id != 0)
        return gale_error(task, GALE_FATAL, "an input comes out of turn");
    *number = gale_get_int(in, 0);
    t->input = gale_hold(task, in);
    gale_pause_input(task);
    return gale_async(task, work, done, number);
}

GALE_BOLT(in_turn, .summary = "work for one input after the other",
          .flags = GALE_BOLT_MANUAL_ACK,
          .instance_size = sizeof(struct in_turn),
          .streams = GALE_OUTPUTS("number"), .execute = execute);

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *bolt;

    if (argc < 2)
        return gale_usage(b, "in_turn NUMBERS EXECUTORS");
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to",
             gale_int(strtoll(argv[0], NULL, 10)));
    bolt =
        gale_add_bolt(b, "in_turn", "in_turn", (int)strtol(argv[1], NULL, 10));
    gale_shuffle(bolt, "numbers");
    gale_global(gale_add_bolt(b, "print", "print", 1), "in_turn");
    return GALE_OK;
}

GALE_TOPOLOGY(in_turn, .summary = "numbers, one after the other",
              .usage = "NUMBERS EXECUTORS", .build = build);
