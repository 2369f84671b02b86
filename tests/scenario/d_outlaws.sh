#!/bin/sh
# d_outlaws.sh - a plugin that does what it must not is named by its component
# and task; what it did is said.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_commit() {
    ulimit -c 0
    run "$GALE" local -q outlaw "$1"
}

exit_in_a_callback_is_an_error_that_names_it() {
    _commit exit
    expect_status 1
    expect_stderr 'gale: the plugin of bolt "outlaw" (task 2, '
    expect_stderr 'called exit(3)'
}

exit_in_the_work_of_a_task_names_it_too() {
    _commit exit-in-work
    expect_status 1
    expect_stderr 'gale: the plugin of bolt "outlaw" (task 2, '
    expect_stderr 'called exit(0)'
}

exit_on_a_thread_of_its_own_is_an_error() {
    _commit exit-on-a-thread
    expect_status 1
    expect_stderr 'a plugin called exit() while the topology ran'
}

a_crash_names_component_and_task() {
    _commit crash
    expect_status 134
    expect_stderr 'gale: abort in bolt "outlaw" (task 2, '
}

scenario
