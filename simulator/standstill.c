/* standstill.c - looks at the clock of a world now and then; see standstill.h.
 */
#include "simulator/standstill.h"
#include "common/check.h"
#include "simulator/world.h"
#include <signal.h>
#include <string.h>
#include <sys/time.h>

static struct {
    const struct world *world; /* NULL: none */
    void (*found)(void *arg);
    void *arg;
    int64_t seen;   /* the world's clock at the last look … */
    uint32_t looks; /* … and how many have seen the same */
} watched;

static void look(int number)
{
    int64_t now;

    (void)number;
    if (watched.world == NULL)
        return;
    now = world_now(watched.world);
    watched.looks = now == watched.seen ? watched.looks + 1 : 0;
    watched.seen = now;
    if (watched.looks == STANDSTILL_S)
        watched.found(watched.arg);
}

static void look_every(time_t seconds)
{
    struct itimerval timer = {{seconds, 0}, {seconds, 0}};

    check(setitimer(ITIMER_PROF, &timer, NULL) == 0);
}

void standstill_watch(const struct world *w, void (*found)(void *arg),
                      void *arg)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = look;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    watched.world = w;
    watched.found = found;
    watched.arg = arg;
    watched.seen = world_now(w);
    watched.looks = 0;
    check(sigaction(SIGPROF, &action, NULL) == 0);
    look_every(1);
}

void standstill_end(void)
{
    look_every(0);
    watched.world = NULL;
}
