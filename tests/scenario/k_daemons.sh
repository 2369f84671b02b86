# k_daemons.sh - rows of faults of daemons, on real processes: tuples flow on, no
# worker is restarted, and what was wanted is done when they are back.
. tests/support/scenario.sh
. tests/support/cluster.sh

_is_another() { # pid of worker NUMBER of the ledger, not OLD
    pid=$(worker_pid ledger "$1")
    echo "worker $1 is process $pid"
    [ -n "$pid" ] && [ "$pid" != 0 ] && [ "$pid" != "$2" ]
}

row_4_a_supervisor_is_killed_and_takes_its_workers_up_again() {
    cluster 1 2 2
    submit_ledger 100 4 2 2 2
    workers >before
    end_daemon KILL supervisor1
    await_more_lines 20
    at=$(now_ms)
    start_supervisor 1
    await 'both supervisors' alive 2
    await_running ledger 4
    back=$(since "$at")
    expect_same_workers
    # It looks after those that it has taken up.
    number=$(sed -n 's/.*worker \([0-9]*\) is taken up.*/\1/p' supervisor1.log | head -n 1)
    old=$(worker_pid ledger "$number")
    kill -KILL "$old"
    await 'another process' _is_another "$number" "$old"
    finish_ledger 400
    row 4 'supervisor killed, and a worker that the next one took up' "$ledger" \
        "all taken up after $back, none restarted"
    expect_nothing_left
}

_position() { # of the only source, as it is kept; in a file
    node=$(nodes | grep '^/positions/ledger-[^/]*/')
    [ -n "$node" ] && "$GALE_BUILD/tests/servers/zookeeper_value" \
        "$GALE_ZOOKEEPER" "$ROOT" "$node" get >"$1"
}

_another_position_than() { # in the file
    _position position && ! cmp -s "$1" position
}

# Nothing has changed but the supervisor: so nobody tells it of the assignment.
row_4_positions_are_kept_by_a_supervisor_that_has_taken_its_workers_up() {
    cluster 1 1 1
    submit_ledger 100 1 1 1 1
    await 'a position' _position first
    for again in 1 2 3; do
        workers >before
        end_daemon KILL supervisor1
        _position then
        await_more_lines 100 # what comes after the position that is kept
        start_supervisor 1
        at=$(now_ms)
        await 'the next position' _another_position_than then
        kept=$(since "$at")
        expect_same_workers
    done
    old=$(worker_pid ledger 0)
    kill -KILL "$old"
    await 'another process' _is_another 0 "$old"
    await 'that it was started again' _says_so_of_worker_0
    finish_ledger 400
    row 4 'supervisor killed 3 times, then a worker that it took up' "$ledger" \
        "the next position is kept $kept after its last start"
    expect_nothing_left
}

_says_so_of_worker_0() {
    "$GALE" status | grep 'ledger worker 0, restarts 1: the worker ended, of what'
}

row_7_the_only_nimbus_is_killed() {
    cluster 1 2 2
    submit_ledger 100 4 2 2 2
    workers >before
    end_daemon KILL nimbus1
    await_more_lines 50
    for command in list "kill ledger" "submit $TEST_PLUGINS/bookkeeper.so $PWD/other"; do
        # shellcheck disable=SC2086 # words
        set -- $command
        verb=$1
        shift
        run "$GALE" "$verb" --timeout 1 "$@"
        expect_status 3
        expect_equal "$(grep -c . err)" 1 'sentences'
        expect_stderr "gale $verb: no nimbus that leads answers (nimbus.seeds): 127.0.0.1:$(cat nimbus1.port): Connection refused"
    done
    # Without --timeout, too, it is not waited for as for an answer (30 s).
    for verb in list status; do
        run timeout 20 "$GALE" "$verb"
        expect_status 3
        expect_stderr "gale $verb: no nimbus that leads answers (nimbus.seeds): 127.0.0.1:"
        run timeout 20 "$GALE" "$verb" -c 'nimbus.seeds=[]'
        expect_status 1
        expect_stderr "gale $verb: nimbus.seeds names no nimbus: expected HOST or HOST:PORT of one at least"
    done
    at=$(now_ms)
    start_nimbus 1
    await 'both supervisors' alive 2
    back=$(since "$at")
    await_running ledger 4
    expect_same_workers
    finish_ledger 0
    row 7 'only nimbus killed' "$ledger" \
        "leads again $back after its start (bound 5 s), no worker restarted"
    expect_nothing_left
}

# A topology that cannot drain, for its worker stands still.
_begin_a_kill_that_waits() {
    mkdir stuck
    "$GALE" submit --name stuck -c source.count=100000 -c source.rate=20 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/stuck" >out 2>err || fail "$(_said err)"
    await_running stuck 1
    kill -STOP "$(worker_pid stuck 0)"
    "$GALE" kill -w 25 stuck >out 2>err || fail "$(_said err)"
    await 'the kill' is stuck status KILLED
}

row_8_the_leader_is_killed_and_another_leads() {
    cluster 2 2 3
    submit_ledger 100 4 2 2 2
    _begin_a_kill_that_waits
    workers >before
    old=$(leader)
    new=$((3 - old))
    at=$(now_ms)
    end_daemon KILL "nimbus$old"
    await 'another leader' leads "$new"
    other=$(since "$at")
    await 'the kill, which the next leader knows of' is stuck status KILLED
    await 'both supervisors' alive 2
    await_running ledger 4
    expect_same_workers
    await 'the end of what was killed' gone stuck
    start_nimbus "$old"
    finish_ledger 0
    row 8 'leader killed while a kill waits' "$ledger" \
        "another leads after $other (bound 6 s), no worker restarted"
    expect_nothing_left
}

# For longer than a session; `make test-cluster` takes two minutes.
row_14_zookeeper_is_away() {
    cluster 2 2 2
    away=${AWAY_SECONDS:-6}
    submit_ledger 50 4 2 2 2
    workers >before
    $_ZOOKEEPER "$ZOOKEEPER_DIR" pause
    n=$(n_lines)
    lasts "${away}000"
    more=$(($(n_lines) - n))
    $_ZOOKEEPER "$ZOOKEEPER_DIR" resume
    [ "$more" -gt "$away" ] || fail "only $more lines came meanwhile"
    at=$(now_ms)
    await 'both supervisors' alive 2
    back=$(since "$at")
    await_running ledger 4
    expect_same_workers
    finish_ledger 0
    row 14 "ZooKeeper away for $away s, $more tuples meanwhile" "$ledger" \
        "all is well $back after its return, no worker restarted"
    expect_nothing_left
}

cluster_begin
