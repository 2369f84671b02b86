# hdfs.sh - the bolt `hdfs_bolt` on a real HDFS whose servers die, stand still and
# refuse while it writes: what was acked is there, once or more, and no record is
# damaged.
. tests/support/scenario.sh
. tests/support/servers.sh
. tests/support/sink_ledger.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_begin_hdfs() {
    begin hdfs
    hdfs=$address
    node=${hdfs#http://}
    node=${node%%/*}
    user=$(server hdfs user)
}

_now_ms() { date +%s%3N; }

_written() { # lines of its log that say so, and more than before
    [ "$(curl -s "$hdfs/out?op=LISTSTATUS" | grep -o '"length":[1-9]' | grep -c .)" -ge "$1" ]
}

# Lines go to /out, while the test goes on.
_begin_writing() { # LINES [OPTION…]
    seq "$1" >text
    shift
    "$GALE" local -q --state state -c topology.max.spout.pending=2000 \
        -c sink.url="webhdfs://$node/out" -c sink.user="$user" -c sink.fields=line \
        -c sink.sync.records=100 -c sink.sync.ms=100 -c sink.rotate.bytes=2000 \
        -c sink.timeout.secs=5 -c sink.finish.secs=100 "$@" into hdfs_bolt 1 text >out 2>err &
    pid=$!
    await 'files in HDFS' _written "${FILES:-3}"
}

_has_said() { # TEXT COUNT
    [ "$(grep -cF -e "$1" err)" -ge "$2" ]
}

# After what was in its way is gone.
_await_recovery() {
    at=$(_now_ms)
    await 'records again' _has_said 'records are written again' 1
    recovery="written again after $(($(_now_ms) - at)) ms"
}

_end_writing() {
    status=0
    wait "$pid" || status=$?
    [ "$status" = 0 ] || fail "status $status: $(tail -n 3 err)"
}

_account() { # ROW FAULT RECOVERY
    curl -s "$hdfs/out?op=LISTSTATUS" >list
    server hdfs dfs -get /out out.d
    find out.d -name '*.crc' -delete
    ledger text out.d
    row "$1" "$2" "$ledger of at most ${BOUND:-2000}" "${3:--}"
}

_is_open() { curl -s "$hdfs/out?op=LISTSTATUS" | grep -q '"pathSuffix":"_'; }

a_data_node_is_killed_and_comes_back() {
    _begin_hdfs
    _begin_writing 20000
    await 'an open file' _is_open
    server hdfs kill dn
    await 'tries that fail' _has_said 'records wait, next try' 2
    begin hdfs dn
    _await_recovery
    _end_writing
    expect_message "records wait, next try"
    _account H1 'DataNode killed and back' "$recovery"
}

a_name_node_is_killed_and_comes_back() {
    _begin_hdfs
    _begin_writing 20000
    server hdfs kill nn
    await 'tries that fail' _has_said "HDFS: http://$node does not answer op=" 2
    begin hdfs nn
    _await_recovery
    _end_writing
    expect_message "HDFS: http://$node does not answer op="
    _account H2 'NameNode killed and back' "$recovery"
}

safe_mode_is_waited_for() {
    _begin_hdfs
    _begin_writing 20000
    server hdfs dfsadmin -safemode enter >safe
    await 'tries that fail' _has_said 'SafeModeException' 2
    server hdfs dfsadmin -safemode leave >safe
    _await_recovery
    _end_writing
    expect_message "SafeModeException"
    _account H3 'NameNode in safe mode' "$recovery"
}

# Its requests run into their time out, and may be done when it goes on.
a_data_node_stands_still() {
    _begin_hdfs
    _begin_writing 20000
    await 'an open file' _is_open
    server hdfs pause dn
    await 'a try that fails' _has_said 'records wait, next try' 1
    server hdfs resume dn
    _await_recovery
    _end_writing
    expect_message "records wait, next try"
    _account H4 'DataNode stands still for longer than timeout.secs' "$recovery"
}

a_quota_that_is_full_is_a_full_disk() {
    _begin_hdfs
    _begin_writing 20000
    server hdfs dfsadmin -setSpaceQuota 1 /out
    await 'tries that fail' _has_said 'QuotaExceededException' 2
    server hdfs dfsadmin -clrSpaceQuota /out
    _await_recovery
    _end_writing
    expect_message "QuotaExceededException"
    _account H5 'no space left for the directory' "$recovery"
}

what_was_acked_is_there_after_kill_9() {
    _begin_hdfs
    _begin_writing 8000 -c gale.local.position.interval.ms=10
    for round in 1 2; do
        await 'an open file' _is_open
        kill -KILL "$pid"
        wait "$pid" || :
        files=$(curl -s "$hdfs/out?op=LISTSTATUS" | grep -c pathSuffix)
        "$GALE" local -q --state state -c topology.max.spout.pending=2000 \
            -c gale.local.position.interval.ms=10 -c sink.rotate.bytes=2000 \
            -c sink.url="webhdfs://$node/out" -c sink.user="$user" \
            -c sink.fields=line -c sink.sync.records=100 into hdfs_bolt 1 text \
            >out 2>>err &
        pid=$!
        await 'more files' _written $((files + 2))
    done
    _end_writing
    expect_message 'is finished, which a write that failed or a task that died had left'
    # of each: what may be pending, and what is acked within 10 ms
    BOUND=$((2 * (2000 + 200))) _account H6 'process killed twice' -
}

a_stop_under_load_repeats_nothing() {
    _begin_hdfs
    FILES=1
    _begin_writing 100000
    for round in 1 2; do
        files=$(curl -s "$hdfs/out?op=LISTSTATUS" | grep -c pathSuffix)
        await 'more files' _written $((files + 2))
        kill -TERM "$pid"
        _end_writing
        "$GALE" local -q --state state -c topology.max.spout.pending=2000 \
            -c sink.url="webhdfs://$node/out" -c sink.user="$user" -c sink.fields=line \
            -c sink.sync.records=100 -c sink.rotate.bytes=2000 into hdfs_bolt 1 text \
            >out 2>>err &
        pid=$!
    done
    await 'more files' _written $((files + 2))
    kill -TERM "$pid"
    _end_writing
    "$GALE" local -q --state state -c sink.url="webhdfs://$node/out" \
        -c sink.user="$user" -c sink.fields=line -c sink.sync.records=20000 \
        into hdfs_bolt 1 text >out 2>>err &
    pid=$!
    _end_writing
    BOUND=0
    _account H9 'SIGTERM under load, 3 times'
    expect_equal "$ledger" 'lost 0, duplicates 0' 'ledger'
}

# Both who write the file die: nobody gives its lease back, and HDFS recovers it
# after a minute, when somebody asks.
a_lease_that_a_dead_writer_has_left_runs_out() {
    _begin_hdfs
    FILES=1
    _begin_writing 4000 -c sink.rotate.bytes=0
    server hdfs pause dn
    await 'a try that fails' _has_said 'records wait, next try' 1
    server hdfs kill dn
    kill -KILL "$pid"
    wait "$pid" || :
    begin hdfs dn
    at=$(_now_ms)
    PATIENCE=150 # a lease has a minute
    seq 4001 4010 >more
    mkfifo input
    cat more >>text
    "$GALE" local -q --state state -c sink.url="webhdfs://$node/out" \
        -c sink.user="$user" -c sink.fields=line into hdfs_bolt 1 text input >out 2>err &
    pid=$!
    exec 3>input
    await 'the file that was left' _has_said 'is finished, which' 1
    recovery="taken over after $(($(_now_ms) - at)) ms"
    exec 3>&-
    _end_writing
    expect_message 'is finished, which a write that failed or a task that died had left'
    _account H7 'DataNode and process killed while they wrote' "$recovery"
}

a_name_node_that_is_not_there_is_passed_over() {
    _begin_hdfs
    seq 300 >text
    run "$GALE" local -q -c sink.url="webhdfs://127.0.0.1:1,$node/out" \
        -c sink.user="$user" -c sink.fields=line into hdfs_bolt 1 text
    expect_status 0
    expect_silence err
    _account H8 'first NameNode of two is away' -
}

the_example_of_the_page_works() {
    _begin_hdfs
    example to_hdfs
    seq 60000 | sed 's/.*/customer &/' >text
    export TEXT="$PWD/text" NAMENODES="$node" HDFS_USER="$user"
    run "$GALE" local -q --env-filter to_hdfs.yaml
    expect_status 0
    expect_silence err
    server hdfs dfs -ls /customers | grep -o '/records-.*' >names
    expect_equal "$(grep -c '^/records-hdfs-0-[0-9]*-[0-9]*\.txt$' names)" 2 'files'
    server hdfs dfs -cat '/customers/records-*' | cut -d '|' -f 2 | sort >found
    sort text >expected
    expect_same found expected
}

# Each before anything runs, in one sentence.
what_cannot_work_is_said() {
    HDFS_PROPS='dfs.permissions.enabled true' begin hdfs
    node=${address#http://}
    node=${node%%/*}
    curl -sfL -X PUT -T /dev/null "$address/file?op=CREATE&user.name=$(server hdfs user)"
    echo one >text
    while IFS=';' read -r url options sentence; do
        # shellcheck disable=SC2086 # words of a table
        run "$GALE" local -q -c sink.url="$url" $options into hdfs_bolt 1 text
        expect_status 1
        expect_stderr "$sentence"
    done <<TABLE
webhdfs://$node/file;;HDFS: /file is a file, expected a directory
webhdfs://$node/file/below;;HDFS refuses op=GETFILESTATUS of /file/below/: AccessControlException: /file
webhdfs://$node/mine;-c sink.user=nobody;HDFS refuses op=MKDIRS of /mine/: AccessControlException: Permission denied: user=nobody
hdfs://$node/out;;the option url is none of HDFS: expected webhdfs://HOST:PORT
webhdfs://127.0.0.1:1/out;-c sink.timeout.secs=1;HDFS: http://127.0.0.1:1 does not answer op=GETFILESTATUS: Failed to connect
TABLE
}

a_directory_may_have_blanks_and_letters_of_any_script() {
    _begin_hdfs
    echo one >text
    run "$GALE" local -q -c sink.url="webhdfs://$node/a é+b%20/ж" -c sink.user="$user" \
        -c sink.fields=line into hdfs_bolt 1 text
    expect_status 0
    name=$(curl -sf "$hdfs/a%20%C3%A9%2Bb%2520/%D0%B6?op=LISTSTATUS" | grep -o 'sink-[^"]*')
    expect_equal "$(curl -sfL "$hdfs/a%20%C3%A9%2Bb%2520/%D0%B6/$name?op=OPEN")" one 'the record'
}

scenario
