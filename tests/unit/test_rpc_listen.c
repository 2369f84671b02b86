/* test_rpc_listen.c - where a server listens, and what it leaves behind. */
#include "tests/support/child.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rpc_house.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void opened(struct house *h)
{
    house_init(h);
    house_open(h, "127.0.0.1:0");
}

static void assert_taken(struct house *h, const char *address,
                         const char *expected)
{
    struct rpc_address at;
    gale_err error = {""};

    assert_int_equal(rpc_address_parse(address, &at, &error), 0);
    assert_null(rpc_server_new(h->loop, &at, &h->options, &error));
    assert_string_equal(error.text, expected);
}

static void a_port_in_use_is_named(void **state)
{
    char address[RPC_ADDRESS_TEXT], expected[300];
    struct house h;

    (void)state;
    opened(&h);
    rpc_address_text(rpc_server_address(h.server), address);
    snprintf(expected, sizeof(expected),
             "cannot listen at %s: another process does; stop it or choose "
             "another address",
             address);
    assert_taken(&h, address, expected);
    assert_taken(&h, "192.0.2.1:1",
                 "cannot listen at 192.0.2.1:1: Cannot assign requested "
                 "address");
    house_fini(&h);
}

static void a_unix_socket_is_its_owners_and_goes_with_the_server(void **state)
{
    char directory[] = "/tmp/gale-test-XXXXXX", path[64], expected[200];
    struct rpc_client *client;
    struct stat status;
    struct house h;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/socket", directory);
    house_init(&h);
    house_open(&h, path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    client = house_visit(&h, TOKEN_ADMIN);
    snprintf(expected, sizeof(expected),
             "cannot listen at %s: another process does; stop it or choose "
             "another address",
             path);
    assert_taken(&h, path, expected);
    rpc_client_free(client);
    house_close(&h);
    assert_int_equal(stat(path, &status), -1);
    assert_int_equal(rmdir(directory), 0);
    house_fini(&h);
}

static void a_unix_socket_of_a_dead_daemon_is_replaced_a_file_is_not(
    void **state)
{
    char directory[] = "/tmp/gale-test-XXXXXX", path[64], kept[64];
    char expected[200];
    struct house h;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/socket", directory);
    snprintf(kept, sizeof(kept), "%s/kept", directory);
    house_init(&h);
    house_open(&h, path);
    assert_int_equal(rename(path, kept), 0); /* as if nobody had removed it */
    house_close(&h);
    assert_int_equal(rename(kept, path), 0);
    house_open(&h, path);
    rpc_client_free(house_visit(&h, TOKEN_READER));
    house_close(&h);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    close(fd);
    snprintf(expected, sizeof(expected),
             "cannot listen at %s: another process does; stop it or choose "
             "another address",
             path);
    assert_taken(&h, path, expected);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    house_fini(&h);
}

/* A worker that a supervisor starts must not have its connections. */
static void no_descriptor_is_inherited(void **state)
{
    int before = child_n_inherited();
    struct rpc_client *client;
    struct house h;

    (void)state;
    opened(&h);
    client = house_visit(&h, TOKEN_ADMIN);
    assert_int_equal(child_n_inherited(), before);
    rpc_client_free(client);
    house_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_in_use_is_named),
        cmocka_unit_test(a_unix_socket_is_its_owners_and_goes_with_the_server),
        cmocka_unit_test(
            a_unix_socket_of_a_dead_daemon_is_replaced_a_file_is_not),
        cmocka_unit_test(no_descriptor_is_inherited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
