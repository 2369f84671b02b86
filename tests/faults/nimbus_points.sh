#!/bin/sh
# nimbus_points.sh - nimbus is killed at each of its steps of submit, assign, kill and
# rebalance. When the next one leads, what was asked for is done or is not there at
# all, and no half of a file is.
#
# The steps are the fault points whose names begin with nimbus_ and store_, each for as
# often as the command comes by.
. tests/support/scenario.sh
. tests/support/cluster.sh

unset GALE_FAULT

_points() {
    "$GALE" version --fault-points | sed 's/ error$//' | grep -E '^(nimbus|store)_'
}

# Nimbus as the only one, which is killed at the point when it comes there for the
# Nth time.
_arm() { # POINT N
    end_daemon TERM nimbus1
    : >nimbus1.log
    ! _no_nodes || rm -rf nimbus1/nimbus/store # what is there is not stored again
    GALE_FAULT=$1:crash:$2 start_nimbus 1
    await 'that it leads' _leads_or_is_killed
}

_leads_or_is_killed() {
    grep -q '^fault point' nimbus1.log || leads 1
}

_is_killed() {
    grep -qxF "fault point $1: crash" nimbus1.log
}

# The next one, without a fault, and what it has found.
_next() {
    status=0
    wait "$(cat nimbus1.pid)" || status=$?
    expect_equal "$status" 137 'the status of nimbus'
    rm nimbus1.pid
    start_nimbus 1
    await 'the next one' leads 1
    await 'the supervisor' alive 1
    [ -z "$(find nimbus1 -name 'upload-*')" ] ||
        fail "half a file: $(find nimbus1 -name 'upload-*')"
}

# How a command ends: 0 done, 3 no nimbus, 4 nobody knows.
_ask() { # COMMAND…
    status=0
    "$GALE" "$@" --timeout 5 >out 2>err || status=$?
    case $status in
    0) return ;;
    1 | 3 | 4) [ "$(grep -c '^gale ' err)" = 1 ] || fail "expected one sentence: $(_said err)" ;;
    *) fail "status $status: $(_said err)" ;;
    esac
}

_submit() {
    _ask submit --name ledger -c topology.workers=2 -c source.count=1000000000 \
        -c source.end="$PWD/end" -c source.rate=100 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 1 1 1
}

# All of it or nothing: it runs, or its name is free.
_whole_or_absent() {
    if is ledger status ACTIVE; then
        await_running ledger 2
        return
    fi
    gone ledger || fail "it is $(field ledger status)"
    _no_nodes || fail "something of it is kept: $(_said nodes.txt)"
    await 'the end of workers' _no_workers
    [ "$status" != 0 ] || fail 'it was said to be taken'
    status=0
    _submit
    expect_equal "$status" 0 'the status of the next submission'
    await_running ledger 2
}

_end_it() {
    "$GALE" kill -w 1 ledger >out 2>err || fail "$(_said err)"
    await 'its end' gone ledger
    await 'the end of workers' _no_workers
}

_every_time() { # COMMAND: at each point, for the first times
    killed=0
    for point in $(_points); do
        for n in 1 2 3 4 5; do
            "_before_$1"
            _arm "$point" "$n"
            "_do_$1"
            "_await_$1" || :
            if ! _is_killed "$point"; then # it does not come there so often
                end_daemon TERM nimbus1
                start_nimbus 1
                await 'the supervisor' alive 1
                "_after_$1"
                break
            fi
            killed=$((killed + 1))
            echo "$1: $point:$n: killed, the command ended with $status"
            _next
            "_after_$1"
        done
    done
    [ $killed -ge "$2" ] || fail "nimbus was killed $killed times only"
    row 11 "nimbus killed at $killed steps of $1" - \
        'done by the next one, or not there at all'
}

_soon() { # COMMAND…: or nimbus is killed
    for _ in $(seq 200); do
        ! grep -q '^fault point' nimbus1.log || return 0
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.05
    done
    return 1
}

# -- submit, and the assignment that follows -----------------------------------------

_before_submit() { :; }
_do_submit() { _submit; }
_await_submit() { _soon is ledger workers_running 2; }
_after_submit() {
    _whole_or_absent
    _end_it
}

row_11_nimbus_is_killed_at_each_step_of_a_submission() {
    cluster 1 1 2
    _every_time submit 5
    expect_nothing_left
}

# -- rebalance --------------------------------------------------------------------------

_before_rebalance() {
    ! gone ledger || _submit
    await_running ledger 2
}
_do_rebalance() { _ask rebalance -w 1 -e pass=1 -n 1 ledger; }
_await_rebalance() { _soon is ledger workers 1; }
_after_rebalance() {
    await 'what was, or what was asked for' _is_one_or_two
    _end_it
}

_is_one_or_two() {
    is ledger status ACTIVE && n=$(field ledger workers) && is ledger workers_running "$n" &&
        [ "$(workers | grep -c .)" = "$n" ]
}

row_11_nimbus_is_killed_at_each_step_of_a_rebalance() {
    cluster 1 1 2
    _every_time rebalance 3
    expect_nothing_left
}

# -- kill -------------------------------------------------------------------------------

_before_kill() { _before_rebalance; }
_do_kill() { _ask kill -w 1 ledger; }
_await_kill() { _soon gone ledger; }
_after_kill() {
    gone ledger || is ledger status KILLED || _end_it
    await 'its end' gone ledger
    await 'the end of workers' _no_workers
    _no_nodes || fail "something of it is kept: $(_said nodes.txt)"
}

row_11_nimbus_is_killed_at_each_step_of_a_kill() {
    cluster 1 1 2
    _every_time kill 3
    expect_nothing_left
}

# -- row 9 ------------------------------------------------------------------------------

# Its session lives, for the library has threads of its own: what keeps the write from
# being done is that another one has counted the epoch on.
row_9_a_leader_that_stood_still_before_a_write_cannot_write_it() {
    cluster 1 1 2
    submit_ledger 100 2 1 1 1
    workers >before
    end_daemon TERM nimbus1
    GALE_FAULT=nimbus_writes:pause start_nimbus 1
    await 'a leader' leads 1
    await 'the supervisor' alive 1
    _ports 1 >nimbus2.port
    sed "s/^nimbus.seeds: .*/nimbus.seeds: [\"127.0.0.1:$(cat nimbus1.port)\",\"127.0.0.1:$(cat nimbus2.port)\"]/" \
        gale.yaml >both.yaml
    GALE_CONFIG=$PWD/both.yaml
    start_nimbus 2
    await 'two nimbuses' _there_are_two
    run "$GALE" deactivate --timeout 2 ledger
    expect_status 4
    _stands_before_its_write || fail "it does not stand before a write: $(tail -n 2 nimbus1.log)"
    nodes | grep '^/nimbuses/' | sed 's/.*-\([0-9]*\)$/\1 &/' | sort | head -n 1 |
        cut -d ' ' -f 2 >candidate
    "$GALE_BUILD/tests/servers/zookeeper_value" "$GALE_ZOOKEEPER" "$ROOT" \
        "$(cat candidate)" delete || fail 'its candidate cannot be removed'
    await 'another leader' leads 2
    await 'the supervisor' alive 1
    _record before.record
    signal_daemon USR2 nimbus1 # it goes on
    at=$(now_ms)
    await 'that it steps down' grep -q 'leads no longer' nimbus1.log
    down=$(since "$at")
    cp nimbus1.log err
    expect_message 'leads no longer'
    said=$message
    await_more_lines 200
    leads 2 || fail 'it leads again'
    _record after.record
    cmp before.record after.record >&2 || fail 'what it was about to write was written'
    expect_equal "$(field ledger status)" ACTIVE 'what it was about to change'
    expect_same_workers
    finish_ledger 0
    message=$said
    row 9 'leader stands before a write until another one leads' "$ledger" \
        "the write is refused, it stands by $down after it goes on"
    expect_nothing_left
}

_there_are_two() {
    _page >page
    [ "$(grep -c '"leads":' page)" = 2 ]
}

_record() { # FILE: of the topology, as ZooKeeper has it
    "$GALE_BUILD/tests/servers/zookeeper_value" "$GALE_ZOOKEEPER" "$ROOT" \
        "$(nodes | grep '^/topologies/ledger-')" get >"$1" || fail 'there is no record'
}

_stands_before_its_write() {
    grep -qxF 'fault point nimbus_writes: pause' nimbus1.log
}

# A release has no fault points; then those of the debug build are looked at.
case $GALE_BUILD in
*/release)
    _faulty=${GALE_BUILD%/release}/debug
    if [ -x "$_faulty/bin/gale" ]; then
        GALE_BUILD=$_faulty GALE=$_faulty/bin/gale
        TEST_PLUGINS=$GALE_BUILD/tests/plugins
        export GALE GALE_BUILD
    fi
    ;;
esac
cluster_begin
