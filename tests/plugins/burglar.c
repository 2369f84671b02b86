/*
 * burglar.c - bolt and topology: tries what a topology must not be able to do
 * to the cluster that it runs in, and logs what came of each.
 *
 * `burglar DEEDS TOKEN SUPERVISOR PID`: DEEDS is "all", or the name of one;
 * TOKEN is the file of the cluster's token, SUPERVISOR the directory of a
 * supervisor and PID its process. It logs `DEED: done`, or `DEED: ` and why
 * not. "processes", "descriptors", "log" and "disk" are done only if they are
 * named.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gale/bolt.h>
#include <gale/topology.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, MANY = 4096, LOG_LINES = 100000 };

struct burglar {
    gale_str deeds, token, supervisor; /* options */
    int64_t pid;
};

/* -- files ----------------------------------------------------------------- */

/* 0, or -1 and errno. */
static int take(int fd)
{
    char byte;
    int result = fd >= 0 && read(fd, &byte, 1) == 1 ? 0 : -1;
    int why = errno;

    if (fd >= 0)
        close(fd);
    errno = why;
    return result;
}

static int read_token(const struct burglar *b)
{
    return take(open(b->token.data, O_RDONLY | O_CLOEXEC));
}

static int read_below(const struct burglar *b, const char *name)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/%s", b->supervisor.data, name);
    return take(open(path, O_RDONLY | O_CLOEXEC));
}

static int read_state(const struct burglar *b)
{
    return read_below(b, "supervisor/state");
}

static int write_below(const struct burglar *b, const char *name)
{
    char path[PATH_SIZE];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", b->supervisor.data, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    close(fd);
    return unlink(path);
}

static int write_store(const struct burglar *b)
{
    return write_below(b, "supervisor/store/planted");
}

static int write_logs(const struct burglar *b)
{
    return write_below(b, "supervisor/logs/planted");
}

static int list(const char *path)
{
    DIR *d = opendir(path);

    if (d == NULL)
        return -1;
    closedir(d);
    return 0;
}

static int list_others(const struct burglar *b)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/supervisor/workers", b->supervisor.data);
    return list(path);
}

/* -- the supervisor's process ---------------------------------------------- */

static int read_proc(const struct burglar *b, const char *name)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)b->pid, name);
    return take(open(path, O_RDONLY | O_CLOEXEC));
}

static int read_environment(const struct burglar *b)
{
    return read_proc(b, "environ");
}

/* At 0 there is nothing: the error is another one then. */
static int open_memory(const struct burglar *b)
{
    char path[PATH_SIZE];
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/mem", (int)b->pid);
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static int list_descriptors(const struct burglar *b)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)b->pid);
    return list(path);
}

static int trace(const struct burglar *b)
{
    if (ptrace(PTRACE_SEIZE, (pid_t)b->pid, NULL, NULL) != 0)
        return -1;
    ptrace(PTRACE_DETACH, (pid_t)b->pid, NULL, NULL);
    return 0;
}

/* Whether it could. */
static int signal_it(const struct burglar *b)
{
    return kill((pid_t)b->pid, 0);
}

/* -- its own process ------------------------------------------------------- */

/* Which of its descriptors is a file of the supervisor's, or of the token. */
static int look_for_descriptors(const struct burglar *b)
{
    for (int fd = 0; fd < MANY; fd++) {
        char link[64], path[PATH_SIZE];
        ssize_t n;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, path, sizeof(path) - 1);
        path[n > 0 ? n : 0] = '\0';
        if (strcmp(path, b->token.data) == 0 ||
            strstr(path, "/supervisor/state") != NULL ||
            strstr(path, "/supervisor/store") != NULL)
            return 0;
    }
    errno = ENOENT;
    return -1;
}

static int be_root(const struct burglar *b)
{
    (void)b;
    if (setuid(0) != 0)
        return -1;
    return geteuid() == 0 ? 0 : -1;
}

static int raise_limits(const struct burglar *b)
{
    struct rlimit limit;

    (void)b;
    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return -1;
    limit.rlim_max++;
    return setrlimit(RLIMIT_CORE, &limit);
}

/* As many as there can be; they go again. */
static int fork_bomb(const struct burglar *b)
{
    static pid_t children[MANY];
    int n = 0, why = 0;

    (void)b;
    while (n < MANY && why == 0) {
        pid_t child = fork();

        if (child == 0)
            for (;;)
                pause();
        if (child > 0)
            children[n++] = child;
        else
            why = errno;
    }
    for (int i = 0; i < n; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    errno = why;
    return why == 0 ? 0 : -1;
}

/* All of its process, for good. */
static int take_descriptors(const struct burglar *b)
{
    (void)b;
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
        ;
    return -1;
}

static int fill_log(const struct burglar *b)
{
    (void)b;
    for (int i = 0; i < LOG_LINES; i++)
        printf("%0200d\n", i);
    fflush(stdout);
    return 0;
}

/* What it logs of that needs some room, which is left. */
static int fill_disk(const struct burglar *b)
{
    static const char block[65536];
    int fd = open("filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), why;
    off_t size = 0;
    ssize_t n = 0;

    (void)b;
    while (fd >= 0 && (n = write(fd, block, sizeof(block))) > 0)
        size += n;
    why = errno;
    if (fd < 0 || ftruncate(fd, size > 4 << 16 ? size - (4 << 16) : 0) != 0)
        return -1;
    close(fd);
    errno = why;
    return -1;
}

/* -- the bolt -------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*commit)(const struct burglar *b);
    bool of_all;
} deeds[] = {
    {"token", read_token, true},
    {"state", read_state, true},
    {"store", write_store, true},
    {"logs", write_logs, true},
    {"others", list_others, true},
    {"environment", read_environment, true},
    {"memory", open_memory, true},
    {"its-descriptors", list_descriptors, true},
    {"trace", trace, true},
    {"signal", signal_it, true},
    {"inherited", look_for_descriptors, true},
    {"root", be_root, true},
    {"limits", raise_limits, true},
    {"processes", fork_bomb, false},
    {"descriptors", take_descriptors, false},
    {"log", fill_log, false},
    {"disk", fill_disk, false},
};

static bool is_chosen(const struct burglar *b, size_t i)
{
    return strcmp(b->deeds.data, deeds[i].name) == 0 ||
           (deeds[i].of_all && strcmp(b->deeds.data, "all") == 0);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    const struct burglar *b = gale_instance(task);

    (void)in;
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        if (!is_chosen(b, i))
            continue;
        if (deeds[i].commit(b) == 0)
            gale_log(task, GALE_LOG_INFO, "%s: done", deeds[i].name);
        else
            gale_log(task, GALE_LOG_INFO, "%s: %s", deeds[i].name,
                     strerror(errno));
    }
    return GALE_OK;
}

GALE_BOLT(burglar, .summary = "tries what it must not be able to do",
          .execute = execute, .instance_size = sizeof(struct burglar),
          .options = GALE_OPTIONS(
              GALE_OPTION_STR(struct burglar, deeds, "deeds", "all",
                              "all, or one of burglar.c"),
              GALE_OPTION_STR(struct burglar, token, "token", "",
                              "the file of the cluster's token"),
              GALE_OPTION_STR(struct burglar, supervisor, "supervisor", "",
                              "the directory of a supervisor"),
              GALE_OPTION_INT(struct burglar, pid, "pid", "0", 0, INT32_MAX,
                              "its process")));

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *burglar;

    if (argc != 4)
        return gale_usage(b, "burglar DEEDS TOKEN SUPERVISOR PID");
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to", gale_int(1));
    burglar =
        gale_shuffle(gale_add_bolt(b, "burglar", "burglar", 1), "numbers");
    gale_set(burglar, "deeds", gale_cstr(argv[0]));
    gale_set(burglar, "token", gale_cstr(argv[1]));
    gale_set(burglar, "supervisor", gale_cstr(argv[2]));
    gale_set(burglar, "pid", gale_int(strtol(argv[3], NULL, 10)));
    return GALE_OK;
}

GALE_TOPOLOGY(burglar, .summary = "tries what it must not be able to do",
              .usage = "DEEDS TOKEN SUPERVISOR PID", .build = build);
