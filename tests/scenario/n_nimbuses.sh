# n_nimbuses.sh - several nimbuses, on real processes: whatever happens to the
# leader, another one goes on with what it had begun, and no worker notices.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/cluster_faults.sh
SESSION=3000

# The numbers of those that stand by.
_standbys() {
    for file in nimbus*.pid; do
        n=${file#nimbus}
        n=${n%.pid}
        [ "$n" = "$1" ] || echo "$n"
    done
}

# What is in the stores of two nimbuses is the same.
_same_files() { # NUMBER NUMBER
    ls "nimbus$1/nimbus/store" | grep -x '[0-9a-f]\{64\}' >files1
    ls "nimbus$2/nimbus/store" | grep -x '[0-9a-f]\{64\}' >files2
    cat files1 files2
    [ -s files1 ] && cmp files1 files2
}

_all_nimbuses() { # N
    _page >page
    [ "$(grep -c '"leads":' page)" = "$1" ]
}

a_leader_that_is_killed_is_replaced_and_no_worker_is_touched() {
    cluster 3 1 2
    await 'three nimbuses' _all_nimbuses 3
    submit_ledger 200 2 1 1 1
    old=$(leader)
    for n in $(_standbys "$old"); do
        await "the files at nimbus $n" _same_files "$old" "$n"
    done
    workers >before
    at=$(now_ms)
    end_daemon KILL "nimbus$old"
    await 'another leader' another_leads "$old"
    other=$(since "$at")
    await_running ledger 2
    await_more_lines
    start_nimbus "$old"
    await 'three nimbuses' _all_nimbuses 3
    workers >after
    expect_same before after
    row 8 'leader of three killed, session of 3 s' - \
        "another leads after $other (bound 5 s), no worker restarted"
    _drain_under_two_leaders
}

# It does not drain while a worker stands still: the next leader sees to that.
_drain_under_two_leaders() {
    old=$(leader) worker=$(worker_pid ledger 0)
    kill -STOP "$worker"
    run "$GALE" kill -w 600 ledger
    expect_status 0
    end_daemon KILL "nimbus$old"
    kill -CONT "$worker"
    await 'its end' gone ledger
    expect_nothing_left
}

a_kill_goes_on_with_what_is_left_of_its_wait_under_the_next_leader() {
    cluster 2 1 1
    # What is never acked does not drain.
    submit_ledger 200 1 1 1 1 -c topology.message.timeout.secs=1000
    kill -STOP "$(worker_pid ledger 0)"
    at=$(now_ms)
    run "$GALE" kill -w 5 ledger
    expect_status 0
    await 'KILLED' is ledger status KILLED
    old=$(leader)
    end_daemon KILL "nimbus$old"
    await 'another leader' another_leads "$old"
    expect_equal "$(field ledger status)" KILLED 'its status'
    await 'its end' gone ledger
    took=$(($(now_ms) - at))
    echo "gone $took ms after a kill with a wait of 5 s"
    [ "$took" -ge 5000 ] || fail "gone after $took ms: the wait was not kept"
    expect_nothing_left
}

# It does not drain while a worker stands still, and does it under the next leader.
a_rebalance_goes_on_under_the_next_leader() {
    cluster 2 1 2
    submit_ledger 200 1 1 1 1 -c topology.message.timeout.secs=1000
    worker=$(worker_pid ledger 0)
    kill -STOP "$worker"
    run "$GALE" rebalance -w 600 -n 2 ledger
    expect_status 0
    await 'REBALANCING' is ledger status REBALANCING
    old=$(leader)
    end_daemon KILL "nimbus$old"
    await 'another leader' another_leads "$old"
    expect_equal "$(field ledger status)" REBALANCING 'its status'
    kill -CONT "$worker"
    at=$(now_ms)
    await 'the next assignment' is ledger status ACTIVE
    await_running ledger 2
    took=$(since "$at")
    await_more_lines 50
    start_nimbus "$old"
    finish_ledger 0
    row 8 'leader killed while a rebalance waits' "$ledger" \
        "goes on under the next one, $took after it has drained"
    expect_nothing_left
}

a_leader_that_stood_still_for_longer_than_its_session_follows() {
    cluster 2 1 2
    submit_ledger 200 2 1 1 1
    workers >before
    old=$(leader)
    stop_until_another_leads "$old"
    run "$GALE" deactivate ledger
    expect_status 0
    signal_daemon CONT "nimbus$old"
    await 'that it steps down' grep -q 'leads no longer' "nimbus$old.log"
    await 'two nimbuses' _all_nimbuses 2
    leads "$(_standbys "$old")" || fail 'it leads again'
    expect_equal "$(field ledger status)" INACTIVE 'what the other one wrote'
    # A command to it is carried out by the one that leads.
    run "$GALE" activate ledger -c nimbus.seeds="[\"127.0.0.1:$(cat "nimbus$old.port")\"]"
    expect_status 0
    expect_equal "$(field ledger status)" ACTIVE 'what was asked of the old one'
    await_more_lines
    workers >after
    expect_same before after
    kill_topology ledger
    expect_nothing_left
}

a_submission_is_copied_first_if_that_is_asked_for() {
    cluster 2 1 1
    submit_ledger 200 1 1 1 1 -c topology.min.replication.count=2
    _same_files 1 2 || fail "it was answered before: $(cat files1 files2)"
    run "$GALE" submit --name more -c topology.min.replication.count=3 \
        -c topology.max.replication.wait.time.sec=1 wordcount
    expect_status 0
    expect_stdout 'only 2 of 3 nimbuses have its files'
    # Without the leader's store, the other one's is as good.
    old=$(leader)
    end_daemon TERM "nimbus$old"
    rm -r "nimbus$old/nimbus/store"
    await 'another leader' another_leads "$old"
    start_nimbus "$old"
    await 'all files anew' _same_files 1 2
    kill_topology ledger
    kill_topology more
    await 'nobody who runs' _no_workers
    for n in 1 2; do
        end_daemon TERM "nimbus$n"
    done
    run "$GALE" list --timeout 1
    expect_status 3
    expect_stderr 'gale list: no nimbus that leads answers (nimbus.seeds): 127.0.0.1:'
}

_says() { # TEXT COMMAND…
    text=$1
    shift
    "$@" >says.out 2>&1
    cat says.out
    grep -qF -e "$text" says.out
}

a_submission_that_waits_for_copies_says_so() {
    cluster 2 1 1
    await 'two nimbuses' _all_nimbuses 2
    "$GALE" submit --name words -c topology.min.replication.count=3 \
        -c topology.max.replication.wait.time.sec=6 wordcount >out 2>err &
    await 'that it says so' grep -qF \
        'gale submit: waits until 3 nimbuses have its files, 2 so far (topology.min.replication.count); in ' err
    await 'that status shows it' _says \
        'topology "words" is submitted and waits until 3 nimbuses' "$GALE" status
    status=0
    wait $! || status=$?
    expect_status 0
    expect_stdout 'only 2 of 3 nimbuses have its files'
    expect_equal "$(grep -c . err)" 1 'sentences'
    # Who does not wait so long is told once that it may be done.
    run "$GALE" submit --timeout 2 --name other -c topology.min.replication.count=3 wordcount
    expect_status 4
    expect_stderr 'gale submit: no answer came in time; it may have been done or not: `gale list` and `gale status` show it'
}

zookeeper_that_is_killed_and_started_changes_nothing() {
    cluster 2 1 2
    submit_ledger 200 2 1 1 1
    workers >before
    $_ZOOKEEPER "$ZOOKEEPER_DIR" kill
    await 'that nobody leads' grep -qs 'leads no longer' nimbus1.log nimbus2.log
    run "$GALE" deactivate ledger --timeout 1
    expect_status 3
    expect_stderr 'no nimbus leads at the moment: ZooKeeper at'
    # What the nimbuses know is shown all the same.
    run "$GALE" status
    expect_status 3
    expect_stderr 'gale status: no nimbus leads at the moment: ZooKeeper at'
    expect_stdout "127.0.0.1:$(cat nimbus1.port)"
    expect_stdout 'ZooKeeper does not answer: ZooKeeper at'
    ! grep 'leads and cannot be reached\| leads$' out || fail 'who leads is not known'
    ! grep -q 'there is no' out || fail "it says more than it knows: $(_said out)"
    await_more_lines
    $_ZOOKEEPER "$ZOOKEEPER_DIR" start
    await 'a leader' is ledger status ACTIVE
    await_running ledger 2
    run "$GALE" deactivate ledger
    expect_status 0
    run "$GALE" activate ledger
    expect_status 0
    await_more_lines
    workers >after
    expect_same before after
    kill_topology ledger
    expect_nothing_left
}

cluster_begin
