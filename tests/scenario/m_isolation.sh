# m_isolation.sh - what keeps workers apart from the rest of their machine: a
# cgroup with limits, which goes with the worker; another user.
. tests/support/scenario.sh
. tests/support/cluster.sh

_crimes() {
    echo "pass.crash=$PWD/crime"
}

_commit() {
    echo "$1" >crime.part
    mv crime.part crime
    await 'the crime' test ! -e crime
}

# NAME NUMBER OLD: another process is that worker.
_replaced() {
    new=$(worker_pid "$1" "$2")
    echo "worker $2 of $1 is process $new"
    [ -n "$new" ] && [ "$new" != 0 ] && [ "$new" != "$3" ]
}

# -- cgroups ----------------------------------------------------------------------

# The directory that limits the memory of PID.
_group_of() {
    name=$(awk -F: '$2 ~ /(^|,)memory(,|$)/ { print $3 }' "/proc/$1/cgroup")
    if [ -n "$name" ]; then
        echo "/sys/fs/cgroup/memory$name"
    else
        echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")"
    fi
}

_limit_of() { # the group's file
    if [ -e "$1/memory.limit_in_bytes" ]; then
        echo "$1/memory.limit_in_bytes"
    else
        echo "$1/memory.max"
    fi
}

# A cluster whose workers have cgroups, or the reason why they cannot.
_limited_cluster() {
    MORE="storm.resource.isolation.plugin.enable: true
worker.heap.memory.mb: $1
gale.worker.processes: 500"
    cluster 1 1 2
    trap '_end_all; _remove_groups' EXIT
    ! grep -o 'workers run without cgroups.*' supervisor1.log >why ||
        skip "$(cat why)"
}

# Those of workers that a test that failed has killed: a group can be removed when
# the kernel has done with the last of its processes, which it says to nobody here.
_remove_groups() {
    id=$(sed -n 's/.*registered as \([0-9a-f]*\).*/\1/p' supervisor1.log | head -n 1)
    for _ in $(seq 200); do
        groups=$(find /sys/fs/cgroup -depth -type d -name "gale-worker-$id-*")
        [ -n "$groups" ] || break
        # shellcheck disable=SC2086 # words
        rmdir $groups 2>/dev/null || sleep 0.05
    done
}

_says() {
    _page >page
    grep -F "$1" page
}

_is_limited_to() { # FILE BYTES
    cat "$1"
    [ "$(cat "$1")" = "$2" ]
}

_is_gone() {
    [ ! -e "$1" ]
}

a_worker_has_a_cgroup_with_its_limits_which_goes_with_it() {
    _limited_cluster 300
    submit_ledger 100 1 1 1 1 -c "$(_crimes)" \
        -c topology.worker.max.heap.size.mb=200
    pid=$(worker_pid ledger 0)
    group=$(_group_of "$pid")
    case $group in
    */gale-worker-*) ;;
    *) fail "it is in $group" ;;
    esac
    expect_equal "$(cat "$(_limit_of "$group")")" $((200 << 20)) 'its memory'
    [ "$(_group_of "$(cat supervisor1.pid)")" != "$group" ] ||
        fail 'the supervisor is in it, too'
    _commit stray
    await 'another process' _replaced ledger 0 "$pid"
    await 'the end of its cgroup, and of the process that it has left' \
        _is_gone "$group"
    group=$(_group_of "$(worker_pid ledger 0)")
    finish_ledger 200
    await 'the end of the cgroup' _is_gone "$group"
    expect_nothing_left
}

a_worker_that_takes_too_much_memory_is_killed_alone_and_status_says_which_key() {
    _limited_cluster 128
    "$GALE" submit --name other -c source.count=100000 -c source.rate=10 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/other" >out 2>err || fail "$(_said err)"
    mkdir other
    submit_ledger 100 1 1 1 1 -c "$(_crimes)"
    await_running other 1
    pid=$(worker_pid ledger 0) other=$(worker_pid other 0)
    _commit hoard
    await 'another process' _replaced ledger 0 "$pid"
    await 'the reason' _says 'the worker was killed for lack of memory: it may have 128 MB (worker.heap.memory.mb): raise that'
    "$GALE" status >page.txt
    grep 'ledger worker 0, restarts [1-9][0-9]*: the worker was killed for lack of memory: it may have 128 MB' page.txt ||
        fail "it is not on the page: $(_said page.txt)"
    grep -F 'killed for lack of memory: it may have 128 MB' supervisor1.log ||
        fail 'it is not in the log'
    expect_equal "$(worker_pid other 0)" "$other" 'the worker of the other topology'
    finish_ledger 200
    kill_topology other
    expect_nothing_left
}

_positions() {
    path=$(nodes | grep '^/positions/.*/' | head -n 1)
    "$GALE_BUILD/tests/servers/zookeeper_value" "$GALE_ZOOKEEPER" "$ROOT" "$path" \
        get
}

_have_moved() { # since the file
    _positions >positions && ! cmp -s "$1" positions
}

a_supervisor_that_comes_back_limits_what_it_takes_up_and_removes_what_is_left() {
    _limited_cluster 300
    submit_ledger 100 1 1 1 1 -c "$(_crimes)" -c gale.local.position.interval.ms=100
    worker=$(worker_pid ledger 0)
    group=$(_group_of "$worker")
    end_daemon KILL supervisor1
    name=${group##*/}
    stale=${group%/*}/${name%-*}-0
    mkdir "$stale"
    echo $((250 << 20)) >"$(_limit_of "$group")" # as if somebody had changed it
    start_supervisor 1
    await 'the limit' _is_limited_to "$(_limit_of "$group")" $((300 << 20))
    expect_equal "$(worker_pid ledger 0)" "$worker" 'the worker'
    await 'the end of the stale cgroup' _is_gone "$stale"
    await 'a position' _positions
    for _ in 1 2; do # one may have been under way
        _positions >before
        await 'the next position' _have_moved before
    done
    _commit segfault
    await 'its last words' _says 'segmentation fault in bolt'
    await 'the end of the cgroup' _is_gone "$group"
    finish_ledger 200
    expect_nothing_left
}

workers_that_are_ended_without_a_supervisor_take_their_cgroups_along() {
    _limited_cluster 300
    submit_ledger 100 1 1 1 1
    group=$(_group_of "$(worker_pid ledger 0)")
    end_daemon KILL supervisor1
    run "$GALE" kill_workers -c storm.local.dir="$PWD/supervisor1"
    expect_status 0
    _is_gone "$group" || fail "it is left: $group"
}

# -- how long a worker may be silent ----------------------------------------------

a_topology_may_ask_for_more_patience_with_its_workers() {
    MORE='supervisor.worker.timeout.secs: 2'
    cluster 1 1 2
    mkdir other
    "$GALE" submit --name other -c source.count=100000 -c source.rate=10 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/other" >out 2>err || fail "$(_said err)"
    submit_ledger 100 1 1 1 1 -c topology.worker.timeout.secs=100
    await_running other 1
    patient=$(worker_pid ledger 0) other=$(worker_pid other 0)
    kill -STOP "$patient" "$other"
    await 'another process' _replaced other 0 "$other"
    await 'the reason' _says 'the worker did not report for 2 s'
    expect_equal "$(worker_pid ledger 0)" "$patient" 'the worker that may be silent'
    kill -CONT "$patient"
    finish_ledger 100
    kill_topology other
    expect_nothing_left
}

# -- another user -----------------------------------------------------------------

_as_nobody() {
    setpriv --reuid nobody --regid nogroup --clear-groups --no-new-privs "$@"
}

_of_nobody() { # PID: all of its ids
    awk '/^[UG]id:/ { print $2, $3, $4, $5 }' "/proc/$1/status" | sort -u
}

workers_run_as_another_user_who_cannot_read_what_is_the_supervisors() {
    [ "$(id -u)" = 0 ] || skip 'only root can start workers as another user'
    chmod o+x "${TMPDIR:-.}"
    chmod o+rwx . # sources write there how far they have come
    _as_nobody test -x "$GALE" -a -x "$PWD" ||
        skip "nobody cannot pass to $PWD, or to $GALE"
    MORE='gale.worker.user: nobody'
    cluster 1 1 2
    chmod 777 ledger
    submit_ledger 100 2 1 1 1
    for number in 0 1; do
        pid=$(worker_pid ledger $number)
        expect_equal "$(_of_nobody "$pid")" '65534 65534 65534 65534' 'its ids'
        expect_equal "$(awk '/^Groups:/ { print $2 }' "/proc/$pid/status")" 65534 \
            'its groups'
        # One that is dumpable has these files for its own.
        expect_equal "$(stat -c %u "/proc/$pid/environ")" 0 'whose its memory is'
    done
    for path in token supervisor1/supervisor/state; do
        ! _as_nobody cat "$path" 2>&1 | grep -v 'Permission denied' ||
            fail "nobody can read $path"
    done
    for path in supervisor1/supervisor supervisor1/supervisor/store \
        supervisor1/supervisor/workers supervisor1/supervisor/logs; do
        ! _as_nobody ls "$path" 2>&1 | grep -v 'Permission denied' ||
            fail "nobody can list $path"
    done
    # One that starts again has what it had, and a supervisor that comes back
    # is found.
    old=$(worker_pid ledger 0)
    kill -KILL "$old"
    await 'another process' _replaced ledger 0 "$old"
    end_daemon KILL supervisor1
    start_supervisor 1
    await 'the supervisor' alive 1
    await_more_lines 20
    finish_ledger 300
    expect_nothing_left
}

a_supervisor_whose_workers_cannot_be_that_user_does_not_start() {
    [ "$(id -u)" = 0 ] || skip 'only root can start workers as another user'
    while read -r user expected; do
        run "$GALE" supervisor -c gale.worker.user="$user" \
            -c storm.local.dir="$PWD/supervisor" -c gale.insecure=true
        expect_status 1
        grep -qF "gale.worker.user: $expected" err || fail "$(_said err)"
    done <<'TABLE'
nobody-at-all there is no user "nobody-at-all"
root a worker may not run as "root", which is root
TABLE
}

# -- secrets of daemons -----------------------------------------------------------

# One file is for daemons and commands, as docs/operations.md says, and the secret
# is in it: in that file, and nowhere else.
no_worker_gets_the_secret_of_zookeeper() {
    MORE='storm.zookeeper.auth.payload: "bob:topsecretpw"
gale.worker.log.files: 2'
    cluster 1 1 2
    echo line >text
    run "$GALE" submit --config gale.yaml -c storm.zookeeper.port=1 --files text \
        "$TEST_PLUGINS/nosy.so" storm.zookeeper.auth.payload text
    expect_status 0
    mv err submit.err
    await 'the end' is nosy status FINISHED
    grep -rqF 'storm.zookeeper.auth.payload is no text' supervisor1/supervisor/logs ||
        fail "the bolt saw it: $(cat supervisor1/supervisor/logs/*/*/worker.log)"
    # A description is called by its hash; it has the key as the bolt's option.
    grep -rqF storm.zookeeper.auth.payload supervisor1/supervisor/store ||
        fail 'there is no description'
    for text in topsecretpw gale.worker.log.files nimbus.seeds; do
        found=$(grep -rlF "$text" nimbus1 supervisor1 | tr '\n' ' ')
        [ -z "$found" ] || fail "$text is in $found"
    done
    grep -qF topsecretpw gale.yaml || fail 'this test looks for nothing'
    mv submit.err err
    expect_stderr 'gale submit: warning: command line: storm.zookeeper.port: it is not used here'
}

cluster_begin
