# k_orphans.sh - workers whose supervisor stays away, on real processes: how far their
# spouts have come is kept by nimbus meanwhile. So one that is then killed goes on
# from there, and what comes twice was pending.
. tests/support/scenario.sh
. tests/support/cluster.sh

PENDING=100 # as cluster.sh has it, of the only source

_is_another() { # worker than process
    workers >now
    echo "there are: $(cat now)"
    [ "$(grep -c . now)" = 1 ] && ! grep -q "^$1 " now
}

_reports_to_nimbus() {
    grep -rhF 'the supervisor is away: reports and positions go to nimbus' supervisor?/supervisor
}

# A supervisor is killed, and five times what may be pending comes meanwhile.
_lose_supervisor() {
    workers >before
    end_daemon KILL "$1"
    await 'that the worker has noticed' _reports_to_nimbus
    await_more_lines $((5 * PENDING))
}

# Its number is the one that it had before: a leader that has begun meanwhile does not
# know it.
_kill_worker() {
    old=$(cut -d ' ' -f 1 before)
    [ "$old" -gt 1 ] || fail "there is no worker: $(cat before)"
    kill -KILL "$old"
    highest=$(_highest)
}

_highest() { # sequence that was written down
    cat ledger/* | awk '$2 > n { n = $2 } END { print n + 0 }'
}

_is_beyond() { # sequence
    echo "the highest is $(_highest), not beyond $1"
    [ "$(_highest)" -gt "$1" ]
}

# Another process is the worker, and has come to what was not emitted before; all
# that it repeats has come until then.
_await_it_again() {
    await 'another process' _is_another "$old"
    await 'something new' _is_beyond $((highest + 20))
}

row_4_a_worker_is_killed_while_its_supervisor_stays_away() {
    cluster 1 1 1
    submit_ledger 100 1 1 1 1
    _lose_supervisor supervisor1
    expect_same_workers
    _kill_worker
    start_supervisor 1
    _await_it_again
    finish_ledger $PENDING
    row 4 'supervisor killed, then its worker, then the supervisor is back' "$ledger"
    expect_nothing_left
}

row_4_the_leader_changes_while_a_supervisor_stays_away() {
    cluster 2 1 1
    submit_ledger 100 1 1 1 1
    _lose_supervisor supervisor1
    old=$(leader)
    end_daemon KILL "nimbus$old"
    await 'another leader' leads $((3 - old))
    await_more_lines $((5 * PENDING))
    expect_same_workers
    _kill_worker
    start_supervisor 1
    _await_it_again
    finish_ledger $PENDING
    row 4 'the same, and the leader is killed meanwhile' "$ledger"
    expect_nothing_left
}

row_4_the_only_nimbus_is_back_before_the_supervisor() {
    cluster 1 1 1
    submit_ledger 100 1 1 1 1
    _lose_supervisor supervisor1
    end_daemon KILL nimbus1
    await_more_lines $((3 * PENDING))
    start_nimbus 1
    await 'that it leads' leads 1
    await_more_lines $((3 * PENDING))
    expect_same_workers
    _kill_worker
    start_supervisor 1
    _await_it_again
    finish_ledger $PENDING
    row 4 'the same, and the only nimbus is killed and back meanwhile' "$ledger"
    expect_nothing_left
}

# On the other machine a process begins by what nimbus has kept.
row_4_a_worker_whose_supervisor_stays_away_goes_on_elsewhere() {
    cluster 1 2 1
    submit_ledger 100 1 1 1 1
    home=$(grep -l 'worker 0 starts' supervisor*.log)
    home=${home%.log}
    _lose_supervisor "$home"
    expect_same_workers
    _kill_worker
    _await_it_again
    start_supervisor "${home#supervisor}" # which removes what it had
    await 'both supervisors' alive 2
    finish_ledger $PENDING
    row 4 'supervisor killed, then its worker, which goes on elsewhere' "$ledger"
    expect_nothing_left
}

cluster_begin
