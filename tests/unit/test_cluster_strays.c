/* test_cluster_strays.c - which processes are of a cluster, by their commands
 * and marks; and their end. */
#include "tests/support/cmocka_all.h"
#include "cli/cluster_strays.h"
#include "tests/support/child.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void only_what_gale_has_started_there_is_of_it(void **state)
{
    static const struct {
        const char *what, *command; /* a blank between arguments */
        bool is_one;
        enum cluster_stray kind;
        const char *mark;
    } cases[] = {
        {"a nimbus",
         "gale nimbus --config /a/c/gale.yaml -c "
         "storm.local.dir=\"/a/c/nimbus-1\"",
         true, CLUSTER_STRAY_OTHER, ""},
        {"a supervisor",
         "gale supervisor -c storm.local.dir=\"/a/c/supervisor-1\"", true,
         CLUSTER_STRAY_SUPERVISOR, ""},
        {"a worker",
         "gale worker --topology t --supervisor "
         "/a/c/supervisor-2/supervisor/socket",
         true, CLUSTER_STRAY_WORKER,
         "/a/c/supervisor-2/supervisor/workers/t/0-1"},
        {"what a worker has started", "sleep 1", true, CLUSTER_STRAY_STARTED,
         "/a/c/supervisor-2/supervisor/workers/t/0-1"},
        {"what a worker of another cluster has started", "sleep 1", false,
         CLUSTER_STRAY_STARTED, "/a/cc/supervisor-2/supervisor/workers/t/0-1"},
        {"the writer of a log",
         "gale log-writer /a/c/supervisor-1/supervisor/logs/t/0 1 2", true,
         CLUSTER_STRAY_OTHER, ""},
        {"ZooKeeper", "java -cp x Main /a/c/zookeeper/zoo.cfg", true,
         CLUSTER_STRAY_OTHER, ""},
        {"a command that asks it", "gale list --config /a/c/gale.yaml", false,
         CLUSTER_STRAY_OTHER, ""},
        {"somebody's nimbus that reads its file",
         "gale nimbus --config /a/c/gale.yaml -c "
         "storm.local.dir=\"/var/lib/gale\"",
         false, CLUSTER_STRAY_OTHER, ""},
        {"one who reads its log", "tail -f /a/c/nimbus-1.log", false,
         CLUSTER_STRAY_OTHER, ""},
        {"an editor", "vi /a/c/zookeeper/zoo.cfg", false, CLUSTER_STRAY_OTHER,
         ""},
        {"a cluster beside it",
         "gale nimbus -c storm.local.dir=\"/a/cc/nimbus-1\"", false,
         CLUSTER_STRAY_OTHER, ""},
        {"a cluster below it",
         "gale nimbus -c storm.local.dir=\"/a/c/c/nimbus-1\"", false,
         CLUSTER_STRAY_OTHER, ""},
        {"a kernel's thread", "", false, CLUSTER_STRAY_OTHER, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct env_process_facts facts = {.runs = true};

        facts.size = strlen(cases[i].command);
        memcpy(facts.command, cases[i].command, facts.size);
        for (size_t k = 0; k < facts.size; k++)
            if (facts.command[k] == ' ')
                facts.command[k] = '\0';
        snprintf(facts.worker, sizeof(facts.worker), "%s", cases[i].mark);
        if (cluster_strays_is_one(&facts, "/a/c") != cases[i].is_one)
            fail_msg("%s: expected it to be %s", cases[i].what,
                     cases[i].is_one ? "one" : "none");
        if (cases[i].is_one && cluster_strays_kind(&facts) != cases[i].kind)
            fail_msg("%s: it is of another kind", cases[i].what);
        facts.runs = false;
        assert_false(cluster_strays_is_one(&facts, "/a/c"));
    }
}

/* A child of one who is found is found as well. */
static void who_still_runs_is_named_until_it_is_ended(void **state)
{
    struct loop *loop = loop_new(env_posix());
    struct cluster_strays strays = {.loop = loop, .path = "/l/strays"};
    char text[64], left[CLUSTER_STRAYS_TEXT];
    struct env_process *child;
    int out[2];

    (void)state;
    assert_int_equal(pipe(out), 0);
    child = child_sh("GALE_WORKER=/l/strays/supervisor-1/supervisor/w setsid "
                     "sh -c 'env -i setsid sh -c \"echo \\$\\$; exec sleep "
                     "1000\" & wait' & wait",
                     -1, out[1], -1);
    close(out[1]);
    child_line(out[0], text, sizeof(text));
    close(out[0]);
    cluster_strays_find(&strays);
    cluster_strays_find(&strays); /* nobody comes twice */
    assert_int_equal(cluster_strays_end(&strays, CLUSTER_STRAY_WORKER), 0);
    assert_int_equal(cluster_strays_left(&strays, left), 2);
    assert_non_null(strstr(left, text));
    assert_int_equal(cluster_strays_end(&strays, CLUSTER_STRAY_STARTED), 2);
    assert_int_equal(cluster_strays_left(&strays, left), 0);
    assert_string_equal(left, "");
    cluster_strays_free(&strays);
    loop_free(loop);
    child_wait(child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_gale_has_started_there_is_of_it),
        cmocka_unit_test(who_still_runs_is_named_until_it_is_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
