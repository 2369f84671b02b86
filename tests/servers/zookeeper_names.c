/*
 * zookeeper_names.c - what becomes of a client when the names of its servers
 * are not found, or no longer, or mean something else: the name servers are in
 * this program.
 *
 * GALE_ZOOKEEPER is the address of a real server, which GALE_ZOOKEEPER_SCRIPT
 * runs. The argument is the name of the test to run; without one, all of them.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/real_server.h"
#include "tests/support/real_zookeeper.h"
#include "topology-api/memory.h"
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* -- name servers ---------------------------------------------------------- */

/* They know one name, or none. */
#define NAME "zookeeper.test"

static struct {
    pthread_mutex_t mutex;
    const char *address; /* of NAME; NULL: nobody knows it */
} names = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static const char *address_of_name(void)
{
    const char *address;

    pthread_mutex_lock(&names.mutex);
    address = names.address;
    pthread_mutex_unlock(&names.mutex);
    return address;
}

static void name_means(const char *address)
{
    pthread_mutex_lock(&names.mutex);
    names.address = address;
    pthread_mutex_unlock(&names.mutex);
}

/* In place of the C library's, also for the library of ZooKeeper. */
__attribute__((visibility("default"))) int getaddrinfo(
    const char *name, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
    static int (*real)(const char *, const char *, const struct addrinfo *,
                       struct addrinfo **);

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name != NULL && strcmp(name, NAME) == 0)
        name = address_of_name();
    else if (name != NULL && strstr(name, ".test") != NULL)
        name = NULL;
    if (name == NULL)
        return EAI_AGAIN;
    return real(name, service, hints, found);
}

/* -- cases ----------------------------------------------------------------- */

#define expect(result, call) assert_int_equal(call, ZOOKEEPER_##result)

static enum zookeeper_result get(struct zookeeper_user *user, const char *path)
{
    return zookeeper_ask_read(user, ZOOKEEPER_GET, path, NULL, NULL);
}

/* Those before it, and the name with the port of the server. */
static void use_names(const char *before)
{
    const char *port = strrchr(getenv("GALE_ZOOKEEPER"), ':');

    free(real_zookeeper_options.hosts);
    if (asprintf(&real_zookeeper_options.hosts, "%s" NAME "%s", before, port) <
        0)
        memory_none_left();
}

static int setup(void **state)
{
    (void)state;
    zookeeper_world = &real_zookeeper;
    real_zookeeper.begin();
    name_means("127.0.0.1");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    real_zookeeper.end();
    return 0;
}

static void a_name_that_is_not_found_keeps_nobody_from_the_others(void **state)
{
    struct zookeeper_user *a;

    (void)state;
    use_names("gone1.test:2181,gone2.test:2181,");
    a = zookeeper_user_new();
    expect(OK, get(a, "/"));
    zookeeper_user_free(a);
}

/* The server that is known stays where it was. */
static void a_session_outlives_its_server_and_all_name_servers(void **state)
{
    struct zookeeper_user *a;
    int64_t session;

    (void)state;
    use_names("");
    a = zookeeper_user_new();
    session = zookeeper_session(a->z);
    name_means(NULL);
    real_server("kill");
    zookeeper_await(&a->away, 1);
    real_server("start");
    zookeeper_await(&a->connected, 2);
    assert_true(zookeeper_session(a->z) == session);
    zookeeper_user_free(a);
}

static void a_server_that_has_moved_is_found_by_its_name(void **state)
{
    struct zookeeper_user *a;

    (void)state;
    use_names("");
    name_means("127.0.0.9"); /* where nobody listens */
    a = zookeeper_user_start();
    expect(AWAY, get(a, "/"));
    loop_run_for(real_zookeeper_loop(), 1000000000);
    name_means("127.0.0.1");
    zookeeper_await(&a->connected, 1);
    expect(OK, get(a, "/"));
    zookeeper_user_free(a);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        test(a_name_that_is_not_found_keeps_nobody_from_the_others),
        test(a_session_outlives_its_server_and_all_name_servers),
        test(a_server_that_has_moved_is_found_by_its_name),
    };

    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
