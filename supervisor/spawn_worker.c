/* spawn_worker.c - from an order to a process; see spawn_worker.h. */
#include "supervisor/spawn_worker.h"
#include "common/check.h"
#include "common/inherited.h"
#include "supervisor/worker_mark.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

/* All that is open while a worker is started; -1: is not. */
struct ends {
    int log_from, log_to; /* what it prints */
    int words;
    int key;
};

static void close_all(struct ends *ends)
{
    int *fds[] = {&ends->log_from, &ends->log_to, &ends->words, &ends->key};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

/* A pipe with the key in it, and its other end closed. */
static int open_key(const void *key, size_t size)
{
    int ends[2];
    ssize_t n;

    check(size <= WORKER_KEY_MAX);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    n = write(ends[1], key, size);
    close(ends[1]);
    if (n == (ssize_t)size)
        return ends[0];
    close(ends[0]);
    return -1;
}

static int open_words(const struct spawn_worker *what)
{
    char *path = local_directory_path(what->local, &what->worker, LOCAL_WORDS);
    int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);

    free(path);
    return fd;
}

static int open_all(struct ends *ends, const struct spawn_worker *what,
                    gale_err *error)
{
    int pipes[2];

    if (pipe2(pipes, O_CLOEXEC) == 0) {
        ends->log_from = pipes[0];
        ends->log_to = pipes[1];
        ends->words = open_words(what);
        ends->key = open_key(what->key, what->key_size);
    }
    if (ends->words >= 0 && ends->key >= 0)
        return 0;
    error_set(error, "cannot open what a worker needs: %s", strerror(errno));
    return -1;
}

/* What the launch enters its process into. */
static int write_record(const struct spawn_worker *what, const char *path,
                        gale_err *error)
{
    struct env *env = what->local->env;
    struct kept_worker worker = {.port = what->port, .as = what->worker};
    struct kept kept = {.n = 1, .workers = &worker};
    struct pack p;
    int result = 0;

    check(strlen(what->supervisor) <= KEPT_ID_MAX);
    memcpy(kept.supervisor, what->supervisor, strlen(what->supervisor));
    pack_init(&p);
    kept_write(&p, &kept);
    if (env->ops->file_replace(env, path, p.buffer.data, p.buffer.size) != 0)
        result = error_set(error, "cannot write %s: %s", path, strerror(errno));
    pack_free(&p);
    return result;
}

static int start_log_writer(const struct spawn_worker *what, struct ends *ends,
                            const char *const *environment, gale_err *error)
{
    struct env *env = what->local->env;
    char bytes[24], files[16];
    char *logs = local_directory_path(what->local, &what->worker, LOCAL_LOGS);
    const char *argv[] = {"gale", "log-writer", logs, bytes, files, NULL};
    struct env_spawn spawn = {
        .argv = argv,
        .environment = environment,
        .stdio = {ends->log_from, -1, -1},
    };
    struct env_process *writer;

    snprintf(bytes, sizeof(bytes), "%" PRIu64, what->log_bytes);
    snprintf(files, sizeof(files), "%" PRIu32, what->log_files);
    writer = env->ops->processes->spawn(env, &spawn);
    free(logs);
    if (writer == NULL)
        return error_set(error, "cannot start the writer of its log: %s",
                         strerror(errno));
    env->ops->processes->free(env, writer);
    return 0;
}

static struct env_process *start_launch(const struct spawn_worker *what,
                                        const struct launch *launch,
                                        const struct ends *ends,
                                        const char *const *environment,
                                        gale_err *error)
{
    struct env *env = what->local->env;
    int passed[INHERITED_N];
    char **argv = launch_argv(launch);
    struct env_spawn spawn = {
        .argv = (const char *const *)argv,
        .environment = environment,
        .stdio = {-1, ends->log_to, ends->log_to},
        .passed = passed,
        .n_passed = INHERITED_N,
    };
    struct env_process *process;

    passed[INHERITED_WORDS - 3] = ends->words;
    passed[INHERITED_KEY - 3] = ends->key;
    process = env->ops->processes->spawn(env, &spawn);
    if (process == NULL)
        error_set(error, "cannot start a process: %s", strerror(errno));
    launch_free_texts(argv);
    return process;
}

/* The writer of its log outlives what it has started, and is not marked. */
static char **mark(const struct spawn_worker *what,
                   const char *const *environment)
{
    char *path = local_directory_path(what->local, &what->worker, LOCAL_WORKER);
    char **marked = launch_marked(environment, worker_mark_text(path));

    free(path);
    return marked;
}

static struct env_process *start_in(const struct spawn_worker *what,
                                    const char *record, const char *directory,
                                    gale_err *error)
{
    struct ends ends = {-1, -1, -1, -1};
    struct env_process *process = NULL;
    char **clean = launch_environment(what->environment);
    const char *const *environment = (const char *const *)clean;
    char **marked = mark(what, environment);
    struct launch launch = what->launch;

    launch.record = record;
    launch.directory = directory;
    launch.parent = (int)getpid();
    if (what->local->user != NULL)
        launch.user = what->local->user->name;
    if (write_record(what, record, error) == 0 &&
        open_all(&ends, what, error) == 0 &&
        start_log_writer(what, &ends, environment, error) == 0)
        process = start_launch(what, &launch, &ends,
                               (const char *const *)marked, error);
    close_all(&ends);
    launch_free_texts(marked);
    launch_free_texts(clean);
    return process;
}

struct env_process *spawn_worker(const struct spawn_worker *what,
                                 gale_err *error)
{
    struct env_process *process;
    char *record, *directory;

    if (!kept_is_topology(what->worker.topology)) {
        error_set(error, "\"%s\" is no id of a topology",
                  what->worker.topology);
        return NULL;
    }
    if (local_directory_make(what->local, &what->worker, error) != 0)
        return NULL;
    record = local_directory_path(what->local, &what->worker, LOCAL_PROCESS);
    directory = local_directory_path(what->local, &what->worker, LOCAL_WORK);
    process = start_in(what, record, directory, error);
    free(record);
    free(directory);
    return process;
}
