/*
 * interrupt.c - Ctrl-C while a topology runs. The handlers call only what a
 * signal handler may call.
 */
#include "cli/interrupt.h"
#include "cli/command.h"
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define GRACE_S 2 /* between a stop at once and the end of the process */

static _Atomic(gale_local *) running;
static atomic_int count;

static void end_process(int signal)
{
    static const char text[] =
        "gale local: ended at once; a callback was still under way\n";

    (void)signal;
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
        _exit(EXIT_ERROR);
    _exit(EXIT_INTERRUPTED);
}

static void interrupted(int signal)
{
    gale_local *l = atomic_load(&running);
    int n = atomic_fetch_add(&count, 1) + 1;

    if (n > 2 || (l == NULL && n > 1))
        end_process(signal);
    if (l == NULL)
        return; /* it is being opened: interrupt_stops() will see */
    if (n == 1) {
        gale_local_stop(l, GALE_STOP_DRAIN);
    } else {
        gale_local_stop(l, GALE_STOP_NOW);
        alarm(GRACE_S);
    }
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
    action.sa_handler = interrupted;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (l != NULL && atomic_load(&count) > 0)
        gale_local_stop(l, GALE_STOP_DRAIN);
}

int interrupt_count(void)
{
    return atomic_load(&count);
}
