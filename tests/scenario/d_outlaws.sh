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
    expect_stderr 'gale: a thread that a plugin has started called exit(0)'
}

_is_foreign() {
    expect_status 134
    expect_stderr 'gale: bolt "outlaw" (task 2, '
    expect_stderr "called $1 from a thread that does not run it"
    expect_stderr 'gale_post()'
}

an_emit_on_another_thread_names_the_component_and_the_way_out() {
    _commit emit-on-a-thread
    _is_foreign 'gale_emit()'
}

a_tuple_that_another_thread_reads_later_does_so_too() {
    _commit get-at-the-end-on-a-thread
    _is_foreign 'gale_get…()'
}

a_tuple_that_is_read_when_its_callback_has_returned_is_an_error() {
    _commit get-at-the-end
    expect_status 1
    expect_stderr 'bolt "outlaw" (task 2), end_of_input: a tuple was read after'
    expect_stderr 'gale_retain()'
}

exit_while_the_topology_is_built_is_an_error_that_names_the_file() {
    _commit exit-in-build
    expect_status 1
    expect_stderr 'outlaw.so called exit(0) while the topology was built'
    run "$GALE" inspect outlaw exit-in-build
    expect_status 1
    expect_stderr 'outlaw.so called exit(0) while the topology was built'
}

exit_while_streams_are_declared_names_the_file_too() {
    _commit exit-in-declare
    expect_status 1
    expect_stderr 'outlaw.so called exit(0) while streams were declared'
}

exit_in_a_constructor_names_the_file_too() {
    export OUTLAW_LEAVES=1
    for command in local inspect; do
        run "$GALE" $command outlaw exit
        expect_status 1
        expect_stderr 'outlaw.so called exit(0) while it was loaded'
    done
}

a_crash_while_the_topology_is_made_names_the_file() {
    _commit crash-in-build
    expect_status 134
    expect_stderr 'gale: abort in '
    expect_stderr 'outlaw.so while the topology was built'
    _commit crash-in-declare
    expect_status 134
    expect_stderr 'outlaw.so while streams were declared'
}

a_crash_names_component_and_task() {
    _commit crash
    expect_status 134
    expect_stderr 'gale: abort in bolt "outlaw" (task 2, '
}

scenario
