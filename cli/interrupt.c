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
#include <unistd.h>

#define GRACE_S 2 /* between a stop at once and the end of the process */

static _Atomic(gale_local *) running;
static atomic_int count;
static atomic_bool speaks;

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

static void first_of_all(gale_local *l)
{
    int error = errno; /* of what was interrupted */

    if (atomic_load(&speaks))
        put("gale local: stopping: what is pending is finished; " INTERRUPT_HINT
            "\n");
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

void interrupt_stops(gale_local *l)
{
    struct sigaction action = {.sa_flags = SA_RESTART};

    atomic_store(&running, l);
    sigemptyset(&action.sa_mask);
    action.sa_handler = end_process;
    sigaction(SIGALRM, &action, NULL);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaddset(&action.sa_mask, SIGHUP);
    action.sa_handler = interrupted;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    catch_hangup(&action);
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
