#!/bin/sh
# c_state.sh - `--state DIR` keeps how far the spouts have come.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_relay() {
    run "$GALE" local -q --state state relay "$@"
    expect_status 0
    expect_silence err
}

a_second_run_goes_on_where_the_first_ended() {
    seq 1 1000 >text
    _relay text
    expect_same out text
    _relay text
    expect_silence out
    seq 1001 1200 >more
    cat more >>text
    _relay text
    expect_same out more
}

what_a_crash_left_in_the_directory_is_gone_after_the_next_run() {
    seq 3 >text
    _relay text
    cp state/relay/lines-0.position state/relay/lines-0.position.Ab12Cd
    _relay text
    expect_equal "$(ls state/relay | tr '\n' ' ')" 'lines-0.position lock ' files
}

without_state_every_run_begins_anew() {
    seq 10 >text
    _relay text
    run "$GALE" local -q relay text
    expect_same out text
}

topologies_of_other_names_do_not_mix() {
    seq 3 >text
    _relay text
    run "$GALE" local -q --state state wordcount text
    expect_status 0
    expect_equal "$(grep -c . out)" 3 words
}

# What was printed by an interrupted run and by the next one is the text; what
# was not acked when it stopped may come twice, and nothing may be missing.
after_a_stop_at_once_nothing_is_missing() {
    seq 1 200000 >text
    mkfifo pipe
    "$GALE" local -q --state state relay text >pipe 2>err &
    pid=$!
    exec 3<pipe
    read -r first <&3
    kill -INT "$pid"
    kill -TERM "$pid"
    { echo "$first"; cat <&3; } >printed
    wait "$pid" || :
    _relay text
    cat out >>printed
    sort -n printed | uniq >found
    expect_same found text
}

a_position_that_is_spoiled_is_an_error() {
    seq 3 >text
    _relay text
    find state -name '*.position' >files
    [ -s files ] || fail "there is no file in the state directory"
    while read -r file; do
        echo spoiled >"$file"
    done <files
    run "$GALE" local -q --state state relay text
    expect_refusal "$(head -n 1 files)"
}

# The first run waits for input that does not come.
two_runs_do_not_share_a_state() {
    mkfifo input
    "$GALE" local -q --state state relay input >first 2>first.err &
    pid=$!
    exec 3>input # open when the first run reads, and so has its state
    run "$GALE" local -q --state state relay input
    expect_refusal 'the state directory state/relay is in use by another run'
    echo late >&3
    exec 3>&-
    wait "$pid" || fail "the first run: $(cat first.err)"
    expect_equal "$(cat first)" late 'the first run printed'
    seq 2 >text
    _relay text
}

a_state_is_free_after_a_crash() {
    mkfifo input
    "$GALE" local -q --state state relay input >first 2>first.err &
    pid=$!
    exec 3>input
    kill -KILL "$pid"
    wait "$pid" || :
    exec 3>&-
    seq 2 >text
    _relay text
    expect_same out text
}

scenario
