/*
 * test_file_bolt.c - bolts/file.c and connectors/file_sink.c: what is said
 * while nothing can be written, and when it can be again.
 */
#include "tests/support/kit_setup.h"
#include "tests/support/remove_tree.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static char root[32];

static int set_up(void **state)
{
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    snprintf(root, sizeof(root), "/tmp/gale-file-XXXXXX");
    return mkdtemp(root) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    return remove_tree(root);
}

/* No file of this process may be longer. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static gale_test *writer(void)
{
    gale_test *t = gale_test_bolt("file");

    gale_test_option(t, "directory", gale_cstr(root));
    gale_test_option(t, "sync.records", gale_int(1));
    gale_test_option(t, "retry.secs", gale_int(1));
    return t;
}

static bool has_said(gale_test *t, const char *text)
{
    return strstr(gale_test_log(t), text) != NULL;
}

/* The next record is the first one that is tried after others have failed. */
static void it_says_so_when_records_are_written_again_after_some_have_failed(
    void **state)
{
    gale_test *t = writer();
    uint64_t fails, comes;

    (void)state;
    gale_test_start(t);
    limit_files(0);
    fails = gale_test_feed(t, gale_cstr("one"));
    gale_test_advance(t, 5000);
    gale_test_expect_fate(t, fails, GALE_TEST_IS_FAILED);
    gale_test_expect_error(t, NULL, "1 records have waited for retry.secs");
    assert_false(has_said(t, "are written again"));
    limit_files(RLIM_INFINITY);
    comes = gale_test_feed(t, gale_cstr("two"));
    gale_test_expect_fate(t, comes, GALE_TEST_IS_ACKED);
    assert_true(has_said(t, "records are written again, to "));
    gale_test_end(t);
    gale_test_expect_fine(t);
    gale_test_free(t);
}

/* … and not of the file that its last record has filled. */
static void it_says_where_records_are_written_again(void **state)
{
    gale_test *t = writer();

    (void)state;
    gale_test_option(t, "rotate.bytes", gale_int(1));
    gale_test_start(t);
    limit_files(0);
    gale_test_feed(t, gale_cstr("one"));
    gale_test_advance(t, 150);
    limit_files(RLIM_INFINITY);
    gale_test_advance(t, 900);
    gale_test_expect(t, GALE_TEST_ACKED, 1);
    assert_true(has_said(t, "records are written again"));
    assert_false(has_said(t, "again, to \n"));
    gale_test_end(t);
    gale_test_expect_fine(t);
    gale_test_free(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_says_so_when_records_are_written_again_after_some_have_failed),
        TEST(it_says_where_records_are_written_again),
    };

    return cmocka_run_group_tests(tests, kit_setup, NULL);
}
