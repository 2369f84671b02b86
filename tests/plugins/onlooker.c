/* onlooker.c - hook: counts all that it sees, in metrics of the tasks. */
#include <gale/hook.h>

struct onlooker {
    gale_metric *emitted, *acks, *fails, *executed, *acked, *failed;
};

static void prepare(gale_task *task, void *instance)
{
    struct onlooker *o = instance;

    if (o->emitted != NULL)
        gale_report_error(task, "the hook's instance is not new");
    o->emitted = gale_counter(task, "saw_emitted");
    o->acks = gale_counter(task, "saw_spout_ack");
    o->fails = gale_counter(task, "saw_spout_fail");
    o->executed = gale_counter(task, "saw_executed");
    o->acked = gale_counter(task, "saw_bolt_ack");
    o->failed = gale_counter(task, "saw_bolt_fail");
}

static void cleanup(gale_task *task, void *instance)
{
    const struct onlooker *o = instance;

    gale_log(task, GALE_LOG_INFO, o->emitted ? "looked on" : "was blind");
}

static void emitted(gale_task *task, void *instance, const gale_emitted *what)
{
    struct onlooker *o = instance;

    if (what->n > 0 && what->stream != NULL)
        gale_counter_add(task, o->emitted, 1);
}

static void spout_ack(gale_task *task, void *instance, gale_msgid id)
{
    struct onlooker *o = instance;

    (void)id;
    gale_counter_add(task, o->acks, 1);
}

static void spout_fail(gale_task *task, void *instance, gale_msgid id)
{
    struct onlooker *o = instance;

    (void)id;
    gale_counter_add(task, o->fails, 1);
}

static void executed(gale_task *task, void *instance, const gale_tuple *in,
                     int64_t ns)
{
    struct onlooker *o = instance;

    if (gale_n_fields(in) > 0 && ns >= 0)
        gale_counter_add(task, o->executed, 1);
}

static void bolt_ack(gale_task *task, void *instance, const gale_tuple *in)
{
    struct onlooker *o = instance;

    (void)in;
    gale_counter_add(task, o->acked, 1);
}

static void bolt_fail(gale_task *task, void *instance, const gale_tuple *in)
{
    struct onlooker *o = instance;

    (void)in;
    gale_counter_add(task, o->failed, 1);
}

GALE_HOOK(onlooker, .summary = "counts all that it sees", .prepare = prepare,
          .cleanup = cleanup, .emit = emitted, .spout_ack = spout_ack,
          .spout_fail = spout_fail, .bolt_execute = executed,
          .bolt_ack = bolt_ack, .bolt_fail = bolt_fail,
          .instance_size = sizeof(struct onlooker));
