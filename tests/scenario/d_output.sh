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

# Of s.json: one count, and one quantile, of the bolt's input from that stream.
_input() { # STREAM COUNT
    grep -o "{\"component\":\"source\",\"stream\":\"$1\",.*" s.json |
        grep -o "\"$2\":[0-9]*" | head -n 1 | cut -d: -f2
}

_input_time() { # STREAM TIME KEY
    grep -o "{\"component\":\"source\",\"stream\":\"$1\",.*" s.json |
        grep -o "\"$2\":{[^}]*}" | head -n 1 |
        grep -o "\"$3\":[0-9]*" | cut -d: -f2
}

_output() { # STREAM KEY: of the spout, the count; COMPLETE: how many have times
    grep -o "{\"stream\":\"$1\",\"emitted\".*" s.json |
        grep -o "\"$2\":[{\"n:]*[0-9]*" | head -n 1 | sed 's/.*://'
}

# 3000 messages, each third on "slow", where a tuple is 20 000 steps of work.
each_stream_has_its_own_counts_and_times() {
    run "$GALE" local --stats s.json --carriers 1 uneven 3000 20000
    expect_status 0
    for stream in quick:2000 slow:1000; do
        n=${stream#*:} stream=${stream%:*}
        expect_equal "$(_input "$stream" executed)" "$n" "executed of $stream"
        expect_equal "$(_input "$stream" acked)" "$n" "acked of $stream"
        expect_equal "$(_input_time "$stream" execute n)" "$n" \
            "times of execute of $stream"
        expect_equal "$(_input_time "$stream" process n)" "$n" \
            "times of process of $stream"
        expect_equal "$(_output "$stream" acked)" "$n" "messages of $stream"
        expect_equal "$(_output "$stream" complete)" "$n" \
            "times until the ack of $stream"
    done
    for time in execute process; do
        slow=$(_input_time slow $time p50_ns) quick=$(_input_time quick $time p50_ns)
        [ "$slow" -gt "$quick" ] || fail "p50 of $time: slow $slow, quick $quick"
    done
    for row in '  > quick' '  > slow' '  < source quick' '  < source slow'; do
        expect_equal "$(grep -c "^$row  *[0-9]" err)" 2 "rows of counts and times: $row"
    done
}

one_stream_has_no_rows_of_its_own() {
    run "$GALE" local tarpit 3 0 1
    expect_status 0
    ! grep -e '^  [<>]' err || fail 'a row of a stream'
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
    grep -q 'stopping: [0-9]* pending; Ctrl-C twice ends at once' shown ||
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

# A run that is refused, for whatever reason, and one that ends in the middle.
statistics_of_a_run_that_was_not_are_not_written() {
    echo old >s.json
    for run in 'no_such_topology' 'tarpit' 'wordcount nowhere' \
        '-c nothing=1 -c tarpit.none=1 tarpit 10 0 1' 'outlaw exit' \
        'outlaw abort' 'outlaw exit-in-build'; do
        for file in s.json new.json; do
            ulimit -c 0
            run "$GALE" local -q --stats $file $run
            [ "$status" != 0 ] || fail "$run: it ran"
        done
        expect_equal "$(cat s.json)" old "after $run, the file"
        expect_equal "$(ls)" "$(printf '%s\n' err out reason s.json)" 'files'
    done
}

statistics_take_the_place_of_older_ones_and_keep_their_mode() {
    echo old >s.json
    chmod 640 s.json
    ln -s s.json link
    run "$GALE" local -q --stats link tarpit 10 0 1
    expect_status 0
    [ -L link ] || fail 'the link is gone'
    expect_equal "$(stat -c %a s.json)" 640 mode
    grep -q '"state":"complete"' s.json || fail "$(_said s.json)"
    expect_equal "$(ls)" "$(printf '%s\n' err link out reason s.json)" 'files'
}

# Whoever has it open sees the old ones or the new ones, whole.
statistics_are_a_new_file() {
    echo old >s.json
    exec 3<s.json
    run "$GALE" local -q --stats s.json tarpit 10 0 1
    expect_status 0
    expect_equal "$(cat <&3)" old 'the old file'
}

statistics_of_two_names_are_written_in_their_place() {
    seq 10000 >s.json
    ln s.json other
    run "$GALE" local -q --stats s.json tarpit 10 0 1
    expect_status 0
    expect_same s.json other
    expect_equal "$(tail -c 3 other)" ']}' 'the end'
    expect_equal "$(counter other numbers acked)" 10 acked
}

statistics_in_a_directory_that_cannot_be_written() {
    mkdir fixed
    seq 10000 >fixed/s.json
    chmod 666 fixed/s.json
    chmod 555 fixed
    run unprivileged "$GALE" local -q --stats fixed/s.json tarpit 10 0 1
    expect_status 0
    expect_equal "$(counter fixed/s.json numbers acked)" 10 acked
    run unprivileged "$GALE" local -q --stats fixed/new.json tarpit 10 0 1
    expect_refusal '--stats: cannot write fixed/new.json: Permission denied'
    expect_silence out
    chmod 444 fixed/s.json
    run unprivileged "$GALE" local -q --stats fixed/s.json tarpit 10 0 1
    expect_refusal '--stats: cannot write fixed/s.json: Permission denied'
    chmod 755 fixed
}

statistics_go_to_what_is_no_file() {
    mkfifo pipe
    cat pipe >read &
    reader=$!
    run "$GALE" local -q --stats pipe tarpit 10 0 1
    expect_status 0
    wait "$reader"
    expect_equal "$(counter read numbers acked)" 10 'acked, by the pipe'
    "$GALE" local -q --stats /dev/stdout tarpit 10 0 1 | cat >both
    expect_equal "$(head -n 10 both | tail -n 1)" 10 'the last result'
    expect_equal "$(counter both numbers acked)" 10 'acked, behind them'
    run "$GALE" local -q --stats . tarpit 10 0 1
    expect_refusal '--stats: cannot write .: Is a directory'
    run "$GALE" local -q --stats new/ tarpit 10 0 1
    expect_refusal '--stats: cannot write new/: '
}

statistics_follow_the_results_into_the_same_file() {
    "$GALE" local -q --stats /dev/stdout tarpit 10 0 1 >both
    expect_equal "$(head -n 10 both | tail -n 1)" 10 'the last result'
    expect_equal "$(counter both numbers acked)" 10 'acked, behind them'
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
