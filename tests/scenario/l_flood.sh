# l_flood.sh - crowds at every port of a cluster: those that say nothing, half a
# greeting, or a byte a second. Who proves who he is gets in meanwhile, tuples flow,
# and what daemons and workers take has its bounds.
. tests/support/scenario.sh
. tests/support/cluster.sh

_STRANGER=$GALE_BUILD/tests/servers/stranger
RSS_MAX_KB=65536 # of a daemon or a worker
# Of TCP 512 from one host, of the socket of workers 1024; and what it has itself.
DAEMON_DESCRIPTORS_MAX=1700
WORKER_DESCRIPTORS_MAX=200 # 64 guests

case $GALE_BUILD in
*/release) ;;
*) RSS_MAX_KB=1048576 ;; # sanitizers remember what was freed
esac

_busy_cluster() {
    cluster 1 1 4
    submit_ledger 100 2 1 1 1
}

_listeners() {
    echo "127.0.0.1:$(cat nimbus1.port)"
    echo "127.0.0.1:$(cat supervisor1.port)"
    echo "$PWD/supervisor1/supervisor/socket"
    for worker in 0 1; do
        echo "127.0.0.1:$(_page | grep "^{\"worker\":$worker," |
            grep -o '"port":[0-9]*' | cut -d: -f2)"
    done
}

# strangers VERB N [TEXT]: so many at each port, until _go_away.
_strangers() {
    verb=$1
    shift
    strangers=
    trap '_end_strangers; _end_all' EXIT
    _listeners >listeners
    n=0
    mkfifo hold
    exec 4<>hold
    while read -r address; do
        n=$((n + 1))
        "$_STRANGER" "$verb" "$address" "$@" <hold >"said$n" 4>&- &
        strangers="$strangers $!"
    done <listeners
    for i in $(seq $n); do
        await "a crowd at port $i" grep -q here "said$i"
    done
}

_go_away() {
    exec 4>&-
    for pid in $strangers; do
        wait "$pid" || :
    done
    strangers=
}

_end_strangers() {
    for pid in $strangers; do
        kill -KILL "$pid"
    done
}

_descriptors() { # PID
    ls "/proc/$1/fd" | wc -l
}

# What each has, while they are there.
_expect_bounds() {
    _its_processes >processes
    while read -r pid verb <&9; do
        case $verb in
        worker) most=$WORKER_DESCRIPTORS_MAX ;;
        nimbus | supervisor) most=$DAEMON_DESCRIPTORS_MAX ;;
        *) continue ;;
        esac
        found=$(_descriptors "$pid")
        [ "$found" -le "$most" ] ||
            fail "$verb has $found descriptors, at most $most"
        kb=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
        [ "$kb" -le "$RSS_MAX_KB" ] ||
            fail "$verb took $kb kB, at most $RSS_MAX_KB"
    done 9<processes
}

_is_replaced() {
    new=$(worker_pid ledger 0)
    echo "worker 0 is process $new"
    [ -n "$new" ] && [ "$new" != 0 ] && [ "$new" != "$1" ]
}

# All that needs a door: a command, a submission, files for it, a worker that
# comes to its supervisor and to another worker, a supervisor that reports.
_expect_honest_work() {
    _expect_bounds
    run "$GALE" list
    expect_status 0
    expect_stdout ledger
    mkdir other
    run "$GALE" submit --name other -c source.count=1000000 -c source.rate=10 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/other" 1 1 1
    expect_status 0
    await_running other 1
    old=$(worker_pid ledger 0)
    kill -KILL "$old"
    await 'another process' _is_replaced "$old"
    await_more_lines 200
    await 'the supervisor is heard' alive 1
    _expect_bounds
    kill_topology other
}

# Each is named in the log, but few of them.
_expect_said() {
    for daemon in nimbus1 supervisor1; do
        await "$daemon says it" grep -q 'was not let in' $daemon.log
        lines=$(grep -c 'was not let in' $daemon.log)
        [ "$lines" -le 100 ] || fail "$daemon says it in $lines lines"
    done
    await 'a worker says it' sh -c "cat supervisor1/supervisor/logs/*/*/worker.log |
        grep -q ' door '"
}

ten_thousand_idle_connections_at_each_port_keep_nobody_out() {
    [ "$(ulimit -Hn)" -ge 10100 ] || skip 'a process may not have 10 000 descriptors'
    _busy_cluster
    _strangers crowd 10000
    _expect_honest_work
    _expect_said
    _go_away
    finish_ledger 300
    expect_nothing_left
}

a_flood_that_never_ends_keeps_nobody_out() {
    _busy_cluster
    _strangers flood 300
    _expect_honest_work
    _expect_said
    _go_away
    finish_ledger 300
    expect_nothing_left
}

a_flood_of_half_greetings_keeps_nobody_out() {
    _busy_cluster
    _strangers flood 300 "$(printf 'gale link 2\nand then nothing')"
    _expect_honest_work
    _expect_said
    _go_away
    finish_ledger 300
    expect_nothing_left
}

who_says_a_byte_a_second_keeps_nobody_out() {
    _busy_cluster
    _strangers trickle 1000
    _expect_honest_work
    _expect_said
    _go_away
    finish_ledger 300
    expect_nothing_left
}

cluster_begin
