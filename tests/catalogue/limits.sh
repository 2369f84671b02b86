# limits.sh - rows of faults of what a machine has only so much of: descriptors,
# threads, memory, room on disks, ports, connections to ZooKeeper.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/cluster_faults.sh

_status_says() { # TEXT
    "$GALE" status >status.out 2>&1
    grep -F -e "$1" status.out
}

# What status says is what the row shows.
_expect_status_says() { # TEXT
    await "that status says \"$1\"" _status_says "$1"
    message=$1
}

# -- row 22 -----------------------------------------------------------------------

_CROWD=10000

# As many as say nothing to nimbus, and to a worker.
row_22_ten_thousand_connections_say_nothing() {
    ulimit -n $((_CROWD + 1000)) 2>/dev/null || skip 'too few descriptors are allowed here'
    cluster 1 1 3
    submit_ledger 100 2 1 1 1
    workers >before
    n=3
    for port in "$(cat nimbus1.port)" "$(worker_port ledger 0)"; do
        n=$((n + 1))
        mkfifo "here$n" "hold$n"
        "$GALE_BUILD/tests/servers/stranger" crowd "127.0.0.1:$port" $_CROWD \
            <"hold$n" >"here$n" 2>&1 &
        eval "exec $n>hold$n"
        read -r said <"here$n"
        expect_equal "$said" here "the crowd at port $port"
    done
    at=$(now_ms)
    run "$GALE" list
    expect_status 0
    expect_stdout ledger
    answered=$(since "$at")
    old=$(worker_pid ledger 1)
    kill -KILL "$old"
    await 'another process' is_replaced ledger 1 "$old"
    await_more_lines 100
    most=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(cat nimbus1.pid)/status")
    [ "$most" -lt 100000 ] || fail "nimbus took $most kB"
    exec 4>&- 5>&-
    cp nimbus1.log err
    expect_message 'it proved nothing while others waited'
    said=$message
    finish_ledger 200
    message=$said
    row 22 "$_CROWD silent connections at nimbus and at a worker; its peer killed" "$ledger" \
        "a command is answered after $answered, nimbus has $most kB"
    expect_nothing_left
}

# -- row 28 -----------------------------------------------------------------------

# What a supervisor keeps, and what its workers log, are on a disk that is full.
row_28_the_disk_of_a_supervisor_and_of_its_logs_is_full_under_load() {
    small_disk supervisor1 2m
    cluster 1 1 2
    submit_ledger 100 2 1 1 1 -c topology.debug=true
    workers >before
    fill_disk supervisor1
    await_more_lines 300
    end_daemon KILL supervisor1
    start_supervisor 1
    await 'the supervisor' alive 1
    await_more_lines 100
    expect_same_workers
    rm supervisor1/filler
    at=$(now_ms)
    kill -KILL "$(worker_pid ledger 0)"
    await_running ledger 2
    await_more_lines 20
    back=$(since "$at")
    ! find supervisor1 -name '*.tmp*' | grep . || fail 'half a file is there'
    finish_ledger 400
    row 28 'disk of a supervisor and of its logs full, it is killed' "$ledger" \
        "no worker restarted; with room again a killed one is back after $back"
    expect_nothing_left
}

# -- row 30 -----------------------------------------------------------------------

_n_ticks() { # of a process's time on processors
    awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# No descriptor is left: who comes waits, and nobody spins meanwhile.
row_30_nimbus_and_a_supervisor_have_no_descriptors_left() {
    cluster 1 1 2
    submit_ledger 100 2 1 1 1
    workers >before
    for daemon in nimbus1 supervisor1; do
        allow_no_descriptors $daemon
    done
    nimbus=$(cat nimbus1.pid)
    spent=$(_n_ticks "$nimbus")
    "$GALE" list --timeout 3 >out 2>err && fail 'it was let in' || :
    spent=$(($(_n_ticks "$nimbus") - spent))
    [ $spent -lt 100 ] || fail "nimbus spins: $spent ticks in 3 s"
    cp nimbus1.log err
    await_more_lines 100
    expect_message 'Too many open files'
    said=$message
    for daemon in nimbus1 supervisor1; do
        allow_descriptors $daemon
    done
    at=$(now_ms)
    await 'the supervisor' alive 1
    await_running ledger 2
    back=$(since "$at")
    expect_same_workers
    finish_ledger 0
    message=$said
    row 30 "no descriptors left in nimbus and supervisor, $spent ticks spent" "$ledger" \
        "answers $back after there are some, no worker restarted"
    expect_nothing_left
}

# -- row 32 -----------------------------------------------------------------------

# A user that nobody else is: what may be started is counted by user.
row_32_a_supervisor_can_start_no_process_and_then_can() {
    [ "$(id -u)" = 0 ] || skip 'only root can run a daemon as another user'
    chmod 711 . "${TMPDIR:-.}"
    cluster 1 1 2
    end_daemon TERM supervisor1
    cp token token.theirs
    chmod 600 token.theirs
    chown -R 61234 supervisor1 token.theirs ledger
    chmod 644 gale.yaml
    chmod 777 .
    user='setpriv --reuid=61234 --clear-groups'
    $user test -x "$GALE" || skip 'another user cannot run gale from here'
    _start_as_user
    await 'the supervisor' alive 1
    n_threads=$(find "/proc/$(cat supervisor1.pid)/task" -mindepth 1 -maxdepth 1 | wc -l)
    end_daemon TERM supervisor1
    with_limit="prlimit --nproc=1: $user"
    unlimited=$user
    user=$with_limit
    _start_as_user
    await 'that it is said' grep -q 'no thread can be started' supervisor1.log
    cp supervisor1.log err
    expect_message 'no thread can be started: raise the limit of threads'
    threads=$message
    end_daemon TERM supervisor1
    user="prlimit --nproc=$((n_threads + 1)): $unlimited"
    _start_as_user
    await 'the supervisor' alive 1
    "$GALE" submit --name ledger -c topology.workers=2 -c source.count=1000000000 \
        -c source.end="$PWD/end" -c source.rate=100 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 1 1 1 >out 2>err || fail "$(_said err)"
    _expect_status_says 'Resource temporarily unavailable'
    said="$threads; $message"
    end_daemon TERM supervisor1
    await 'that no part of a worker is left' _no_workers
    user=$unlimited
    _start_as_user
    await 'the supervisor' alive 1
    at=$(now_ms)
    await_running ledger 2
    back=$(since "$at")
    N_SOURCES=1
    await_lines 20
    finish_ledger 0
    message=$said
    row 32 'a supervisor that may start no thread, and then no process' "$ledger" \
        "no part of a worker is left; both run $back after it may"
    expect_nothing_left
}

_start_as_user() {
    AT=$user
    start_supervisor 1 -c gale.token.file="$PWD/token.theirs"
    AT=
}

# -- row 35 -----------------------------------------------------------------------

# It is named; what other executors have goes on, and it is up to its user to end
# what never returns.
row_35_a_callback_that_never_returns_is_named_and_nothing_else_stands_still() {
    cluster 1 2 2
    mkdir other
    "$GALE" submit --name other -c source.count=100000000 -c source.rate=10 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/other" >out 2>err || fail "$(_said err)"
    submit_ledger 100 3 1 1 1 -c pass.crash="$PWD/crime" -c gale.worker.hang.secs=2
    await_running other 1
    workers >before
    at=$(now_ms)
    commit loop
    _expect_status_says 'has been in one call for'
    named=$(since "$at")
    said=$message
    grep -rqF 'where it is:' supervisor?/supervisor/logs || fail 'there is no stack'
    n=$(cat other/* | wc -l)
    await 'that the other topology goes on' _has_more_than "$n"
    expect_same_workers
    hung=$(worker_pid ledger "$(_hanging_worker)")
    kill -KILL "$hung"
    await_running ledger 3
    await_more_lines 100
    finish_ledger 400
    message=$said
    row 35 'a bolt that never returns; its worker is killed by hand' "$ledger" \
        "named after $named (gale.worker.hang.secs: 2)"
    kill_topology other
    expect_nothing_left
}

_hanging_worker() {
    sed -n 's/^ledger: worker \([0-9]*\): .*has been in one call.*/\1/p' status.out | head -n 1
}

_has_more_than() {
    [ "$(cat other/* | wc -l)" -gt "$1" ]
}

# -- rows 31, 36 ------------------------------------------------------------------

_limited_cluster() { # MB of a worker
    MORE="storm.resource.isolation.plugin.enable: true
worker.heap.memory.mb: $1
gale.worker.processes: 100"
    cluster 1 1 3
    ! grep -o 'workers run without cgroups.*' supervisor1.log >why ||
        skip "$(cat why)"
}

row_31_a_worker_that_takes_all_its_memory_is_killed_for_that() {
    _limited_cluster 128
    submit_ledger 100 2 1 1 1 -c pass.crash="$PWD/crime"
    at=$(now_ms)
    commit hoard
    _expect_status_says 'the worker was killed for lack of memory: it may have 128 MB (worker.heap.memory.mb)'
    said=$message
    await_running ledger 2
    await_more_lines 20
    back=$(since "$at")
    finish_ledger 400
    message=$said
    row 31 'a bolt takes more memory than its worker may have' "$ledger" \
        "works again after $back"
    expect_nothing_left
}

# What it has left is too little for anything new; what there is goes on.
row_36_a_plugin_takes_all_descriptors_of_its_worker() {
    MORE='worker.max.timeout.secs: 600'
    AT='prlimit --nofile=256:256'
    cluster 1 1 3
    AT=
    submit_ledger 100 3 1 1 1 -c pass.crash="$PWD/crime"
    commit files
    await_more_lines 100
    # Its peers begin anew, and it must hear them. (One that is killed takes a
    # descriptor of it along, so it is looked for first.)
    full=
    for number in 0 1 2; do
        old=$(worker_pid ledger $number)
        [ "$(find "/proc/$old/fd" -mindepth 1 | wc -l)" != 256 ] || full=$number
    done
    [ -n "$full" ] || fail 'no worker has 256 descriptors'
    for number in 0 1 2; do
        [ $number != "$full" ] || continue
        old=$(worker_pid ledger $number)
        kill -KILL "$old"
        await 'another process' is_replaced ledger $number "$old"
    done
    at=$(now_ms)
    await_running ledger 3
    await_more_lines 100
    back=$(since "$at")
    finish_ledger 800
    row 36 'a bolt takes all descriptors, the other workers are killed' "$ledger" \
        "tuples flow $back after that"
    expect_nothing_left
}

row_36_a_plugin_takes_all_threads_that_its_worker_may_have() {
    _limited_cluster 256
    submit_ledger 100 2 1 1 1 -c pass.crash="$PWD/crime"
    workers >before
    commit threads
    await_more_lines 200
    await_running ledger 2
    expect_same_workers
    # shellcheck disable=SC2046 # numbers
    most=$(for pid in $(cut -d ' ' -f 1 before); do ls "/proc/$pid/task" | wc -l; done | sort -n | tail -n 1)
    [ "$most" -ge 50 ] && [ "$most" -le 100 ] || fail "$most threads"
    at=$(now_ms)
    for pid in $(cut -d ' ' -f 1 before); do
        kill -KILL "$pid"
    done
    await_running ledger 2
    await_more_lines 20
    back=$(since "$at")
    finish_ledger 400
    row 36 "a bolt takes all threads: $most (gale.worker.processes: 100)" "$ledger" \
        "goes on; killed, it is back after $back"
    expect_nothing_left
}

# -- row 47 -----------------------------------------------------------------------

# _refuses_to_start TEXT, DAEMON, OPTION…: with one sentence, and at once.
_refuses_to_start() {
    text=$1
    shift
    run timeout 30 "$GALE" "$@"
    expect_status 1
    [ "$(grep -c '^gale ' err)" = 1 ] || fail "expected one sentence: $(_said err)"
    expect_message "$text"
    messages="${messages:+$messages; }$message"
}

row_47_what_a_daemon_cannot_have_at_its_start_is_one_sentence() {
    cluster 1 1 1
    taken=$(cat nimbus1.port)
    _refuses_to_start "cannot listen at 127.0.0.1:$taken: another process does" \
        nimbus -c nimbus.thrift.port="$taken" -c storm.local.dir="$PWD/n2"
    _refuses_to_start 'cannot listen at 192.0.2.1' \
        nimbus -c gale.bind=192.0.2.1 -c nimbus.thrift.port="$(_ports 1)" -c storm.local.dir="$PWD/n3"
    _refuses_to_start 'nowhere.invalid' \
        nimbus -c gale.bind=nowhere.invalid -c nimbus.thrift.port="$(_ports 1)" -c storm.local.dir="$PWD/n4"
    _refuses_to_start "another supervisor uses" \
        supervisor -c storm.local.dir="$PWD/supervisor1" -c supervisor.slots.ports="[$(_ports 1)]"
    expect_equal "$(_its_processes | grep -c .)" 2 'processes of gale'
    message=$messages
    row 47 'port taken, address of no machine, name of none, directory taken' - \
        'refused with one sentence each'
    expect_nothing_left
}

# -- row 48 -----------------------------------------------------------------------

_n_connections() { # to ZooKeeper
    $_ZOOKEEPER "$ZOOKEEPER_DIR" word cons | grep -c 'recved'
}

_end_own_zookeeper() {
    $_ZOOKEEPER "$PWD/zookeeper" kill
    _end_all
}

# Workers have no connection, however many there are; who has too many is told so.
row_48_workers_come_and_go_where_zookeeper_allows_few_connections() {
    [ -n "${GALE_ZOOKEEPER:-}" ] || skip 'there is no java here'
    ZOOKEEPER_DIR=$PWD/zookeeper
    # Two of daemons, one of a command or of this test.
    GALE_ZOOKEEPER=$(ZK_PROPS=maxClientCnxns=3 $_ZOOKEEPER "$ZOOKEEPER_DIR" start)
    trap _end_own_zookeeper EXIT
    cluster 1 1 8
    trap _end_own_zookeeper EXIT
    submit_ledger 50 8 4 4 4
    at_first=$(_n_connections)
    for _ in 1 2 3 4; do
        workers >before
        # shellcheck disable=SC2046 # numbers
        kill -KILL $(cut -d ' ' -f 1 before)
        await 'eight other processes' _are_others
    done
    expect_equal "$(_n_connections)" "$at_first" 'connections to ZooKeeper'
    for n in 2 3; do # the first of them is the third connection
        _ports 1 >nimbus$n.port
        start_nimbus $n
        await 'what becomes of it' grep -q ' zookeeper ' nimbus$n.log
    done
    await 'that it is said' grep -q 'closes new connections at once' nimbus3.log
    cp nimbus3.log err
    expect_message 'closes new connections at once'
    said=$message
    for n in 2 3; do
        end_daemon KILL nimbus$n
    done
    await_running ledger 8
    await_more_lines 100
    finish_ledger $((4 * 4 * (100 + 100)))
    message=$said
    row 48 '32 workers come and go, ZooKeeper allows 3 connections' "$ledger" \
        "workers have none"
    expect_nothing_left
}

_are_others() { # than in `before`, as many
    workers >now
    [ "$(grep -c . now)" = "$(grep -c . before)" ] && [ -z "$(comm -12 before now)" ]
}

cluster_begin
