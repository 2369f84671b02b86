/* cluster_home.c - the directory of a cluster on one machine; see
 * cluster_home.h. */
#include "cli/cluster_home.h"
#include "common/check.h"
#include "common/loop.h"
#include "common/pack.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)64 << 10)
#define NAMES_MAX 10000u
#define LOCK_LOOK_NS INT64_C(20000000)
#define LOCK_LOOKS 25
#define FORM 1

static const char *const kinds[] = {"zookeeper", "nimbus", "supervisor"};

char *cluster_home_path(const struct cluster_home *h, const char *name,
                        const char *end)
{
    char *path;

    if (asprintf(&path, "%s/%s%s", h->path, name, end) < 0)
        memory_none_left();
    return path;
}

struct cluster_member *cluster_home_add(struct cluster_home *h,
                                        enum cluster_kind kind)
{
    struct cluster_member *m = &h->members[h->n];

    check(h->n < CLUSTER_MEMBERS_MAX);
    *m = (struct cluster_member){.kind = kind, .number = 1};
    for (uint32_t i = 0; i < h->n; i++)
        m->number += h->members[i].kind == kind;
    if (kind == CLUSTER_ZOOKEEPER)
        snprintf(m->name, sizeof(m->name), "%s", kinds[kind]);
    else
        snprintf(m->name, sizeof(m->name), "%s-%u", kinds[kind], m->number);
    h->n++;
    return m;
}

/* -- the file -------------------------------------------------------------- */

static void pack_member(struct pack *p, const struct cluster_member *m)
{
    pack_map(p, 4);
    pack_key_uint(p, "kind", m->kind);
    pack_key_int(p, "pid", m->pid);
    pack_key_uint(p, "start", m->start);
    pack_text(p, "ports");
    pack_array(p, m->n_ports);
    for (uint32_t i = 0; i < m->n_ports; i++)
        pack_uint(p, m->ports[i]);
}

int cluster_home_save(struct cluster_home *h, gale_err *error)
{
    char *path = cluster_home_path(h, "cluster", "");
    int result = 0;
    struct pack p;

    pack_init(&p);
    pack_map(&p, 3);
    pack_key_uint(&p, "version", FORM);
    pack_key_text(&p, "boot", h->boot);
    pack_text(&p, "members");
    pack_array(&p, h->n);
    for (uint32_t i = 0; i < h->n; i++)
        pack_member(&p, &h->members[i]);
    if (h->env->ops->file_replace(h->env, path, p.buffer.data, p.buffer.size) !=
        0)
        result = error_set(error, "%s: %s", path, strerror(errno));
    h->known |= result == 0;
    pack_free(&p);
    free(path);
    return result;
}

static bool read_member(struct cluster_home *h, const msgpack_object *o)
{
    uint64_t kind = unpack_uint(unpack_key(o, "kind"), UINT64_MAX);
    const msgpack_object *ports = unpack_key(o, "ports");
    int64_t pid = unpack_int(unpack_key(o, "pid"), -1);
    struct cluster_member *m;

    if (kind > CLUSTER_SUPERVISOR || pid < 0 || pid > INT32_MAX ||
        unpack_n(ports) < 1 || unpack_n(ports) > 1 + CLUSTER_SLOTS_MAX)
        return false;
    m = cluster_home_add(h, (enum cluster_kind)kind);
    m->pid = (int)pid;
    m->start = unpack_uint(unpack_key(o, "start"), 0);
    for (uint32_t i = 0; i < unpack_n(ports); i++) {
        uint64_t port = unpack_uint(unpack_at(ports, i), 0);

        if (port == 0 || port > UINT16_MAX)
            return false;
        m->ports[m->n_ports++] = (uint16_t)port;
    }
    return true;
}

/* Of a start of the system before this one no process is left. */
static void read_boot(struct cluster_home *h, const msgpack_object *o)
{
    char *boot = unpack_text(o, ENV_BOOT_MAX);

    for (uint32_t i = 0; i < h->n; i++)
        if (boot == NULL || strcmp(boot, h->boot) != 0)
            h->members[i].pid = 0;
    free(boot);
}

static bool read_members(struct cluster_home *h, const msgpack_object *root)
{
    const msgpack_object *list = unpack_key(root, "members");
    uint32_t n = unpack_n(list);

    if (unpack_uint(unpack_key(root, "version"), 0) != FORM ||
        n > CLUSTER_MEMBERS_MAX)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!read_member(h, unpack_at(list, i)))
            return false;
    read_boot(h, unpack_key(root, "boot"));
    return true;
}

static int take_file(struct cluster_home *h, const char *path, const void *data,
                     size_t size, gale_err *error)
{
    const struct pack_limits limits = {FILE_MAX, FILE_MAX};
    struct unpacked u;

    if (unpack(&u, data, size, limits, path, NULL) == 0) {
        h->known = read_members(h, u.root);
        unpacked_free(&u);
    }
    if (h->known)
        return 0;
    return error_set(error,
                     "%s is damaged, so nobody knows which processes belong to "
                     "it: end those whose command lines name %s by hand, and "
                     "remove that directory",
                     path, h->path);
}

static int read_file(struct cluster_home *h, gale_err *error)
{
    char *path = cluster_home_path(h, "cluster", "");
    void *data;
    size_t size;
    int result = 0;

    if (h->env->ops->file_read(h->env, path, FILE_MAX, &data, &size) == 0) {
        result = take_file(h, path, data, size, error);
        free(data);
    } else if (errno != ENOENT) {
        result = error_set(error, "%s: %s", path, strerror(errno));
    }
    free(path);
    return result;
}

/* -- the directory --------------------------------------------------------- */

static bool is_there(const struct cluster_home *h, const char *name,
                     const char *end)
{
    char *path = cluster_home_path(h, name, end);
    bool result = h->env->ops->file_written(h->env, path) >= 0;

    free(path);
    return result;
}

/* FILE.XXXXXX, `size` letters or digits. */
static bool is_half(const char *name, const char *file, size_t size)
{
    size_t n = strlen(file);

    return strncmp(name, file, n) == 0 && name[n] == '.' &&
           strlen(name + n + 1) == size &&
           strspn(name + n + 1, "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == size;
}

/* What stays of a file when who writes it is killed (env_file.c,
 * token_file.c). gale.yaml is written once, before the first process; what is
 * called like that later is a copy of somebody's. */
static bool is_left_half(const struct cluster_home *h, const char *name)
{
    return is_half(name, "cluster", 6) || is_half(name, "token", 16) ||
           (is_half(name, "gale.yaml", 6) && !is_there(h, "zookeeper", ".log"));
}

static void each_name(const struct cluster_home *h,
                      void (*fn)(const struct cluster_home *h, const char *name,
                                 void *arg),
                      void *arg)
{
    char **names;
    uint32_t n;

    if (h->env->ops->directory_list(h->env, h->path, NAMES_MAX, &names, &n) !=
        0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        fn(h, names[i], arg);
        free(names[i]);
    }
    free(names);
}

static void note_other(const struct cluster_home *h, const char *name,
                       void *arg)
{
    if (strcmp(name, "lock") != 0 && !is_left_half(h, name))
        *(bool *)arg = true;
}

static bool has_other_things(const struct cluster_home *h)
{
    bool other = false;

    each_name(h, note_other, &other);
    return other;
}

static void remove_half(const struct cluster_home *h, const char *name,
                        void *arg)
{
    char *path = cluster_home_path(h, name, "");

    (void)arg;
    if (is_left_half(h, name))
        h->env->ops->tree_remove(h->env, path);
    free(path);
}

/* What is not a cluster's is left alone: it may be anything. 1: nothing of one
 * is there. */
static int look_at_contents(struct cluster_home *h, gale_err *error)
{
    bool known = is_there(h, "cluster", "");
    bool ours = known || is_there(h, "lock", "");

    if (!known && has_other_things(h))
        return error_set(error,
                         "%s holds no cluster, but other things: expected a "
                         "directory that `gale cluster up` has made, or can "
                         "make",
                         h->path);
    return ours ? 0 : 1;
}

/* A child of one that was killed a moment ago has it until it executes what it
 * shall be; nobody tells when. */
static int lock_soon(struct env *env, const char *path)
{
    struct loop *loop = loop_new(env);
    int lock = env->ops->file_lock(env, path), saved;

    for (int i = 0;
         i < LOCK_LOOKS && lock < 0 && errno == EWOULDBLOCK && loop != NULL;
         i++) {
        loop_run_for(loop, LOCK_LOOK_NS);
        lock = env->ops->file_lock(env, path);
    }
    saved = errno;
    loop_free(loop);
    errno = saved;
    return lock;
}

static int take_lock(struct cluster_home *h, gale_err *error)
{
    char *path = cluster_home_path(h, "lock", "");
    int result = 0;

    h->lock = lock_soon(h->env, path);
    if (h->lock < 0 && errno == EWOULDBLOCK)
        result = error_set(error,
                           "another gale cluster is at work in %s: wait until "
                           "it is done",
                           h->path);
    else if (h->lock < 0)
        result = error_set(error, "%s: %s", path, strerror(errno));
    free(path);
    return result;
}

static int make_directory(struct cluster_home *h, const char *path,
                          gale_err *error)
{
    struct env *env = h->env;

    h->made = env->ops->file_written(env, path) < 0;
    if (env->ops->directory_private(env, path) == 0)
        return 0;
    return error_set(error, "%s cannot be used: %s", path,
                     errno == EPERM ? "it belongs to another user"
                                    : strerror(errno));
}

/* It would be removed with the cluster, or what it names. */
static int refuse_link(const char *path, gale_err *error)
{
    size_t size = strlen(path);
    char *bare, to;
    bool link;

    while (size > 1 && path[size - 1] == '/')
        size--;
    bare = xstrndup(path, size);
    link = readlink(bare, &to, 1) >= 0;
    free(bare);
    if (!link)
        return 0;
    return error_set(error,
                     "%s is a symbolic link, expected a directory: say where "
                     "it really is",
                     path);
}

/* As CLUSTER_LOOK; nothing of it is changed yet. */
static int find_directory(struct cluster_home *h, const char *path,
                          gale_err *error)
{
    h->path = realpath(path, NULL);
    if (h->path == NULL && errno == ENOENT)
        return 1;
    if (h->path == NULL)
        return error_set(error, "%s: %s", path, strerror(errno));
    return look_at_contents(h, error);
}

int cluster_home_open(struct cluster_home *h, struct env *env, const char *path,
                      enum cluster_access access, gale_err *error)
{
    int found;

    *h = (struct cluster_home){.env = env, .lock = -1};
    if (env->ops->processes->boot(env, h->boot) != 0)
        return error_set(error, "the system does not say when it was started");
    if (access != CLUSTER_LOOK && refuse_link(path, error) != 0)
        return -1;
    if (access == CLUSTER_MAKE && make_directory(h, path, error) != 0)
        return -1;
    found = find_directory(h, path, error);
    if (found < 0 || (found > 0 && access != CLUSTER_MAKE))
        return found;
    FAULT_POINT("cluster_directory");
    if (access == CLUSTER_LOOK)
        return read_file(h, error);
    if (take_lock(h, error) != 0)
        return -1;
    FAULT_POINT("cluster_locked");
    each_name(h, remove_half, NULL);
    return read_file(h, error);
}

void cluster_home_close(struct cluster_home *h)
{
    if (h->lock >= 0)
        h->env->ops->file_unlock(h->env, h->lock);
    h->lock = -1;
    free(h->path);
    h->path = NULL;
}

/* -- processes ------------------------------------------------------------- */

struct env_process *cluster_member_find(const struct cluster_home *h,
                                        const struct cluster_member *m)
{
    return m->pid == 0 ? NULL
                       : h->env->ops->processes->find(h->env, m->pid, m->start);
}

bool cluster_member_runs(const struct cluster_home *h,
                         const struct cluster_member *m)
{
    struct env_process *process = cluster_member_find(h, m);
    bool runs = process != NULL;

    h->env->ops->processes->free(h->env, process);
    return runs;
}

/* -- the end --------------------------------------------------------------- */

static int remove_one(struct cluster_home *h, const char *name, const char *end,
                      gale_err *error)
{
    char *path = cluster_home_path(h, name, end);
    int result = 0;

    if (h->env->ops->tree_remove(h->env, path) != 0)
        result =
            error_set(error, "%s cannot be removed: %s", path, strerror(errno));
    free(path);
    return result;
}

/* When nothing is left but the lock. */
static int remove_directory(struct cluster_home *h, gale_err *error)
{
    if (has_other_things(h))
        return remove_one(h, "lock", "", error);
    if (h->env->ops->tree_remove(h->env, h->path) == 0)
        return 0;
    return error_set(error, "%s cannot be removed: %s", h->path,
                     strerror(errno));
}

/* The list of members goes last but for the lock: what is half removed is still
 * known as a cluster. */
int cluster_home_remove(struct cluster_home *h, gale_err *error)
{
    static const char *const files[] = {"gale.yaml", "token", "cluster"};
    int result = 0;

    for (uint32_t i = 0; i < h->n && result == 0; i++) {
        result = remove_one(h, h->members[i].name, "", error);
        if (result == 0)
            result = remove_one(h, h->members[i].name, ".log", error);
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && result == 0; i++)
        result = remove_one(h, files[i], "", error);
    return result == 0 ? remove_directory(h, error) : result;
}

void cluster_home_undo(struct cluster_home *h)
{
    gale_err error;

    if (h->made)
        remove_directory(h, &error);
    else
        remove_one(h, "lock", "", &error);
}
