#!/bin/sh
# d_outlaws.sh - a plugin that does what it must not is named by its component
# and task; what it did is said.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_commit() { # CRIME [OPTION…]
    ulimit -c 0
    _crime=$1
    shift
    run "$GALE" local -q "$@" outlaw "$_crime"
}

# The call, as it is named.
_calls() {
    case $1 in
    exit | _exit | _Exit) echo "$1(0)" ;;
    *) echo "$1()" ;;
    esac
}

_ends='exit _exit _Exit quick_exit pthread_exit'

the_end_of_the_process_or_thread_in_a_callback_is_an_error_that_names_it() {
    for way in $_ends; do
        _commit $way
        expect_status 1
        expect_stderr 'gale: the plugin of bolt "outlaw" (task 2, '
        expect_stderr "called $(_calls $way), which ends"
    done
}

in_the_work_of_a_task_it_names_it_too() {
    for way in $_ends; do
        _commit $way-in-work
        expect_status 1
        expect_stderr 'gale: the plugin of bolt "outlaw" (task 2, '
        expect_stderr "called $(_calls $way), which ends"
    done
}

_sent="gale: a thread that the code of $TEST_PLUGINS/outlaw.so has started"

on_a_thread_of_its_own_the_end_of_the_process_names_the_file() {
    for way in exit _exit _Exit quick_exit; do
        for place in on-a-thread on-a-thread-in-build; do
            _commit $way-$place
            expect_status 1
            expect_stderr "$_sent called $(_calls $way), which ends"
        done
    done
}

a_crash_there_names_the_file_too() {
    for place in on-a-thread on-a-thread-in-build; do
        _commit abort-$place
        expect_status 134
        expect_stderr "gale: abort in ${_sent#gale: }"
        _commit fault-$place
        expect_status 139
        expect_stderr "gale: segmentation fault in ${_sent#gale: }"
    done
}

a_crash_when_all_is_done_names_the_file_and_no_messages() {
    ulimit -c 0
    OUTLAW_ENDS=fault run "$GALE" local -q outlaw none
    expect_status 139
    expect_stderr "gale: segmentation fault in $TEST_PLUGINS/outlaw.so: the process ends"
    expect_equal "$(grep -c messages err)" 0 'sentences about messages'
}

a_child_process_may_end_as_it_likes() {
    _commit fork -c gale.worker.own.threads=0 # that it waits for it would be said
    expect_status 0
    expect_silence err
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

also_where_nobody_takes_the_stream() {
    ulimit -c 0
    cat >alone.yaml <<-'END'
		name: alone
		spouts:
		  - {id: numbers, plugin: sequence, config: {to: 1}}
		bolts:
		  - {id: outlaw, plugin: outlaw, config: {crime: emit-on-a-thread}}
		streams:
		  - {from: numbers, to: outlaw, grouping: SHUFFLE}
	END
    run "$GALE" local -q alone.yaml
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

the_end_of_the_process_while_the_topology_is_made_names_the_file() {
    for way in $_ends; do
        _commit $way-in-build
        expect_status 1
        expect_stderr "outlaw.so called $(_calls $way) while the topology was built"
        run "$GALE" inspect outlaw $way-in-build
        expect_status 1
        expect_stderr "outlaw.so called $(_calls $way) while the topology was built"
        _commit $way-in-declare
        expect_status 1
        expect_stderr "outlaw.so called $(_calls $way) while streams were declared"
    done
}

in_a_grouping_it_names_the_file_too() {
    for way in $_ends; do
        _commit $way-in-prepare
        expect_status 1
        expect_stderr "outlaw.so called $(_calls $way) while a grouping was prepared"
        _commit $way-in-cleanup
        expect_status 1
        expect_stderr "outlaw.so called $(_calls $way) while a grouping was cleaned up"
    done
}

what_a_grouping_does_when_it_chooses_names_the_grouping_and_its_file() {
    choice="grouping \"outlaws\" of $TEST_PLUGINS/outlaw.so, which chose for"
    for way in $_ends; do
        _commit $way-in-choose
        expect_status 1
        expect_stderr "gale: $choice bolt \"outlaw\" (task 2) called $(_calls $way), which ends"
        expect_stderr "from the grouping's prepare"
    done
    _commit fault-in-choose
    expect_status 139
    expect_stderr "gale: segmentation fault in $choice bolt \"outlaw\" (task 2): the process ends; messages"
}

in_a_constructor_it_names_the_file_too() {
    for way in $_ends; do
        for command in local inspect; do
            OUTLAW_LEAVES=$way run "$GALE" $command outlaw none
            expect_status 1
            expect_stderr "outlaw.so called $(_calls $way) while it was loaded"
        done
    done
    for way in exit _exit _Exit quick_exit; do
        OUTLAW_SENDS=$way run "$GALE" local -q outlaw none
        expect_status 1
        expect_stderr "$_sent called $(_calls $way), which ends"
    done
}

a_crash_while_the_topology_is_made_names_the_file() {
    for place in build declare; do
        _commit abort-in-$place
        expect_status 134
        expect_stderr 'gale: abort in '
        expect_stderr 'outlaw.so while '
        _commit overflow-in-$place
        expect_status 139
        expect_stderr 'gale: segmentation fault in '
        expect_stderr 'outlaw.so while '
    done
}

a_crash_names_component_and_task() {
    _commit abort
    expect_status 134
    expect_stderr 'gale: abort in bolt "outlaw" (task 2, '
}

a_stack_that_is_used_up_does_too() {
    for place in '' -in-work; do
        _commit overflow$place
        expect_status 139
        expect_stderr 'gale: segmentation fault in bolt "outlaw" (task 2, '
    done
}

# In the middle of a callback, and before the run has opened anything.
a_sentence_comes_though_standard_error_was_closed() {
    for crime in close-errors close-errors-in-build close-all-in-build; do
        _commit $crime
        expect_status 1
        expect_stderr 'gale local: bolt "outlaw" (task 2), execute: there is no'
    done
    _commit close-all-abort
    expect_status 134
    expect_stderr 'gale: abort in bolt "outlaw" (task 2, '
}

whoever_closes_what_the_engine_has_opened_ends_it_with_a_hint() {
    _commit close-all
    expect_status 134
    expect_stderr 'has a plugin closed what it did not open?'
}

scenario
