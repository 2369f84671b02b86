#!/bin/sh
# kafka.sh - faults under kafka_spout, with records in flight: brokers, workers
# and members of the group come and go, topics change, bolts fail. What was
# written into the topic is written down by the sink, so what is lost can be
# counted.
. tests/support/scenario.sh
. tests/support/servers.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS
PATIENCE=90

_produce() { # TOPIC [OPTION…], lines from standard input
    topic=$1
    shift
    kcat -b "$address" -P -t "$topic" -X acks=all "$@"
}

_await() { # WHAT COMMAND…
    what=$1
    shift
    end=$(($(date +%s) + PATIENCE))
    until "$@"; do
        [ "$(date +%s)" -lt "$end" ] ||
            fail "$what: not within $PATIENCE s; $(tail -n 3 err*)"
        sleep 0.05
    done
}

_lines() {
    cat copy/sink-* 2>/dev/null | wc -l
}

_has_lines() {
    [ "$(_lines)" -ge "$1" ]
}

_distinct() {
    cat copy/sink-* 2>/dev/null | cut -d ' ' -f 3- | sort -u | wc -l
}

_has_distinct() {
    [ "$(_distinct)" -ge "$1" ]
}

_has_said() {
    grep -qF -e "$1" err*
}

# In the background; its number is in $pid.
_copying() { # ERR TOPICS [OPTION…]
    err=$1 topics=$2
    shift 2
    mkdir -p copy
    "$GALE" local -q -c topology.max.spout.pending=1000 \
        -c source.commit.ms=200 -c source.refresh.secs=1 "$@" \
        kafka_copy copy "$address" "$topics" >"out-$err" 2>"$err" &
    pid=$!
    trap 'kill -KILL $pid ${others:-} 2>/dev/null || :; end_servers' EXIT
}

_stopped() { # PID
    kill -TERM "$1"
    status=0
    wait "$1" || status=$?
}

# The numbers 1 … N, each at least once.
_all_there() { # N DUPLICATES ROW FAULT RECOVERY
    seq 1 "$1" | sort >wanted
    cat copy/sink-* | cut -d ' ' -f 3- | sort -u >found
    comm -23 wanted found >lost
    twice=$(($(_lines) - $(wc -l <found)))
    row "$3" "$4" "lost $(wc -l <lost), twice $twice of $1 (at most $2)" "$5"
    [ ! -s lost ] || fail "$(wc -l <lost) are lost, such as $(head -n 1 lost)"
    comm -13 wanted found >odd
    [ ! -s odd ] || fail "$(head -n 1 odd) was made up"
    [ "$twice" -le "$2" ] || fail "$twice came twice, at most $2 are explained"
}

# The first commit that a broker sees makes it create a topic, which takes seconds.
_warm_up() {
    server kafka topic warm 1
    echo 1 | _produce warm
    mkdir -p warm
    "$GALE" local -q -c source.until=end kafka_copy warm "$address" warm 2>err
}

# What another run finds behind what is committed.
_nothing_left() { # TOPICS [OPTION…]
    topics=$1
    shift
    mkdir -p rest
    run "$GALE" local -q -c source.until=end -c source.start=committed \
        -c source.fallback=error "$@" kafka_copy rest "$address" "$topics"
    expect_status 0
    expect_equal "$(cat rest/sink-* | wc -l)" 0 'records that are not committed'
}

a_broker_that_is_killed_loses_nothing_and_it_goes_on_when_it_is_back() {
    begin kafka
    server kafka topic words 3
    seq 1 300000 | _produce words
    _copying err words -c sink.us=10
    _await 'some records' _has_lines 1000
    server kafka kill
    before=$(_lines)
    _await 'the word of it' _has_said "no broker of $address answers: "
    begin kafka
    began=$(date +%s%N)
    _await 'all records' _has_distinct 300000
    took=$((($(date +%s%N) - began) / 1000000))
    _has_said "a broker of $address is back" || fail 'its return is not said'
    _stopped $pid
    [ "$before" -lt 300000 ] || fail 'the broker was killed too late'
    _all_there 300000 0 23 "broker killed with $before of 300000 read" "$took ms"
    _nothing_left words
}

a_broker_that_stands_still_for_a_while_is_waited_for() {
    begin kafka
    server kafka topic words 2
    seq 1 100000 | _produce words
    _copying err words -c sink.us=50
    _await 'some records' _has_lines 1000
    server kafka pause
    before=$(_lines)
    sleep 12
    server kafka resume
    _await 'all records' _has_distinct 100000
    _stopped $pid
    _all_there 100000 0 23 "broker paused 12 s with $before of 100000 read" -
    _nothing_left words
}

# What the first one had in hand is pending until its timeout, and holds up what is
# committed; so the second one's death repeats what was read in between.
a_worker_that_is_killed_is_followed_by_one_that_begins_where_it_had_committed() {
    begin kafka
    server kafka topic words 4
    seq 1 100000 | _produce words
    _warm_up
    mkfifo orders
    mkdir -p copy tmp
    TMPDIR=$PWD/tmp "$GALE" local -q --cluster --commands orders \
        -c topology.workers=2 -c topology.max.spout.pending=500 \
        -c sink.us=20 -c source.commit.ms=100 -c gale.local.position.interval.ms=100 \
        kafka_copy copy "$address" words 2 >out 2>err <orders &
    pid=$!
    exec 7>orders
    trap 'kill -KILL $pid 2>/dev/null || :; end_servers' EXIT
    _await 'some records' _has_lines 20000
    echo 'kill worker 0' >&7
    before=$(_lines)
    _await 'more records' _has_lines $((before + 20000))
    echo 'kill worker 1' >&7
    _await 'all records' _has_distinct 100000
    _stopped $pid
    _all_there 100000 20000 41 "two workers killed, the first with $before read" -
    _nothing_left words
}

# Two runs of one group: the second comes while much is pending, and goes again.
a_rebalance_of_the_group_loses_nothing() {
    begin kafka
    server kafka topic words 4
    seq 1 200000 | _produce words
    group='-c source.assign=group -c source.start=committed
        -c source.fallback=earliest -c source.group=all'
    _copying err1 words $group -c sink.us=100 -c topology.max.spout.pending=100000
    first=$pid
    _await 'some records' _has_lines 2000
    mkdir -p copy2
    "$GALE" local -q $group -c sink.us=100 -c source.commit.ms=200 \
        kafka_copy copy2 "$address" words >out2 2>err2 &
    others=$!
    _await 'the second one' grep -q 'the group gives 2 partitions' err2
    _await 'the first one' grep -q 'the group takes 4 partitions' err1
    _await 'records of the second' test -s copy2/sink-2
    _stopped "$others"
    expect_status 0
    _await 'the first one' grep -q 'the group takes 2 partitions' err1
    cat copy2/sink-* >>copy/sink-2nd
    _await 'all records' _has_distinct 200000
    _stopped $first
    expect_status 0
    _all_there 200000 100000 24 'a member joins and leaves, 100000 may be pending' -
    mkdir -p rest
    run "$GALE" local -q --local-ttl 4 $group kafka_copy rest "$address" words
    expect_equal "$(cat rest/sink-* 2>/dev/null | wc -l)" 0 'not committed'
}

sigterm_repeats_nothing_and_what_fails_is_emitted_again() {
    begin kafka
    server kafka topic words 2
    seq 1 20000 | _produce words
    _copying err words -c sink.us=20
    _await 'some records' _has_lines 5000
    _stopped $pid
    expect_status 0
    first=$(_lines)
    _copying err words -c source.start=committed -c source.fallback=earliest \
        -c source.until=end -c sink.fail_one_of=7 -c source.retry.ms=10
    wait $pid || fail "the second run: $(_said err)"
    _all_there 20000 0 37 "SIGTERM after $first; then each 7th fails" -
    _nothing_left words
}

# A record that always fails, and a limit that it reaches.
a_limit_of_uncommitted_offsets_is_no_stand_still() {
    begin kafka
    server kafka topic words 1
    { seq 1 100; echo bad; seq 101 5000; } | _produce words
    _copying err words -c source.max.uncommitted=200 -c source.retry.ms=5 \
        -c source.retry.max.ms=5
    _await 'its limit' _has_said 'offset 100 has failed'
    _await 'what is within the limit' _has_lines 200
    [ "$(_lines)" -lt 400 ] || fail "$(_lines) were read beyond the limit"
    _stopped $pid
    rm -r copy
    _copying err words -c source.max.uncommitted=200 -c source.until=end \
        -c source.retry.ms=5 -c gale.topology.max.replays=3 \
        -c gale.topology.dead.letter=./letters
    wait $pid || fail "with dead letters: $(_said err)"
    expect_equal "$(_distinct)" 5000 records
    expect_equal "$(wc -l <letters)" 1 'dead letters'
    _nothing_left words
}

# A queue that was full is looked at each second, if nobody says that there is room:
# then a thousand records come in each, and all of them take five minutes.
a_small_queue_of_fetched_records_is_no_stand_still() {
    PATIENCE=250
    begin kafka
    server kafka topic words 1
    seq 1 400000 | _produce words -X batch.num.messages=500
    _copying err words -c source.kafka.queued.min.messages=500 \
        -c source.kafka.fetch.message.max.bytes=10000 -c source.until=end
    _await 'all records' _has_lines 400000
    wait $pid || fail "it ends with $?: $(_said err)"
    _all_there 400000 0 - 'room for 500 records that are fetched' -
}

# Where the end is, is asked after it has been said: what comes before the answer is
# not read.
_sent_behind_the_end() {
    seq 1 100 | _produce words
    _has_lines 1
}

new_partitions_and_topics_are_found_and_those_that_go_are_named() {
    begin kafka
    server kafka topic words 1
    seq 1 1000 | _produce words
    _copying err '^words' -c source.start=latest
    _await 'the first' _has_said 'topic words, partition 0: from the end on'
    _await 'some records' _sent_behind_the_end
    server kafka partitions words 3
    _await 'new partitions' _has_said 'partition 2: from the beginning on'
    server kafka topic words2 1
    seq 101 200 | _produce words2
    seq 201 300 | _produce words
    _await 'all records' _has_distinct 300
    server kafka delete-topic words2
    _await 'its end' _has_said 'topic words2, partition 0: it is not there any'
    server kafka topic words2 1
    seq 301 400 | _produce words2
    _await 'what is new in it' _has_distinct 400
    _stopped $pid
    _all_there 400 1000 25 'partitions added, a topic deleted and made again' -
}

# While the spout is down, retention takes what it had not read.
what_retention_has_taken_is_named_and_it_goes_on() {
    begin kafka
    server kafka topic words 1
    seq 1 1000 | _produce words
    mkdir -p copy
    _run="-q -c source.until=end -c source.group=g"
    "$GALE" local $_run kafka_copy copy "$address" words 2>err
    rm -r copy
    seq 1001 3000 | _produce words
    echo '{"partitions":[{"topic":"words","partition":0,"offset":2000}],
        "version":1}' >cut.json
    server kafka tool org.apache.kafka.tools.DeleteRecordsCommand \
        --offset-json-file cut.json
    again='-c source.start=committed -c source.fallback=error'
    mkdir -p copy
    run "$GALE" local $_run $again -c source.out.of.range=error kafka_copy copy \
        "$address" words
    expect_status 1
    expect_stderr 'words, partition 0: its offset is not there any longer'
    run "$GALE" local $_run $again kafka_copy copy "$address" words
    expect_status 0
    expect_stderr 'what was from offset 1000 to 1999 is gone before it was read'
    expect_equal "$(_distinct)" 1000 'records that are still there'
}

without_ackers_all_is_committed() {
    begin kafka
    server kafka topic words 2
    seq 1 5000 | _produce words
    _copying err words -c source.until=end -c topology.acker.executors=0
    wait $pid || fail "without ackers: $(_said err)"
    _all_there 5000 0 - 'no ackers' -
    _nothing_left words
}

at_most_once_repeats_nothing_and_none_reads_all() {
    begin kafka
    server kafka topic words 3
    seq 1 20000 | _produce words
    _copying err words -c source.guarantee=at_most_once -c sink.us=20
    _await 'some records' _has_lines 3000
    kill -KILL $pid
    wait $pid || :
    first=$(_lines)
    _copying err words -c source.guarantee=at_most_once \
        -c source.start=committed -c source.fallback=earliest \
        -c source.until=end
    wait $pid || fail "the second run: $(_said err)"
    expect_equal "$(($(_lines) - $(_distinct)))" 0 'records that came twice'
    row 41 "at most once, kill -9 after $first" \
        "lost $((20000 - $(_distinct))), twice 0 of 20000" -
    rm -r copy
    _copying err words -c source.guarantee=none -c source.until=end \
        -c source.group=none
    wait $pid || fail "without a guarantee: $(_said err)"
    _all_there 20000 0 - 'no guarantee' -
    _nothing_left words -c source.group=none
}

# A listener that wants a password.
credentials_that_are_wrong_are_said() {
    ports=$(sh -c '. "$0"; choose_ports 3 ""; echo $PORTS' \
        "$TOP/tests/servers/common.sh" "$PWD/ports" x)
    set -- $ports
    KAFKA_PORTS="$1 $2" other=$3
    KAFKA_PROPS="listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2,SASL_PLAINTEXT://127.0.0.1:$3
advertised.listeners=PLAINTEXT://127.0.0.1:$1,SASL_PLAINTEXT://127.0.0.1:$3
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_ann=\"secret\";"
    export KAFKA_PORTS KAFKA_PROPS
    begin kafka
    server kafka topic words 1
    seq 1 10 | _produce words
    address=127.0.0.1:$other
    sasl='-c source.kafka.security.protocol=SASL_PLAINTEXT
        -c source.kafka.sasl.mechanism=PLAIN
        -c source.kafka.sasl.username=ann -c source.until=end
        -c source.start.secs=3'
    mkdir copy
    run "$GALE" local -q $sasl -c source.kafka.sasl.password=wrong \
        kafka_copy copy "$address" words
    expect_status 1
    expect_stderr "no broker of $address has answered within 3 s: "
    expect_stderr 'Authentication failed'
    run "$GALE" local -q $sasl -c source.kafka.sasl.password=secret \
        kafka_copy copy "$address" words
    expect_status 0
    expect_equal "$(_distinct)" 10 'records'
}

scenario
