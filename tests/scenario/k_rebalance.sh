# k_rebalance.sh - a topology that runs gets other workers, executors and keys:
# nothing is lost, nothing twice, and who need not move does not.
. tests/support/scenario.sh
. tests/support/cluster.sh

# told KEY: a number of the answer.
_told() {
    grep -o "\"$1\":[0-9]*" out | cut -d: -f2
}

# WORKERS ARGS of rebalance; until it goes on with so many. The processes that go
# on are those that were foretold.
_rebalance() {
    n=$1
    shift
    workers >before
    at=$(now_ms)
    run "$GALE" rebalance --json "$@" ledger
    expect_status 0
    expect_stdout 'is rebalanced: it drains, and goes on then; '
    go_on=$(_told workers_go_on) moved=$(_told executors_moved)
    await 'the next assignment' is ledger status ACTIVE
    took=$(since "$at")
    await_running ledger "$n"
    await_more_lines 100
    workers >after
    expect_equal "$(comm -12 before after | wc -l)" "$go_on" 'workers that went on'
    expect_equal "$(wc -l <after)" "$n" 'workers'
}

fewer_workers_more_workers_other_executors() {
    cluster 1 2 2
    submit_ledger 300 4 2 2 2
    _rebalance 2 -n 2
    _rebalance 3 -n 3 -e pass=1
    finish_ledger 0
    row rebalance '-n 2; -n 3 -e pass=1' "$ledger" "the last one took $took"
    expect_nothing_left
}

# Of 4 workers, one each has a pass: the sources and sinks elsewhere go on.
executors_of_others_are_fewer_and_then_more() {
    cluster 1 2 2
    submit_ledger 300 4 2 2 2
    for passes in 1 2 1 2; do
        _rebalance 4 -e pass=$passes
        [ "$go_on" -ge 1 ] || fail "of 4 workers none goes on with pass=$passes"
        [ "$moved" -ge 1 ] || fail "no executor moves with pass=$passes"
        row rebalance "-e pass=$passes" - "$go_on of 4 workers go on; it took $took"
    done
    _rebalance 4
    expect_equal "$go_on $moved" '4 0' 'workers that go on, executors that move'
    finish_ledger 0
    row rebalance '-e pass=1, 2, 1, 2' "$ledger" 'all in a row'
    expect_nothing_left
}

# Nobody would emit again what is lost. Something always waits for slow sinks, and
# is waited for, though no message is pending.
what_nobody_tracks_is_waited_for_too() {
    cluster 1 2 2
    submit_ledger 1000 4 2 2 2 -c topology.acker.executors=0 -c sink.pace_us=5000
    for passes in 1 2 1 2; do
        _rebalance 4 -e pass=$passes
    done
    _rebalance 2 -n 2
    finish_ledger 0
    row rebalance 'untracked, -e pass=1, 2, 1, 2; -n 2' "$ledger" 'all in a row'
    expect_nothing_left
}

# A worker reads its configuration when it starts.
another_configuration_is_taken_up_by_all_workers() {
    cluster 1 2 2
    submit_ledger 300 2 2 2 2
    _rebalance 2 -t topology.message.timeout.secs=20
    expect_equal "$go_on $moved" '0 0' 'workers that go on, executors that move'
    finish_ledger 0
    row rebalance '-t' "$ledger" "it took $took"
    expect_nothing_left
}

# It goes on with those that there are.
more_workers_than_there_are_slots() {
    cluster 1 2 2
    submit_ledger 300 2 2 2 2
    _rebalance 4 -n 6
    expect_stdout 'there are slots for 4 of 6 workers'
    run "$GALE" status
    expect_stdout 'has 4 of 6 workers'
    _rebalance 3 -n 3
    run "$GALE" status
    ! grep 'of 3 workers' out || fail 'it has what was asked for'
    finish_ledger 0
    row rebalance '-n 6 with 4 slots; -n 3' "$ledger"
    expect_nothing_left
}

# The first one cannot be done: a worker does not say that nothing is under way.
another_rebalance_takes_the_place_of_one_that_waits() {
    cluster 1 2 2
    submit_ledger 300 2 2 2 2
    pid=$(worker_pid ledger 0)
    kill -STOP "$pid"
    run "$GALE" rebalance -w 600 -n 4 ledger
    expect_status 0
    run "$GALE" rebalance -n 3 -w 600 ledger
    expect_status 0
    expect_stdout 'is rebalanced in another way than it was about to be'
    is ledger status REBALANCING || fail "it is $found"
    kill -CONT "$pid"
    await 'the next assignment' is ledger status ACTIVE
    await_running ledger 3
    finish_ledger 800 # what the worker that stood still had timed out, perhaps
    row rebalance '-n 4, and -n 3 before that was done' "$ledger"
    expect_nothing_left
}

what_cannot_be_is_refused() {
    cluster 1 1 2
    submit_ledger 10 1 1 1 1
    while IFS='|' read -r arguments sentence; do
        # shellcheck disable=SC2086
        run "$GALE" rebalance $arguments
        expect_status 1
        expect_stderr "$sentence"
    done <<'TABLE'
-e pass=9 ledger|component "pass" cannot have 9 executors, expected 1 to
-e nobody=1 ledger|has no component "nobody"
-t nimbus.seeds=1 ledger|"nimbus.seeds" is no key of a topology's configuration
-t topology.message.timeout.secs=soon ledger|found "soon", expected an integer
-n 2 other|there is no topology "other"
TABLE
    run "$GALE" rebalance -n 0 ledger
    expect_status 2
    kill_topology ledger
    expect_nothing_left
}

cluster_begin
