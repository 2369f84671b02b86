/* env_loop.c - the loops of the real world, over libevent; see loop_ops.h. */
#include "common/env_loop.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct event_loop {
    struct loop loop; /* first */
    struct event_base *base;
    int wake; /* eventfd: something was posted */
    struct event *woken;

    int signal_fd; /* where the handler writes numbers; -1: none */
    struct event *signalled;
    void (*signal_fn)(void *arg, int signal);
    void *signal_arg;
};

static struct event_loop *own(struct loop *loop)
{
    return (struct event_loop *)(void *)loop;
}

/* Whenever the descriptor is so. NULL and errno. */
static struct event *watch_new(struct event_loop *loop, int fd, short what,
                               event_callback_fn fn, void *arg)
{
    struct event *event = memory_check(
        event_new(loop->base, fd, (short)(what | EV_PERSIST), fn, arg), 1, 1);

    if (event_add(event, NULL) == 0)
        return event;
    event_free(event);
    return NULL;
}

/* -- signals --------------------------------------------------------------- */

/*
 * Signals are handled and not blocked: what a plugin's thread executes inherits
 * what is blocked, and would not hear SIGTERM; handlers it does not inherit. Of
 * the process, since there is one table of handlers.
 */
static struct {
    int to; /* -1: they are passed over */
    pid_t process;
} told = {.to = -1};

/* On any thread. In a child that was forked and executes nothing, a signal does
 * what it would have done without us. */
static void take_signal(int number)
{
    unsigned char byte = (unsigned char)number;
    int saved = errno;

    if (getpid() != told.process) {
        signal(number, SIG_DFL);
        raise(number);
    } else if (told.to >= 0 && write(told.to, &byte, 1) != 1) {
        check(errno == EAGAIN); /* thousands of them wait */
    }
    errno = saved;
}

static void stop_signals(struct event_loop *loop)
{
    int to = told.to;

    if (loop->signal_fd < 0)
        return;
    told.to = -1;
    close(to);
    close(loop->signal_fd);
}

/* Whoever has started us may have blocked them. */
static void handle(const int *signals, uint32_t n)
{
    struct sigaction action = {.sa_flags = SA_RESTART | SA_ONSTACK,
                               .sa_handler = take_signal};
    sigset_t set;

    sigemptyset(&set);
    sigemptyset(&action.sa_mask);
    for (uint32_t i = 0; i < n; i++) {
        sigaddset(&set, signals[i]);
        check(sigaction(signals[i], &action, NULL) == 0);
    }
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void signals_ready(evutil_socket_t fd, short what, void *arg)
{
    struct event_loop *loop = arg;
    unsigned char number;

    (void)what;
    while (read(fd, &number, 1) == 1)
        loop->signal_fn(loop->signal_arg, number);
}

static int take_signals(struct loop *l, const int *signals, uint32_t n,
                        void (*fn)(void *arg, int signal), void *arg)
{
    struct event_loop *loop = own(l);
    int ends[2];

    check(loop->signal_fd < 0 && told.to < 0);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    loop->signal_fd = ends[0];
    told.to = ends[1];
    told.process = getpid();
    loop->signal_fn = fn;
    loop->signal_arg = arg;
    handle(signals, n);
    loop->signalled = watch_new(loop, ends[0], EV_READ, signals_ready, loop);
    return loop->signalled != NULL ? 0 : -1;
}

/* -- the loop -------------------------------------------------------------- */

static void wake(struct loop *l)
{
    struct event_loop *loop = own(l);
    uint64_t one = 1;

    if (write(loop->wake, &one, sizeof(one)) < 0)
        check(errno == EAGAIN); /* it is readable as it is */
}

static void woken(evutil_socket_t fd, short what, void *arg)
{
    uint64_t n;

    (void)what;
    if (read(fd, &n, sizeof(n)) < 0)
        check(errno == EAGAIN || errno == EINTR);
    loop_run_posts(arg);
}

/* What it has to say comes as a result, too. */
static void say_nothing(int severity, const char *text)
{
    (void)severity, (void)text;
}

/* libevent ends the process if it gets only some of those that it needs. */
static bool has_descriptors(int any)
{
    enum { BASE_TAKES = 4 }; /* epoll, timerfd, two for signals */
    int fds[BASE_TAKES], n = 0;

    while (n < BASE_TAKES && (fds[n] = fcntl(any, F_DUPFD_CLOEXEC, 0)) >= 0)
        n++;
    for (int i = 0; i < n; i++)
        close(fds[i]);
    return n == BASE_TAKES;
}

static struct event_base *base_new(int any)
{
    struct event_config *config;
    struct event_base *base;

    event_set_log_callback(say_nothing);
    if (!has_descriptors(any))
        return NULL;
    config = memory_check(event_config_new(), 1, 1);
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK |
                                      EVENT_BASE_FLAG_PRECISE_TIMER |
                                      EVENT_BASE_FLAG_NO_CACHE_TIME);
    base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static void event_done(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void loop_close(struct loop *l)
{
    struct event_loop *loop = own(l);

    event_done(loop->woken);
    event_done(loop->signalled);
    stop_signals(loop);
    if (loop->wake >= 0)
        close(loop->wake);
    if (loop->base != NULL)
        event_base_free(loop->base);
    free(loop);
}

static struct loop *loop_open(struct env *env)
{
    struct event_loop *loop = xcalloc(1, sizeof(*loop));

    (void)env;
    loop->signal_fd = -1;
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->base = loop->wake < 0 ? NULL : base_new(loop->wake);
    if (loop->base != NULL)
        loop->woken = watch_new(loop, loop->wake, EV_READ, woken, loop);
    if (loop->woken != NULL)
        return &loop->loop;
    loop_close(&loop->loop);
    return NULL;
}

static void turn(struct loop *loop)
{
    check(event_base_loop(own(loop)->base, EVLOOP_ONCE) >= 0);
}

static void end(struct loop *loop)
{
    event_base_loopbreak(own(loop)->base);
}

/* -- timers ---------------------------------------------------------------- */

static struct timeval time_until(const struct loop *loop, int64_t at)
{
    int64_t now = loop_now(loop), ns = at > now ? at - now : 0;
    int64_t us = ns / 1000 + (ns % 1000 != 0); /* never too early */

    return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

static void add_timer(struct loop_timer *timer)
{
    struct timeval in = time_until(timer->loop, timer->at);

    check(evtimer_add((struct event *)timer->event, &in) == 0);
}

/* The kernel's clock may be ahead of ours by a little. */
static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *timer = arg;

    (void)fd, (void)what;
    if (loop_now(timer->loop) < timer->at)
        add_timer(timer);
    else
        loop_timer_fire(timer);
}

static void timer_set(struct loop_timer *timer)
{
    if (timer->event == NULL)
        timer->event = memory_check(
            evtimer_new(own(timer->loop)->base, timer_fired, timer), 1, 1);
    add_timer(timer);
}

static void timer_clear(struct loop_timer *timer)
{
    event_free(timer->event);
}

/* -- descriptors ----------------------------------------------------------- */

static void watch_ready(evutil_socket_t fd, short what, void *arg)
{
    struct loop_watch *watch = arg;

    (void)fd, (void)what;
    watch->fn(watch->arg);
}

static int watch_set(struct loop_watch *watch, int fd, bool writable)
{
    watch->event = watch_new(own(watch->loop), fd,
                             writable ? EV_WRITE : EV_READ, watch_ready, watch);
    return watch->event != NULL ? 0 : -1;
}

static void watch_clear(struct loop_watch *watch)
{
    event_free(watch->event);
}

const struct loop_ops env_loops = {
    .open = loop_open,
    .close = loop_close,
    .turn = turn,
    .end = end,
    .wake = wake,
    .timer_set = timer_set,
    .timer_clear = timer_clear,
    .watch_set = watch_set,
    .watch_clear = watch_clear,
    .signals = take_signals,
};
