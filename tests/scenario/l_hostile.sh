# l_hostile.sh - bad and hostile input to a cluster: refused with one sentence,
# nothing half done, and what runs is not disturbed.
. tests/support/scenario.sh
. tests/support/cluster.sh

_STRANGER=$GALE_BUILD/tests/servers/stranger
RSS_MAX_KB=65536 # of a daemon or a worker, whatever comes to its port

case $GALE_BUILD in
*/release) ;;
*) RSS_MAX_KB=1048576 ;; # sanitizers remember what was freed
esac

# -- strangers ---------------------------------------------------------------------

# A cluster of one machine on which two workers of "ledger" work for ever.
_busy_cluster() {
    cluster 1 1 3
    submit_ledger 100 2 1 1 1
    workers >before
    [ "$(grep -c . before)" = 2 ] || fail "not two workers: $(_said before)"
}

# The same processes work on, within their memory.
_expect_undisturbed() {
    await_more_lines 10
    [ "$(_same_workers before)" = 2 ] || fail 'a worker was started anew'
    for file in nimbus1.pid supervisor1.pid; do
        _expect_small "$(cat "$file")" "$file"
    done
    while read -r pid _; do
        _expect_small "$pid" 'a worker'
    done <before
}

_same_workers() {
    workers >now
    comm -12 "$1" now | grep -c . || :
}

_expect_small() { # PID, who
    kb=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status") ||
        fail "$2 has ended"
    [ "$kb" -le "$RSS_MAX_KB" ] || fail "$2 took $kb kB, at most $RSS_MAX_KB"
}

# Where somebody listens: nimbus, the supervisor, workers.
_listeners() {
    echo "nimbus 127.0.0.1:$(cat nimbus1.port)"
    echo "supervisor $PWD/supervisor1/supervisor/socket"
    ss -Hltnp | grep -F "pid=$(cat supervisor1.pid)," |
        awk '{ print "supervisor", $4 }'
    tr , '\n' <supervisor1.ports | while read -r port; do
        ! _listens "$port" || echo "worker 127.0.0.1:$port"
    done
}

_listens() {
    ss -Hltn "sport = :$1" | grep -q .
}

_garbage() { # of a kind
    case $1 in
    random) head -c 100000 /dev/urandom ;;
    http) printf 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' ;;
    longest) printf '\377\377\377\377' && head -c 100000 /dev/zero ;;
    half) printf '\0\0\1\0half a frame' ;;
    nested) printf '\0\0\100\0' && head -c 16384 /dev/zero | tr '\0' '\221' ;;
    many) printf '\0\0\0\5\335\377\377\377\377' ;;
    link) printf 'gale link 2\n\0\0\0\0' && head -c 60000 /dev/zero ;;
    esac
}

# What a worker's log says goes into the daemons' directory.
_logs_of() { # nimbus, supervisor, worker
    case $1 in
    worker) cat supervisor1/supervisor/logs/*/*/worker.log ;;
    *) cat "${1}1.log" ;;
    esac
}

_knock() { # with what, where
    _garbage "$1" | "$_STRANGER" send "$2" >/dev/null ||
        echo "$1 to $2" >>open
}

what_is_no_message_is_refused_at_every_port() {
    _busy_cluster
    [ "$(_listeners | grep -c .)" = 5 ] || fail "who listens: $(_listeners)"
    _listeners >listeners
    while read -r who address; do
        for kind in random http longest half nested many link; do
            _knock "$kind" "$address" &
            strangers="${strangers:-} $!"
        done
    done <listeners
    # shellcheck disable=SC2086 # numbers
    wait $strangers
    [ ! -s open ] || fail "nobody hangs up: $(_said open)"
    for who in nimbus supervisor; do
        _logs_of "$who" | grep -q 'was not let in: .*gale.s RPC' ||
            fail "$who says nothing of it: $(_logs_of "$who" | tail -n 3)"
    done
    _logs_of worker | grep -q 'WARN .* door ' ||
        fail "a worker says nothing of it: $(_logs_of worker | tail -n 3)"
    _expect_undisturbed
    _logs_of nimbus >err
    expect_message 'was not let in: '
    row 21 'seven kinds of garbage at the ports of all daemons and workers' - \
        'refused; no worker restarted'
}

who_speaks_another_language_is_told_so() {
    cluster 1 1 1
    _listeners >listeners
    while read -r who address; do
        for kind in http longest link; do
            _garbage $kind | "$_STRANGER" send "$address" >heard ||
                fail "$who does not hang up after $kind"
            grep -qaF "it does not speak gale's RPC" heard ||
                fail "$who does not answer to $kind: $(_said heard)"
        done
    done <listeners
}

a_log_does_not_grow_with_the_number_of_strangers() {
    _busy_cluster
    _listeners >listeners
    while read -r who address; do
        lines=$(_logs_of "$who" | grep -c .)
        for _ in $(seq 60); do
            _knock random "$address"
        done
        [ ! -s open ] || fail "nobody hangs up: $(_said open)"
        more=$(($(_logs_of "$who" | grep -c .) - lines))
        [ "$more" -le 30 ] || fail "60 strangers at $who are $more lines"
    done <listeners
    for who in nimbus supervisor; do
        _logs_of "$who" | grep -q 'was not let in' || fail "$who says nothing"
    done
    _expect_undisturbed
}

# Their places are given to those who prove who they are.
a_crowd_that_says_nothing_keeps_nobody_out() {
    _busy_cluster
    n=0
    while read -r who address <&9; do
        n=$((n + 1))
        mkfifo "said$n" "hold$n"
        "$_STRANGER" crowd "$address" 1000 <"hold$n" >"said$n" &
        crowds="${crowds:-} $!"
        eval "exec $((n + 3))>hold$n"
        read -r _ <"said$n"
    done 9<<LISTENERS
$(_listeners)
LISTENERS
    run "$GALE" list
    expect_status 0
    expect_stdout ledger
    old=$(worker_pid ledger 0)
    kill -KILL "$old"
    await 'another process' _is_replaced "$old"
    await_more_lines 10
    row 22 '1000 silent connections at each port, a worker killed' - \
        'a command is answered, the next worker is let in'
    exec 4>&- 5>&- 6>&- 7>&- 8>&-
    for pid in $crowds; do
        wait "$pid" || :
    done
}

_is_replaced() {
    new=$(worker_pid ledger 0)
    echo "worker 0 is process $new"
    [ -n "$new" ] && [ "$new" != 0 ] && [ "$new" != "$1" ]
}

a_handshake_that_was_recorded_opens_no_door() {
    _busy_cluster
    address=127.0.0.1:$(cat nimbus1.port)
    mkfifo port
    "$_STRANGER" record "$address" recording >port &
    recorder=$!
    run "$GALE" list -c nimbus.seeds="[\"127.0.0.1:$(head -n 1 port)\"]"
    expect_status 0
    expect_stdout ledger
    wait "$recorder" || fail 'it was not recorded'
    [ -s recording ] || fail 'nothing was recorded'
    "$_STRANGER" send "$address" <recording >heard || fail 'nobody hangs up'
    grep -qaF 'cluster token than this nimbus' heard ||
        fail "it is not refused: $(_said heard)"
    ! grep -qaF ledger heard || fail 'the recording got an answer'
    _expect_undisturbed
}

_a_worker_refused() { # once
    [ "$(_logs_of worker | grep -cF 'refused: whoever speaks there does not have the key of this topology')" = 1 ]
}

HELLO_AND_PROOF=108 # bytes that a worker says before the first frame

# Worker 0 calls worker 1; what it has proved once proves nothing again.
a_greeting_of_workers_that_was_recorded_opens_no_door() {
    [ "$(id -u)" = 0 ] || skip 'only root can overhear what others say'
    MORE='gale.worker.transport: tcp' # only that can be overheard
    _busy_cluster
    port=$(_page | grep '^{"worker":1,' | grep -o '"port":[0-9]*' | cut -d: -f2)
    mkfifo here
    "$_STRANGER" overhear "$port" $HELLO_AND_PROOF 'gale link 2' recording >here &
    recorder=$!
    read -r _ <here
    old=$(worker_pid ledger 0)
    kill -KILL "$old"
    wait "$recorder" || fail 'it was not recorded'
    grep -qaF 'gale link 2' recording || fail 'no greeting was recorded'
    await 'another process' _is_replaced "$old"
    await_more_lines 10
    workers >before
    "$_STRANGER" send "127.0.0.1:$port" <recording >heard ||
        fail 'nobody hangs up'
    await 'a refusal' _a_worker_refused
    _expect_undisturbed
}

cluster_begin
