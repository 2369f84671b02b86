/*
 * test_spawn_worker.c - workers as real processes: what they have, what they
 * may, what becomes of them, and of those whose supervisor is gone.
 *
 * This program is also what it starts: called as `gale launch`, `gale
 * log-writer` and `gale worker` it is these; the worker is one of a test, which
 * does what its argument says.
 */
#include "tests/support/cmocka_all.h"
#include "common/inherited.h"
#include "common/last_words.h"
#include "supervisor/adoption.h"
#include "supervisor/launcher.h"
#include "supervisor/spawn_worker.h"
#include "supervisor/worker_log.h"
#include "tests/support/child.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { FLOOD_BYTES = 100 << 20, LOG_BYTES = 1 << 20, LOG_FILES = 3 };

/* -- the worker ------------------------------------------------------------ */

static void show_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;

    printf("descriptors:");
    for (int fd = 0; fd < 100; fd++) {
        char path[32];

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        if (fd != dirfd(directory) && access(path, F_OK) == 0)
            printf(" %d", fd);
    }
    while ((entry = readdir(directory)) != NULL)
        if (strlen(entry->d_name) > 2)
            printf(" %s", entry->d_name);
    printf("\n");
    closedir(directory);
}

static void show_limit(const char *name, int resource)
{
    struct rlimit limit;

    getrlimit(resource, &limit);
    printf("%s: %lld %lld\n", name, (long long)limit.rlim_cur,
           (long long)limit.rlim_max);
}

static int show(void)
{
    char key[WORKER_KEY_MAX + 1], directory[512];
    mode_t mask = umask(0);

    printf("key: %s\n", child_read(INHERITED_KEY, key, sizeof(key)));
    for (char **e = environ; *e != NULL; e++)
        printf("environment: %s\n", *e);
    show_descriptors();
    show_limit("core", RLIMIT_CORE);
    show_limit("files", RLIMIT_NOFILE);
    show_limit("file", RLIMIT_FSIZE);
    printf("new privileges: %d\n", !prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    printf("umask: %03o\n", (unsigned)mask);
    printf("directory: %s\n", getcwd(directory, sizeof(directory)));
    printf("session: %d\n", getsid(0) == getpid());
    printf("user: %u %u\n", getuid(), getgid());
    return fflush(stdout);
}

static int fail_at_load(void)
{
    struct last_words words = {0};

    last_words_also(INHERITED_WORDS);
    last_words_put(&words, "cannot load x.so: libfoo.so: no such file");
    last_words_say(&words);
    return 1;
}

/* Tells that it is there, through a pipe of a name. */
static int stay(bool deaf)
{
    int fd;

    if (deaf)
        signal(SIGTERM, SIG_IGN);
    fd = open("ready", O_WRONLY);
    if (write(fd, "x\n", 2) != 2)
        return 1;
    close(fd);
    for (;;)
        pause();
}

/* Says something when it is told to, through the same pipe. */
static int speak_late(void)
{
    char text[8];
    int fd = open("ready", O_WRONLY);

    if (write(fd, "x\n", 2) != 2)
        return 1;
    close(fd);
    child_read(open("ready", O_RDONLY), text, sizeof(text));
    printf("nobody has started me\n");
    return fflush(stdout);
}

static int flood(void)
{
    static char lines[1 << 16];

    memset(lines, 'x', sizeof(lines));
    for (size_t i = 63; i < sizeof(lines); i += 64)
        lines[i] = '\n';
    for (size_t n = 0; n < FLOOD_BYTES; n += sizeof(lines))
        if (write(STDOUT_FILENO, lines, sizeof(lines)) != sizeof(lines))
            return 1;
    return write(STDERR_FILENO, "the last line\n", 14) != 14;
}

static int worker_main(const char *what)
{
    if (strcmp(what, "show") == 0)
        return show();
    if (strcmp(what, "fail") == 0)
        return fail_at_load();
    if (strcmp(what, "flood") == 0)
        return flood();
    if (strcmp(what, "late") == 0)
        return speak_late();
    return stay(strcmp(what, "deaf") == 0);
}

/* -- the supervisor -------------------------------------------------------- */

static const struct slot_wanted a = {"a-1-1", 0, 5, 5, true, false};

struct place {
    char local[128];
    struct local_directory d;
    struct launch launch;
    const char *arguments[4];
    gale_err error;
};

static struct env *env;
static const struct env_process_ops *ops;

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    const char *tmp = getenv("TMPDIR");

    env = env_posix();
    ops = env->ops->processes;
    ops->take_orphans(env);
    snprintf(p->local, sizeof(p->local), "%s/spawnXXXXXX", tmp ? tmp : "/tmp");
    *state = p;
    return mkdtemp(p->local) == NULL ||
           local_directory_open(&p->d, env, p->local, &p->error) != 0;
}

/* Until no child is left: each end is waited for. */
static void reap_all(void)
{
    siginfo_t info;

    while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0)
        ops->reap(env);
    assert_int_equal(errno, ECHILD);
}

static int teardown(void **state)
{
    struct place *p = *state;
    int result;

    reap_all();
    result = env->ops->tree_remove(env, p->local);
    local_directory_close(&p->d);
    free(p);
    return result;
}

static struct env_process *start_with(struct place *p, const char *what)
{
    p->arguments[0] = "worker";
    p->arguments[1] = what;
    p->arguments[2] = a.topology;
    p->launch.arguments = p->arguments;
    return spawn_worker(
        &(struct spawn_worker){
            .local = &p->d,
            .supervisor = "id-of-it",
            .port = 6700,
            .worker = a,
            .launch = p->launch,
            .key = "the key",
            .key_size = 7,
            .environment = environ,
            .log_bytes = LOG_BYTES,
            .log_files = LOG_FILES,
        },
        &p->error);
}

static struct env_process *start(struct place *p, const char *what)
{
    struct env_process *process = start_with(p, what);

    if (process == NULL)
        fail_msg("%s", p->error.text);
    return process;
}

static const char *log_of(struct place *p, const char *name, char *text,
                          size_t size)
{
    char *logs = local_directory_path(&p->d, &a, LOCAL_LOGS), path[512];
    int fd;

    reap_all(); /* its writer, too */
    snprintf(path, sizeof(path), "%s/%s", logs, name);
    free(logs);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    return child_read(fd, text, size);
}

static void expect_end(struct place *p, const char *what, int status,
                       const char *expected)
{
    struct env_process_end end = child_wait(start(p, what));
    char words[LOCAL_WORDS_MAX];

    local_directory_words(&p->d, &a, words);
    assert_int_equal(end.signal, 0);
    assert_int_equal(end.status, status);
    if (strstr(words, expected) == NULL)
        fail_msg("\"%s\" is not in: %s", expected, words);
}

/* Before it starts; then wait_until_ready(). */
static void make_ready(struct place *p)
{
    char *work, path[512];

    assert_int_equal(local_directory_make(&p->d, &a, &p->error), 0);
    work = local_directory_path(&p->d, &a, LOCAL_WORK);
    snprintf(path, sizeof(path), "%s/ready", work);
    free(work);
    assert_int_equal(mkfifo(path, 0600), 0);
}

static int open_ready(struct place *p, int flags)
{
    char *work = local_directory_path(&p->d, &a, LOCAL_WORK);
    char path[512];

    snprintf(path, sizeof(path), "%s/ready", work);
    free(work);
    return open(path, flags);
}

static void wait_until_ready(struct place *p)
{
    char text[8];

    assert_string_equal(child_read(open_ready(p, O_RDONLY), text, sizeof(text)),
                        "x\n");
}

#define expect_in(text, expected)                                              \
    do {                                                                       \
        if (strstr(text, expected) == NULL)                                    \
            fail_msg("\"%s\" is not in:\n%s", expected, text);                 \
    } while (0)

/* -- what it has ----------------------------------------------------------- */

static void it_has_its_key_its_limits_and_nothing_of_others(void **state)
{
    struct place *p = *state;
    char text[16384], expected[512];
    char *work = local_directory_path(&p->d, &a, LOCAL_WORK);

    setenv("LD_LIBRARY_PATH", "/nowhere", 1);
    setenv("SECRET", "no", 1);
    setenv("GALE_TRY", "1", 1);
    p->launch.descriptors = 100;
    p->launch.file_bytes = 12345678;
    expect_end(p, "show", 0, "");
    log_of(p, "worker.log", text, sizeof(text));
    expect_in(text, "key: the key\n");
    expect_in(text, "environment: GALE_TRY=1\n");
    expect_in(text, "environment: GALE_WORKER=");
    assert_null(strstr(text, "LD_LIBRARY_PATH"));
    assert_null(strstr(text, "SECRET"));
    expect_in(text, "descriptors: 0 1 2 3\n"); /* the key was read */
    expect_in(text, "core: 0 0\n");
    expect_in(text, "files: 100 100\n");
    expect_in(text, "file: 12345678 12345678\n");
    expect_in(text, "new privileges: 0\n");
    expect_in(text, "umask: 027\n");
    expect_in(text, "session: 1\n");
    snprintf(expected, sizeof(expected), "directory: %s\n", work);
    expect_in(text, expected);
    free(work);
    unsetenv("LD_LIBRARY_PATH");
}

static void its_key_is_not_among_its_arguments(void **state)
{
    struct place *p = *state;
    struct env_process_facts facts;
    struct env_process *process;

    make_ready(p);
    process = start(p, "stay");
    wait_until_ready(p);
    ops->look(env, process->pid, &facts);
    assert_null(memmem(facts.command, facts.size, "the key", 7));
    ops->kill(env, process);
    child_wait(process);
}

static void it_can_run_as_another_user_and_never_be_root_again(void **state)
{
    struct place *p = *state;
    char text[16384];

    if (geteuid() != 0) {
        print_message("skip: only root can start it as another user\n");
        skip();
    }
    p->launch.user = "nobody";
    expect_end(p, "show", 0, "");
    log_of(p, "worker.log", text, sizeof(text));
    expect_in(text, "user: 65534 65534\n");
    expect_in(text, "environment: HOME=/nonexistent\n");
}

/* -- when it does not start ------------------------------------------------ */

static void why_it_did_not_start_are_its_last_words(void **state)
{
    struct place *p = *state;

    expect_end(p, "fail", 1, "cannot load x.so: libfoo.so: no such file");
    p->launch.user = "no-such-user";
    expect_end(p, "show", 1, "gale launch: there is no user \"no-such-user\"");
    p->launch.user = "root";
    expect_end(p, "show", 1, "a worker may not run as \"root\", which is root");
    p->launch.user = NULL;
    p->launch.cgroups[0] = "/nowhere/cgroup";
    expect_end(p, "show", 1,
               "cannot join the cgroup /nowhere/cgroup: No such file");
}

static void a_topology_that_is_none_starts_nothing(void **state)
{
    struct place *p = *state;
    struct spawn_worker what = {.local = &p->d, .worker = {"../../x"}};

    assert_null(spawn_worker(&what, &p->error));
    assert_string_equal(p->error.text, "\"../../x\" is no id of a topology");
}

static void one_whose_supervisor_is_gone_becomes_no_worker(void **state)
{
    const char *argv[] = {"gale",   "launch", "parent=1", "--",
                          "worker", "show",   NULL};
    const char *environment[] = {NULL};
    int out[2];
    char text[512];
    struct env_process *process;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    process = ops->spawn(env, &(struct env_spawn){.argv = argv,
                                                  .environment = environment,
                                                  .stdio = {-1, -1, out[1]}});
    assert_non_null(process);
    close(out[1]);
    child_read(out[0], text, sizeof(text));
    assert_string_equal(text, "gale launch: its supervisor has ended while it "
                              "started\n");
    assert_int_equal(child_wait(process).status, 1);
}

/* -- its end --------------------------------------------------------------- */

static void term_ends_it_and_kill_one_that_does_not_hear(void **state)
{
    static const struct {
        const char *what;
        bool hears;
    } cases[] = {{"stay", true}, {"deaf", false}};
    struct place *p = *state;

    make_ready(p);
    for (int i = 0; i < 2; i++) {
        struct env_process *process = start(p, cases[i].what);
        struct env_process_end end;

        wait_until_ready(p);
        assert_int_equal(ops->signal(env, process, SIGTERM), 0);
        if (!cases[i].hears) {
            assert_false(ops->ended(env, process, &end));
            assert_int_equal(ops->kill(env, process), 0);
        }
        end = child_wait(process);
        assert_int_equal(end.signal, cases[i].hears ? SIGTERM : SIGKILL);
    }
}

/* -- its log --------------------------------------------------------------- */

static void a_hundred_megabytes_of_output_leave_three_and_the_end(void **state)
{
    static char text[LOG_BYTES + 1];
    struct place *p = *state;
    char *logs = local_directory_path(&p->d, &a, LOCAL_LOGS);
    char **names;
    uint32_t n;
    size_t size;

    expect_end(p, "flood", 0, "");
    log_of(p, "worker.log", text, sizeof(text));
    assert_string_equal(text + strlen(text) - 14, "the last line\n");
    assert_int_equal(env->ops->directory_list(env, logs, 100, &names, &n), 0);
    assert_int_equal(n, LOG_FILES);
    for (uint32_t i = 0; i < n; i++) {
        size = strlen(log_of(p, names[i], text, sizeof(text)));
        assert_in_range(size, 1, LOG_BYTES);
        assert_int_equal(text[size - 1], '\n');
        free(names[i]);
    }
    free(names);
    free(logs);
}

/* -- adoption -------------------------------------------------------------- */

/* A supervisor that starts a worker and dies. */
static void die_after_start(struct place *p, const char *what)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct env_process *process = start_with(p, what);

        wait_until_ready(p);
        _exit(process == NULL);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void warn(void *arg, const char *text)
{
    (void)arg;
    fail_msg("%s", text);
}

static enum adoption_verdict verdict_on(const struct kept_worker *worker,
                                        const struct slot_wanted *wanted)
{
    char boot[ENV_BOOT_MAX + 1];
    struct env_process_facts facts;
    struct adoption one = {.worker = worker, .facts = &facts};
    struct adoption_slot slot = {.port = 6700, .told = wanted != NULL};

    if (wanted != NULL)
        slot.wanted = *wanted;
    assert_int_equal(ops->boot(env, boot), 0);
    ops->look(env, worker->pid, &facts);
    adoption_decide(&one, 1, boot, &slot, 1);
    return one.verdict;
}

static void the_next_supervisor_adopts_it_and_ends_it(void **state)
{
    const struct slot_wanted none = {.worker = 0};
    struct place *p = *state;
    struct env_process *found;
    struct env_process_end end;
    struct kept kept;

    make_ready(p);
    die_after_start(p, "stay");
    local_directory_load(&p->d, &kept, warn, NULL);
    assert_int_equal(kept.n, 1);
    assert_string_equal(kept.supervisor, "id-of-it");
    assert_int_equal(verdict_on(&kept.workers[0], NULL), ADOPTION_ADOPT);
    assert_int_equal(verdict_on(&kept.workers[0], &a), ADOPTION_ADOPT);
    assert_int_equal(verdict_on(&kept.workers[0], &none), ADOPTION_END);
    found = ops->find(env, kept.workers[0].pid, kept.workers[0].start);
    assert_non_null(found);
    assert_false(ops->ended(env, found, &end));
    assert_int_equal(ops->signal(env, found, SIGTERM), 0);
    child_wait(found);
    reap_all();
    assert_int_equal(verdict_on(&kept.workers[0], &a), ADOPTION_IGNORE);
    kept_free(&kept);
}

static void one_with_the_number_but_another_start_is_not_touched(void **state)
{
    struct place *p = *state;
    struct kept kept;

    make_ready(p);
    die_after_start(p, "stay");
    local_directory_load(&p->d, &kept, warn, NULL);
    kept.workers[0].start--;
    assert_int_equal(verdict_on(&kept.workers[0], &a), ADOPTION_IGNORE);
    assert_null(ops->find(env, kept.workers[0].pid, kept.workers[0].start));
    assert_true(child_runs(kept.workers[0].pid));
    kill(kept.workers[0].pid, SIGKILL);
    kept_free(&kept);
}

static void its_log_goes_on_without_its_supervisor(void **state)
{
    struct place *p = *state;
    char text[512];

    make_ready(p);
    die_after_start(p, "late");
    close(open_ready(p, O_WRONLY));
    assert_string_equal(log_of(p, "worker.log", text, sizeof(text)),
                        "nobody has started me\n");
}

#define here(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static int run_all(void)
{
    const struct CMUnitTest tests[] = {
        here(it_has_its_key_its_limits_and_nothing_of_others),
        here(its_key_is_not_among_its_arguments),
        here(it_can_run_as_another_user_and_never_be_root_again),
        here(why_it_did_not_start_are_its_last_words),
        here(a_topology_that_is_none_starts_nothing),
        here(one_whose_supervisor_is_gone_becomes_no_worker),
        here(term_ends_it_and_kill_one_that_does_not_hear),
        here(a_hundred_megabytes_of_output_leave_three_and_the_end),
        here(the_next_supervisor_adopts_it_and_ends_it),
        here(one_with_the_number_but_another_start_is_not_touched),
        here(its_log_goes_on_without_its_supervisor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "launch") == 0)
        return launcher_main(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "log-writer") == 0)
        return worker_log_main(argc - 1, argv + 1);
    if (argc > 2 && strcmp(argv[1], "worker") == 0)
        return worker_main(argv[2]);
    return run_all();
}
