#!/bin/sh
# e_check.sh - `gale check`: what it finds in plugins that are careless, and that it
# finds nothing in those that are not.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_leaves='it opens and closes, again and again, and leaves nothing behind'

a_sound_plugin_has_a_line_for_each_check() {
    run "$GALE" check split
    expect_status 0
    expect_equal "$(grep -c '^ok     bolt "split": ' out)" 10 'checks'
    expect_stdout '10 held, 0 did not'
    expect_silence err
}

a_hook_and_an_invariant_are_checked_too() {
    run "$GALE" check onlooker
    expect_status 0
    expect_stdout 'ok     hook "onlooker": it looks on at tasks that emit, ack and fail'
    run "$GALE" check meddler
    expect_status 1
    expect_stdout 'FAILED hook "acks": it looks on at tasks that emit, ack and fail: '
    run "$GALE" check balance
    expect_status 0
    expect_stdout 'ok     invariant "no_penny": its descriptor is sound'
    expect_stdout 'ok     topology "balance": '
}

what_is_interrupted_is_named() {
    mkfifo tells
    OUTLAW_LEAVES=hang OUTLAW_TELLS=$PWD/tells "$GALE" check outlaw >out 2>err &
    pid=$!
    read -r _ <tells
    kill -INT "$pid"
    status=0
    wait "$pid" || status=$?
    expect_status 130
    expect_stderr 'gale check: interrupted; under way was: outlaw: it is loaded'
}

what_needs_a_server_is_not_tried_and_that_is_said() {
    run "$GALE" check far_away:far_keeper
    expect_status 0
    expect_stdout '-      bolt "far_keeper": huge values are fine: skipped: it needs a server or real time'
    expect_stdout '1 held, 0 did not, 9 skipped'
    run "$GALE" check far_away:near_keeper
    expect_status 0
    expect_stdout '10 held, 0 did not'
}

a_spout_that_waits_for_a_descriptor_is_skipped_and_that_is_said() {
    : >numbers
    run "$GALE" check -c path="$PWD/numbers" fd_source
    expect_status 0
    expect_stdout 'ok     spout "fd_source": its descriptor is sound'
    expect_stdout '-      spout "fd_source": messages that fail are fine: skipped: it waits for a descriptor that is no regular file'
    expect_stdout '2 held, 0 did not, 4 skipped'
    expect_silence err
}

memory_and_descriptors_that_stay_are_found() {
    run "$GALE" check careless:leaks
    expect_status 1
    expect_stdout "FAILED bolt \"leaks\": $_leaves: it leaves 112 bytes of memory"
    run "$GALE" check careless:keeps_open
    expect_status 1
    expect_stdout "FAILED bolt \"keeps_open\": $_leaves: it leaves descriptors open"
}

a_crash_is_a_finding_and_the_other_checks_go_on() {
    run "$GALE" check careless:crashes
    expect_status 1
    expect_stdout 'every type are fine: it ends by signal 6, Aborted: gale: abort in bolt "crashes"'
    expect_stdout 'ok     bolt "crashes": it opens and closes'
    expect_silence err
}

a_stop_for_a_tuple_is_found_with_the_tuple() {
    run "$GALE" check careless:stops
    expect_status 1
    expect_stdout 'after a tuple with null: bolt "stops" (task 1), execute: no integer'
}

a_bolt_that_holds_what_it_reads_wrongly_is_fine() {
    run "$GALE" check careless:pairs
    expect_status 0
    expect_stdout '10 held, 0 did not'
}

inputs_that_are_not_settled_once_are_found() {
    run "$GALE" check careless:holds
    expect_status 1
    expect_stdout 'every input is acked or failed, once: 20 inputs were held and neither acked nor failed'
    run "$GALE" check careless:acks_twice
    expect_status 1
    expect_stdout 'once: 20 acks or fails of inputs that it did not hold'
}

a_thread_that_a_plugin_has_started_is_named() {
    run "$GALE" check careless:posts
    expect_status 1
    expect_stdout 'FAILED bolt "posts": values of every type are fine: after a tuple with null: a thread that is not of the simulated world called gale_post() of bolt "posts" (task '
    run "$GALE" check careless:wakes
    expect_status 1
    expect_stdout 'FAILED spout "wakes": '
    expect_stdout 'called gale_wakeup() of spout "wakes" (task '
}

runs_that_differ_are_found() {
    for id in counts_all tells_time tells_seconds; do
        run "$GALE" check careless:$id
        expect_status 1
        expect_stdout 'differs in two runs of one seed'
        expect_equal "$(grep -c ^FAILED out)" 1 'findings'
    done
}

missing_words_are_found() {
    run "$GALE" check careless:says_nothing
    expect_status 1
    expect_stdout 'explained: there is no .summary'
}

options_that_must_be_given_are_asked_for() {
    run "$GALE" check sequence
    expect_status 1
    expect_stdout 'the option "to" of spout'
    expect_equal "$(grep -c -e '-c to=VALUE gives it' out)" 1 \
        'lines that say what is missing'
    expect_stdout 'for the same reason'
    run "$GALE" check sequence -c to=300
    expect_status 0
}

fields_have_names() {
    run "$GALE" check split -c field=text
    expect_status 1
    expect_stdout 'the option "field" names the field "text", which the stream "default" of "input" does not declare: it has "f0", "f1"'
    run "$GALE" check --fields id,text split -c field=text
    # Only tuples without a field stop it: that is its contract.
    expect_equal "$(grep -c ^FAILED out)" 1 'findings'
}

groupings_and_topologies_are_checked() {
    run "$GALE" check odd_even
    expect_status 0
    expect_stdout 'ok     grouping "odd_even": it chooses'
    run "$GALE" check wordcount
    expect_status 0
    run "$GALE" check probe_grouping:twice
    expect_status 1
    expect_stdout 'chose target 1 twice'
}

# NAME OPTION…: `gale check`, beside others; what it says is in NAME/out.
_check_beside() {
    mkdir "$1"
    (
        cd "$1" && shift
        run "$GALE" check "$@"
        echo "$status" >status
    ) &
}

_expect_findings() { # NAME: it found something
    cp "$1/out" "$1/err" .
    status=$(cat "$1/status")
    expect_status 1
}

# Also one that has taken the signal by which it might be ended. When one check
# has hung, the others have a tenth of its time. They wait at the same time.
a_callback_that_never_returns_is_a_finding_and_the_other_checks_go_on() {
    ids='prepares executes cleans_up ignores opens emits closes'
    for id in $ids; do
        _check_beside "$id" --timeout 1 "endless:$id"
    done
    _check_beside tenth --timeout 11 endless:emits
    wait
    for id in $ids; do
        _expect_findings "$id"
        expect_stdout 'its descriptor is sound'
        expect_stdout 'it does not return within 1 s'
        expect_stdout "\"$id\": two runs from one seed are equal: it does not return"
    done
    _expect_findings tenth
    expect_equal "$(grep -c 'it does not return within 11 s$' out)" 1 first
    expect_equal "$(grep -c 'it does not return within 2 s$' out)" 3 others
}

what_is_no_plugin_is_said() {
    : >empty.so
    run "$GALE" check ./empty.so
    expect_status 1
    expect_stderr 'gale check: '
    run "$GALE" check no_such
    expect_status 1
    expect_stderr '"no_such" is not found'
    run "$GALE" check split:x
    expect_status 1
    run "$GALE" check
    expect_status 2
    run "$GALE" check -c x split
    expect_status 2
    for seconds in 0 -1 x 86401 ''; do
        run "$GALE" check --timeout "$seconds" split
        expect_status 2
        expect_stderr "--timeout: found \"$seconds\", expected seconds from 1 to 86400"
    done
}

scenario
