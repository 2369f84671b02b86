/* test_log_methods.c - what a supervisor shows of logs to those who ask over
 * TCP, and what it does not. */
#include "tests/support/cmocka_all.h"
#include "cli/free_ports.h"
#include "common/rpc_client.h"
#include "supervisor/supervisor_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct supervisor supervisor;
static struct daemon_config *config;
static struct rpc_client *client;
static char directory[64];
static char found[4096]; /* what was answered, as text */
static int64_t rotated_us;

/* -- the supervisor, and one that asks ------------------------------------- */

static void write_file(const char *name, const char *text)
{
    struct env *env = env_posix();
    char path[300];

    snprintf(path, sizeof(path), "%s/supervisor/logs/%s", directory, name);
    assert_int_equal(env->ops->file_replace(env, path, text, strlen(text)), 0);
}

static void make_logs(void)
{
    const struct slot_wanted worker = {.topology = "a-1-9", .worker = 0};
    gale_err error;
    char path[300];

    assert_int_equal(
        local_directory_open(&supervisor.local, env_posix(), directory, &error),
        0);
    assert_int_equal(local_directory_make(&supervisor.local, &worker, &error),
                     0);
    write_file("a-1-9/0/worker.log", "new\n");
    write_file("a-1-9/0/worker.log.1", "older\n");
    snprintf(path, sizeof(path), "%s/supervisor/logs/a-1-9/0/worker.log.2",
             directory);
    assert_int_equal(symlink("/etc/passwd", path), 0);
}

static void configure(void)
{
    char text[100];
    uint16_t port;
    gale_err error;

    assert_int_equal(free_ports_choose(env_posix(), &port, 1), 0);
    config = daemon_config_new(NULL, NULL);
    snprintf(text, sizeof(text), "supervisor.thrift.port=%u", port);
    assert_int_equal(daemon_config_override(config, text, &error), 0);
}

static int setup(void **state)
{
    struct rpc_client_options options = {
        .me = {.role = TOKEN_READER, .name = "a test", .insecure = true}};
    char address[40];

    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/gale-logs-XXXXXX");
    assert_non_null(mkdtemp(directory));
    configure();
    supervisor = (struct supervisor){
        .daemon = {.name = "supervisor",
                   .config = config,
                   .env = env_posix(),
                   .loop = loop_new(env_posix()),
                   .log = log_new(env_posix(), stderr, "supervisor"),
                   .insecure = true}};
    make_logs();
    log_methods_listen(&supervisor);
    assert_int_not_equal(supervisor.port, 0);
    snprintf(address, sizeof(address), "127.0.0.1:%u", supervisor.port);
    assert_int_equal(rpc_address_parse(address, &options.address, NULL), 0);
    client = rpc_client_new(supervisor.daemon.loop, &options);
    return 0;
}

static int teardown(void **state)
{
    struct env *env = env_posix();

    (void)state;
    rpc_client_free(client);
    rpc_server_free(supervisor.readers);
    local_directory_close(&supervisor.local);
    log_free(supervisor.daemon.log);
    loop_free(supervisor.daemon.loop);
    daemon_config_free(config);
    return env->ops->tree_remove(env, directory);
}

static void answered(void *arg, const struct rpc_result *result)
{
    gale_str data = unpack_str(unpack_key(result->value, "data"));

    (void)arg;
    rotated_us = unpack_int(unpack_key(result->value, "rotated_us"), -2);
    if (result->outcome != RPC_OK)
        snprintf(found, sizeof(found), "%s", result->text);
    else
        snprintf(found, sizeof(found), "%.*s", (int)data.size,
                 data.data == NULL ? "" : data.data);
    loop_end(supervisor.daemon.loop);
}

static void ask(const char *topology, uint64_t worker, uint64_t file,
                uint64_t offset, uint64_t size)
{
    struct pack p;

    pack_init(&p);
    pack_map(&p, 5);
    pack_key_text(&p, "topology", topology);
    pack_key_uint(&p, "worker", worker);
    pack_key_uint(&p, "file", file);
    pack_key_uint(&p, "offset", offset);
    pack_key_uint(&p, "size", size);
    rpc_client_call(client, "log", &p, INT64_C(5000000000), answered, NULL);
    pack_free(&p);
    loop_run(supervisor.daemon.loop);
}

/* -- tests ----------------------------------------------------------------- */

static void a_piece_of_a_log_is_answered(void **state)
{
    static const struct {
        uint64_t file, offset, size;
        const char *expected;
    } cases[] = {
        {0, 0, 100, "new\n"},
        {0, 1, 2, "ew"},
        {0, 4, 100, ""},
        {0, 1000, 100, ""},
        {1, 0, UINT64_MAX, "older\n"},
        {0, 0, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ask("a-1-9", 0, cases[i].file, cases[i].offset, cases[i].size);
        assert_string_equal(found, cases[i].expected);
    }
}

static char *log_path(uint64_t file)
{
    static char path[300];

    snprintf(path, sizeof(path), "%s/supervisor/logs/a-1-9/0/worker.log.%u",
             directory, (unsigned)file);
    return path;
}

static void a_file_is_told_by_when_the_one_before_it_was_written(void **state)
{
    struct env *env = env_posix();
    char moved[300];
    int64_t older;

    (void)state;
    assert_int_equal(unlink(log_path(2)), 0);
    older = env->ops->file_written(env, log_path(1));
    ask("a-1-9", 0, 0, 0, 100);
    assert_int_equal(rotated_us, older);
    ask("a-1-9", 0, 1, 0, 100);
    assert_int_equal(rotated_us, 0); /* it is the first */
    snprintf(moved, sizeof(moved), "%s", log_path(1));
    assert_int_equal(rename(moved, log_path(2)), 0);
    ask("a-1-9", 0, 0, 0, 100);
    assert_int_equal(rotated_us, -1); /* and worker.log is the next to move */
    ask("a-1-9", 0, 1, 0, 100);
    assert_non_null(strstr(found, "there is no such log"));
}

static void what_is_no_log_is_refused(void **state)
{
    static const struct {
        const char *topology;
        uint64_t worker, file, offset;
        const char *says;
    } cases[] = {
        {"../a-1-9", 0, 0, 0, "expected \"topology\" to be the id of one"},
        {"a/1", 0, 0, 0, "expected \"topology\" to be the id of one"},
        {"..", 0, 0, 0, "expected \"topology\" to be the id of one"},
        {"", 0, 0, 0, "expected \"topology\" to be the id of one"},
        {"a-1-9", UINT64_MAX, 0, 0, "expected \"worker\" to be a number"},
        {"a-1-9", 0, 100, 0, "expected \"file\" to be below 100"},
        {"a-1-9", 7, 0, 0, "there is no such log of worker 7"},
        {"b-1-9", 0, 0, 0, "there is no such log of worker 0 of b-1-9"},
        {"a-1-9", 0, 2, 0, "there is no such log"}, /* a link */
        {"a-1-9", 0, 0, UINT64_MAX, "the log cannot be read"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ask(cases[i].topology, cases[i].worker, cases[i].file, cases[i].offset,
            100);
        if (strstr(found, cases[i].says) == NULL)
            fail_msg("case %zu: expected \"%s\", found \"%s\"", i,
                     cases[i].says, found);
    }
}

static void named(void *arg, const struct rpc_result *result)
{
    gale_str id = unpack_str(unpack_key(result->value, "id"));

    (void)arg;
    assert_int_equal(result->outcome, RPC_OK);
    snprintf(found, sizeof(found), "%.*s", (int)id.size,
             id.data == NULL ? "" : id.data);
    loop_end(supervisor.daemon.loop);
}

static void the_newest_topology_of_a_name_is_found_by_its_logs(void **state)
{
    static const char *const others[] = {"a-9-5", "a-10-5", "a-b-77-5", "b-3-5",
                                         "a-99"};
    static const struct {
        const char *name, *id;
    } cases[] = {
        {"a", "a-10-5"}, {"a-1-9", "a-1-9"}, {"a-b", "a-b-77-5"},
        {"b", "b-3-5"},  {"c", ""},          {"a-99", ""},
        {"", ""},        {"..", ""},         {"a-1-8", ""},
    };
    struct pack p;

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct slot_wanted worker = {.worker = 0};

        snprintf(worker.topology, sizeof(worker.topology), "%s", others[i]);
        assert_int_equal(local_directory_make(&supervisor.local, &worker, NULL),
                         0);
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pack_init(&p);
        pack_map(&p, 1);
        pack_key_text(&p, "name", cases[i].name);
        rpc_client_call(client, "logged", &p, INT64_C(5000000000), named, NULL);
        pack_free(&p);
        loop_run(supervisor.daemon.loop);
        assert_string_equal(found, cases[i].id);
    }
}

/* Another one listens there: workers run as well. */
static void a_port_that_is_taken_stops_nothing(void **state)
{
    struct supervisor second = {.daemon = supervisor.daemon};
    FILE *nowhere = fopen("/dev/null", "w");

    (void)state;
    second.daemon.log = log_new(env_posix(), nowhere, "supervisor");
    log_methods_listen(&second);
    assert_null(second.readers);
    assert_int_equal(second.port, 0);
    log_free(second.daemon.log);
    fclose(nowhere);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_piece_of_a_log_is_answered),
        TEST(a_file_is_told_by_when_the_one_before_it_was_written),
        TEST(what_is_no_log_is_refused),
        TEST(the_newest_topology_of_a_name_is_found_by_its_logs),
        TEST(a_port_that_is_taken_stops_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
