/*
 * test_file_source.c - a supervisor gets a file from any nimbus that has it.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/remove_tree.h"
#include "common/rpc_server.h"
#include "nimbus/file_methods.h"
#include "supervisor/file_source.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define FILE_BYTES (STORE_CHUNK_MAX + 5u) /* in two chunks */

enum { NIMBUSES = 2 };

static char top[] = "/tmp/gale-source-XXXXXX";
static struct loop *loop;
static struct nimbus {
    struct store *store;
    struct rpc_server *server;
} nimbuses[NIMBUSES];
static struct rpc_address addresses[NIMBUSES];
static uint32_t n_addresses;
static struct file_source_from from;
static struct file_source *source;
static uint32_t n_done;
static char failed[500];

static void fetch(void *arg, struct rpc_call *call,
                  const msgpack_object *params)
{
    file_method_fetch(((struct nimbus *)arg)->store, call, params);
}

static const struct rpc_method methods[] = {{"fetch", RPC_ANYBODY, fetch}};

static struct store *open_store(const char *name)
{
    char directory[80];
    struct store *store;

    snprintf(directory, sizeof(directory), "%s/%s", top, name);
    store = store_open(env_posix(), directory, NULL);
    assert_non_null(store);
    return store;
}

static void begin(uint32_t i)
{
    struct nimbus *n = &nimbuses[i];
    const struct rpc_server_options options = {
        .who = "nimbus", .methods = methods, .n_methods = 1, .arg = n};
    struct rpc_address any;
    char name[16];

    snprintf(name, sizeof(name), "nimbus%u", i);
    n->store = open_store(name);
    assert_int_equal(rpc_address_parse("127.0.0.1:0", &any, NULL), 0);
    n->server = rpc_server_new(loop, &any, &options, NULL);
    assert_non_null(n->server);
    addresses[i] = *rpc_server_address(n->server);
}

static void done(void *arg, const char *why)
{
    (void)arg;
    n_done++;
    snprintf(failed, sizeof(failed), "%s", why == NULL ? "" : why);
    loop_end(loop);
}

static int setup(void **state)
{
    (void)state;
    memcpy(strrchr(top, '-') + 1, "XXXXXX", 6);
    if (mkdtemp(top) == NULL)
        return -1;
    loop = loop_new(env_posix());
    for (uint32_t i = 0; i < NIMBUSES; i++)
        begin(i);
    n_addresses = NIMBUSES;
    from = (struct file_source_from){
        .loop = loop,
        .store = open_store("supervisor"),
        .me = {.role = TOKEN_SUPERVISOR, .name = "s", .insecure = true},
        .nimbuses = addresses,
        .n_nimbuses = &n_addresses,
    };
    source = file_source_new(&from, done, NULL);
    n_done = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    file_source_free(source);
    for (uint32_t i = 0; i < NIMBUSES; i++) {
        rpc_server_free(nimbuses[i].server);
        store_close(nimbuses[i].store);
    }
    store_close(from.store);
    loop_free(loop);
    return remove_tree(top);
}

static struct digest put(struct store *store, char content)
{
    char *data = malloc(FILE_BYTES);
    struct digest hash;

    memset(data, content, FILE_BYTES);
    assert_int_equal(store_put(store, data, FILE_BYTES, &hash, NULL), 0);
    free(data);
    return hash;
}

static void expect_fetched(const struct digest *hash)
{
    uint32_t before = n_done;
    size_t size;
    char *data;

    file_source_fetch(source, hash);
    assert_true(loop_run_for(loop, 20000 * MS));
    assert_int_equal(n_done, before + 1);
    assert_string_equal(failed, "");
    assert_int_equal(
        store_get(from.store, hash, FILE_BYTES, &data, &size, NULL), 0);
    free(data);
}

static void the_first_is_asked_first(void **state)
{
    struct digest hash = put(nimbuses[0].store, 'a');

    (void)state;
    n_addresses = 1;
    expect_fetched(&hash);
}

static void what_the_first_does_not_have_comes_from_another(void **state)
{
    struct digest b = put(nimbuses[1].store, 'b');
    struct digest a = put(nimbuses[0].store, 'a');

    (void)state;
    expect_fetched(&b);
    expect_fetched(&a); /* the connection to the other one stands */
}

static void what_the_first_is_not_there_for_comes_from_another(void **state)
{
    struct digest hash = put(nimbuses[1].store, 'b');

    (void)state;
    rpc_server_free(nimbuses[0].server);
    nimbuses[0].server = NULL;
    expect_fetched(&hash);
}

static void what_comes_later_is_waited_for(void **state)
{
    struct digest hash = put(nimbuses[1].store, 'b');

    (void)state;
    n_addresses = 0;
    file_source_fetch(source, &hash);
    assert_false(loop_run_for(loop, 50 * MS));
    n_addresses = NIMBUSES;
    assert_true(loop_run_for(loop, 20000 * MS));
    assert_string_equal(failed, "");
    assert_true(store_has(from.store, &hash, NULL));
}

static void it_may_be_given_up_at_any_time(void **state)
{
    struct digest hash = put(nimbuses[1].store, 'b');

    (void)state;
    for (uint32_t ms = 0; ms < 20; ms++) {
        file_source_fetch(source, &hash);
        loop_run_for(loop, ms * MS / 4);
        file_source_free(source);
        source = file_source_new(&from, done, NULL);
        store_remove(from.store, &hash);
    }
    expect_fetched(&hash);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(the_first_is_asked_first),
        test(what_the_first_does_not_have_comes_from_another),
        test(what_the_first_is_not_there_for_comes_from_another),
        test(what_comes_later_is_waited_for),
        test(it_may_be_given_up_at_any_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
