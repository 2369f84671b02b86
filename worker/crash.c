/* crash.c - a last line before a signal ends the process; see crash.h. */
#include "worker/crash.h"
#include "topology-api/memory.h"
#include "worker/executor.h"
#include <gale/local.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACK_SIZE 65536

/* Where the thread keeps which executor it runs; NULL: it runs none. */
static _Thread_local const crash_running *running;
static _Thread_local void *stack;

/* Only what a signal handler may do: write(2) and memory of our own. */
static void put(const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = write(STDERR_FILENO, text, left);

        if (n <= 0)
            return;
        text += n;
        left -= (size_t)n;
    }
}

static const char *name_of(int number)
{
    switch (number) {
    case SIGSEGV:
        return "segmentation fault";
    case SIGBUS:
        return "bus error";
    case SIGFPE:
        return "arithmetic error";
    case SIGILL:
        return "illegal instruction";
    default:
        return "abort";
    }
}

static void say(int number)
{
    const struct executor *e =
        running != NULL ? atomic_load_explicit(running, memory_order_relaxed)
                        : NULL;

    if (e != NULL) {
        put("\ngale: ");
        put(name_of(number));
        put(e->component->is_spout ? " in spout \"" : " in bolt \"");
        put(e->component->id);
        put("\" (");
        put(e->component->file);
        put("): the process ends; messages that were not acked are read again "
            "after a restart with --state\n");
    }
    signal(number, SIG_DFL); /* and once more, when this returns */
    raise(number);
}

void crash_watch(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = say;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
}

void gale_local_name_crashes(void)
{
    crash_watch();
}

void crash_thread_begin(const crash_running *runs)
{
    stack_t s = {.ss_size = STACK_SIZE};

    s.ss_sp = stack = xcalloc(1, STACK_SIZE);
    sigaltstack(&s, NULL);
    running = runs; /* touched here first, and so safe to read in a handler */
}

void crash_thread_end(void)
{
    stack_t s = {.ss_flags = SS_DISABLE};

    running = NULL;
    sigaltstack(&s, NULL);
    free(stack);
    stack = NULL;
}
