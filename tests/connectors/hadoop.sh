# hadoop.sh - HDFS and Hive as tests of connectors use them, and three Kafkas:
# what is written through WebHDFS is there after SIGKILL, and Hive reads it.
. tests/support/scenario.sh
. tests/support/servers.sh

_write() { # FILE PATH; curl sends it twice, as WebHDFS redirects
    curl -sfL -X PUT -T "$1" "$hdfs$2?op=CREATE&user.name=$(server hdfs user)"
}

_read() {
    curl -sfL "$hdfs$1?op=OPEN&user.name=$(server hdfs user)"
}

# Hive ends with its own log of what it began.
_expect_nothing_runs() {
    [ -z "$(server_processes)" ] || fail "left behind: $(server_processes)"
}

hive_reads_what_webhdfs_has_written_and_counts_it() {
    begin hdfs
    hdfs=$address
    printf 'Zoë|Smith\na"b|\\N\n' >expected
    _write expected /people/f1
    begin hive
    server hive sql "create external table people (first string, last string)
        row format delimited fields terminated by '|'
        location '$(server hdfs uri)/people'"
    printf 'Zoë\tSmith\na"b\tNULL\n' >expected
    server hive sql 'select * from people' >rows
    expect_same rows expected
    echo 'Ann|Lee' >ann
    _write ann /people/f2
    _write ann /people/_f3
    expect_equal "$(server hive sql 'select count(*) from people')" 3 'people'
    server hive kill
    begin hive
    expect_equal "$(server hive sql 'select count(*) from people')" 3 'people'
    run server hive sql 'select 1' 'select nonsense from people' 'select 2'
    expect_status 1
    expect_stdout 1
    expect_stderr "Invalid table alias or column reference 'nonsense'"
    server hive stop
    server hdfs stop
    _expect_nothing_runs
}

hdfs_keeps_files_when_both_of_it_are_killed() {
    begin hdfs
    hdfs=$address
    echo kept >expected
    _write expected '/f%20%C3%A9'
    server hdfs kill
    _expect_nothing_runs
    begin hdfs
    expect_equal "$address" "$hdfs" 'the address'
    _read '/f%20%C3%A9' >found
    expect_same found expected
}

a_data_node_that_is_away_or_stands_still_is_missed_and_comes_back() {
    begin hdfs
    hdfs=$address
    echo kept >kept
    _write kept /f
    server hdfs kill dn
    if _read /f; then
        fail 'somebody answers for it'
    fi
    begin hdfs dn
    expect_equal "$(_read /f)" kept 'the file'
    server hdfs pause nn
    run curl -sf -m 1 "$hdfs/?op=LISTSTATUS"
    expect_status 28
    server hdfs resume nn
    curl -sf -m 20 "$hdfs/?op=LISTSTATUS" >out
}

a_name_node_in_safe_mode_takes_no_file_but_those_with_rights_only_otherwise() {
    HDFS_PROPS='dfs.permissions.enabled true' begin hdfs
    hdfs=$address
    server hdfs dfsadmin -safemode enter >out
    run curl -s -L -X PUT -T /dev/null "$hdfs/f?op=CREATE&user.name=$(server hdfs user)"
    expect_stdout 'SafeModeException'
    server hdfs dfsadmin -safemode leave >out
    run curl -s -L -X PUT -T /dev/null "$hdfs/f?op=CREATE&user.name=nobody"
    expect_stdout 'Permission denied: user=nobody'
    _write /dev/null /f || fail 'who may do everything may not'
}

what_three_kafkas_have_acked_is_there_when_the_leader_is_killed() {
    KAFKA_NODES=3
    export KAFKA_NODES
    begin kafka
    unset KAFKA_NODES # it is kept
    server kafka topic words 1 >out
    leader=$(server kafka leader words 0)
    seq 100 >expected
    kcat -b "$address" -t words -P -X acks=all <expected
    server kafka kill "$leader"
    until server kafka leader words 0 >now && [ "$(cat now)" != "$leader" ]; do
        sleep 0.1
    done
    for try in 1 2 3 4 5; do # the first broker that it asks may be the dead one
        kcat -b "$address" -t words -C -e -q >found && cmp found expected && break
    done
    expect_same found expected
    begin kafka "$leader"
    server kafka stop
    begin kafka
    kcat -b "$address" -t words -C -e -q >found
    expect_same found expected
}

scenario
