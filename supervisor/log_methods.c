/*
 * log_methods.c - what those who look may ask a supervisor, over TCP: the logs
 * of workers.
 *
 *     logs  {topology, component} → {logs: [{worker, sizes: [bytes …],
 *           rotated_us, has}]}
 *     log   {topology, worker, file, offset, size} → {data, rotated_us}
 *     logged  {name} → {id}
 *
 * id: of the newest topology of that name, or with that id, that has logs here;
 * nil: none has.
 * has: whether the worker has, or had, that component (log_components.h).
 * `file` 0 is worker.log, 1 is worker.log.1 …, sizes are theirs in that order;
 * data is what there is from the offset on, at most `size` bytes. rotated_us is
 * when the file before this one was written last, in `logs` the one before
 * worker.log; 0: there is none. So a file can be told when its name is another.
 * While names change, one of them is nobody's for an instant: there is no such
 * log then, or rotated_us is -1.
 *
 * A path is made of an id that was checked and of numbers, and leads through no
 * link. Workers cannot ask.
 */
#include "common/topology_id.h"
#include "supervisor/log_components.h"
#include "supervisor/supervisor_in.h"
#include "supervisor/worker_log.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include <errno.h>
#include <stdlib.h>

#define PIECE_MAX (256u << 10)

/* -- which log ------------------------------------------------------------- */

/* False: the caller has been told. */
static bool take_topology(struct rpc_call *call, const msgpack_object *params,
                          struct slot_wanted *worker)
{
    char *id = unpack_text(unpack_key(params, "topology"), SLOT_TOPOLOGY_MAX);
    bool ok = id != NULL && kept_is_topology(id);

    *worker = (struct slot_wanted){.worker = 0};
    if (ok)
        snprintf(worker->topology, sizeof(worker->topology), "%s", id);
    else
        rpc_fail(call, RPC_BAD_REQUEST,
                 "expected \"topology\" to be the id of one");
    free(id);
    return ok;
}

static bool take_worker(struct rpc_call *call, const msgpack_object *params,
                        struct slot_wanted *worker)
{
    uint64_t number = unpack_uint(unpack_key(params, "worker"), UINT64_MAX);

    if (!take_topology(call, params, worker))
        return false;
    worker->worker = (uint32_t)number;
    if (number <= UINT32_MAX)
        return true;
    rpc_fail(call, RPC_BAD_REQUEST, "expected \"worker\" to be a number");
    return false;
}

/* worker.log, worker.log.1 …; to be freed. */
static char *file_of(const struct supervisor *s,
                     const struct slot_wanted *worker, uint64_t file)
{
    char *directory = local_directory_path(&s->local, worker, LOCAL_LOGS);
    char *path;
    int n = file == 0 ? asprintf(&path, "%s/worker.log", directory)
                      : asprintf(&path, "%s/worker.log.%u", directory,
                                 (unsigned)file);

    if (n < 0)
        memory_none_left();
    free(directory);
    return path;
}

/* -- a piece --------------------------------------------------------------- */

struct piece {
    uint64_t file, offset, size;
};

static bool take_piece(struct rpc_call *call, const msgpack_object *params,
                       struct piece *piece)
{
    piece->file = unpack_uint(unpack_key(params, "file"), 0);
    piece->offset = unpack_uint(unpack_key(params, "offset"), 0);
    piece->size = unpack_uint(unpack_key(params, "size"), PIECE_MAX);
    if (piece->size > PIECE_MAX)
        piece->size = PIECE_MAX;
    if (piece->file < WORKER_LOG_FILES_MAX)
        return true;
    rpc_fail(call, RPC_BAD_REQUEST, "expected \"file\" to be below %d",
             WORKER_LOG_FILES_MAX);
    return false;
}

static int64_t written(const struct supervisor *s,
                       const struct slot_wanted *worker, uint64_t file)
{
    char *path = file_of(s, worker, file);
    int64_t at = s->daemon.env->ops->file_written(s->daemon.env, path);

    free(path);
    return at;
}

/* -1: names change just now, since there is a file behind the missing one. */
static int64_t rotated(const struct supervisor *s,
                       const struct slot_wanted *worker, uint64_t file)
{
    int64_t at = written(s, worker, file + 1);

    if (at >= 0)
        return at;
    return written(s, worker, file + 2) >= 0 ? -1 : 0;
}

static void reply(const struct supervisor *s, struct rpc_call *call,
                  const struct slot_wanted *worker, int file,
                  const struct piece *piece)
{
    struct env *env = s->daemon.env;
    char *data = xmalloc(PIECE_MAX);
    int64_t n = env->ops->file_read_at(env, file, piece->offset, data,
                                       (size_t)piece->size);
    struct pack p;

    if (n < 0) {
        rpc_fail(call, RPC_UNABLE, "the log cannot be read: %s",
                 strerror(errno));
    } else {
        pack_init(&p);
        pack_map(&p, 2);
        pack_key_bytes(&p, "data", data, (size_t)n);
        pack_key_int(&p, "rotated_us", rotated(s, worker, piece->file));
        rpc_reply(call, &p);
        pack_free(&p);
    }
    free(data);
}

static void log_piece(void *arg, struct rpc_call *call,
                      const msgpack_object *params)
{
    struct supervisor *s = arg;
    struct env *env = s->daemon.env;
    struct slot_wanted worker;
    struct piece piece;
    uint64_t size;
    char *path;
    int file;

    if (!take_worker(call, params, &worker) ||
        !take_piece(call, params, &piece))
        return;
    path = file_of(s, &worker, piece.file);
    file = env->ops->file_open(env, path, false, &size);
    free(path);
    if (file < 0) {
        rpc_fail(call, RPC_NOT_FOUND,
                 "there is no such log of worker %u of %s here: %s",
                 worker.worker, worker.topology, strerror(errno));
        return;
    }
    reply(s, call, &worker, file, &piece);
    env->ops->file_close(env, file);
}

/* -- which there are ------------------------------------------------------- */

struct listing {
    struct supervisor *supervisor;
    struct slot_wanted worker;
    char *component; /* that is asked for; NULL: none */
    struct pack list;
    uint32_t n;
};

/* How many files there are, and their sizes. */
static uint32_t measure(struct listing *l, uint64_t sizes[WORKER_LOG_FILES_MAX])
{
    struct env *env = l->supervisor->daemon.env;
    uint32_t n = 0;
    int file = 0;

    while (file >= 0 && n < WORKER_LOG_FILES_MAX) {
        char *path = file_of(l->supervisor, &l->worker, n);

        file = env->ops->file_open(env, path, false, &sizes[n]);
        free(path);
        if (file >= 0) {
            env->ops->file_close(env, file);
            n++;
        }
    }
    return n;
}

static void list_one(struct listing *l)
{
    uint64_t sizes[WORKER_LOG_FILES_MAX];
    uint32_t n = measure(l, sizes);

    if (n == 0)
        return;
    pack_map(&l->list, 4);
    pack_key_uint(&l->list, "worker", l->worker.worker);
    pack_key_int(&l->list, "rotated_us", rotated(l->supervisor, &l->worker, 0));
    pack_key_bool(&l->list, "has",
                  l->component != NULL &&
                      log_components_has(&l->supervisor->local, &l->worker,
                                         l->component));
    pack_text(&l->list, "sizes");
    pack_array(&l->list, n);
    for (uint32_t i = 0; i < n; i++)
        pack_uint(&l->list, sizes[i]);
    l->n++;
}

static void list_name(void *arg, const char *name)
{
    struct listing *l = arg;
    char *end;
    unsigned long number = strtoul(name, &end, 10);

    if (*name < '0' || *name > '9' || *end != '\0' || number > UINT32_MAX ||
        l->n >= RECORD_WORKERS_MAX)
        return;
    l->worker.worker = (uint32_t)number;
    list_one(l);
}

static void logs(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct supervisor *s = arg;
    struct listing l = {.supervisor = s};
    char *directory;
    struct pack p;

    if (!take_topology(call, params, &l.worker))
        return;
    l.component = unpack_text(unpack_key(params, "component"), NAMES_MAX);
    directory = local_directory_logs(&s->local, l.worker.topology);
    pack_init(&l.list);
    s->daemon.env->ops->directory_each(s->daemon.env, directory, list_name, &l);
    free(directory);
    pack_init(&p);
    pack_map(&p, 1);
    pack_text(&p, "logs");
    pack_array(&p, l.n);
    if (l.n > 0)
        pack_packed(&p, &l.list);
    rpc_reply(call, &p);
    pack_free(&p);
    pack_free(&l.list);
    free(l.component);
}

/* -- of which topologies --------------------------------------------------- */

struct newest {
    const char *name;
    char id[TOPOLOGY_ID_SIZE]; /* "": none yet */
};

static void see_topology(void *arg, const char *id)
{
    struct newest *n = arg;

    if (!topology_id_valid(id) ||
        (strcmp(id, n->name) != 0 && !topology_id_is_of(id, n->name)))
        return;
    if (n->id[0] == '\0' || topology_id_number(id) > topology_id_number(n->id))
        snprintf(n->id, sizeof(n->id), "%s", id);
}

static void logged(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct supervisor *s = arg;
    char *name = unpack_text(unpack_key(params, "name"), TOPOLOGY_ID_SIZE);
    struct newest newest = {.name = name != NULL ? name : ""};
    char *directory = local_directory_all_logs(&s->local);
    struct pack p;

    s->daemon.env->ops->directory_each(s->daemon.env, directory, see_topology,
                                       &newest);
    free(directory);
    free(name);
    pack_init(&p);
    pack_map(&p, 1);
    pack_key_text(&p, "id", newest.id[0] == '\0' ? NULL : newest.id);
    rpc_reply(call, &p);
    pack_free(&p);
}

/* -- the port -------------------------------------------------------------- */

#define READERS                                                                \
    (RPC_ROLE(TOKEN_READER) | RPC_ROLE(TOKEN_SUBMITTER) | RPC_ROLE(TOKEN_ADMIN))

const struct rpc_method log_methods[] = {
    {"logs", READERS, logs},
    {"log", READERS, log_piece},
    {"logged", READERS, logged},
};
const uint32_t log_methods_n = sizeof(log_methods) / sizeof(log_methods[0]);

static void refused(void *arg, const char *from, const char *why)
{
    struct supervisor *s = arg;

    log_debug(s->daemon.log, "logs", "%s was not let in: %s", from, why);
}

/* Without it workers run as well: a port that is taken stops nothing. */
void log_methods_listen(struct supervisor *s)
{
    const struct rpc_server_options options = {
        .methods = log_methods,
        .n_methods = log_methods_n,
        .arg = s,
        .refused = refused,
    };
    uint16_t port =
        (uint16_t)daemon_config_int(s->daemon.config, "supervisor.thrift.port");
    gale_err error;

    s->readers = daemon_listen(&s->daemon, port, &options, &error);
    if (s->readers != NULL)
        s->port = port;
    else
        log_warn(s->daemon.log, "logs",
                 "nobody can read logs from here with `gale logs`: %s "
                 "(supervisor.thrift.port)",
                 error.text);
}
