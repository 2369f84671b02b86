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
