#!/bin/sh
# v_kafka_bolt.sh - kafka_bolt against a real broker: every tuple becomes a record as
# it is and once, a record that is refused takes no other with it, and what is wrong is
# one sentence. Values of each kind are in tests/unit/test_kafka_bolt.c, faults in
# tests/connectors/kafka_bolt.sh.
. tests/support/scenario.sh
. tests/support/servers.sh

_read() { # TOPIC [OPTION…]: as lines
    topic=$1
    shift
    kcat -b "$address" -C -t "$topic" -e -q "$@"
}

# examples/file_to_kafka.yaml.
_copy() { # FILE TOPIC [OPTION…]
    printf '%s\n' "files=$1" "topic=$2" "brokers=$address" \
        'dead.letters=./letters' >properties
    shift 2
    rm -f letters
    run timeout -k 5 60 "$GALE" local -q --filter properties "$@" "$TOP/examples/file_to_kafka.yaml"
}

every_line_is_a_record_once_as_it_is() {
    begin kafka
    server kafka topic words 3
    server kafka topic odd 1 1 max.message.bytes=2000000
    { seq 1 30000; printf '\n\351t\351\n\n'; } >text
    for codec in none gzip snappy lz4 zstd; do
        _copy text words -c "records.kafka.compression.type=$codec"
        expect_status 0
        cat text >>copies
    done
    LC_ALL=C sort copies >wanted
    _read words | LC_ALL=C sort >found
    expect_same found wanted
    _a_line_of_1_mb_is_a_record
    _what_is_too_large_is_a_dead_letter
    _a_record_that_the_broker_refuses_takes_no_other_with_it
    _keys_headers_and_topics_are_taken_from_fields
    _what_is_wrong_is_said
    _the_example_of_the_page_works
}

_the_example_of_the_page_works() {
    awk '/^## / { here = $2 == "kafka_bolt" } /^```/ { on = 0 } on
        /^```yaml$/ { on = here }' "$TOP/bolts/README.md" >to_kafka.yaml
    server kafka topic lines 2
    seq 1 1000 >text
    TEXT=text BROKERS=$address run timeout -k 5 60 "$GALE" local -q --env-filter \
        to_kafka.yaml
    expect_status 0
    _read lines -f '%h %s\n' | sort -k2n >found
    seq 1 1000 | sed 's/^/from=gale /' >wanted
    expect_same found wanted
}

_a_line_of_1_mb_is_a_record() {
    head -c 1048576 /dev/zero | tr '\0' x >big
    echo >>big
    _copy big odd -c records.kafka.message.max.bytes=2000000 \
        -c records.kafka.compression.type=none
    expect_status 0
    _read odd | cmp - big || fail 'the line is not the same'
}

_what_is_too_large_is_a_dead_letter() {
    { echo before; head -c 1010000 big; echo; echo behind; } >three
    _copy three odd
    expect_status 0
    expect_stderr 'topic odd: a record with a key of 0 bytes and a value of 1010000 is not taken: Broker: Message size too large'
    expect_equal "$(_read odd -o 1)" "$(printf 'before\nbehind')" 'the others'
    expect_equal "$(grep -c 'Message size too large' letters)" 1 'dead letters'
}

# By its size, or as it has no key where each needs one: batches hold many records.
_a_record_that_the_broker_refuses_takes_no_other_with_it() {
    server kafka topic small 1 1 max.message.bytes=3000
    head -c 4000 /dev/zero | tr '\0' x >large
    { seq 1 500; cat large; echo; seq 501 1000; } >text
    _copy text small -c records.kafka.compression.type=none
    expect_status 0
    _read small | sort -n >found
    seq 1 1000 >wanted
    expect_same found wanted
    expect_equal "$(grep -c 'a value of 4000 is not taken' letters)" 1 'dead letters'

    server kafka topic keyed 4 1 cleanup.policy=compact
    _copy text keyed
    expect_status 0
    expect_equal "$(_read keyed | wc -l)" 0 'records without a key'
    expect_equal "$(grep -c 'Broker: Broker failed to validate record' letters)" 1001 \
        'dead letters'
}

_keys_headers_and_topics_are_taken_from_fields() {
    cat >from.yaml <<END
name: fields
spouts:
  - id: records
    plugin: kafka_spout
    config: {brokers: $address, topics: words, start: earliest, until: end}
bolts:
  - {id: few, plugin: filter, config: {field: value, contains: "777", fields: [topic,
      partition, offset, timestamp, key, value, headers]}}
  - id: out
    plugin: kafka_bolt
    config: {brokers: $address, topic: keyed, key.field: offset, partition.field: partition,
      timestamp.field: timestamp, header.by: gale, headers.field: headers}
streams:
  - {from: records, to: few, grouping: SHUFFLE}
  - {from: few, to: out, grouping: SHUFFLE}
END
    run timeout -k 5 60 "$GALE" local -q from.yaml
    expect_status 0
    _read words -f '%p %o %T %s\n' | awk '$4 ~ /777/' | sort >wanted
    _read keyed -f '%p %k %T %s\n' | sort >found
    expect_same found wanted
    expect_equal "$(_read keyed -f '%h\n' | sort -u)" 'by=gale' headers
    sed -i 's/topic: keyed, key.field: offset/topic.field: value/' from.yaml
    run timeout -k 5 60 "$GALE" local -q -c gale.topology.dead.letter=./unknown \
        -c out.kafka.topic.metadata.propagation.max.ms=500 from.yaml
    expect_status 0
    expect_stderr 'Unknown topic'
    expect_equal "$(wc -l <unknown)" "$(wc -l <wanted)" 'for topics that are not there'
}

_what_is_wrong_is_said() {
    _copy text none
    expect_refusal 'bolt "records" (task 2, plugin kafka_bolt), prepare: there is no topic none: create it'
    _copy text words -c records.partition=3
    expect_refusal 'prepare: topic words has no partition 3, expected 0 to 2'
    _copy text words -c records.value.field=word
    expect_refusal 'component "records": the option "value.field" names the field "word", which the stream "default" of "lines" does not declare: it has "line", "file", "offset"'
}

# examples/mysql_to_kafka.yaml: twice, the second time it goes on where it was.
rows_become_records_and_it_goes_on_where_it_was() {
    begin mariadb
    echo test >password
    printf '%s\n' mysql.host=127.0.0.1 "mysql.port=${address#*:}" mysql.user=test \
        mysql.password.file=./password dead.letters=./letters >properties
    server mariadb admin "create database shop; grant all on shop.* to test@'127.0.0.1';
        use shop; create table customer (id bigint auto_increment primary key,
            customer_firstname varchar(40), customer_lastname varchar(40));
        insert into customer (customer_firstname, customer_lastname)
            values ('Zoë', 'O''Neil'), (null, '\"quoted\"')"
    begin kafka
    printf '%s\n' topic=customers "brokers=$address" >>properties
    server kafka topic customers 3
    for wanted in 2 3; do
        "$GALE" local -q --state state --filter properties \
            "$TOP/examples/mysql_to_kafka.yaml" >out 2>err &
        pid=$!
        await "$wanted records" _has_records "$wanted"
        kill -TERM $pid
        wait $pid || fail "it ended with status $?: $(_said err)"
        server mariadb sql "insert into shop.customer (customer_firstname,
            customer_lastname) values ('Jo', 'Li')"
    done
    _read customers -f '%k %s\n' | sort >found
    cat >wanted <<'END'
1 {"id":1,"customer_firstname":"Zoë","customer_lastname":"O'Neil"}
2 {"id":2,"customer_firstname":null,"customer_lastname":"\"quoted\""}
3 {"id":3,"customer_firstname":"Jo","customer_lastname":"Li"}
END
    expect_same found wanted
}

_has_records() { # N
    [ "$(_read customers 2>/dev/null | wc -l)" -ge "$1" ]
}

# OPTION SENTENCE
_run_with() { # OPTION
    run timeout -k 5 60 "$GALE" local -q --filter properties -c "records.$1" \
        "$TOP/examples/file_to_kafka.yaml"
}

# While the topology is built.
_refused() {
    _run_with "$1"
    expect_refusal 'component "records": option' "$2"
}

_refused_at_start() {
    _run_with "$1"
    expect_refusal 'bolt "records" (task 2, plugin kafka_bolt), prepare: ' "$2"
}

an_option_that_is_wrong_is_said_without_a_broker() {
    echo x >text
    printf '%s\n' files=text topic=words brokers=127.0.0.1:1 dead.letters=./letters \
        >properties
    _refused kafka.nonsense=1 \
        'kafka.nonsense is "1": No such configuration property: "nonsense"'
    _refused kafka.linger.ms=soon 'kafka.linger.ms is "soon": Invalid'
    _refused kafka.enable.idempotence=false \
        'kafka.enable.idempotence cannot be set: a record that is tried again would'
    _refused kafka.acks=1 'kafka.acks cannot be set: an acked record is with all'
    _refused kafka.request.required.acks=1 'acks cannot be set: an acked record'
    _refused kafka.transactional.id=x 'records are not written in transactions'
    _refused kafka.delivery.report.only.error=true 'inputs are acked by reports'
    _refused kafka.queue.buffering.max.messages=1 'say it by the option queue.records'
    _refused kafka.bootstrap.servers=x:1 'say it by the option brokers'
    _refused_at_start kafka.max.in.flight=6 'librdkafka does not take its settings: `max.in.flight`'
    _refused kafka.message.timeout.ms=30000 'kafka.message.timeout.ms is 30000, expected from 1 to less than topology.message.timeout.secs, which is 30000 ms'
    _refused kafka.message.timeout.ms=0 'kafka.message.timeout.ms is 0, expected'
    _refused topic.field=line 'options topic and topic.field: found both, expected one'
    _refused topic= 'options topic and topic.field: found none, expected one of them'
    _refused 'topic=a b' 'option topic: "a b" is no name of a topic'
    _refused kafka.sasl.passwords=hunter2 'kafka.sasl.passwords is not shown: '
    ! grep -q hunter2 err || fail 'it is shown'
    run timeout -k 5 60 "$GALE" local -q --filter properties -c records.start.secs=1 \
        "$TOP/examples/file_to_kafka.yaml"
    expect_status 1
    expect_stderr 'prepare: no broker of 127.0.0.1:1 has answered within 1 s: '
    expect_stderr 'Connection refused'
}

scenario
