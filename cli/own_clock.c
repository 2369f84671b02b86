/*
 * own_clock.c - the clocks of the command, which plugins find instead of those
 * of libc: in the second run of a seed they show another time
 * (common/other_time.h).
 *
 * All of them go by clock_gettime(), so that they agree. The command itself is
 * always told what libc says.
 */
#include "cli/own_code.h"
#include "common/other_time.h"
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define NS 1000000000

typedef int clock_fn(clockid_t clock, struct timespec *now);

/* Any thread may be the first, and all of them find the same. */
static int ask_libc(clockid_t clock, struct timespec *now)
{
    static clock_fn *_Atomic libc;
    clock_fn *fn = atomic_load_explicit(&libc, memory_order_relaxed);

    if (fn == NULL) {
        fn = (clock_fn *)dlsym(RTLD_NEXT, "clock_gettime");
        atomic_store_explicit(&libc, fn, memory_order_relaxed);
    }
    return fn(clock, now);
}

/*
 * By years, hours, seconds and all below; and earlier, since who waits for a
 * time that it has reckoned must not wait for years. What a process has used is
 * never the same twice, and no run takes four times what another one does.
 */
static void make_other(clockid_t clock, struct timespec *now)
{
    int64_t ns = (int64_t)now->tv_sec * NS + now->tv_nsec;

    ns -= clock == CLOCK_PROCESS_CPUTIME_ID ? ns / 4 * 3 : ns / 8;
    *now = (struct timespec){ns / NS, ns % NS};
}

static int ask(clockid_t clock, struct timespec *now, const void *caller)
{
    int error = ask_libc(clock, now);

    if (error == 0 && other_time && !own_code_is(caller))
        make_other(clock, now);
    return error;
}

#define CALLER __builtin_return_address(0)

OWN_CODE_FOR_ALL int clock_gettime(clockid_t clock, struct timespec *now);
OWN_CODE_FOR_ALL int timespec_get(struct timespec *now, int base);
OWN_CODE_FOR_ALL int gettimeofday(struct timeval *now, void *zone);
OWN_CODE_FOR_ALL time_t time(time_t *now);
OWN_CODE_FOR_ALL clock_t clock(void);

int clock_gettime(clockid_t clock, struct timespec *now)
{
    return ask(clock, now, CALLER);
}

int timespec_get(struct timespec *now, int base)
{
    return base == TIME_UTC && ask(CLOCK_REALTIME, now, CALLER) == 0 ? base : 0;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec real;
    int error = ask(CLOCK_REALTIME, &real, CALLER);

    if (zone != NULL) /* as libc does: nobody has one any more */
        memset(zone, 0, sizeof(struct timezone));
    if (error == 0)
        *now = (struct timeval){real.tv_sec, real.tv_nsec / 1000};
    return error;
}

time_t time(time_t *now)
{
    struct timespec real = {-1, 0};

    (void)!ask(CLOCK_REALTIME_COARSE, &real, CALLER);
    if (now != NULL)
        *now = real.tv_sec;
    return real.tv_sec;
}

clock_t clock(void)
{
    struct timespec used;

    if (ask(CLOCK_PROCESS_CPUTIME_ID, &used, CALLER) != 0)
        return -1;
    return used.tv_sec * CLOCKS_PER_SEC + used.tv_nsec / (NS / CLOCKS_PER_SEC);
}
