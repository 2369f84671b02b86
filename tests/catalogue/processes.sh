# processes.sh - rows of faults of processes: killed at once, woken too late, one too
# many, with commands that cross each other, with a clock that jumps.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/cluster_faults.sh

# -- row 1 ------------------------------------------------------------------------

_are_others() { # than in `before`, as many
    workers >now
    cat now
    [ "$(grep -c . now)" = "$(grep -c . before)" ] &&
        [ -z "$(comm -12 before now)" ]
}

row_1_all_workers_are_killed_at_once() {
    cluster 1 2 2
    submit_ledger 100 4 2 2 2
    workers >before
    at=$(now_ms)
    # shellcheck disable=SC2046 # numbers
    kill -KILL $(cut -d ' ' -f 1 before)
    await 'four other processes' _are_others
    await_more_lines 1
    first=$(since "$at")
    finish_ledger $((2 * (100 + 100)))
    row 1 'all 4 workers killed at once' "$ledger" \
        "first tuple after $first (bound 5 s)"
    expect_nothing_left
}

row_1_a_worker_is_killed_every_two_seconds() {
    cluster 1 2 2
    SEED=${SEED:-$(date +%s)}
    echo "SEED=$SEED"
    submit_ledger 100 4 2 2 2
    for _ in 1 2 3 4 5; do
        SEED=$((SEED * 5 % 65537 + 1))
        number=$((SEED % 4))
        pid=$(worker_pid ledger $number)
        [ "${pid:-0}" -lt 2 ] || kill -KILL "$pid"
        lasts 2000
    done
    at=$(now_ms)
    await_running ledger 4
    back=$(since "$at")
    await_more_lines 100
    finish_ledger $((5 * 2 * (100 + 100)))
    row 1 'one of 4 workers killed every 2 s, 5 times' "$ledger" \
        "all run $back after the last (bound 30 s: back-off)"
    expect_nothing_left
}

# -- row 3 ------------------------------------------------------------------------

_have_ended() { # PID…
    for pid; do
        [ ! -e "/proc/$pid" ] || return 1
    done
}

_workers_of() { # SUPERVISOR
    _its_processes | sed -n 's/ worker$//p' | while read -r pid; do
        ! grep -qF "$PWD/$1/" "/proc/$pid/cmdline" || echo "$pid"
    done
}

# Nobody is there who would end them: they find that others have their places. Of
# two workers the one with the lower number calls: nobody calls the one with the
# highest any more, and it hears of it from nimbus.
row_3_workers_that_wake_when_others_have_their_places_end_themselves() {
    cluster 1 2 4
    submit_ledger 100 4 2 2 2 -c sink.apart=true
    home=$(grep -l 'worker 3 starts' supervisor?.log)
    home=${home%.log}
    id=$(id_of "$home")
    frozen=$(_workers_of "$home")
    stopped=$(now_ms)
    # shellcheck disable=SC2086 # numbers
    kill -STOP $frozen
    end_daemon KILL "$home"
    await 'other slots' runs_nowhere_on "$id"
    await_running ledger 4
    await_more_lines 10
    at=$(now_ms)
    # shellcheck disable=SC2086
    kill -CONT $frozen
    # shellcheck disable=SC2086
    await 'the end of those that were woken' _have_ended $frozen
    ended=$(since "$at")
    away=$((($(now_ms) - stopped) / 1000 + 1))
    expect_equal "$(workers | grep -c .)" 4 'workers'
    cat "$home"/supervisor/logs/*/*/worker.log >err
    expect_message 'another worker was started in place of this one'
    start_supervisor "${home#supervisor}"
    await 'both supervisors' alive 2
    # What was pending, what came since the last kept position, and all that one that
    # wakes may catch up with before it ends: 100 a second since it was stopped.
    finish_ledger $((2 * (100 + 100 + 100 * away)))
    row 3 'workers stopped, replaced elsewhere, woken' "$ledger" \
        "ended themselves after $ended (bound 1 s, or 3 s by nimbus's word)"
    expect_nothing_left
}

row_3_a_worker_that_wakes_when_its_topology_is_gone_ends_itself() {
    cluster 1 1 2
    submit_ledger 100 1 1 1 1
    frozen=$(worker_pid ledger 0)
    kill -STOP "$frozen"
    end_daemon KILL supervisor1
    "$GALE" kill -w 1 ledger >out 2>err || fail "$(_said err)"
    await 'its end' gone ledger
    at=$(now_ms)
    kill -CONT "$frozen"
    await 'the end of the one that was woken' _have_ended "$frozen"
    ended=$(since "$at")
    cat supervisor1/supervisor/logs/*/*/worker.log >err
    expect_message 'this worker is not wanted here any more'
    row 3 'worker stopped, its topology killed, woken without a supervisor' - \
        "ended itself after $ended"
    start_supervisor 1
    await 'the supervisor' alive 1
    expect_nothing_left
}

# -- row 10 -----------------------------------------------------------------------

_says() { # TEXT COMMAND…
    text=$1
    shift
    "$@" >says.out 2>&1
    cat says.out
    grep -qF -e "$text" says.out
}

# Nobody has said to the others that it is there: it stands by all the same.
row_10_a_nimbus_that_nobody_knows_of_stands_by() {
    cluster 1 1 2
    submit_ledger 100 2 1 1 1
    workers >before
    _ports 1 >nimbus2.port
    start_nimbus 2
    await 'two nimbuses' _says 'stands by' "$GALE" status
    leads 1 || fail 'another one leads'
    await_more_lines 100
    run "$GALE" nimbus -c nimbus.thrift.port="$(cat nimbus1.port)" \
        -c storm.local.dir="$PWD/nimbus3"
    expect_status 1
    expect_message 'another process does'
    port_taken=$message
    run "$GALE" nimbus -c nimbus.thrift.port="$(_ports 1)" -c storm.local.dir="$PWD/nimbus1"
    expect_status 1
    expect_message 'in use by another process'
    message="$port_taken; $message"
    expect_equal "$(_page | grep -c '"leads":true')" 1 'leaders'
    expect_same_workers
    finish_ledger 0
    row 10 'a second nimbus; on its port; in its directory' "$ledger" \
        'one leads, no worker restarted'
    expect_nothing_left
}

# -- row 12 -----------------------------------------------------------------------

# A command of those that may cross each other, by number.
_cross() {
    case $1 in
    0) "$GALE" kill -w 1 ledger ;;
    1) "$GALE" rebalance -w 1 -n $((1 + SEED % 3)) ledger ;;
    2) "$GALE" deactivate ledger ;;
    3) "$GALE" activate ledger ;;
    4) "$GALE" submit --name ledger -c topology.workers=2 -c source.rate=50 \
        -c source.count=1000000000 "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 1 1 1 ;;
    5) "$GALE" submit --replace ledger -c topology.workers=2 -c source.rate=50 \
        -c source.count=1000000000 "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 1 1 1 ;;
    esac >"cross.$2.out" 2>"cross.$2.err"
}

# Each is done or refused with one sentence.
_expect_answer() { # NUMBER STATUS
    case $2 in
    0) return ;;
    1) grep -c . "cross.$1.err" | grep -qx 1 || fail "expected one sentence: $(_said "cross.$1.err")" ;;
    *) fail "status $2: $(_said "cross.$1.err")" ;;
    esac
}

_none_or_one() {
    n=$(nodes | grep -c '^/topologies/ledger-')
    echo "$n topologies have the name"
    [ "$n" -le 1 ]
}

row_12_commands_cross_each_other() {
    cluster 1 2 3
    SEED=${SEED:-$(date +%s)}
    echo "SEED=$SEED"
    refused=0
    for _ in $(seq "${CROSSINGS:-250}"); do
        pids=
        for i in 1 2 3 4; do
            SEED=$(((SEED * 75 + 74) % 65537))
            _cross $((SEED / 7 % 6)) $i &
            pids="$pids $!"
        done
        i=0
        for pid in $pids; do
            i=$((i + 1)) status=0
            wait "$pid" || status=$?
            [ $status = 0 ] || refused=$((refused + 1))
            _expect_answer $i $status
        done
    done
    # Whatever has become of it: it can be killed, and its name is free then.
    "$GALE" kill -w 1 ledger >out 2>err || grep -q 'there is no topology' err ||
        fail "$(_said err)"
    await 'that nothing has the name' gone ledger
    await 'that nothing of it is kept' _none_or_one
    await 'the end of workers' _no_workers
    "$GALE" submit --name ledger wordcount >out 2>err || fail "its name is not free: $(_said err)"
    run "$GALE" submit --name ledger wordcount
    expect_status 1
    expect_message 'the name "ledger" is in use'
    "$GALE" kill ledger >out 2>err || fail "$(_said err)"
    await 'its end' gone ledger
    row 12 "$((4 * ${CROSSINGS:-250})) commands that cross each other, 4 at a time" - \
        "$refused refused, nothing is left of any"
    expect_nothing_left
}

# -- row 33 -----------------------------------------------------------------------

_FAKETIME=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1

_was_said_at() { # DISTANCE from now
    grep -h "^$(date -u -d "$1" +%Y-%m-%dT%H).* worker 0 starts" supervisor?.log
}

# The wall clock alone: libfaketime changes it while processes run, by a file.
row_33_the_wall_clock_jumps_an_hour_forth_and_back() {
    [ -e $_FAKETIME ] || skip 'there is no libfaketime here'
    echo '+0' >clock
    AT="env LD_PRELOAD=$_FAKETIME FAKETIME_TIMESTAMP_FILE=$PWD/clock FAKETIME_NO_CACHE=1
        FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1"
    cluster 1 2 2
    submit_ledger 100 4 2 2 2
    for hours in +1 -1 +0; do
        echo "${hours}h" >clock
        workers >before
        await_more_lines 400
        expect_same_workers
        expect_equal "$(leader)" 1 'who leads'
        killed=$(worker_pid ledger 0)
        kill -KILL "$killed"
        await 'another process' is_replaced ledger 0 "$killed"
        await "a word of the supervisor's in that hour" _was_said_at "$hours hour"
    done
    await_running ledger 4
    finish_ledger $((3 * 2 * (100 + 100)))
    row 33 'wall clock of daemons an hour ahead, an hour behind; a worker killed each time' \
        "$ledger" 'no other worker restarted'
    expect_nothing_left
}

# Workers get no LD_PRELOAD from their supervisor: the same engine, by itself.
row_33_the_wall_clock_of_an_engine_jumps_an_hour_forth_and_back() {
    [ -e $_FAKETIME ] || skip 'there is no libfaketime here'
    mkdir ledger
    echo 2000 >end-0
    echo '+0' >clock
    env LD_PRELOAD=$_FAKETIME FAKETIME_TIMESTAMP_FILE="$PWD/clock" FAKETIME_NO_CACHE=1 \
        FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 \
        "$GALE" local -q -c topology.message.timeout.secs=3 -c topology.debug=true \
        -c source.count=2000 -c source.rate=200 "$TEST_PLUGINS/bookkeeper.so" \
        "$PWD/ledger" 1 1 1 >out 2>err &
    pid=$!
    for hours in +1 -1 +0; do
        await_more_lines 300
        echo "${hours}h" >clock
        await "a line of that hour" _was_logged_at "$hours hour"
    done
    status=0
    wait $pid || status=$?
    expect_status 0
    ledger=$(awk -f "$TOP/tests/support/ledger.awk" -v tasks=1 -v end=end ledger/*) ||
        fail "$ledger"
    case $ledger in
    *'duplicates 0 '*) ;;
    *) fail "$ledger" ;;
    esac
    row 33 'wall clock of an engine an hour ahead, an hour behind' \
        'lost 0, duplicates 0 of at most 0' 'nothing timed out'
}

_was_logged_at() { # DISTANCE from now
    grep -q "^$(date -u -d "$1" +%Y-%m-%dT%H).* emit " err
}
# -- row 40 -----------------------------------------------------------------------

_worker_of_the_spout() {
    grep -l ' source-[0-9]* emit ' supervisor?/supervisor/logs/*/*/worker.log |
        awk -F / '{ print $(NF - 1) }'
}

# Trees are kept beside the spout: what dies with it is emitted again from its
# position.
row_40_the_worker_that_keeps_the_trees_is_killed() {
    cluster 1 2 2
    submit_ledger 100 3 1 1 1 -c topology.debug=true
    number=$(_worker_of_the_spout)
    pid=$(worker_pid ledger "$number")
    at=$(now_ms)
    kill -KILL "$pid"
    await 'another process' is_replaced ledger "$number" "$pid"
    await_more_lines 10
    first=$(since "$at")
    finish_ledger $((100 + 100))
    row 40 'the worker of the only spout killed, which keeps all trees' "$ledger" \
        "first tuples after $first (bound 1.5 timeouts: 4.5 s)"
    expect_nothing_left
}

cluster_begin
