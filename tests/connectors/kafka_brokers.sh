#!/bin/sh
# kafka_brokers.sh - kafka_spout and three real brokers, of which some die, stand
# still and hand over what they lead, while records are read; and transactions,
# which librdkafka's mock of brokers has not got.
. tests/support/scenario.sh
. tests/support/servers.sh
. tests/support/kafka_copy.sh

_begin_three() {
    KAFKA_NODES=3 begin kafka
    server kafka topic words 3 3
}

_leads_other_than() { # TOPIC NODE
    server kafka leader "$1" 0 >leader.now && [ "$(cat leader.now)" != "$2" ]
}

# Kills it and waits until another one leads.
_kill_leader_of() { # TOPIC
    node=$(server kafka leader "$1" 0)
    server kafka kill "$node"
    await "another leader of $1" _leads_other_than "$1" "$node"
}

_began() { began=$(date +%s%N); }

_until_more() { # until records come again
    await 'more records' _has_lines $(($(_lines) + 1000))
    took=$((($(date +%s%N) - began) / 1000000))
}

the_leader_of_a_partition_is_killed_and_another_one_takes_over() {
    _begin_three
    seq 1 150000 | _produce words
    _copying err words -c sink.us=250
    await 'some records' _has_lines 1000
    for round in 1 2; do
        _began
        _kill_leader_of words
        _until_more
        server kafka start "$node" >begin.out
    done
    before=$(_lines)
    [ "$before" -lt 150000 ] || fail 'the last one was killed too late'
    await 'all records' _has_distinct 150000
    _stopped $pid
    expect_status 0
    _all_there 150000 0 23 "leader of three brokers killed twice, the last with $before read" \
        "$took ms"
    _nothing_left words
}

# What it had not acked to nobody is committed by the next one.
the_coordinator_is_killed_and_another_one_takes_over() {
    _begin_three
    _warm_up
    seq 1 150000 | _produce words
    _copying err words -c sink.us=250
    await 'some records' _has_lines 1000
    _began
    _kill_leader_of __consumer_offsets
    _until_more
    before=$(_lines)
    [ "$before" -lt 150000 ] || fail 'it was killed too late'
    await 'all records' _has_distinct 150000
    _stopped $pid
    expect_status 0
    _all_there 150000 0 23 "coordinator of three brokers killed with $before read" "$took ms"
    server kafka start "$node" >begin.out
    _nothing_left words
}

# Of a consumer group, it is the one that all its members talk to.
a_group_outlives_its_coordinator() {
    _begin_three
    _warm_up
    seq 1 150000 | _produce words
    group='-c source.assign=group -c source.start=committed
        -c source.fallback=earliest -c source.group=all'
    _copying err1 words $group -c sink.us=400
    first=$pid
    mkdir -p copy2
    "$GALE" local -q $group -c sink.us=400 -c source.commit.ms=200 \
        -c topology.max.spout.pending=1000 \
        kafka_copy copy2 "$address" words >out2 2>err2 &
    others=$!
    await 'records of the second' test -s copy2/sink-2
    await 'records of the first' _has_lines 1000
    _began
    _kill_leader_of __consumer_offsets
    _until_more
    server kafka start "$node" >begin.out
    _joined() { cat copy/sink-* copy2/sink-* | cut -d ' ' -f 3- | sort -u | wc -l; }
    _has_joined() { [ "$(_joined)" -ge "$1" ]; }
    await 'all records' _has_joined 150000
    _stopped "$others"
    expect_status 0
    _stopped $first
    expect_status 0
    cat copy2/sink-* >>copy/sink-2nd
    _all_there 150000 4000 24 'two members of a group, their coordinator is killed' "$took ms"
}

# Nobody dies: a partition has another broker from now on.
a_partition_that_is_moved_to_another_broker_is_followed() {
    KAFKA_NODES=3 begin kafka
    server kafka topic words 1 1
    seq 1 150000 | _produce words
    _copying err words -c sink.us=250
    await 'some records' _has_lines 1000
    node=$(server kafka leader words 0)
    to=$((node % 3 + 1))
    echo '{"version":1,"partitions":[{"topic":"words","partition":0,"replicas":['$to']}]}' >move
    _began
    server kafka tool org.apache.kafka.tools.reassign.ReassignPartitionsCommand \
        --reassignment-json-file move --execute
    await 'another leader' _leads_other_than words "$node"
    _until_more
    before=$(_lines)
    [ "$before" -lt 150000 ] || fail 'it was moved too late'
    await 'all records' _has_distinct 150000
    _stopped $pid
    expect_status 0
    _all_there 150000 0 23 "partition moved from broker $node to $to with $before read" "$took ms"
    _nothing_left words
}

# One of three stands still, and goes on when the others have done without it.
a_leader_that_stands_still_is_done_without() {
    _begin_three
    seq 1 150000 | _produce words
    _copying err words -c sink.us=250
    await 'some records' _has_lines 1000
    node=$(server kafka leader words 0)
    _began
    server kafka pause "$node"
    await 'another leader' _leads_other_than words "$node"
    _until_more
    server kafka resume "$node"
    before=$(_lines)
    [ "$before" -lt 150000 ] || fail 'it stood still too late'
    await 'all records' _has_distinct 150000
    _stopped $pid
    expect_status 0
    _all_there 150000 0 23 "leader of three brokers stands still with $before read" "$took ms"
    _nothing_left words
}

# kcat sends what it reads in one transaction, which it ends with its input, and
# aborts when it is told to end. It reads by large blocks, so much is sent.
_in_transaction() { # ID, in a process of its own
    exec kcat -b "$address" -P -t words -p 0 -X transactional.id="$1" 2>>kcat.err
}

# One that stays open for now; its input is descriptor 7.
_begin_transaction() { # ID FILE
    end_of_log=$(_end_of_log)
    mkfifo held
    _in_transaction "$1" <held &
    kcat=$!
    exec 7>held
    rm held
    cat "$2" >&7
    await 'records in the log' _end_is_beyond "$end_of_log"
}

# Of the topic, with what is open; markers count as well.
_end_of_log() {
    kcat -b "$address" -Q -t words:0:-1 -X isolation.level=read_uncommitted | sed 's/.*offset //'
}

_end_is_beyond() { # OFFSET
    [ "$(_end_of_log)" -gt "$1" ]
}

what_a_transaction_has_not_committed_is_not_read() {
    begin kafka
    server kafka topic words 1
    : >err
    seq 1 1000 | _in_transaction one
    seq -f 'aborted%g' 30000 >lines
    _begin_transaction two lines
    kill -TERM $kcat
    exec 7>&-
    wait $kcat || :
    seq 1001 2000 | _in_transaction two
    # one that is open holds up what is behind it, until it ends
    seq 2001 32000 >lines
    _begin_transaction three lines
    seq 32001 32100 | _produce words -p 0
    _copying err words
    await 'what is committed' _has_distinct 2000
    _stopped $pid
    expect_equal "$(_distinct)" 2000 'records while one is open'
    exec 7>&-
    wait $kcat
    _copying err words -c source.start=committed -c source.fallback=error
    await 'what is committed' _has_distinct 32100
    _stopped $pid
    _all_there 32100 0 - 'transactions: aborted, open, committed' -
    _nothing_left words
    run "$GALE" local -q -c source.until=end -c source.isolation=read_uncommitted \
        -c source.group=all kafka_copy rest "$address" words
    expect_status 0
    [ "$(grep -c aborted rest/sink-2)" -gt 0 ] || fail 'nothing was aborted'
}

scenario
