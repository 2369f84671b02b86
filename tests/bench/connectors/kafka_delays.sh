#!/bin/sh
# kafka_delays.sh BUILD - how long records of Kafka take until they are in a bolt, and
# in a bare consumer, while a producer sends 1000 a second.
set -eu
at=$(mktemp -d)
. tests/bench/connectors/rows.sh
rate=1000 n=$((1000 * ${BENCH_LATENCY_SECONDS:-10}))
server() { sh tests/servers/kafka.sh "$at/kafka" "$@"; }
trap 'server kill; rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM

brokers=$(KAFKA_HEAP=512m server start)

# The reader runs first, so that it waits for records.
paced() { # NAME TOPIC COMMAND…
    name=$1 topic=$2
    shift 2
    server topic "$topic" 1 >&2
    "$@" >"$at/$topic" 2>"$at/err" &
    reader=$!
    "$BARE/kafka_pace" "$brokers" "$topic" "$rate" $((n * 5 / 4))
    wait "$reader" || { cat "$at/err" >&2 && exit 1; }
    sample "$name-p50" "$(cut -d ' ' -f 1 "$at/$topic")"
    sample "$name-p99" "$(cut -d ' ' -f 2 "$at/$topic")"
}

for i in $(rounds); do
    paced bare "bare$i" "$BARE/kafka_bare" delays "$brokers" "bare$i" "$n"
    printf 'brokers=%s\ntopic=%s\n' "$brokers" "gale$i" >"$at/properties"
    paced gale "gale$i" "$GALE" local -q -c delays.n="$n" --filter "$at/properties" \
        tests/bench/connectors/kafka_delays.yaml
done
row 'Kafka → bolt at 1000/s, p50' µs - gale-p50 bare-p50
row 'Kafka → bolt at 1000/s, p99' µs '<= 2' gale-p99 bare-p99
