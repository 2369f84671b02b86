/*
 * fuzz_position.c - the position file of a spout's task, as an earlier run or a
 * bad disk has left it.
 *
 * The store reads it in a world that has one file. Nobody guesses a checksum:
 * where the first byte is odd, it is put right.
 */
#include "common/env.h"
#include "tests/fuzz/fuzz.h"
#include "worker/position_store.h"
#include "worker/task_base.h"
#include <errno.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static char *file;
static size_t file_size;

/* -- the world ------------------------------------------------------------- */

static struct env_monitor *monitor_new(struct env *env)
{
    return (struct env_monitor *)(void *)env;
}

static void monitor_any(struct env *env, struct env_monitor *m)
{
    (void)env, (void)m;
}

static struct env_thread *thread_start(struct env *env, const char *name,
                                       int cpu, void (*run)(void *), void *arg)
{
    (void)name, (void)cpu, (void)run, (void)arg;
    return (struct env_thread *)(void *)env;
}

static void thread_join(struct env *env, struct env_thread *thread)
{
    (void)env, (void)thread;
}

static int directory_make(struct env *env, const char *path)
{
    (void)env, (void)path;
    return 0;
}

static int directory_clean(struct env *env, const char *path,
                           const char *suffix)
{
    (void)suffix;
    return directory_make(env, path);
}

static int file_lock(struct env *env, const char *path)
{
    return directory_make(env, path);
}

static void file_unlock(struct env *env, int handle)
{
    (void)env, (void)handle;
}

static int file_read(struct env *env, const char *path, size_t max, void **data,
                     size_t *size)
{
    (void)env, (void)path;
    if (file_size > max) {
        errno = EFBIG;
        return -1;
    }
    *data = xstrndup(file, file_size);
    *size = file_size;
    return 0;
}

static struct env *world(void)
{
    static const struct env_ops ops = {
        .monitor_new = monitor_new,
        .monitor_free = monitor_any,
        .monitor_enter = monitor_any,
        .monitor_leave = monitor_any,
        .monitor_notify = monitor_any,
        .thread_start = thread_start,
        .thread_join = thread_join,
        .directory_clean = directory_clean,
        .directory_make = directory_make,
        .file_lock = file_lock,
        .file_unlock = file_unlock,
        .file_read = file_read,
    };
    static struct env env = {.ops = &ops};

    return &env;
}

/* -- one file -------------------------------------------------------------- */

static void set_file(const uint8_t *data, size_t size)
{
    uint64_t sum;

    file_size = size + sizeof(sum);
    file = xcalloc(1, file_size);
    if (size > 0)
        memcpy(file, data, size);
    sum = XXH3_64bits(file, size);
    memcpy(file + size, &sum, sizeof(sum));
}

/* What was restored can be saved again. */
static void load(struct position_store *s, const struct task *t)
{
    struct positions p = {.n = 0};
    gale_err error = {""};

    if (position_store_load(s, t, &p, &error) == 0)
        position_store_save(s, t, &p);
    else
        fuzz_must(error.text[0] != '\0');
    positions_fini(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct component component = {.id = "spout", .is_spout = true};
    struct task task = {.component = &component};
    gale_err error;
    struct position_store *s =
        position_store_open(world(), "state", "topology", NULL, &error);
    bool right = size > 0 && (data[0] & 1);

    check(s != NULL);
    set_file(data + (size > 0), size > 0 ? size - 1 : 0);
    if (!right)
        file_size = size > 0 ? size - 1 : 0;
    load(s, &task);
    position_store_close(s, NULL);
    free(file);
    return 0;
}
