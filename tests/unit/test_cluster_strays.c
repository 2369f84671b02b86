/* test_cluster_strays.c - which processes are of a cluster whose directory is
 * gone, by their commands. */
#include "tests/support/cmocka_all.h"
#include "cli/cluster_strays.h"
#include <string.h>

static void only_what_gale_has_started_there_is_of_it(void **state)
{
    static const struct {
        const char *what, *command; /* a blank between arguments */
        bool is_one;
    } cases[] = {
        {"a nimbus",
         "gale nimbus --config /a/c/gale.yaml -c "
         "storm.local.dir=\"/a/c/nimbus-1\"",
         true},
        {"a worker",
         "gale worker --topology t --supervisor "
         "/a/c/supervisor-2/supervisor/socket",
         true},
        {"the writer of a log",
         "gale log-writer /a/c/supervisor-1/supervisor/logs/t/0 1 2", true},
        {"ZooKeeper", "java -cp x Main /a/c/zookeeper/zoo.cfg", true},
        {"a command that asks it", "gale list --config /a/c/gale.yaml", false},
        {"somebody's nimbus that reads its file",
         "gale nimbus --config /a/c/gale.yaml -c "
         "storm.local.dir=\"/var/lib/gale\"",
         false},
        {"one who reads its log", "tail -f /a/c/nimbus-1.log", false},
        {"an editor", "vi /a/c/zookeeper/zoo.cfg", false},
        {"a cluster beside it",
         "gale nimbus -c storm.local.dir=\"/a/cc/nimbus-1\"", false},
        {"a cluster below it",
         "gale nimbus -c storm.local.dir=\"/a/c/c/nimbus-1\"", false},
        {"a kernel's thread", "", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct env_process_facts facts = {.runs = true};

        facts.size = strlen(cases[i].command);
        memcpy(facts.command, cases[i].command, facts.size);
        for (size_t k = 0; k < facts.size; k++)
            if (facts.command[k] == ' ')
                facts.command[k] = '\0';
        if (cluster_strays_is_one(&facts, "/a/c") != cases[i].is_one)
            fail_msg("%s: expected it to be %s", cases[i].what,
                     cases[i].is_one ? "one" : "none");
        facts.runs = false;
        assert_false(cluster_strays_is_one(&facts, "/a/c"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_gale_has_started_there_is_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
