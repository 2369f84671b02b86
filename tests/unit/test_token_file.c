/* test_token_file.c - the file of the token: made once, and its owner's alone.
 */
#include "tests/support/cmocka_all.h"
#include "common/token_file.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/gale-test-XXXXXX";
static const char path[] = "token";

static int setup(void **state)
{
    (void)state;
    memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
    return mkdtemp(directory) != NULL ? chdir(directory) : -1;
}

/* How many files there are, which are removed if that is asked for. */
static int files(bool remove_them)
{
    DIR *dir = opendir(".");
    const struct dirent *entry;
    int n = 0;

    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        n++;
        if (remove_them && unlink(entry->d_name) != 0)
            rmdir(entry->d_name);
    }
    closedir(dir);
    return n;
}

static int teardown(void **state)
{
    (void)state;
    files(true);
    return chdir("/") || rmdir(directory);
}

static struct token made(void)
{
    struct token token;
    gale_err error = {""};

    if (token_file_make(env_posix(), path, &token, &error) != 0)
        fail_msg("%s", error.text);
    return token;
}

static void put(const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_refused(const char *expected)
{
    struct token token;
    gale_err error = {""}, again = {""};

    assert_int_equal(token_file_read(path, &token, &error), -1);
    if (strstr(error.text, expected) == NULL)
        fail_msg("\"%s\" is not in: %s", expected, error.text);
    /* Making one takes no other's place. */
    assert_int_equal(token_file_make(env_posix(), path, &token, &again), -1);
    assert_string_equal(again.text, error.text);
}

static const char good[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";

static void the_first_start_makes_a_token_that_only_its_owner_reads(
    void **state)
{
    struct token token = made(), read;
    struct stat s;
    gale_err error;

    (void)state;
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 07777, 0600);
    assert_int_equal(s.st_size, 65);
    assert_int_equal(token_file_read(path, &read, &error), 0);
    assert_true(digest_equal(&read.secret, &token.secret));
    assert_int_equal(files(false), 1); /* nothing is left beside it */
}

static void every_later_start_finds_the_same(void **state)
{
    struct token first = made(), second = made();

    (void)state;
    assert_true(digest_equal(&first.secret, &second.secret));
}

static void a_token_may_be_written_by_hand(void **state)
{
    struct token token;
    gale_err error;
    char text[DIGEST_HEX];

    (void)state;
    put(good, 0600);
    assert_int_equal(token_file_read(path, &token, &error), 0);
    digest_hex(&token.secret, text);
    assert_memory_equal(text, good, 64);
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(token_file_read(path, &token, &error), 0);
}

static void without_a_token_it_is_said_where_to_get_one(void **state)
{
    struct token token;
    gale_err error;

    (void)state;
    assert_int_equal(token_file_read(path, &token, &error), -1);
    assert_string_equal(error.text, "there is no cluster token token: copy "
                                    "that of a nimbus, with mode 0600");
}

static void a_token_that_others_may_read_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0644, 0610};

    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        char expected[64];

        put(good, modes[i]);
        snprintf(expected, sizeof(expected), "(mode %04o, expected 0600)",
                 modes[i]);
        assert_refused(expected);
    }
}

static void a_symbolic_link_is_refused(void **state)
{
    (void)state;
    put(good, 0600);
    assert_int_equal(rename(path, "elsewhere"), 0);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_refused("is a symbolic link");
}

/* What a link to nowhere points to is not made. */
static void a_link_to_nowhere_is_refused(void **state)
{
    (void)state;
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_refused("is a symbolic link");
    assert_int_equal(files(false), 1);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused("is no regular file");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused("is no regular file"); /* and does not hold it up */
}

static void a_damaged_token_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8\n",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85g\n",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\n",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(texts[i], 0600);
        assert_refused("is damaged: expected 64 hexadecimal digits");
    }
}

static void a_token_of_another_owner_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root can give a file away\n");
        skip();
    }
    put(good, 0600);
    assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
    assert_refused("belongs to user 12345, expected 0, who runs this");
}

static void no_sentence_has_a_digit_of_the_token_in_it(void **state)
{
    struct token token;
    gale_err error;

    (void)state;
    put(good, 0644);
    assert_int_equal(token_file_read(path, &token, &error), -1);
    assert_null(strstr(error.text, "e3b0"));
    put("e3b0c44298fc1c14\n", 0600);
    assert_int_equal(token_file_read(path, &token, &error), -1);
    assert_null(strstr(error.text, "e3b0"));
}

static void a_directory_that_is_not_there_is_named(void **state)
{
    struct token token;
    gale_err error;

    (void)state;
    assert_int_equal(token_file_make(env_posix(), "none/token", &token, &error),
                     -1);
    assert_string_equal(error.text, "cannot make the cluster token none/token: "
                                    "No such file or directory");
}

/* -- several at the same time ---------------------------------------------- */

enum { STARTERS = 8, ROUNDS = 40 };

static pthread_barrier_t start;

static void *make_one(void *arg)
{
    struct token *token = arg;
    gale_err error;

    pthread_barrier_wait(&start);
    return token_file_make(env_posix(), path, token, &error) == 0 ? arg : NULL;
}

static void of_several_first_starts_all_get_the_same_token(void **state)
{
    struct token tokens[STARTERS];
    pthread_t threads[STARTERS];

    (void)state;
    pthread_barrier_init(&start, NULL, STARTERS);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < STARTERS; i++)
            assert_int_equal(
                pthread_create(&threads[i], NULL, make_one, &tokens[i]), 0);
        for (int i = 0; i < STARTERS; i++) {
            void *result;

            pthread_join(threads[i], &result);
            assert_non_null(result);
        }
        for (int i = 1; i < STARTERS; i++)
            assert_true(digest_equal(&tokens[0].secret, &tokens[i].secret));
        assert_int_equal(files(true), 1);
    }
    pthread_barrier_destroy(&start);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_start_makes_a_token_that_only_its_owner_reads),
        TEST(every_later_start_finds_the_same),
        TEST(a_token_may_be_written_by_hand),
        TEST(without_a_token_it_is_said_where_to_get_one),
        TEST(a_token_that_others_may_read_is_refused),
        TEST(a_symbolic_link_is_refused),
        TEST(a_link_to_nowhere_is_refused),
        TEST(what_is_no_file_is_refused),
        TEST(a_damaged_token_is_refused),
        TEST(a_token_of_another_owner_is_refused),
        TEST(no_sentence_has_a_digit_of_the_token_in_it),
        TEST(a_directory_that_is_not_there_is_named),
        TEST(of_several_first_starts_all_get_the_same_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
