/* test_store_local.c - a directory of this machine: connectors/store_local.c.
 * */
#include "connectors/file_store.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/remove_tree.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char root[32];
static struct store *store;

static int set_up(void **state)
{
    char path[64];

    (void)state;
    snprintf(root, sizeof(root), "/tmp/gale-store-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof(path), "%s/a/b", root);
    store = store_local_make(path, true);
    assert_true(store->ops->begin(store));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store->ops->close(store);
    return remove_tree(root);
}

static void expect_content(const char *name, const char *expected)
{
    char found[64] = "";
    int64_t length;

    assert_true(store->ops->length(store, name, &length));
    assert_int_equal(length, strlen(expected));
    assert_true(store->ops->read(store, name, 0, found, (size_t)length));
    assert_string_equal(found, expected);
}

static void expect_problem(bool done, enum store_class class, const char *text)
{
    assert_false(done);
    assert_int_equal(store->problem.class, class);
    if (strstr(store->problem.text, text) == NULL)
        fail_msg("expected \"%s\", found \"%s\"", text, store->problem.text);
}

static void what_is_written_is_there_in_full_or_not_at_all(void **state)
{
    (void)state;
    assert_true(store->ops->create(store, "f", "one", 3));
    assert_true(store->ops->append(store, "f", 3, "two", 3));
    expect_content("f", "onetwo");
    expect_problem(store->ops->append(store, "f", 3, "x", 1), STORE_TRANSIENT,
                   "f has 6 bytes, expected 3");
    assert_true(store->ops->truncate(store, "f", 4));
    expect_content("f", "onet");
    assert_true(store->ops->create(store, "f", "new", 3));
    expect_content("f", "new");
}

static void what_is_done_already_can_be_done_again(void **state)
{
    (void)state;
    assert_true(store->ops->create(store, "_f", "one", 3));
    assert_true(store->ops->rename(store, "_f", "f"));
    assert_true(store->ops->rename(store, "_f", "f"));
    expect_content("f", "one");
    assert_true(store->ops->remove(store, "f"));
    assert_true(store->ops->remove(store, "f"));
    assert_true(store->ops->begin(store));
}

static void no_file_is_lost_by_a_name(void **state)
{
    (void)state;
    assert_true(store->ops->create(store, "_f", "one", 3));
    assert_true(store->ops->create(store, "f", "two", 3));
    expect_problem(store->ops->rename(store, "_f", "f"), STORE_NEVER,
                   "there is a file of that name");
    expect_content("_f", "one");
    expect_content("f", "two");
}

static void what_is_not_there_is_missing(void **state)
{
    int64_t length;
    char c;

    (void)state;
    expect_problem(store->ops->append(store, "f", 0, "x", 1), STORE_MISSING,
                   "cannot append to");
    expect_problem(store->ops->recover(store, "f"), STORE_MISSING,
                   "/f: No such");
    expect_problem(store->ops->length(store, "f", &length), STORE_MISSING,
                   "/f");
    expect_problem(store->ops->read(store, "f", 0, &c, 1), STORE_MISSING, "/f");
    expect_problem(store->ops->truncate(store, "f", 0), STORE_MISSING, "/f");
    expect_problem(store->ops->rename(store, "f", "g"), STORE_MISSING, "/f");
}

static void count_name(void *arg, const char *name)
{
    *(int *)arg += name[0] != '.';
}

static void files_are_listed(void **state)
{
    int n = 0;

    (void)state;
    store->ops->create(store, "f", "", 0);
    store->ops->create(store, "_g", "", 0);
    assert_true(store->ops->list(store, count_name, &n));
    assert_int_equal(n, 2);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_there_in_full_or_not_at_all),
        TEST(what_is_done_already_can_be_done_again),
        TEST(no_file_is_lost_by_a_name),
        TEST(what_is_not_there_is_missing),
        TEST(files_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
