/* test_submission_files.c - which files a topology needs on other machines. */
#include "cli/submission_files.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/remove_tree.h"
#include "topology-api/memory.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[] = "/tmp/gale-test-XXXXXX";

static int teardown(void **state)
{
    (void)state;
    return chdir("/") || remove_tree(top);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* Everything here is named from this directory. */
static int setup(void **state)
{
    (void)state;
    memcpy(strrchr(top, '-') + 1, "XXXXXX", 6);
    if (mkdtemp(top) == NULL || chdir(top) || mkdir("a", 0700) ||
        mkdir("b", 0700) || mkfifo("pipe", 0600) || symlink("a/x.so", "link"))
        return -1;
    write_file("a/x.so", "a plugin");
    write_file("a/y.so", "another");
    write_file("b/x.so", "a plugin");
    write_file("b/y.so", "something else");
    write_file("words.txt", "words");
    write_file("a b", "blank");
    return 0;
}

static int collect(struct submission_files *s, const char *own,
                   const char *const *data, uint32_t n_data, gale_err *error)
{
    struct model_plugin plugins[] = {{.file = (char *)"a/x.so"},
                                     {.file = (char *)"a/y.so"},
                                     {.file = (char *)"a/x.so"}};
    const struct model m = {
        .own_file = own, .n_plugins = 3, .plugins = plugins};

    return submission_files_collect(s, &m, data, n_data, error);
}

static void expect(const struct submission_files *s, uint32_t i,
                   const char *path, const char *name, bool plugin,
                   const char *content)
{
    struct digest hash = digest_of(content, strlen(content));

    assert_string_equal(s->paths[i], path);
    assert_string_equal(s->files[i].name, name);
    assert_int_equal(s->files[i].plugin, plugin);
    assert_int_equal(s->files[i].size, strlen(content));
    assert_true(digest_equal(&s->files[i].hash, &hash));
}

static void each_file_is_there_once(void **state)
{
    static const char *const data[] = {"words.txt", "./words.txt", "b/x.so"};
    struct submission_files s;
    gale_err error = {""};

    (void)state;
    assert_int_equal(collect(&s, "a/y.so", data, 3, &error), 0);
    assert_int_equal(s.n, 3);
    expect(&s, 0, "a/y.so", "y.so", true, "another");
    expect(&s, 1, "a/x.so", "x.so", true, "a plugin");
    expect(&s, 2, "words.txt", "words.txt", false, "words");
    submission_files_free(&s);
}

static void a_link_is_the_file_that_it_means(void **state)
{
    static const char *const data[] = {"link"};
    struct submission_files s;
    gale_err error = {""};

    (void)state;
    assert_int_equal(collect(&s, NULL, data, 1, &error), 0);
    assert_int_equal(s.n, 3);
    assert_string_equal(s.files[2].name, "link");
    assert_int_equal(s.files[2].size, 8);
    submission_files_free(&s);
}

static void what_cannot_be_shipped_is_refused(void **state)
{
    static const struct {
        const char *data;
        const char *error;
    } cases[] = {
        {"b/y.so",
         "a/y.so and b/y.so differ and have the same name, by which a "
         "worker has its files; give one another name"},
        {"nowhere",
         "cannot read nowhere, which is to be shipped: No such file"},
        {"a", "a is a directory; expected a file, whose content is shipped: "
              "name each file"},
        {"pipe", "cannot read pipe, which is to be shipped: it is no regular "
                 "file"},
        {"a b", "a b cannot be shipped under its name; expected 1 to 255 "
                "letters, digits"},
        {"a/..", "a/.. cannot be shipped under its name"},
        {"a/", "a/ cannot be shipped under its name"},
        {"gale.description",
         "gale.description cannot be shipped under its name, by which a worker "
         "has gale's own file; give it another"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct submission_files s;
        gale_err error = {""};

        assert_int_equal(collect(&s, NULL, &cases[i].data, 1, &error), -1);
        if (strstr(error.text, cases[i].error) != error.text)
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[i].error);
        submission_files_free(&s);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_file_is_there_once),
        TEST(a_link_is_the_file_that_it_means),
        TEST(what_cannot_be_shipped_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
