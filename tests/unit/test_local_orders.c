/* test_local_orders.c - lines that are typed become words. */
#include "tests/support/cmocka_all.h"
#include "cli/local_orders.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG_ENOUGH_NS INT64_C(30000000000)

static char directory[256], pipe_path[300];
static struct loop *loop;
static struct local_orders *orders;
static int writer;
static char heard[4096]; /* each line as "[word word]" */

static void hear(void *arg, int argc, char **argv)
{
    (void)arg;
    assert_null(argv[argc]);
    for (int i = 0; i < argc; i++) {
        strcat(heard, i == 0 ? "[" : " ");
        strcat(heard, argv[i]);
    }
    strcat(heard, "]");
    if (strcmp(argv[0], "end") == 0)
        loop_end(loop);
}

static int setup(void **state)
{
    const char *in = getenv("TMPDIR");
    gale_err error;

    (void)state;
    snprintf(directory, sizeof(directory), "%s/orders-XXXXXX",
             in ? in : "/tmp");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", directory);
    heard[0] = '\0';
    loop = loop_new(env_posix());
    if (mkfifo(pipe_path, 0600) != 0)
        return -1;
    orders = local_orders_new(loop, pipe_path, hear, NULL, &error);
    writer = open(pipe_path, O_WRONLY | O_CLOEXEC);
    return orders != NULL && writer >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    close(writer);
    local_orders_free(orders);
    loop_free(loop);
    unlink(pipe_path);
    return rmdir(directory);
}

static void say(const char *text)
{
    assert_int_equal(write(writer, text, strlen(text)), strlen(text));
}

static void hear_all(void)
{
    say("\nend\n");
    if (!loop_run_for(loop, LONG_ENOUGH_NS))
        fail_msg("the last line was not heard; before: %s", heard);
}

static void a_line_is_its_words(void **state)
{
    static const struct {
        const char *said, *heard;
    } cases[] = {
        {"kill worker 0\n", "[kill worker 0]"},
        {"status\nkill nimbus\n", "[status][kill nimbus]"},
        {"  a\t b \r\n", "[a b]"},
        {"\n \n\t\n", ""},
        {"no newline", "[no newline]"}, /* one comes with the next line */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char expected[100];

        heard[0] = '\0';
        say(cases[i].said);
        hear_all();
        snprintf(expected, sizeof(expected), "%s[end]", cases[i].heard);
        assert_string_equal(heard, expected);
    }
}

static void a_line_in_pieces_and_from_one_after_the_other_is_one(void **state)
{
    (void)state;
    say("kill wor");
    close(writer);
    writer = open(pipe_path, O_WRONLY | O_CLOEXEC);
    say("ker 1");
    hear_all();
    assert_string_equal(heard, "[kill worker 1][end]");
}

static void what_is_longer_than_a_line_is_cut(void **state)
{
    char line[LOCAL_ORDERS_LINE + 100];

    (void)state;
    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    say(line);
    hear_all();
    assert_int_equal(strspn(heard + 1, "x"), LOCAL_ORDERS_LINE);
    assert_string_equal(heard + 1 + LOCAL_ORDERS_LINE, "][end]");
}

static void words_beyond_the_last_are_left_out(void **state)
{
    char line[2 * (LOCAL_ORDERS_WORDS + 5) + 1] = "";

    (void)state;
    for (int i = 0; i < LOCAL_ORDERS_WORDS + 5; i++)
        strcat(line, "x ");
    say(line);
    hear_all();
    assert_int_equal(strspn(heard + 1, "x "), 2 * LOCAL_ORDERS_WORDS - 1);
    assert_string_equal(heard + 2 * LOCAL_ORDERS_WORDS, "][end]");
}

static void what_is_no_pipe_is_refused(void **state)
{
    char missing[300];
    const struct {
        const char *from, *says;
    } cases[] = {
        {directory, "cannot open"}, /* for writing */
        {__FILE__, "is no pipe: a file would be read to its end"},
        {missing, "No such file or directory"},
    };

    (void)state;
    snprintf(missing, sizeof(missing), "%s/nothing", directory);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error;

        assert_null(local_orders_new(loop, cases[i].from, hear, NULL, &error));
        assert_non_null(strstr(error.text, "--commands: "));
        assert_non_null(strstr(error.text, cases[i].from));
        assert_non_null(strstr(error.text, cases[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_its_words, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_line_in_pieces_and_from_one_after_the_other_is_one, setup,
            teardown),
        cmocka_unit_test_setup_teardown(what_is_longer_than_a_line_is_cut,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(words_beyond_the_last_are_left_out,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_pipe_is_refused, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
