# versions.sh - rows of faults of versions of gale that meet: the one of the commit
# before, and one with another protocol; see tests/support/other_builds.sh.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/cluster_faults.sh

_PREVIOUS=$GALE_BUILD/other/previous/gale
_FOREIGN=$GALE_BUILD/other/foreign/gale

_need_other_builds() {
    [ -x "$_PREVIOUS" ] && [ -x "$_FOREIGN" ] ||
        skip 'there is no other version of gale here: make test-faults builds them'
}

# Each daemon of a cluster, by the command: its workers are taken up, and what
# starts anew is of the new version.
_restart_all_with() { # COMMAND
    GALE=$1
    for n in 1 2; do
        end_daemon TERM "nimbus$n"
        start_nimbus "$n"
        await 'a leader' somebody_leads
        end_daemon TERM "supervisor$n"
        start_supervisor "$n"
        await 'both supervisors' alive 2
        await_running ledger 4
        await_more_lines 50
    done
}

# Half of the workers, which then run beside those of the other version.
_restart_half_of_the_workers() {
    for number in 0 2; do
        old=$(worker_pid ledger $number)
        kill -TERM "$old"
        await 'another process' is_replaced ledger $number "$old"
        await_more_lines 50
    done
}

row_45_a_cluster_becomes_a_newer_one_and_goes_back_under_load() {
    _need_other_builds
    newer=$GALE
    GALE=$_PREVIOUS
    cluster 2 2 3
    submit_ledger 100 4 2 2 2
    workers >before
    _restart_all_with "$newer"
    expect_same_workers
    _restart_half_of_the_workers
    _restart_all_with "$_PREVIOUS"
    await_more_lines 100
    GALE=$newer
    finish_ledger 0
    row 45 'all daemons and half of the workers of the next version, and back' "$ledger" \
        'daemons restart no worker'
    expect_nothing_left
}

# One sentence names both versions, and what to do.
row_45_another_protocol_is_refused_on_both_sides() {
    _need_other_builds
    cluster 1 1 2
    submit_ledger 100 2 1 1 1
    workers >before
    for verb in list status; do
        run "$_FOREIGN" "$verb" --timeout 5
        [ "$status" != 0 ] || fail "$verb of another protocol was let in"
        expect_stderr 'protocol'
    done
    expect_message 'protocol 99'
    said=$message
    # A supervisor of it takes up no worker, and ends none.
    end_daemon TERM supervisor1
    theirs=$GALE
    GALE=$_FOREIGN
    start_supervisor 1
    GALE=$theirs
    await_more_lines 300
    expect_same_workers
    end_daemon TERM supervisor1
    start_supervisor 1
    await 'the supervisor' alive 1
    await_running ledger 2
    expect_same_workers
    finish_ledger 0
    message=$said
    row 45 'command and supervisor of another protocol' "$ledger" \
        'refused, no worker restarted'
    expect_nothing_left
}

cluster_begin
