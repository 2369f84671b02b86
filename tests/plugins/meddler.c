/* meddler.c - hooks that do more than look on, each in its own way. */
#include <gale/hook.h>

static void emits(gale_task *task, void *instance, const gale_tuple *in,
                  int64_t ns)
{
    (void)instance, (void)in, (void)ns;
    (void)gale_emit(task, gale_int(1));
}

static void emits_again(gale_task *task, void *instance,
                        const gale_emitted *what)
{
    (void)instance;
    (void)gale_emit_values(task, what->values, what->n);
}

static void acks(gale_task *task, void *instance, const gale_tuple *in,
                 int64_t ns)
{
    (void)instance, (void)in, (void)ns;
    gale_ack(task, (gale_handle){0});
}

static void exhausts(gale_task *task, void *instance, gale_msgid id)
{
    (void)instance, (void)id;
    gale_exhausted(task);
}

GALE_HOOK(emits, .summary = "emits when something is executed",
          .bolt_execute = emits);
GALE_HOOK(emits_again, .summary = "emits what is emitted", .emit = emits_again);
GALE_HOOK(acks, .summary = "acks what is executed", .bolt_execute = acks);
GALE_HOOK(exhausts, .summary = "ends a source", .spout_ack = exhausts);
