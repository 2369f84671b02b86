/* crash.c - a last line before a signal ends the process; see crash.h. */
#include "worker/crash.h"
#include "common/check.h"
#include "common/last_words.h"
#include "topology-api/memory.h"
#include "worker/culprit.h"
#include "worker/executor.h"
#include "worker/leave.h"
#include "worker/task_base.h"
#include <gale/local.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define STACK_SIZE 65536

/* Where the thread keeps which executor it runs; NULL: it runs none. */
static _Thread_local const crash_running *running;
static _Thread_local const struct task *working; /* … and whose work it does */
static _Thread_local void *stack;
static bool is_replaced; /* whoever ends, another process takes its place */

/* The executor that the calling thread runs, or NULL. */
static const struct executor *executor_here(void)
{
    return running != NULL ? atomic_load_explicit(running, memory_order_relaxed)
                           : NULL;
}

const struct task *crash_task(void)
{
    const struct executor *e = executor_here();

    return e != NULL ? task_under_way(e) : working;
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

/* What a plugin does, or what is nobody's fault. */
static void put_what(struct last_words *words, int number)
{
    if (memory_is_none_left()) {
        last_words_put(words, "no memory was left; under way was ");
        return;
    }
    last_words_put(words, name_of(number));
    last_words_put(words, " in ");
}

/* What becomes of a run that the process does not end. */
static void put_rest(struct last_words *words)
{
    last_words_put(words, "; messages that were not acked are read again after "
                          "a restart");
    if (!is_replaced)
        last_words_put(words, " with --state");
}

static void say_who(int number, const struct culprit *c)
{
    struct last_words words = {0};

    last_words_put(&words, "\ngale: ");
    put_what(&words, number);
    culprit_put(&words, c);
    if (c->kind == CULPRIT_MAKING) {
        last_words_put(&words, " while ");
        last_words_put(&words, c->doing);
    }
    last_words_put(&words, ": the process ends");
    if (c->kind != CULPRIT_MAKING && leave_is_running())
        put_rest(&words);
    last_words_say(&words);
}

static void say(int number)
{
    struct culprit c = culprit_here();

    if (c.kind != CULPRIT_NONE)
        say_who(number, &c);
    signal(number, SIG_DFL); /* and once more, when this returns */
    raise(number);
}

/* -- threads --------------------------------------------------------------- */

/* A plugin may use up the stack of the thread. */
static void use_stack(void *memory)
{
    stack_t s = {.ss_sp = memory, .ss_size = STACK_SIZE};

    sigaltstack(&s, NULL);
}

void crash_watch(void)
{
    static char own_stack[STACK_SIZE];
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = say;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
    leave_watch();
    last_words_keep();
    use_stack(own_stack);
}

void crash_watch_worker(void)
{
    is_replaced = true;
    crash_watch();
}

void gale_local_name_crashes(void)
{
    crash_watch();
}

void crash_thread_begin(const crash_running *runs)
{
    stack = xcalloc(1, STACK_SIZE);
    use_stack(stack);
    running = runs; /* touched here first, and so safe to read in a handler */
    leave_watch_thread(true);
}

void crash_thread_works(const struct task *t)
{
    working = t;
}

void crash_thread_end(void)
{
    stack_t s = {.ss_flags = SS_DISABLE};

    leave_watch_thread(false);
    running = NULL;
    sigaltstack(&s, NULL);
    free(stack);
    stack = NULL;
}

uint32_t crash_thread_variables(void *variables[], uint32_t n)
{
    check(n >= 3);
    variables[0] = &running;
    variables[1] = &working;
    variables[2] = &stack;
    return 3;
}
