/*
 * test_daemon_config.c - what daemons read from files and -c, and how they ask.
 */
#include "common/daemon_config.h"
#include "tests/support/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char path[64]; /* of the file that takes what a test writes */
static char warnings[1024];

static void note(void *arg, const char *text)
{
    size_t n = strlen(warnings);

    assert_ptr_equal(arg, path);
    snprintf(warnings + n, sizeof(warnings) - n, "%s\n", text);
}

static int setup(void **state)
{
    int fd;

    memcpy(path, "/tmp/gale-conf-XXXXXX", sizeof("/tmp/gale-conf-XXXXXX"));
    fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    warnings[0] = 0;
    *state = daemon_config_new(note, path);
    return 0;
}

static int teardown(void **state)
{
    daemon_config_free(*state);
    return unlink(path);
}

static int load(struct daemon_config *c, const char *text, gale_err *error)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return daemon_config_file(c, path, error);
}

static void must(int result, const gale_err *error)
{
    if (result)
        fail_msg("%s", error->text);
}

static void what_nobody_sets_has_its_default(void **state)
{
    const struct daemon_config *c = *state;

    assert_int_equal(daemon_config_int(c, "storm.zookeeper.port"), 2181);
    assert_string_equal(daemon_config_text(c, "storm.zookeeper.root"), "/gale");
    assert_int_equal(daemon_config_n(c, "storm.zookeeper.servers"), 1);
    assert_string_equal(daemon_config_text_at(c, "storm.zookeeper.servers", 0),
                        "localhost");
    assert_true(daemon_config_is_set(c, "storm.zookeeper.root"));
    assert_false(daemon_config_is_set(c, "storm.zookeeper.auth.payload"));
    assert_null(daemon_config_text(c, "storm.zookeeper.auth.payload"));
    assert_true(daemon_config_bool(c, "topology.enable.message.timeouts"));
}

static void the_command_line_comes_before_files_and_the_last_of_these_first(
    void **state)
{
    struct daemon_config *c = *state;
    gale_err error;

    must(load(c,
              "storm.zookeeper.port: 1\nstorm.zookeeper.root: /a\n"
              "storm.zookeeper.session.timeout: 5000\n",
              &error),
         &error);
    must(daemon_config_override(c, "storm.zookeeper.port=3", &error), &error);
    must(load(c, "storm.zookeeper.port: 2\nstorm.zookeeper.root: /b\n", &error),
         &error);
    assert_int_equal(daemon_config_int(c, "storm.zookeeper.port"), 3);
    assert_string_equal(daemon_config_text(c, "storm.zookeeper.root"), "/b");
    assert_int_equal(daemon_config_int(c, "storm.zookeeper.session.timeout"),
                     5000);
    assert_string_equal(warnings, "");
}

static void null_brings_the_default_back(void **state)
{
    struct daemon_config *c = *state;
    gale_err error;

    must(load(c, "storm.zookeeper.port: 1\n", &error), &error);
    must(daemon_config_override(c, "storm.zookeeper.port=null", &error),
         &error);
    assert_int_equal(daemon_config_int(c, "storm.zookeeper.port"), 2181);
}

static void lists_are_asked_element_by_element(void **state)
{
    struct daemon_config *c = *state;
    gale_err error;

    must(daemon_config_override(c, "storm.zookeeper.servers=[\"a\",\"b:2182\"]",
                                &error),
         &error);
    assert_int_equal(daemon_config_n(c, "storm.zookeeper.servers"), 2);
    assert_string_equal(daemon_config_text_at(c, "storm.zookeeper.servers", 1),
                        "b:2182");
    must(daemon_config_override(c, "topology.auto.task.hooks=one", &error),
         &error);
    assert_int_equal(daemon_config_n(c, "topology.auto.task.hooks"), 1);
    assert_string_equal(daemon_config_text_at(c, "topology.auto.task.hooks", 0),
                        "one");
    must(daemon_config_override(c, "topology.auto.task.hooks=null", &error),
         &error);
    assert_int_equal(daemon_config_n(c, "topology.auto.task.hooks"), 0);
}

static void a_key_of_nobody_is_kept_and_warned_of(void **state)
{
    struct daemon_config *c = *state;
    char sentence[300];
    gale_err error;

    must(load(c, "storm.zookeper.port: 9\nmy.own: [7]\n", &error), &error);
    snprintf(sentence, sizeof(sentence),
             "%s:1: storm.zookeper.port: unknown key; did you mean "
             "\"storm.zookeeper.port\"?\n%s:2: my.own: unknown key\n",
             path, path);
    assert_string_equal(warnings, sentence);
    assert_int_equal(daemon_config_value(c, "my.own").kind, GALE_LIST);
    assert_int_equal(daemon_config_value(c, "my.other").kind, GALE_NIL);
}

static void a_key_in_parts_is_shown_as_it_is_written_flat(void **state)
{
    char sentence[1000];
    gale_err error;

    assert_int_equal(load(*state,
                          "storm:\n  zookeeper:\n    port: 2182\n"
                          "storm.zookeeper:\n  auth.payload: \"bob:secret\"\n",
                          &error),
                     0);
    snprintf(sentence, sizeof(sentence),
             "%s:1: storm: unknown key; keys are written flat, as "
             "\"storm.zookeeper.port: 2182\"\n"
             "%s:4: storm.zookeeper: unknown key; keys are written flat, as "
             "\"storm.zookeeper.auth.payload: …\"\n",
             path, path);
    assert_string_equal(warnings, sentence);
}

static void what_is_wrong_is_refused_as_a_whole(void **state)
{
    struct daemon_config *c = *state;
    gale_err error;

    assert_int_equal(
        load(c, "storm.zookeeper.root: /x\nstorm.zookeeper.port: 65536\n",
             &error),
        -1);
    assert_non_null(strstr(error.text,
                           ":2: storm.zookeeper.port: found 65536, expected an "
                           "integer from 1 to 65535"));
    assert_string_equal(daemon_config_text(c, "storm.zookeeper.root"), "/gale");
    assert_int_equal(
        daemon_config_override(c, "storm.zookeeper.servers=here", &error), -1);
    assert_string_equal(error.text,
                        "command line: storm.zookeeper.servers: found "
                        "\"here\", expected a list of strings");
    assert_int_equal(daemon_config_override(c, "storm.zookeeper.port", &error),
                     -1);
    assert_string_equal(error.text,
                        "-c storm.zookeeper.port: expected key=value");
}

static void ask_for_another_type(void *c)
{
    daemon_config_int(c, "storm.zookeeper.root");
}

static void ask_for_what_is_not_set(void *c)
{
    daemon_config_int(c, "gale.worker.carriers");
}

static void ask_for_what_gale_does_not_use(void *c)
{
    daemon_config_text(c, "worker.childopts");
}

static void asking_wrongly_is_a_mistake_of_gales(void **state)
{
    assert_dies(ask_for_another_type, *state, "storm.zookeeper.root");
    assert_dies(ask_for_what_is_not_set, *state, "is not set");
    assert_dies(ask_for_what_gale_does_not_use, *state, "worker.childopts");
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_nobody_sets_has_its_default),
        test(the_command_line_comes_before_files_and_the_last_of_these_first),
        test(null_brings_the_default_back),
        test(lists_are_asked_element_by_element),
        test(a_key_of_nobody_is_kept_and_warned_of),
        test(a_key_in_parts_is_shown_as_it_is_written_flat),
        test(what_is_wrong_is_refused_as_a_whole),
        test(asking_wrongly_is_a_mistake_of_gales),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
