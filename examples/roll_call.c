/*
 * roll_call.c - topology: each number is called until both of its answers are
 * in, whatever is killed meanwhile.
 *
 *     numbers --shuffle--> calls --fields(n)--> answers
 *
 * `numbers` emits the numbers below COUNT; task i of n has those that leave i
 * when they are divided by n. Its position is the first of them that is not
 * acked: a task that begins anew goes on from there. `calls` emits two tuples
 * for each, which `answers` acks. `gale simulate` calls the roll on clusters in
 * which everything fails.
 */
#include <gale/bolt.h>
#include <gale/spout.h>
#include <gale/topology.h>
#include <stdlib.h>

/* -- the spout ------------------------------------------------------------- */

enum { WINDOW = 4096, ANSWERS = 2 };

enum state { NOT_CALLED, PENDING, ACKED, FAILED };

struct numbers {
    int64_t count; /* options */
    double rate;

    uint64_t first, next; /* of this task's: not acked, not called yet */
    uint64_t end, n_failed;
    int64_t start;      /* when number `began` was due */
    uint64_t began;     /* the first one that this life has called */
    char state[WINDOW]; /* of first … next */
};

static gale_result open_numbers(gale_task *task)
{
    struct numbers *s = gale_instance(task);
    uint64_t n = gale_n_tasks(task), i = gale_task_index(task);

    if (s->rate <= 0)
        return gale_error(task, GALE_FATAL, "option rate is %g: more than 0",
                          s->rate);
    s->end = (uint64_t)s->count / n + (i < (uint64_t)s->count % n);
    s->first = s->next = s->began = (uint64_t)gale_offset_get(task, "");
    return GALE_OK;
}

static void activate(gale_task *task)
{
    struct numbers *s = gale_instance(task);

    s->start = gale_now(task);
    s->began = s->next;
}

static char *state_of(struct numbers *s, uint64_t k)
{
    return &s->state[k % WINDOW];
}

static gale_result call(gale_task *task, struct numbers *s, uint64_t k)
{
    uint64_t number = k * gale_n_tasks(task) + gale_task_index(task);

    *state_of(s, k) = PENDING;
    return gale_emit_msg(task, ((gale_msgid){0, k}), gale_int((int64_t)number));
}

static gale_result call_failed(gale_task *task, struct numbers *s)
{
    uint64_t k = s->first;

    while (*state_of(s, k) != FAILED)
        k++;
    s->n_failed--;
    return call(task, s, k);
}

static gale_result next_number(gale_task *task)
{
    struct numbers *s = gale_instance(task);
    int64_t due = s->start + (int64_t)((double)(s->next - s->began) * 1e9 *
                                       gale_n_tasks(task) / s->rate);

    if (s->n_failed > 0)
        return call_failed(task, s);
    if (s->next == s->end) {
        gale_exhausted(task);
        return GALE_OK;
    }
    if (s->next - s->first == WINDOW || due > gale_now(task)) {
        gale_wait_until(task, due);
        return GALE_OK;
    }
    return call(task, s, s->next++);
}

static void ack_number(gale_task *task, gale_msgid id)
{
    struct numbers *s = gale_instance(task);

    *state_of(s, id.lo) = ACKED;
    while (s->first < s->next && *state_of(s, s->first) == ACKED)
        *state_of(s, s->first++) = NOT_CALLED;
    gale_offset_set(task, "", (int64_t)s->first);
}

static void fail_number(gale_task *task, gale_msgid id)
{
    struct numbers *s = gale_instance(task);

    *state_of(s, id.lo) = FAILED;
    s->n_failed++;
}

GALE_SPOUT(numbers, .summary = "numbers, each until it is acked",
           .open = open_numbers, .activate = activate, .next = next_number,
           .ack = ack_number, .fail = fail_number,
           .instance_size = sizeof(struct numbers),
           .streams = GALE_OUTPUTS("n"),
           .options = GALE_OPTIONS(
               GALE_OPTION_INT(struct numbers, count, "count", "1000", 0,
                               INT64_MAX, "how many, by all tasks together"),
               GALE_OPTION_FLOAT(struct numbers, rate, "rate", "1000",
                                 "a second, of all tasks together")));

/* -- the bolts ------------------------------------------------------------- */

static gale_result call_twice(gale_task *task, const gale_tuple *in)
{
    gale_result result = GALE_OK;

    for (int i = 0; i < ANSWERS && result == GALE_OK; i++)
        result = gale_emit(task, gale_int(gale_get_int(in, 0)), gale_int(i));
    return result;
}

GALE_BOLT(calls, .summary = "two tuples of each number", .execute = call_twice,
          .streams = GALE_OUTPUTS("n", "answer"));

static gale_result answer(gale_task *task, const gale_tuple *in)
{
    (void)task, (void)in;
    return GALE_OK;
}

GALE_BOLT(answers, .summary = "acks what comes", .execute = answer);

/* -- the topology ---------------------------------------------------------- */

static gale_result build(gale_builder *b, int argc, char **argv)
{
    long long count = argc > 0 ? strtoll(argv[0], NULL, 10) : 0;
    double rate = argc > 1 ? strtod(argv[1], NULL) : 1000;
    long executors = argc > 2 ? strtol(argv[2], NULL, 10) : 2;

    if (argc < 1 || argc > 3 || count < 1 || rate <= 0 || executors < 1)
        return gale_usage(b, "roll_call COUNT [RATE [EXECUTORS]]");
    gale_set(gale_set(gale_add_spout(b, "numbers", "numbers", executors),
                      "count", gale_int(count)),
             "rate", gale_float(rate));
    gale_shuffle(gale_add_bolt(b, "calls", "calls", executors), "numbers");
    gale_by_fields(gale_add_bolt(b, "answers", "answers", executors), "calls",
                   "n");
    return GALE_OK;
}

GALE_TOPOLOGY(roll_call,
              .summary = "each number is called until it has answered",
              .usage = "COUNT [RATE [EXECUTORS]]  (numbers, and how many a "
                       "second; 2 executors of each component)",
              .build = build);
