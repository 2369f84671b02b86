# ensemble.sh - rows of faults of an ensemble of three ZooKeepers: its leader is
# killed, or stands still, under load.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/ensemble.sh
. tests/support/cluster_faults.sh

row_13_the_leader_of_three_zookeepers_is_killed_twice_under_load() {
    cluster_of_three 2 2 3
    submit_ledger 100 4 2 2 2
    workers >before
    took=
    for _ in 1 2; do
        zookeeper_leader
        old=$zookeeper_leader
        at=$(now_ms)
        member "$old" kill
        ask_another_than "$old"
        await 'another leader of ZooKeeper' another_zookeeper_leads "$old"
        await 'both supervisors' alive 2
        await 'one that leads' somebody_leads
        took="$took${took:+, }$(since "$at")"
        # What is wanted is written, and seen by all.
        mkdir -p "more$old"
        await 'a submission' _submit_more "$old"
        await 'its end' is "more$old" status FINISHED
        kill_topology "more$old"
        start_member "$old"
    done
    workers >now
    expect_equal "$(comm -12 before now | grep -c .)" 4 'workers that go on'
    finish_ledger 0
    row 13 'leader of 3 ZooKeepers killed, twice' "$ledger" \
        "all is well after $took, no worker restarted"
    expect_nothing_left
}

# It is refused while nimbus has no connection.
_submit_more() { # NUMBER
    "$GALE" submit --name "more$1" -c source.count=100 "$TEST_PLUGINS/bookkeeper.so" \
        "$PWD/more$1" 2>&1
}

# Who is connected to it hears nothing; the others choose another one.
row_14_the_leader_of_three_zookeepers_stands_still() {
    cluster_of_three 2 2 2
    submit_ledger 100 4 2 2 2
    workers >before
    zookeeper_leader
    old=$zookeeper_leader
    member "$old" pause
    ask_another_than "$old"
    at=$(now_ms)
    await_more_lines 1500
    await 'both supervisors' alive 2
    await 'one that leads' somebody_leads
    back=$(since "$at")
    member "$old" resume
    await_more_lines 300
    await 'both supervisors' alive 2
    await_running ledger 4
    expect_same_workers
    finish_ledger 0
    row 14 'leader of 3 ZooKeepers stands still, and wakes' "$ledger" \
        "all was well without it after $back, no worker restarted"
    expect_nothing_left
}

scenario
