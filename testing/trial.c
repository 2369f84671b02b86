/* trial.c - something is tried in a process of its own; see trial.h. */
#include "testing/trial.h"
#include "common/check.h"
#include "common/env.h"
#include "topology-api/memory.h"
#include "topology-api/text_buffer.h"
#include <errno.h>
#include <fcntl.h>
#include <gale/local.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void trial_found(struct trial *trial, const char *format, ...)
{
    struct text_buffer text;
    va_list args;

    if (trial->found[0] != '\0')
        return;
    text_buffer_init(&text, trial->found, sizeof(trial->found));
    va_start(args, format);
    text_buffer_vput(&text, format, args);
    va_end(args);
}

void trial_skip(struct trial *trial, const char *why)
{
    snprintf(trial->found, sizeof(trial->found), "%s", why);
    trial->not_tried = true;
}

/* Where the child and its parent meet. */
struct shared {
    struct trial trial;
    bool done;
};

/* -- the child ------------------------------------------------------------- */

static void be_quiet(int said)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null >= 0)
        dup2(null, STDOUT_FILENO);
    if (said >= 0)
        dup2(said, STDERR_FILENO);
}

__attribute__((noreturn)) static void be_child(struct shared *s, int said,
                                               void (*fn)(void *arg,
                                                          struct trial *trial),
                                               void *arg)
{
    fflush(stdout);
    be_quiet(said);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_DFL); /* the parent says what was interrupted */
    signal(SIGTERM, SIG_DFL);
    gale_local_name_crashes();
    fn(arg, &s->trial);
    s->done = true;
    _exit(0);
}

/* -- the parent ------------------------------------------------------------ */

/* The last line that it said on standard error. */
static const char *last_line(int said, char *text, size_t size)
{
    ssize_t n = said < 0 ? 0 : pread(said, text, size - 1, 0);
    char *line;

    text[n > 0 ? n : 0] = '\0';
    while (n > 0 && text[n - 1] == '\n')
        text[--n] = '\0';
    line = strrchr(text, '\n');
    return line == NULL ? text : line + 1;
}

static void judge(struct trial *to, int status, int said)
{
    char text[4096];
    const char *line = last_line(said, text, sizeof(text));
    const char *colon = *line == '\0' ? "" : ": ";

    if (WIFSIGNALED(status))
        trial_found(to, "it ends by signal %d, %s%s%s", WTERMSIG(status),
                    strsignal(WTERMSIG(status)), colon, line);
    else
        trial_found(to, "it ends the process with status %d%s%s",
                    WEXITSTATUS(status), colon, line);
}

/* Whether the child ends in time. */
static bool ends_within(pid_t child, uint32_t seconds)
{
    struct env *env = env_posix();
    int64_t until = env->ops->now(env) + (int64_t)seconds * 1000000000, left;
    struct pollfd end = {pidfd_open(child, 0), POLLIN, 0};
    int n = 0;

    check_msg(end.fd >= 0, "pidfd_open: %s", strerror(errno));
    while (n == 0 && (left = until - env->ops->now(env)) > 0) {
        n = poll(&end, 1, (int)((left + 999999) / 1000000));
        if (n < 0 && errno == EINTR)
            n = 0;
    }
    close(end.fd);
    return n != 0;
}

/* A plugin may have taken every other signal. */
static void await(pid_t child, struct trial *to, uint32_t seconds, int *status)
{
    bool ended = ends_within(child, seconds);

    if (!ended)
        kill(child, SIGKILL);
    while (waitpid(child, status, 0) < 0)
        check(errno == EINTR);
    if (!ended)
        trial_found(to, "it does not return within %u s", seconds);
    to->hung = !ended;
}

void trial_run(struct trial *to, uint32_t seconds,
               void (*fn)(void *arg, struct trial *trial), void *arg)
{
    int said = memfd_create("said", MFD_CLOEXEC), status = 0;
    struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child;

    check(s != MAP_FAILED);
    fflush(NULL);
    child = fork();
    check_msg(child >= 0, "cannot start a process: %s", strerror(errno));
    if (child == 0)
        be_child(s, said, fn, arg);
    await(child, &s->trial, seconds, &status);
    *to = s->trial;
    if (!s->done)
        judge(to, status, said);
    munmap(s, sizeof(*s));
    close(said);
}
