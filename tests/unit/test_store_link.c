/* test_store_link.c - what a worker gets of the store: files under names that
 * somebody else has said. */
#include "common/env.h"
#include "common/store.h"
#include "tests/support/bad_disk.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/store_place.h"
#include "topology-api/memory.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *in_top(const char *name)
{
    static char paths[2][PATH_MAX];
    static unsigned last;
    char *path = paths[++last % 2];

    snprintf(path, PATH_MAX, "%s/%s", store_place_top, name);
    return path;
}

static void expect_file(const char *name, const char *text)
{
    char found[100] = "";
    FILE *f = fopen(in_top(name), "r");

    assert_non_null(f);
    assert_int_equal(fread(found, 1, sizeof(found) - 1, f), strlen(text));
    assert_string_equal(found, text);
    fclose(f);
}

static unsigned n_in_top(void)
{
    DIR *dir = opendir(store_place_top);
    const struct dirent *entry;
    unsigned n = 0;

    while ((entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.' && strcmp(entry->d_name, "store") != 0;
    closedir(dir);
    return n;
}

/* Twice, over another file, and where the disk has no second names. */
static void a_worker_gets_a_file_under_a_name_of_its_own(void **state)
{
    static const int links[] = {0, EXDEV, EPERM, EMLINK};
    struct store *s = store_place_open(bad_disk_new());
    struct digest hash, other;
    gale_err error = {""};

    (void)state;
    assert_int_equal(store_put(s, "text", 4, &hash, &error), 0);
    assert_int_equal(store_put(s, "other", 5, &other, &error), 0);
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        bad_disk.link = links[i];
        assert_int_equal(
            store_link_into(s, &other, store_place_top, "a.so", &error), 0);
        expect_file("a.so", "other");
        for (int twice = 0; twice < 2; twice++)
            if (store_link_into(s, &hash, store_place_top, "a.so", &error))
                fail_msg("%s", error.text);
        expect_file("a.so", "text");
        assert_int_equal(n_in_top(), 1);
    }
    store_remove(s, &hash);
    expect_file("a.so", "text");
    store_close(s);
}

/* Also a copy, where there is no second name; but nothing that nobody gets. */
static void what_is_shown_may_be_read_by_whoever_gets_there(void **state)
{
    static const int links[] = {0, EXDEV};
    struct store *s = store_place_open(bad_disk_new());
    gale_err error = {""};
    struct digest hash, other;
    struct stat status;
    char *path;

    (void)state;
    assert_int_equal(store_put(s, "other", 5, &other, &error), 0);
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        bad_disk.link = links[i];
        assert_int_equal(store_put(s, i ? "a" : "b", 1, &hash, &error), 0);
        assert_int_equal(
            store_link_into(s, &hash, store_place_top, "a.so", &error), 0);
        assert_int_equal(stat(in_top("a.so"), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0400);
        store_show(s);
        assert_int_equal(
            store_link_into(s, &hash, store_place_top, "a.so", &error), 0);
        assert_int_equal(stat(in_top("a.so"), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0444);
        store_close(s);
        s = store_place_open(bad_disk_new());
    }
    path = store_path(s, &other);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0400);
    free(path);
    store_close(s);
}

static void a_name_from_outside_stays_in_the_directory(void **state)
{
    static const char *const names[] = {"",   ".",   "..", "../x", "a/b", "/x",
                                        "-x", ".so", "+x", "a b",  "a\n", "ü"};
    struct store *s = store_place_open(env_posix());
    struct digest hash;
    gale_err error = {""};

    (void)state;
    assert_int_equal(store_put(s, "text", 4, &hash, &error), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(
            store_link_into(s, &hash, store_place_top, names[i], &error), -1);
        assert_says(error, ", expected 1 to 255 letters, digits");
    }
    assert_int_equal(n_in_top(), 0);
    store_close(s);
}

static void what_cannot_be_placed_leaves_nothing(void **state)
{
    struct store *s = store_place_open(bad_disk_new());
    struct digest hash, gone = digest_of("gone", 4);
    gale_err error = {""};

    (void)state;
    assert_int_equal(store_put(s, "text", 4, &hash, &error), 0);
    assert_int_equal(store_link_into(s, &gone, store_place_top, "a.so", &error),
                     -1);
    assert_says(error, "cannot place a.so (");
    assert_says(error, "No such file or directory");
    bad_disk.link = EXDEV;
    bad_disk.write = ENOSPC;
    assert_int_equal(store_link_into(s, &hash, store_place_top, "a.so", &error),
                     -1);
    assert_says(error, "No space left on device");
    bad_disk.write = 0;
    bad_disk.rename = EIO;
    assert_int_equal(store_link_into(s, &hash, store_place_top, "a.so", &error),
                     -1);
    assert_int_equal(n_in_top(), 0);
    store_close(s);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, store_place_setup,                   \
                                    store_place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_shown_may_be_read_by_whoever_gets_there),
        TEST(a_worker_gets_a_file_under_a_name_of_its_own),
        TEST(a_name_from_outside_stays_in_the_directory),
        TEST(what_cannot_be_placed_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
