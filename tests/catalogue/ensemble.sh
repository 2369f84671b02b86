# ensemble.sh - rows of faults of an ensemble of three ZooKeepers: its leader is
# killed, or stands still, under load.
. tests/support/scenario.sh
. tests/support/cluster.sh

_JARS=/usr/share/java

_end() {
    for n in 1 2 3; do
        $_ZOOKEEPER "$PWD/zookeeper$n" kill || :
    done
    _end_all
}

_ensemble() {
    command -v java >/dev/null || skip 'there is no java here'
    trap _end EXIT
    # shellcheck disable=SC2046 # one word each
    set -- $(_ports 9)
    members="server.1=127.0.0.1:$4:$5 server.2=127.0.0.1:$6:$7 server.3=127.0.0.1:$8:$9"
    for n in 1 2 3; do
        mkdir -p "zookeeper$n/data"
        echo $n >"zookeeper$n/data/myid"
        echo "$1" >"zookeeper$n/ports"
        shift
    done
    for n in 1 2 3; do
        _start_member $n &
    done
    wait
    GALE_ZOOKEEPER=127.0.0.1:$(cat zookeeper1/ports)
    await 'a leader of ZooKeeper' _zookeeper_leader
}

_start_member() { # NUMBER
    ZK_PROPS="initLimit=20 syncLimit=5 $members" \
        $_ZOOKEEPER "$PWD/zookeeper$1" start >"zookeeper$1.out" 2>&1
}

_zookeeper_leader() { # sets $zookeeper_leader
    for n in 1 2 3; do
        ! $_ZOOKEEPER "$PWD/zookeeper$n" word srvr 2>/dev/null | grep -q '^Mode: leader' ||
            { zookeeper_leader=$n && return; }
    done
    return 1
}

# All daemons know all three; this test asks the one that $GALE_ZOOKEEPER says.
_cluster_of_three() {
    _ensemble
    ZOOKEEPERS=
    for n in 1 2 3; do
        ZOOKEEPERS="$ZOOKEEPERS${ZOOKEEPERS:+,}\"127.0.0.1:$(cat zookeeper$n/ports)\""
    done
    cluster "$@"
    trap _end EXIT
}

_another_zookeeper_leads() { # than NUMBER
    _zookeeper_leader && [ "$zookeeper_leader" != "$1" ]
}

# One that is gone cannot be asked.
_ask_another_than() { # NUMBER
    GALE_ZOOKEEPER=127.0.0.1:$(cat "zookeeper$(($1 % 3 + 1))/ports")
}

row_13_the_leader_of_three_zookeepers_is_killed_twice_under_load() {
    _cluster_of_three 2 2 3
    submit_ledger 100 4 2 2 2
    workers >before
    took=
    for _ in 1 2; do
        _zookeeper_leader
        old=$zookeeper_leader
        at=$(now_ms)
        $_ZOOKEEPER "$PWD/zookeeper$old" kill
        _ask_another_than "$old"
        await 'another leader of ZooKeeper' _another_zookeeper_leads "$old"
        await 'both supervisors' alive 2
        await 'one that leads' _somebody_leads
        took="$took${took:+, }$(since "$at")"
        # What is wanted is written, and seen by all.
        mkdir -p "more$old"
        await 'a submission' _submit_more "$old"
        await 'its end' is "more$old" status FINISHED
        kill_topology "more$old"
        _start_member "$old"
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

_somebody_leads() {
    [ -n "$(leader)" ]
}

# Who is connected to it hears nothing; the others choose another one.
row_14_the_leader_of_three_zookeepers_stands_still() {
    _cluster_of_three 2 2 2
    submit_ledger 100 4 2 2 2
    workers >before
    _zookeeper_leader
    old=$zookeeper_leader
    $_ZOOKEEPER "$PWD/zookeeper$old" pause
    _ask_another_than "$old"
    at=$(now_ms)
    await_more_lines 1500
    await 'both supervisors' alive 2
    await 'one that leads' _somebody_leads
    back=$(since "$at")
    $_ZOOKEEPER "$PWD/zookeeper$old" resume
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
