/* crash.c - a last line before a signal ends the process; see crash.h. */
#include "worker/crash.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "topology-api/under_way.h"
#include "worker/executor.h"
#include "worker/task_base.h"
#include <gale/local.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACK_SIZE 65536
#define LINE_MAX_SIZE 4096 /* a pipe takes so much at once (PIPE_BUF) */

/* Where the thread keeps which executor it runs; NULL: it runs none. */
static _Thread_local const crash_running *running;
static _Thread_local const struct task *working; /* … and whose work it does */
static _Thread_local void *stack;

static pthread_t owner;   /* the thread that wants crashes to be named */
static atomic_int n_runs; /* written by threads that own runs; the count is all
                              that is told, so it pairs with nothing */

/* A line while it is put together; without allocation, so that a signal handler
 * may do it. One write(2), so that lines of two threads do not mix. */
struct line {
    size_t n;
    char text[LINE_MAX_SIZE];
};

/* What is too long is cut. */
static void put(struct line *line, const char *text)
{
    size_t room = sizeof(line->text) - 1 - line->n, n = strnlen(text, room);

    memcpy(line->text + line->n, text, n);
    line->n += n;
}

static void end_line(struct line *line)
{
    line->text[line->n++] = '\n';
    if (write(STDERR_FILENO, line->text, line->n) < 0)
        return; /* nobody is there to be told */
}

static void put_number(struct line *line, int64_t n)
{
    char text[24], *p = text + sizeof(text) - 1;
    uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;

    *p = '\0';
    do
        *--p = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (n < 0)
        *--p = '-';
    put(line, p);
}

/* The executor that the calling thread runs, or NULL. */
static const struct executor *executor_here(void)
{
    return running != NULL ? atomic_load_explicit(running, memory_order_relaxed)
                           : NULL;
}

/* The task whose code the calling thread runs, or NULL. */
static const struct task *task_here(void)
{
    const struct executor *e = executor_here();

    return e != NULL ? task_under_way(e) : working;
}

static void put_task(struct line *line, const struct task *t)
{
    put(line, t->component->is_spout ? "spout \"" : "bolt \"");
    put(line, t->component->id);
    put(line, "\" (task ");
    put_number(line, t->id);
    put(line, ", ");
    put(line, t->component->file);
    put(line, ")");
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

static void say_task_crash(int number, const struct task *t)
{
    struct line line = {0};

    put(&line, "\ngale: ");
    put(&line, name_of(number));
    put(&line, " in ");
    put_task(&line, t);
    put(&line, ": the process ends; messages that were not acked are read "
               "again after a restart with --state");
    end_line(&line);
}

static void say_crash_while(int number, struct under_way under_way)
{
    struct line line = {0};

    put(&line, "\ngale: ");
    put(&line, name_of(number));
    put(&line, " in ");
    put(&line, under_way.file);
    put(&line, " while ");
    put(&line, under_way.doing);
    put(&line, ": the process ends, nothing was run");
    end_line(&line);
}

static void say(int number)
{
    struct under_way under_way = under_way_here();
    const struct task *t = task_here();

    if (t != NULL)
        say_task_crash(number, t);
    else if (under_way.file != NULL)
        say_crash_while(number, under_way);
    signal(number, SIG_DFL); /* and once more, when this returns */
    raise(number);
}

static void say_exit_while(int status, struct under_way under_way)
{
    struct line line = {0};

    put(&line, "\ngale: ");
    put(&line, under_way.file);
    put(&line, " called exit(");
    put_number(&line, status);
    put(&line, ") while ");
    put(&line, under_way.doing);
    put(&line, ", and nothing was run: what cannot go on says so with "
               "gale_build_error() or gale_declare_error()");
    end_line(&line);
}

static void say_exit_in(int status, const struct task *t)
{
    struct line line = {0};

    put(&line, "\ngale: ");
    if (t != NULL) {
        put(&line, "the plugin of ");
        put_task(&line, t);
    } else {
        put(&line, "a thread that a plugin has started");
    }
    put(&line, " called exit(");
    put_number(&line, status);
    put(&line, "), which ends the process without the results of the run: what "
               "cannot go on returns gale_error(task, GALE_FATAL, …) from a "
               "callback");
    end_line(&line);
}

/* What the plugin has printed still goes out; other threads go on meanwhile,
 * and when they call exit(), too, they wait here. */
static void say_exit(int status, void *arg)
{
    static atomic_flag ending = ATOMIC_FLAG_INIT;
    struct under_way under_way = under_way_here();
    const struct task *t = task_here();

    (void)arg;
    if (t == NULL && under_way.file == NULL &&
        (pthread_equal(pthread_self(), owner) || atomic_load(&n_runs) == 0))
        return;              /* it is the program that ends */
    on_exit(say_exit, NULL); /* for the next thread */
    while (atomic_flag_test_and_set(&ending))
        pause();
    if (t == NULL && under_way.file != NULL)
        say_exit_while(status, under_way);
    else
        say_exit_in(status, t);
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

void crash_runs(int more)
{
    atomic_fetch_add(&n_runs, more);
}

/* Not atexit(): only this one is told the status. */
static void watch_exit(void)
{
    static atomic_flag done = ATOMIC_FLAG_INIT;

    if (atomic_flag_test_and_set(&done))
        return;
    owner = pthread_self();
    on_exit(say_exit, NULL);
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
    watch_exit();
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

void crash_thread_works(const struct task *t)
{
    working = t;
}

void crash_thread_end(void)
{
    stack_t s = {.ss_flags = SS_DISABLE};

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
