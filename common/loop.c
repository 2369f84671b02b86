/* loop.c - timers, descriptors, signals and posts over libevent; see loop.h. */
#include "common/loop.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct post {
    struct post *next;
    void (*fn)(void *arg);
    void *arg;
};

struct loop {
    struct env *env;
    struct event_base *base;
    bool ended;

    struct env_monitor *monitor; /* of what is posted, in order */
    struct post *first, **last;
    struct post *running; /* taken from there: of the loop's thread */
    int wake;             /* eventfd: there is something */
    struct loop_watch woken;

    int signal_fd; /* where the handler writes numbers; -1: none */
    struct loop_watch signalled;
    void (*signal_fn)(void *arg, int signal);
    void *signal_arg;
};

/* -- posts ----------------------------------------------------------------- */

static void wake_up(struct loop *loop)
{
    uint64_t one = 1;

    if (write(loop->wake, &one, sizeof(one)) < 0)
        check(errno == EAGAIN); /* it is readable as it is */
}

static struct post *take_posts(struct loop *loop)
{
    struct post *posts;

    env_enter(loop->env, loop->monitor);
    posts = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    env_leave(loop->env, loop->monitor);
    return posts;
}

/* Those that are left when the loop is ended come before what was posted
 * meanwhile. */
static void put_back(struct loop *loop)
{
    struct post **last = &loop->running;

    while (*last != NULL)
        last = &(*last)->next;
    env_enter(loop->env, loop->monitor);
    *last = loop->first;
    if (loop->first == NULL)
        loop->last = last;
    loop->first = loop->running;
    loop->running = NULL;
    env_leave(loop->env, loop->monitor);
    wake_up(loop);
}

static void run_posts(void *arg)
{
    struct loop *loop = arg;
    uint64_t n;

    if (read(loop->wake, &n, sizeof(n)) < 0)
        check(errno == EAGAIN || errno == EINTR);
    loop->running = take_posts(loop);
    while (loop->running != NULL && !loop->ended) {
        struct post *p = loop->running;

        loop->running = p->next;
        p->fn(p->arg);
        free(p);
    }
    if (loop->running != NULL)
        put_back(loop);
}

void loop_post(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    struct post *p = xcalloc(1, sizeof(*p));

    p->fn = fn;
    p->arg = arg;
    env_enter(loop->env, loop->monitor);
    *loop->last = p;
    loop->last = &p->next;
    env_leave(loop->env, loop->monitor);
    wake_up(loop);
}

/* Where the list ends then. */
static struct post **drop_posts(struct post **link, const void *arg)
{
    while (*link != NULL) {
        struct post *p = *link;

        if (p->arg != arg) {
            link = &p->next;
            continue;
        }
        *link = p->next;
        free(p);
    }
    return link;
}

void loop_unpost(struct loop *loop, const void *arg)
{
    drop_posts(&loop->running, arg);
    env_enter(loop->env, loop->monitor);
    loop->last = drop_posts(&loop->first, arg);
    env_leave(loop->env, loop->monitor);
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

static void stop_signals(struct loop *loop)
{
    int to = told.to;

    if (loop->signal_fd < 0)
        return;
    told.to = -1;
    close(to);
    close(loop->signal_fd);
}

/* -- the loop -------------------------------------------------------------- */

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

struct loop *loop_new(struct env *env)
{
    struct loop *loop = xcalloc(1, sizeof(*loop));

    loop->env = env;
    loop->signal_fd = -1;
    loop->last = &loop->first;
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->base = loop->wake < 0 ? NULL : base_new(loop->wake);
    loop->monitor = env->ops->monitor_new(env);
    if (loop->base != NULL &&
        loop_watch_set(loop, &loop->woken, loop->wake, run_posts, loop) == 0)
        return loop;
    loop_free(loop);
    return NULL;
}

void loop_free(struct loop *loop)
{
    struct post *posts;

    if (loop == NULL)
        return;
    posts = take_posts(loop);
    while (posts != NULL) {
        struct post *p = posts;

        posts = p->next;
        free(p);
    }
    loop_watch_clear(&loop->woken);
    loop_watch_clear(&loop->signalled);
    stop_signals(loop);
    if (loop->wake >= 0)
        close(loop->wake);
    if (loop->base != NULL)
        event_base_free(loop->base);
    loop->env->ops->monitor_free(loop->env, loop->monitor);
    free(loop);
}

void loop_run(struct loop *loop)
{
    loop->ended = false;
    while (!loop->ended)
        check(event_base_loop(loop->base, EVLOOP_ONCE) >= 0);
}

static void end_in_time(void *arg)
{
    bool *over = arg;

    *over = true;
}

bool loop_run_for(struct loop *loop, int64_t ns)
{
    struct loop_timer timer = {.fn = NULL};
    bool over = false;

    loop_timer_set(loop, &timer, loop_now(loop) + ns, end_in_time, &over);
    loop->ended = false;
    while (!loop->ended && !over)
        check(event_base_loop(loop->base, EVLOOP_ONCE) >= 0);
    loop_timer_clear(&timer);
    return loop->ended;
}

void loop_end(struct loop *loop)
{
    loop->ended = true;
    event_base_loopbreak(loop->base);
}

struct env *loop_env(const struct loop *loop)
{
    return loop->env;
}

int64_t loop_now(const struct loop *loop)
{
    return loop->env->ops->now(loop->env);
}

/* -- timers ---------------------------------------------------------------- */

static struct timeval time_until(const struct loop *loop, int64_t at)
{
    int64_t now = loop_now(loop), ns = at > now ? at - now : 0;
    int64_t us = ns / 1000 + (ns % 1000 != 0); /* never too early */

    return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

static void timer_fired(evutil_socket_t fd, short what, void *arg);

static void add_timer(struct loop_timer *timer)
{
    struct timeval in = time_until(timer->loop, timer->at);

    if (timer->event == NULL)
        timer->event = memory_check(
            evtimer_new(timer->loop->base, timer_fired, timer), 1, 1);
    check(evtimer_add(timer->event, &in) == 0);
}

/* The kernel's clock may be ahead of ours by a little. */
static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *timer = arg;

    (void)fd, (void)what;
    if (loop_now(timer->loop) < timer->at) {
        add_timer(timer);
        return;
    }
    timer->at = 0;
    timer->fn(timer->arg);
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at,
                    void (*fn)(void *arg), void *arg)
{
    if (at == INT64_MAX) {
        loop_timer_clear(timer);
        return;
    }
    timer->loop = loop;
    timer->fn = fn;
    timer->arg = arg;
    timer->at = at > 0 ? at : 1;
    if (loop->env->ops->timers != NULL)
        loop->env->ops->timers->set(loop->env, timer);
    else
        add_timer(timer);
}

void loop_timer_clear(struct loop_timer *timer)
{
    struct env *env = timer->event == NULL ? NULL : timer->loop->env;

    if (env != NULL && env->ops->timers != NULL)
        env->ops->timers->clear(env, timer);
    else if (env != NULL)
        event_free(timer->event);
    timer->event = NULL;
    timer->at = 0;
}

/* -- descriptors, signals -------------------------------------------------- */

static void watch_ready(evutil_socket_t fd, short what, void *arg)
{
    struct loop_watch *watch = arg;

    (void)fd, (void)what;
    watch->fn(watch->arg);
}

static int watch_set(struct loop *loop, struct loop_watch *watch, int fd,
                     short what)
{
    check(watch->event == NULL);
    watch->event =
        memory_check(event_new(loop->base, fd, (short)(what | EV_PERSIST),
                               watch_ready, watch),
                     1, 1);
    if (event_add(watch->event, NULL) == 0)
        return 0;
    loop_watch_clear(watch);
    return -1;
}

int loop_watch_set(struct loop *loop, struct loop_watch *watch, int fd,
                   void (*fn)(void *arg), void *arg)
{
    watch->fn = fn;
    watch->arg = arg;
    return watch_set(loop, watch, fd, EV_READ);
}

int loop_watch_set_writable(struct loop *loop, struct loop_watch *watch, int fd,
                            void (*fn)(void *arg), void *arg)
{
    watch->fn = fn;
    watch->arg = arg;
    return watch_set(loop, watch, fd, EV_WRITE);
}

void loop_watch_clear(struct loop_watch *watch)
{
    if (watch->event != NULL)
        event_free(watch->event);
    watch->event = NULL;
}

static void signals_ready(void *arg)
{
    struct loop *loop = arg;
    unsigned char number;

    while (read(loop->signal_fd, &number, 1) == 1)
        loop->signal_fn(loop->signal_arg, number);
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

int loop_signals(struct loop *loop, const int *signals, uint32_t n,
                 void (*fn)(void *arg, int signal), void *arg)
{
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
    return loop_watch_set(loop, &loop->signalled, loop->signal_fd,
                          signals_ready, loop);
}
