#!/bin/sh
# d_output.sh - where results and words go, and what happens when they cannot:
# a closed pipe, a full disk, a file that cannot be written.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

results_go_to_stdout_and_the_rest_to_stderr() {
    run "$GALE" local tarpit 3 0 1
    expect_status 0
    printf '1\n2\n3\n' >wanted
    expect_same out wanted
    expect_stderr 'spout '
    expect_stderr 'bolt '
    expect_stderr 'messages acked 3, failed 0'
}

quiet_leaves_only_the_results() {
    run "$GALE" local --quiet tarpit 3 0 1
    expect_status 0
    expect_silence err
}

on_a_terminal_a_line_shows_how_it_goes() {
    script -qec true /dev/null >shown 2>&1 || skip "script(1) makes no terminal"
    script -qec "'$GALE' local --local-ttl 1 tarpit 1000000 1 2 >/dev/null" \
        /dev/null </dev/null >shown
    grep -q ' tuples/s  acked .* pending .* p99 ' shown ||
        fail "no line: $(_said shown)"
    grep -q 'messages acked' shown || fail "no table: $(_said shown)"
}

on_a_terminal_the_line_says_that_it_drains() {
    script -qec true /dev/null >shown 2>&1 || skip "script(1) makes no terminal"
    script -qec "'$GALE' local --local-ttl 0.1 \
        -c topology.max.spout.pending=50 tarpit 1000000 1 1 >/dev/null" \
        /dev/null </dev/null >shown
    grep -q 'stopping: [0-9]* pending; Ctrl-C again ends at once' shown ||
        fail "no such line: $(_said shown)"
}

the_time_to_live_ends_an_endless_topology() {
    run "$GALE" local --local-ttl 0.2 --stats s.json \
        -c topology.max.spout.pending=50 tarpit 1000000000 1 2
    expect_status 0
    grep -q '"state":"stopped"' s.json || fail "$(_said s.json)"
    expect_equal "$(counter s.json numbers pending)" 0 pending
    expect_equal "$(counter s.json numbers acked)" \
        "$(counter s.json numbers emitted)" acked
    expect_equal "$(grep -c . out)" "$(counter s.json numbers acked)" printed
}

a_reader_that_goes_away_ends_it_with_a_sentence() {
    {
        status=0
        "$GALE" local -q tarpit 1000000000 0 1 2>err || status=$?
        echo $status >status
    } | head -n 1 >first
    status=$(cat status)
    expect_equal "$(cat first)" 1 'the first line'
    expect_refusal 'bolt "print"' 'standard output was closed by its reader'
}

a_full_disk_ends_it_with_a_sentence() {
    [ -w /dev/full ] || skip "there is no /dev/full"
    status=0
    "$GALE" local -q tarpit 10 0 1 2>err >/dev/full || status=$?
    expect_refusal 'bolt "print"' 'standard output' 'No space left on device'
}

# More lines than the bolt keeps before it writes them.
a_full_disk_ends_a_long_output_too() {
    [ -w /dev/full ] || skip "there is no /dev/full"
    for i in 1 2 3 4 5; do
        status=0
        "$GALE" local -q tarpit 100000 0 1 2>err >/dev/full || status=$?
        expect_refusal 'bolt "print"' 'No space left on device'
        status=0
        "$GALE" local -q --carriers 1 tarpit 100000 0 1 2>err >&- || status=$?
        expect_refusal 'bolt "print"' 'Bad file descriptor'
    done
}

a_closed_output_ends_it_with_a_sentence() {
    status=0
    "$GALE" local -q tarpit 10 0 1 2>err >&- || status=$?
    expect_refusal 'bolt "print"' 'standard output' 'Bad file descriptor'
}

statistics_that_cannot_be_written_stop_it_before_it_runs() {
    run "$GALE" local --stats no/such/dir/s.json tarpit 10 0 1
    expect_refusal '--stats: cannot write no/such/dir/s.json' \
        'No such file or directory'
    expect_silence out
}

statistics_on_a_full_disk_are_an_error() {
    [ -w /dev/full ] || skip "there is no /dev/full"
    run "$GALE" local -q --stats /dev/full tarpit 10 0 1
    expect_refusal '--stats: cannot write /dev/full' 'No space left on device'
    expect_equal "$(grep -c . out)" 10 printed
}

a_state_that_is_no_directory() {
    echo 'a file' >state
    run "$GALE" local -q --state state relay /dev/null
    expect_refusal state
    expect_equal "$(cat state)" 'a file' 'the file'
}

scenario
