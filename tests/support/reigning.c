/* reigning.c - one leadership over ZooKeeper in memory; see reigning.h. */
#include "tests/support/reigning.h"
#include "common/rpc_dispatch.h"
#include "common/slots_record.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sample_topology.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NUMBER 5u /* of the leadership */

struct reigning reigning;
const struct digest reigning_key = {{7}};
static struct daemon_config *config;
static struct store *store;
static struct copies *copies;
static struct log *quiet;
static FILE *devnull;
static char directory[64];
static const struct nimbus_record me = {.id = "ab12", .address = "127.0.0.1"};

static struct rpc_dispatch client;
static struct rpc_peer peer = {.role = TOKEN_ADMIN};

/* -- the nimbus around it -------------------------------------------------- */

static void lacks(void *arg, uint32_t n)
{
    (void)arg;
    (void)n;
}

static void stored(void *arg, uint64_t submission, uint32_t n, bool enough)
{
    (void)arg;
    reign_stored(reigning.reign, submission, n, enough);
}

static void fenced(void *arg)
{
    (void)arg;
    reigning.n_fenced++;
    reign_end(reigning.reign, "because of a test");
    reigning.reign = NULL;
}

static void kill_it(void *arg, struct rpc_call *call,
                    const msgpack_object *params)
{
    (void)arg;
    reign_kill(reigning.reign, call, params);
}

static void list(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct pack result;

    (void)arg;
    (void)params;
    pack_init(&result);
    pack_map(&result, REIGN_STATUS_PAIRS);
    reign_status(reigning.reign, &result);
    rpc_reply(call, &result);
    pack_free(&result);
}

static void errors(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    (void)arg;
    reign_errors(reigning.reign, call, params);
}

static void topology(void *arg, struct rpc_call *call,
                     const msgpack_object *params)
{
    (void)arg;
    reign_topology(reigning.reign, call, params);
}

static void metrics(void *arg, struct rpc_call *call,
                    const msgpack_object *params)
{
    (void)arg;
    reign_metrics(reigning.reign, call, params);
}

static void log_level(void *arg, struct rpc_call *call,
                      const msgpack_object *params)
{
    (void)arg;
    reign_set_log_level(reigning.reign, call, params);
}

static const struct rpc_method methods[] = {
    {"set_log_level", RPC_ANYBODY, log_level},
    {"metrics", RPC_ANYBODY, metrics},
    {"errors", RPC_ANYBODY, errors},
    {"topology", RPC_ANYBODY, topology},
    {"kill", RPC_ANYBODY, kill_it},
    {"status", RPC_ANYBODY, list},
};

/* Texts are in it as they are. */
static bool take_answer(void *to, const struct pack *message)
{
    size_t n = message->buffer.size < sizeof(reigning.answer) - 1
                   ? message->buffer.size
                   : sizeof(reigning.answer) - 1;

    (void)to;
    for (size_t i = 0; i < n; i++)
        reigning.answer[i] =
            message->buffer.data[i] == '\0' ? ' ' : message->buffer.data[i];
    reigning.answer[n] = '\0';
    return true;
}

static void noted(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

int reigning_setup(void **state)
{
    static const char *const folders[] = {
        "/epoch", "/topologies", "/assignments", "/slots", "/supervisors"};
    struct copies_options o = {
        .store = NULL,
        .records_key = &reigning_key,
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
    memory_world_begin(&reigning.world);
    for (uint32_t i = 0; i < 5; i++)
        memory_world_create(&reigning.world, folders[i], "", 0);
    devnull = fopen("/dev/null", "w");
    quiet = log_new(env_posix(), devnull, "nimbus");
    config = daemon_config_new(noted, NULL);
    store = store_open(env_posix(), directory, NULL);
    o.store = store;
    o.loop = reigning.world.loop;
    o.zookeeper = reigning.world.mine;
    o.log = quiet;
    copies = copies_new(&o);
    client = (struct rpc_dispatch){
        .methods = methods,
        .n_methods = sizeof(methods) / sizeof(methods[0]),
        .peer = &peer,
        .calls_max = 8,
        .send = take_answer,
    };
    reigning.n_fenced = 0;
    reigning.answer[0] = '\0';
    return 0;
}

int reigning_teardown(void **state)
{
    char command[100];

    (void)state;
    reign_end(reigning.reign, "because of a test");
    reigning.reign = NULL;
    rpc_dispatch_close(&client);
    copies_end(copies);
    memory_world_end(&reigning.world);
    copies_free(copies);
    store_close(store);
    daemon_config_free(config);
    log_free(quiet);
    fclose(devnull);
    snprintf(command, sizeof(command), "%s/lock", directory);
    unlink(command);
    return rmdir(directory);
}

void reigning_begin(void)
{
    const struct reign_options options = {
        .loop = reigning.world.loop,
        .zookeeper = reigning.world.mine,
        .log = quiet,
        .config = config,
        .store = store,
        .copies = copies,
        .records_key = &reigning_key,
        .epoch = NUMBER,
        .epoch_version = 0,
        .fenced = fenced,
    };

    reigning.reign = reign_begin(&options);
    memory_world_settle(&reigning.world, 100);
}

/* A command of a client, whose answer comes at once or later. */
void reigning_call(const char *method, const char *name)
{
    struct pack p;
    struct unpacked u;
    struct rpc_message message = {.kind = RPC_REQUEST};

    pack_init(&p);
    pack_map(&p, 4);
    pack_key_text(&p, "name", name);
    pack_key_int(&p, "wait", 1000);
    pack_key_text(&p, "level", "DEBUG");
    pack_key_int(&p, "secs", 100);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    message.method = gale_str_make(method, strlen(method));
    message.params = u.root;
    reigning.answer[0] = '\0';
    rpc_dispatch(&client, &message);
    unpacked_free(&u);
    pack_free(&p);
}

void reigning_expect(const char *part)
{
    if (strstr(reigning.answer, part) == NULL)
        fail_msg("expected \"%s\" in the reigning.answer, found: %s", part,
                 reigning.answer);
}

/* -- what is there --------------------------------------------------------- */

/* As the leader before would have written it; damaged: one byte is another. */
void reigning_put(const char *path, struct pack *p, bool damaged)
{
    if (damaged)
        p->buffer.data[p->buffer.size - 3] ^= 1;
    memory_world_create(&reigning.world, path, p->buffer.data, p->buffer.size);
    pack_free(p);
    pack_init(p);
}

/* "a", of one worker that runs on the supervisor's port 6700. */
void reigning_put_topology(const char *at, enum topology_status status,
                           bool bad_record, bool bad_assignment)
{
    struct topology_record t;
    struct executor_range range = {.component = 0, .first = 0, .n = 1};
    struct component_size size = {.executors = 1};
    struct assigned_worker worker = {.supervisor = REIGNING_SUPERVISOR,
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
    struct slots_record slots = {.supervisor = REIGNING_SUPERVISOR};
    char path[100];
    struct pack p;

    sample_topology(&t, "a", 9, 1, 1, (uint32_t[]){1});
    t.status = status;
    t.assignment_version = 1;
    snprintf(a.topology, sizeof(a.topology), "%s", t.id);
    slots_record_assign(&slots, t.id, &a, true, 0);
    pack_init(&p);
    assert_int_equal(topology_record_pack(&t, &reigning_key, &p, NULL), 0);
    snprintf(path, sizeof(path), "/topologies/%s", at);
    reigning_put(path, &p, bad_record);
    assert_int_equal(assignment_record_pack(&a, &reigning_key, &p, NULL), 0);
    snprintf(path, sizeof(path), "/assignments/%s", at);
    reigning_put(path, &p, bad_assignment);
    assert_int_equal(slots_record_pack(&slots, &reigning_key, &p, NULL), 0);
    reigning_put("/slots/" REIGNING_SUPERVISOR, &p, false);
    pack_free(&p);
    slots_record_free(&slots);
    topology_record_free(&t);
}

bool reigning_has(const char *path, const char *version)
{
    const char *found = memory_world_at(&reigning.world, path);
    size_t n = strlen(found), k = strlen(version);

    return n >= k && strcmp(found + n - k, version) == 0;
}

void reigning_expect_untouched(const char *id)
{
    char path[100];

    snprintf(path, sizeof(path), "/topologies/%s", id);
    assert_true(reigning_has(path, " v0"));
    snprintf(path, sizeof(path), "/assignments/%s", id);
    assert_true(reigning_has(path, " v0"));
    assert_true(reigning_has("/slots/" REIGNING_SUPERVISOR, " v0"));
}
