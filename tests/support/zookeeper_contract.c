/*
 * zookeeper_contract.c - the cases that every ZooKeeper must pass; see
 * zookeeper_contract.h.
 */
#include "tests/support/zookeeper_contract.h"
#include "tests/support/cmocka_all.h"
#include "topology-api/memory.h"

/* A case has two clients, which are connected. */
static struct zookeeper_user *a, *b;
static struct zookeeper_got got;

#define expect(result, call) assert_int_equal(call, ZOOKEEPER_##result)

#define get(user, path, bell)                                                  \
    zookeeper_ask_read(user, ZOOKEEPER_GET, path, bell, &got)
#define exists(user, path, bell)                                               \
    zookeeper_ask_read(user, ZOOKEEPER_EXISTS, path, bell, &got)
#define children(user, path, bell)                                             \
    zookeeper_ask_read(user, ZOOKEEPER_CHILDREN, path, bell, &got)
#define multi(user, writes, n) zookeeper_ask_multi(user, writes, n, &got)
#define create zookeeper_ask_create
#define set zookeeper_ask_set
#define delete zookeeper_ask_delete
#define ANY ZOOKEEPER_ANY

/* -- sessions -------------------------------------------------------------- */

static void a_client_is_away_until_it_is_told_that_it_is_connected(void)
{
    struct zookeeper_user *c = zookeeper_user_start();

    assert_int_equal(zookeeper_state(c->z), ZOOKEEPER_IS_AWAY);
    assert_int_equal(zookeeper_session(c->z), 0);
    assert_false(zookeeper_may_act(c->z, zookeeper_world->now()));
    expect(AWAY, create(c, "/x", "", 0));
    zookeeper_await(&c->connected, 1);
    assert_int_equal(zookeeper_state(c->z), ZOOKEEPER_IS_CONNECTED);
    assert_string_equal(zookeeper_trouble(c->z), "");
    assert_true(zookeeper_session(c->z) != 0);
    expect(NO_NODE, exists(c, "/x", NULL));
    assert_true(zookeeper_may_act(c->z, zookeeper_world->now()));
    assert_true(zookeeper_session(c->z) != zookeeper_session(a->z));
    zookeeper_user_free(c);
}

static void who_is_freed_with_requests_under_way_is_answered_before(void)
{
    struct zookeeper_user *c = zookeeper_user_new();
    struct zookeeper_bell *bell = zookeeper_bell_new();
    const struct zookeeper_request read = {
        .kind = ZOOKEEPER_GET, .path = "/", .watch = &bell->watch};

    for (int i = 0; i < 100; i++)
        zookeeper_send(c, &read, &got);
    zookeeper_user_free(c);
    assert_int_equal(got.n, 100);
    assert_int_equal(got.result, ZOOKEEPER_AWAY);
    expect(OK, create(a, "/x", "", 0));
    assert_int_equal(bell->n, 0);
}

/* -- nodes ----------------------------------------------------------------- */

static void a_node_is_read_as_it_was_created(void)
{
    expect(OK, create(a, "/x", "value", 0));
    expect(OK, get(b, "/x", NULL));
    assert_string_equal(got.data, "value");
    assert_int_equal(got.size, 5);
    assert_int_equal(got.stat.version, 0);
    assert_int_equal(got.stat.owner, 0);
    assert_int_equal(got.stat.n_children, 0);
    assert_true(got.stat.created > 0);
    assert_true(got.stat.created == got.stat.modified);
}

static void a_value_may_be_empty(void)
{
    expect(OK, create(a, "/x", "", 0));
    expect(OK, get(a, "/x", NULL));
    assert_int_equal(got.size, 0);
    assert_string_equal(got.data, "");
}

static void a_value_may_have_512_kib_of_any_bytes_and_no_more(void)
{
    char *text = xmalloc(ZOOKEEPER_SIZE_MAX + 1);
    struct zookeeper_write write = {.kind = ZOOKEEPER_CREATE,
                                    .path = "/x",
                                    .data = text,
                                    .size = ZOOKEEPER_SIZE_MAX};
    struct zookeeper_request request = {
        .kind = ZOOKEEPER_CREATE, .writes = &write, .n = 1};

    for (size_t i = 0; i <= ZOOKEEPER_SIZE_MAX; i++)
        text[i] = (char)(i * 7);
    expect(OK, zookeeper_ask(a, &request, NULL));
    expect(OK, get(b, "/x", NULL));
    assert_int_equal(got.size, ZOOKEEPER_SIZE_MAX);
    assert_memory_equal(got.data, text, ZOOKEEPER_SIZE_MAX);
    write.size++;
    expect(TOO_LARGE, zookeeper_ask(a, &request, NULL));
    free(text);
    assert_int_equal(a->away, 0);
}

static void the_values_of_a_multi_have_512_kib_together(void)
{
    char *text = xcalloc(1, ZOOKEEPER_SIZE_MAX / 2 + 1);
    struct zookeeper_write writes[] = {
        {.kind = ZOOKEEPER_CREATE,
         .path = "/x",
         .data = text,
         .size = ZOOKEEPER_SIZE_MAX / 2},
        {.kind = ZOOKEEPER_CREATE,
         .path = "/y",
         .data = text,
         .size = ZOOKEEPER_SIZE_MAX / 2 + 1},
    };

    expect(TOO_LARGE, multi(a, writes, 2));
    expect(NO_NODE, exists(a, "/x", NULL));
    writes[1].size--;
    expect(OK, multi(a, writes, 2));
    free(text);
}

static void paths_that_are_none_are_refused(void)
{
    static const char *const paths[] = {
        "",      "x",    "//",   "/x/", "/x//y",     "/.",
        "/x/..", "/../", "/a b", "/\n", "/\xc3\xa4", "/x/./y",
    };
    char longest[ZOOKEEPER_PATH_MAX + 2];

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (create(a, paths[i], "", 0) != ZOOKEEPER_BAD_PATH ||
            get(a, paths[i], NULL) != ZOOKEEPER_BAD_PATH)
            fail_msg("\"%s\" is taken", paths[i]);
    }
    memset(longest, 'x', sizeof(longest));
    longest[0] = '/';
    longest[sizeof(longest) - 1] = '\0';
    expect(BAD_PATH, create(a, longest, "", 0));
    expect(OK, create(a, "/..x", "", 0));
    expect(OK, create(a, "/.x~!", "", 0));
    assert_int_equal(a->away, 0);
}

static void a_parent_must_be_there(void)
{
    expect(NO_NODE, create(a, "/x/y", "", 0));
    expect(NO_NODE, exists(a, "/x", NULL));
}

static void a_node_is_created_once(void)
{
    expect(OK, create(a, "/x", "a", ZOOKEEPER_EPHEMERAL));
    expect(NODE_EXISTS, create(b, "/x", "b", ZOOKEEPER_EPHEMERAL));
    expect(OK, get(b, "/x", NULL));
    assert_string_equal(got.data, "a");
    assert_true(got.stat.owner == zookeeper_session(a->z));
}

static void what_is_not_there_is_not_found(void)
{
    expect(NO_NODE, get(a, "/x", NULL));
    expect(NO_NODE, exists(a, "/x", NULL));
    expect(NO_NODE, children(a, "/x", NULL));
    expect(NO_NODE, set(a, "/x", "", ANY));
    expect(NO_NODE, delete (a, "/x", ANY));
}

static void the_root_is_a_node_that_cannot_be_deleted(void)
{
    expect(NODE_EXISTS, create(a, "/", "", 0));
    expect(OK, set(a, "/", "root", ANY));
    expect(OK, get(b, "/", NULL));
    assert_string_equal(got.data, "root");
    expect(BAD_PATH, delete (a, "/", ANY));
    expect(OK, create(a, "/x", "", 0));
    expect(OK, children(a, "/", NULL));
    assert_string_equal(got.names, "x");
}

static void a_set_asks_for_a_version_and_makes_the_next(void)
{
    struct zookeeper_got first = {0};

    expect(OK, create(a, "/x", "0", 0));
    expect(OK, zookeeper_ask_read(a, ZOOKEEPER_EXISTS, "/x", NULL, &first));
    expect(OK, set(a, "/x", "1", 0));
    expect(BAD_VERSION, set(b, "/x", "2", 0));
    expect(OK, set(b, "/x", "3", ANY));
    expect(OK, get(a, "/x", NULL));
    assert_string_equal(got.data, "3");
    assert_int_equal(got.stat.version, 2);
    assert_true(got.stat.created == first.stat.created);
    assert_true(got.stat.modified > first.stat.modified);
    zookeeper_got_free(&first);
}

static void a_delete_asks_for_a_version_and_for_no_children(void)
{
    expect(OK, create(a, "/x", "", 0));
    expect(OK, create(a, "/x/y", "", 0));
    expect(BAD_VERSION, delete (a, "/x/y", 1));
    expect(NOT_EMPTY, delete (a, "/x", ANY));
    expect(OK, delete (a, "/x/y", 0));
    expect(OK, delete (a, "/x", ANY));
    expect(NO_NODE, exists(b, "/x", NULL));
}

static void children_are_names_in_order(void)
{
    static const char *const names[] = {"/x/b", "/x/ab", "/x/a", "/x/B"};

    expect(OK, create(a, "/x", "", 0));
    expect(OK, children(a, "/x", NULL));
    assert_string_equal(got.names, "");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        expect(OK, create(a, names[i], "", 0));
    expect(OK, create(a, "/x/a/c", "", 0));
    expect(OK, children(b, "/x", NULL));
    assert_string_equal(got.names, "B a ab b");
    assert_int_equal(got.stat.n_children, 4);
    expect(OK, exists(b, "/x/a", NULL));
    assert_int_equal(got.stat.n_children, 1);
}

static void requests_are_carried_out_in_their_order(void)
{
    struct zookeeper_got set_got = {0}, get_got = {0};
    char text[16];

    expect(OK, create(a, "/x", "", 0));
    for (int i = 1; i <= 50; i++) {
        struct zookeeper_write write = {.kind = ZOOKEEPER_SET,
                                        .path = "/x",
                                        .data = text,
                                        .version = i - 1};

        write.size = (size_t)snprintf(text, sizeof(text), "%d", i);
        zookeeper_send(a,
                       &(struct zookeeper_request){
                           .kind = ZOOKEEPER_SET, .writes = &write, .n = 1},
                       &set_got);
        zookeeper_send(
            a, &(struct zookeeper_request){.kind = ZOOKEEPER_GET, .path = "/x"},
            &get_got);
    }
    zookeeper_await(&get_got.n, 50);
    assert_int_equal(set_got.n, 50);
    assert_int_equal(set_got.result, ZOOKEEPER_OK);
    assert_int_equal(set_got.stat.version, 50);
    assert_string_equal(get_got.data, "50");
    zookeeper_got_free(&set_got);
    zookeeper_got_free(&get_got);
}

/* -- ephemeral nodes, sequences -------------------------------------------- */

static void an_ephemeral_node_goes_with_its_session(void)
{
    struct zookeeper_user *c = zookeeper_user_new();
    struct zookeeper_bell *bell = zookeeper_bell_new();

    expect(OK, create(c, "/x", "", ZOOKEEPER_EPHEMERAL));
    expect(OK, create(c, "/y", "", 0));
    expect(OK, exists(a, "/x", bell));
    assert_true(got.stat.owner == zookeeper_session(c->z));
    zookeeper_user_free(c);
    zookeeper_await(&bell->n, 1);
    expect(NO_NODE, exists(a, "/x", NULL));
    expect(OK, exists(a, "/y", NULL));
}

static void an_ephemeral_node_has_no_children(void)
{
    expect(OK, create(a, "/x", "", ZOOKEEPER_EPHEMERAL));
    expect(NO_CHILDREN, create(a, "/x/y", "", 0));
}

/* Nobody else's begins so: it is found again when the answer is lost. */
static void sequence_numbers_rise_and_a_prefix_finds_its_node(void)
{
    struct zookeeper_write write = {.kind = ZOOKEEPER_CREATE,
                                    .flags = ZOOKEEPER_EPHEMERAL |
                                             ZOOKEEPER_SEQUENCE};
    struct zookeeper_request request = {
        .kind = ZOOKEEPER_CREATE, .writes = &write, .n = 1};
    char path[sizeof(got.path)];
    int64_t last = -1;

    expect(OK, create(a, "/x", "", 0));
    for (int i = 0; i < 12; i++) {
        size_t size;

        write.path = i % 2 == 0 ? "/x/n-1-" : "/x/n-2-";
        size = strlen(write.path);
        expect(OK, zookeeper_ask(a, &request, &got));
        assert_memory_equal(got.path, write.path, size);
        assert_int_equal(strlen(got.path), size + 10);
        assert_true(zookeeper_sequence(got.path) > last);
        last = zookeeper_sequence(got.path);
        snprintf(path, sizeof(path), "%.63s", got.path);
        expect(OK, children(b, "/x", NULL));
        assert_non_null(strstr(got.names, write.path + 3));
        if (i % 3 == 0) /* what goes does not come again */
            expect(OK, delete (b, path, ANY));
    }
}

/* -- multi ----------------------------------------------------------------- */

static void a_multi_does_all_of_it(void)
{
    const struct zookeeper_write writes[] = {
        {.kind = ZOOKEEPER_CREATE, .path = "/x", .data = "x", .size = 1},
        {.kind = ZOOKEEPER_CREATE,
         .path = "/x/y",
         .data = "y",
         .size = 1,
         .flags = ZOOKEEPER_EPHEMERAL},
        {.kind = ZOOKEEPER_SET,
         .path = "/x",
         .data = "z",
         .size = 1,
         .version = 0},
        {.kind = ZOOKEEPER_CHECK, .path = "/x", .version = 1},
        {.kind = ZOOKEEPER_DELETE, .path = "/old", .version = 0},
    };

    expect(OK, create(a, "/old", "", 0));
    expect(OK, multi(a, writes, 5));
    expect(OK, get(b, "/x", NULL));
    assert_string_equal(got.data, "z");
    expect(OK, get(b, "/x/y", NULL));
    assert_true(got.stat.owner == zookeeper_session(a->z));
    expect(NO_NODE, exists(b, "/old", NULL));
}

static void a_multi_that_fails_does_none_of_it_and_says_which_failed(void)
{
    static const struct {
        struct zookeeper_write last;
        enum zookeeper_result result;
    } cases[] = {
        {{.kind = ZOOKEEPER_CREATE, .path = "/old"}, ZOOKEEPER_NODE_EXISTS},
        {{.kind = ZOOKEEPER_CREATE, .path = "/no/x"}, ZOOKEEPER_NO_NODE},
        {{.kind = ZOOKEEPER_SET, .path = "/old", .version = 7},
         ZOOKEEPER_BAD_VERSION},
        {{.kind = ZOOKEEPER_CHECK, .path = "/old", .version = 7},
         ZOOKEEPER_BAD_VERSION},
        {{.kind = ZOOKEEPER_CHECK, .path = "/no", .version = ANY},
         ZOOKEEPER_NO_NODE},
        {{.kind = ZOOKEEPER_DELETE, .path = "/full", .version = ANY},
         ZOOKEEPER_NOT_EMPTY},
    };

    expect(OK, create(a, "/old", "old", 0));
    expect(OK, create(a, "/gone", "here", 0));
    expect(OK, create(a, "/full", "", 0));
    expect(OK, create(a, "/full/x", "", 0));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct zookeeper_write writes[] = {
            {.kind = ZOOKEEPER_CREATE, .path = "/x", .data = "x", .size = 1},
            {.kind = ZOOKEEPER_SET,
             .path = "/old",
             .data = "new",
             .size = 3,
             .version = 0},
            {.kind = ZOOKEEPER_DELETE, .path = "/gone", .version = 0},
            cases[i].last,
            {.kind = ZOOKEEPER_CREATE, .path = "/never"},
        };

        assert_int_equal(multi(a, writes, 5), cases[i].result);
        assert_int_equal(got.failed, 3);
        expect(NO_NODE, exists(b, "/x", NULL));
        expect(NO_NODE, exists(b, "/never", NULL));
        expect(OK, get(b, "/gone", NULL));
        assert_string_equal(got.data, "here");
        expect(OK, get(b, "/old", NULL));
        assert_string_equal(got.data, "old");
        assert_int_equal(got.stat.version, 0);
    }
}

static void a_check_fences_off_who_has_an_old_version(void)
{
    const struct zookeeper_write writes[] = {
        {.kind = ZOOKEEPER_CHECK, .path = "/epoch", .version = 0},
        {.kind = ZOOKEEPER_SET,
         .path = "/x",
         .data = "a",
         .size = 1,
         .version = ANY},
    };

    expect(OK, create(a, "/epoch", "a", 0));
    expect(OK, create(a, "/x", "", 0));
    expect(OK, multi(a, writes, 2));
    expect(OK, multi(a, writes, 1)); /* alone */
    expect(OK, set(b, "/epoch", "b", 0));
    expect(BAD_VERSION, multi(a, writes, 2));
    expect(BAD_VERSION, multi(a, writes, 1));
    assert_int_equal(got.failed, 0);
    expect(OK, get(b, "/x", NULL));
    assert_int_equal(got.stat.version, 1);
}

/* -- watches --------------------------------------------------------------- */

/* Everything that a was told before has come: it is told of what came last. */
static void all_came(void)
{
    struct zookeeper_bell *last = zookeeper_bell_new();

    expect(OK, create(b, "/last", "", 0));
    expect(OK, exists(a, "/last", last));
    expect(OK, delete (b, "/last", ANY));
    zookeeper_await(&last->n, 1);
}

static void a_watch_wakes_once_when_the_value_changes(void)
{
    struct zookeeper_bell *bell = zookeeper_bell_new();

    expect(OK, create(a, "/x", "", 0));
    expect(OK, get(a, "/x", bell));
    expect(OK, create(b, "/x/y", "", 0)); /* is no change of it */
    all_came();
    assert_int_equal(bell->n, 0);
    expect(OK, set(b, "/x", "1", ANY));
    expect(OK, set(b, "/x", "2", ANY));
    zookeeper_await(&bell->n, 1);
    all_came();
    assert_int_equal(bell->n, 1);
    expect(OK, get(a, "/x", bell));
    assert_string_equal(got.data, "2");
    expect(OK, set(b, "/x", "3", ANY));
    zookeeper_await(&bell->n, 2);
}

static void a_watch_wakes_when_the_node_comes_and_when_it_goes(void)
{
    struct zookeeper_bell *by_get = zookeeper_bell_new(),
                          *by_exists = zookeeper_bell_new();

    expect(NO_NODE, get(a, "/x", by_get));
    expect(NO_NODE, exists(a, "/x", by_exists));
    expect(OK, create(b, "/x", "", 0));
    zookeeper_await(&by_get->n, 1);
    zookeeper_await(&by_exists->n, 1);
    expect(OK, get(a, "/x", by_get));
    expect(OK, exists(a, "/x", by_exists));
    expect(OK, delete (b, "/x", ANY));
    zookeeper_await(&by_get->n, 2);
    zookeeper_await(&by_exists->n, 2);
}

static void a_watch_of_children_wakes_when_one_comes_or_goes(void)
{
    struct zookeeper_bell *bell = zookeeper_bell_new();

    expect(OK, create(a, "/x", "", 0));
    expect(OK, children(a, "/x", bell));
    expect(OK, set(b, "/x", "1", ANY));
    all_came();
    assert_int_equal(bell->n, 0);
    expect(OK, create(b, "/x/y", "", 0));
    zookeeper_await(&bell->n, 1);
    expect(OK, children(a, "/x", bell));
    expect(OK, set(b, "/x/y", "1", ANY));
    expect(OK, create(b, "/x/y/z", "", 0));
    all_came();
    assert_int_equal(bell->n, 1);
    expect(OK, delete (b, "/x/y/z", ANY));
    expect(OK, delete (b, "/x/y", ANY));
    zookeeper_await(&bell->n, 2);
    expect(OK, children(a, "/x", bell));
    expect(OK, delete (b, "/x", ANY));
    zookeeper_await(&bell->n, 3);
}

static void a_watch_of_children_wakes_when_their_parent_comes(void)
{
    struct zookeeper_bell *bell = zookeeper_bell_new();

    expect(NO_NODE, children(a, "/x", bell));
    expect(OK, create(b, "/x", "", 0));
    zookeeper_await(&bell->n, 1);
}

static void all_who_wait_for_a_node_are_woken_but_not_who_was_cleared(void)
{
    struct zookeeper_bell *first = zookeeper_bell_new(),
                          *second = zookeeper_bell_new();
    struct zookeeper_bell *cleared = zookeeper_bell_new();

    expect(OK, create(a, "/x", "", 0));
    expect(OK, get(a, "/x", first));
    expect(OK, get(a, "/x", cleared));
    expect(OK, get(a, "/x", second));
    expect(OK, get(a, "/x", second)); /* twice is once */
    zookeeper_watch_clear(&cleared->watch);
    expect(OK, set(b, "/x", "1", ANY));
    zookeeper_await(&first->n, 1);
    zookeeper_await(&second->n, 1);
    all_came();
    assert_int_equal(first->n, 1);
    assert_int_equal(second->n, 1);
    assert_int_equal(cleared->n, 0);
}

static void a_multi_that_fails_wakes_nobody(void)
{
    const struct zookeeper_write writes[] = {
        {.kind = ZOOKEEPER_SET, .path = "/x", .version = ANY},
        {.kind = ZOOKEEPER_CHECK, .path = "/x", .version = 7},
    };
    struct zookeeper_bell *bell = zookeeper_bell_new();

    expect(OK, create(a, "/x", "", 0));
    expect(OK, get(a, "/x", bell));
    expect(BAD_VERSION, multi(b, writes, 2));
    all_came();
    assert_int_equal(bell->n, 0);
}

/* -- all of them ----------------------------------------------------------- */

static void run_case(void **state)
{
    void (*const *fn)(void) = *state;

    zookeeper_world->begin();
    a = zookeeper_user_new();
    b = zookeeper_user_new();
    got = (struct zookeeper_got){0};
    zookeeper_bells_forget();
    (*fn)();
    zookeeper_got_free(&got);
    zookeeper_user_free(a);
    zookeeper_user_free(b);
    zookeeper_world->end();
}

#define CASE(name)                                                             \
    {                                                                          \
#name, name                                                            \
    }

int zookeeper_contract_run(const struct zookeeper_world *world)
{
    static struct {
        const char *name;
        void (*fn)(void);
    } cases[] = {
        CASE(a_client_is_away_until_it_is_told_that_it_is_connected),
        CASE(who_is_freed_with_requests_under_way_is_answered_before),
        CASE(a_node_is_read_as_it_was_created),
        CASE(a_value_may_be_empty),
        CASE(a_value_may_have_512_kib_of_any_bytes_and_no_more),
        CASE(the_values_of_a_multi_have_512_kib_together),
        CASE(paths_that_are_none_are_refused),
        CASE(a_parent_must_be_there),
        CASE(a_node_is_created_once),
        CASE(what_is_not_there_is_not_found),
        CASE(the_root_is_a_node_that_cannot_be_deleted),
        CASE(a_set_asks_for_a_version_and_makes_the_next),
        CASE(a_delete_asks_for_a_version_and_for_no_children),
        CASE(children_are_names_in_order),
        CASE(requests_are_carried_out_in_their_order),
        CASE(an_ephemeral_node_goes_with_its_session),
        CASE(an_ephemeral_node_has_no_children),
        CASE(sequence_numbers_rise_and_a_prefix_finds_its_node),
        CASE(a_multi_does_all_of_it),
        CASE(a_multi_that_fails_does_none_of_it_and_says_which_failed),
        CASE(a_check_fences_off_who_has_an_old_version),
        CASE(a_watch_wakes_once_when_the_value_changes),
        CASE(a_watch_wakes_when_the_node_comes_and_when_it_goes),
        CASE(a_watch_of_children_wakes_when_one_comes_or_goes),
        CASE(a_watch_of_children_wakes_when_their_parent_comes),
        CASE(all_who_wait_for_a_node_are_woken_but_not_who_was_cleared),
        CASE(a_multi_that_fails_wakes_nobody),
    };
    enum { N = sizeof(cases) / sizeof(cases[0]) };
    struct CMUnitTest tests[N] = {0};

    zookeeper_world = world;
    for (size_t i = 0; i < N; i++) {
        tests[i].name = cases[i].name;
        tests[i].test_func = run_case;
        tests[i].initial_state = &cases[i].fn;
    }
    return _cmocka_run_group_tests("zookeeper", tests, N, NULL, NULL);
}
