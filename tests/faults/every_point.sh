#!/bin/sh
# every_point.sh - each fault point of gale crashes, fails, sleeps and pauses once,
# and what must hold then, holds.
#
# The points are those that gale lists, so a new one is armed by itself; it fails
# here if the run that it is armed in does not come by: _workload says which run.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS
unset GALE_FAULT

# Those of `gale cluster` are in cluster_up.sh, those of nimbus in nimbus_points.sh.
_points() {
    _all_points | grep -vE '^(cluster|nimbus|store)_'
}

_all_points() {
    "$GALE" version --fault-points | sed "s/ error\$//" | grep .
}

_points_that_can_fail() {
    "$GALE" version --fault-points | sed -n 's/ error$//p' | grep .
}

# -- runs -------------------------------------------------------------------------

# Lines from a file to a file: on two carriers, with threads of the pool, with
# positions and counters that are kept.
_ferry() {
    exec "$GALE" local -q --carriers 2 --config conf.yaml --state state \
        --stats stats.json ferry to text
}

# Waits for lines of a pipe.
_piped() {
    exec "$GALE" local -q relay
}

# Each run is a process of its own.
_seeded() {
    exec "$GALE" local -q --seed 1 relay text
}

_workload() {
    case $1 in
    waiter_watch) echo piped ;;
    seed_fork) echo seeded ;;
    *) echo ferry ;;
    esac
}

line='a line that is as long as lines are that somebody has written'

_prepare() {
    rm -rf state to said input
    seq -f "%05g $line" 2000 >text
    echo 'topology.max.spout.pending: 500' >conf.yaml
    mkfifo said input
}

# Run the point's workload with the fault, until the fault has come; then let it
# go on to its end. Then $status, and what it said in the files out and err.
_with_fault() { # POINT ACTION [N]
    exec 4<>input
    GALE_FAULT=$1:$2${3:+:$3} "_$(_workload "$1")" <input >out 2>said 4>&- &
    pid=$!
    exec 3<said
    read -r first <&3 || first=nothing
    [ "$2" != pause ] || kill -USR2 "$pid"
    ! [ -p input ] || echo late >&4
    exec 4>&-
    grep -v 'WARNING: ASan does' <&3 >err || : # not fully support fibers
    status=0
    wait "$pid" || status=$?
    fired=no
    [ "$first" != "fault point $1: $2" ] || fired=yes
    echo "--- $1:$2${3:+:$3}: status $status; $first"
    head -n 5 err
}

_must_fire() { # POINT ACTION
    _with_fault "$1" "$2"
    [ "$fired" = yes ] ||
        fail "$1: $2 did not come in the run \"$(_workload "$1")\" of" \
            "tests/faults/every_point.sh, it said: $first"
}

_expect() { # POINT STATUS
    [ "$status" = "$2" ] ||
        fail "$1: status $status, expected $2; it said: $(_said err)"
}

# Every line has come, if need be by one run more, in which nothing fails. Of a
# line in the middle of which the process died, the beginning may stand there.
_nothing_is_lost() { # POINT
    [ "$(_workload "$1")" = ferry ] || return 0
    run _ferry_again
    _expect "$1" 0
    ! ls state/ferry | grep '\.position\.' ||
        fail "$1: a file of the run that died stays in the state directory"
    grep -oE "[0-9]{5} $line" to | sort -u >found
    cmp -s found text ||
        fail "$1: after a restart $(comm -13 found text | grep -c .) lines are" \
            "missing"
}

_ferry_again() {
    (_ferry)
}

# The result is what it is without a fault.
_result_is_right() { # POINT
    _expect "$1" 0
    ! grep -v '^hash: ' err || fail "$1: it said: $(_said err)"
    case $(_workload "$1") in
    ferry) sort to >found ;;
    piped) cp out found && echo late >text ;;
    seeded) cp out found ;;
    esac
    cmp -s found text || fail "$1: the result differs"
}

# -- tests ------------------------------------------------------------------------

every_point_of_the_sources_is_listed() {
    (cd "$TOP" && grep -rhoE 'FAULT_(POINT|FAILS)\("[^"]*"' --include='*.[ch]' \
        topology-api common worker simulator nimbus cli) |
        sed 's/.*("//; s/"$//' | sort -u >written
    _all_points >listed
    expect_same listed written
}

after_a_crash_and_a_restart_nothing_is_lost() {
    for point in $(_points); do
        _prepare
        _must_fire "$point" crash
        _expect "$point" 137
        _nothing_is_lost "$point"
    done
}

after_later_crashes_nothing_is_lost_either() {
    for point in $(_points); do
        [ "$(_workload "$point")" = ferry ] || continue
        for n in 2 5 17; do
            _prepare
            _with_fault "$point" crash "$n"
            [ "$fired" = yes ] || continue
            _expect "$point:$n" 137
            _nothing_is_lost "$point"
        done
    done
}

# What it says is one sentence with the reason, beside the log.
an_error_is_told_in_one_sentence_and_loses_nothing() {
    for point in $(_points_that_can_fail); do
        _prepare
        _must_fire "$point" error
        case $point in
        waiter_watch) _expect "$point" 0 ;; # it looks now and then instead
        *) _expect "$point" 1 ;;
        esac
        [ "$(grep -vc ' ERROR ferry positions ' err)" = 1 ] ||
            fail "$point: expected one sentence, it said: $(_said err)"
        expect_stderr "$(_reason "$point")"
        _nothing_is_lost "$point"
    done
}

_reason() {
    case $1 in
    elf_open) echo "cannot open $TEST_PLUGINS/ferry.so: Too many open files" ;;
    elf_read) echo "cannot read $TEST_PLUGINS/ferry.so: Input/output error" ;;
    plugin_open) echo "cannot load $TEST_PLUGINS/ferry.so: Cannot allocate" ;;
    file_read) echo 'conf.yaml: cannot read this configuration file: Input/' ;;
    directory_make) echo 'cannot make the state directory state/ferry: No sp' ;;
    file_lock) echo 'cannot lock state/ferry/lock: No locks available' ;;
    file_replace_written) echo 'state/ferry/lines-0.position: No space left' ;;
    file_replace_*) echo 'state/ferry/lines-0.position: Input/output error' ;;
    stats_written) echo '--stats: cannot write stats.json: No space left on' ;;
    thread_start) echo 'no thread can be started that writes to state/ferry' ;;
    waiter_watch) echo 'gale_wait_fd: cannot wait for 0: No space left' ;;
    seed_fork) echo 'seed 1: no process can be started: Resource tempo' ;;
    *) fail "$1: its sentence is missing in _reason" ;;
    esac
}

# The threads that come one after the other: positions, carriers, control, pool.
# batch_sink has no cleanup: what it was filling when the run failed ends with the
# process. Nothing else may stay behind.
every_thread_may_be_missing() {
    n=1
    echo 'leak:batch_sink' >suppressions
    LSAN_OPTIONS=suppressions=$PWD/suppressions:print_suppressions=0
    export LSAN_OPTIONS
    _prepare
    _with_fault thread_start error "$n"
    while [ "$fired" = yes ]; do
        if [ "$status" != 0 ]; then # the pool can do with fewer
            _expect "thread_start:$n" 1
            [ "$(grep -c . err)" = 1 ] ||
                fail "expected one sentence: $(_said err)"
            expect_stderr 'no thread can be started'
        fi
        _nothing_is_lost thread_start
        n=$((n + 1))
        _prepare
        _with_fault thread_start error "$n"
    done
    [ "$n" -gt 5 ] || fail "there were only $n threads"
}

a_position_that_cannot_be_read_is_an_error() {
    _prepare
    run _ferry_again
    expect_status 0
    _with_fault file_read error 2
    expect_equal "$fired" yes fired
    _expect file_read 1
    expect_stderr 'position file state/ferry/lines-0.position: Input/output'
    _nothing_is_lost file_read
}

a_thread_that_sleeps_changes_nothing() {
    for point in $(_points); do
        _prepare
        _must_fire "$point" sleep
        _result_is_right "$point"
    done
}

a_thread_that_is_held_up_changes_nothing() {
    for point in $(_points); do
        _prepare
        _must_fire "$point" pause
        _result_is_right "$point"
    done
}

what_cannot_be_armed_is_refused() {
    GALE_FAULT=nowhere:crash run "$GALE" version
    expect_status 2
    expect_stderr 'GALE_FAULT=nowhere:crash: there is no such fault point'
    GALE_FAULT=acks_sent:explode run "$GALE" version
    expect_status 2
    expect_stderr 'expected NAME:crash, error, sleep or pause'
    GALE_FAULT=acks_sent:error run "$GALE" version
    expect_status 2
    expect_stderr 'this step cannot fail'
    GALE_FAULT=acks_sent:crash:0 run "$GALE" version
    expect_status 2
    expect_stderr 'expected a number from 1 on'
}

scenario
