/* trial.c - something is tried in a process of its own; see trial.h. */
#include "testing/trial.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "topology-api/text_buffer.h"
#include <errno.h>
#include <fcntl.h>
#include <gale/local.h>
#include <signal.h>
#include <sys/mman.h>
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
    signal(SIGALRM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    alarm(TRIAL_SECONDS);
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

    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        trial_found(to, "it does not return within %d s", TRIAL_SECONDS);
    else if (WIFSIGNALED(status))
        trial_found(to, "it ends by signal %d, %s%s%s", WTERMSIG(status),
                    strsignal(WTERMSIG(status)), colon, line);
    else
        trial_found(to, "it ends the process with status %d%s%s",
                    WEXITSTATUS(status), colon, line);
}

void trial_run(struct trial *to, void (*fn)(void *arg, struct trial *trial),
               void *arg)
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
    while (waitpid(child, &status, 0) < 0)
        check(errno == EINTR);
    *to = s->trial;
    if (!s->done)
        judge(to, status, said);
    munmap(s, sizeof(*s));
    close(said);
}
