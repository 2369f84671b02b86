#!/bin/sh
# one_gbit.sh - what two workers make of a link of 1 Gbit/s between two machines, for
# `make bench-hosts`. Figures go to descriptor 3.
#
# Machines are network namespaces (tests/support/machines.sh); tbf lets each send
# 1 Gbit/s, in frames of the link's size. The share is that of the payload that such a
# link can carry: 1448 bytes of a frame of 1514. It is measured by the receiver's
# interface, so that acks that go back and what is sent twice are no part of it.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/machines.sh
. tests/support/spread_cluster.sh

LINK=1000000000              # bit/s
FRAME=1514 HEADERS=66        # bytes: Ethernet, IP, TCP with a timestamp
SECONDS_EACH=${BENCH_SECONDS:-5}
ROUNDS=${BENCH_RUNS:-5}

_limit() { # 1 2: what they may send
    for machine; do
        on "$machine" tc qdisc add dev eth0 root tbf \
            rate $LINK burst 32k latency 10ms
    done
}

_received() { # MACHINE: payload, bytes
    on "$1" cat /sys/class/net/eth0/statistics/rx_bytes \
        /sys/class/net/eth0/statistics/rx_packets |
        awk -v headers=$HEADERS 'NR == 1 { bytes = $1 }
            NR == 2 { printf "%.0f\n", bytes - $1 * headers }'
}

# The machine to which most goes.
_sink() {
    one=$(_received 1) two=$(_received 2)
    lasts 500
    if [ $(($(_received 1) - one)) -gt $(($(_received 2) - two)) ]; then
        echo 1
    else
        echo 2
    fi
}

_measure() { # TITLE: the running topology, round by round
    sink=$(_sink)
    for round in $(seq "$ROUNDS"); do
        bytes=$(_received "$sink") at=$(date +%s%N)
        lasts $((SECONDS_EACH * 1000))
        awk -v bytes=$(($(_received "$sink") - bytes)) \
            -v ns=$(($(date +%s%N) - at)) -v link=$LINK -v frame=$FRAME \
            -v headers=$HEADERS 'BEGIN {
                printf "%.3f\n", bytes * 8e9 / ns / (link * (frame - headers) / frame)
            }' >>shares
    done
    sort -g shares | awk -v title="$1" '{ v[NR] = $1 } END {
        printf "%-32s share of the payload of 1 Gbit/s %s (%s ... %s), %d runs\n",
            title, v[int((NR + 1) / 2)], v[1], v[NR], NR }'
    rm shares
}

_run() { # TITLE OPTION…
    title=$1
    shift
    run "$GALE" submit -c topology.max.spout.pending=null "$@" \
        "$TOP/tests/bench/hosts/words_null.yaml"
    expect_status 0
    await_running words_null 2
    lasts 2000
    _measure "$title" >&3
    kill_topology words_null
}

the_link_between_two_workers_is_full() {
    spread_cluster 1
    _limit 1 2
    _run 'sentences, not acked' -c source.tracked=false
    _run 'sentences, acked' -c source.tracked=true
    expect_nothing_left
}

machines_begin
