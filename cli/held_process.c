/* held_process.c - a process that waits until it is written down; see
 * held_process.h. */
#include "cli/held_process.h"
#include "common/check.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GO = 3, ARGUMENTS_MAX = 24 };

static const char own[] = "/proc/self/exe";

static const char bound_word[] = "bound";

/* hold free|bound FILE, and then what was wished for. */
static void make_arguments(const struct env_spawn *what, bool bound,
                           const char **argv)
{
    uint32_t n = 0;

    argv[n++] = "gale";
    argv[n++] = "hold";
    argv[n++] = bound ? bound_word : "free";
    argv[n++] = what->file != NULL ? what->file : own;
    for (uint32_t i = 0; what->argv[i] != NULL; i++) {
        check(n < ARGUMENTS_MAX);
        argv[n++] = what->argv[i];
    }
    argv[n] = NULL;
}

struct env_process *held_process_spawn(struct env *env,
                                       const struct env_spawn *what, bool bound,
                                       int *go)
{
    const char *argv[ARGUMENTS_MAX + 1];
    struct env_spawn held = *what;
    struct env_process *process;
    int ends[2], saved;

    check(what->n_passed == 0);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return NULL;
    make_arguments(what, bound, argv);
    held.file = NULL;
    held.argv = argv;
    held.passed = &ends[0];
    held.n_passed = 1;
    process = env->ops->processes->spawn(env, &held);
    saved = errno;
    close(ends[0]);
    if (process == NULL)
        close(ends[1]);
    errno = saved;
    *go = process != NULL ? ends[1] : -1;
    return process;
}

/* One that has ended meanwhile hears nothing, and that is no error here: who
 * watches it sees it. */
void held_process_let_go(int go, bool known)
{
    if (known)
        send(go, "", 1, MSG_NOSIGNAL);
    close(go);
}

int held_process_main(int argc, char **argv)
{
    char word;

    if (argc < 4) {
        fputs("gale hold: expected bound or free, FILE, NAME and its "
              "arguments\n",
              stderr);
        return 2;
    }
    /* What it becomes keeps that. */
    if (strcmp(argv[1], bound_word) == 0 &&
        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0)
        return 1;
    if (read(GO, &word, 1) != 1)
        return 1;
    close(GO);
    execv(argv[2], argv + 3);
    fprintf(stderr, "gale hold: cannot run %s: %s\n", argv[2], strerror(errno));
    return 1;
}
