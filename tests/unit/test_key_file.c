/* test_key_file.c - the key of one role in a file. */
#include "common/key_file.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGITS                                                                 \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char directory[64], path[100];

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/gale-key-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/key", directory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static int read_it(enum token_role *role, struct digest *key, gale_err *error)
{
    error->text[0] = '\0';
    return key_file_read(path, role, key, error);
}

static void what_is_written_is_read(void **state)
{
    static const enum token_role roles[] = {TOKEN_READER, TOKEN_SUBMITTER,
                                            TOKEN_ADMIN};
    const struct token token = token_make(env_posix());
    enum token_role role;
    struct digest key;
    struct stat status;
    gale_err error;

    (void)state;
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        const struct digest written = token_role_key(&token, roles[i]);

        assert_int_equal(
            key_file_write(env_posix(), path, roles[i], &written, true, &error),
            0);
        assert_int_equal(read_it(&role, &key, &error), 0);
        assert_int_equal(role, roles[i]);
        assert_true(digest_equal(&key, &written));
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
}

static void put(const char *text)
{
    struct env *env = env_posix();

    assert_int_equal(env->ops->file_replace(env, path, text, strlen(text)), 0);
}

static int write_it(bool replace, gale_err *error)
{
    const struct digest key = digest_of("k", 1);

    error->text[0] = '\0';
    return key_file_write(env_posix(), path, TOKEN_READER, &key, replace,
                          error);
}

static void expect_content(const char *file, const char *text)
{
    struct env *env = env_posix();
    size_t size;
    void *data;

    assert_int_equal(env->ops->file_read(env, file, 1000, &data, &size), 0);
    assert_string_equal(data, text);
    free(data);
}

static void what_is_there_is_left_alone_but_for_a_key_if_that_is_said(
    void **state)
{
    static const struct {
        const char *content;
        bool replace;
        const char *sentence; /* NULL: it is replaced */
        mode_t mode;
    } cases[] = {
        {"reader " DIGITS "\n", false, "already, which is left alone", 0600},
        {"reader " DIGITS "\n", true, NULL, 0600},
        {"admin " DIGITS "\n", true, NULL, 0600},
        {DIGITS "\n", false, "already, which is left alone",
         0600}, /* a token */
        {DIGITS "\n", true, "being no key that `gale key` wrote", 0600},
        {"my letters\n", true, "being no key that `gale key` wrote", 0600},
        {"my letters\n", true, "wrote: expected a role, a blank", 0644},
        {"reader " DIGITS "\n", true, "others may read the key", 0644},
        {"", true, "being no key that `gale key` wrote", 0600},
    };
    gale_err error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put(cases[i].content);
        assert_int_equal(chmod(path, cases[i].mode), 0);
        if (cases[i].sentence == NULL) {
            assert_int_equal(write_it(cases[i].replace, &error), 0);
            continue;
        }
        assert_int_equal(write_it(cases[i].replace, &error), -1);
        assert_non_null(strstr(error.text, cases[i].sentence));
        expect_content(path, cases[i].content);
    }
}

/* Links, pipes, directories; each in this directory. */
static void what_is_no_file_is_never_replaced(void **state)
{
    char other[110];
    gale_err error;

    (void)state;
    snprintf(other, sizeof(other), "%s/other", directory);
    put("reader " DIGITS "\n");
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    for (int replace = 0; replace < 2; replace++) {
        assert_int_equal(write_it(replace, &error), -1);
        expect_content(other, "reader " DIGITS "\n");
    }
    assert_int_equal(unlink(other), 0); /* the link leads nowhere now */
    assert_int_equal(write_it(true, &error), -1);
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(write_it(true, &error), -1);
    assert_non_null(strstr(error.text, "no regular file"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(write_it(true, &error), -1);
    assert_int_equal(rmdir(path), 0);
}

static void what_is_damaged_is_no_key(void **state)
{
    static const char *const texts[] = {
        "",
        "reader",
        "reader " DIGITS,          /* no newline */
        "reader " DIGITS "0\n",    /* too long */
        "reader  " DIGITS "\n",    /* two blanks */
        "reader\n" DIGITS "\n",    /* none */
        DIGITS "\n",               /* a token */
        "nobody " DIGITS "\n",     /* no role */
        "readers " DIGITS "\n",    /* nor that */
        "reader " DIGITS "\nmore", /* something after it */
    };
    enum token_role role;
    struct digest key;
    gale_err error;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(texts[i]);
        if (read_it(&role, &key, &error) != -1 ||
            strstr(error.text, "is damaged: expected a role") == NULL)
            fail_msg("\"%s\": %s", texts[i], error.text);
    }
    put("reader " DIGITS "\n");
    assert_int_equal(read_it(&role, &key, &error), 0);
}

static void a_key_that_others_may_read_is_not_used(void **state)
{
    enum token_role role;
    struct digest key;
    gale_err error;

    (void)state;
    put("reader " DIGITS "\n");
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(read_it(&role, &key, &error), -1);
    assert_non_null(strstr(error.text, "others may read the key "));
}

static void without_a_file_it_says_how_one_is_made(void **state)
{
    enum token_role role;
    struct digest key;
    gale_err error;

    (void)state;
    unlink(path);
    assert_int_equal(read_it(&role, &key, &error), -1);
    assert_non_null(strstr(error.text, "`gale key` makes one"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),
        TEST(what_is_there_is_left_alone_but_for_a_key_if_that_is_said),
        TEST(what_is_no_file_is_never_replaced),
        TEST(what_is_damaged_is_no_key),
        TEST(a_key_that_others_may_read_is_not_used),
        TEST(without_a_file_it_says_how_one_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
