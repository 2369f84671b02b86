/*
 * zookeeper_faults.c - what only real servers do: they die, stand still and
 * come back.
 *
 * GALE_ZOOKEEPER is the address of one, which GALE_ZOOKEEPER_SCRIPT
 * (tests/servers/zookeeper.sh) runs in GALE_ZOOKEEPER_DIRECTORY. The argument
 * is the name of the test to run; without one, all of them.
 */
#include "common/zookeeper_check.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/real_server.h"
#include "tests/support/real_zookeeper.h"
#include "topology-api/memory.h"
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define MANY 2000

static pid_t own_pid;

static int setup(void **state)
{
    (void)state;
    own_pid = getpid();
    zookeeper_world = &real_zookeeper;
    real_zookeeper.begin();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (getpid() != own_pid) /* a child that has failed runs no other test */
        _exit(1);
    real_zookeeper.end();
    return 0;
}

#define expect(result, call) assert_int_equal(call, ZOOKEEPER_##result)

static enum zookeeper_result get(struct zookeeper_user *user, const char *path,
                                 struct zookeeper_bell *bell,
                                 struct zookeeper_got *got)
{
    return zookeeper_ask_read(user, ZOOKEEPER_GET, path, bell, got);
}

/* -- servers that go away -------------------------------------------------- */

static void a_session_outlives_a_server_that_is_killed_and_started(void **state)
{
    struct zookeeper_user *a = zookeeper_user_new();
    struct zookeeper_got got = {0};
    static struct zookeeper_bell bell;
    int64_t session = zookeeper_session(a->z);

    (void)state;
    zookeeper_bell_init(&bell);
    expect(OK, zookeeper_ask_create(a, "/x", "1", ZOOKEEPER_EPHEMERAL));
    expect(OK, get(a, "/x", &bell, NULL));
    real_server("kill");
    zookeeper_await(&a->away, 1);
    assert_int_equal(zookeeper_state(a->z), ZOOKEEPER_IS_AWAY);
    assert_non_null(strstr(zookeeper_trouble(a->z), "does not answer"));
    expect(AWAY, zookeeper_ask_set(a, "/x", "2", 0));
    expect(AWAY, get(a, "/x", NULL, NULL));
    real_server("start");
    zookeeper_await(&a->connected, 2);
    assert_string_equal(zookeeper_trouble(a->z), "");
    assert_true(zookeeper_session(a->z) == session);
    expect(OK, get(a, "/x", NULL, &got));
    assert_string_equal(got.data, "1");
    assert_true(got.stat.owner == session);
    assert_int_equal(bell.n, 0);
    expect(OK, zookeeper_ask_set(a, "/x", "3", 0));
    zookeeper_await(&bell.n, 1);
    assert_int_equal(a->lost, 0);
    zookeeper_got_free(&got);
    zookeeper_user_free(a);
}

static void watches_of_thousands_of_nodes_stand_after_a_restart(void **state)
{
    static struct zookeeper_bell bells[MANY];
    struct zookeeper_user *a = zookeeper_user_new(), *b;
    struct zookeeper_got got = {0};
    char path[32];

    (void)state;
    b = zookeeper_user_new();
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof(path), "/a-node-of-the-many-%d", i);
        zookeeper_bell_init(&bells[i]);
        zookeeper_create(b->z, path, "", 0, 0, (struct zookeeper_then){0});
    }
    snprintf(path, sizeof(path), "/a-node-of-the-many-%d", MANY - 1);
    expect(OK, get(b, path, NULL, NULL));
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof(path), "/a-node-of-the-many-%d", i);
        zookeeper_send(a,
                       &(struct zookeeper_request){.kind = ZOOKEEPER_GET,
                                                   .path = path,
                                                   .watch = &bells[i].watch},
                       &got);
    }
    zookeeper_await(&got.n, MANY);
    real_server("kill");
    zookeeper_await(&a->away, 1);
    real_server("start");
    zookeeper_await(&a->connected, 2);
    zookeeper_await(&b->connected, 2);
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof(path), "/a-node-of-the-many-%d", i);
        zookeeper_delete(b->z, path, ZOOKEEPER_ANY, (struct zookeeper_then){0});
    }
    for (int i = 0; i < MANY; i++)
        zookeeper_await(&bells[i].n, 1);
    zookeeper_got_free(&got);
    zookeeper_user_free(a);
    zookeeper_user_free(b);
}

static void who_starts_before_its_server_connects_when_that_comes(void **state)
{
    struct zookeeper_user *a;

    (void)state;
    real_server("kill");
    a = zookeeper_user_start();
    assert_non_null(strstr(zookeeper_trouble(a->z), "does not answer"));
    expect(AWAY, get(a, "/", NULL, NULL));
    real_server("start");
    zookeeper_await(&a->connected, 1);
    expect(OK, get(a, "/", NULL, NULL));
    zookeeper_user_free(a);
}

/* It may have happened, or may not; what is read later tells. */
static void a_server_that_stands_still_leaves_writes_unknown(void **state)
{
    struct zookeeper_write write = {.kind = ZOOKEEPER_SET,
                                    .path = "/x",
                                    .data = "2",
                                    .size = 1,
                                    .version = 0};
    struct zookeeper_got wrote = {0}, read = {0};
    struct zookeeper_user *a;
    int64_t lease;

    (void)state;
    real_zookeeper_options.session_ns = 3 * SECOND;
    a = zookeeper_user_new();
    expect(OK, zookeeper_ask_create(a, "/x", "1", 0));
    lease = zookeeper_lease_until(a->z);
    assert_true(lease > real_zookeeper.now());
    real_server("pause");
    zookeeper_send(a,
                   &(struct zookeeper_request){
                       .kind = ZOOKEEPER_SET, .writes = &write, .n = 1},
                   &wrote);
    zookeeper_send(
        a, &(struct zookeeper_request){.kind = ZOOKEEPER_GET, .path = "/x"},
        &read);
    zookeeper_await(&read.n, 1);
    zookeeper_await(&wrote.n, 1);
    assert_int_equal(wrote.result, ZOOKEEPER_UNKNOWN);
    assert_int_equal(read.result, ZOOKEEPER_AWAY);
    zookeeper_await(&a->away, 1);
    real_server("resume");
    zookeeper_await(&a->connected, 2);
    expect(OK, get(a, "/x", NULL, &read));
    assert_int_equal(read.stat.version, strcmp(read.data, "2") == 0 ? 1 : 0);
    zookeeper_got_free(&wrote);
    zookeeper_got_free(&read);
    zookeeper_user_free(a);
}

/* Another process: when /x is there it stops its parent until the servers have
 * removed /x, and says when that was. */
static int stop_parent(int said)
{
    static struct zookeeper_bell bell;
    struct zookeeper_user *user;
    int64_t at;

    real_zookeeper_after_fork();
    zookeeper_bell_init(&bell);
    user = zookeeper_user_new();
    if (zookeeper_ask_read(user, ZOOKEEPER_EXISTS, "/x", &bell, NULL) !=
        ZOOKEEPER_OK)
        zookeeper_await(&bell.n, 1);
    kill(getppid(), SIGSTOP);
    while (zookeeper_ask_read(user, ZOOKEEPER_EXISTS, "/x", &bell, NULL) ==
           ZOOKEEPER_OK)
        zookeeper_await(&bell.n, bell.n + 1);
    at = real_zookeeper.now();
    kill(getppid(), SIGCONT);
    zookeeper_user_free(user);
    return write(said, &at, sizeof(at)) == sizeof(at) ? 0 : 1;
}

/* Its lease was over before anybody could see that its node was gone. */
static void a_process_that_was_stopped_for_too_long_registers_again(
    void **state)
{
    static struct zookeeper_bell bell;
    struct zookeeper_got got = {0};
    struct zookeeper_user *a;
    int64_t session, lease, gone;
    int said[2];
    pid_t child;

    (void)state;
    assert_int_equal(pipe(said), 0);
    real_zookeeper_options.session_ns = SECOND;
    child = fork();
    if (child == 0)
        _exit(stop_parent(said[1]));
    zookeeper_bell_init(&bell);
    a = zookeeper_user_new();
    session = zookeeper_session(a->z);
    expect(NO_NODE, get(a, "/y", &bell, NULL));
    /* It may be stopped before it has the answer. */
    zookeeper_create(a->z, "/x", "1", 1, ZOOKEEPER_EPHEMERAL,
                     (struct zookeeper_then){0});
    lease = zookeeper_lease_until(a->z);
    while (a->lost == 0) {
        loop_run_for(real_zookeeper_loop(), SECOND / 20);
        if (zookeeper_lease_until(a->z) > lease)
            lease = zookeeper_lease_until(a->z);
    }
    assert_int_equal(read(said[0], &gone, sizeof(gone)), sizeof(gone));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(lease < gone);
    assert_false(zookeeper_may_act(a->z, gone));
    zookeeper_await(&bell.n, 1); /* it is called when the session is lost */
    zookeeper_await(&a->connected, 2);
    assert_true(zookeeper_session(a->z) != session);
    expect(OK, zookeeper_ask_create(a, "/x", "2", ZOOKEEPER_EPHEMERAL));
    expect(OK, get(a, "/x", NULL, &got));
    assert_true(got.stat.owner == zookeeper_session(a->z));
    close(said[0]);
    close(said[1]);
    zookeeper_got_free(&got);
    zookeeper_user_free(a);
}

/* What is longer than a server takes costs the connection. */
static void the_paths_of_a_multi_count_as_well(void **state)
{
    enum { N = 1200 };
    struct zookeeper_write *writes = xcalloc(N, sizeof(*writes));
    char path[900];
    struct zookeeper_user *a = zookeeper_user_new();

    (void)state;
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    for (int i = 0; i < N; i++)
        writes[i] = (struct zookeeper_write){
            .kind = ZOOKEEPER_CHECK, .path = path, .version = 0};
    expect(TOO_LARGE, zookeeper_ask_multi(a, writes, N, NULL));
    expect(NO_NODE, zookeeper_ask_multi(a, writes, N / 2, NULL));
    assert_int_equal(a->away, 0);
    zookeeper_user_free(a);
    free(writes);
}

/* -- what is configured ---------------------------------------------------- */

static void a_root_is_made_with_all_that_is_above_it(void **state)
{
    struct zookeeper_user *a, *b;

    (void)state;
    real_zookeeper_root("several");
    real_zookeeper_root("nodes");
    a = zookeeper_user_new();
    expect(OK, zookeeper_ask_create(a, "/x", "", 0));
    b = zookeeper_user_new();
    expect(OK, get(b, "/x", NULL, NULL));
    zookeeper_user_free(a);
    zookeeper_user_free(b);
}

static void use_secret(const char *secret)
{
    free(real_zookeeper_options.secret);
    real_zookeeper_options.secret = secret != NULL ? xstrdup(secret) : NULL;
}

static void use_hosts(const char *hosts, const char *more)
{
    free(real_zookeeper_options.hosts);
    if (asprintf(&real_zookeeper_options.hosts, "%s%s", hosts, more) < 0)
        memory_none_left();
}

/* Until it has found out that it cannot. */
static void await_trouble(struct zookeeper_user *user, const char *text)
{
    for (int i = 0; strstr(zookeeper_trouble(user->z), text) == NULL; i++) {
        if (i == 300)
            fail_msg("found \"%s\", expected \"%s\"",
                     zookeeper_trouble(user->z), text);
        loop_run_for(real_zookeeper_loop(), SECOND / 10);
    }
}

static void nobody_gets_in_without_the_secret_of_the_root(void **state)
{
    static const char *const others[] = {"gale:other", NULL};
    struct zookeeper_user *a, *b;

    (void)state;
    use_secret("gale:secret");
    a = zookeeper_user_new();
    expect(OK, zookeeper_ask_create(a, "/x", "1", 0));
    for (size_t i = 0; i < 2; i++) {
        use_secret(others[i]);
        b = zookeeper_user_start();
        await_trouble(b, "belongs to another storm.zookeeper.auth.payload");
        assert_null(strstr(zookeeper_trouble(b->z), "other\""));
        assert_null(strstr(zookeeper_trouble(b->z), "gale:other"));
        assert_int_equal(b->connected, 0);
        zookeeper_user_free(b);
    }
    use_secret("gale:secret");
    b = zookeeper_user_new();
    expect(OK, get(b, "/x", NULL, NULL));
    zookeeper_user_free(a);
    zookeeper_user_free(b);
}

/* A new handle proves itself again. */
static void a_node_is_closed_to_those_without_its_secret(void **state)
{
    struct zookeeper_user *a, *b;
    char *root;

    (void)state;
    a = zookeeper_user_new(); /* the root is open */
    root = xstrdup(real_zookeeper_options.root);
    use_secret("gale:secret");
    b = zookeeper_user_new();
    expect(OK, zookeeper_ask_create(b, "/x", "1", 0));
    expect(NO_AUTH, get(a, "/x", NULL, NULL));
    expect(NO_AUTH, zookeeper_ask_set(a, "/x", "2", ZOOKEEPER_ANY));
    real_server("kill");
    zookeeper_await(&b->away, 1);
    real_server("start");
    zookeeper_await(&b->connected, 2);
    expect(OK, get(b, "/x", NULL, NULL));
    zookeeper_user_free(a);
    zookeeper_user_free(b);
    free(root);
}

/* SECURITY.md says so: a secret that comes later is for what is made then. */
static void an_open_root_lets_others_remove_what_is_below(void **state)
{
    struct zookeeper_user *a, *b;

    (void)state;
    a = zookeeper_user_new(); /* the root is open */
    use_secret("gale:secret");
    b = zookeeper_user_new();
    expect(OK, zookeeper_ask_create(b, "/x", "1", 0));
    expect(OK, zookeeper_ask_delete(a, "/x", ZOOKEEPER_ANY));
    real_zookeeper_root("of-its-own");
    zookeeper_user_free(b);
    b = zookeeper_user_new();
    expect(OK, zookeeper_ask_create(b, "/x", "1", 0));
    expect(NO_AUTH, zookeeper_ask_delete(a, "/of-its-own/x", ZOOKEEPER_ANY));
    zookeeper_user_free(a);
    zookeeper_user_free(b);
}

static void a_host_that_is_not_there_is_named(void **state)
{
    struct zookeeper_user *a;

    (void)state;
    use_hosts("no.such.host.invalid:2181", "");
    a = zookeeper_user_start();
    await_trouble(a, "no.such.host.invalid");
    zookeeper_user_free(a);
}

/* -- the look before a daemon starts --------------------------------------- */

static struct {
    char text[4096];
    int n, n_bad;
} found;

static void note(void *arg, enum zookeeper_gravity gravity, const char *text)
{
    size_t n = strlen(found.text);

    (void)arg;
    snprintf(found.text + n, sizeof(found.text) - n, "%s\n", text);
    found.n++;
    found.n_bad += gravity == ZOOKEEPER_BAD;
}

static int look(void)
{
    memset(&found, 0, sizeof(found));
    return zookeeper_check(env_posix(), &real_zookeeper_options, note, NULL);
}

#define found_text(text_)                                                      \
    do {                                                                       \
        if (strstr(found.text, text_) == NULL)                                 \
            fail_msg("\"%s\" is not in: %s", text_, found.text);               \
    } while (0)

static void a_look_finds_what_is_missing_and_what_cannot_be_reached(
    void **state)
{
    char *good;

    (void)state;
    assert_int_equal(look(), 0);
    assert_int_equal(found.n, 1);
    found_text("is not there yet (storm.zookeeper.root): it will be made");
    zookeeper_user_free(zookeeper_user_new());
    assert_int_equal(look(), 0);
    assert_int_equal(found.n, 0);
    good = xstrdup(real_zookeeper_options.hosts);
    use_hosts("127.0.0.1:1,", good);
    assert_int_equal(look(), 0); /* one of them will do */
    assert_int_equal(found.n, 1);
    assert_int_equal(found.n_bad, 0);
    found_text("ZooKeeper at 127.0.0.1:1 cannot be reached (Connection "
               "refused)");
    use_hosts("no.such.host.invalid:1", "");
    assert_int_equal(look(), -1);
    found_text("the ZooKeeper server no.such.host.invalid:1 is not found");
    use_hosts(good, "");
    real_zookeeper_options.connection_ns = 2 * SECOND;
    real_server("pause");
    assert_int_equal(look(), -1);
    real_server("resume");
    found_text("says nothing: expected a ZooKeeper");
    free(good);
}

/* The server must have been started for it. */
static void need_properties(void)
{
    if (getenv("ZK_PROPS") == NULL) {
        print_message("# skip: ZK_PROPS is not set\n");
        skip();
    }
}

static void a_look_says_that_four_letter_words_are_not_allowed(void **state)
{
    (void)state;
    need_properties();
    zookeeper_user_free(zookeeper_user_new());
    assert_int_equal(look(), 0);
    assert_int_equal(found.n, 1);
    found_text("are allowed by 4lw.commands.whitelist");
}

/* maxClientCnxns is 3 here. */
static void a_look_says_that_there_are_too_many_connections(void **state)
{
    struct zookeeper_user *users[3];

    (void)state;
    need_properties();
    for (int i = 0; i < 3; i++)
        users[i] = zookeeper_user_new();
    assert_int_equal(look(), -1);
    assert_int_equal(found.n_bad, 1);
    found_text("raise maxClientCnxns in its zoo.cfg");
    for (int i = 0; i < 3; i++)
        zookeeper_user_free(users[i]);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        test(a_session_outlives_a_server_that_is_killed_and_started),
        test(watches_of_thousands_of_nodes_stand_after_a_restart),
        test(who_starts_before_its_server_connects_when_that_comes),
        test(a_server_that_stands_still_leaves_writes_unknown),
        test(a_process_that_was_stopped_for_too_long_registers_again),
        test(the_paths_of_a_multi_count_as_well),
        test(a_root_is_made_with_all_that_is_above_it),
        test(nobody_gets_in_without_the_secret_of_the_root),
        test(a_node_is_closed_to_those_without_its_secret),
        test(an_open_root_lets_others_remove_what_is_below),
        test(a_host_that_is_not_there_is_named),
        test(a_look_finds_what_is_missing_and_what_cannot_be_reached),
        test(a_look_says_that_four_letter_words_are_not_allowed),
        test(a_look_says_that_there_are_too_many_connections),
    };

    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
