/*
 * interrupt.c - Ctrl-C while a topology runs, and a terminal that is closed.
 * The handlers call only what a signal handler may call.
 */
#include "cli/interrupt.h"
#include "cli/command.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define GRACE_S 2 /* between a stop at once and the end of the process */

static _Atomic(gale_local *) running;
static atomic_int count;
static atomic_bool speaks;

/* What is awaited while the topology opens, which no stop can end. */
enum { NOT_OPENING, OPENING, OPENING_MUST_END };
static atomic_int opening;
static int64_t patience_ms; /* written before `opening` is */

static bool put(const char *text)
{
    return write(STDERR_FILENO, text, strlen(text)) >= 0;
}

static void end_process(int signal)
{
    (void)signal;
    if (!put("gale local: ended at once; a callback was still under way\n"))
        _exit(EXIT_ERROR);
    _exit(EXIT_INTERRUPTED);
}

static void end_opening(void)
{
    put("gale local: ended while the topology opened: a callback of open or "
        "prepare was under way, and did not return in time\n");
    _exit(EXIT_ERROR);
}

/* SIGALRM after so many ms; 0: none any more. */
static void alarm_in(int64_t ms)
{
    struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};

    setitimer(ITIMER_REAL, &timer, NULL);
}

static void lose_patience(void)
{
    int before = OPENING;

    if (atomic_compare_exchange_strong(&opening, &before, OPENING_MUST_END))
        alarm_in(patience_ms);
}

/* The first one is the end of the time to live, if nothing came before. One
 * that was set when the topology had just opened means nothing. */
static void timed_out(int signal)
{
    int error = errno; /* of what was interrupted */

    if (atomic_load(&opening) == OPENING_MUST_END)
        end_opening();
    else if (atomic_load(&opening) == OPENING)
        lose_patience();
    else if (atomic_load(&count) > 1)
        end_process(signal);
    errno = error;
}

static void first_of_all(gale_local *l)
{
    int error = errno; /* of what was interrupted */

    if (atomic_load(&speaks))
        put("gale local: stopping: what is pending is finished; " INTERRUPT_HINT
            "\n");
    lose_patience();
    errno = error;
    if (l != NULL) /* else it is being opened: interrupt_stops() will see */
        gale_local_stop(l, GALE_STOP_DRAIN);
}

static void interrupted(int signal)
{
    gale_local *l = atomic_load(&running);
    int n = atomic_fetch_add(&count, 1) + 1;

    if (n > 2 || (l == NULL && n > 1))
        end_process(signal);
    if (n == 1) {
        first_of_all(l);
    } else {
        gale_local_stop(l, GALE_STOP_NOW);
        alarm(GRACE_S);
    }
}

/* Whoever closes a terminal sends it twice: first the shell, when it ends the
 * kernel. So it never asks for more than a drain. */
static void hung_up(int signal)
{
    int none = 0;

    (void)signal;
    if (atomic_compare_exchange_strong(&count, &none, 1))
        first_of_all(atomic_load(&running));
}

/* What is ignored (`nohup`) stays so. */
static void catch_hangup(struct sigaction *action)
{
    struct sigaction before;

    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return;
    action->sa_handler = hung_up;
    sigaction(SIGHUP, action, NULL);
}

static void catch_all(void)
{
    struct sigaction action = {.sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    action.sa_handler = timed_out;
    sigaction(SIGALRM, &action, NULL);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaddset(&action.sa_mask, SIGHUP);
    action.sa_handler = interrupted;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    catch_hangup(&action);
}

void interrupt_opens(int64_t ttl_ms, int64_t patience)
{
    patience_ms = patience;
    atomic_store(&opening, OPENING);
    catch_all();
    if (ttl_ms > 0)
        alarm_in(ttl_ms);
}

void interrupt_stops(gale_local *l)
{
    if (atomic_exchange(&opening, NOT_OPENING) != NOT_OPENING)
        alarm_in(0);
    atomic_store(&running, l);
    if (l != NULL && atomic_load(&count) > 0)
        gale_local_stop(l, GALE_STOP_DRAIN);
}

void interrupt_speaks(void)
{
    atomic_store(&speaks, true);
}

int interrupt_count(void)
{
    return atomic_load(&count);
}
