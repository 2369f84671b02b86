#!/bin/sh
# kafka_bolt.sh - what happens to brokers, and to the way there, while records are
# written: each number of a sequence is a record, and in the end the topic says which
# are not there, and which are there twice. Twice may come what has failed, and what a
# worker that was killed had not acked; nothing else.
. tests/support/scenario.sh
. tests/support/servers.sh
. tests/support/proxies.sh

PATIENCE=120

_has_said() {
    grep -qF -e "$1" err
}

_topology() { # SPOUT FIELD
    cat >numbers.yaml <<END
name: numbers
config: {topology.message.timeout.secs: 90, topology.max.spout.pending: 20000}
spouts:
  - {id: numbers, $1}
bolts:
  - {id: out, plugin: kafka_bolt, config: {brokers: "${brokers:-$address}", topic: words, value.field: $2}}
streams: [{from: numbers, to: out, grouping: SHUFFLE}]
END
}

# In the background; its number is in $pid.
_writing() { # N [OPTION…]
    all=$1
    shift
    _topology "plugin: sequence, config: {to: $all, rate: 10000}" n
    "$GALE" local -q --stats stats.json "$@" numbers.yaml >out 2>>err &
    pid=$!
    trap 'kill -KILL $pid 2>/dev/null || :; end_servers' EXIT
}

# As many as there is time for, until $source is ended.
_writing_on() { # [OPTION…]
    all=1000000000
    mkfifo numbers
    _topology 'plugin: lines' line
    "$GALE" local -q "$@" numbers.yaml <numbers >out 2>>err &
    pid=$!
    seq 1 "$all" >numbers &
    source=$!
    trap 'kill -KILL $pid $source 2>/dev/null || :; end_servers' EXIT
}

_metric() { # of the bolt
    tr -d ' \n' <stats.json |
        grep -o "\"name\":\"records.$1\",\"kind\":\"counter\",\"value\":[0-9]*" |
        grep -o '[0-9]*$'
}

_read() {
    kcat -b "$address" -C -t words -e -q "$@"
}

# How many are in its three partitions, or fewer.
_written() {
    for p in 0 1 2; do
        kcat -b "$address" -Q -t "words:$p:-1" 2>/dev/null
    done | awk '{ n += $NF > 0 ? $NF : 0 } END { print n + 0 }'
}

_has_written() {
    [ "$(_written)" -gt "$1" ]
}

# Some records are there by now, and not all.
_some() {
    await 'some records' _has_written 1000
    before=$(_written)
    [ "$before" -lt "$all" ] || fail 'all were written too early for a fault'
}

_ends() {
    wait $pid || fail "it ended with status $?: $(_said err)"
}

# The numbers 1 … N, each at least once.
_all_there() { # DUPLICATES ROW FAULT RECOVERY
    seq 1 "$all" | sort >wanted
    _read >records
    sort -u records >found
    comm -23 wanted found >lost
    twice=$(($(wc -l <records) - $(wc -l <found)))
    row "$2" "$3" "lost $(wc -l <lost), duplicates $twice of at most $1" "$4"
    [ ! -s lost ] || fail "$(wc -l <lost) are lost, such as $(head -n 1 lost)"
    comm -13 wanted found >odd
    [ ! -s odd ] || fail "$(head -n 1 odd) was made up"
    [ "$twice" -le "$1" ] || fail "$twice came twice, at most $1 are explained"
}

_none_failed() {
    expect_equal "$(_metric failed)" 0 'records that failed'
}

a_broker_that_is_killed_loses_nothing_and_repeats_nothing() {
    begin kafka
    server kafka topic words 3
    _writing 200000
    _some
    server kafka kill
    await 'the word of it' _has_said "no broker of $address answers: "
    began=$(date +%s%N)
    begin kafka
    await 'its return' _has_said "a broker of $address is back"
    took=$((($(date +%s%N) - began) / 1000000))
    _ends
    _all_there 0 23 "broker killed with $before of $all written" "$took ms"
    _none_failed
}

# What is under way is bounded, inputs wait, and nothing fails.
a_broker_that_stands_still_for_a_while_is_waited_for() {
    begin kafka
    server kafka topic words 3
    _writing 200000 -c out.queue.records=5000
    _some
    server kafka pause
    sleep 12
    server kafka resume
    _ends
    _all_there 0 23 "broker paused 12 s with $before of $all written, a queue of 5000" -
    _none_failed
}

# The broker advertises the proxy.
_begin_behind_proxy() {
    ports=$(sh -c '. "$0"; choose_ports 4 ""; echo $PORTS' \
        "$TOP/tests/servers/common.sh" "$PWD/ports" x)
    set -- $ports
    KAFKA_PORTS="$1 $2"
    KAFKA_PROPS="listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2,FAR://127.0.0.1:$3
advertised.listeners=PLAINTEXT://127.0.0.1:$1,FAR://127.0.0.1:$4
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,FAR:PLAINTEXT"
    export KAFKA_PORTS KAFKA_PROPS
    begin kafka
    begin_proxy "127.0.0.1:$3" "$4"
    brokers=$proxy
}

# The broker has written them; who does not learn of it sends them again.
connections_that_are_cut_and_answers_that_are_lost_repeat_nothing() {
    _begin_behind_proxy
    server kafka topic words 3
    _writing 200000
    _some
    told cut
    cut=${event#cut }
    for answers in 1 2 3; do
        told eat-reply 20
        expect_event 'fired eat-reply'
        sleep 1
    done
    _ends
    [ "${cut%% *}" -ge 1 ] || fail "no connection was cut: $event"
    _all_there 0 23 "$cut connections cut, answers lost on the way $answers times" -
    _none_failed
}

# Reports come before tuples time out, so it is they that fail, and come again.
what_is_not_written_in_time_fails_and_comes_again() {
    begin kafka
    server kafka topic words 3
    _writing 100000 -c kafka.message.timeout.ms=2000
    _some
    server kafka pause
    await 'the word of it' _has_said 'records were not written: Local: Message timed out; their inputs fail'
    server kafka resume
    _ends
    failed=$(_metric failed)
    _all_there "$failed" 23 "broker paused beyond message.timeout.ms: $failed failed" -
    [ "$failed" -gt 0 ] || fail 'none has failed'
}

# A record that is acked is with all replicas, so whoever leads next has it.
a_leader_that_is_killed_loses_nothing_and_repeats_nothing() {
    KAFKA_NODES=3
    export KAFKA_NODES
    begin kafka
    server kafka topic words 3 3 min.insync.replicas=2
    _writing 200000
    _some
    leader=$(server kafka leader words 0)
    server kafka kill "$leader"
    _ends
    next=$(server kafka leader words 0)
    [ "$next" != "$leader" ] || fail "node $leader leads still"
    _all_there 0 23 "leader of three killed with $before of $all written" -
    _none_failed
}

# However long the server takes for that, records come.
a_topic_that_is_deleted_is_waited_for() {
    begin kafka
    server kafka topic words 3
    _writing_on -c kafka.message.timeout.ms=1000 \
        -c kafka.topic.metadata.propagation.max.ms=500
    _some
    server kafka delete-topic words
    await 'its end' \
        grep -q 'topic words: [0-9]* records were not written: .*; their inputs fail' err
    server kafka topic words 3
    await 'records of the new one' _has_written 1000
    kill "$source"
    _ends
    expect_equal "$(sort -u out | wc -l)" 0 'words on standard output'
    row - 'topic deleted and made again' - -
}

sigterm_under_load_repeats_nothing() {
    begin kafka
    server kafka topic words 3
    seq 1 300000 >text
    printf '%s\n' files=text topic=words "brokers=$address" dead.letters=./letters \
        >properties
    all=300000
    for try in first second; do
        "$GALE" local -q --state state --filter properties \
            "$TOP/examples/file_to_kafka.yaml" 2>err &
        pid=$!
        trap 'kill -KILL $pid 2>/dev/null || :; end_servers' EXIT
        [ $try = second ] || { _some && kill -TERM $pid; }
        _ends
    done
    [ "$before" -lt "$all" ] || fail 'SIGTERM came too late'
    _all_there 0 37 "SIGTERM with $before of $all written, then the rest" -
}

# A queue that is full, and no broker: the stop is bounded all the same.
a_stop_without_a_broker_is_bounded() {
    begin kafka
    server kafka topic words 3
    _writing 1000000 -c out.queue.records=1000 -c gale.topology.drain.secs=2
    _some
    server kafka kill
    await 'the word of it' _has_said "no broker of $address answers: "
    kill -TERM $pid
    timeout 30 sh -c "while kill -0 $pid 2>/dev/null; do sleep 0.1; done" ||
        fail 'it has not ended within 30 s'
    status=0
    wait $pid || status=$?
    row - "SIGTERM with a full queue, no broker, a drain of 2 s" - "status $status"
}

# A listener that wants a password.
credentials_that_are_wrong_are_said() {
    ports=$(sh -c '. "$0"; choose_ports 3 ""; echo $PORTS' \
        "$TOP/tests/servers/common.sh" "$PWD/ports" x)
    set -- $ports
    KAFKA_PORTS="$1 $2" brokers=127.0.0.1:$3
    KAFKA_PROPS="listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2,SASL_PLAINTEXT://127.0.0.1:$3
advertised.listeners=PLAINTEXT://127.0.0.1:$1,SASL_PLAINTEXT://127.0.0.1:$3
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_ann=\"secret\";"
    export KAFKA_PORTS KAFKA_PROPS
    begin kafka
    server kafka topic words 3
    sasl='-c kafka.security.protocol=SASL_PLAINTEXT -c kafka.sasl.mechanism=PLAIN
        -c kafka.sasl.username=ann -c out.start.secs=3'
    _writing 100 $sasl -c kafka.sasl.password=hunter2
    status=0
    wait $pid || status=$?
    expect_status 1
    _has_said "prepare: broker $brokers refuses the user or the password: see kafka.sasl.username and kafka.sasl.password; " ||
        fail "that is not said: $(_said err)"
    _has_said 'Authentication failed' || fail "the reason is not said: $(_said err)"
    ! grep -q hunter2 err || fail 'the password is shown'
    _writing 100 $sasl -c kafka.sasl.password=secret
    _ends
    _all_there 0 - 'credentials that were wrong, then right' -
}

scenario
