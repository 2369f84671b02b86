#!/bin/sh
# kafka_words.sh BUILD - Kafka → word count → Kafka: examples/kafka_word_count.yaml
# beside a loop over librdkafka that does the same.
set -eu
at=$(mktemp -d)
. tests/bench/connectors/rows.sh
n=$((${BENCH_RECORDS:-4000000} / 10))
server() { sh tests/servers/kafka.sh "$at/kafka" "$@"; }
trap 'server kill; rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM

brokers=$(KAFKA_HEAP=512m server start)
server topic text 1
seq "$n" | awk '{ print "the cow jumped over the moon", $1 % 1000 }' |
    kcat -b "$brokers" -P -t text -X acks=1

gale() { # TO
    printf 'brokers=%s\nfrom=text\nto=%s\n' "$brokers" "$1" >"$at/properties"
    "$GALE" local -q --filter "$at/properties" -c lines.until=end -c lines.start=earliest \
        examples/kafka_word_count.yaml
}

# Of a topic, which was empty before.
words() { # NAME TO COMMAND…
    sample "$1" "$(shift 2 && rate $((7 * n)) "$@")"
    [ "$(kcat -b "$brokers" -C -t "$2" -o beginning -e -q | wc -l)" = $((7 * n)) ] ||
        { echo "$2 has not all words" >&2 && exit 1; }
}

for i in $(rounds); do
    server topic "bare$i" 1
    words bare "bare$i" "$BARE/kafka_words_bare" "$brokers" text "bare$i" "$n"
    server topic "gale$i" 1
    words gale "gale$i" gale "gale$i"
done
row 'Kafka → word count → Kafka' words/s '>= 0.7' gale bare
