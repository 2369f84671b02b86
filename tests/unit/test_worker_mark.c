/* test_worker_mark.c - whose a process is that a worker has started. */
#include "tests/support/cmocka_all.h"
#include "supervisor/worker_mark.h"
#include "common/env.h"
#include "tests/support/child.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORKER(number, root)                                                   \
    "gale worker --topology a-1-1 --number " number                            \
    " --birth 7 --supervisor " root "/socket"

/* A blank between arguments. */
static struct env_process_facts facts_of(const char *command, const char *mark)
{
    struct env_process_facts facts = {.runs = true, .size = strlen(command)};

    memcpy(facts.command, command, facts.size);
    for (size_t i = 0; i < facts.size; i++)
        if (facts.command[i] == ' ')
            facts.command[i] = '\0';
    snprintf(facts.worker, sizeof(facts.worker), "%s", mark);
    return facts;
}

static void it_is_of_the_worker_that_its_mark_or_its_command_names(void **state)
{
    static const char own[] = "/l/supervisor/workers/a-1-1/3-7";
    static const struct {
        const char *what, *command, *mark, *directory;
        bool is;
    } cases[] = {
        {"what bears the mark", "sleep 1", own, own, true},
        {"the same, of all workers", "sleep 1", own, "/l/supervisor", true},
        {"of another birth", "sleep 1", own, "/l/supervisor/workers/a-1-1/3-8",
         false},
        {"of a longer number", "sleep 1", "/l/supervisor/workers/a-1-1/3-71",
         own, false},
        {"of a supervisor beside it", "sleep 1", own, "/l/super", false},
        {"what bears none", "sleep 1", "", own, false},
        {"a program that has ended its arguments", "", "", own, false},
        {"the worker, or what it has forked", WORKER("3", "/l/supervisor"), "",
         own, true},
        {"of all workers", WORKER("3", "/l/supervisor"), "", "/l/supervisor",
         true},
        {"another worker", WORKER("4", "/l/supervisor"), "", own, false},
        {"one of another supervisor", WORKER("3", "/m/supervisor"), "", own,
         false},
        {"one whose command is cut", "gale worker --supervisor", "", own,
         false},
        {"one with a socket elsewhere",
         "gale worker --topology a-1-1 --number 3 --birth 7 --supervisor /s",
         "", own, false},
        {"what only has its arguments", "vi --supervisor /l/supervisor/socket",
         "", "/l/supervisor", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct env_process_facts facts =
            facts_of(cases[i].command, cases[i].mark);

        if (worker_mark_is_of(&facts, cases[i].directory) != cases[i].is)
            fail_msg("%s: expected it to be %s", cases[i].what,
                     cases[i].is ? "of it" : "of another");
    }
}

/* By then it has the environment that it was started with. */
#define STAY "'echo $$; exec sleep 1000'"

/* The script starts something that says its number. */
static int started_by(const char *script, struct env_process **child, int *in)
{
    int out[2], ends[2];
    char text[64];

    assert_int_equal(pipe(out) | pipe(ends), 0);
    *child = child_sh(script, ends[0], out[1], -1);
    close(out[1]), close(ends[0]);
    *in = ends[1];
    child_line(out[0], text, sizeof(text));
    close(out[0]);
    return (int)strtol(text, NULL, 10);
}

static void what_it_has_started_is_killed_wherever_it_is(void **state)
{
    static const struct {
        const char *what, *script;
        bool goes_on;
    } cases[] = {
        {"in a session of its own",
         "GALE_WORKER=/l/test/w/1-1 setsid sh -c " STAY " & wait", false},
        {"nobody's child any more",
         "(GALE_WORKER=/l/test/w/1-1 setsid sh -c " STAY " &); read x", false},
        {"with another environment, as a child of one that is marked",
         "GALE_WORKER=/l/test/w/1-1 setsid sh -c "
         "'env -i setsid sh -c \"echo \\$\\$; exec sleep 1000\" & wait' & wait",
         false},
        {"of another worker",
         "GALE_WORKER=/l/test/w/2-1 setsid sh -c " STAY " & wait", true},
    };
    struct env *env = env_posix();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct env_process *child, *found;
        struct env_process_facts facts;
        int in, pid = started_by(cases[i].script, &child, &in);

        env->ops->processes->look(env, pid, &facts);
        found = env->ops->processes->find(env, pid, facts.start);
        assert_non_null(found);
        worker_mark_end_of(env, "/l/test/w/1-1");
        if (cases[i].goes_on && !child_runs(pid))
            fail_msg("%s: it was killed", cases[i].what);
        if (cases[i].goes_on)
            env->ops->processes->signal(env, found, SIGKILL);
        child_wait(found); /* for ever, if it was not killed */
        close(in);
        env->ops->processes->kill(env, child);
        child_wait(child);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            it_is_of_the_worker_that_its_mark_or_its_command_names),
        cmocka_unit_test(what_it_has_started_is_killed_wherever_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
