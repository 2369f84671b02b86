# v_tail.sh - spout tail while its file grows, is rotated and cut, and its own
# process is killed: no line is lost.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

PENDING=2000
INTERVAL=50  # ms, of positions

_start() {
    "$GALE" local --state state -c topology.max.spout.pending=$PENDING \
        -c gale.local.position.interval.ms=$INTERVAL \
        -c tail.rotated.quiet.ms=50 tail_ledger app.log ledger >>out 2>>err &
    pid=$!
}

_kill() { # SIGNAL
    kill -"$1" "$pid"
    wait "$pid" || :
}

_has_lines() { # N, each at least once
    [ "$(sort -u ledger 2>/dev/null | grep -c .)" -ge "$1" ]
}

_has_grown() { # beyond N
    [ "$(grep -c . ledger 2>/dev/null)" -gt "$1" ]
}

_append() { # how many lines
    seq $((written + 1)) $((written + $1)) >>app.log
    written=$((written + $1))
}

_by_rename() {
    rm -f app.log.9
    for i in 8 7 6 5 4 3 2 1; do
        [ ! -e app.log.$i ] || mv app.log.$i app.log.$((i + 1))
    done
    mv app.log app.log.1
}

_by_cutting() {
    cp app.log app.log-1
    : >app.log
}

# The lines that went in, each once or more; what a kill repeats is what was not
# acked, and what was acked since the position was written down.
_expect_all() { # KILLS
    seq 1 "$written" | sort >expected
    sort -u ledger >found
    expect_same found expected
    again=$(($(grep -c . ledger) - written))
    measured "tail: $written lines, killed $1 times: lost 0, twice $again"
}

lines_are_followed_while_the_file_is_rotated_and_the_process_is_killed() {
    written=0 kills=0
    _append 5000
    _start
    await 'the first position' [ -s state/tail_ledger/tail-0.position ]
    for round in 1 2 3 4 5 6 7 8; do
        before=$(grep -c . ledger 2>/dev/null || :)
        _append 20000
        await 'lines in the ledger' _has_grown $((${before:-0} + 3000))
        _kill KILL
        kills=$((kills + 1))
        _append 1000
        case $round in
        2 | 5) _by_rename ;;
        3) _by_rename && _append 1000 && _by_rename ;;
        6) _by_cutting && _append 3000 ;;
        esac
        _append 1000
        _start
    done
    _by_rename
    _append 1000
    await 'all lines' _has_lines "$written"
    _kill TERM
    _expect_all "$kills"
    [ "$again" -le $((kills * (PENDING + 20000))) ] || fail "$again came twice"
    row tail "SIGKILL while a file is rotated ($kills)" \
        "lost 0, duplicates $again of at most $((kills * (PENDING + 20000)))"
}

# SIGTERM waits for what is pending, and the position with it.
a_stop_in_order_repeats_nothing() {
    written=0
    for round in 1 2 3 4; do
        _append 5000
        _start
        await "lines of round $round" _has_grown $((written - 5000))
        _kill TERM
        _append 100
        [ "$round" != 2 ] || _by_rename
    done
    _start
    await 'all lines' _has_lines "$written"
    _kill TERM
    _expect_all 0
    expect_equal "$again" 0 'came twice'
    row 49 'SIGTERM while a file is followed, 4 times' 'lost 0, duplicates 0 of at most 0'
}

a_file_that_is_removed_is_said_to_be_and_read_as_long_as_somebody_writes_to_it() {
    written=0
    _append 10
    exec 3>>app.log
    _start
    await 'lines' _has_lines 10
    rm app.log
    await 'a word' grep -q 'WARN .* app.log was removed when 21 bytes of it were read' err
    seq 11 20 >&3
    await 'what was written then' _has_lines 20
    exec 3>&-
    written=20
    _append 10
    await 'another file of this name' _has_lines 30
    _kill TERM
    _expect_all 0
    expect_equal "$(grep -c 'was removed' err)" 1 'sentences'
}

a_file_that_is_not_there_is_waited_for_and_one_that_cannot_be_read_is_refused() {
    written=0
    _start
    await 'a line that says so' grep -q 'app.log is not there yet' err
    _append 10
    await 'all lines' _has_lines 10
    _kill TERM
    run unprivileged "$GALE" local tail_ledger /proc/1/environ ledger
    expect_status 1
    expect_stderr 'cannot read /proc/1/environ: Permission denied'
}

scenario
