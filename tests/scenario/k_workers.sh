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
    printf '0 0 5 5 9 0\n0 1 5 5 9 0\n' >sink-0
    printf '1 0 5 5 9 0\n1 1 5 5 9 0\n1 0 5 5 9 1\n' >sink-1
    while read -r line expected_status expected; do
        echo "$line" | tr '_' ' ' >sink-2
        run awk -f "$TOP/tests/support/ledger.awk" -v tasks=2 -v count=2 sink-*
        expect_status "$expected_status"
        expect_equal "$(cat out)" "$expected" "with $line"
    done <<'TABLE'
0_1_5_5_9_1 0 lost 0, duplicates 2 (1 of one source), out of order 0, damaged 0
1_1_5_5_9_1 0 lost 0, duplicates 2 (2 of one source), out of order 0, damaged 0
0_1_5_6_9_0 1 lost 0, duplicates 1 (1 of one source), out of order 0, damaged 1
0_1 1 lost 0, duplicates 1 (1 of one source), out of order 0, damaged 1
0_2_5_5_9_0 1 lost 0, duplicates 1 (1 of one source), out of order 0, damaged 1
TABLE
    printf '0 1 5 5 9 0\n0 0 5 5 9 0\n' >sink-0
    printf '1 0 5 5 9 0\n' >sink-1
    : >sink-2
    run awk -f "$TOP/tests/support/ledger.awk" -v tasks=2 -v count=2 sink-*
    expect_status 1
    expect_stdout 'lost 1, duplicates 0 (0 of one source), out of order 1, damaged 0'
}

row_1_a_worker_is_killed() {
    cluster 1 2 2
    submit_ledger ledger 600 200 2 1 1 1
    await_running ledger 2
    await_lines 20
    _kill_worker ledger 0
    first="new process after $new_pid, first tuple after $first_tuple"
    _kill_worker ledger 1
    _kill_worker ledger 0
    await 'the end' is ledger status FINISHED
    expect_ledger 300
    row 1 "3 workers killed: $ledger of 300; $first (5000)"
    kill_topology ledger
    expect_nothing_left
}

cluster_begin
