/* test_env_process.c - processes of the real world: start, find, end, reap. */
#include "tests/support/cmocka_all.h"
#include "common/env.h"
#include "tests/support/child.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct env *env;
static const struct env_process_ops *ops;

static int setup(void **state)
{
    (void)state;
    env = env_posix();
    ops = env->ops->processes;
    return 0;
}

/* What a script writes, with its end. */
static struct env_process_end output_of(const char *script, int passed,
                                        char *text, size_t size)
{
    int out[2];
    struct env_process *process;

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    process = child_sh(script, -1, out[1], passed);
    close(out[1]);
    child_read(out[0], text, size);
    return child_wait(process);
}

static int number_in(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

/* -- start ----------------------------------------------------------------- */

static void how_it_ended_is_known(void **state)
{
    static const struct {
        const char *script;
        int status, signal;
    } cases[] = {
        {"exit 0", 0, 0},
        {"exit 7", 7, 0},
        {"kill -9 $$", 0, SIGKILL},
        {"kill -TERM $$", 0, SIGTERM},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct env_process_end end =
            child_wait(child_sh(cases[i].script, -1, -1, -1));

        assert_true(end.known);
        assert_int_equal(end.status, cases[i].status);
        assert_int_equal(end.signal, cases[i].signal);
    }
}

static void it_gets_the_environment_that_it_is_given_and_no_other(void **state)
{
    char text[4096];

    (void)state;
    setenv("GALE_SECRET", "no", 1);
    output_of("env", -1, text, sizeof(text));
    assert_null(strstr(text, "GALE_SECRET"));
    assert_non_null(strstr(text, "PATH=/bin:/usr/bin"));
}

static void it_has_no_descriptor_that_it_was_not_given(void **state)
{
    char text[4096];
    int others[2] = {open("/dev/null", O_RDONLY), open("/dev/null", O_RDONLY)};
    int given[2];

    (void)state;
    assert_int_equal(pipe(given), 0); /* open over exec */
    output_of("cd /proc/self/fd && echo *", -1, text, sizeof(text));
    /* The shell itself opens the directory that it lists. */
    assert_true(strcmp(text, "0 1 2\n") == 0 || strcmp(text, "0 1 2 3\n") == 0);
    assert_int_equal(write(given[1], "key\n", 4), 4);
    output_of("read key <&3; echo got $key; ls /proc/$$/fd", given[0], text,
              sizeof(text));
    assert_string_equal(text, "got key\n0\n1\n2\n3\n");
    for (int i = 0; i < 2; i++) {
        close(others[i]);
        close(given[i]);
    }
}

static void descriptors_change_places_without_loss(void **state)
{
    const char *argv[] = {"sh", "-c", "cat <&3; cat <&4", NULL};
    const char *environment[] = {"PATH=/bin:/usr/bin", NULL};
    int a[2], b[2], out[2], passed[2];
    char text[64];
    struct env_process *process;

    (void)state;
    assert_int_equal(pipe2(a, O_CLOEXEC) | pipe2(b, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    /* What becomes 4 is at 3, and the other way round. */
    passed[0] = b[0];
    passed[1] = a[0];
    assert_int_equal(write(a[1], "a", 1) + write(b[1], "b", 1), 2);
    process = ops->spawn(env, &(struct env_spawn){.file = "/bin/sh",
                                                  .argv = argv,
                                                  .environment = environment,
                                                  .stdio = {-1, out[1], -1},
                                                  .passed = passed,
                                                  .n_passed = 2});
    assert_non_null(process);
    close(a[0]), close(a[1]), close(b[0]), close(b[1]), close(out[1]);
    assert_string_equal(child_read(out[0], text, sizeof(text)), "ba");
    child_wait(process);
}

static void it_leads_a_session_and_has_no_signal_blocked_or_ignored(
    void **state)
{
    char text[256];
    sigset_t all, before;
    uint64_t ignored;
    int pid, sid;

    (void)state;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    signal(SIGPIPE, SIG_IGN);
    output_of("cut -d ' ' -f 1,6 /proc/$$/stat; "
              "grep -E 'SigBlk|SigIgn' /proc/self/status",
              -1, text, sizeof(text));
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(sscanf(text, "%d %d", &pid, &sid), 2);
    assert_int_equal(pid, sid);
    assert_non_null(strstr(text, "SigBlk:\t0000000000000000"));
    ignored = strtoull(strstr(text, "SigIgn:") + 8, NULL, 16);
    assert_int_equal(ignored & 0x7fffffff, 0); /* two are libc's own */
}

static void what_cannot_be_started_is_an_error_and_leaves_no_child(void **state)
{
    const char *argv[] = {"x", NULL};
    const char *environment[] = {NULL};
    struct env_spawn what = {.file = "/nowhere/x",
                             .argv = argv,
                             .environment = environment,
                             .stdio = {-1, -1, -1}};

    (void)state;
    assert_null(ops->spawn(env, &what));
    assert_int_equal(errno, ENOENT);
    what.file = "/bin/sh";
    what.directory = "/nowhere";
    assert_null(ops->spawn(env, &what));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* -- end ------------------------------------------------------------------- */

static void one_that_does_not_hear_term_is_killed_with_all_that_it_started(
    void **state)
{
    int out[2];
    char text[64];
    struct env_process *process;
    struct env_process_end end;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    process = child_sh("trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000",
                       -1, out[1], -1);
    close(out[1]);
    assert_true(child_runs(number_in(child_line(out[0], text, sizeof(text)))));
    assert_int_equal(ops->signal(env, process, SIGTERM), 0);
    assert_false(ops->ended(env, process, &end));
    assert_int_equal(ops->kill(env, process), 0);
    child_read(out[0], text, sizeof(text)); /* all who could write are gone */
    end = child_wait(process);
    assert_int_equal(end.signal, SIGKILL);
}

static void what_its_group_has_left_goes_when_it_ends(void **state)
{
    int out[2];
    char text[64];
    struct env_process *process;
    struct env_process_end end;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    process = child_sh("sleep 1000 & exit 3", -1, out[1], -1);
    close(out[1]);
    end = child_wait(process);
    assert_int_equal(end.status, 3);
    /* The end of the pipe comes when the one in the background is gone. */
    assert_string_equal(child_read(out[0], text, sizeof(text)), "");
}

/* timeout(1) begins a group of its own. */
static void what_its_session_has_left_goes_as_well(void **state)
{
    int out[2], in[2];
    char text[64];
    struct env_process *process;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC) | pipe2(in, O_CLOEXEC), 0);
    process = child_sh("timeout 1000 sh -c 'echo; exec sleep 1000' & read x",
                       in[0], out[1], -1);
    close(in[0]), close(out[1]);
    child_line(out[0], text, sizeof(text)); /* it is in its own group */
    close(in[1]);
    child_wait(process);
    assert_string_equal(child_read(out[0], text, sizeof(text)), "");
}

/* Neither a child of ours, nor alive when it is to be killed. */
static void what_one_has_left_goes_also_if_it_ended_before_it_was_killed(
    void **state)
{
    int out[2], in[2];
    char text[64];
    struct env_process *child, *leader;
    struct env_process_facts facts;
    struct env_process_end end;
    struct pollfd watch;
    int pid;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC) | pipe2(in, O_CLOEXEC), 0);
    /* A shell gives what it lets run beside itself nothing to read. */
    child = child_sh("exec 4<&0; setsid sh -c "
                     "'timeout 1000 sleep 1000 & echo $$; read x' <&4 & wait",
                     in[0], out[1], -1);
    close(in[0]), close(out[1]);
    pid = number_in(child_line(out[0], text, sizeof(text)));
    ops->look(env, pid, &facts);
    leader = ops->find(env, pid, facts.start);
    assert_non_null(leader);
    close(in[1]);
    watch = (struct pollfd){leader->watch, POLLIN, 0};
    assert_int_equal(poll(&watch, 1, -1), 1);
    ops->kill(env, leader);
    assert_string_equal(child_read(out[0], text, sizeof(text)), "");
    assert_true(ops->ended(env, leader, &end));
    ops->free(env, leader);
    child_wait(child);
}

static void who_has_begun_a_session_of_its_own_is_left_alone(void **state)
{
    int out[2], in[2];
    char text[64];
    struct env_process *child;
    int pid;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC) | pipe2(in, O_CLOEXEC), 0);
    child = child_sh("setsid sh -c 'echo $$; exec sleep 1000' & read x", in[0],
                     out[1], -1);
    close(in[0]), close(out[1]);
    pid = number_in(child_line(out[0], text, sizeof(text)));
    close(in[1]);
    child_wait(child);
    assert_true(child_runs(pid));
    assert_int_equal(kill(pid, SIGKILL), 0);
    child_read(out[0], text, sizeof(text));
}

static void one_that_has_ended_hears_nothing(void **state)
{
    struct env_process *process = child_sh("exit 0", -1, -1, -1);
    struct pollfd watch = {process->watch, POLLIN, 0};
    struct env_process_end end;

    (void)state;
    assert_int_equal(poll(&watch, 1, -1), 1);
    assert_true(ops->ended(env, process, &end));
    assert_int_equal(ops->signal(env, process, SIGTERM), -1);
    assert_int_equal(errno, ESRCH);
    assert_int_equal(ops->kill(env, process), -1);
    assert_true(ops->ended(env, process, &end));
    ops->free(env, process);
}

/* -- find ------------------------------------------------------------------ */

static void one_that_runs_is_found_by_its_id_and_start(void **state)
{
    struct env_process *child = child_sh("exec sleep 1000", -1, -1, -1);
    struct env_process *found = ops->find(env, child->pid, child->start);

    (void)state;
    assert_non_null(found);
    assert_int_equal(ops->signal(env, found, SIGTERM), 0);
    assert_int_equal(child_wait(child).signal, SIGTERM);
    assert_int_equal(ops->signal(env, found, SIGTERM), -1);
    assert_int_equal(errno, ESRCH);
    child_wait(found);
}

static void the_end_of_one_that_is_no_child_has_no_status(void **state)
{
    int out[2], in[2];
    char text[64];
    struct env_process *child, *grandchild;
    struct env_process_facts facts;
    struct env_process_end end;
    int pid;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC) | pipe2(in, O_CLOEXEC), 0);
    child = child_sh("sleep 1000 <&- & echo $!; read x; kill -9 $!; wait",
                     in[0], out[1], -1);
    close(in[0]), close(out[1]);
    pid = number_in(child_line(out[0], text, sizeof(text)));
    ops->look(env, pid, &facts);
    grandchild = ops->find(env, pid, facts.start);
    assert_non_null(grandchild);
    assert_false(ops->ended(env, grandchild, &end));
    close(in[1]);
    end = child_wait(grandchild);
    assert_false(end.known);
    child_wait(child);
    close(out[0]);
}

static void another_start_under_the_same_number_is_another_process(void **state)
{
    struct env_process *child = child_sh("exec sleep 1000", -1, -1, -1);

    (void)state;
    assert_null(ops->find(env, child->pid, child->start + 1));
    assert_int_equal(errno, ESRCH);
    assert_null(ops->find(env, child->pid, 0));
    assert_true(child_runs(child->pid));
    ops->kill(env, child);
    child_wait(child);
}

static void numbers_that_are_none_are_nobody(void **state)
{
    static const int pids[] = {0, -1, 0x7fffffff};
    struct env_process_facts facts;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_null(ops->find(env, pids[i], 1));
        assert_int_equal(errno, ESRCH);
        ops->look(env, pids[i], &facts);
        assert_false(facts.runs);
    }
}

static void one_that_waits_to_be_reaped_does_not_run(void **state)
{
    struct env_process *child = child_sh("exit 0", -1, -1, -1);
    struct pollfd watch = {child->watch, POLLIN, 0};

    (void)state;
    assert_int_equal(poll(&watch, 1, -1), 1);
    assert_false(child_runs(child->pid));
    assert_null(ops->find(env, child->pid, child->start));
    child_wait(child);
}

static void its_command_is_what_it_was_started_with(void **state)
{
    int out[2];
    char text[16];
    struct env_process_facts facts;
    struct env_process *child;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    child = child_sh("echo; sleep 1000; :", -1, out[1], -1);
    close(out[1]);
    child_line(out[0], text, sizeof(text));
    ops->look(env, child->pid, &facts);
    assert_true(facts.runs);
    assert_int_equal(facts.start, child->start);
    assert_memory_equal(facts.command, "sh\0-c\0echo", 10);
    ops->kill(env, child);
    child_wait(child);
    close(out[0]);
}

/* -- reap ------------------------------------------------------------------ */

static void orphans_of_children_are_reaped_and_own_ends_are_kept(void **state)
{
    int out[2];
    char text[64];
    struct env_process *child;
    struct env_process_end end;
    siginfo_t info;

    (void)state;
    ops->take_orphans(env);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    child = child_sh("setsid sh -c 'exit 5' & exit 4", -1, out[1], -1);
    close(out[1]);
    child_read(out[0], text, sizeof(text)); /* both are at their ends */
    /* Until there is nobody left, each end is waited for, not taken. */
    while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0)
        ops->reap(env);
    assert_int_equal(errno, ECHILD);
    assert_true(ops->ended(env, child, &end));
    assert_int_equal(end.status, 4);
    ops->free(env, child);
}

static void a_start_of_the_system_has_a_name(void **state)
{
    char a[ENV_BOOT_MAX + 1], b[ENV_BOOT_MAX + 1];

    (void)state;
    assert_int_equal(ops->boot(env, a) | ops->boot(env, b), 0);
    assert_int_equal(strlen(a), 36);
    assert_string_equal(a, b);
}

static bool is_marked(pid_t pid)
{
    struct env_process_facts facts;

    ops->look(env, pid, &facts);
    return strcmp(facts.worker, "/it") == 0;
}

/* Between two programs a process shows no environment for a moment, and is no
 * less one of whom it was. */
static void who_becomes_another_program_is_known_all_the_while(void **state)
{
    enum { PROGRAMS = 300, LOOKS = 300 };
    uint32_t unknown = 0;

    (void)state;
    assert_int_equal(setenv(ENV_PROCESS_MARK, "/it", 1), 0);
    for (int i = 0; i < PROGRAMS; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            execlp("sh", "sh", "-c", "exec sleep 60", (char *)NULL);
            _exit(1);
        }
        assert_true(pid > 0);
        while (
            !is_marked(pid)) /* a fork of ours is none of it, until it is sh */
            ;
        for (int look = 0; look < LOOKS; look++)
            unknown += !is_marked(pid);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
    unsetenv(ENV_PROCESS_MARK);
    assert_int_equal(unknown, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_it_ended_is_known),
        cmocka_unit_test(it_gets_the_environment_that_it_is_given_and_no_other),
        cmocka_unit_test(it_has_no_descriptor_that_it_was_not_given),
        cmocka_unit_test(descriptors_change_places_without_loss),
        cmocka_unit_test(
            it_leads_a_session_and_has_no_signal_blocked_or_ignored),
        cmocka_unit_test(
            what_cannot_be_started_is_an_error_and_leaves_no_child),
        cmocka_unit_test(
            one_that_does_not_hear_term_is_killed_with_all_that_it_started),
        cmocka_unit_test(what_its_group_has_left_goes_when_it_ends),
        cmocka_unit_test(what_its_session_has_left_goes_as_well),
        cmocka_unit_test(
            what_one_has_left_goes_also_if_it_ended_before_it_was_killed),
        cmocka_unit_test(who_has_begun_a_session_of_its_own_is_left_alone),
        cmocka_unit_test(one_that_has_ended_hears_nothing),
        cmocka_unit_test(one_that_runs_is_found_by_its_id_and_start),
        cmocka_unit_test(the_end_of_one_that_is_no_child_has_no_status),
        cmocka_unit_test(
            another_start_under_the_same_number_is_another_process),
        cmocka_unit_test(numbers_that_are_none_are_nobody),
        cmocka_unit_test(one_that_waits_to_be_reaped_does_not_run),
        cmocka_unit_test(its_command_is_what_it_was_started_with),
        cmocka_unit_test(orphans_of_children_are_reaped_and_own_ends_are_kept),
        cmocka_unit_test(a_start_of_the_system_has_a_name),
        cmocka_unit_test(who_becomes_another_program_is_known_all_the_while),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
