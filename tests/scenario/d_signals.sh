#!/bin/sh
# d_signals.sh - Ctrl-C once lets what is pending finish, twice stops at once; a
# terminal that is closed lets it finish.
#
# SIGTERM counts as SIGINT does. The second signal is a SIGTERM here, because
# two SIGINTs in a row may arrive as one.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# Start gale local with these arguments; its output can be read from 3.
_start() {
    mkfifo pipe
    "$GALE" local --stats s.json "$@" >pipe 2>err &
    pid=$!
    exec 3<pipe
}

# Read the rest of its output, and its exit status.
_await() {
    cat <&3 >rest
    status=0
    wait "$pid" || status=$?
}

_state_is() {
    grep -q "\"state\":\"$1\"" s.json || fail "not $1: $(_said s.json)"
}

once_drains_what_is_pending_and_prints_the_table() {
    _start -c topology.max.spout.pending=50 tarpit 1000000000 1 2
    read -r first <&3
    kill -INT "$pid"
    _await
    expect_status 0
    expect_stderr 'messages acked'
    _state_is stopped
    expect_equal "$(counter s.json numbers pending)" 0 pending
    expect_equal "$(counter s.json numbers failed)" 0 failed
    expect_equal "$(counter s.json numbers acked)" \
        "$(counter s.json numbers emitted)" acked
    expect_equal "$(($(grep -c . rest) + 1))" \
        "$(counter s.json numbers acked)" printed
}

sigterm_drains_too() {
    _start -c topology.max.spout.pending=50 tarpit 1000000000 1 2
    read -r first <&3
    kill -TERM "$pid"
    _await
    expect_status 0
    expect_equal "$(counter s.json numbers pending)" 0 pending
}

without_a_terminal_the_first_signal_says_that_it_drains() {
    _start -c topology.max.spout.pending=50 tarpit 1000000000 1 2
    read -r first <&3
    kill -INT "$pid"
    _await
    expect_status 0
    expect_equal "$(head -n 1 err)" 'gale local: stopping: what is pending is finished; Ctrl-C again ends at once' \
        'the first line'
    expect_equal "$(grep -c stopping err)" 1 'lines about it'
}

quiet_drains_without_a_word() {
    _start -q -c topology.max.spout.pending=50 tarpit 1000000000 1 2
    read -r first <&3
    kill -INT "$pid"
    _await
    expect_status 0
    expect_silence err
}

a_closed_terminal_drains_and_prints_the_table() {
    _start -c topology.max.spout.pending=50 tarpit 1000000000 1 2
    read -r first <&3
    kill -HUP "$pid"
    _await
    expect_status 0
    expect_stderr 'messages acked'
    _state_is stopped
    expect_equal "$(counter s.json numbers pending)" 0 pending
    expect_equal "$(counter s.json numbers acked)" \
        "$(counter s.json numbers emitted)" acked
}

# First the shell sends SIGHUP, and when that is gone, the kernel. The line says
# that the first one was taken, so that the two do not arrive as one.
a_terminal_closed_twice_still_drains() {
    mkfifo pipe said
    "$GALE" local --stats s.json -c topology.max.spout.pending=50 \
        tarpit 1000000000 5 1 >pipe 2>said &
    pid=$!
    exec 3<pipe 4<said
    read -r first <&3
    kill -HUP "$pid"
    read -r line <&4
    kill -HUP "$pid"
    _await
    expect_status 0
    expect_equal "${line#*stopping}" \
        ': what is pending is finished; Ctrl-C again ends at once' 'the line'
    expect_equal "$(counter s.json numbers pending)" 0 pending
}

nohup_keeps_its_meaning() {
    mkfifo pipe
    (trap '' HUP && exec "$GALE" local --stats s.json \
        -c topology.max.spout.pending=50 tarpit 1000000000 1 2 >pipe 2>err) &
    pid=$!
    exec 3<pipe
    read -r first <&3
    kill -HUP "$pid"
    kill -INT "$pid" # the first that counts
    _await
    expect_status 0
    expect_equal "$(grep -c stopping err)" 1 'lines about it'
    expect_equal "$(counter s.json numbers pending)" 0 pending
}

twice_stops_at_once_with_the_table() {
    _start -c topology.max.spout.pending=100000 tarpit 1000000000 20 1
    read -r first <&3
    kill -INT "$pid"
    kill -TERM "$pid"
    _await
    expect_status 130
    expect_stderr 'messages acked'
    _state_is stopped
    [ "$(counter s.json numbers pending)" -gt 0 ] ||
        fail "it waited until nothing was pending"
}

# The last messages are told of as it closes, when nobody takes a tuple any more.
twice_is_well_with_a_spout_that_emits_from_ack_and_fail() {
    _start -c answering.n=1000000000 -c answering.window=10000 answering
    read -r first <&3
    kill -INT "$pid"
    kill -TERM "$pid"
    _await
    expect_status 130
    [ "$(counter s.json answering acked)" -gt 0 ] || fail 'nothing was acked'
    ! grep -e 'emit: ' err || fail 'an emit was refused'
}

twice_does_not_wait_for_a_callback_that_never_returns() {
    mkfifo said
    "$GALE" local --stats s.json tarpit 10 1 1 5 >out 2>said &
    pid=$!
    exec 3<said
    read -r line <&3
    expect_equal "${line##* }" stuck 'the line in the log'
    kill -INT "$pid"
    kill -TERM "$pid"
    cat <&3 >err
    status=0
    wait "$pid" || status=$?
    expect_status 130
    expect_stderr 'messages acked'
    expect_equal "$(tail -n 1 err)" 'gale local: ended at once; bolt "tarpit" (task 2): a callback has not returned, and only the end of the process ends it' \
        'the last line'
    _state_is stuck
}

# Not even for the file.
thrice_says_which_file_was_not_written() {
    mkfifo said
    "$GALE" local -q --stats s.json tarpit 10 1 1 5 >out 2>said &
    pid=$!
    exec 3<said
    read -r line <&3
    kill -INT "$pid"
    kill -TERM "$pid"
    kill -HUP "$pid" # is nothing, later
    kill -INT "$pid"
    cat <&3 >err
    status=0
    wait "$pid" || status=$?
    expect_status 130
    expect_equal "$(tail -n 1 err)" 'gale local: ended at once; a callback was still under way; --stats: s.json was not written' \
        'the last line'
    [ ! -e s.json ] || fail 'it was written'
}

# With the file that it is in, whose name is the plugin's.
who_is_in_one_call_for_too_long_is_named_with_a_stack() {
    mkfifo said
    "$GALE" local -c gale.worker.hang.secs=0.02 tarpit 10 1 1 5 >out 2>said &
    pid=$!
    exec 3<said
    while read -r line <&3; do
        echo "$line" >>err
        case $line in *' tarpit-2 #'*tarpit.so*) break ;; esac
    done
    kill -INT "$pid"
    kill -TERM "$pid"
    cat <&3 >>err
    wait "$pid" || :
    expect_stderr 'tarpit-2 has been in one call for '
    expect_stderr 's (gale.worker.hang.secs), on carrier '
    grep -q 'tarpit-2 #[0-9]* .*tarpit.so' err || fail 'no stack'
}

# Once does not, either, when both drains are over.
_it_is_named_and_ends() {
    expect_status 1
    expect_stderr \
        'a callback of bolt "tarpit" (task 2) is under way, and is waited for'
    expect_equal "$(tail -n 1 err)" "gale local: bolt \"tarpit\" (task 2): \
a callback has not returned, and only the end of the process ends it" \
        'the last line'
    expect_stderr 'messages acked'
    _state_is stuck
}

once_does_not_wait_for_ever_for_a_callback_that_never_returns() {
    mkfifo said
    "$GALE" local --stats s.json -c gale.topology.drain.secs=0.05 \
        tarpit 10 1 1 5 >out 2>said &
    pid=$!
    exec 3<said
    read -r line <&3
    expect_equal "${line##* }" stuck 'the line in the log'
    kill -TERM "$pid"
    cat <&3 >err
    status=0
    wait "$pid" || status=$?
    _it_is_named_and_ends
}

nor_does_the_time_to_live() {
    run "$GALE" local --stats s.json -c gale.topology.drain.secs=0.05 \
        --local-ttl 0.1 tarpit 10 1 1 5
    _it_is_named_and_ends
}

and_how_long_that_is_is_explained() {
    run "$GALE" help local
    expect_stdout 'then 5 s, or that time if it is less, but a second at least'
}

_ended_opening() {
    expect_status 1
    # The log may still speak after it: the control thread knows nothing of this.
    expect_stderr 'gale local: ended while the topology opened: a callback of bolt "tarpit" (task 2) was under way, and did not return in time'
}

once_ends_a_prepare_that_never_returns() {
    mkfifo said
    "$GALE" local -c gale.topology.drain.secs=0.05 -c prepares=true \
        tarpit 10 1 1 >out 2>said &
    pid=$!
    exec 3<said
    read -r line <&3
    expect_equal "${line##* }" stuck 'the line in the log'
    kill -TERM "$pid"
    cat <&3 >err
    status=0
    wait "$pid" || status=$?
    _ended_opening
}

_signals_while_it_opens() { # SIGNAL…
    mkfifo said
    "$GALE" local -c prepares=true tarpit 10 1 1 >out 2>said &
    pid=$!
    exec 3<said
    read -r line <&3
    expect_equal "${line##* }" stuck 'the line in the log'
    for signal in "$@"; do
        kill -"$signal" "$pid"
    done
    cat <&3 >err
    status=0
    wait "$pid" || status=$?
    expect_status 130
    expect_stderr 'gale local: ended at once while the topology opened: a callback of bolt "tarpit" (task 2) was under way'
}

twice_names_a_prepare_that_never_returns() {
    _signals_while_it_opens INT TERM
}

so_does_thrice() {
    _signals_while_it_opens INT TERM INT
}

the_time_to_live_ends_one_too() {
    run "$GALE" local --local-ttl 0.1 -c gale.topology.drain.secs=0.05 \
        -c prepares=true tarpit 10 1 1
    _ended_opening
}

# Loading has the same time by itself.
and_code_that_does_not_return_while_the_topology_is_made() {
    ttl='--local-ttl 0.1 -c gale.topology.drain.secs=0.05'
    run "$GALE" local $ttl outlaw hang-in-build
    expect_refusal 'ended by --local-ttl while the topology was loaded: ' \
        '/outlaw.so did not return while the topology was built'
    run "$GALE" local $ttl outlaw hang-in-declare
    expect_refusal '/outlaw.so did not return while streams were declared'
    OUTLAW_LEAVES=hang run "$GALE" local $ttl outlaw none
    expect_refusal '/outlaw.so did not return while it was loaded'
}

# CRIME: it hangs, is interrupted, and is named.
_interrupted() {
    mkfifo tells
    OUTLAW_TELLS=$PWD/tells "$GALE" local outlaw "$1" >out 2>err &
    pid=$!
    read -r _ <tells
    kill "$2" "$pid"
    status=0
    wait "$pid" || status=$?
    rm tells
    expect_status 130
    expect_equal "$(wc -l <err)" 1 'lines on standard error'
}

once_ends_what_is_loaded_and_says_whose_code_it_was() {
    _interrupted hang-in-build -INT
    expect_stderr 'gale local: interrupted while the topology was loaded: '
    expect_stderr '/outlaw.so did not return while the topology was built'
    _interrupted hang-in-declare -TERM
    expect_stderr '/outlaw.so did not return while streams were declared'
}

twice_ends_one_at_once() {
    mkfifo said
    "$GALE" local -c prepares=true tarpit 10 1 1 >out 2>said &
    pid=$!
    exec 3<said
    read -r line <&3
    kill -INT "$pid"
    kill -TERM "$pid"
    cat <&3 >err
    status=0
    wait "$pid" || status=$?
    expect_status 130
}

# The lines do not fit into the pipe: once they are written, some were read.
once_gives_the_final_results() {
    mkfifo text
    "$GALE" local -q --stats s.json wordcount - <text >counts 2>err &
    pid=$!
    exec 4>text
    yes 'the cow the moon' | head -n 20000 >&4
    kill -INT "$pid"
    status=0
    wait "$pid" || status=$?
    expect_status 0
    n=$(counter s.json lines acked)
    expect_equal "$(counter s.json lines pending)" 0 pending
    printf '%s\n' "$((2 * n)) the" "$n cow" "$n moon" | sort >wanted
    sort counts >found
    expect_same found wanted
}

# What was written at once is read at once: the second line lacks its end.
what_was_read_of_a_pipe_and_not_emitted_is_said() {
    mkfifo text said
    "$GALE" local -q picky - <text >said 2>err &
    pid=$!
    exec 4>text 3<said
    printf 'a b\nunfinished' >&4
    read -r first <&3
    expect_equal "$first" 'a b' 'the first line'
    kill -INT "$pid"
    _await
    expect_status 0
    expect_stderr 'WARN picky lines-1 standard input: 10 bytes behind the last line'
}

scenario
