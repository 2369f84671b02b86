/*
 * env_posix.c - the real world behind env.h: clocks, chance, CPUs, threads.
 *
 * Waiting is in env_waiter.c and env_monitor.c, files are in env_file.c and
 * env_tree.c, processes in env_process.c; the table at the end brings all of it
 * together. There is one env, it has no state but what was read once at the
 * first use, and a clock that is kept in step with the kernel's.
 */
#include "common/check.h"
#include "common/env_file.h"
#include "common/env_handle.h"
#include "common/env_monitor.h"
#include "common/env_process.h"
#include "common/env_loop.h"
#include "common/env_memory.h"
#include "common/env_net.h"
#include "common/env_share.h"
#include "common/env_stack.h"
#include "common/env_tree.h"
#include "common/env_waiter.h"
#include "common/tick_clock.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    STACK_BYTES = 8 << 20,
    CPUS_MAX = 8192,
    /* How late a sleep may end for the sake of others; Linux gives 50 000. */
    TIMER_SLACK_NS = 1000,
    /* The counter may run so far while the clock is read: some 200 ns. */
    ANCHOR_TICKS = 600,
};

struct env_thread {
    pthread_t thread;
    char name[16];
    void (*run)(void *arg);
    void *arg;
};

/* The CPUs that the process may run on, as its first thread had them when env
 * was first used: a thread that was bound has fewer, and so would the threads
 * that it starts. */
static struct {
    pthread_once_t once;
    cpu_set_t *set;
    uint32_t n;
} cpus = {.once = PTHREAD_ONCE_INIT};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

#ifdef __x86_64__

/* The counter, and whether it may be taken for time: it must run at one rate on
 * all CPUs, whatever they do, which the kernel has found out by using it. */
static struct {
    pthread_once_t once;
    bool usable;
    struct tick_clock clock;
} ticks = {.once = PTHREAD_ONCE_INIT};

static void find_ticks(void)
{
    static const char path[] =
        "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    char name[8] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    ticks.usable =
        read(fd, name, sizeof(name) - 1) >= 4 && memcmp(name, "tsc\n", 4) == 0;
    close(fd);
}

/* The pair is of no use if something came between the two. */
__attribute__((noinline, cold)) static int64_t anchored_now(void)
{
    uint64_t before = __builtin_ia32_rdtsc();
    int64_t ns = clock_ns(CLOCK_MONOTONIC);

    if (__builtin_ia32_rdtsc() - before < ANCHOR_TICKS)
        tick_clock_anchor(&ticks.clock, before, ns);
    return ns;
}

/* In each thread, time does not go back. */
static int64_t now(struct env *env)
{
    static _Thread_local __attribute__((tls_model("initial-exec")))
    int64_t last;
    int64_t ns;

    (void)env;
    if (__builtin_expect(!ticks.usable, 0))
        return clock_ns(CLOCK_MONOTONIC);
    if (!tick_clock_read(&ticks.clock, __builtin_ia32_rdtsc(), &ns))
        ns = anchored_now();
    if (ns > last)
        last = ns;
    return last;
}

#else

static int64_t now(struct env *env)
{
    (void)env;
    return clock_ns(CLOCK_MONOTONIC);
}

#endif

static int64_t wall_us(struct env *env)
{
    (void)env;
    return clock_ns(CLOCK_REALTIME) / 1000;
}

static uint64_t entropy(struct env *env)
{
    uint64_t bits;
    ssize_t n;

    (void)env;
    do
        n = getrandom(&bits, sizeof(bits), 0);
    while (n < 0 && errno == EINTR);
    check_msg(n == (ssize_t)sizeof(bits), "getrandom: %s", strerror(errno));
    return bits;
}

static void cpus_read(void)
{
    size_t size = CPU_ALLOC_SIZE(CPUS_MAX);

    cpus.set = CPU_ALLOC(CPUS_MAX);
    check(cpus.set);
    check_msg(!sched_getaffinity(getpid(), size, cpus.set),
              "sched_getaffinity: %s", strerror(errno));
    cpus.n = (uint32_t)CPU_COUNT_S(size, cpus.set);
    check(cpus.n > 0);
}

static uint32_t n_cpus(struct env *env)
{
    (void)env;
    pthread_once(&cpus.once, cpus_read);
    return cpus.n;
}

/* Its second figure: see the kernel's Documentation/scheduler/sched-stats. */
static int64_t cpu_waited(struct env *env)
{
    int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    char text[64];
    ssize_t n;
    long long waited = 0;

    (void)env;
    if (fd < 0)
        return 0;
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return sscanf(text, "%*d %lld", &waited) == 1 ? waited : 0;
}

/* Number of the i-th CPU of the set. */
static int cpu_at(uint32_t i)
{
    int cpu = 0;

    for (;; cpu++) {
        check(cpu < CPUS_MAX);
        if (CPU_ISSET_S(cpu, CPU_ALLOC_SIZE(CPUS_MAX), cpus.set) && i-- == 0)
            return cpu;
    }
}

static void set_cpus(pthread_attr_t *attr, int cpu)
{
    size_t size = CPU_ALLOC_SIZE(CPUS_MAX);
    cpu_set_t *set;

    if (cpu < 0) {
        check(!pthread_attr_setaffinity_np(attr, size, cpus.set));
        return;
    }
    set = CPU_ALLOC(CPUS_MAX);
    check(set);
    CPU_ZERO_S(size, set);
    CPU_SET_S(cpu_at((uint32_t)cpu % cpus.n), size, set);
    check(!pthread_attr_setaffinity_np(attr, size, set));
    CPU_FREE(set);
}

static _Thread_local bool is_own;

bool env_thread_is_own(void)
{
    return is_own;
}

static void *thread_main(void *arg)
{
    struct env_thread *thread = arg;

    pthread_setname_np(pthread_self(), thread->name);
    prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
    FAULT_POINT("thread_begins");
    is_own = true;
    thread->run(thread->arg);
    return NULL;
}

/* All but those that a thread's own mistakes raise. A write to a closed pipe
 * then answers EPIPE and ends nobody. */
static void outside_signals(sigset_t *set)
{
    static const int own[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                              SIGTRAP, SIGABRT, SIGSYS, SIGPROF};

    sigfillset(set);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        sigdelset(set, own[i]);
    sigdelset(set, env_stack_signal());
}

static bool leaves_signals; /* written before there are threads */

void env_posix_leave_signals(void)
{
    leaves_signals = true;
}

/* 0, or an error number. */
static int thread_create(struct env_thread *thread, int cpu)
{
    pthread_attr_t attr;
    sigset_t block, old;
    int result;

    pthread_attr_init(&attr);
    check(!pthread_attr_setstacksize(&attr, STACK_BYTES));
    set_cpus(&attr, cpu);
    if (leaves_signals)
        sigemptyset(&block);
    else
        outside_signals(&block);
    pthread_sigmask(SIG_BLOCK, &block, &old); /* the new thread inherits it */
    result = pthread_create(&thread->thread, &attr, thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return result;
}

static struct env_thread *thread_start(struct env *env, const char *name,
                                       int cpu, void (*run)(void *arg),
                                       void *arg)
{
    struct env_thread *thread = xcalloc(1, sizeof(*thread));

    n_cpus(env);
    check(strlen(name) < sizeof(thread->name));
    memcpy(thread->name, name, strlen(name));
    thread->run = run;
    thread->arg = arg;
    if (FAULT_FAILS("thread_start", EAGAIN) || thread_create(thread, cpu)) {
        free(thread);
        return NULL;
    }
    return thread;
}

static void thread_join(struct env *env, struct env_thread *thread)
{
    (void)env;
    check(!pthread_join(thread->thread, NULL));
    free(thread);
}

static int thread_stack(struct env *env, struct env_thread *thread,
                        void **addresses, int max)
{
    (void)env;
    return env_stack_of(thread->thread, addresses, max);
}

static int64_t ns_of(const struct timeval *t)
{
    return t->tv_sec * INT64_C(1000000000) + t->tv_usec * 1000;
}

static void thread_spent(struct env *env, struct env_spent *spent)
{
    struct rusage usage;

    (void)env;
    check(!getrusage(RUSAGE_THREAD, &usage));
    spent->cpu_ns = ns_of(&usage.ru_utime) + ns_of(&usage.ru_stime);
    spent->waits = (uint64_t)usage.ru_nvcsw;
}

static void point(struct env *env)
{
    (void)env; /* others run by themselves */
}

static const struct env_ops ops = {
    .now = now,
    .wall_us = wall_us,
    .entropy = entropy,
    .n_cpus = n_cpus,
    .cpu_waited = cpu_waited,
    .thread_start = thread_start,
    .thread_join = thread_join,
    .thread_stack = thread_stack,
    .thread_spent = thread_spent,
    .point = point,
    .monitor_new = env_monitor_new,
    .monitor_free = env_monitor_free,
    .monitor_enter = env_monitor_enter,
    .monitor_leave = env_monitor_leave,
    .monitor_wait = env_monitor_wait,
    .monitor_notify = env_monitor_notify,
    .waiter_new = env_waiter_new,
    .waiter_free = env_waiter_free,
    .waiter_wait = env_waiter_wait,
    .waiter_wake = env_waiter_wake,
    .waiter_watch = env_waiter_watch,
    .waiter_unwatch = env_waiter_unwatch,
    .file_replace = env_file_replace,
    .file_read = env_file_read,
    .file_read_regular = env_file_read_regular,
    .file_append = env_file_append,
    .directory_clean = env_file_clean,
    .directory_make = env_file_directory,
    .file_lock = env_file_lock,
    .file_unlock = env_file_unlock,
    .file_create = env_handle_create,
    .file_open = env_handle_open,
    .file_write = env_handle_write,
    .file_read_at = env_handle_read,
    .file_sync = env_handle_sync,
    .file_close = env_handle_close,
    .file_rename = env_handle_rename,
    .file_link = env_handle_link,
    .file_remove = env_handle_remove,
    .directory_each = env_handle_each,
    .directory_private = env_tree_private,
    .directory_give = env_share_give,
    .path_share = env_share_path,
    .file_show = env_share_show,
    .directory_list = env_tree_list,
    .tree_remove = env_tree_remove,
    .file_written = env_tree_written,
    .processes = &env_process_posix,
    .loops = &env_loops,
    .net_listen = env_net_listen,
    .net_unlisten = env_net_unlisten,
    .net_accept = env_net_accept,
    .net_is_own = env_net_is_own,
    .net_connect = env_net_connect,
    .net_connected = env_net_connected,
    .net_send = env_net_send,
    .net_receive = env_net_receive,
    .net_close = env_net_close,
    .net_close_heard = env_net_close_heard,
    .memory_new = env_memory_new,
    .memory_map = env_memory_map,
    .memory_unmap = env_memory_unmap,
    .memory_send = env_memory_send,
    .memory_receive = env_memory_receive,
};

struct env *env_posix(void)
{
    static struct env env = {.ops = &ops};

#ifdef __x86_64__
    pthread_once(&ticks.once, find_ticks);
#endif
    return &env;
}
