#!/bin/sh
# v_kafka.sh - kafka_spout against a real broker: every record as it is and once,
# what is committed is what was acked, and what is wrong is one sentence. Faults
# are in tests/connectors/kafka.sh.
. tests/support/scenario.sh
. tests/support/servers.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_produce() { # TOPIC [OPTION…], lines from standard input
    topic=$1
    shift
    kcat -b "$address" -P -t "$topic" -X acks=all "$@"
}

# To the end of what is there.
_copy() { # TOPICS [OPTION…]
    topics=$1
    shift
    mkdir -p copy
    run "$GALE" local -q -c source.until=end "$@" kafka_copy copy "$address" \
        "$topics" 2
}

_values() {
    cat copy/sink-* | cut -d ' ' -f 3- | sort
}

_print() { # [OPTION…]: all fields
    "$GALE" local -q -c source.until=end -c source.start=earliest "$@" \
        kafka_print "$address" odd 2>err
}

every_record_is_read_once_as_it_is_and_committed() {
    begin kafka
    server kafka topic words 4
    server kafka topic odd 1
    seq 1 20000 | sort >all
    seq 1 10000 | _produce words -z gzip
    seq 10001 15000 | _produce words -z zstd
    seq 15001 18000 | _produce words -z lz4
    seq 18001 20000 | _produce words -z snappy
    _copy words
    expect_status 0
    _values >found
    expect_same found all
    _committed_is_the_end
    _records_are_as_they_are
    _a_pattern_finds_topics
    _offsets_are_taken_as_said
    _a_topology_that_stands_still_has_a_lag
    _what_is_wrong_is_said
    _the_example_of_the_page_works
}

_the_example_of_the_page_works() {
    awk '/^## / { here = $2 == "kafka_spout" } /^```/ { on = 0 } on
        /^```c$/ { on = here }' "$TOP/spouts/README.md" >numbers.c
    cc -shared -fPIC -I"$TOP/topology-api" -o numbers.so numbers.c
    run "$GALE" local -q -c until=end ./numbers.so "$address" words
    expect_status 0
    sort out >found
    expect_same found all
}

# A start that has nothing to fall back on and reads nothing.
_committed_is_the_end() {
    rm -r copy
    _copy words -c source.start=committed -c source.fallback=error
    expect_status 0
    expect_equal "$(_values | wc -l)" 0 'records behind what is committed'
}

_records_are_as_they_are() {
    printf 'k:v\n:\nkey:\n:value\n' | _produce odd -K : -Z -H h=1 -H n= -H g
    printf ':\n' | _produce odd -K :
    printf 'caf\351' | _produce odd
    head -c 1000000 /dev/zero | tr '\0' x >big
    _produce odd -X message.max.bytes=2000000 big
    _print >out
    printf '%s\n' 'k v' 'nil nil' 'key nil' 'nil value' ' ' |
        tr ' ' '\t' >wanted
    head -n 5 out | cut -f 5-6 >found
    expect_same found wanted
    expect_equal "$(head -n 1 out | cut -f 7)" '{h: 1, n: , g: nil}' headers
    expect_equal "$(sed -n 6p out | cut -f 6)" "$(printf 'caf\351')" bytes
    expect_equal "$(sed -n 7p out | cut -f 6 | wc -c)" 1000001 'size of the big one'
}

_a_pattern_finds_topics() {
    rm -rf copy
    _copy '^(words|none)$' -c source.group=pattern
    expect_equal "$(_values | wc -l)" 20000 'records of the pattern'
    ! grep -q 'matches no topic' err || fail 'a pattern that fits is blamed'
    _copy '^nothing-here$'
    expect_status 0
    expect_equal "$(grep -c 'the pattern ^nothing-here$ matches no topic' err)" \
        1 'words about the pattern'
}

_offsets_are_taken_as_said() {
    rm -rf copy
    _copy odd -c source.start=offsets -c source.offsets=odd:0:5 \
        -c source.group=offsets
    expect_equal "$(_values | wc -l)" 2 'records from offset 5 on'
    rm -rf copy
    _copy odd -c source.start=offsets -c source.offsets=odd:0:5,odd:1:5,old:0:5 \
        -c source.group=more.offsets
    expect_stderr 'option offsets: odd:1:5 is of no partition that is read; these are odd 0 to 0'
    expect_stderr 'option offsets: old:0:5 is of no partition that is read'
    expect_equal "$(grep -c 'is of no partition' err)" 2 'warnings'
}

# Nothing is acked, so all of it is still to be read.
_a_topology_that_stands_still_has_a_lag() {
    run "$GALE" local -q --local-ttl 2 --stats stats -c source.group=still \
        -c sink.fail_one_of=1 -c source.max.uncommitted=2 \
        kafka_copy copy "$address" words
    for gauge in lag latest; do
        grep -o "\"$gauge words[^}]*" stats >gauges
        expect_equal "$(wc -l <gauges)" 4 "gauges of $gauge"
        expect_equal "$(sed 's/.*"value"://' gauges | tr -cd '0-9\n' |
            awk '{ n += $1 } END { print n }')" 20000 "sum of $gauge"
    done
}

_what_is_wrong_is_said() {
    run "$GALE" local -q kafka_copy copy "$address" none
    expect_refusal 'there is no topic none: create it, or name another one'
    run "$GALE" local -q -c source.start=committed -c source.fallback=error \
        -c source.group=new kafka_copy copy "$address" odd
    expect_refusal 'nothing is committed for partition 0 of topic odd'
    run "$GALE" local -q -c source.start=offsets -c source.offsets=odd:1:4 \
        kafka_copy copy "$address" odd
    expect_refusal 'option offsets has none for partition 0 of topic odd'
}

# OPTION SENTENCE
_refused() {
    run "$GALE" local -q -c "source.$1" kafka_copy . 127.0.0.1:1 words
    expect_refusal 'component "source": option' "$2"
}

an_option_that_is_wrong_is_said_without_a_broker() {
    _refused kafka.nonsense=1 \
        'kafka.nonsense is "1": No such configuration property: "nonsense"'
    _refused kafka.fetch.min.bytes=few 'kafka.fetch.min.bytes is "few": Invalid'
    _refused kafka.enable.auto.commit=true \
        'kafka.enable.auto.commit cannot be set: only what is acked is commit'
    _refused kafka.enable.auto.offset.store=true 'cannot be set: only what is'
    _refused kafka.group.id=g 'cannot be set: say it by the option group'
    _refused kafka.bootstrap.servers=x:1 'say it by the option brokers'
    _refused kafka.auto.offset.reset=latest 'say it by the options start'
    _refused kafka.partition.assignment.strategy=cooperative-sticky 'is eager'
    _refused kafka.security.protocol=NONSENSE 'is "NONSENSE": Invalid value'
    _refused start=committed 'say by the option fallback where a partition'
    _refused start=timestamp 'say which by the option timestamp, in millis'
    _refused start=offsets 'give them by the option offsets, as TOPIC:PART'
    _refused offsets=a:b:c 'option offsets: found a:b:c, expected TOPIC:PART'
    _refused offsets=a:0:1 'option offsets means nothing where start is earliest'
    _refused assign=group 'option assign is group: partitions come and go'
    run "$GALE" local -q kafka_copy . 127.0.0.1:1 '^w['
    expect_refusal 'option topics: the pattern ^w[ is none'
    run "$GALE" local -q kafka_copy . 127.0.0.1:1 'a b/c'
    expect_refusal 'option topics: b/c is no name of a topic'
    run "$GALE" local -q -c source.start.secs=1 kafka_copy . 127.0.0.1:1 words
    expect_status 1
    expect_stderr 'open: no broker of 127.0.0.1:1 has answered within 1 s: '
    expect_stderr 'Connection refused'
}

a_password_is_not_shown() {
    _refused kafka.sasl.passwords=hunter2 'kafka.sasl.passwords is not shown: '
    ! grep -q hunter2 err || fail 'it is shown'
}

scenario
