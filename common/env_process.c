/*
 * env_process.c - processes of the real world: posix_spawn, pidfds, /proc; see
 * env_process.h.
 *
 * Reaping is one for the process: children that were spawned are in a list, so
 * that reap(), which gets everybody who has ended, knows whose end to keep.
 */
#include "common/env_process.h"
#include "common/check.h"
#include "common/env_family.h"
#include "common/env_session.h"
#include "common/process_stat.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct process {
    struct env_process public; /* first: what callers have */
    bool child, over;
    struct env_process_end end; /* if it is over */
    struct process *next;       /* of the children that were spawned */
};

static struct process *children;

/* -- what /proc says ------------------------------------------------------- */

static void look(struct env *env, int pid, struct env_process_facts *facts)
{
    struct process_stat stat;
    ssize_t n;

    (void)env;
    *facts = (struct env_process_facts){0};
    if (pid <= 0 || !process_stat_read(pid, &stat))
        return;
    facts->runs = stat.runs;
    facts->start = stat.start;
    n = process_stat_file(pid, "cmdline", facts->command, ENV_COMMAND_MAX);
    facts->size = n > 0 ? (size_t)n : 0;
    process_stat_variable(pid, ENV_PROCESS_MARK, facts->worker,
                          sizeof(facts->worker));
}

static int boot(struct env *env, char id[ENV_BOOT_MAX + 1])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n;

    (void)env;
    if (fd < 0)
        return -1;
    n = read(fd, id, ENV_BOOT_MAX);
    close(fd);
    if (n <= 0)
        return -1;
    id[n] = '\0';
    id[strcspn(id, "\n")] = '\0';
    return 0;
}

/* -- start ----------------------------------------------------------------- */

/* Copies above all that are given away, so that none is overwritten before it
 * has got its place. */
struct copies {
    uint32_t n;
    int fds[3 + ENV_PASSED_MAX];
};

static void close_copies(struct copies *copies)
{
    for (uint32_t i = 0; i < copies->n; i++)
        close(copies->fds[i]);
}

static int open_copy(const struct env_spawn *what, uint32_t place)
{
    int fd = place < 3 ? what->stdio[place] : what->passed[place - 3];
    int copy;

    if (place >= 3 || fd >= 0)
        return fcntl(fd, F_DUPFD_CLOEXEC, 3 + ENV_PASSED_MAX);
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -1;
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 3 + ENV_PASSED_MAX);
    close(fd);
    return copy;
}

static int make_copies(struct copies *copies, const struct env_spawn *what)
{
    copies->n = 0;
    check(what->n_passed <= ENV_PASSED_MAX);
    while (copies->n < 3 + what->n_passed) {
        int fd = open_copy(what, copies->n);

        if (fd < 0) {
            close_copies(copies);
            return -1;
        }
        copies->fds[copies->n++] = fd;
    }
    return 0;
}

static void add_actions(posix_spawn_file_actions_t *actions,
                        const struct copies *copies, const char *directory)
{
    for (uint32_t i = 0; i < copies->n; i++)
        check(posix_spawn_file_actions_adddup2(actions, copies->fds[i],
                                               (int)i) == 0);
    check(posix_spawn_file_actions_addclosefrom_np(actions, (int)copies->n) ==
          0);
    if (directory != NULL)
        check(posix_spawn_file_actions_addchdir_np(actions, directory) == 0);
}

static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID |
                                             POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETSIGMASK);
}

/* An error number; its pid if that is 0. */
static int spawn_with(const struct env_spawn *what, const struct copies *copies,
                      pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error;

    check(posix_spawn_file_actions_init(&actions) == 0);
    check(posix_spawnattr_init(&attributes) == 0);
    add_actions(&actions, copies, what->directory);
    set_attributes(&attributes);
    error = posix_spawn(pid, what->file ? what->file : "/proc/self/exe",
                        &actions, &attributes, (char *const *)what->argv,
                        (char *const *)what->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static struct process *process_new(int pid)
{
    struct process *p = xcalloc(1, sizeof(*p));

    p->public.pid = pid;
    p->public.watch = pidfd_open(pid, 0);
    if (p->public.watch >= 0)
        return p;
    free(p);
    return NULL;
}

/* A child that cannot be watched is none. */
static struct env_process *take_child(pid_t pid)
{
    struct process *p = process_new(pid);
    struct process_stat stat;
    int saved = errno;

    if (p == NULL) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        errno = saved;
        return NULL;
    }
    /* It is not reaped, so that it is there, if only as a zombie. */
    p->public.start = process_stat_read(pid, &stat) ? stat.start : 0;
    p->child = true;
    p->next = children;
    children = p;
    return &p->public;
}

static struct env_process *spawn(struct env *env, const struct env_spawn *what)
{
    struct copies copies;
    pid_t pid;
    int error;

    (void)env;
    if (make_copies(&copies, what) != 0)
        return NULL;
    error = spawn_with(what, &copies, &pid);
    close_copies(&copies);
    if (error == 0)
        return take_child(pid);
    errno = error;
    return NULL;
}

/* The pidfd first: what /proc says afterwards is about the process that it
 * holds, or about none. */
static struct env_process *find(struct env *env, int pid, uint64_t start)
{
    struct process *p = pid > 0 ? process_new(pid) : NULL;
    struct process_stat stat;

    (void)env;
    if (p == NULL) {
        errno = pid > 0 ? errno : ESRCH;
        return NULL;
    }
    if (process_stat_read(pid, &stat) && stat.runs && stat.start == start) {
        p->public.start = start;
        return &p->public;
    }
    close(p->public.watch);
    free(p);
    errno = ESRCH;
    return NULL;
}

/* -- end ------------------------------------------------------------------- */

static int signal_one(struct env *env, const struct env_process *process,
                      int number)
{
    (void)env;
    if (((const struct process *)process)->over) {
        errno = ESRCH;
        return -1;
    }
    return pidfd_send_signal(process->watch, number, NULL, 0);
}

/* ESRCH: it has ended; what it has started has perhaps not. */
static int kill_all(struct env *env, const struct env_process *process)
{
    int result = signal_one(env, process, SIGKILL), saved = errno;

    if (!((const struct process *)process)->over)
        env_session_end(process->pid, process->start);
    errno = saved;
    return result;
}

static void keep_end(struct process *p, const siginfo_t *info)
{
    bool exited = info->si_code == CLD_EXITED;

    p->over = true;
    p->end = (struct env_process_end){
        .known = true,
        .status = exited ? info->si_status : 0,
        .signal = exited ? 0 : info->si_status,
    };
}

static void forget_child(struct process *p)
{
    struct process **at = &children;

    while (*at != NULL && *at != p)
        at = &(*at)->next;
    if (*at == p)
        *at = p->next;
}

/* As long as it is not reaped, the number is that of its session. */
static void reap_one(pid_t pid)
{
    siginfo_t info = {0};
    struct process *p = children;

    while (p != NULL && p->public.pid != pid)
        p = p->next;
    if (p != NULL)
        env_session_end(pid, p->public.start);
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) != 0 || p == NULL ||
        info.si_pid == 0)
        return;
    keep_end(p, &info);
    forget_child(p);
}

static void reap(struct env *env)
{
    siginfo_t info = {0};

    (void)env;
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0) {
        reap_one(info.si_pid);
        info.si_pid = 0;
    }
}

static bool has_ended(const struct process *p)
{
    struct pollfd end = {p->public.watch, POLLIN, 0};

    return poll(&end, 1, 0) > 0;
}

static bool ended(struct env *env, struct env_process *process,
                  struct env_process_end *end)
{
    struct process *p = (struct process *)process;

    (void)env;
    if (!p->over && !has_ended(p))
        return false;
    if (!p->over && p->child)
        reap_one(p->public.pid);
    else if (!p->over)
        env_session_end(p->public.pid, p->public.start);
    p->over = true; /* if it was no child, or somebody else has reaped it */
    *end = p->end;
    return true;
}

static void process_free(struct env *env, struct env_process *process)
{
    struct process *p = (struct process *)process;

    (void)env;
    if (p == NULL)
        return;
    forget_child(p);
    close(p->public.watch);
    free(p);
}

static void take_orphans(struct env *env)
{
    (void)env;
    check(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
}

const struct env_process_ops env_process_posix = {
    .spawn = spawn,
    .find = find,
    .look = look,
    .family = env_family,
    .signal = signal_one,
    .kill = kill_all,
    .ended = ended,
    .free = process_free,
    .take_orphans = take_orphans,
    .reap = reap,
    .boot = boot,
};
