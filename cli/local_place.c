/* local_place.c - directory, ports and configuration; see local_place.h. */
#include "cli/local_place.h"
#include "cli/free_ports.h"
#include "common/env.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADDRESS "127.0.0.1"
#define PORTS_MAX (1u + LOCAL_SUPERVISORS_MAX * (1u + LOCAL_SLOTS_MAX))
#define TEXT_MAX 4096u
#define NAMES_MAX 100000u

struct local_place {
    struct env *env;
    char directory[TEXT_MAX];
    int lock; /* -1: none; as long as it is ours, we run */
    char file[TEXT_MAX + 16];
    char nimbus[sizeof(ADDRESS) + 8];
    uint16_t ports[PORTS_MAX]; /* nimbus's; of each supervisor its own,
                                  then its slots' */
};

/* -- what others have left ------------------------------------------------- */

static char *joined(const char *directory, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", directory, name) < 0)
        memory_none_left();
    return path;
}

static bool has(struct env *env, const char *directory, const char *name)
{
    char *path = joined(directory, name);
    bool result = env->ops->file_written(env, path) >= 0;

    free(path);
    return result;
}

static void remove_if_unlocked(struct env *env, const char *directory)
{
    char *path = joined(directory, "lock");
    int lock = env->ops->file_lock(env, path);

    free(path);
    if (lock < 0)
        return;
    env->ops->tree_remove(env, directory);
    env->ops->file_unlock(env, lock);
}

/* gale.yaml is written when the lock is taken. */
static void sweep_one(struct env *env, const char *directory)
{
    if (has(env, directory, "lock") && has(env, directory, "gale.yaml") &&
        env->ops->directory_private(env, directory) == 0) /* it is ours */
        remove_if_unlocked(env, directory);
}

static bool is_name(const char *name)
{
    return strncmp(name, "gale-", 5) == 0 && strlen(name) == 11;
}

/* Of runs that have crashed: whoever runs has the lock. */
static void sweep(struct env *env, const char *in)
{
    char **names;
    uint32_t n;

    if (env->ops->directory_list(env, in, NAMES_MAX, &names, &n) != 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        char *path = joined(in, names[i]);

        if (is_name(names[i]))
            sweep_one(env, path);
        free(path);
        free(names[i]);
    }
    free(names);
}

/* -- the directory --------------------------------------------------------- */

static int take_lock(struct local_place *p, gale_err *error)
{
    char *path = joined(p->directory, "lock");
    int result = 0;

    p->lock = p->env->ops->file_lock(p->env, path);
    if (p->lock < 0)
        result = error_set(error, "cannot lock %s: %s", path, strerror(errno));
    free(path);
    return result;
}

static int make_directory(struct local_place *p, gale_err *error)
{
    const char *in = getenv("TMPDIR");

    if (in == NULL || *in == '\0')
        in = "/tmp";
    if (strpbrk(in, "\"\\\n") != NULL || strlen(in) > 60)
        return error_set(error,
                         "TMPDIR is \"%s\": expected a path of at most 60 "
                         "bytes without quotes, for the sockets of supervisors",
                         in);
    sweep(p->env, in);
    snprintf(p->directory, sizeof(p->directory), "%s/gale-XXXXXX", in);
    if (mkdtemp(p->directory) != NULL)
        return take_lock(p, error);
    p->directory[0] = '\0';
    return error_set(error, "cannot make a directory in %s: %s", in,
                     strerror(errno));
}

/* -- for others ------------------------------------------------------------ */

static int write_file(struct local_place *p, gale_err *error)
{
    char text[2 * TEXT_MAX];
    int size;

    snprintf(p->nimbus, sizeof(p->nimbus), ADDRESS ":%u", p->ports[0]);
    snprintf(p->file, sizeof(p->file), "%s/gale.yaml", p->directory);
    size = snprintf(text, sizeof(text),
                    "nimbus.seeds: [\"%s\"]\n"
                    "gale.token.file: \"%s/token\"\n",
                    p->nimbus, p->directory);
    if (p->env->ops->file_replace(p->env, p->file, text, (size_t)size) == 0)
        return 0;
    return error_set(error, "cannot write %s: %s", p->file, strerror(errno));
}

struct local_place *local_place_new(const struct local_cluster_options *options,
                                    gale_err *error)
{
    struct local_place *p = xcalloc(1, sizeof(*p));
    uint32_t n = 1 + options->n_supervisors * (1 + options->n_slots);

    p->env = env_posix();
    p->lock = -1;
    if (free_ports_choose(p->env, p->ports, n) != 0)
        error_set(error, "no %u ports are free", n);
    else if (make_directory(p, error) == 0 && write_file(p, error) == 0)
        return p;
    local_place_free(p);
    return NULL;
}

void local_place_free(struct local_place *p)
{
    if (p == NULL)
        return;
    if (p->directory[0] != '\0')
        p->env->ops->tree_remove(p->env, p->directory);
    if (p->lock >= 0)
        p->env->ops->file_unlock(p->env, p->lock);
    free(p);
}

const char *local_place_file(const struct local_place *p)
{
    return p->file;
}

const char *local_place_nimbus(const struct local_place *p)
{
    return p->nimbus;
}

/* -- configuration of a daemon --------------------------------------------- */

static int set(struct daemon_config *c, gale_err *error, const char *format,
               ...) GALE_PRINTF(3, 4);

static int set(struct daemon_config *c, gale_err *error, const char *format,
               ...)
{
    char text[2 * TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return daemon_config_override(c, text, error);
}

/* Quicker than among machines, so that one sees what comes of a kill; -c may
 * say something else. */
#define PACE "storm.zookeeper.session.timeout=6000"

static int set_wishes(struct daemon_config *c,
                      const struct local_cluster_options *o, gale_err *error)
{
    for (uint32_t i = 0; i < o->n_configs; i++)
        if (daemon_config_file(c, o->configs[i], error) != 0)
            return -1;
    for (uint32_t i = 0; i < o->n_overrides; i++)
        if (daemon_config_override(c, o->overrides[i], error) != 0)
            return -1;
    return 0;
}

static int set_ports(struct daemon_config *c, const uint16_t *ports, uint32_t n,
                     gale_err *error)
{
    char text[LOCAL_SLOTS_MAX * 6 + 4];
    size_t size = 0;

    for (uint32_t i = 0; i < n; i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%u",
                                 i == 0 ? "" : ",", ports[i]);
    return set(c, error, "supervisor.slots.ports=[%s]", text);
}

static int set_place(struct daemon_config *c, const struct local_place *p,
                     uint32_t n_slots, uint32_t i, gale_err *error)
{
    const uint16_t *own;

    if (set(c, error, "gale.bind=" ADDRESS) != 0 ||
        set(c, error, "storm.local.hostname=" ADDRESS) != 0 ||
        set(c, error, "gale.insecure=false") != 0 ||
        set(c, error, "gale.token.file=\"%s/token\"", p->directory) != 0 ||
        set(c, error, "nimbus.seeds=[\"%s\"]", p->nimbus) != 0 ||
        set(c, error, "nimbus.thrift.port=%u", p->ports[0]) != 0)
        return -1;
    if (i == 0)
        return set(c, error, "storm.local.dir=\"%s/nimbus\"", p->directory);
    if (set(c, error, "storm.local.dir=\"%s/supervisor-%u\"", p->directory,
            i) != 0)
        return -1;
    own = &p->ports[1 + (i - 1) * (1 + n_slots)];
    if (set(c, error, "supervisor.thrift.port=%u", own[0]) != 0)
        return -1;
    return set_ports(c, own + 1, n_slots, error);
}

struct daemon_config *local_place_daemon(
    const struct local_place *p, const struct local_cluster_options *options,
    uint32_t i, gale_err *error)
{
    struct daemon_config *c = daemon_config_new(NULL, NULL);

    if (daemon_config_override(c, PACE, error) == 0 &&
        set_wishes(c, options, error) == 0 &&
        set_place(c, p, options->n_slots, i, error) == 0)
        return c;
    daemon_config_free(c);
    return NULL;
}
