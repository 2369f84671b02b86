/* position_store.c - files of positions; see position_store.h. */
#include "worker/position_store.h"
#include "common/check.h"
#include "common/log.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "worker/task_base.h"
#include <errno.h>
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define MAGIC "gale position 1\n"
#define MAGIC_SIZE (sizeof(MAGIC) - 1)
#define SUFFIX ".position" /* of a file's name */
#define FILE_MAX (2u << 20)

/* A file to write; one per task that has saved. */
struct saving {
    struct saving *next;
    char *path;
    char *bytes; /* NULL: nothing new */
    size_t size;
    int failed; /* errno of the last writing, 0: it went well */
};

struct position_store {
    const struct position_keeper *keeper; /* NULL: there are files, and … */
    struct env *env;
    struct log *log;
    char *dir;       /* with the topology's name */
    int lock_handle; /* of the directory; -1: none */
    struct env_thread *thread;
    struct env_monitor *monitor; /* of all below */
    struct saving *files;
    bool stop;
};

/* -- the file's bytes ------------------------------------------------------ */

static char *put(char *at, const void *data, size_t size)
{
    memcpy(at, data, size);
    return at + size;
}

static char *encode(const struct positions *p, size_t *size)
{
    char *bytes, *at;
    uint64_t sum;

    *size = MAGIC_SIZE + sizeof(sum);
    for (uint32_t i = 0; i < p->n; i++)
        *size += 8 + p->splits[i].name_size + p->splits[i].durable.size;
    bytes = xcalloc(1, *size);
    at = put(bytes, MAGIC, MAGIC_SIZE);
    for (uint32_t i = 0; i < p->n; i++) {
        const struct split *s = &p->splits[i];

        if (!s->durable.set)
            continue;
        at = put(at, &s->name_size, 4);
        at = put(at, &s->durable.size, 4);
        at = put(at, s->name, s->name_size);
        if (s->durable.size > 0)
            at = put(at, s->durable.bytes, s->durable.size);
    }
    sum = XXH3_64bits(bytes, (size_t)(at - bytes));
    at = put(at, &sum, sizeof(sum));
    *size = (size_t)(at - bytes);
    check(*size <= FILE_MAX);
    return bytes;
}

/* NULL, or what is wrong with the bytes. */
static const char *decode(const char *bytes, size_t size, struct positions *to)
{
    size_t at = MAGIC_SIZE, end = size - sizeof(uint64_t);
    uint64_t sum;

    if (size < MAGIC_SIZE + sizeof(sum) ||
        memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
        return "is no position file of this version";
    memcpy(&sum, bytes + end, sizeof(sum));
    if (sum != XXH3_64bits(bytes, end))
        return "is damaged (its checksum is wrong)";
    while (at < end) {
        uint32_t name, data;

        if (end - at < 8)
            return "is cut short";
        memcpy(&name, bytes + at, 4);
        memcpy(&data, bytes + at + 4, 4);
        at += 8;
        if (end - at < (uint64_t)name + data ||
            !positions_restore(to, gale_str_make(bytes + at, name),
                               gale_str_make(bytes + at + name, data)))
            return "holds a position that is too long";
        at += (size_t)name + data;
    }
    return NULL;
}

/* -- somebody else keeps them ---------------------------------------------- */

struct position_store *position_store_over(const struct position_keeper *keeper)
{
    struct position_store *s = xcalloc(1, sizeof(*s));

    s->keeper = keeper;
    return s;
}

static void keep_changed(const struct position_keeper *k, const struct task *t,
                         const struct positions *p)
{
    for (uint32_t i = 0; i < p->n; i++) {
        const struct split *s = &p->splits[i];

        if (s->changed)
            k->save(k->arg, t->component->id, t->index,
                    gale_str_make(s->name, s->name_size),
                    gale_str_make(s->durable.bytes, s->durable.size));
    }
}

struct loading {
    struct positions *to;
    bool is_too_long;
};

static bool load_one(void *arg, gale_str split, gale_str position)
{
    struct loading *l = arg;

    l->is_too_long = !positions_restore(l->to, split, position);
    return !l->is_too_long;
}

static int load_kept(const struct position_keeper *k, const struct task *t,
                     struct positions *to, gale_err *error)
{
    struct loading l = {to, false};

    k->load(k->arg, t->component->id, t->index, load_one, &l);
    if (!l.is_too_long)
        return 0;
    return error_set(error,
                     "a position that is kept of spout \"%s\" is too long: at "
                     "most 4096 bytes, of a split whose name has at most 255, "
                     "and 1 MiB of a task in all",
                     t->component->id);
}

/* -- the files ------------------------------------------------------------- */

static char *path_of(const struct position_store *s, const struct task *t)
{
    char *path = NULL;

    if (asprintf(&path, "%s/%s-%u" SUFFIX, s->dir, t->component->id, t->index) <
        0)
        abort();
    return path;
}

int position_store_load(struct position_store *s, const struct task *t,
                        struct positions *to, gale_err *error)
{
    const char *why = NULL;
    void *bytes = NULL;
    size_t size = 0;
    int result = 0;
    char *path;

    FAULT_POINT("position_loaded");
    if (s->keeper != NULL)
        return load_kept(s->keeper, t, to, error);
    path = path_of(s, t);
    if (s->env->ops->file_read(s->env, path, FILE_MAX, &bytes, &size) == 0)
        why = decode(bytes, size, to);
    else if (errno != ENOENT)
        why = strerror(errno);
    if (why != NULL)
        result = error_set(error,
                           "position file %s: %s; mend it, or remove it to "
                           "read from the start",
                           path, why);
    free(bytes);
    free(path);
    return result;
}

/* In the monitor. */
static struct saving *saving_of(struct position_store *s, char *path)
{
    struct saving *f = s->files;

    while (f != NULL && strcmp(f->path, path) != 0)
        f = f->next;
    if (f != NULL) {
        free(path);
        return f;
    }
    f = xcalloc(1, sizeof(*f));
    f->path = path;
    f->next = s->files;
    s->files = f;
    return f;
}

void position_store_save(struct position_store *s, const struct task *t,
                         const struct positions *p)
{
    struct saving *f;
    size_t size;
    char *bytes;

    FAULT_POINT("position_saved");
    if (s->keeper != NULL) {
        keep_changed(s->keeper, t, p);
        return;
    }
    bytes = encode(p, &size);
    env_enter(s->env, s->monitor);
    f = saving_of(s, path_of(s, t));
    free(f->bytes);
    f->bytes = bytes;
    f->size = size;
    env_notify(s->env, s->monitor);
    env_leave(s->env, s->monitor);
}

/* In the monitor, which is left meanwhile. */
static void write_file(struct position_store *s, struct saving *f)
{
    char *bytes = f->bytes;
    size_t size = f->size;
    int failed = 0;

    check(bytes != NULL);
    f->bytes = NULL;
    env_leave(s->env, s->monitor);
    FAULT_POINT("position_taken");
    if (s->env->ops->file_replace(s->env, f->path, bytes, size) != 0) {
        failed = errno;
        log_error(s->log, "positions",
                  "cannot write %s: %s; after a restart the spout begins at an "
                  "earlier position",
                  f->path, strerror(failed));
    }
    free(bytes);
    env_enter(s->env, s->monitor);
    f->failed = failed;
}

static struct saving *changed_file(struct position_store *s)
{
    struct saving *f = s->files;

    while (f != NULL && f->bytes == NULL)
        f = f->next;
    return f;
}

static void store_thread(void *arg)
{
    struct position_store *s = arg;
    struct saving *f;

    env_enter(s->env, s->monitor);
    for (;;) {
        while ((f = changed_file(s)) == NULL && !s->stop)
            env_wait(s->env, s->monitor, INT64_MAX);
        if (f == NULL)
            break;
        write_file(s, f);
    }
    env_leave(s->env, s->monitor);
}

/* What a run left that died while it wrote; it stays where that is impossible,
 * and harms nobody. */
static void clean_directory(const struct position_store *s)
{
    check(s->lock_handle >= 0);
    s->env->ops->directory_clean(s->env, s->dir, SUFFIX);
}

/* Two runs would overwrite each other's positions. */
static int lock_directory(struct position_store *s, gale_err *error)
{
    char *path;

    if (asprintf(&path, "%s/lock", s->dir) < 0)
        abort();
    s->lock_handle = s->env->ops->file_lock(s->env, path);
    if (s->lock_handle < 0 && errno == EWOULDBLOCK)
        error_set(error,
                  "the state directory %s is in use by another run: wait until "
                  "that has ended, or name another directory",
                  s->dir);
    else if (s->lock_handle < 0)
        error_set(error, "cannot lock %s: %s", path, strerror(errno));
    free(path);
    if (s->lock_handle < 0)
        return -1;
    clean_directory(s);
    return 0;
}

struct position_store *position_store_open(struct env *env, const char *dir,
                                           const char *topology,
                                           struct log *log, gale_err *error)
{
    struct position_store *s = xcalloc(1, sizeof(*s));

    s->env = env;
    s->log = log;
    s->monitor = env->ops->monitor_new(env);
    s->lock_handle = -1;
    if (asprintf(&s->dir, "%s/%s", dir, topology) < 0)
        abort();
    if (env->ops->directory_make(env, s->dir) != 0)
        error_set(error, "cannot make the state directory %s: %s", s->dir,
                  strerror(errno));
    else if (lock_directory(s, error) == 0)
        s->thread =
            env->ops->thread_start(env, "positions", -1, store_thread, s);
    if (s->thread != NULL)
        return s;
    if (s->lock_handle >= 0)
        error_set(error,
                  "no thread can be started that writes to %s: raise "
                  "the limit of threads (ulimit -u), or end others",
                  s->dir);
    position_store_close(s, NULL);
    return NULL;
}

static void stop_thread(struct position_store *s)
{
    if (s->thread == NULL)
        return;
    env_enter(s->env, s->monitor);
    FAULT_POINT("positions_stop");
    s->stop = true;
    env_notify(s->env, s->monitor);
    env_leave(s->env, s->monitor);
    s->env->ops->thread_join(s->env, s->thread);
}

/* When all is written, or could not be. */
static int say_what_failed(const struct position_store *s, gale_err *error)
{
    const struct saving *f = s->files;

    while (f != NULL && f->failed == 0)
        f = f->next;
    if (f == NULL)
        return 0;
    return error_set(error,
                     "cannot write the last position to %s: %s; mend that, and "
                     "start again: what was read after the position that is "
                     "kept will be read once more",
                     f->path, strerror(f->failed));
}

int position_store_close(struct position_store *s, gale_err *error)
{
    int result;

    if (s == NULL || s->keeper != NULL) {
        free(s);
        return 0;
    }
    stop_thread(s);
    result = say_what_failed(s, error);
    while (s->files != NULL) {
        struct saving *next = s->files->next;

        free(s->files->path);
        free(s->files->bytes);
        free(s->files);
        s->files = next;
    }
    if (s->lock_handle >= 0)
        s->env->ops->file_unlock(s->env, s->lock_handle);
    s->env->ops->monitor_free(s->env, s->monitor);
    free(s->dir);
    free(s);
    return result;
}
