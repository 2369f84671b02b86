#!/bin/sh
# kafka_memory.sh BUILD - what `gale local` has resident above the fetch buffers that
# are set (16 MiB): at most, while records run through; and in front of a sink that
# takes none, where it must not grow.
set -eu
at=$(mktemp -d)
. tests/bench/connectors/rows.sh
n=${BENCH_RECORDS:-4000000} stalled=${BENCH_STALL_SECONDS:-600} fetched=16384
server() { sh tests/servers/kafka.sh "$at/kafka" "$@"; }
pid=
trap '[ -z "$pid" ] || kill -KILL $pid; server kill; rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM

brokers=$(KAFKA_HEAP=512m server start)
server topic four 4
seq "$n" | awk '{ printf "%0100d\n", $1 }' |
    kcat -b "$brokers" -P -t four -X acks=1 -X partitioner=random -X sticky.partitioning.linger.ms=0
printf 'brokers=%s\ntopic=four\n' "$brokers" >"$at/properties"

began() { # YAML
    "$GALE" local -q --filter "$at/properties" "tests/bench/connectors/$1.yaml" 2>"$at/err" &
    pid=$!
}

kib() { # VmRSS|VmHWM
    sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$pid/status" 2>/dev/null
}

above() { awk -v kib="$1" -v fetched="$fetched" 'BEGIN { printf "%.1f", (kib - fetched) / 1024 }'; }

began kafka_null
while now=$(kib VmHWM) && [ -n "$now" ]; do
    most=$now
    sleep 0.05
done
wait "$pid" || { cat "$at/err" >&2 && exit 1; }
pid=
sample running "$(above "$most")"

# It is full within some seconds.
began kafka_stuck
sleep $((stalled < 20 ? stalled / 2 : 10))
full=$(kib VmRSS)
sleep $((stalled - (stalled < 20 ? stalled / 2 : 10)))
end=$(kib VmRSS) most=$(kib VmHWM)
kill -KILL "$pid"
wait "$pid" || :
pid=
sample stalled "$(above "$most")"
sample grown "$(awk -v a="$full" -v b="$end" 'BEGIN { printf "%.1f", (b - a) / 1024 }')"
row_of 'memory above the fetch buffers, running' MiB '<= 64' running
row_of "memory above the fetch buffers, sink stalled $stalled s" MiB '<= 64' stalled
row_of '… and how much it grew' MiB '<= 1' grown
