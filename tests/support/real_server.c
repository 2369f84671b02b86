/* real_server.c - what a script does with a server; see real_server.h. */
#include "tests/support/real_server.h"
#include "tests/support/cmocka_all.h"
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* What it prints goes to standard error. */
void real_server(const char *verb)
{
    char *const argv[] = {"bash", getenv("GALE_ZOOKEEPER_SCRIPT"),
                          getenv("GALE_ZOOKEEPER_DIRECTORY"), (char *)verb,
                          NULL};
    posix_spawn_file_actions_t actions;
    int status;
    pid_t pid;

    assert_non_null(argv[1]);
    assert_non_null(argv[2]);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, 2, 1);
    assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ),
                     0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}
