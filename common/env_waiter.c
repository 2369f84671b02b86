/*
 * env_waiter.c - sleep until something is ready, due or calling.
 *
 * An epoll set holds the watched descriptors, one-shot, and an eventfd that
 * env_waiter_wake() writes to. Its counter stays until it is read, so a wake-up
 * that comes before the sleep ends the sleep at once.
 */
#include "common/env_waiter.h"
#include "common/check.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

_Static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT &&
                   POLLERR == EPOLLERR && POLLHUP == EPOLLHUP &&
                   POLLPRI == EPOLLPRI,
               "events are the same bits for poll and epoll");

enum { BATCH = 64 }; /* ready entries per call */

/* Who watches a descriptor. An epoll set knows each only once: the second one
 * who watches it gets a duplicate. */
struct watch {
    struct watch *next;
    int fd;
    int own; /* fd, or the duplicate */
    void *data;
};

struct env_waiter {
    int epoll;
    int event; /* the eventfd; its epoll entry points at the waiter itself */
    struct watch *watches;
};

/* Set once the kernel is found to lack epoll_pwait2(), Linux 5.11. */
static atomic_bool no_pwait2;

/* Where the link to it is, or to NULL. */
static struct watch **find(struct env_waiter *w, int fd, const void *data)
{
    struct watch **link = &w->watches;

    while (*link && ((*link)->fd != fd || (*link)->data != data))
        link = &(*link)->next;
    return link;
}

static bool is_watched(const struct env_waiter *w, int fd)
{
    const struct watch *watch = w->watches;

    while (watch && watch->own != fd)
        watch = watch->next;
    return watch;
}

static void forget(struct env_waiter *w, struct watch **link)
{
    struct watch *watch = *link;
    struct epoll_event unused = {0};

    epoll_ctl(w->epoll, EPOLL_CTL_DEL, watch->own, &unused);
    if (watch->own != watch->fd)
        close(watch->own);
    *link = watch->next;
    free(watch);
}

static struct watch **add(struct env_waiter *w, int fd, void *data)
{
    struct watch *watch = xcalloc(1, sizeof(*watch));

    *watch = (struct watch){w->watches, fd, fd, data};
    if (is_watched(w, fd))
        watch->own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    w->watches = watch;
    return &w->watches;
}

void env_waiter_free(struct env *env, struct env_waiter *w)
{
    (void)env;
    if (!w)
        return;
    while (w->watches)
        forget(w, &w->watches);
    if (w->event >= 0)
        close(w->event);
    if (w->epoll >= 0)
        close(w->epoll);
    free(w);
}

/* False and errno; what was opened is the caller's to close. */
static bool open_both(struct env_waiter *w)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = w};

    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (w->epoll < 0)
        return false;
    w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return w->event >= 0 &&
           epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->event, &event) == 0;
}

struct env_waiter *env_waiter_new(struct env *env)
{
    struct env_waiter *w = xcalloc(1, sizeof(*w));
    int saved;

    w->epoll = w->event = -1;
    if (open_both(w))
        return w;
    saved = errno;
    env_waiter_free(env, w);
    errno = saved;
    return NULL;
}

static struct timespec timespec_of(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / 1000000000,
                             .tv_nsec = ns % 1000000000};
}

/* For older kernels: the epoll set is itself a descriptor to poll, and ppoll()
 * takes nanoseconds where epoll_wait() takes milliseconds. */
static int wait_by_ppoll(int epoll, struct epoll_event *events, int max,
                         const struct timespec *timeout)
{
    struct pollfd fd = {.fd = epoll, .events = POLLIN};
    int n = ppoll(&fd, 1, timeout, NULL);

    return n <= 0 ? n : epoll_wait(epoll, events, max, 0);
}

/* ns < 0: no limit. */
static int wait_once(int epoll, struct epoll_event *events, int max, int64_t ns)
{
    struct timespec time = timespec_of(ns < 0 ? 0 : ns);
    const struct timespec *timeout = ns < 0 ? NULL : &time;
    int n;

    if (!atomic_load_explicit(&no_pwait2, memory_order_relaxed)) {
        n = epoll_pwait2(epoll, events, max, timeout, NULL);
        /* EPERM: from system call filters that do not know it. */
        if (n >= 0 || (errno != ENOSYS && errno != EPERM))
            return n;
        atomic_store_explicit(&no_pwait2, true, memory_order_relaxed);
    }
    return wait_by_ppoll(epoll, events, max, timeout);
}

/* Until events came or the time has come; a signal alone ends nothing. */
static int wait_until(struct env *env, struct env_waiter *w, int64_t until,
                      struct epoll_event *events, int max)
{
    int64_t left = -1;
    int n;

    do {
        if (until != INT64_MAX) {
            int64_t now = env->ops->now(env);

            left = until <= now ? 0 : until - now;
        }
        n = wait_once(w->epoll, events, max, left);
        check_msg(n >= 0 || errno == EINTR,
                  "epoll: %s; has a plugin closed what it did not open?",
                  strerror(errno));
    } while (n < 0 || (n == 0 && left != 0 && env->ops->now(env) < until));
    return n;
}

static void take_wakes(struct env_waiter *w)
{
    uint64_t count;
    ssize_t n = read(w->event, &count, sizeof(count));

    check(n == (ssize_t)sizeof(count) || errno == EAGAIN || errno == EINTR);
}

int env_waiter_wait(struct env *env, struct env_waiter *w, int64_t until,
                    struct env_ready *ready, int max)
{
    struct epoll_event events[BATCH];
    int n, n_ready = 0;

    check(max >= 1);
    n = wait_until(env, w, until, events, max < BATCH ? max : BATCH);
    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr == w)
            take_wakes(w);
        else
            ready[n_ready++] = (struct env_ready){.data = events[i].data.ptr,
                                                  .events = events[i].events};
    }
    return n_ready;
}

void env_waiter_wake(struct env *env, struct env_waiter *w)
{
    uint64_t one = 1;
    int saved = errno; /* this may run in a signal handler */

    (void)env;
    /* EAGAIN means that 2^64 - 2 wake-ups are waiting: enough. */
    while (write(w->event, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    errno = saved;
}

int env_waiter_watch(struct env *env, struct env_waiter *w, int fd,
                     uint32_t events, void *data)
{
    struct epoll_event event = {.events = events | EPOLLONESHOT,
                                .data.ptr = data};
    struct watch **link = find(w, fd, data);
    int saved;

    (void)env;
    if (FAULT_FAILS("waiter_watch", ENOSPC))
        return -1;
    if (!*link)
        link = add(w, fd, data);
    /* A descriptor that was closed meanwhile has left the set by itself. */
    if (!epoll_ctl(w->epoll, EPOLL_CTL_MOD, (*link)->own, &event) ||
        (errno == ENOENT &&
         !epoll_ctl(w->epoll, EPOLL_CTL_ADD, (*link)->own, &event)))
        return 0;
    saved = errno;
    forget(w, link);
    errno = saved;
    return errno == EPERM ? 1 : -1; /* EPERM: it cannot be waited for */
}

void env_waiter_unwatch(struct env *env, struct env_waiter *w, int fd,
                        const void *data)
{
    struct watch **link = find(w, fd, data);

    (void)env;
    if (*link)
        forget(w, link);
}
