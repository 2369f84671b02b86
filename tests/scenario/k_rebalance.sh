# k_rebalance.sh - a topology that runs gets other workers, executors and keys:
# nothing is lost, nothing twice, and who need not move does not.
. tests/support/scenario.sh
. tests/support/cluster.sh

# ARGS of rebalance; until it goes on.
_rebalance() {
    at=$(now_ms)
    run "$GALE" rebalance "$@" ledger
    expect_status 0
    expect_stdout 'is rebalanced: it drains, and goes on then'
    await 'the next assignment' is ledger status ACTIVE
    took=$(since "$at")
}

fewer_workers_more_workers_other_executors() {
    cluster 1 2 2
    submit_ledger 300 4 2 2 2
    _rebalance -n 2
    await_running ledger 2
    await_more_lines 100
    _rebalance -n 3 -e pass=1
    await_running ledger 3
    await_more_lines 100
    _rebalance -t topology.message.timeout.secs=20
    await_more_lines 100
    finish_ledger 0
    row rebalance '-n 2; -n 3 -e pass=1; -t' "$ledger" "the last one took $took"
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
