#!/bin/sh
# d_stops.sh - a stop that gives something up says what, and of whom; its exit
# status is 1.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# picky fails lines that begin with "bad", each time.
_text() {
    printf 'one\nbad apple\ntwo\nbad pear\nthree\n' >text
}

_are_owed() { # how many
    expect_status 1
    expect_stderr "gale local: the stop came while $1 of spout \"lines\" had \
failed and waited to be emitted again"
}

messages_that_fail_for_ever_are_named_with_their_spout() {
    _text
    run "$GALE" local -q --local-ttl 0.1 picky text
    _are_owed '2 messages'
    expect_stderr 'they are given up; with --state, a spout that keeps'
    printf 'one\ntwo\nthree\n' >wanted
    expect_same out wanted
}

one_of_them_is_one() {
    printf 'one\nbad apple\n' >text
    run "$GALE" local -q --local-ttl 0.1 picky text
    _are_owed '1 message'
}

with_state_they_come_again_in_the_next_run() {
    _text
    run "$GALE" local -q --local-ttl 0.1 --state state picky text
    _are_owed '2 messages'
    expect_stderr 'in the next run with this --state, those of others'
    run "$GALE" local -q --state state -c twice=true picky text
    expect_status 0
    expect_stdout 'bad apple'
    expect_stdout 'bad pear'
}

what_cannot_become_a_dead_letter_is_owed_too() {
    [ -w /dev/full ] || skip "there is no /dev/full"
    _text
    run "$GALE" local -q --local-ttl 0.1 -c gale.topology.max.replays=1 \
        -c gale.topology.dead.letter=/dev/full picky text
    _are_owed '2 messages'
}

ctrl_c_names_them_too() {
    _text
    mkfifo pipe
    "$GALE" local -q picky text >pipe 2>err &
    pid=$!
    exec 3<pipe
    read -r line <&3 && read -r line <&3 && read -r line <&3
    kill -INT "$pid"
    status=0
    wait "$pid" || status=$?
    _are_owed '2 messages'
}

a_run_whose_failures_were_mended_is_no_error() {
    _text
    run "$GALE" local -q --local-ttl 100 -c twice=true picky text
    expect_status 0
    ! grep -q 'the stop' err || fail "it named something: $(_said err)"
}

# What a run from a seed is looked at for is something else.
the_end_of_a_simulated_time_is_no_error() {
    _text
    run "$GALE" local -q --seed 1 --local-ttl 60 picky text
    expect_status 0
}

scenario
