/* reign_world.c - one leadership in a world of its own; see reign_world.h. */
#include "tests/support/reign_world.h"
#include "tests/support/cmocka_all.h"
#include "common/slots_record.h"
#include "tests/support/sample_topology.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NUMBER 5u /* of the leadership */

struct reign_world reign_world;

static struct daemon_config *config;
static struct store *store;
static struct copies *copies;
static struct log *log_of_it;
static size_t n_logged;
static char directory[64];
const struct digest reign_world_key = {{7}};
static const struct nimbus_record me = {.id = "ab12", .address = "127.0.0.1"};

static struct rpc_peer peer = {.role = TOKEN_ADMIN};
static char link_there;
struct rpc_link *const reign_world_link =
    (struct rpc_link *)(void *)&link_there;

/* -- the nimbus around it -------------------------------------------------- */

static void lacks(void *arg, uint32_t n)
{
    (void)arg;
    (void)n;
}

static void stored(void *arg, uint64_t submission, uint32_t n, bool enough)
{
    (void)arg;
    reign_stored(reign_world.reign, submission, n, enough);
}

static void fenced(void *arg)
{
    (void)arg;
    reign_world.n_fenced++;
    reign_end(reign_world.reign, "because of a test");
    reign_world.reign = NULL;
}

static void kill_it(void *arg, struct rpc_call *call,
                    const msgpack_object *params)
{
    (void)arg;
    reign_kill(reign_world.reign, call, params);
}

static void list(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct pack result;

    (void)arg;
    (void)params;
    pack_init(&result);
    pack_map(&result, REIGN_STATUS_PAIRS);
    reign_status(reign_world.reign, &result);
    rpc_reply(call, &result);
    pack_free(&result);
}

static void topologies(void *arg, struct rpc_call *call,
                       const msgpack_object *params)
{
    (void)arg;
    (void)params;
    reign_list(reign_world.reign, call);
}

static void errors(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    (void)arg;
    reign_errors(reign_world.reign, call, params);
}

static void topology(void *arg, struct rpc_call *call,
                     const msgpack_object *params)
{
    (void)arg;
    reign_topology(reign_world.reign, call, params);
}

static void worker(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    (void)arg;
    reign_worker_report(reign_world.reign, NULL, rpc_call_peer(call), params);
    rpc_reply(call, NULL);
}

static void positions(void *arg, struct rpc_call *call,
                      const msgpack_object *params)
{
    (void)arg;
    reign_positions(reign_world.reign, call, params);
}

static void metrics(void *arg, struct rpc_call *call,
                    const msgpack_object *params)
{
    (void)arg;
    reign_metrics(reign_world.reign, call, params);
}

static void log_level(void *arg, struct rpc_call *call,
                      const msgpack_object *params)
{
    (void)arg;
    reign_set_log_level(reign_world.reign, call, params);
}

static const struct rpc_method methods[] = {
    {"metrics", RPC_ANYBODY, metrics},
    {"set_log_level", RPC_ANYBODY, log_level},
    {"errors", RPC_ANYBODY, errors},
    {"topology", RPC_ANYBODY, topology},
    {"kill", RPC_ANYBODY, kill_it},
    {"status", RPC_ANYBODY, list},
    {"list", RPC_ANYBODY, topologies},
    {"worker", RPC_ANYBODY, worker},
    {"positions", RPC_ANYBODY, positions},
};

/* Texts are in it as they are. */
static bool take_answer(void *to, const struct pack *message)
{
    size_t n = message->buffer.size < sizeof(reign_world.answer) - 1
                   ? message->buffer.size
                   : sizeof(reign_world.answer) - 1;

    (void)to;
    for (size_t i = 0; i < n; i++)
        reign_world.answer[i] =
            message->buffer.data[i] == '\0' ? ' ' : message->buffer.data[i];
    reign_world.answer[n] = '\0';
    return true;
}

static void noted(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

int reign_world_begin(void **state)
{
    static const char *const folders[] = {
        "/epoch", "/topologies", "/assignments", "/slots", "/supervisors"};
    struct copies_options o = {
        .store = NULL,
        .records_key = &reign_world_key,
        .me = &me,
        .identity = {.role = TOKEN_ADMIN, .insecure = true},
        .delay_ns = 1000 * MS,
        .lacks = lacks,
        .stored = stored,
    };

    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/gale-reign-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    memory_world_begin(&reign_world.memory);
    for (uint32_t i = 0; i < 5; i++)
        memory_world_create(&reign_world.memory, folders[i], "", 0);
    reign_world.log_file = open_memstream(&reign_world.logged, &n_logged);
    log_of_it = log_new(env_posix(), reign_world.log_file, "nimbus");
    config = daemon_config_new(noted, NULL);
    store = store_open(env_posix(), directory, NULL);
    o.store = store;
    o.loop = reign_world.memory.loop;
    o.zookeeper = reign_world.memory.mine;
    o.log = log_of_it;
    copies = copies_new(&o);
    reign_world.client = (struct rpc_dispatch){
        .methods = methods,
        .n_methods = sizeof(methods) / sizeof(methods[0]),
        .peer = &peer,
        .calls_max = 8,
        .send = take_answer,
    };
    reign_world.n_fenced = 0;
    reign_world.answer[0] = '\0';
    return 0;
}

int reign_world_end(void **state)
{
    char command[100];

    (void)state;
    reign_end(reign_world.reign, "because of a test");
    reign_world.reign = NULL;
    rpc_dispatch_close(&reign_world.client);
    copies_end(copies);
    memory_world_end(&reign_world.memory);
    copies_free(copies);
    store_close(store);
    daemon_config_free(config);
    log_free(log_of_it);
    fclose(reign_world.log_file);
    free(reign_world.logged);
    snprintf(command, sizeof(command), "%s/lock", directory);
    unlink(command);
    return rmdir(directory);
}

void reign_world_begins(void)
{
    const struct reign_options options = {
        .loop = reign_world.memory.loop,
        .zookeeper = reign_world.memory.mine,
        .log = log_of_it,
        .config = config,
        .store = store,
        .copies = copies,
        .records_key = &reign_world_key,
        .epoch = NUMBER,
        .epoch_version = 0,
        .since_ns = loop_now(reign_world.memory.loop),
        .fenced = fenced,
    };

    reign_world.reign = reign_begin(&options);
}

void reign_world_leads(void)
{
    reign_world_begins();
    memory_world_settle(&reign_world.memory, 100);
}

int reign_world_begin_active(void **state)
{
    int result = reign_world_begin(state);

    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    return result;
}

/* A call of a client, whose answer comes at once or later. */
void reign_world_call_with(const char *method, const struct pack *p)
{
    struct unpacked u;
    struct rpc_message message = {.kind = RPC_REQUEST};

    assert_int_equal(unpack(&u, p->buffer.data, p->buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    message.method = gale_str_make(method, strlen(method));
    message.params = u.root;
    reign_world.answer[0] = '\0';
    rpc_dispatch(&reign_world.client, &message);
    unpacked_free(&u);
}

void reign_world_call(const char *method, const char *name)
{
    struct pack p;

    pack_init(&p);
    pack_map(&p, 4);
    pack_key_text(&p, "name", name);
    pack_key_int(&p, "wait", 1000);
    pack_key_text(&p, "level", "DEBUG");
    pack_key_int(&p, "secs", 100);
    reign_world_call_with(method, &p);
    pack_free(&p);
}

void reign_world_expect(const char *part)
{
    if (strstr(reign_world.answer, part) == NULL)
        fail_msg("expected \"%s\" in the answer, found: %s", part,
                 reign_world.answer);
}

static void send_report(const char *supervisor, const struct pack *worker,
                        bool ends)
{
    struct unpacked u;
    struct pack p;

    pack_init(&p);
    pack_map(&p, 3);
    pack_key_text(&p, "supervisor", supervisor);
    pack_key_bool(&p, "ends", ends);
    pack_text(&p, "workers");
    pack_array(&p, worker == NULL ? 0 : 1);
    if (worker != NULL)
        pack_packed(&p, worker);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){2000, 100}, "it", NULL),
                     0);
    reign_report(reign_world.reign, reign_world_link, u.root);
    unpacked_free(&u);
    pack_free(&p);
}

void reign_world_report(const char *supervisor, const struct pack *worker)
{
    send_report(supervisor, worker, false);
}

void reign_world_report_end(const char *supervisor)
{
    send_report(supervisor, NULL, true);
}

/* -- what is there --------------------------------------------------------- */

/* As the leader before would have written it; damaged: one byte is another. */
void reign_world_put(const char *path, struct pack *p, bool damaged)
{
    if (damaged)
        p->buffer.data[p->buffer.size - 3] ^= 1;
    memory_world_create(&reign_world.memory, path, p->buffer.data,
                        p->buffer.size);
    pack_free(p);
    pack_init(p);
}

void reign_world_put_record(const struct topology_record *t, const char *at,
                            bool damaged)
{
    char path[100];
    struct pack p;

    pack_init(&p);
    assert_int_equal(topology_record_pack(t, &reign_world_key, &p, NULL), 0);
    snprintf(path, sizeof(path), "/topologies/%s", at);
    reign_world_put(path, &p, damaged);
    pack_free(&p);
}

/* Of one worker that runs on the supervisor's port 6700. */
void reign_world_put_assignment(const struct topology_record *t, const char *at,
                                bool damaged)
{
    struct executor_range range = {.component = 0, .first = 0, .n = 1};
    struct component_size size = {.executors = 1};
    struct assigned_worker worker = {.supervisor = SUPERVISOR,
                                     .address = "127.0.0.1",
                                     .port = 6700,
                                     .birth = 1,
                                     .n_executors = 1,
                                     .executors = &range};
    struct assignment_record a = {.assignment_version = 1,
                                  .epoch = 1,
                                  .n_components = 1,
                                  .components = &size,
                                  .n_workers = 1,
                                  .workers = &worker};
    struct slots_record slots = {.supervisor = SUPERVISOR, .change = 1};
    char path[100];
    struct pack p;

    snprintf(a.topology, sizeof(a.topology), "%s", t->id);
    slots_record_assign(&slots, t->id, &a, t->status == TOPOLOGY_ACTIVE, false);
    pack_init(&p);
    assert_int_equal(assignment_record_pack(&a, &reign_world_key, &p, NULL), 0);
    snprintf(path, sizeof(path), "/assignments/%s", at);
    reign_world_put(path, &p, damaged);
    assert_int_equal(slots_record_pack(&slots, &reign_world_key, &p, NULL), 0);
    reign_world_put("/slots/" SUPERVISOR, &p, false);
    pack_free(&p);
    slots_record_free(&slots);
}

/* "a-1-9". */
void reign_world_sample(struct topology_record *t, enum topology_status status)
{
    sample_topology(t, "a", 9, 1, 1, (uint32_t[]){1});
    t->status = status;
    t->assignment_version = 1;
}

void reign_world_put_topology(const char *at, bool bad_record,
                              bool bad_assignment)
{
    struct topology_record t;

    reign_world_sample(&t, TOPOLOGY_ACTIVE);
    reign_world_put_record(&t, at, bad_record);
    reign_world_put_assignment(&t, at, bad_assignment);
    topology_record_free(&t);
}

bool reign_world_ends_with(const char *path, const char *end)
{
    const char *found = memory_world_at(&reign_world.memory, path);
    size_t n = strlen(found), k = strlen(end);

    return n >= k && strcmp(found + n - k, end) == 0;
}

void reign_world_untouched(const char *id)
{
    char path[100];

    snprintf(path, sizeof(path), "/topologies/%s", id);
    assert_true(reign_world_ends_with(path, " v0"));
    snprintf(path, sizeof(path), "/assignments/%s", id);
    assert_true(reign_world_ends_with(path, " v0"));
    assert_true(reign_world_ends_with("/slots/" SUPERVISOR, " v0"));
}
