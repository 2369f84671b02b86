#!/bin/sh
# demo_kafka.sh - `make demo-kafka`: what is counted from one topic into another, by a
# cluster whose worker and broker are killed, is what standard tools count.
. tests/support/scenario.sh
. tests/support/servers.sh

words_of_a_topic_are_counted_into_another_whatever_is_killed() {
    mkdir tmp
    status=0
    here=$PWD
    (
        cd "$TOP"
        TMPDIR=$here/tmp sh tests/support/demo_kafka.sh "${GALE_BUILD#"$TOP/"}" \
            >"$here/out" 2>"$here/err"
    ) || status=$?
    cat out err
    ! grep -qE 'install the package|cannot be reached' err || skip "$(_said err)"
    expect_status 0
    grep -q '^  Kafka   .*; ready in [0-9.]* s; [0-9]* MB of memory; 127.0.0.1:' out ||
        fail 'what Kafka takes is not said'
    grep -q '^  gale    a cluster: ZooKeeper, .*; ready in [0-9.]* s$' out ||
        fail 'what the cluster takes is not said'
    expect_stdout 'words are written: kill -9 '
    expect_stdout ', a worker'
    expect_stdout 'kill -9 of the broker, which starts again'
    expect_stdout ' words is missing; '
    expect_stdout ' words have the same counts'
    [ -z "$(ls tmp)" ] || fail "files are left: $(ls tmp/*)"
    [ -z "$(server_processes)" ] || fail "processes are left: $(server_processes)"
    row 41 'a worker of two, then the broker, killed under a word count' \
        "lost 0, duplicates $(sed -n 's/.*missing; \([0-9]*\) came.*/\1/p' out) of at most -" \
        'all from 1000 records of each partition'
}

scenario
