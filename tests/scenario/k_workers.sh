# k_workers.sh - rows of faults of workers, on real processes: whatever happens
# to one, nothing that a spout tracks is lost, and nobody else is touched.
. tests/support/scenario.sh
. tests/support/cluster.sh

# NAME NUMBER OLD: another process is that worker.
_replaced() {
    new=$(worker_pid "$1" "$2")
    echo "worker $2 of $1 is process $new"
    [ -n "$new" ] && [ "$new" != 0 ] && [ "$new" != "$3" ]
}

# NAME NUMBER: kill -9; until another is there, and a tuple has come through.
_kill_worker() {
    old=$(worker_pid "$1" "$2")
    at=$(now_ms)
    kill -KILL "$old"
    await "another process for worker $2" _replaced "$1" "$2" "$old"
    new_pid=$(since "$at")
    await_more_lines
    first_tuple=$(since "$at")
}

the_checker_finds_what_is_wrong() {
    echo 2 >end-0
    echo 2 >end-1
    printf '0 0 5 5 9 0\n0 1 5 5 9 0\n' >sink-0
    printf '1 0 5 5 9 0\n1 1 5 5 9 0\n1 0 5 5 9 1\n' >sink-1
    while read -r line expected_status expected; do
        echo "$line" | tr '_' ' ' >sink-2
        run awk -f "$TOP/tests/support/ledger.awk" -v tasks=2 -v end=end sink-*
        expect_status "$expected_status"
        expect_equal "$(cat out)" "$expected" "with $line"
    done <<'TABLE'
0_1_5_5_9_1 0 lost 0, duplicates 2 (1 of one source), out of order 0, damaged 0
1_1_5_5_9_1 0 lost 0, duplicates 2 (2 of one source), out of order 0, damaged 0
0_1_5_6_9_0 1 lost 0, duplicates 1 (1 of one source), out of order 0, damaged 1
0_1 1 lost 0, duplicates 1 (1 of one source), out of order 0, damaged 1
2_0_5_5_9_0 1 lost 0, duplicates 1 (1 of one source), out of order 0, damaged 1
0_2_5_5_9_0 0 lost 0, duplicates 1 (1 of one source), out of order 0, damaged 0
TABLE
    printf '0 1 5 5 9 0\n0 0 5 5 9 0\n' >sink-0
    printf '1 0 5 5 9 0\n' >sink-1
    : >sink-2
    run awk -f "$TOP/tests/support/ledger.awk" -v tasks=2 -v end=end sink-*
    expect_status 1
    expect_stdout 'lost 1, duplicates 0 (0 of one source), out of order 1, damaged 0'
    rm end-1
    run awk -f "$TOP/tests/support/ledger.awk" -v tasks=2 -v end=end sink-*
    expect_status 2
}

_has_positions() {
    nodes | grep -q '^/positions/.*/'
}

# How many of them are the same as in the file.
_same_workers() {
    workers >now
    comm -12 "$1" now | grep -c . || :
}

row_1_workers_are_killed_one_after_the_other() {
    cluster 1 2 2
    SEED=${SEED:-$(date +%s)}
    echo "SEED=$SEED"
    submit_ledger 100 4 2 2 2 -c gale.local.position.interval.ms=100
    await 'kept positions' _has_positions
    for _ in 1 2 3; do
        SEED=$((SEED + 1))
        _kill_worker ledger $((SEED % 4))
        await_more_lines 20
    done
    # Each time what is pending, and what came since the last kept position.
    finish_ledger $((3 * 2 * (100 + 100)))
    row 1 '3 workers killed' "$ledger" \
        "new process after $new_pid, first tuple after $first_tuple (bound 3 s)"
    expect_nothing_left
}

# -- row 34 -----------------------------------------------------------------------

# What is written to the file crime is done by the bolt "pass", and `status` says
# that it was.
_commit() {
    workers >before
    at=$(now_ms)
    echo "$1" >crime.part
    mv crime.part crime
    await 'the crime' test ! -e crime
    await 'another worker' _is_one_other
    await_more_lines 10
    await 'the reason' _names "$2"
}

_is_one_other() {
    [ "$(_same_workers before)" = $(($(grep -c . before) - 1)) ] &&
        [ "$(grep -c . now)" = "$(grep -c . before)" ]
}

_names() { # it in what is said of a worker
    _page >page
    grep -F '"why":"' page | grep -F "$1"
}

row_34_a_plugin_that_crashes_takes_one_worker_and_is_named() {
    cluster 1 2 2
    mkdir other
    "$GALE" submit --name other -c source.count=100000 -c source.rate=10 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/other" >out 2>err || fail "$(_said err)"
    submit_ledger 100 3 1 1 1 -c pass.crash="$PWD/crime"
    await_running other 1
    _commit segfault 'segmentation fault in bolt \"pass\"'
    _commit abort 'abort in bolt \"pass\"'
    _commit overflow 'segmentation fault in bolt \"pass\"'
    _commit exit 'called exit(0)'
    last=$(since "$at")
    finish_ledger 300
    row 34 'segfault, abort, stack overflow, exit' "$ledger" "the last, with back-off, after $last"
    kill_topology other
    expect_nothing_left
}

_is_marked() {
    _page >page
    grep -o '"problems":.*' page |
        grep -F 'worker 0 of unopened-' | grep -F 'does not start on supervisor' |
        grep -F 'open: cannot read /nowhere'
}

row_34_a_worker_that_cannot_start_is_placed_elsewhere() {
    cluster 1 2 2
    "$GALE" submit --name unopened "$PLUGINS/wordcount.so" /nowhere >out 2>err ||
        fail "$(_said err)"
    await 'a mark' _is_marked
    for number in 1 2; do
        await "a start at supervisor $number" \
            grep -q 'unopened.* worker 0 starts' "supervisor$number.log"
    done
    row 34 'a worker that cannot start' - 'placed elsewhere after three starts'
    kill_topology unopened
    expect_nothing_left
}

_stands_still_at_its_start() {
    _page >page
    grep -o '"problems":.*' page |
        grep -F 'worker 0 of stuck-' | grep -F 'does not start on supervisor' |
        grep -F 'did not report within 1 s of its start'
}

# Once is enough: three such starts take longer than a minute.
row_34_a_worker_that_stands_still_at_its_start_is_placed_elsewhere() {
    cluster 1 2 2
    for number in 1 2; do
        end_daemon TERM "supervisor$number"
        start_supervisor "$number" -c supervisor.worker.start.timeout.secs=1 \
            -c supervisor.worker.shutdown.sleep.secs=1
    done
    "$GALE" submit --name stuck -c tarpit.prepares=true \
        "$TEST_PLUGINS/tarpit.so" 10 1 1 >out 2>err || fail "$(_said err)"
    await 'a mark' _stands_still_at_its_start
    for number in 1 2; do
        await "a start at supervisor $number" \
            grep -q 'stuck.* worker 0 starts' "supervisor$number.log"
    done
    row 34 'a worker that stands still at its start' - 'placed elsewhere after one start'
    kill_topology stuck
    expect_nothing_left
}

# -- row 35 -----------------------------------------------------------------------

# Only if somebody has asked for that: what takes long is no fault by itself.
row_35_a_worker_whose_bolt_never_returns_is_started_again_and_the_bolt_is_named() {
    cluster 1 2 2
    submit_ledger 100 3 1 1 1 -c pass.crash="$PWD/crime" \
        -c gale.worker.hang.restart.secs=2
    _commit loop 'bolt \"pass\" (task '
    restarted=$(since "$at")
    grep -o 'bolt ..pass.. (task [0-9].*has been in one call for [^"]*' page >err
    expect_message 'gale.worker.hang.restart.secs is 2: the process ends, and is started again'
    grep -rqF 'bookkeeper.so' supervisor?/supervisor/logs || fail 'there is no stack'
    finish_ledger 400
    row 35 'a bolt that never returns (gale.worker.hang.restart.secs: 2)' "$ledger" \
        "works again after $restarted"
    expect_nothing_left
}

# -- row 49 -----------------------------------------------------------------------

# PID: what would be left to what it starts, beside the standard ones.
_inherited() {
    for file in /proc/"$1"/fdinfo/*; do
        flags=$(sed -n 's/^flags:[[:space:]]*//p' "$file")
        [ "${file##*/}" -le 2 ] || [ $((flags & 02000000)) != 0 ] ||
            echo "${file##*/}"
    done
}

what_a_worker_has_is_not_left_to_what_its_tasks_start() {
    cluster 1 1 1
    submit_ledger 100 1 1 1 1
    expect_equal "$(_inherited "$(worker_pid ledger 0)")" '' 'what is left'
    finish_ledger 0
    expect_nothing_left
}

# A worker that is told to end settles what is pending and keeps its positions, so
# nothing comes twice. One that passes on what others emit executes what it has;
# what was on its way to it then was executed by nobody, and is emitted again.
# Daemons end without their workers.
row_49_a_graceful_stop_repeats_nothing() {
    cluster 1 1 2
    submit_ledger 200 2 1 1 1
    for number in 0 1; do
        old=$(worker_pid ledger "$number")
        kill -TERM "$old"
        await 'another process' _replaced ledger "$number" "$old"
        await_more_lines 20
    done
    for daemon in supervisor1 nimbus1; do
        end_daemon TERM $daemon
        expect_equal "$status" 0 "the status of $daemon"
        await_more_lines 20
        "start_${daemon%1}" 1
    done
    await 'the supervisor' alive 1
    finish_ledger 0
    row 49 'SIGTERM to two workers, the supervisor and nimbus' "$ledger"
    expect_nothing_left
}

# It has not come to its end, though it says so by its status.
row_49_a_graceful_stop_of_a_worker_that_rests_starts_it_again() {
    cluster 1 1 2
    submit_ledger 200 2 1 1 1
    "$GALE" deactivate ledger >out 2>err || fail "$(_said err)"
    await 'INACTIVE' is ledger status INACTIVE
    old=$(worker_pid ledger 0)
    kill -TERM "$old"
    await 'another process' _replaced ledger 0 "$old"
    await_running ledger 2
    "$GALE" activate ledger >out 2>err || fail "$(_said err)"
    await_more_lines 20
    finish_ledger 0
    row 49 'SIGTERM to a worker of a topology that is INACTIVE' "$ledger"
    expect_nothing_left
}

# The record may be that of the worker which the next supervisor has started.
a_launch_whose_supervisor_is_gone_does_not_touch_the_record() {
    echo 'of another' >record
    run "$GALE" launch parent=1 record=record -- worker
    expect_status 1
    expect_stderr 'its supervisor has ended while it started'
    expect_equal "$(cat record)" 'of another' 'the record'
}

cluster_begin
