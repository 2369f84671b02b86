# k_transports.sh - real workers of a cluster speak to each other by each of the
# ways that there are: what comes through is the same. Either side of shared
# memory is killed or stopped at any moment, CRASHES times by SEED.
. tests/support/scenario.sh
. tests/support/cluster.sh

CRASHES=${CRASHES:-4}
N_LINKS=6 # ends, of three workers

# How many ends of links say that they are connected by WHAT, of all so far.
_connected_by() {
    find supervisor?/ -name 'worker.log*' -exec cat {} + |
        grep -c "connected to worker.* by $1" || :
}

_say_so() { # WHAT N
    found=$(_connected_by "$1")
    echo "$found ends of links are connected by $1, not $2"
    [ "$found" = "$2" ]
}

# WAY WHAT: all of them go by that, and everything comes over.
_goes_by() {
    expected=$(($(_connected_by "$2") + N_LINKS)) all=$(_connected_by '')
    submit_ledger 300 3 2 2 2 -c gale.worker.transport="$1"
    await 'what workers say' _say_so "$2" "$expected"
    finish_ledger 0
    expect_equal "$(_connected_by '')" $((all + N_LINKS)) 'ends by any way'
    rm -r end ledger/*
}

# Two supervisors of one host: their workers reach each other all the same.
each_way_brings_everything_over_once() {
    cluster 1 2 2
    _goes_by tcp TCP
    _goes_by unix 'a Unix socket'
    _goes_by shared-memory 'shared memory'
    _goes_by auto 'shared memory'
    expect_nothing_left
}

a_way_that_there_is_not_is_refused() {
    run "$GALE" local -q -c gale.worker.transport=smoke wordcount
    expect_status 1
    expect_stderr 'gale local: command line: gale.worker.transport: found "smoke", expected one of auto, tcp, unix, shared-memory'
}

# -- crashes ----------------------------------------------------------------------

# By the seed, below N.
_chance() {
    SEED=$(((SEED * 1103515245 + 12345) & 0x7fffffff))
    chance=$((SEED / 65536 % $1))
}

_is_another() { # NUMBER OLD
    new=$(worker_pid ledger "$1")
    echo "worker $1 is process $new"
    [ -n "$new" ] && [ "$new" != 0 ] && [ "$new" != "$2" ]
}

# It is a source's, or a sink's, or what is between them: each reads and writes.
_kill_one() { # NUMBER PID
    kill -KILL "$2"
    await "another process for worker $1" _is_another "$1" "$2"
    n_killed=$((n_killed + 1))
}

# Now and then for longer than a link is patient.
_stop_one() { # PID
    _chance 1500
    kill -STOP "$1"
    lasts "$chance"
    kill -CONT "$1"
    n_stopped=$((n_stopped + 1))
}

_crash() {
    _chance 3
    victim=$chance
    pid=$(worker_pid ledger "$victim")
    _chance 300
    lasts "$chance"
    _chance 2
    if [ "$chance" = 0 ]; then
        _kill_one "$victim" "$pid"
    else
        _stop_one "$pid"
    fi
    await_more_lines 20
}

# Memory of links, as `PROCESS INODE`, and descriptors of it.
_memory() {
    for process in $(_its_processes | sed -n 's/ worker$//p'); do
        awk -v process="$process" '/memfd:gale-link/ { print process, $5 }' \
            "/proc/$process/maps"
        find "/proc/$process/fd" -lname '/memfd:gale-link*' -printf 'open %p\n'
    done
}

# One for each two workers, which both have, and nobody has it open.
_shares_as_much_as_there_is() {
    _memory >memory
    cat memory
    [ "$(grep -c . memory)" = "$N_LINKS" ] &&
        [ "$(cut -d ' ' -f 2 memory | sort -u | grep -c .)" = $((N_LINKS / 2)) ]
}

whoever_crashes_leaves_no_ring_stuck_and_no_memory_behind() {
    cluster 1 2 2
    SEED=${SEED:-$(date +%s)}
    echo "SEED=$SEED"
    n_killed=0 n_stopped=0
    submit_ledger 300 3 2 2 2 -c gale.worker.transport=shared-memory \
        -c gale.worker.link.timeout.secs=1 -c gale.local.position.interval.ms=100
    await 'shared memory' _shares_as_much_as_there_is
    for _ in $(seq "$CRASHES"); do
        _crash
    done
    await 'shared memory' _shares_as_much_as_there_is
    # Each time what is pending, and what came since the last kept position.
    finish_ledger $((CRASHES * 2 * (100 + 300)))
    row - "shared memory: $n_killed workers killed, $n_stopped stopped" "$ledger" \
        'no ring stuck, no memory left behind'
    expect_nothing_left
}

cluster_begin
