# cuts.sh - rows of faults of the network between machines: who cannot hear whom,
# and what goes on all the same. ZooKeeper, nimbus and two supervisors have a machine
# each, unless a row says otherwise.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/cluster_faults.sh
. tests/support/machines.sh
. tests/support/spread_cluster.sh

# -- row 16 -----------------------------------------------------------------------

# A message that is pending meanwhile is emitted again each time that it times out,
# and all of these may arrive in the end.
row_16_workers_do_not_hear_each_other() {
    spread_cluster 2
    submit_ledger 100 4 2 2 2
    workers >before
    cut_off 1 2
    lasts 7000
    heal 1 2
    await_more_lines 400
    for way in '1 2' '2 1'; do
        # shellcheck disable=SC2086 # words
        cut_one_way $way
        lasts 7000
        # shellcheck disable=SC2086
        heal_one_way $way
        await_more_lines 400
    done
    expect_same_workers
    finish_ledger $((3 * 3 * 2 * 100))
    row 16 'workers cut off for 7 s: both ways, one way, the other' "$ledger" \
        'no worker restarted'
    expect_nothing_left
}

row_16_a_supervisor_does_not_reach_zookeeper() {
    spread_cluster 2
    submit_ledger 100 4 2 2 2
    workers >before
    cut_off 1 $ZK
    await 'that it is missed' not_registered
    await_more_lines 1000
    heal 1 $ZK
    at=$(now_ms)
    await 'both supervisors' alive 2
    back=$(since "$at")
    expect_same_workers
    finish_ledger 0
    row 16 'supervisor cut off from ZooKeeper, its session over' "$ledger" \
        "registered again after $back, no worker restarted"
    expect_nothing_left
}

row_16_nimbus_does_not_reach_zookeeper() {
    spread_cluster 2
    submit_ledger 100 4 2 2 2
    workers >before
    cut_off $NIMBUS $ZK
    await 'that it leads no longer' grep -q 'leads no longer' nimbus$NIMBUS.log
    await_more_lines 1000
    heal $NIMBUS $ZK
    at=$(now_ms)
    await 'both supervisors' alive 2
    await_running ledger 4
    back=$(since "$at")
    expect_same_workers
    finish_ledger 0
    row 16 'nimbus cut off from ZooKeeper' "$ledger" \
        "leads again after $back, no worker restarted"
    expect_nothing_left
}

_leads() { # MACHINE
    _page | grep -F '"leads":true' | grep -F "\"address\":\"10.0.0.$1:"
}

# It knows the others, and asks them who leads.
row_16_a_supervisor_without_zookeeper_finds_another_leader() {
    NIMBUSES='8 7'
    spread_cluster 4 # there would be others
    submit_ledger 100 4 2 2 2
    workers >before
    cut_off 1 $ZK
    await 'that it is missed' not_registered
    at=$(now_ms)
    end_daemon KILL nimbus8
    await 'another leader' _leads 7
    lasts 6000 # as long as one has that is not heard, and more
    await_running ledger 4
    expect_same_workers
    heal 1 $ZK
    await 'both supervisors' alive 2
    finish_ledger 0
    row 16 'supervisor cut off from ZooKeeper, and the leader killed' "$ledger" \
        'no worker restarted'
    expect_nothing_left
}

# -- rows 17, 18 ------------------------------------------------------------------

row_17_a_supervisor_does_not_reach_nimbus() {
    spread_cluster 2
    submit_ledger 100 4 2 2 2
    workers >before
    cut_off 1 $NIMBUS
    lasts 12000 # a session, and as long as a dead machine has
    heal 1 $NIMBUS
    at=$(now_ms)
    await_running ledger 4
    back=$(since "$at")
    expect_same_workers
    finish_ledger 0
    row 17 'supervisor and its workers cut off from nimbus for 12 s' "$ledger" \
        "heard again after $back, no worker restarted"
    expect_nothing_left
}

_runs_once() {
    [ "$(workers | grep -c .)" = 4 ] && is ledger workers_running 4
}

# The workers that nobody hears go on, with what they have themselves; they end when
# they hear that others have their places.
_machine_1_vanishes_and_returns() {
    vanish 1
    come_back 1 4
    await 'both supervisors' alive 2
    await 'four workers and no other' _runs_once
    finish_twice 1
}

row_18_a_machine_vanishes_and_returns() {
    spread_cluster 4
    submit_ledger 100 4 2 2 2
    _machine_1_vanishes_and_returns
    row 18 'a machine vanishes, its workers go on, and it returns' "$ledger" \
        "elsewhere after $elsewhere (bound 9 s)"
    expect_nothing_left
}

# As gale and Debian's ZooKeeper are by default: who is gone is so after 20 to 22 s.
row_18_a_machine_vanishes_with_the_leader() {
    NIMBUSES='1 2' SESSION=20000 TICK=tickTime=2000
    spread_cluster 4
    submit_ledger 100 4 2 2 2
    sed -i 's/^nimbus.seeds: .*/nimbus.seeds: ["10.0.0.2:6627"]/' gale.yaml # whom we ask
    _machine_1_vanishes_and_returns
    row 18 'a machine vanishes with the leader, its workers go on' "$ledger" \
        "elsewhere after $elsewhere (bound 25 s)"
    expect_nothing_left
}

machines_begin
