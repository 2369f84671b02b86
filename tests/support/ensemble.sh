# ensemble.sh - an ensemble of three ZooKeepers, in ./zookeeper1 to 3, each of which may
# be killed, stand still and come back; sourced after cluster.sh.

ensemble() {
    command -v java >/dev/null || skip 'there is no java here'
    trap end_ensemble EXIT
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
        start_member $n &
    done
    wait
    ask_another_than 3
    await 'a leader of ZooKeeper' zookeeper_leader
}

end_ensemble() {
    for n in 1 2 3; do
        member $n kill || :
    done
    _end_all
}

# cluster_of_three NIMBUSES SUPERVISORS [SLOTS]: as `cluster`. All daemons know all
# three; this test asks the one that $GALE_ZOOKEEPER says.
cluster_of_three() {
    ensemble
    ZOOKEEPERS=
    for n in 1 2 3; do
        ZOOKEEPERS="$ZOOKEEPERS${ZOOKEEPERS:+,}\"127.0.0.1:$(cat zookeeper$n/ports)\""
    done
    cluster "$@"
    trap end_ensemble EXIT
}

start_member() { # NUMBER
    ZK_PROPS="initLimit=20 syncLimit=5 $members ${TICK:-}" \
        $_ZOOKEEPER "$PWD/zookeeper$1" start >"zookeeper$1.out" 2>&1
}

member() { # NUMBER VERB…
    _place=$PWD/zookeeper$1
    shift
    $_ZOOKEEPER "$_place" "$@"
}

zookeeper_leader() { # sets $zookeeper_leader
    for n in 1 2 3; do
        ! member $n word srvr 2>/dev/null | grep -q '^Mode: leader' ||
            { zookeeper_leader=$n && return; }
    done
    return 1
}

another_zookeeper_leads() { # than NUMBER
    zookeeper_leader && [ "$zookeeper_leader" != "$1" ]
}

# One that is gone cannot be asked.
ask_another_than() { # NUMBER
    GALE_ZOOKEEPER=127.0.0.1:$(cat "zookeeper$(($1 % 3 + 1))/ports")
}
