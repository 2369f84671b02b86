/*
 * test_env_net.c - connections, of the real world and the same in simulated
 * ones: nothing waits, nothing is inherited, addresses are numbers.
 */
#include "common/env.h"
#include "common/rpc_address.h"
#include "simulator/world.h"
#include "tests/support/cmocka_all.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEEDS = 20 };

struct net {
    struct env *env;
    struct env_waiter *waiter;
    int listener, here, there;
    struct rpc_address at;
};

static struct rpc_address address(const char *host)
{
    struct rpc_address at;
    gale_err error;

    assert_int_equal(rpc_address_of(host, 0, &at, &error), 0);
    return at;
}

static void await(struct net *n, int fd, uint32_t events)
{
    struct env_ready ready[1];

    assert_int_equal(
        n->env->ops->waiter_watch(n->env, n->waiter, fd, events, n), 0);
    assert_int_equal(
        n->env->ops->waiter_wait(n->env, n->waiter, INT64_MAX, ready, 1), 1);
    n->env->ops->waiter_unwatch(n->env, n->waiter, fd, n);
}

static void connect_both(struct net *n, const char *host)
{
    const struct env_ops *ops = n->env->ops;

    struct rpc_address from;

    n->at = address(host);
    n->listener = ops->net_listen(n->env, &n->at);
    assert_true(n->listener >= 0 && rpc_address_port(&n->at) != 0);
    assert_int_equal(ops->net_accept(n->env, n->listener, &from), -1);
    assert_int_equal(errno, EAGAIN);
    n->here = ops->net_connect(n->env, &n->at);
    assert_true(n->here >= 0);
    await(n, n->listener, POLLIN);
    n->there = ops->net_accept(n->env, n->listener, &from);
    assert_true(n->there >= 0);
    assert_true(rpc_address_same_host(&from, &n->at));
    assert_int_not_equal(rpc_address_port(&from), rpc_address_port(&n->at));
    await(n, n->here, POLLOUT);
    assert_int_equal(ops->net_connected(n->env, n->here), 0);
}

static void close_all(struct net *n)
{
    n->env->ops->net_close(n->env, n->here);
    n->env->ops->net_close(n->env, n->there);
    n->env->ops->net_close(n->env, n->listener);
}

static int setup(void **state)
{
    static struct net n;

    n.env = env_posix();
    n.waiter = n.env->ops->waiter_new(n.env);
    *state = &n;
    return 0;
}

static void in_worlds(void **state)
{
    const CMUnitTestFunction *test = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world_options options = {.seed = seed, .n_cpus = 2};
        struct world *w = world_new(&options);
        struct net n = {.env = world_env(w)};
        void *its = &n;

        n.waiter = n.env->ops->waiter_new(n.env);
        (*test)(&its);
        n.env->ops->waiter_free(n.env, n.waiter);
        world_free(w);
    }
}

static int teardown(void **state)
{
    struct net *n = *state;

    n->env->ops->waiter_free(n->env, n->waiter);
    return 0;
}

/* In as many pieces as it takes. */
static void send_all(struct net *n, int fd, const char *text)
{
    while (*text != '\0') {
        int64_t sent = n->env->ops->net_send(n->env, fd, text, strlen(text));

        assert_true(sent > 0);
        text += sent;
    }
}

static void receive_all(struct net *n, int fd, const char *text)
{
    char bytes[16];

    while (*text != '\0') {
        int64_t got;

        await(n, fd, POLLIN);
        got = n->env->ops->net_receive(n->env, fd, bytes, sizeof(bytes));
        assert_true(got > 0 && (size_t)got <= strlen(text));
        assert_memory_equal(bytes, text, got);
        text += got;
    }
}

static void bytes_go_both_ways_over_both_kinds_of_addresses(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    struct net *n = *state;
    const struct env_ops *ops = n->env->ops;
    char bytes[10];

    for (int i = 0; i < 2; i++) {
        connect_both(n, hosts[i]);
        assert_int_equal(ops->net_receive(n->env, n->there, bytes, 10), -1);
        assert_int_equal(errno, EAGAIN);
        send_all(n, n->here, "over");
        receive_all(n, n->there, "over");
        send_all(n, n->there, "out");
        receive_all(n, n->here, "out");
        close_all(n);
    }
}

static void who_does_not_read_is_not_waited_for(void **state)
{
    static char much[1 << 20];
    struct net *n = *state;
    int64_t sent;

    connect_both(n, "127.0.0.1");
    do {
        sent = n->env->ops->net_send(n->env, n->here, much, sizeof(much));
    } while (sent > 0);
    assert_int_equal(sent, -1);
    assert_int_equal(errno, EAGAIN);
    close_all(n);
}

static void an_end_is_heard_and_no_signal_comes(void **state)
{
    struct net *n = *state;
    const struct env_ops *ops = n->env->ops;
    char bytes[10];
    int64_t sent;

    connect_both(n, "127.0.0.1");
    ops->net_close(n->env, n->there);
    n->there = n->env->ops->net_connect(n->env, &n->at);
    await(n, n->here, POLLIN);
    assert_int_equal(ops->net_receive(n->env, n->here, bytes, 10), 0);
    do { /* the first one is answered by a reset */
        await(n, n->here, POLLOUT);
        sent = ops->net_send(n->env, n->here, "x", 1);
    } while (sent == 1);
    assert_true(errno == EPIPE || errno == ECONNRESET);
    close_all(n);
}

static void nobody_there_is_an_error_when_it_can_be_written(void **state)
{
    struct net *n = *state;
    const struct env_ops *ops = n->env->ops;
    int fd;

    connect_both(n, "127.0.0.1");
    close_all(n); /* the port is free now */
    fd = ops->net_connect(n->env, &n->at);
    if (fd >= 0) {
        await(n, fd, POLLOUT);
        assert_int_equal(ops->net_connected(n->env, fd), -1);
        ops->net_close(n->env, fd);
    }
    assert_int_equal(errno, ECONNREFUSED);
}

static void a_port_in_use_is_an_error(void **state)
{
    struct net *n = *state;

    connect_both(n, "127.0.0.1");
    assert_int_equal(n->env->ops->net_listen(n->env, &n->at), -1);
    assert_int_equal(errno, EADDRINUSE);
    close_all(n);
}

/* What has come and is not taken would make TCP throw it away. */
static void what_is_sent_last_is_read_if_it_is_closed_so(void **state)
{
    struct net *n = *state;
    char bytes[10];

    connect_both(n, "127.0.0.1");
    send_all(n, n->here, "unread");
    await(n, n->there, POLLIN);
    send_all(n, n->there, "last");
    n->env->ops->net_close_heard(n->env, n->there);
    receive_all(n, n->here, "last");
    await(n, n->here, POLLIN);
    assert_int_equal(n->env->ops->net_receive(n->env, n->here, bytes, 10), 0);
    n->env->ops->net_close(n->env, n->here);
    n->env->ops->net_close(n->env, n->listener);
}

static void what_is_not_taken_before_the_end_is_a_reset(void **state)
{
    struct net *n = *state;
    char bytes[10];

    connect_both(n, "127.0.0.1");
    send_all(n, n->here, "unread");
    await(n, n->there, POLLIN);
    n->env->ops->net_close(n->env, n->there);
    await(n, n->here, POLLIN);
    assert_int_equal(n->env->ops->net_receive(n->env, n->here, bytes, 10), -1);
    assert_int_equal(errno, ECONNRESET);
    assert_int_equal(n->env->ops->net_receive(n->env, n->here, bytes, 10), 0);
    n->env->ops->net_close(n->env, n->here);
    n->env->ops->net_close(n->env, n->listener);
}

static void who_waits_at_a_listener_that_is_closed_hears_of_it(void **state)
{
    struct net *n = *state;
    char bytes[10];

    connect_both(n, "127.0.0.1");
    n->env->ops->net_close(n->env, n->here);
    n->here = n->env->ops->net_connect(n->env, &n->at);
    await(n, n->here, POLLOUT);
    n->env->ops->net_close(n->env, n->listener);
    await(n, n->here, POLLIN);
    assert_int_equal(n->env->ops->net_receive(n->env, n->here, bytes, 10), -1);
    assert_int_equal(errno, ECONNRESET);
    n->env->ops->net_close(n->env, n->here);
    n->env->ops->net_close(n->env, n->there);
}

/* -- Unix sockets ---------------------------------------------------------- */

static void open_path(struct net *n, const char *path)
{
    gale_err error;

    assert_int_equal(rpc_address_parse(path, &n->at, &error), 0);
    n->listener = n->env->ops->net_listen(n->env, &n->at);
    assert_true(n->listener >= 0);
}

static void a_unix_socket_is_there_at_once_and_its_end_is_heard(void **state)
{
    char directory[] = "/tmp/gale-test-XXXXXX", path[64], bytes[10];
    char text[RPC_ADDRESS_TEXT];
    struct net *n = *state;
    const struct env_ops *ops = n->env->ops;
    struct rpc_address from;

    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/socket", directory);
    open_path(n, path);
    n->here = ops->net_connect(n->env, &n->at);
    n->there = ops->net_accept(n->env, n->listener, &from);
    assert_true(n->here >= 0 && n->there >= 0);
    rpc_address_text(&from, text);
    assert_string_equal(text, "a client");
    send_all(n, n->here, "over");
    receive_all(n, n->there, "over");
    ops->net_close(n->env, n->there);
    assert_int_equal(ops->net_receive(n->env, n->here, bytes, 10), 0);
    assert_int_equal(ops->net_send(n->env, n->here, "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    ops->net_close(n->env, n->here);
    assert_int_equal(ops->net_listen(n->env, &n->at), -1);
    assert_int_equal(errno, EADDRINUSE);
    ops->net_unlisten(n->env, n->listener, &n->at);
    assert_int_equal(rmdir(directory), 0);
}

static void a_name_that_is_left_over_is_taken_and_none_is_an_error(void **state)
{
    char directory[] = "/tmp/gale-test-XXXXXX", path[64];
    struct net *n = *state;
    const struct env_ops *ops = n->env->ops;

    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/socket", directory);
    open_path(n, path);
    ops->net_close(n->env, n->listener); /* as if nobody had removed it */
    assert_int_equal(ops->net_connect(n->env, &n->at), -1);
    assert_int_equal(errno, ECONNREFUSED);
    open_path(n, path);
    ops->net_unlisten(n->env, n->listener, &n->at);
    assert_int_equal(ops->net_connect(n->env, &n->at), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(rmdir(directory), 0);
}

/* It goes with its listener, and leaves nothing. */
static void a_unix_socket_may_have_a_name_that_is_in_no_directory(void **state)
{
    struct net *n = *state;
    const struct env_ops *ops = n->env->ops;
    char name[40], text[RPC_ADDRESS_TEXT];

    snprintf(name, sizeof(name), "gale-test-%d", (int)getpid());
    for (int i = 0; i < 2; i++) {
        rpc_address_named(name, &n->at);
        assert_int_equal(ops->net_connect(n->env, &n->at), -1);
        n->listener = ops->net_listen(n->env, &n->at);
        assert_true(n->listener >= 0);
        rpc_address_text(&n->at, text);
        assert_string_equal(text + 1, name);
        assert_int_equal(ops->net_listen(n->env, &n->at), -1);
        assert_int_equal(errno, EADDRINUSE);
        n->here = ops->net_connect(n->env, &n->at);
        n->there = ops->net_accept(n->env, n->listener, NULL);
        assert_true(n->here >= 0 && n->there >= 0);
        assert_true(ops->net_is_own(n->env, n->here));
        assert_true(ops->net_is_own(n->env, n->there));
        send_all(n, n->here, "over");
        receive_all(n, n->there, "over");
        close_all(n);
    }
}

static void a_tcp_connection_is_nobodys_own(void **state)
{
    struct net *n = *state;

    connect_both(n, "127.0.0.1");
    assert_false(n->env->ops->net_is_own(n->env, n->here));
    assert_false(n->env->ops->net_is_own(n->env, n->there));
    close_all(n);
}

static void as_another_user(struct net *n)
{
    enum { NOBODY = 65534 };
    int fd = -1;

    if (setuid(NOBODY) == 0)
        fd = n->env->ops->net_connect(n->env, &n->at);
    _exit(fd >= 0 && !n->env->ops->net_is_own(n->env, fd) ? 0 : 1);
}

static void who_calls_as_another_user_is_not_ones_own(void **state)
{
    struct net *n = *state;
    const struct env_ops *ops = n->env->ops;
    int status;
    pid_t pid;

    if (geteuid() != 0)
        skip();
    rpc_address_named("gale-test-users", &n->at);
    n->listener = ops->net_listen(n->env, &n->at);
    pid = fork();
    if (pid == 0)
        as_another_user(n);
    await(n, n->listener, POLLIN);
    n->there = ops->net_accept(n->env, n->listener, NULL);
    assert_false(ops->net_is_own(n->env, n->there));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    ops->net_close(n->env, n->there);
    ops->net_close(n->env, n->listener);
}

static void no_other_program_inherits_them_and_nothing_is_delayed(void **state)
{
    struct net *n = *state;
    int on;
    socklen_t size = sizeof(on);

    connect_both(n, "127.0.0.1");
    assert_true(fcntl(n->listener, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(n->here, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(n->there, F_GETFD) & FD_CLOEXEC);
    getsockopt(n->here, IPPROTO_TCP, TCP_NODELAY, &on, &size);
    assert_true(on);
    getsockopt(n->there, IPPROTO_TCP, TCP_NODELAY, &on, &size);
    assert_true(on);
    close_all(n);
}

#define REAL(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)
#define BOTH(name_)                                                            \
    REAL(name_),                                                               \
    {                                                                          \
        .name = #name_ " (simulated)", .test_func = in_worlds,                 \
        .initial_state = &(CMUnitTestFunction)                                 \
        {                                                                      \
            name_                                                              \
        }                                                                      \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(bytes_go_both_ways_over_both_kinds_of_addresses),
        BOTH(who_does_not_read_is_not_waited_for),
        BOTH(an_end_is_heard_and_no_signal_comes),
        BOTH(nobody_there_is_an_error_when_it_can_be_written),
        BOTH(a_port_in_use_is_an_error),
        BOTH(what_is_sent_last_is_read_if_it_is_closed_so),
        BOTH(what_is_not_taken_before_the_end_is_a_reset),
        BOTH(who_waits_at_a_listener_that_is_closed_hears_of_it),
        BOTH(a_unix_socket_is_there_at_once_and_its_end_is_heard),
        BOTH(a_name_that_is_left_over_is_taken_and_none_is_an_error),
        BOTH(a_unix_socket_may_have_a_name_that_is_in_no_directory),
        BOTH(a_tcp_connection_is_nobodys_own),
        REAL(who_calls_as_another_user_is_not_ones_own),
        REAL(no_other_program_inherits_them_and_nothing_is_delayed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
