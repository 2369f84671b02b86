# proxied.sh - rows of faults of what is said over the network: late, cut, reset,
# damaged, in another order. tests/servers/proxy.c stands before a port that nobody
# knows otherwise, for what connects there is led to it; so everything is in a network
# namespace.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/machines.sh
. tests/support/proxies.sh
. tests/support/cluster_faults.sh

_end() {
    exec 8>&- # of the proxy
    tail -n 5 nimbus?.log supervisor?.log
    $_ZOOKEEPER "$ZOOKEEPER_DIR" kill
    _end_all
}

# One machine, that is this namespace.
_cluster() { # as `cluster`
    [ "$GALE_MACHINES" = here ] || skip "$GALE_MACHINES"
    command -v nft >/dev/null || skip 'there is no nft here'
    ZOOKEEPER_DIR=$PWD/zookeeper
    GALE_ZOOKEEPER=$($_ZOOKEEPER "$ZOOKEEPER_DIR" start) || fail 'ZooKeeper does not start'
    cluster "$@"
    trap _end EXIT
}

# Two workers, of which the one with the lower number connects to the other one
# through the proxy.
_two_workers_and_a_proxy() { # OPTION…
    _cluster 1 1 2
    submit_ledger 200 2 2 2 2 -c gale.worker.transport=tcp "$@"
    stand_before "$(worker_port ledger 1)"
    workers >before
    # What is there was made before the proxy. It is cut while nothing is under
    # way, which would come twice.
    "$GALE" deactivate ledger >out 2>err || fail "$(_said err)"
    await 'that nothing is pending' _is_at_rest
    cut_connections "$(worker_port ledger 1)"
    told delay 0 # it has taken it
    "$GALE" activate ledger >out 2>err || fail "$(_said err)"
    await_more_lines 50
}

# By the reports of its workers.
_is_at_rest() {
    "$GALE" status --json >status.json 2>&1 && grep '"pending": *0[,}]' status.json
}

_logs() {
    cat supervisor?/supervisor/logs/*/*/worker.log
}

row_19_a_link_between_workers_is_slow() {
    _two_workers_and_a_proxy -c topology.message.timeout.secs=30
    told delay 300
    await_more_lines 200
    told delay 0
    expect_same_workers
    finish_ledger 0
    row 19 'a link of workers that takes 300 ms more' "$ledger" \
        'no worker restarted, nothing timed out'
    stand_aside
    expect_nothing_left
}

row_20_a_link_between_workers_is_reset_again_and_again() {
    _two_workers_and_a_proxy
    n=0
    for _ in $(seq 10); do
        told reset
        n=$((n + ${event#reset }))
        await_more_lines 40
    done
    [ $n -ge 5 ] || fail "only $n connections were reset"
    expect_same_workers
    lines=$(_logs | grep -c ' link-')
    [ "$lines" -le $((4 * n + 20)) ] || fail "$lines lines of log for $n resets"
    finish_ledger $((10 * 2 * 100))
    row 20 "a link of workers reset $n times" "$ledger" 'no worker restarted'
    stand_aside
    expect_nothing_left
}

# A frame has a checksum and a number.
row_21_what_workers_say_is_damaged() {
    _two_workers_and_a_proxy
    for fault in 'corrupt 1' 'swap 1' 'corrupt 3'; do
        # shellcheck disable=SC2086 # words
        told $fault
        expect_event "fired ${fault% *}"
        await_more_lines 100
    done
    _logs >err
    expect_message 'it was changed on the way'
    said=$message
    expect_same_workers
    finish_ledger $((5 * 2 * 100))
    message=$said
    row 21 '5 pieces between workers damaged: bits, order' "$ledger" \
        'no worker restarted'
    stand_aside
    expect_nothing_left
}

row_21_what_a_supervisor_and_nimbus_say_is_damaged() {
    _cluster 1 1 2
    submit_ledger 100 2 1 1 1
    workers >before
    stand_before "$(cat nimbus1.port)"
    cut_connections "$(cat nimbus1.port)"
    await 'the supervisor' alive 1
    for fault in 'corrupt 1' 'swap 1' 'corrupt 4'; do
        # shellcheck disable=SC2086 # words
        told $fault
        expect_event "fired ${fault% *}"
        await 'the supervisor' alive 1
        await_more_lines 50
    done
    expect_same_workers
    finish_ledger 0
    row 21 '6 pieces between nimbus and others damaged' "$ledger" 'no worker restarted'
    stand_aside
    expect_nothing_left
}

row_16_connections_to_zookeeper_are_cut_reset_and_late() {
    _cluster 2 1 2
    submit_ledger 100 2 1 1 1
    workers >before
    stand_before "${GALE_ZOOKEEPER#*:}"
    cut_connections "${GALE_ZOOKEEPER#*:}"
    await 'the supervisor' alive 1
    for fault in 'cut' 'reset' 'delay 200' 'delay 0'; do
        # shellcheck disable=SC2086 # words
        told $fault
        await_more_lines 100
        await 'the supervisor' alive 1
    done
    await_running ledger 2
    expect_same_workers
    finish_ledger 0
    row 16 'ZooKeeper: connections cut, reset, 200 ms late' "$ledger" 'no worker restarted'
    stand_aside
    expect_nothing_left
}

# -- row 46 -----------------------------------------------------------------------

_status_says() { # TEXT
    "$GALE" status >status.out 2>&1
    grep -F -e "$1" status.out
}

_no_part_of_a_file() {
    parts=$(find supervisor1 -name 'upload-*')
    [ -z "$parts" ] || fail "half a file is there: $parts"
}

row_46_files_are_cut_and_damaged_on_their_way() {
    _cluster 1 1 2
    end_daemon TERM supervisor1
    "$GALE" submit --name ledger -c topology.workers=2 -c source.count=1000000000 \
        -c source.end="$PWD/end" -c source.rate=100 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 1 1 1 >out 2>err || fail "$(_said err)"
    stand_before "$(cat nimbus1.port)"
    told cut-after 20000
    at=$(now_ms)
    start_supervisor 1
    expect_event 'fired cut-after'
    cut=$event
    told corrupt 8
    expect_event 'fired corrupt'
    await_running ledger 2
    back=$(since "$at")
    N_SOURCES=1
    await_lines 20
    sha256sum supervisor1/supervisor/store/* 2>/dev/null |
        awk '{ n = split($2, path, "/"); if (path[n] ~ /^[0-9a-f]{64}$/ && path[n] != $1) exit 1 }' ||
        fail 'a file has another content than its name says'
    _no_part_of_a_file
    finish_ledger 0
    row 46 "files of a worker: ${cut#fired }, then 8 pieces damaged" "$ledger" \
        "both workers run after $back"
    stand_aside
    expect_nothing_left
}

# The nimbus that a supervisor fetches from is killed in the midst of it.
row_46_the_nimbus_that_files_come_from_is_killed() {
    _cluster 2 1 2
    end_daemon TERM supervisor1
    "$GALE" submit --name ledger -c topology.workers=2 -c source.count=1000000000 \
        -c topology.min.replication.count=2 -c source.end="$PWD/end" -c source.rate=100 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 1 1 1 >out 2>err || fail "$(_said err)"
    old=$(leader)
    stand_before "$(cat "nimbus$old.port")"
    told cut-after 20000
    at=$(now_ms)
    start_supervisor 1
    expect_event 'fired cut-after'
    end_daemon KILL "nimbus$old"
    await_running ledger 2
    back=$(since "$at")
    N_SOURCES=1
    await_lines 20
    _no_part_of_a_file
    finish_ledger 0
    row 46 'a nimbus killed while a supervisor fetches files from it' "$ledger" \
        "both workers run after $back, from the other nimbus"
    stand_aside
    expect_nothing_left
}

machines_begin
