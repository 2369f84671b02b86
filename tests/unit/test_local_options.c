/*
 * test_local_options.c - the arguments of `gale local`. What is refused is in
 * tests/scenario/a_command.sh, with what is said about it.
 */
#include "tests/support/cmocka_all.h"
#include "cli/command.h"
#include "cli/local_options.h"

#define PARSE(o, ...)                                                          \
    local_options_parse(                                                       \
        o, (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)),            \
        (char *[]){__VA_ARGS__, NULL})

static void a_file_alone_leaves_the_defaults(void **state)
{
    char *argv[] = {"local", "wordcount.so", NULL};
    struct local_options o;

    (void)state;
    assert_int_equal(local_options_parse(&o, 2, argv), EXIT_OK);
    assert_string_equal(o.file, "wordcount.so");
    assert_int_equal(o.argc, 0);
    assert_null(o.argv[0]);
    assert_int_equal(o.ttl_ms, -1);
    assert_int_equal(o.carriers, 0);
    assert_null(o.state_dir);
    assert_null(o.stats);
    assert_false(o.quiet);
    local_options_free(&o);
}

static void every_option_is_taken(void **state)
{
    struct local_options o;

    (void)state;
    assert_int_equal(PARSE(&o, "local", "-c", "a=1", "-cb=x=y", "--config",
                           "one.yaml", "--config=two.yaml", "--local-ttl",
                           "0.25", "--state", "dir", "--carriers", "8",
                           "--stats", "s.json", "-q", "--filter", "p",
                           "--env-filter", "wordcount"),
                     EXIT_OK);
    assert_int_equal(o.n_overrides, 2);
    assert_string_equal(o.overrides[0], "a=1");
    assert_string_equal(o.overrides[1], "b=x=y");
    assert_int_equal(o.n_configs, 2);
    assert_string_equal(o.configs[1], "two.yaml");
    assert_int_equal(o.ttl_ms, 250);
    assert_string_equal(o.state_dir, "dir");
    assert_int_equal(o.carriers, 8);
    assert_string_equal(o.stats, "s.json");
    assert_true(o.quiet);
    assert_string_equal(o.yaml.filter, "p");
    assert_non_null(o.yaml.env);
    local_options_free(&o);
}

static void what_follows_the_file_is_the_topologys(void **state)
{
    char *argv[] = {"local", "-q", "wordcount", "-c", "x", "--carriers", NULL};
    struct local_options o;

    (void)state;
    assert_int_equal(local_options_parse(&o, 6, argv), EXIT_OK);
    assert_int_equal(o.argc, 3);
    assert_string_equal(o.argv[0], "-c");
    assert_string_equal(o.argv[2], "--carriers");
    assert_int_equal(o.n_overrides, 0);
    local_options_free(&o);
}

static void two_dashes_end_the_options(void **state)
{
    char *argv[] = {"local", "--", "-odd-name.so", "--", NULL};
    struct local_options o;

    (void)state;
    assert_int_equal(local_options_parse(&o, 4, argv), EXIT_OK);
    assert_string_equal(o.file, "-odd-name.so");
    assert_int_equal(o.argc, 1);
    assert_string_equal(o.argv[0], "--");
    local_options_free(&o);
}

static void the_shortest_time_to_live_is_a_millisecond(void **state)
{
    struct local_options o;

    (void)state;
    assert_int_equal(PARSE(&o, "local", "--local-ttl", "1e-9", "x"), EXIT_OK);
    assert_int_equal(o.ttl_ms, 1);
    local_options_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_alone_leaves_the_defaults),
        cmocka_unit_test(every_option_is_taken),
        cmocka_unit_test(what_follows_the_file_is_the_topologys),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(the_shortest_time_to_live_is_a_millisecond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
