# numbers.sh - what a cluster takes, and how long: measured and printed.
. tests/support/scenario.sh
. tests/support/cluster.sh

_has_acked() {
    acked=$(field "$1" acked)
    echo "acked of $1 is $acked"
    [ "${acked:-0}" -gt 0 ]
}

# NAME COUNT RATE: a topology in one worker.
_begin() {
    "$GALE" submit --name "$1" -c source.count="$2" -c source.rate="$3" \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" >out 2>err || fail "$(_said err)"
}

submit_until_the_first_ack_and_kill_of_a_drained_topology() {
    cluster 1 2 2
    at=$(now_ms)
    _begin ledger 100000 10
    taken=$(since "$at")
    await_lines 1
    first=$(since "$at")
    await 'an ack' _has_acked ledger
    acked=$(since "$at")
    _begin drained 100000 10
    await_running drained 1
    at=$(now_ms)
    kill_topology drained
    measured "submit: taken after $taken, first tuple after $first, its ack seen in status after $acked (bound 500 ms)"
    measured "kill of a topology that drains at once: gone after $(since "$at") (bound 1 s)"
    kill_topology ledger
    expect_nothing_left
}

_there_are_nimbuses() { # N
    "$GALE" status --json >page
    [ "$(grep -o '"leads":' page | wc -l)" = "$1" ]
}

# A command waits for answers for 30 s; of this one, for the copies, too.
a_submission_waits_for_as_long_as_its_copies_may() {
    cluster 2 1 1
    await 'two nimbuses' _there_are_nimbuses 2
    run "$GALE" submit --name words -c topology.min.replication.count=3 \
        -c topology.max.replication.wait.time.sec=33 wordcount
    expect_status 0
    expect_stdout 'only 2 of 3 nimbuses have its files'
}

_n_running() { # at least
    _page >page
    n=$(grep -c '"workers_running":1' page)
    echo "$n run"
    [ "$n" -ge "$1" ]
}

_n_topologies() {
    _page >page
    n=$(grep -c '^{"name":' page)
    echo "there are $n"
    [ "$n" = "$1" ]
}

# COMMAND for each of thirty, all at once.
_thirty_times() {
    pids=
    for i in $(seq 30); do
        "$@" "$i" >"out.$i" 2>&1 &
        pids="$pids $!"
    done
    for pid in $pids; do
        wait "$pid" || fail "one of them failed: $(cat out.*)"
    done
}

_submit() {
    "$GALE" submit --name "t$1" -c source.count=1000000 -c source.rate=1 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger"
}

_kill() {
    "$GALE" kill "t$1"
}

thirty_topologies_at_once() {
    cluster 1 2 15
    before=$(zookeeper_watches)
    at=$(now_ms)
    _thirty_times _submit
    taken=$(since "$at")
    await 'thirty that run' _n_running 30
    measured "30 topologies submitted at once: taken after $taken, all run after $(since "$at")"
    expect_equal "$(zookeeper_watches)" "$before" 'watches of nimbus and supervisors'
    at=$(now_ms)
    _thirty_times _kill
    await 'the end of all' _n_topologies 0
    measured "30 topologies killed at once: gone after $(since "$at")"
    expect_nothing_left
}

_kilobytes() { # of memory of a daemon
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(cat "$1.pid")/status"
}

# A client's session and its end are no writes of the cluster: nobody asks
# anything meanwhile.
an_idle_cluster() {
    cluster 2 2 4
    lasts 3000
    before=$(zookeeper_writes)
    lasts 20000
    measured "idle for 20 s: $(($(zookeeper_writes) - before)) writes to ZooKeeper of 2 nimbuses and 2 supervisors (bound 8)"
    measured "idle memory: nimbus $(_kilobytes nimbus1) kB (bound 16384), supervisor $(_kilobytes supervisor1) kB (bound 12288)"
    expect_nothing_left
}

cluster_begin
