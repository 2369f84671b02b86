/*
 * test_store.c - files by their content: whole or not there, whatever comes in
 * and whenever it ends. On a disk, on one of a simulated world, and on one that
 * fails. What a worker gets of it: test_store_link.c.
 */
#include "common/env.h"
#include "common/store.h"
#include "simulator/world.h"
#include "tests/support/bad_disk.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/store_place.h"
#include "topology-api/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- places ---------------------------------------------------------------- */

/* Files in the store's directory but its lock. */
static unsigned n_files(void)
{
    DIR *dir = opendir(store_place);
    const struct dirent *entry;
    unsigned n = 0;

    while ((entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.' && strcmp(entry->d_name, "lock") != 0;
    closedir(dir);
    return n;
}

/* -- what goes in comes out ------------------------------------------------ */

static void begin(struct store *s, const char *text, struct store_id *id)
{
    struct digest hash = digest_of(text, strlen(text));
    gale_err error = {""};

    if (store_begin(s, &hash, strlen(text), 1000, id, &error))
        fail_msg("%s", error.text);
}

static void put_in_pieces(struct store *s, const char *text, size_t piece)
{
    size_t size = strlen(text), n;
    struct store_id id;
    gale_err error = {""};

    begin(s, text, &id);
    for (size_t at = 0; at < size; at += n) {
        n = size - at < piece ? size - at : piece;
        assert_int_equal(store_append(s, id.text, at, text + at, n, &error), 0);
    }
    if (store_finish(s, id.text, &error))
        fail_msg("%s", error.text);
}

static void expect(struct store *s, const char *text)
{
    struct digest hash = digest_of(text, strlen(text));
    gale_err error = {""};
    uint64_t whole;
    size_t size;
    char *data;

    assert_true(store_has(s, &hash, &whole));
    assert_int_equal(whole, strlen(text));
    assert_int_equal(store_get(s, &hash, 1000, &data, &size, &error), 0);
    assert_int_equal(size, strlen(text));
    assert_string_equal(data, text);
    assert_int_equal(store_verify(s, &hash, &error), 0);
    free(data);
}

static void count(void *arg, const struct digest *hash)
{
    (void)hash;
    ++*(unsigned *)arg;
}

static void use(struct env *env)
{
    struct store *s = store_place_open(env);
    struct digest hash;
    char part[4];
    gale_err error = {""};
    unsigned n = 0;

    put_in_pieces(s, "a plugin", 3);
    put_in_pieces(s, "", 1);
    put_in_pieces(s, "another one", 100);
    put_in_pieces(s, "a plugin", 1); /* once more */
    assert_int_equal(store_put(s, "in memory", 9, &hash, &error), 0);
    expect(s, "a plugin");
    expect(s, "");
    expect(s, "another one");
    expect(s, "in memory");
    assert_int_equal(store_read(s, &hash, 3, part, 4, &error), 4);
    assert_memory_equal(part, "memo", 4);
    assert_int_equal(store_read(s, &hash, 7, part, 4, &error), 2);
    assert_int_equal(store_read(s, &hash, 90, part, 4, &error), 0);
    store_each(s, count, &n);
    assert_int_equal(n, 4);
    store_remove(s, &hash);
    assert_false(store_has(s, &hash, NULL));
    store_close(s);
}

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    use(env_posix());
    assert_int_equal(n_files(), 3);
}

static void so_it_is_on_a_simulated_disk(void **state)
{
    const struct world_options options = {.seed = 1, .n_cpus = 1};
    struct world *w = world_new(&options);

    (void)state;
    use(world_env(w));
    world_free(w);
}

static void it_is_there_when_the_store_is_opened_again(void **state)
{
    struct store *s = store_place_open(env_posix());

    (void)state;
    put_in_pieces(s, "a plugin", 3);
    store_close(s);
    s = store_place_open(env_posix());
    expect(s, "a plugin");
    store_close(s);
}

static void nobody_may_write_a_file_again(void **state)
{
    struct store *s = store_place_open(env_posix());
    struct digest hash;
    struct stat status;
    gale_err error;
    char *path;

    (void)state;
    assert_int_equal(store_put(s, "text", 4, &hash, &error), 0);
    path = store_path(s, &hash);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0400);
    free(path);
    store_close(s);
}

/* -- uploads that go wrong ------------------------------------------------- */

static void an_upload_of_the_wrong_bytes_is_refused(void **state)
{
    struct store *s = store_place_open(env_posix());
    struct store_id id;
    gale_err error = {""};

    (void)state;
    begin(s, "12345678", &id);
    assert_int_equal(store_append(s, id.text, 0, "1234567x", 8, &error), 0);
    assert_int_equal(store_finish(s, id.text, &error), -1);
    assert_says(error,
                "what has come has the SHA-256 "
                "f580a010a9c0a459bb2a032dd0683359167595bcc1f923212c097480"
                "df1936bf, expected ef797c8118f02dfb649607dd5d3f8c76");
    assert_int_equal(n_files(), 0);
    assert_int_equal(store_finish(s, id.text, &error), -1);
    assert_says(error, "there is no such upload");
    store_close(s);
}

/* What is refused changes nothing: the upload goes on. */
static void a_piece_that_does_not_fit_is_refused(void **state)
{
    static const struct {
        uint64_t offset;
        size_t size;
        const char *error;
    } cases[] = {
        {0, 4, "the upload has come to byte 4, found bytes from 0 on"},
        {5, 1, "the upload has come to byte 4, found bytes from 5 on"},
        {UINT64_MAX, 1, "found bytes from 18446744073709551615 on"},
        {4, 5, "more comes than the 8 bytes that the file was said to have"},
        {4, STORE_CHUNK_MAX + 1, "at once, expected at most 1048576"},
    };
    struct store *s = store_place_open(env_posix());
    char *bytes = xcalloc(1, STORE_CHUNK_MAX + 1);
    struct store_id id;
    gale_err error = {""};

    (void)state;
    begin(s, "12345678", &id);
    assert_int_equal(store_append(s, id.text, 0, "1234", 4, &error), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(store_append(s, id.text, cases[i].offset, bytes,
                                      cases[i].size, &error),
                         -1);
        assert_says(error, cases[i].error);
    }
    assert_int_equal(store_finish(s, id.text, &error), -1);
    assert_says(error, "4 bytes of the file have come, expected 8");
    assert_int_equal(store_append(s, id.text, 4, "5678", 4, &error), 0);
    assert_int_equal(store_finish(s, id.text, &error), 0);
    expect(s, "12345678");
    free(bytes);
    store_close(s);
}

static void an_upload_that_is_not_there_is_refused(void **state)
{
    static const char *const ids[] = {"", "x", "../lock", "lock",
                                      "00000000000000000000000000000000"};
    struct store *s = store_place_open(env_posix());
    struct store_id id;
    gale_err error = {""};

    (void)state;
    begin(s, "text", &id);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        assert_int_equal(store_append(s, ids[i], 0, "t", 1, &error), -1);
        assert_says(error, "there is no such upload; it was given up, or this "
                           "process began anew: upload the file again");
        assert_int_equal(store_finish(s, ids[i], &error), -1);
        store_abort(s, ids[i]);
    }
    assert_int_equal(n_files(), 1);
    store_close(s);
    assert_int_equal(n_files(), 0);
}

static void too_much_is_refused_before_it_comes(void **state)
{
    struct store *s = store_place_open(env_posix());
    struct digest hash = {{0}};
    struct store_id id;
    gale_err error = {""};

    (void)state;
    assert_int_equal(store_begin(s, &hash, 1001, 1000, &id, &error), -1);
    assert_string_equal(error.text,
                        "the file has 1001 bytes, at most 1000 are allowed");
    for (unsigned i = 0; i < STORE_UPLOADS_MAX; i++)
        begin(s, "text", &id);
    assert_int_equal(store_begin(s, &hash, 1, 1000, &id, &error), -1);
    assert_says(error, "64 files are being uploaded, which is the most");
    store_abort(s, id.text);
    begin(s, "text", &id);
    store_close(s);
}

static void uploads_that_stand_still_are_given_up(void **state)
{
    struct store *s = store_place_open(env_posix());
    struct store_id old, touched;
    gale_err error = {""};
    int64_t since;

    (void)state;
    begin(s, "old", &old);
    begin(s, "touched", &touched);
    since = env_posix()->ops->now(env_posix()) + 1;
    while (env_posix()->ops->now(env_posix()) < since)
        ;
    assert_int_equal(store_append(s, touched.text, 0, "touch", 5, &error), 0);
    assert_int_equal(store_expire(s, since), 1);
    assert_int_equal(n_files(), 1);
    assert_int_equal(store_append(s, old.text, 0, "o", 1, &error), -1);
    assert_int_equal(store_append(s, touched.text, 5, "ed", 2, &error), 0);
    assert_int_equal(store_finish(s, touched.text, &error), 0);
    store_close(s);
}

static void what_died_uploads_have_left_is_removed_at_the_start(void **state)
{
    struct store *s = store_place_open(env_posix());
    char name[PATH_MAX + 80];
    struct digest hash;
    gale_err error;
    FILE *left;

    (void)state;
    assert_int_equal(store_put(s, "text", 4, &hash, &error), 0);
    store_close(s);
    snprintf(name, sizeof(name), "%s/upload-0123456789abcdef", store_place);
    left = fopen(name, "w");
    assert_non_null(left);
    fclose(left);
    s = store_place_open(env_posix());
    assert_int_equal(n_files(), 1);
    expect(s, "text");
    store_close(s);
}

static void a_store_belongs_to_one_process(void **state)
{
    struct store *s = store_place_open(env_posix());
    gale_err error = {""};

    (void)state;
    assert_null(store_open(env_posix(), store_place, &error));
    assert_says(error, "is in use by another process; each daemon needs a "
                       "directory of its own");
    store_close(s);
    store_close(store_place_open(env_posix()));
}

/* -- disks that fail ------------------------------------------------------- */

static void a_disk_that_fails_leaves_nothing(void **state)
{
    static const struct {
        int *fails;
        int error;
        const char *text;
    } cases[] = {
        {&bad_disk.create, EACCES, "store: Permission denied"},
        {&bad_disk.write, ENOSPC,
         "store: No space left on device; make room there, and try again"},
        {&bad_disk.write, EDQUOT,
         "store: Disk quota exceeded; make room there"},
        {&bad_disk.sync, EIO, "store: Input/output error"},
        {&bad_disk.rename, EIO, "store: Input/output error"},
    };
    struct digest hash;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct store *s = store_place_open(bad_disk_new());
        gale_err error = {""};

        *cases[i].fails = cases[i].error;
        assert_int_equal(store_put(s, "text", 4, &hash, &error), -1);
        assert_says(error, "cannot store a file in ");
        assert_says(error, cases[i].text);
        assert_false(store_has(s, &hash, NULL));
        assert_int_equal(n_files(), 0);
        *cases[i].fails = 0;
        assert_int_equal(store_put(s, "text", 4, &hash, &error), 0);
        expect(s, "text");
        store_remove(s, &hash);
        store_close(s);
    }
}

static void a_damaged_file_is_found_and_removed(void **state)
{
    struct store *s = store_place_open(env_posix());
    struct digest hash;
    gale_err error = {""};
    char *path;
    int fd;

    (void)state;
    assert_int_equal(store_put(s, "text", 4, &hash, &error), 0);
    path = store_path(s, &hash);
    assert_int_equal(chmod(path, 0600), 0);
    fd = open(path, O_WRONLY);
    assert_int_equal(write(fd, "T", 1), 1);
    close(fd);
    assert_int_equal(store_verify(s, &hash, &error), -1);
    assert_says(error, "is damaged: its content has another SHA-256; it is "
                       "removed, and has to be fetched again");
    assert_false(store_has(s, &hash, NULL));
    assert_int_equal(store_verify(s, &hash, &error), -1);
    assert_says(error, "No such file or directory");
    free(path);
    store_close(s);
}

static void what_is_no_file_in_the_directory_is_not_there(void **state)
{
    struct store *s = store_place_open(env_posix());
    struct digest linked = digest_of("link", 4), made = digest_of("dir", 3);
    char *link_path = store_path(s, &linked), *dir_path = store_path(s, &made);
    gale_err error = {""};

    (void)state;
    assert_int_equal(symlink("/etc/passwd", link_path), 0);
    assert_int_equal(mkdir(dir_path, 0700), 0);
    assert_false(store_has(s, &linked, NULL));
    assert_false(store_has(s, &made, NULL));
    assert_int_equal(store_verify(s, &linked, &error), -1);
    assert_says(error, "Too many levels of symbolic links");
    free(link_path);
    free(dir_path);
    store_close(s);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, store_place_setup,                   \
                                    store_place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_goes_in_comes_out),
        TEST(so_it_is_on_a_simulated_disk),
        TEST(it_is_there_when_the_store_is_opened_again),
        TEST(nobody_may_write_a_file_again),
        TEST(an_upload_of_the_wrong_bytes_is_refused),
        TEST(a_piece_that_does_not_fit_is_refused),
        TEST(an_upload_that_is_not_there_is_refused),
        TEST(too_much_is_refused_before_it_comes),
        TEST(uploads_that_stand_still_are_given_up),
        TEST(what_died_uploads_have_left_is_removed_at_the_start),
        TEST(a_store_belongs_to_one_process),
        TEST(a_disk_that_fails_leaves_nothing),
        TEST(a_damaged_file_is_found_and_removed),
        TEST(what_is_no_file_in_the_directory_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
