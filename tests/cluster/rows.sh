# rows.sh - more rows of faults on real processes, which take longer than
# `make test` has.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/cluster_faults.sh

# -- what stands still ------------------------------------------------------------

row_2_a_worker_stands_still_for_less_than_its_timeout() {
    cluster 1 2 2
    submit_ledger 50 4 2 2 2 -c topology.message.timeout.secs=60
    workers >before
    for number in 0 1 2 3; do
        pid=$(worker_pid ledger "$number")
        kill -STOP "$pid"
        lasts 2000
        kill -CONT "$pid"
    done
    expect_same_workers
    finish_ledger 0
    row 2 '4 workers stand still for 2 s each' "$ledger" 'none restarted'
    expect_nothing_left
}

row_3_a_worker_stands_still_for_too_long_and_is_replaced_once() {
    cluster 1 2 2
    end_daemon TERM supervisor1
    start_supervisor 1 -c supervisor.worker.timeout.secs=3
    end_daemon TERM supervisor2
    start_supervisor 2 -c supervisor.worker.timeout.secs=3
    await 'supervisors' alive 2
    submit_ledger 100 4 2 2 2
    pid=$(worker_pid ledger 0)
    at=$(now_ms)
    kill -STOP "$pid"
    await 'another process' is_replaced ledger 0 "$pid"
    replaced=$(since "$at")
    kill -CONT "$pid" 2>/dev/null || :
    await_running ledger 4
    expect_equal "$(workers | grep -c .)" 4 'workers'
    finish_ledger 400
    row 3 'worker stands still for too long' "$ledger" "replaced after $replaced"
    expect_nothing_left
}

_highest() { # sequence that was written down
    cat ledger/* | awk '$2 > n { n = $2 } END { print n + 0 }'
}

_is_beyond() { # sequence
    echo "the highest is $(_highest), not beyond $1"
    [ "$(_highest)" -gt "$1" ]
}

_reports_to_nimbus() {
    grep -rhF 'reports and positions go to nimbus' supervisor?/supervisor
}

# What it has in memory, and what the worker had told it last, is older by then than
# what nimbus has kept.
row_4_a_supervisor_stands_still_and_its_worker_is_killed_meanwhile() {
    cluster 1 1 1
    submit_ledger 100 1 1 1 1
    old=$(workers | cut -d ' ' -f 1)
    signal_daemon STOP supervisor1
    await 'that the worker has noticed' _reports_to_nimbus
    await_more_lines 500
    highest=$(_highest)
    kill -KILL "$old"
    signal_daemon CONT supervisor1
    await 'another process' is_replaced ledger 0 "$old"
    await 'something new' _is_beyond $((highest + 20))
    finish_ledger 100
    row 4 'a supervisor stands still, its worker is killed meanwhile' "$ledger"
    expect_nothing_left
}

# It goes on where it was, with what nimbus has kept in newer form.
row_4_a_supervisor_stands_still_and_goes_on() {
    cluster 1 1 1
    submit_ledger 100 1 1 1 1
    workers >before
    signal_daemon STOP supervisor1
    await 'that the worker has noticed' _reports_to_nimbus
    await_more_lines 300
    signal_daemon CONT supervisor1
    await 'the supervisor' alive 1
    await_more_lines 300
    expect_same_workers
    highest=$(_highest)
    old=$(cut -d ' ' -f 1 before)
    kill -KILL "$old"
    await 'another process' is_replaced ledger 0 "$old"
    await 'something new' _is_beyond $((highest + 20))
    finish_ledger 100
    row 4 'a supervisor stands still and goes on, then its worker is killed' "$ledger"
    expect_nothing_left
}

# -- a machine --------------------------------------------------------------------

row_5_a_supervisor_is_killed_with_all_its_workers() {
    cluster 1 2 4
    submit_ledger 100 4 2 2 2
    id=$(id_of supervisor1)
    at=$(now_ms)
    kill_with_workers supervisor1
    await 'other slots' runs_nowhere_on "$id"
    await_running ledger 4
    await_more_lines 1
    elsewhere=$(since "$at")
    start_supervisor 1
    await 'both supervisors' alive 2
    finish_ledger 800
    row 5 'supervisor killed with its workers' "$ledger" \
        "elsewhere after $elsewhere (bound 9 s)"
    expect_nothing_left
}

# -- row 6 ------------------------------------------------------------------------

# Each worker of the topology runs once, and no other.
_one_of_each() {
    [ "$(workers | grep -c .)" = "$1" ] && is ledger workers_running "$1"
}

row_6_a_supervisor_loses_what_it_has_on_its_disk() {
    cluster 1 2 2
    submit_ledger 100 4 2 2 2
    await_running ledger 4
    for damage in no_state empty_state cut_state flipped_state nothing_left; do
        await_more_lines 20
        workers >before
        id=$(id_of supervisor1)
        at=$(now_ms)
        end_daemon KILL supervisor1
        damage "$damage" supervisor1
        start_supervisor 1
        await 'both supervisors' alive 2
        # Without anything it is another one, and what the old one had ends.
        [ "$damage" != nothing_left ] || await 'other slots' runs_nowhere_on "$id"
        await "one of each worker after $damage" _one_of_each 4
        await_more_lines 20
        row 6 "supervisor killed, $(echo "$damage" | tr _ ' ')" - \
            "$(workers | comm -12 before - | grep -c .) of 4 workers go on, all run after $(since "$at")"
    done
    finish_ledger 4000
    row 6 'all of these one after the other' "$ledger"
    expect_nothing_left
}

# Whoever watches over a supervisor starts it again.
row_6_a_supervisor_whose_directory_is_removed_ends_and_begins_anew() {
    cluster 1 1 2
    submit_ledger 100 2 1 1 1
    rm -r supervisor1/supervisor
    kill -KILL "$(worker_pid ledger 0)"
    pid=$(cat supervisor1.pid)
    status=0
    wait "$pid" || status=$?
    expect_status 1
    cp supervisor1.log err
    expect_stderr "gale supervisor: its directory $PWD/supervisor1/supervisor was removed: start it again"
    at=$(now_ms)
    start_supervisor 1
    await 'both workers' _one_of_each 2
    await_more_lines 1
    back=$(since "$at")
    finish_ledger 400
    row 6 'directory removed under a running supervisor' "$ledger" \
        "started again, both workers run after $back"
    expect_nothing_left
}

# -- ZooKeeper --------------------------------------------------------------------

row_13_zookeeper_is_killed_and_back_within_the_session() {
    cluster 2 2 3
    submit_ledger 100 4 2 2 2
    workers >before
    old=$(leader)
    $_ZOOKEEPER "$ZOOKEEPER_DIR" kill
    $_ZOOKEEPER "$ZOOKEEPER_DIR" start
    await_more_lines 20
    await 'both supervisors' alive 2
    leads "$old" || fail "nimbus $(leader) leads, and not $old any more"
    # Watches are there again: what is wanted is seen.
    mkdir more
    "$GALE" submit --name more -c source.count=100 "$TEST_PLUGINS/bookkeeper.so" \
        "$PWD/more" >out 2>err || fail "$(_said err)"
    await 'the end' is more status FINISHED
    workers >now
    expect_equal "$(comm -12 before now | grep -c .)" 4 'workers that go on'
    finish_ledger 0
    row 13 'ZooKeeper killed and back within the session' "$ledger" \
        'same leader, no worker restarted'
    kill_topology more
    expect_nothing_left
}

row_15_sessions_of_a_supervisor_and_of_the_leader_expire() {
    cluster 2 2 2
    submit_ledger 100 4 2 2 2
    workers >before
    stop_until_missed supervisor1
    signal_daemon CONT supervisor1
    at=$(now_ms)
    await 'both supervisors' alive 2
    back=$(since "$at")
    old=$(leader)
    stop_until_another_leads "$old"
    signal_daemon CONT "nimbus$old"
    await 'that it stands by' grep -q 'leads no longer' "nimbus$old.log"
    await 'both supervisors' alive 2
    await_running ledger 4
    expect_same_workers
    finish_ledger 0
    row 15 'sessions of a supervisor and of the leader are over' "$ledger" \
        "supervisor back after $back, no worker restarted"
    expect_nothing_left
}

# -- row 39 -----------------------------------------------------------------------

row_39_what_is_no_plugin_is_refused_when_it_is_submitted() {
    cluster 1 1 1
    head -c 3000 "$TEST_PLUGINS/bookkeeper.so" >cut.so
    echo 'no plugin' >text.so
    sed 's/ledger_sink/ledger_sank/' "$TEST_PLUGINS/bookkeeper.so" >damaged.so
    for file in cut.so text.so damaged.so nowhere.so "$TEST_PLUGINS"/unsound.so; do
        run "$GALE" submit --name wrong "$file" "$PWD/ledger"
        expect_status 1
        expect_equal "$(grep -c . err)" 1 'sentences'
        expect_stderr 'gale submit: '
    done
    run "$GALE" list --json
    expect_stdout '"topologies":[]'
    [ -z "$(find nimbus1 -path '*/store/*' -type f ! -name lock)" ] ||
        fail "something of it was kept: $(find nimbus1 -path '*/store/*')"
    row 39 'five files that are no plugins are submitted' - \
        'refused with one sentence, nothing kept'
    expect_nothing_left
}

cluster_begin
