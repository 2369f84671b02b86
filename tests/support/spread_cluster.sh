# spread_cluster.sh - ZooKeeper, nimbus and two supervisors on a machine each; sourced
# after machines.sh.

ZK=9 NIMBUS=8 # numbers of machines; supervisors are on 1 and 2
NIMBUSES=$NIMBUS # those of all nimbuses, who leads first

_end() {
    tail -n 12 nimbus?.log supervisor?.log
    on $ZK $_ZOOKEEPER "$PWD/zookeeper" kill
    _end_machines
    _end_all
}

spread_cluster() { # SLOTS of each supervisor
    # shellcheck disable=SC2046,SC2086 # words
    machines $(printf '%s\n' 1 2 $ZK $NIMBUSES | sort -u)
    trap _end EXIT
    trap 'exit 1' HUP INT TERM
    GALE_ZOOKEEPER=$(on $ZK env "ZK_PROPS=clientPortAddress=0.0.0.0 ${TICK:-}" \
        $_ZOOKEEPER "$PWD/zookeeper" start) || fail 'ZooKeeper does not start'
    GALE_ZOOKEEPER=10.0.0.$ZK:${GALE_ZOOKEEPER#*:}
    ROOT=/gale
    # shellcheck disable=SC2086 # words
    _configure "$(printf ',"10.0.0.%s:6627"' $NIMBUSES | cut -c 2-)"
    for i in $NIMBUSES; do
        echo 6627 >"nimbus$i.port"
        AT=$(at "$i")
        start_nimbus "$i" -c "gale.bind=10.0.0.$i"
        await 'a leader' _page
    done
    mkdir ledger
    for i in 1 2; do
        echo 6628 >"supervisor$i.port"
        seq -s , 6700 $((6699 + $1)) >"supervisor$i.ports"
        _start_supervisor_at_home "$i"
    done
    await 'supervisors' alive 2
}

_start_supervisor_at_home() { # NUMBER
    AT=$(at "$1")
    start_supervisor "$1" -c "gale.bind=10.0.0.$1"
}
