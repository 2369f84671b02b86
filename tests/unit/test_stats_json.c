/*
 * test_stats_json.c - the counters for programs.
 */
#include "tests/support/cmocka_all.h"
#include "cli/stats_json.h"
#include "tests/support/captured.h"
#include "tests/support/fake_local.h"
#include <string.h>

static const struct stats_run run = {"wordcount", GALE_LOCAL_COMPLETE, 1.5};

/* The JSON of a topology that ran; to be freed. */
static char *written(gale_local *l)
{
    struct captured c;

    assert_int_equal(stats_json_write(l, &run, captured_open(&c)), 0);
    captured_text(&c);
    return c.text;
}

static void expect_part(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("not found: %s\nin: %s", part, text);
}

static void it_is_one_line_about_the_run(void **state)
{
    gale_local l = {NULL, 0, NULL, 0, "split: no \"room\""};
    char *text = written(&l);

    (void)state;
    assert_string_equal(text, "{\"topology\":\"wordcount\",\"state\":"
                              "\"complete\",\"error\":\"split: no \\\"room\\\""
                              "\",\"seconds\":1.5,\"components\":[],"
                              "\"metrics\":[]}\n");
    free(text);
}

static void every_counter_of_a_spout_is_there(void **state)
{
    gale_local l = fake_local();
    char *text = written(&l);

    (void)state;
    expect_part(
        text,
        "{\"id\":\"lines\",\"plugin\":\"lines\",\"kind\":\"spout\","
        "\"executors\":1,\"tasks\":1,\"emitted\":1000,\"transferred\":1001,"
        "\"executed\":0,\"acked\":900,\"failed\":60,\"timed_out\":20,"
        "\"pending\":40,\"dead_letters\":0,\"dropped\":0,\"poisoned\":0,"
        "\"held\":0,\"stale\":0,"
        "\"queued\":0,\"errors\":0,\"capacity\":0,\"complete\":{\"n\":900,"
        "\"mean_ns\":"
        "1500000,\"p50_ns\":1200000,\"p99_ns\":4500000,\"p999_ns\":5000000,"
        "\"max_ns\":9000000},\"outputs\":[{\"stream\":\"default\",\"emitted\":"
        "1000,\"transferred\":1001,\"acked\":900,\"failed\":60,"
        "\"timed_out\":20,\"pending\":40,\"complete\":{\"n\":900,\"mean_ns\":"
        "1500000,\"p50_ns\":1200000,\"p99_ns\":4500000,\"p999_ns\":5000000,"
        "\"max_ns\":9000000}}],\"inputs\":[],"
        "\"last_error\":\"\"}");
    free(text);
}

static void a_bolt_has_inputs_and_its_last_error(void **state)
{
    gale_local l = fake_local();
    char *text = written(&l);

    (void)state;
    expect_part(text, "\"kind\":\"bolt\",\"executors\":2,\"tasks\":4");
    expect_part(text, "\"dropped\":1000,\"poisoned\":2,\"held\":0,"
                      "\"stale\":5,\"queued\":0");
    expect_part(text, "\"execute\":{\"n\":1001,\"mean_ns\":50.5");
    expect_part(text, "\"process\":{\"n\":0,");
    expect_part(text, "\"inputs\":[{\"component\":\"lines\",\"stream\":"
                      "\"default\",\"executed\":1001,\"acked\":990,"
                      "\"failed\":11,\"execute\":{\"n\":1001,\"mean_ns\":"
                      "50.5,\"p50_ns\":48,\"p99_ns\":120,\"p999_ns\":3000,"
                      "\"max_ns\":9000},\"process\":{\"n\":0,");
    expect_part(text, "\"last_error\":\"no \\\"room\\\"\\nleft\"");
    free(text);
}

static void metrics_keep_the_unit_of_their_plugin(void **state)
{
    gale_local l = fake_local();
    char *text = written(&l);

    (void)state;
    expect_part(text, "{\"component\":\"count\",\"name\":\"letters\",\"kind\":"
                      "\"counter\",\"value\":1234567}");
    expect_part(text, "\"kind\":\"histogram\",\"n\":100,\"mean\":50,\"p50\":48,"
                      "\"p99\":120,\"p999\":3000,\"max\":9000}");
    free(text);
}

static void a_full_disk_is_noticed(void **state)
{
    gale_local l = fake_local();
    FILE *full = fopen("/dev/full", "w");

    (void)state;
    if (full == NULL) {
        print_message("there is no /dev/full\n");
        skip();
    }
    assert_int_equal(stats_json_write(&l, &run, full), -1);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_one_line_about_the_run),
        cmocka_unit_test(every_counter_of_a_spout_is_there),
        cmocka_unit_test(a_bolt_has_inputs_and_its_last_error),
        cmocka_unit_test(metrics_keep_the_unit_of_their_plugin),
        cmocka_unit_test(a_full_disk_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
