#!/bin/sh
# l_local_cluster.sh - `gale local --cluster`: a nimbus, supervisors and workers
# in one process: results are those of `gale local`, any of them may be killed,
# and nothing is left.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# All that the cluster writes is in ./tmp, to be seen.
_cluster() {
    mkdir -p tmp
    TMPDIR=$PWD/tmp "$GALE" local --cluster "$@"
}

# In the background, with a pipe for commands: two tasks that write numbers into a
# ledger until _finish.
_begin_ledger() { # OPTION…
    mkdir -p ledger tmp
    mkfifo orders
    TMPDIR=$PWD/tmp "$GALE" local --cluster --commands orders \
        --supervisors 2 --slots 2 -c topology.message.timeout.secs=3 \
        -c topology.max.spout.pending=50 \
        -c gale.local.position.interval.ms=100 -c source.count=1000000000 \
        -c source.rate=100 -c source.end="$PWD/end" "$@" \
        bookkeeper "$PWD/ledger" 2 2 2 >out 2>err &
    pid=$!
    trap 'kill -KILL $pid 2>/dev/null || :' EXIT
}

_await() { # WHAT COMMAND…: it is to be so before the cluster ends
    what=$1
    shift
    await "$what" _is_so_or_over "$@"
    [ ! -e over ] || fail "$what: it has ended: $(_said err)"
}

_is_so_or_over() { # COMMAND…
    "$@" || { ! kill -0 "$pid" && : >over; }
}

_lines() {
    cat ledger/sink-* 2>/dev/null | wc -l
}

_has_lines() {
    [ "$(_lines)" -ge "$1" ]
}

_more_lines() {
    _await 'more tuples' _has_lines $(($(_lines) + ${1:-20}))
}

_has_said() { # TEXT TIMES
    [ "$(grep -cF -e "$1" err)" -ge "$2" ]
}

_order() { # WORD…
    echo "$*" >orders
}

_end() {
    status=0
    wait "$pid" || status=$?
    tail -n 20 err
}

# The sources come to their end. Nothing is lost, damaged or out of order;
# duplicates are replays: what was pending, and what came since the last kept
# position.
_finish() { # DUPLICATES
    : >end
    _end
    expect_status 0
    awk -f "$TOP/tests/support/ledger.awk" -v tasks=2 -v end=end \
        ledger/sink-* >ledger.out || fail "$(cat ledger.out)"
    cat ledger.out
    found=$(sed 's/.*duplicates \([0-9]*\).*/\1/' ledger.out)
    [ "$found" -le "$1" ] || fail "$found duplicates, at most $1 are explained"
}

_expect_nothing_left() {
    expect_equal "$(ls tmp)" '' 'left in the directory for temporary files'
}

the_word_count_on_two_supervisors_is_that_of_one_process() {
    cat "$TOP"/LICENSE "$TOP"/worker/*.c >text
    run "$GALE" local -q wordcount -p 3 text
    expect_status 0
    sort out >wanted
    [ -s wanted ] || fail 'nothing to compare with'
    run _cluster -q -c topology.workers=3 wordcount -p 3 text
    expect_status 0
    expect_silence err
    sort out >found
    expect_same found wanted
    _expect_nothing_left
}

workers_are_spread_over_the_supervisors() {
    _begin_ledger -c topology.workers=2
    _more_lines
    _order status
    _await 'the page' _has_said ledger-2- 3
    for number in 1 2; do
        expect_stderr "INFO supervisor-$number ledger-"
    done
    _finish 0
    acked=$(($(cat end-0) + $(cat end-1)))
    expect_equal "$(sed -n 's/,//g; s/.*messages acked \([0-9]*\).*/\1/p' err)" \
        "$acked" 'messages acked'
    _expect_nothing_left
}

the_leader_of_a_quiet_cluster_stays() {
    _begin_ledger -c storm.zookeeper.session.timeout=3000 \
        -c gale.local.position.interval.ms=3600000
    _more_lines 600
    _finish 0
    ! grep -F 'leads no longer' err || fail 'it has stopped leading'
}

a_worker_that_is_killed_comes_back_and_loses_nothing() {
    _begin_ledger -c topology.workers=3
    _more_lines
    for number in 0 1 2; do
        _order kill worker "$number"
        _await "the end of worker $number" \
            _has_said "worker $number: the worker was ended by signal 9" 1
        _more_lines
    done
    _finish $((3 * 2 * (50 + 50)))
    _expect_nothing_left
}

workers_go_on_without_their_supervisor_and_are_taken_up_again() {
    _begin_ledger -c topology.workers=2
    _more_lines
    _order kill supervisor 1
    _await 'an orphan' _has_said 'the supervisor is away' 1
    _more_lines
    _order start supervisor 1
    _await 'the worker' _has_said 'is taken up at port' 1
    _finish 0
    expect_equal "$(grep -c 'starts at port' err)" 2 'starts of workers'
    _expect_nothing_left
}

a_worker_moves_when_its_supervisor_is_gone_with_it() {
    _begin_ledger -c topology.workers=2
    _more_lines
    number=$(sed -n 's/.* supervisor-1 .* worker \([01]\) starts at .*/\1/p' err)
    _order kill supervisor 1
    _order kill worker "$number"
    _await 'another start of the worker' _started_at_2 "$number"
    _finish $((2 * (50 + 50)))
    _expect_nothing_left
}

_started_at_2() {
    grep -q " supervisor-2 .* worker $1 starts at" err
}

tuples_flow_without_a_nimbus_and_the_next_one_leads() {
    _begin_ledger -c topology.workers=2
    _more_lines
    _order kill nimbus
    _more_lines
    _order start nimbus
    _await 'the next leader' _has_said 'leads, epoch 2' 1
    _finish 0
    expect_equal "$(grep -c 'starts at port' err)" 2 'starts of workers'
    _expect_nothing_left
}

a_rebalance_goes_as_in_any_cluster() {
    _begin_ledger -c topology.workers=1
    _more_lines
    _order rebalance -n 2 ledger
    _await 'two workers' _has_said 'worker 1 starts at port' 1
    _finish 0
    _expect_nothing_left
}

what_makes_no_sense_is_said_and_the_run_goes_on() {
    _begin_ledger
    _more_lines
    while IFS='|' read -r line sentence; do
        _order "$line"
        _await "an answer to \"$line\"" _has_said "$sentence" 1
    done <<'TABLE'
kil worker 0|there is no command "kil" here
kill worker|expected "kill worker NUMBER"
kill worker 7|worker 7 does not run at the moment
kill supervisor 3|there is no supervisor 3: they are 1 to 2
start supervisor 1|start supervisor: it runs already
start nimbus|start nimbus: it runs already
TABLE
    _finish 0
}

ctrl_c_drains_and_ctrl_c_twice_ends_at_once() {
    _begin_ledger
    _more_lines
    kill -INT "$pid"
    _end
    expect_status 0
    expect_stderr 'stopping: what is pending is finished'
    _expect_nothing_left
    rm -r ledger orders
    _begin_ledger
    _more_lines
    kill -INT "$pid"
    kill -TERM "$pid"
    _end
    expect_status 130
    _expect_nothing_left
}

a_time_to_live_drains() {
    mkdir ledger
    run _cluster --local-ttl 1 -c topology.workers=2 \
        -c source.count=1000000000 -c source.rate=100 \
        bookkeeper "$PWD/ledger" 2 2 2
    expect_status 0
    expect_stderr 'is killed: it drains'
    _expect_nothing_left
}

a_callback_that_never_returns_does_not_keep_the_process() {
    run _cluster --local-ttl 1 -c topology.message.timeout.secs=1 \
        -c tarpit.stuck=3 tarpit 10 0 1
    expect_status 1
    expect_stderr 'a callback of bolt "tarpit" (task 2) is under way'
    expect_stderr 'a callback was still under way: it ends at once'
    _expect_nothing_left
}

what_a_crash_has_left_goes_with_the_next_start() {
    _begin_ledger
    _more_lines
    kill -KILL "$pid"
    wait "$pid" || :
    [ "$(find tmp -name token | wc -l)" = 1 ] || fail 'it has left no token'
    run _cluster -q wordcount /dev/null
    expect_status 0
    _expect_nothing_left
}

a_topology_that_cannot_start_is_an_error_at_its_end() {
    run _cluster -q --local-ttl 2 -c topology.message.timeout.secs=1 \
        wordcount /nowhere
    expect_status 1
    expect_stderr 'cannot read /nowhere'
    _expect_nothing_left
}

one_that_had_no_time_to_come_up_is_an_error_too() {
    run _cluster -q --local-ttl 0.05 wordcount /nowhere
    expect_status 1
    grep -q 'workers had not come up when its time was over\|cannot read' err ||
        fail "it does not say why: $(cat err)"
    _expect_nothing_left
}

what_does_not_go_together_is_refused() {
    while IFS='|' read -r options sentence; do
        # shellcheck disable=SC2086 # words of a table
        run "$GALE" local $options wordcount /dev/null
        expect_status 2
        expect_stderr "$sentence"
    done <<'TABLE'
--supervisors 2|--supervisors is of a cluster: give --cluster, too
--slots 2|--slots is of a cluster: give --cluster, too
--commands -|--commands is of a cluster: give --cluster, too
--cluster --seed 1|--seed and --cluster do not go together
--cluster --state d|--state and --cluster do not go together
--cluster --stats f|--stats and --cluster do not go together
--cluster --letters f|--letters and --cluster do not go together
--cluster --slots 0|--slots: found "0", expected 1 to 64
--cluster --supervisors x|--supervisors: found "x", expected 1 to 64
TABLE
    echo status >file
    run _cluster --commands file wordcount /dev/null
    expect_status 1
    expect_stderr 'is no pipe'
    run _cluster -c nimbus.thrift.port=x wordcount /dev/null
    expect_status 1
    expect_stderr 'nimbus.thrift.port'
    _expect_nothing_left
}

scenario
