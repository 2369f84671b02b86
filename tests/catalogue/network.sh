# network.sh - rows of faults of the network between machines: what goes one way only,
# is slow, or is lost now and then. Who is where is as in tests/cluster/cuts.sh.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/cluster_faults.sh
. tests/support/machines.sh
. tests/support/spread_cluster.sh

# -- row 16: one way only -----------------------------------------------------------

row_16_a_supervisor_and_zookeeper_hear_each_other_one_way() {
    spread_cluster 2
    submit_ledger 100 4 2 2 2
    workers >before
    for way in "1 $ZK" "$ZK 1"; do
        # shellcheck disable=SC2086 # words
        cut_one_way $way
        await 'that it is missed' not_registered
        await_more_lines 400
        # shellcheck disable=SC2086
        heal_one_way $way
        at=$(now_ms)
        await 'both supervisors' alive 2
        back=$(since "$at")
    done
    expect_same_workers
    finish_ledger 0
    row 16 'supervisor and ZooKeeper: one way, the other' "$ledger" \
        "registered again after $back, no worker restarted"
    expect_nothing_left
}

_has_stepped_down() { # so many times
    [ "$(grep -c 'leads no longer' nimbus$NIMBUS.log)" -ge "$1" ]
}

row_16_nimbus_and_zookeeper_hear_each_other_one_way() {
    spread_cluster 2
    submit_ledger 100 4 2 2 2
    workers >before
    n=0
    for way in "$NIMBUS $ZK" "$ZK $NIMBUS"; do
        n=$((n + 1))
        # shellcheck disable=SC2086 # words
        cut_one_way $way
        await 'that it leads no longer' _has_stepped_down $n
        await_more_lines 400
        # shellcheck disable=SC2086
        heal_one_way $way
        at=$(now_ms)
        await 'both supervisors' alive 2
        await_running ledger 4
        back=$(since "$at")
    done
    expect_same_workers
    finish_ledger 0
    row 16 'nimbus and ZooKeeper: one way, the other' "$ledger" \
        "leads again after $back, no worker restarted"
    expect_nothing_left
}

# -- row 19 ---------------------------------------------------------------------------

_resident_kb() { # the most of all workers
    for pid in $(workers | cut -d ' ' -f 1); do
        sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
    done | sort -n | tail -n 1
}

# What spouts would emit is five times what the wire takes.
row_19_a_link_between_machines_is_slow() {
    spread_cluster 2
    submit_ledger 2000 4 2 2 2 -c source.pad=500 -c topology.message.timeout.secs=30
    workers >before
    for machine in 1 2; do
        on $machine tc qdisc add dev eth0 root tbf rate 2mbit burst 16k latency 50ms
    done
    n=$(n_lines) at=$(now_ms)
    lasts 10000
    rate=$((($(n_lines) - n) * 1000 / ($(now_ms) - at)))
    [ $rate -lt 3000 ] || fail "the wire is not slow: $rate tuples a second"
    [ $rate -gt 10 ] || fail "hardly anything comes through: $rate tuples a second"
    expect_same_workers
    most=$(_resident_kb)
    for machine in 1 2; do
        on $machine tc qdisc delete dev eth0 root
    done
    await_more_lines 5000
    [ "$most" -lt 300000 ] || fail "a worker took $most kB"
    finish_ledger 0
    row 19 "wire of 2 Mbit/s for 10 s: $rate tuples a second of 4000" "$ledger" \
        "no worker restarted, workers took at most $most kB"
    expect_nothing_left
}

# -- row 20 ---------------------------------------------------------------------------

row_20_a_third_of_all_packets_is_lost() {
    spread_cluster 2
    submit_ledger 100 4 2 2 2
    for here in 'on 1' 'on 2'; do
        lose_packets 30 10.0.0.0/24
    done
    lasts 20000
    dropped=0
    for here in 'on 1' 'on 2'; do
        dropped=$((dropped + $(n_lost_packets)))
        lose_no_packets
    done
    [ $dropped -gt 50 ] || fail "only $dropped packets were dropped"
    at=$(now_ms)
    await 'both supervisors' alive 2
    await_running ledger 4
    back=$(since "$at")
    await_more_lines 100
    # Each time that a message of those that are pending has timed out.
    finish_ledger $((7 * 2 * 100 + 2 * 100 * 4))
    row 20 "30 % of packets to two machines lost for 20 s: $dropped" "$ledger" \
        "all run $back after that"
    expect_nothing_left
}

row_20_connections_are_reset_by_the_network() {
    spread_cluster 2
    submit_ledger 100 4 2 2 2
    workers >before
    for _ in 1 2 3; do
        on 1 nft -f - <<'RULES'
table ip refuse {
    counter refused { }
    chain input {
        type filter hook input priority 0;
        ip saddr 10.0.0.2 tcp flags & rst != rst counter name refused reject with tcp reset
    }
}
RULES
        lasts 2000
        refused=$(($(on 1 nft list counter ip refuse refused |
            sed -n 's/.*packets \([0-9]*\).*/\1/p') + ${refused:-0}))
        on 1 nft delete table ip refuse
        await_more_lines 100
    done
    [ "$refused" -gt 3 ] || fail "only $refused packets were refused"
    await_running ledger 4
    expect_same_workers
    finish_ledger $((3 * 2 * 100))
    row 20 "connections between workers reset for 2 s, 3 times: $refused packets" \
        "$ledger" 'no worker restarted'
    expect_nothing_left
}

machines_begin
