# rows.sh - what the soak does to its cluster: rows of docs/faults.md, picked by chance;
# sourced by soak.sh.
#
# A row is a function: it makes its fault, sees that it has happened, and ends it. It
# says in $fired what it was, by `hit` whose messages may come again for it, and asks
# `chance` for what may vary; so what is picked depends on the seed and the number of
# the row alone. It begins and ends while all is well.

# Weights, and rows of the catalogue.
ROWS='
6 worker_killed                      1
2 workers_killed_at_once             1
2 worker_stands_still                2
2 worker_stands_still_and_is_replaced 3
2 worker_told_to_end                 49
4 supervisor_killed                  4
2 supervisor_misses_its_session      15
3 supervisor_killed_with_its_workers 5
2 supervisor_loses_what_it_has       6
2 daemon_told_to_end                 49
4 leader_killed                      8
2 nimbus_that_follows_killed         8
2 leader_stands_still                9
2 commands_cross_each_other          12
3 zookeeper_that_leads_killed        13
2 zookeeper_that_follows_killed      13
2 zookeeper_that_leads_stands_still  14
3 link_of_workers_reset              20
2 link_of_workers_slow               19
2 link_of_workers_lossy              20
2 zookeeper_cut_off                  16
2 nimbus_cut_off                     17
2 strangers_come                     22
2 disk_full                          28
2 no_descriptors                     30
3 plugin_crashes                     34
3 topology_rebalanced                rebalance
2 topology_rests                     activate
3 topology_killed_and_submitted      kill
2 topology_replaced                  replace
'

# -- chance -----------------------------------------------------------------------

# Of a row's chance nothing depends on what came before, but for its number.
seed_row() { # NUMBER
    state=$((0x$(echo "$SEED, row $1" | sha256sum | cut -c 1-7)))
}

chance() { # N: $chance is below N
    state=$(((state * 1103515245 + 12345) % 2147483648))
    chance=$((state / 65536 % $1))
}

# one_of WORD…: $one is one of them.
one_of() {
    chance $#
    shift $chance
    one=$1
}

_rows() { # those that may be picked
    echo "$ROWS" | awk -v only="${ONLY:-}" 'NF == 3 && index($2, only)'
}

# pick_row: $row and its $number in the catalogue.
pick_row() {
    chance "$(_rows | awk '{ n += $1 } END { print n }')"
    # shellcheck disable=SC2046 # two words
    set -- $(_rows | awk -v left="$chance" '(left -= $1) < 0 { print $2, $3; exit }')
    row=$1 number=$2
}

# -- workers ----------------------------------------------------------------------

_some_worker() { # sets $name, $worker, $pid
    # shellcheck disable=SC2086 # words
    one_of $TOPOLOGIES
    name=$one
    chance "$(cat "$name.workers")"
    worker=$chance
    await 'its process' is_replaced "$name" "$worker" none
    pid=$(worker_pid "$name" "$worker")
}

row_worker_killed() {
    _some_worker
    kill -KILL "$pid"
    await 'another process' is_replaced "$name" "$worker" "$pid"
    hit "$name" 2
    fired="worker $worker of $name killed"
}

row_workers_killed_at_once() {
    workers >before
    # shellcheck disable=SC2046 # numbers
    kill -KILL $(cut -d ' ' -f 1 before)
    hit_all 3
    fired="all $(grep -c . before) workers killed at once"
}

row_worker_stands_still() {
    _some_worker
    kill -STOP "$pid"
    lasts 2000
    kill -CONT "$pid"
    ! is_replaced "$name" "$worker" "$pid" >out || fail 'it was replaced after 2 s'
    hit "$name" 1
    fired="worker $worker of $name stood still for 2 s"
}

row_worker_stands_still_and_is_replaced() {
    _some_worker
    at=$(now_ms)
    kill -STOP "$pid"
    await 'another process' is_replaced "$name" "$worker" "$pid"
    kill -CONT "$pid" 2>/dev/null || :
    hit "$name" 3
    fired="worker $worker of $name stood still, and was replaced after $(since "$at")"
}

row_worker_told_to_end() {
    _some_worker
    kill -TERM "$pid"
    await 'another process' is_replaced "$name" "$worker" "$pid"
    hit "$name" 1
    fired="worker $worker of $name ended by SIGTERM"
}

row_plugin_crashes() {
    one_of segfault abort exit overflow
    commit "$one"
    hit books 2
    fired="bolt of books: $one"
}

# -- supervisors ------------------------------------------------------------------

_some_supervisor() { # sets $daemon, $n
    chance $N_SUPERVISORS
    n=$((chance + 1)) daemon=supervisor$((chance + 1))
}

# Until it is known again: what it has left in ZooKeeper may outlive it for a while.
_start_again() { # DAEMON
    n_starts=$(_n_starts "$1")
    "start_${1%?}" "${1#"${1%?}"}"
    await "the start of $1" _has_started "$1" "$n_starts"
}

_n_starts() {
    grep -cE 'registered as|nimbus gale .* listens at' "$1.log" || :
}

_has_started() { # DAEMON N: once more than N times
    [ "$(_n_starts "$1")" -gt "$2" ]
}

row_supervisor_killed() {
    _some_supervisor
    end_daemon KILL "$daemon"
    _start_again "$daemon"
    fired="$daemon killed"
}

row_supervisor_misses_its_session() {
    _some_supervisor
    stop_until_missed "$daemon"
    signal_daemon CONT "$daemon"
    fired="$daemon stood still, its session was over"
}

row_supervisor_killed_with_its_workers() {
    _some_supervisor
    id=$(id_of "$daemon") at=$(now_ms)
    n=$(_page | grep -cF "\"supervisor\":\"$id\"" || :)
    kill_with_workers "$daemon"
    await 'other slots' runs_nowhere_on "$id"
    _start_again "$daemon"
    hit_all 4
    fired="$daemon and its $n workers killed, others have them after $(since "$at")"
}

row_supervisor_loses_what_it_has() {
    _some_supervisor
    one_of no_state empty_state cut_state flipped_state nothing_left
    id=$(id_of "$daemon")
    end_daemon KILL "$daemon"
    damage "$one" "$daemon"
    _start_again "$daemon"
    [ "$one" != nothing_left ] || await 'other slots' runs_nowhere_on "$id"
    hit_all 4
    fired="$daemon killed, $(echo "$one" | tr _ ' ')"
}

row_daemon_told_to_end() {
    one_of nimbus1 nimbus2 nimbus3 supervisor1 supervisor2 supervisor3
    end_daemon TERM "$one"
    expect_equal "$status" 0 "the status of $one"
    _start_again "$one"
    fired="$one ended by SIGTERM"
}

# -- nimbuses ---------------------------------------------------------------------

_find_leader() { # sets $old; on a busy machine there is none, now and then
    await 'a leader' somebody_leads
    old=$(leader)
}

row_leader_killed() {
    _find_leader
    at=$(now_ms)
    end_daemon KILL "nimbus$old"
    await 'another leader' another_leads "$old"
    fired="nimbus$old killed, another leads after $(since "$at")"
    _start_again "nimbus$old"
}

row_nimbus_that_follows_killed() {
    _find_leader
    n=$((old % N_NIMBUSES + 1))
    end_daemon KILL "nimbus$n"
    _start_again "nimbus$n"
    fired="nimbus$n killed, which did not lead"
}

row_leader_stands_still() {
    _find_leader
    stop_until_another_leads "$old"
    signal_daemon CONT "nimbus$old"
    fired="nimbus$old stood still, another one leads"
}

row_nimbus_cut_off() {
    _find_leader
    _lose_all_packets 6000 "$(cat "nimbus$old.port")"
    fired="nobody heard by nimbus$old for 6 s: $lost packets"
}

# _lose_all_packets MS PORT: of connections to it, and $lost says how many.
_lose_all_packets() {
    lose_packets 100 127.0.0.0/8 "$2"
    lasts "$1"
    lost=$(n_lost_packets)
    lose_no_packets
    [ "$lost" -gt 0 ] || fail "no packet was lost to port $2"
}

# Each is done or refused; what there is in the end goes.
row_commands_cross_each_other() {
    pids= refused=0
    for i in 1 2 3 4 5 6 7 8; do
        one_of submit submit submit replace kill kill rebalance deactivate activate
        "_guest_$one" >"cross.$i.out" 2>"cross.$i.err" &
        pids="$pids $!"
    done
    for pid in $pids; do
        wait "$pid" || refused=$((refused + 1))
    done
    await 'the end of guest' _guest_is_gone
    fired="8 commands at a time of one topology: $refused refused"
}

# One that waits for the end of another one comes after it.
_guest_is_gone() {
    _guest_kill
    gone guest && nodes >nodes.txt && ! grep '^/topologies/guest-' nodes.txt
}

_guest_submit() { _submit_guest --name; }
_guest_replace() { _submit_guest --replace; }
_guest_kill() { "$GALE" kill -w 1 guest; }
_guest_rebalance() { "$GALE" rebalance -w 1 -n 2 guest; }
_guest_deactivate() { "$GALE" deactivate guest; }
_guest_activate() { "$GALE" activate guest; }

_submit_guest() { # HOW
    mkdir -p guest
    "$GALE" submit "$1" guest -c source.rate=10 -c source.count=1000000 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/guest"
}

# -- ZooKeeper --------------------------------------------------------------------

row_zookeeper_that_leads_killed() {
    zookeeper_leader
    old=$zookeeper_leader at=$(now_ms)
    member "$old" kill
    await 'another leader of ZooKeeper' another_zookeeper_leads "$old"
    fired="ZooKeeper $old killed, another leads after $(since "$at")"
    start_member "$old"
}

row_zookeeper_that_follows_killed() {
    zookeeper_leader
    n=$((zookeeper_leader % N_MEMBERS + 1))
    member "$n" kill
    start_member "$n"
    fired="ZooKeeper $n killed, which did not lead"
}

# Longer than a session: who is connected to it has to find another one.
row_zookeeper_that_leads_stands_still() {
    zookeeper_leader
    old=$zookeeper_leader
    member "$old" pause
    lasts 6000
    member "$old" resume
    fired="ZooKeeper $old, which led, stood still for 6 s"
}

row_zookeeper_cut_off() {
    chance $N_MEMBERS
    n=$((chance + 1))
    until _has_clients "$n"; do
        n=$((n % N_MEMBERS + 1))
    done
    _lose_all_packets 6000 "$(cat "zookeeper$n/ports")"
    fired="ZooKeeper $n heard no client for 6 s: $lost packets"
}

# All daemons may be connected to the others.
_has_clients() { # MEMBER
    ss -Htn state established "dport = :$(cat "zookeeper$1/ports")" | grep -q .
}

# -- the network of workers -------------------------------------------------------

# Of books, workers 0 and 1 connect to the last one.
_stand_before_a_worker() {
    port=$(worker_port books $(($(cat books.workers) - 1)))
    stand_before "$port"
    cut_connections "$port"
    told delay 0 # it has taken them
}

# What was made meanwhile has gone through the proxy.
_stand_aside() {
    told cut
    [ "${event#cut }" -gt 0 ] || fail 'no connection has gone through the proxy'
    stand_aside
    end_proxy
    hit books 3
}

row_link_of_workers_reset() {
    _stand_before_a_worker
    resets=0
    for _ in 1 2 3 4 5; do
        told reset
        resets=$((resets + ${event#reset }))
        lasts 500
    done
    _stand_aside
    hit books 5
    [ $resets -gt 0 ] || fail 'no connection was reset'
    fired="links of books reset $resets times"
}

row_link_of_workers_slow() {
    _stand_before_a_worker
    told delay 300
    remember books
    await 'that books go on' goes_on_without_gaps books 50
    told delay 0
    _stand_aside
    fired='links of books took 300 ms more'
}

row_link_of_workers_lossy() {
    port=$(worker_port books $(($(cat books.workers) - 1)))
    lose_packets 30 127.0.0.0/8 "$port"
    lasts 10000
    lost=$(n_lost_packets)
    lose_no_packets
    [ "$lost" -gt 0 ] || fail "no packet was lost to port $port"
    hit books 3
    fired="30 % of packets to a worker of books lost for 10 s: $lost"
}

# -- what there is only so much of ------------------------------------------------

row_strangers_come() {
    one_of nimbus worker
    case $one in
    nimbus) _find_leader && port=$(cat "nimbus$old.port") ;;
    worker) port=$(worker_port books 0) ;;
    esac
    rm -f here hold
    mkfifo here hold
    "$GALE_BUILD/tests/servers/stranger" crowd "127.0.0.1:$port" 500 <hold >here 2>&1 &
    pid=$!
    exec 7>hold
    read -r said <here
    expect_equal "$said" here "the crowd at port $port"
    "$GALE" list >out 2>err || fail "nobody answers: $(_said err)"
    exec 7>&-
    wait "$pid" || :
    fired="500 silent connections at a $one"
}

# supervisor3 has a disk of its own.
row_disk_full() {
    fill_disk supervisor3
    end_daemon KILL supervisor3
    _start_again supervisor3
    rm supervisor3/filler
    fired='disk of supervisor3 full, it is killed and started'
}

row_no_descriptors() {
    _some_supervisor
    _find_leader
    allow_no_descriptors "$daemon"
    allow_no_descriptors "nimbus$old"
    status=0
    "$GALE" list --timeout 2 >out 2>err || status=$?
    allow_descriptors "$daemon"
    allow_descriptors "nimbus$old"
    [ $status != 0 ] || ! leads "$old" || fail 'it was let in'
    fired="no descriptors in nimbus$old and $daemon"
}

# -- commands ---------------------------------------------------------------------

_some_topology() { # sets $name
    # shellcheck disable=SC2086 # words
    one_of $TOPOLOGIES
    name=$one
}

_do() { # COMMAND…
    "$GALE" "$@" >out 2>err || fail "gale $*: $(_said err)"
}

row_topology_rebalanced() {
    _some_topology
    chance 2
    n=$((chance + 2))
    _do rebalance -n $n "$name"
    echo $n >"$name.workers"
    await 'the next assignment' is "$name" status ACTIVE
    await_running "$name" $n
    hit "$name" 1
    fired="$name rebalanced to $n workers"
}

row_topology_rests() {
    _some_topology
    _do deactivate "$name"
    await 'that it rests' is "$name" status INACTIVE
    await 'that nothing is pending' is "$name" pending 0
    _do activate "$name"
    fired="$name deactivated and activated"
}

row_topology_killed_and_submitted() {
    _some_topology
    end_topology "$name"
    begin_topology "$name"
    hit "$name" 1
    fired="$name drained, killed and submitted again"
}

row_topology_replaced() {
    one_of books roll
    name=$one
    replace_topology "$name"
    hit "$name" 1
    fired="$name replaced by another one"
}
