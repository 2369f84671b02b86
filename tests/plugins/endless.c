/*
 * endless.c - bolts and spouts of which one callback never returns; one has
 * taken the signal by which it might be ended.
 */
#include <gale/bolt.h>
#include <gale/spout.h>
#include <signal.h>
#include <unistd.h>

__attribute__((noreturn)) static gale_result wait_in(gale_task *task)
{
    (void)task;
    for (;;)
        pause();
}

static gale_result wait_for_input(gale_task *task, const gale_tuple *in)
{
    (void)in;
    wait_in(task);
}

static void wait_at_end(gale_task *task)
{
    wait_in(task);
}

static void wait_to_close(gale_task *task, gale_close_reason reason)
{
    (void)reason;
    wait_in(task);
}

static gale_result ignore_alarms(gale_task *task)
{
    signal(SIGALRM, SIG_IGN);
    wait_in(task);
}

static gale_result drop(gale_task *task, const gale_tuple *in)
{
    (void)task, (void)in;
    return GALE_DROP;
}

static gale_result end(gale_task *task)
{
    gale_exhausted(task);
    return GALE_OK;
}

GALE_BOLT(prepares, .summary = "for ever", .prepare = wait_in, .execute = drop);
GALE_BOLT(ignores, .summary = "every alarm", .prepare = ignore_alarms,
          .execute = drop);
GALE_BOLT(executes, .summary = "for ever", .execute = wait_for_input);
GALE_BOLT(cleans_up, .summary = "for ever", .cleanup = wait_at_end,
          .execute = drop);
GALE_SPOUT(opens, .summary = "for ever", .open = wait_in, .next = end,
           .streams = GALE_OUTPUTS("n"));
GALE_SPOUT(emits, .summary = "for ever", .next = wait_in,
           .streams = GALE_OUTPUTS("n"));
GALE_SPOUT(closes, .summary = "for ever", .close = wait_to_close, .next = end,
           .streams = GALE_OUTPUTS("n"));
