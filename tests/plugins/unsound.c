/*
 * unsound.c - a bolt and spouts that do what no run should have, without which
 * each would be fine; tests/scenario/g_seeds.sh says what runs from seeds find.
 */
#include <gale/bolt.h>
#include <gale/spout.h>
#include <gale/topology.h>
#include <string.h>

#define BAD 5 /* the number that things go wrong with */

/* -- a bolt that fails one number for ever --------------------------------- */

struct sour {
    bool poison; /* option */
};

static gale_result spit(gale_task *task, const gale_tuple *in)
{
    const struct sour *s = gale_instance(task);

    if (gale_get_int(in, 0) != BAD)
        return GALE_OK;
    return gale_error(task, s->poison ? GALE_POISON : GALE_RETRY, "%d is sour",
                      BAD);
}

GALE_BOLT(sour, .summary = "fails one number, whenever it comes",
          .execute = spit, .instance_size = sizeof(struct sour),
          .options = GALE_OPTIONS(GALE_OPTION_BOOL(struct sour, poison,
                                                   "poison", "false",
                                                   "call it poison")));

/* -- one that fails a number until the next one is there ------------------- */

struct behind {
    int64_t most;
};

static gale_result wait_for_the_next(gale_task *task, const gale_tuple *in)
{
    struct behind *b = gale_instance(task);
    int64_t n = gale_get_int(in, 0);

    if (n > b->most)
        b->most = n;
    return n < b->most || n == BAD ? GALE_OK : GALE_RETRY;
}

GALE_BOLT(behind, .summary = "fails a number until the next one is there",
          .execute = wait_for_the_next, .instance_size = sizeof(struct behind));

/* -- spouts that emit numbers ---------------------------------------------- */

#define NUMBERS 10

struct numbers {
    uint64_t next;
    uint64_t again[4 * NUMBERS]; /* to be emitted again */
    uint32_t n_again;
    bool repeated;
    bool keeps; /* option of "repeats" */
};

static gale_result emit(gale_task *task, uint64_t n)
{
    return gale_emit_msg(task, ((gale_msgid){0, n}), gale_int((int64_t)n));
}

static gale_result next(gale_task *task)
{
    struct numbers *s = gale_instance(task);

    if (s->n_again > 0)
        return emit(task, s->again[--s->n_again]);
    if (s->next < NUMBERS)
        return emit(task, s->next++);
    gale_exhausted(task);
    return GALE_OK;
}

static void emit_again(gale_task *task, gale_msgid id)
{
    struct numbers *s = gale_instance(task);

    s->again[s->n_again++] = id.lo;
}

static void think_no_more_of_it(gale_task *task, gale_msgid id)
{
    (void)task, (void)id;
}

GALE_SPOUT(drops, .summary = "never emits again what failed", .next = next,
           .fail = think_no_more_of_it, .instance_size = sizeof(struct numbers),
           .streams = GALE_OUTPUTS("n"));

static gale_result next_twice(gale_task *task)
{
    struct numbers *s = gale_instance(task);
    gale_result result = GALE_OK;

    if (s->n_again == 0 && s->next < NUMBERS)
        result = emit(task, s->next);
    return result != GALE_OK ? result : next(task);
}

GALE_SPOUT(doubles, .summary = "emits each id twice", .next = next_twice,
           .fail = emit_again, .instance_size = sizeof(struct numbers),
           .streams = GALE_OUTPUTS("n"));
GALE_SPOUT(doubles_deaf, .summary = "emits each id twice, and has no fail",
           .next = next_twice, .instance_size = sizeof(struct numbers),
           .streams = GALE_OUTPUTS("n"));

static gale_result next_and_keep(gale_task *task)
{
    struct numbers *s = gale_instance(task);
    gale_result result = next(task);

    if (result == GALE_OK && s->keeps)
        result = gale_offset_set(task, "numbers", (int64_t)s->next);
    return result;
}

static void emit_once_more(gale_task *task, gale_msgid id)
{
    struct numbers *s = gale_instance(task);

    if (id.lo != BAD || s->repeated)
        return;
    s->repeated = true;
    emit_again(task, id);
    gale_wakeup(task);
}

GALE_SPOUT(repeats, .summary = "emits one again that was acked",
           .next = next_and_keep, .ack = emit_once_more, .fail = emit_again,
           .instance_size = sizeof(struct numbers),
           .streams = GALE_OUTPUTS("n"),
           .options = GALE_OPTIONS(
               GALE_OPTION_BOOL(struct numbers, keeps, "keeps", "false",
                                "set positions, and not go on from them")));

/* -- spouts of which nothing comes ----------------------------------------- */

static gale_result wait_for_nobody(gale_task *task)
{
    gale_wait_wakeup(task);
    return GALE_OK;
}

GALE_SPOUT(waits, .summary = "waits for a wake-up that nobody gives",
           .next = wait_for_nobody, .streams = GALE_OUTPUTS("n"));

static void do_nothing(gale_task *task, void *arg)
{
    (void)task, (void)arg;
}

static gale_result post_again(gale_task *task)
{
    gale_post(task, do_nothing, NULL);
    gale_wait_wakeup(task);
    return GALE_OK;
}

GALE_SPOUT(posts, .summary = "posts to itself whenever that has come",
           .next = post_again, .streams = GALE_OUTPUTS("n"));

/* -- topologies ------------------------------------------------------------ */

static gale_result build_sour(gale_builder *b, const char *how)
{
    gale_declarer *sour;

    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to", gale_int(10));
    sour = gale_add_bolt(b, "sour", "sour", 1);
    gale_set(sour, "poison", gale_bool(!strcmp(how, "poison")));
    gale_shuffle(sour, "numbers");
    return GALE_OK;
}

/* A number in the hour. */
static gale_result build_slow(gale_builder *b)
{
    gale_declarer *numbers = gale_add_spout(b, "numbers", "sequence", 1);

    gale_set(numbers, "to", gale_int(BAD));
    gale_set(numbers, "rate", gale_float(1.0 / 3600));
    gale_shuffle(gale_add_bolt(b, "behind", "behind", 1), "numbers");
    return GALE_OK;
}

static gale_result build(gale_builder *b, int argc, char **argv)
{
    if (argc < 1 || argc > 2)
        return gale_usage(b, "unsound retry|poison|slow|SPOUT [keeps]");
    if (!strcmp(argv[0], "slow"))
        return build_slow(b);
    if (!strcmp(argv[0], "retry") || !strcmp(argv[0], "poison"))
        return build_sour(b, argv[0]);
    if (argc == 2)
        gale_set(gale_add_spout(b, "spout", argv[0], 1), argv[1],
                 gale_bool(true));
    else
        gale_add_spout(b, "spout", argv[0], 1);
    gale_shuffle(gale_add_bolt(b, "null", "null", 2), "spout");
    return GALE_OK;
}

GALE_TOPOLOGY(unsound, .summary = "does what no run should have",
              .build = build);
