/*
 * launcher.c - from a supervisor's child to a worker; see launcher.h.
 *
 * posix_spawn() has given it a session of its own, no descriptors but those
 * that are meant for it, and a clean environment (env_process.c,
 * launch_plan.c). What is left is done here, in a program of one thread that
 * may call anything, and not between fork and exec in a daemon.
 *
 * Not being dumpable (so that no other process of the same user may look into
 * the memory with the key) does not survive the exec: the worker does that
 * itself.
 *
 * A process that no supervisor knows must never become a worker, which would
 * keep the slot's port from the next one: it writes down who it is, and goes on
 * only if the supervisor lives then. So whoever comes after that supervisor
 * finds the record.
 */
#include "supervisor/launcher.h"
#include "common/env.h"
#include "common/inherited.h"
#include "common/last_words.h"
#include "supervisor/kept_workers.h"
#include "supervisor/launch_plan.h"
#include "supervisor/worker_user.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(gale_err *error, const char *what)
{
    return error_set(error, "%s: %s", what, strerror(errno));
}

/* -- where it belongs ------------------------------------------------------ */

static int join_cgroup(const char *directory, gale_err *error)
{
    char path[4096];
    int fd = -1, result = 0;

    if (snprintf(path, sizeof(path), "%s/cgroup.procs", directory) <
        (int)sizeof(path))
        fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1)
        result = error_set(error, "cannot join the cgroup %s: %s", directory,
                           strerror(errno));
    if (fd >= 0)
        close(fd);
    return result;
}

static int join_cgroups(const struct launch *launch, gale_err *error)
{
    for (int i = 0; i < LAUNCH_CGROUPS_MAX && launch->cgroups[i] != NULL; i++)
        if (join_cgroup(launch->cgroups[i], error) != 0)
            return -1;
    return 0;
}

/* -- who it is ------------------------------------------------------------- */

static int fill_record(struct kept *kept, struct env *env, const char *path,
                       gale_err *error)
{
    struct env_process_facts facts;

    if (kept->n != 1)
        return error_set(error, "%s is about %u workers, expected one", path,
                         kept->n);
    env->ops->processes->look(env, getpid(), &facts);
    kept->workers[0].pid = getpid();
    kept->workers[0].start = facts.start;
    if (env->ops->processes->boot(env, kept->workers[0].boot) != 0)
        return failed(error, "cannot read the system's boot id");
    return 0;
}

static int write_record(const struct kept *kept, struct env *env,
                        const char *path, gale_err *error)
{
    struct pack p;
    int result = 0;

    pack_init(&p);
    kept_write(&p, kept);
    if (env->ops->file_replace(env, path, p.buffer.data, p.buffer.size) != 0)
        result = error_set(error, "cannot write %s: %s", path, strerror(errno));
    pack_free(&p);
    return result;
}

static int make_record(const char *path, gale_err *error)
{
    struct env *env = env_posix();
    struct kept kept;
    void *data;
    size_t size;
    int result;

    if (env->ops->file_read(env, path, KEPT_BYTES_MAX, &data, &size) != 0)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    result = kept_read(&kept, data, size, path, error);
    free(data);
    if (result == 0)
        result = fill_record(&kept, env, path, error);
    if (result == 0)
        result = write_record(&kept, env, path, error);
    kept_free(&kept);
    return result;
}

static int check_parent(const struct launch *launch, gale_err *error)
{
    if (launch->parent == 0 || getppid() == (pid_t)launch->parent)
        return 0;
    return error_set(error, "its supervisor has ended while it started");
}

/* If its supervisor is gone, the next one may have started another worker, and
 * the record is that one's. A supervisor that ends between the two looks finds
 * nobody but this process in it, which ends. */
static int be_known(const struct launch *launch, gale_err *error)
{
    if (check_parent(launch, error) != 0 ||
        (launch->record != NULL && make_record(launch->record, error) != 0))
        return -1;
    return check_parent(launch, error);
}

/* -- what it may ----------------------------------------------------------- */

static int limit(int resource, const char *name, uint64_t value,
                 gale_err *error)
{
    struct rlimit limit = {value, value};

    if (setrlimit(resource, &limit) == 0)
        return 0;
    return error_set(error, "cannot limit %s to %llu: %s", name,
                     (unsigned long long)value, strerror(errno));
}

static int limit_if(int resource, const char *name, uint64_t value,
                    gale_err *error)
{
    return value == 0 ? 0 : limit(resource, name, value, error);
}

/* No core: it would have the key in it. */
static int set_limits(const struct launch *launch, gale_err *error)
{
    if (limit(RLIMIT_CORE, "core files", 0, error) != 0 ||
        limit_if(RLIMIT_NOFILE, "descriptors", launch->descriptors, error) ||
        limit_if(RLIMIT_NPROC, "processes", launch->processes, error) != 0 ||
        limit_if(RLIMIT_AS, "memory", launch->memory_bytes, error) != 0 ||
        limit_if(RLIMIT_FSIZE, "file sizes", launch->file_bytes, error) != 0)
        return -1;
    umask(027);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed(error, "cannot give up new privileges");
    return 0;
}

/* -- as whom it runs ------------------------------------------------------- */

/* One who cannot speak to its supervisor would wait for it in vain. */
static int reach(const struct launch *launch, gale_err *error)
{
    if (launch->reach == NULL || access(launch->reach, R_OK | W_OK) == 0)
        return 0;
    return error_set(error,
                     "the user %s cannot reach its supervisor at %s: %s; each "
                     "directory above storm.local.dir, and that itself, has to "
                     "let others pass (chmod o+x)",
                     launch->user, launch->reach, strerror(errno));
}

static int change_user(const struct launch *launch, gale_err *error)
{
    struct worker_user user;

    if (worker_user_find(&user, launch->user, error) != 0 ||
        worker_user_become(&user, error) != 0)
        return -1;
    return reach(launch, error);
}

/* -- and then it is one ---------------------------------------------------- */

static int become_worker(const struct launch *launch, gale_err *error)
{
    const char *argv[LAUNCH_ARGUMENTS_MAX + 1] = {"gale"};
    int n = 1;

    for (int i = 0; launch->arguments[i] != NULL; i++)
        argv[n++] = launch->arguments[i];
    execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
    return failed(error, "cannot become a worker");
}

static int launch_worker(const struct launch *launch, gale_err *error)
{
    if (join_cgroups(launch, error) != 0 || be_known(launch, error) != 0 ||
        set_limits(launch, error) != 0)
        return -1;
    if (launch->directory != NULL && chdir(launch->directory) != 0)
        return error_set(error, "cannot enter %s: %s", launch->directory,
                         strerror(errno));
    if (launch->user != NULL && change_user(launch, error) != 0)
        return -1;
    return become_worker(launch, error);
}

int launcher_main(int argc, char **argv)
{
    struct last_words words = {0};
    struct launch launch;
    gale_err error;

    last_words_also(INHERITED_WORDS);
    if (launch_parse(&launch, argc, argv, &error) == 0)
        launch_worker(&launch, &error);
    last_words_put(&words, "gale launch: ");
    last_words_put(&words, error.text);
    last_words_say(&words);
    return 1;
}
