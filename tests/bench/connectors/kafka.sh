#!/bin/sh
# kafka.sh BUILD - kafka_spout → null, acked and committed, beside a bare consumer that
# commits as often: of one partition, then of four; values alone, and all seven fields.
set -eu
at=$(mktemp -d)
. tests/bench/connectors/rows.sh
n=${BENCH_RECORDS:-4000000}
server() { sh tests/servers/kafka.sh "$at/kafka" "$@"; }
trap 'server kill; rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM

brokers=$(KAFKA_HEAP=512m server start)
# 100 bytes each. A partition for a time would make four of them one after another.
seq "$n" | awk '{ printf "%0100d\n", $1 }' >"$at/records"
for partitions in 1 4; do
    server topic "records$partitions" "$partitions"
    kcat -b "$brokers" -P -t "records$partitions" -X acks=1 -X partitioner=random \
        -X sticky.partitioning.linger.ms=0 -l "$at/records"
done
rm "$at/records"

gale() { # TOPIC [OPTION…]
    printf 'brokers=%s\ntopic=%s\n' "$brokers" "$1" >"$at/properties"
    shift
    "$GALE" local -q --filter "$at/properties" "$@" --stats "$at/stats" \
        tests/bench/connectors/kafka_null.yaml
    grep -q "\"acked\":$n[,}]" "$at/stats" || { echo "not all is acked" >&2 && exit 1; }
}

for _ in $(rounds); do
    for partitions in 1 4; do
        topic=records$partitions
        sample "bare-values-$partitions" "$(rate "$n" "$BARE/kafka_bare" values "$brokers" "$topic" "$n")"
        sample "gale-value-$partitions" "$(rate "$n" gale "$topic" -c source.fields=value)"
        sample "bare-fields-$partitions" "$(rate "$n" "$BARE/kafka_bare" fields "$brokers" "$topic" "$n")"
        sample "gale-fields-$partitions" "$(rate "$n" gale "$topic")"
    done
done
for partitions in 1 4; do
    of="$partitions partition$([ "$partitions" = 1 ] || echo s)"
    row "Kafka → null, value, $of" records/s '>= 0.9' "gale-value-$partitions" "bare-values-$partitions"
    row "Kafka → null, 7 fields, $of" records/s '>= 0.9' "gale-fields-$partitions" "bare-values-$partitions"
    row "… beside a loop that asks for them" records/s - "gale-fields-$partitions" "bare-fields-$partitions"
done
