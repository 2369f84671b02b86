#!/bin/sh
# kafka.sh - faults under kafka_spout, with records in flight: brokers, workers
# and members of the group come and go, topics change, bolts fail. What was
# written into the topic is written down by the sink, so what is lost can be
# counted.
. tests/support/scenario.sh
. tests/support/servers.sh
. tests/support/kafka_copy.sh

PAUSE_SECONDS=${PAUSE_SECONDS:-30}

# Little is fetched ahead, so that it has to come back.
a_broker_that_is_killed_loses_nothing_and_it_goes_on_when_it_is_back() {
    begin kafka
    server kafka topic words 3
    seq 1 300000 | _produce words
    _copying err words -c sink.us=10 -c source.kafka.queued.max.messages.kbytes=256
    await 'some records' _has_lines 1000
    server kafka kill
    before=$(_lines)
    await 'the word of it' _has_said 'no broker '
    begin kafka
    began=$(date +%s%N)
    await 'all records' _has_distinct 300000
    took=$((($(date +%s%N) - began) / 1000000))
    expect_message "a broker of $address is back"
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
    await 'some records' _has_lines 1000
    server kafka pause
    before=$(_lines)
    sleep "$PAUSE_SECONDS"
    server kafka resume
    began=$(date +%s%N)
    await 'all records' _has_distinct 100000
    took=$((($(date +%s%N) - began) / 1000000))
    _stopped $pid
    [ "$before" -lt 100000 ] || fail 'it stood still too late'
    _all_there 100000 0 23 "broker paused $PAUSE_SECONDS s with $before read" "$took ms"
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
    await 'some records' _has_lines 20000
    echo 'kill worker 0' >&7
    before=$(_lines)
    await 'more records' _has_lines $((before + 20000))
    echo 'kill worker 1' >&7
    await 'all records' _has_distinct 100000
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
    await 'some records' _has_lines 2000
    mkdir -p copy2
    "$GALE" local -q $group -c sink.us=100 -c source.commit.ms=200 \
        kafka_copy copy2 "$address" words >out2 2>err2 &
    others=$!
    await 'the second one' grep -q 'the group gives 2 partitions' err2
    await 'the first one' grep -q 'the group takes 4 partitions' err1
    await 'records of the second' test -s copy2/sink-2
    _stopped "$others"
    expect_status 0
    await 'the first one' grep -q 'the group takes 2 partitions' err1
    cat copy2/sink-* >>copy/sink-2nd
    await 'all records' _has_distinct 200000
    _stopped $first
    expect_status 0
    message='the group takes 4 partitions' # as awaited
    _all_there 200000 100000 24 'a member joins and leaves, 100000 may be pending' -
    mkdir -p rest
    run "$GALE" local -q --local-ttl 4 $group kafka_copy rest "$address" words
    expect_equal "$(cat rest/sink-* 2>/dev/null | wc -l)" 0 'not committed'
}

# Of two members one stands still; the other one gets its partitions. When it goes
# on, what it still has in hand is no longer its to commit.
a_member_that_stands_still_too_long_loses_its_partitions() {
    begin kafka
    server kafka topic words 4
    _warm_up
    seq 1 60000 | _produce words
    group='-c source.assign=group -c source.start=committed -c sink.us=400
        -c source.fallback=earliest -c source.group=all
        -c source.kafka.session.timeout.ms=6000'
    _copying err1 words $group
    first=$pid
    await 'the first one' grep -q 'the group gives 4 partitions' err1
    mkdir copy2
    "$GALE" local -q $group -c source.commit.ms=200 -c topology.max.spout.pending=1000 \
        kafka_copy copy2 "$address" words >out2 2>err2 &
    others=$!
    await 'the second one' grep -q 'the group gives 2 partitions' err2
    await 'records of the first' _has_lines 2000
    kill -STOP $first
    began=$(date +%s%N)
    await 'all partitions for the second' grep -q 'the group gives 4 partitions' err2
    took=$((($(date +%s%N) - began) / 1000000))
    kill -CONT $first
    await 'the word of it' grep -q 'which have another owner' err1
    await 'its return' grep -q 'the group takes 4 partitions' err2
    _joined() { cat copy/sink-* copy2/sink-* | cut -d ' ' -f 3- | sort -u | wc -l; }
    _has_joined() { [ "$(_joined)" -ge 60000 ]; }
    await 'all records' _has_joined
    _stopped "$others"
    expect_status 0
    _stopped $first
    expect_status 0
    cat copy2/sink-* >>copy/sink-2nd
    expect_message 'partitions, which have another owner'
    _all_there 60000 4000 24 'a member of a group stands still too long' \
        "partitions given away after $took ms"
    mkdir rest
    run "$GALE" local -q --local-ttl 4 $group kafka_copy rest "$address" words
    expect_equal "$(cat rest/sink-* 2>/dev/null | wc -l)" 0 'not committed'
}

# Who has the same group.instance.id takes its place, and librdkafka cannot go on; what
# was not committed then comes again.
a_member_whose_place_is_taken_ends_with_a_sentence() {
    begin kafka
    server kafka topic words 1
    _warm_up
    seq 1 100 | _produce words
    group='-c source.assign=group -c source.start=committed
        -c source.fallback=earliest -c source.kafka.group.instance.id=one'
    _copying err1 words $group
    first=$pid
    await 'the first one' _has_lines 100
    mkdir copy2
    "$GALE" local -q $group kafka_copy copy2 "$address" words >out2 2>err2 &
    others=$!
    await 'the second one' grep -q 'the group gives 1 partitions' err2
    status=0
    wait $first || status=$?
    expect_status 1
    expect_message 'fenced by other consumer with same group.instance.id'
    seq 101 200 | _produce words
    await 'records of the second' test -s copy2/sink-2
    _stopped $others
    expect_status 0
    cat copy2/sink-* >>copy/sink-2nd
    _all_there 200 100 23 'fatal error of librdkafka: another member with its id' -
}

# Its spout is not asked for more while all that may be pending is, so it hears of
# the rebalance when messages time out.
a_sink_that_stands_still_holds_up_the_group_until_messages_time_out() {
    begin kafka
    server kafka topic words 4
    _warm_up
    seq 1 1000 | _produce words
    group='-c source.assign=group -c source.start=committed
        -c source.fallback=earliest -c source.group=all'
    _copying err1 words $group -c sink.us=60000000 -c topology.max.spout.pending=10 \
        -c topology.message.timeout.secs=5
    await 'its partitions' grep -q 'partition 0: from the beginning on' err1
    mkdir copy2
    began=$(date +%s%N)
    "$GALE" local -q $group kafka_copy copy2 "$address" words >out2 2>err2 &
    others=$!
    await 'the second one' grep -q 'the group gives 2 partitions' err2
    took=$((($(date +%s%N) - began) / 1000000))
    await 'records of the second' test -s copy2/sink-2
    row 24 'a member joins while the sink of another stands still' - \
        "gets its partitions after $took ms"
    kill -KILL $pid $others # nobody waits for that sink
    wait $pid $others || :
}

sigterm_repeats_nothing_and_what_fails_is_emitted_again() {
    begin kafka
    server kafka topic words 2
    seq 1 20000 | _produce words
    _copying err words -c sink.us=20
    await 'some records' _has_lines 5000
    _stopped $pid
    expect_status 0
    first=$(_lines)
    # of a partition that it had not come to, nothing is committed
    _copying err words -c source.start=committed -c source.fallback=earliest \
        -c source.until=end -c sink.fail_one_of=7 -c source.retry.ms=10
    wait $pid || fail "the second run: $(_said err)"
    _all_there 20000 0 37 "SIGTERM after $first; then each 7th fails" -
    _nothing_left words
}

# _committed TOPIC: of its one partition.
_committed() {
    server kafka tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand \
        --describe --group gale-kafka_copy-source 2>/dev/null |
        awk -v topic="$1" '$2 == topic { print $4 }'
}

_has_committed() { # TOPIC AT_LEAST
    committed=$(_committed "$1")
    [ "${committed:-0}" -ge "$2" ] 2>/dev/null
}

# _deactivated TOPIC COMMIT_MS: all of its 400 records, one batch, are pending then.
_deactivated() {
    seq 1 400 | _produce "$1"
    rm -f orders
    mkfifo orders
    mkdir -p copy tmp
    TMPDIR=$PWD/tmp "$GALE" local -q --cluster --commands orders \
        -c topology.max.spout.pending=2000 -c topology.message.timeout.secs=600 \
        -c sink.us=25000 -c source.commit.ms="$2" \
        kafka_copy copy "$address" "$1" >out 2>err <orders &
    pid=$!
    exec 7>orders
    trap 'kill -KILL $pid 2>/dev/null || :; end_servers' EXIT
    await 'some records' _has_lines 20
    echo 'deactivate kafka_copy' >&7
    await 'its answer' grep -q 'is deactivated' out
}

what_is_acked_while_it_is_deactivated_is_committed() {
    begin kafka
    server kafka topic words 1
    server kafka topic slow 1
    _warm_up
    _deactivated words 200
    before=$(_lines)
    await 'a commit meanwhile' _has_committed words $((before + 1))
    meanwhile=$committed
    await 'the last commit' _has_committed words 400
    _stopped $pid
    [ "$before" -lt 400 ] || fail 'it was deactivated too late'
    _all_there 400 0 37 "deactivated with $before of 400 acked" \
        "committed meanwhile: $meanwhile"
    rm -r copy
    _deactivated slow 86400000 # the last ack does not wait for its time
    await 'the last commit' _has_committed slow 400
    _stopped $pid
}

# A record that always fails, and a limit that it reaches.
a_limit_of_uncommitted_offsets_is_no_stand_still() {
    begin kafka
    server kafka topic words 1
    { seq 1 100; echo bad; seq 101 5000; } | _produce words
    _copying err words -c source.max.uncommitted=200 -c source.retry.ms=5 \
        -c source.retry.max.ms=5
    await 'its limit' _has_said 'times and holds up what is behind it'
    expect_message 'times and holds up what is behind it; gale.topology.max.replays says'
    await 'what is within the limit' _has_lines 200
    [ "$(_lines)" -lt 400 ] || fail "$(_lines) were read beyond the limit"
    _stopped $pid
    rm -r copy
    _copying err words -c source.max.uncommitted=200 -c source.until=end \
        -c source.retry.ms=5 -c gale.topology.max.replays=3 \
        -c gale.topology.dead.letter=./letters
    wait $pid || fail "with dead letters: $(_said err)"
    expect_equal "$(_distinct)" 5000 records
    expect_equal "$(wc -l <letters)" 1 'dead letters'
    row 37 'a record always fails, 200 may be uncommitted' 'lost 0, duplicates 0 of at most 0'
    _nothing_left words
}

# Without a limit, it is said which one sets it.
a_record_that_always_fails_is_named_and_holds_up_no_other() {
    begin kafka
    server kafka topic words 1
    { seq 1 100; echo bad; seq 101 5000; } | _produce words
    _copying err words -c source.retry.ms=5 -c source.retry.max.ms=50
    await 'the others' _has_distinct 5000
    await 'the word of it' _has_said 'offset 100 has failed 8 times and is emitted again'
    expect_message 'and gale.topology.dead.letter where it goes then'
    expect_equal "$(grep -c 'offset 100 has failed' err)" 1 'how often it is said'
    kill -KILL $pid # it would end when the record does
    _all_there 5000 0 37 'a record always fails, no limit of replays' -
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
    await 'all records' _has_lines 400000
    wait $pid || fail "it ends with $?: $(_said err)"
    _all_there 400000 0 - 'room for 500 records that are fetched' -
}

new_partitions_and_topics_are_found_and_those_that_go_are_named() {
    begin kafka
    server kafka topic words 1
    seq 1 1000 | _produce words
    _copying err '^words' -c source.start=latest
    await 'the first' _has_said 'topic words, partition 0: from offset 1000 on'
    seq 1 100 | _produce words
    server kafka partitions words 3
    await 'new partitions' _has_said 'partition 2: from the beginning on'
    server kafka topic words2 1
    seq 101 200 | _produce words2
    seq 201 300 | _produce words
    await 'all records' _has_distinct 300
    server kafka delete-topic words2
    await 'its end' _has_said 'topic words2, partition 0: it is not there any'
    server kafka topic words2 1
    seq 301 400 | _produce words2
    await 'what is new in it' _has_distinct 400
    _stopped $pid
    _all_there 400 1000 25 'partitions added, a topic deleted and made again' -
}

# _read_and_cut: 1000 of 3000 are committed, the first 2000 are gone.
_read_and_cut() {
    begin kafka
    server kafka topic words 1
    seq 1 1000 | _produce words
    mkdir copy
    "$GALE" local -q -c source.until=end kafka_copy copy "$address" words 2>err
    rm -r copy
    mkdir copy
    seq 1001 3000 | _produce words
    _cut_to 2000
}

_cut_to() { # OFFSET: what is before it is gone, as retention does it
    echo '{"partitions":[{"topic":"words","partition":0,"offset":'"$1"'}],
        "version":1}' >cut.json
    server kafka tool org.apache.kafka.tools.DeleteRecordsCommand \
        --offset-json-file cut.json
}

_goes_on() { # OPTION…
    run "$GALE" local -q -c source.until=end -c source.start=committed \
        -c source.fallback=error "$@" kafka_copy copy "$address" words
}

# While the spout is down, retention takes what it had not read.
what_retention_has_taken_is_not_left_out_unless_that_is_said() {
    _read_and_cut
    _goes_on
    expect_status 1
    expect_message 'topic words, partition 0: offset 1000 is not there any longer ('
    expect_stderr 'to go on without what is gone, set out.of.range to earliest'
    expect_equal "$(cat copy/sink-* 2>/dev/null | wc -l)" 0 'records that were read'
    row 25 'retention passes the position while it is down' '-' 'stops'
    _goes_on -c source.out.of.range=earliest
    expect_status 0
    expect_message 'what was from offset 1000 to 1999 is gone before it was read'
    expect_equal "$(_distinct)" 1000 'records that are still there'
    row 25 'the same with out.of.range: earliest' '-' 'goes on, the gap is named'
}

# A broker that is behind is no reason to stop; records that are gone are.
retention_that_passes_what_is_being_read_stops_it_too() {
    begin kafka
    server kafka topic words 1 1 segment.bytes=1048576
    seq 1 300000 | _produce words
    _copying err words -c source.kafka.queued.max.messages.kbytes=64 \
        -c source.kafka.fetch.message.max.bytes=16384 -c sink.us=500
    await 'some records' _has_lines 1000
    _cut_to 299000
    status=0
    wait $pid || status=$?
    expect_status 1
    expect_message 'is not there any longer ('
    before=$(_lines)
    [ "$before" -lt 299000 ] || fail 'it was cut too late'
    row 25 "retention passes the position with $before read" '-' 'stops'
}

# The broker forgets what was committed with the topic, so that a fallback says it.
a_topic_that_was_made_again_while_it_was_down_has_nothing_committed() {
    begin kafka
    server kafka topic words 1
    seq 1 1000 | _produce words
    mkdir copy
    "$GALE" local -q -c source.until=end kafka_copy copy "$address" words 2>err
    server kafka delete-topic words
    server kafka topic words 1
    seq 1001 1010 | _produce words
    _goes_on
    expect_status 1
    expect_message 'nothing is committed for partition 0 of topic words, and fallback is error'
    row 25 'topic made again while the spout is down' '-' 'stops'
    _goes_on -c source.fallback=earliest
    expect_status 0
    expect_equal "$(_distinct)" 1010 records
}

# … and before the spout has looked which topics there are.
a_topic_that_is_made_again_shorter_while_it_is_read_stops_it() {
    begin kafka
    server kafka topic words 1
    seq 1 1000 | _produce words
    _copying err words -c source.refresh.secs=3600
    await 'the records' _has_lines 1000
    server kafka delete-topic words
    server kafka topic words 1
    seq 1 10 | _produce words
    status=0
    wait $pid || status=$?
    expect_status 1
    expect_message 'topic words, partition 0: offset 1000 is not there any longer ('
    row 25 'topic made again, shorter, while it is read' '-' 'stops'
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
    await 'some records' _has_lines 3000
    kill -KILL $pid
    wait $pid || :
    first=$(_lines)
    _copying err words -c source.guarantee=at_most_once \
        -c source.start=committed -c source.fallback=earliest \
        -c source.until=end
    wait $pid || fail "the second run: $(_said err)"
    expect_equal "$(($(_lines) - $(_distinct)))" 0 'records that came twice'
    row 41 "at most once, kill -9 after $first of 20000" \
        "lost $((20000 - $(_distinct))), duplicates 0 of at most 0" -
    rm -r copy
    _copying err words -c source.guarantee=none -c source.until=end \
        -c source.group=none
    wait $pid || fail "without a guarantee: $(_said err)"
    _all_there 20000 0 - 'no guarantee' -
    _nothing_left words -c source.group=none
}

scenario
