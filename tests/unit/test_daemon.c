/* test_daemon.c - what a process is like that has become a daemon. */
#include "tests/support/cmocka_all.h"
#include "common/daemon.h"
#include "tests/support/remove_tree.h"
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static char directory[64];

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/gale-daemon-XXXXXX");
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_tree(directory);
    return 0;
}

static void say(void *arg, const char *text)
{
    (void)arg;
    fail_msg("%s", text);
}

static struct daemon_config *config_of(const char *override)
{
    struct daemon_config *c = daemon_config_new(say, NULL);
    char local[100];
    gale_err error;

    snprintf(local, sizeof(local), "storm.local.dir=%s", directory);
    assert_int_equal(daemon_config_override(c, local, &error), 0);
    assert_int_equal(daemon_config_override(c, override, &error), 0);
    return c;
}

static void its_memory_is_nobody_elses_unless_that_is_wanted(void **state)
{
    static const struct {
        const char *override;
        int dumpable;
    } cases[] = {
        {"gale.daemon.core=false", 0},
        {"gale.daemon.core=true", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct daemon d = {.name = "nimbus"};
        gale_err error = {""};

        prctl(PR_SET_DUMPABLE, 1);
        d.config = config_of(cases[i].override);
        assert_int_equal(daemon_begin(&d, true, &error), 0);
        assert_int_equal(prctl(PR_GET_DUMPABLE), cases[i].dumpable);
        daemon_end(&d);
        daemon_config_free((struct daemon_config *)(uintptr_t)d.config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            its_memory_is_nobody_elses_unless_that_is_wanted, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
