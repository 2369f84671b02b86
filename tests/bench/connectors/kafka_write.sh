#!/bin/sh
# kafka_write.sh BUILD - lines into a topic of Kafka: lines and kafka_bolt
# (examples/file_to_kafka.yaml, without compression) beside a bare producer loop over
# the same library and broker (kafka_write_bare.c). Rounds in turn, medians of
# records per second; the ratio.
set -eu
build=$1 rounds=${ROUNDS:-5} records=${RECORDS:-1000000}
at=$(mktemp -d)
trap 'sh tests/servers/kafka.sh "$at/kafka" kill; rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM
brokers=$(sh tests/servers/kafka.sh "$at/kafka" start)
# 100 bytes each.
seq "$records" | awk '{ printf "%0100d\n", $1 }' >"$at/text"

gale() { # BROKERS TOPIC FILE
    printf '%s\n' "brokers=$1" "topic=$2" "files=$3" "dead.letters=$at/letters" \
        >"$at/properties"
    "$build/bin/gale" local -q --filter "$at/properties" \
        -c records.kafka.compression.type=none ${OPTIONS:-} \
        examples/file_to_kafka.yaml 2>>"$at/err"
}

# timed NAME COMMAND: records per second, into the file NAME. Topics are new, and
# go, so that the broker has the same to do each time.
timed() {
    sh tests/servers/kafka.sh "$at/kafka" topic "$1" 4 >>"$at/out"
    began=$(date +%s%N)
    "$2" "$brokers" "$1" "$at/text" || { cat "$at/err" && exit 1; }
    took=$(($(date +%s%N) - began))
    sh tests/servers/kafka.sh "$at/kafka" delete-topic "$1" >>"$at/out"
    echo $((records * 1000000000 / took)) >>"$at/$1"
}

median() { sort -n "$at/$1" | sed -n "$(((rounds + 1) / 2))p"; }

for _ in $(seq "$rounds"); do
    timed bare "$build/tests/bench/connectors/kafka_write_bare"
    timed gale gale
done
awk -v bare="$(median bare)" -v gale="$(median gale)" 'BEGIN {
    printf "kafka_bolt, 100 bytes a record: gale %d, bare loop %d records/s: %.2f\n", gale, bare, gale / bare
}'
