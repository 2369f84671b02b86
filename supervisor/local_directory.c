/* local_directory.c - a supervisor's files; see local_directory.h. */
#include "supervisor/local_directory.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <inttypes.h>

/* Of names in one directory. What is beyond is seen the next time. */
#define NAMES_LIMIT 65536
#define WORDS_READ_MAX ((size_t)1 << 20)

static char *join(const char *format, ...) GALE_PRINTF(1, 2);

static char *join(const char *format, ...)
{
    char *path;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&path, format, args);
    va_end(args);
    return memory_check(n < 0 ? NULL : path, 1, 1);
}

char *local_directory_path(const struct local_directory *d,
                           const struct slot_wanted *worker,
                           enum local_path what)
{
    static const char *const below[] = {
        [LOCAL_WORKER] = "",
        [LOCAL_PROCESS] = "/process",
        [LOCAL_WORDS] = "/last-words",
        [LOCAL_WORK] = "/work",
    };

    check(kept_is_topology(worker->topology));
    if (what == LOCAL_LOGS)
        return join("%s/logs/%s/%" PRIu32, d->root, worker->topology,
                    worker->worker);
    return join("%s/workers/%s/%" PRIu32 "-%" PRIu64 "%s", d->root,
                worker->topology, worker->worker, worker->birth, below[what]);
}

char *local_directory_all_logs(const struct local_directory *d)
{
    return join("%s/logs", d->root);
}

char *local_directory_logs(const struct local_directory *d,
                           const char *topology)
{
    check(kept_is_topology(topology));
    return join("%s/logs/%s", d->root, topology);
}

/* -- open ------------------------------------------------------------------ */

static int make_private(const struct local_directory *d, const char *path,
                        gale_err *error)
{
    const char *text;

    if (d->env->ops->directory_private(d->env, path) == 0)
        return 0;
    text = errno == EPERM ? "it belongs to another user" : strerror(errno);
    return error_set(error, "cannot use the directory %s: %s", path, text);
}

/* A directory directly below the root. */
static int make_below(const struct local_directory *d, const char *name,
                      gale_err *error)
{
    char *path = join("%s/%s", d->root, name);
    int result = make_private(d, path, error);

    free(path);
    return result;
}

static int take_lock(struct local_directory *d, gale_err *error)
{
    char *path = join("%s/lock", d->root);
    int result = 0;

    d->lock = d->env->ops->file_lock(d->env, path);
    if (d->lock < 0 && errno == EWOULDBLOCK)
        result = error_set(error,
                           "another supervisor uses %s: stop that one, or set "
                           "another storm.local.dir",
                           d->root);
    else if (d->lock < 0)
        result = error_set(error, "cannot lock %s: %s", path, strerror(errno));
    free(path);
    return result;
}

/* Wherever whoever looks stands, and whatever links lead there. */
static char *root_of(const char *local)
{
    char *whole = realpath(local, NULL);
    char *root = join("%s/supervisor", whole != NULL ? whole : local);

    free(whole);
    return root;
}

int local_directory_open(struct local_directory *d, struct env *env,
                         const char *local, gale_err *error)
{
    bool made = env->ops->directory_make(env, local) == 0;

    if (!made)
        error_set(error, "cannot make the directory %s: %s", local,
                  strerror(errno));
    *d = (struct local_directory){
        .env = env, .lock = -1, .root = root_of(local)};
    if (made && make_private(d, d->root, error) == 0 &&
        take_lock(d, error) == 0 && make_below(d, "workers", error) == 0 &&
        make_below(d, "logs", error) == 0)
        return 0;
    local_directory_close(d);
    return -1;
}

int local_directory_share(struct local_directory *d,
                          const struct worker_user *user, gale_err *error)
{
    d->user = user;
    if (d->env->ops->path_share(d->env, d->root, user->group) == 0)
        return 0;
    return error_set(error, "cannot let the user %s pass through %s: %s",
                     user->name, d->root, strerror(errno));
}

void local_directory_look(struct local_directory *d, struct env *env,
                          const char *local)
{
    *d = (struct local_directory){
        .env = env, .lock = -1, .root = root_of(local)};
}

bool local_directory_is_there(const struct local_directory *d)
{
    char *path = join("%s/lock", d->root);
    bool is_there = d->env->ops->file_written(d->env, path) >= 0;

    free(path);
    return is_there;
}

bool local_directory_is_locked(const struct local_directory *d)
{
    char *path = join("%s/lock", d->root);
    bool locked = false;
    int lock;

    if (d->env->ops->file_written(d->env, path) >= 0) {
        lock = d->env->ops->file_lock(d->env, path);
        locked = lock < 0 && errno == EWOULDBLOCK;
        if (lock >= 0)
            d->env->ops->file_unlock(d->env, lock);
    }
    free(path);
    return locked;
}

void local_directory_close(struct local_directory *d)
{
    if (d->lock >= 0)
        d->env->ops->file_unlock(d->env, d->lock);
    free(d->root);
    *d = (struct local_directory){.lock = -1};
}

/* -- workers --------------------------------------------------------------- */

/* The directory in which a worker works is its user's. */
static int make_last(const struct local_directory *d, const char *path,
                     bool given, gale_err *error)
{
    if (!given)
        return make_private(d, path, error);
    if (d->env->ops->directory_give(d->env, path, d->user->user,
                                    d->user->group) == 0)
        return 0;
    return error_set(error, "cannot give the user %s the directory %s: %s",
                     d->user->name, path, strerror(errno));
}

/* All directories from below the root down to the path. */
static int make_down_to(const struct local_directory *d, char *path, bool given,
                        gale_err *error)
{
    int result = 0;

    for (char *p = path + strlen(d->root) + 1; *p && result == 0; p++)
        if (*p == '/') {
            *p = '\0';
            result = make_private(d, path, error);
            *p = '/';
        }
    return result == 0 ? make_last(d, path, given, error) : -1;
}

static int remove_path(const struct local_directory *d, const char *path,
                       gale_err *error)
{
    if (d->env->ops->tree_remove(d->env, path) == 0)
        return 0;
    return error_set(error, "cannot remove %s: %s", path, strerror(errno));
}

/* What there is of a worker, made or removed. */
static int one_of(const struct local_directory *d,
                  const struct slot_wanted *worker, enum local_path what,
                  bool make, gale_err *error)
{
    char *path = local_directory_path(d, worker, what);
    int result =
        make ? make_down_to(d, path, what == LOCAL_WORK && d->user != NULL,
                            error)
             : remove_path(d, path, error);

    free(path);
    return result;
}

int local_directory_make(const struct local_directory *d,
                         const struct slot_wanted *worker, gale_err *error)
{
    if (one_of(d, worker, LOCAL_PROCESS, false, error) != 0 ||
        one_of(d, worker, LOCAL_WORDS, false, error) != 0 ||
        one_of(d, worker, LOCAL_WORK, true, error) != 0)
        return -1;
    return one_of(d, worker, LOCAL_LOGS, true, error);
}

/* A topology's directory, when no worker is left in it. */
static void remove_if_empty(const struct local_directory *d, const char *path)
{
    char **names;
    uint32_t n;

    if (d->env->ops->directory_list(d->env, path, 1, &names, &n) != 0)
        return;
    if (n == 0)
        d->env->ops->tree_remove(d->env, path);
    else
        free(names[0]);
    free(names);
}

int local_directory_remove(const struct local_directory *d,
                           const struct slot_wanted *worker, gale_err *error)
{
    char *path = join("%s/workers/%s", d->root, worker->topology);
    int result = one_of(d, worker, LOCAL_WORKER, false, error);

    remove_if_empty(d, path);
    free(path);
    return result;
}

/* Lines become one, with "; " between them. */
static void put_in_one_line(char text[LOCAL_WORDS_MAX], const char *from)
{
    size_t n = 0;

    for (; *from != '\0' && n + 3 < LOCAL_WORDS_MAX; from++) {
        if (*from != '\n')
            text[n++] = *from;
        else if (n > 0 && from[1] != '\n' && from[1] != '\0') {
            text[n++] = ';';
            text[n++] = ' ';
        }
    }
    text[n] = '\0';
}

void local_directory_words(const struct local_directory *d,
                           const struct slot_wanted *worker,
                           char text[LOCAL_WORDS_MAX])
{
    char *path = local_directory_path(d, worker, LOCAL_WORDS);
    void *data;
    size_t size;

    text[0] = '\0';
    if (d->env->ops->file_read_regular(d->env, path, WORDS_READ_MAX, &data,
                                       &size) == 0) {
        put_in_one_line(text, data);
        free(data);
    }
    free(path);
}

/* -- what is kept ---------------------------------------------------------- */

int local_directory_save(const struct local_directory *d,
                         const struct kept *kept, gale_err *error)
{
    char *path = join("%s/state", d->root);
    struct pack p;
    int result = 0;

    pack_init(&p);
    kept_write(&p, kept);
    if (d->env->ops->file_replace(d->env, path, p.buffer.data, p.buffer.size) !=
        0)
        result = error_set(error, "cannot write %s: %s", path, strerror(errno));
    pack_free(&p);
    free(path);
    return result;
}

struct reader {
    const struct local_directory *d;
    struct kept *kept;
    local_warn_fn *warn;
    void *arg;
    const struct slot_wanted *in_use; /* sweeps */
    uint32_t n_in_use;
    int64_t before;
    void (*each)(void *arg, const char *path);
};

/* Appends what the file has; takes the path. */
static void read_kept(struct reader *r, char *path)
{
    struct env *env = r->d->env;
    struct kept found = {0};
    gale_err error = {""};
    void *data;
    size_t size;

    if (env->ops->file_read_regular(env, path, KEPT_BYTES_MAX, &data, &size) !=
        0) {
        if (errno != ENOENT)
            error_set(&error, "cannot read %s: %s", path, strerror(errno));
    } else {
        kept_read(&found, data, size, path, &error);
        free(data);
    }
    if (error.text[0] != '\0')
        r->warn(r->arg, error.text);
    for (uint32_t i = 0; i < found.n; i++)
        kept_add(r->kept, &found.workers[i]);
    if (r->kept->supervisor[0] == '\0')
        memcpy(r->kept->supervisor, found.supervisor, KEPT_ID_MAX + 1);
    if (found.change > r->kept->change)
        r->kept->change = found.change;
    kept_free(&found);
    free(path);
}

/* fn for each name in the directory; takes the path. */
static void each_in(struct reader *r, char *path,
                    void (*fn)(struct reader *r, const char *directory,
                               const char *name))
{
    char **names;
    uint32_t n;

    if (r->d->env->ops->directory_list(r->d->env, path, NAMES_LIMIT, &names,
                                       &n) == 0) {
        for (uint32_t i = 0; i < n; i++) {
            fn(r, path, names[i]);
            free(names[i]);
        }
        free(names);
    }
    free(path);
}

static void load_worker(struct reader *r, const char *directory,
                        const char *name)
{
    read_kept(r, join("%s/%s/process", directory, name));
}

static void load_topology(struct reader *r, const char *directory,
                          const char *name)
{
    each_in(r, join("%s/%s", directory, name), load_worker);
}

void local_directory_load(const struct local_directory *d, struct kept *kept,
                          local_warn_fn *warn, void *arg)
{
    struct reader r = {.d = d, .kept = kept, .warn = warn, .arg = arg};

    *kept = (struct kept){0};
    read_kept(&r, join("%s/state", d->root));
    each_in(&r, join("%s/workers", d->root), load_topology);
}

/* -- sweeps ---------------------------------------------------------------- */

static bool is_in_use(const struct reader *r, const char *path,
                      enum local_path what)
{
    bool found = false;

    for (uint32_t i = 0; i < r->n_in_use && !found; i++) {
        char *used = local_directory_path(r->d, &r->in_use[i], what);

        found = strcmp(used, path) == 0;
        free(used);
    }
    return found;
}

static void sweep_path(struct reader *r, const char *path)
{
    gale_err error;

    if (remove_path(r->d, path, &error) != 0)
        r->warn(r->arg, error.text);
}

static void sweep_worker(struct reader *r, const char *directory,
                         const char *name)
{
    char *path = join("%s/%s", directory, name);

    if (!is_in_use(r, path, LOCAL_WORKER))
        sweep_path(r, path);
    free(path);
}

static bool has_one_in_use(const struct reader *r, const char *topology)
{
    for (uint32_t i = 0; i < r->n_in_use; i++)
        if (strcmp(r->in_use[i].topology, topology) == 0)
            return true;
    return false;
}

static void sweep_topology(struct reader *r, const char *directory,
                           const char *name)
{
    char *path = join("%s/%s", directory, name);

    if (has_one_in_use(r, name))
        each_in(r, xstrdup(path), sweep_worker);
    else
        sweep_path(r, path);
    free(path);
}

void local_directory_sweep(const struct local_directory *d,
                           const struct slot_wanted *in_use, uint32_t n,
                           local_warn_fn *warn, void *arg)
{
    struct reader r = {.d = d, .in_use = in_use, .n_in_use = n, .warn = warn};

    r.arg = arg;
    each_in(&r, join("%s/workers", d->root), sweep_topology);
}

static void sweep_log(struct reader *r, const char *directory, const char *name)
{
    struct env *env = r->d->env;
    char *path = join("%s/%s", directory, name);
    char *log = join("%s/worker.log", path);
    int64_t written = env->ops->file_written(env, log);

    if (written < 0)
        written = env->ops->file_written(env, path);
    if (written < r->before && !is_in_use(r, path, LOCAL_LOGS))
        sweep_path(r, path);
    free(log);
    free(path);
}

static void sweep_logs_of(struct reader *r, const char *directory,
                          const char *name)
{
    char *path = join("%s/%s", directory, name);

    each_in(r, xstrdup(path), sweep_log);
    remove_if_empty(r->d, path);
    free(path);
}

void local_directory_sweep_logs(const struct local_directory *d,
                                const struct slot_wanted *in_use, uint32_t n,
                                int64_t before, local_warn_fn *warn, void *arg)
{
    struct reader r = {.d = d, .in_use = in_use, .n_in_use = n, .warn = warn};

    r.arg = arg;
    r.before = before;
    each_in(&r, local_directory_all_logs(d), sweep_logs_of);
}

/* -- logs ------------------------------------------------------------------ */

static void see_log(struct reader *r, const char *directory, const char *name)
{
    char *path = join("%s/%s/worker.log", directory, name);

    r->each(r->arg, path);
    free(path);
}

static void see_logs_of(struct reader *r, const char *directory,
                        const char *name)
{
    each_in(r, join("%s/%s", directory, name), see_log);
}

void local_directory_each_log(const struct local_directory *d,
                              void (*fn)(void *arg, const char *path),
                              void *arg)
{
    struct reader r = {.d = d, .each = fn, .arg = arg};

    each_in(&r, local_directory_all_logs(d), see_logs_of);
}
