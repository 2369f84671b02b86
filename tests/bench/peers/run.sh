#!/bin/sh
# run.sh BUILD - the word count of five sentences in gale and in timely dataflow, by
# turns, for `make bench-peers`. Settings are in the environment: docs/benchmarks.md.
#
# timely tracks no message and promises nothing when a process fails; it runs with the
# settings that were quickest here: words side by side in one buffer, rounds of 256 or
# of 4096 sentences, three under way, everything compiled as one for this processor.
set -eu

build=$1
case $build in /*) ;; *) build=$PWD/$build ;; esac
if ! command -v cargo >/dev/null; then
    echo "bench-peers: there is no cargo here; it needs Rust 1.86 or newer" >&2
    exit 77
fi
at=$(mktemp -d)
ROWS=$at/rows
export GALE_BUILD="$build"
export GALE_PLUGIN_PATH="$build/lib/gale:$build/tests/bench/plugins"
trap 'rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM
. tests/bench/connectors/rows.sh

# Built there, since cargo writes beside what it builds.
mkdir -p "$build/peers"
cp -R tests/bench/peers/timely "$build/peers/"
RUSTFLAGS='-C target-cpu=native' cargo build -q --release \
    --manifest-path "$build/peers/timely/Cargo.toml"
TIMELY=$build/peers/timely/target/release/timely_words

timely() { # KIND WORKERS: words a second, of both sizes of rounds the better one
    for batch in 256 4096; do
        "$TIMELY" "$1" "$2" "${BENCH_SECONDS:-2}" $batch 3
    done | sort -g | tail -n 1
}

gale() { # CASE
    "$build/tests/bench/bench" --run "$1" | awk '$1 == "rate" { printf "%.0f", $2 * 1e6 }'
}

greater() {
    if [ "$1" -gt "$2" ]; then echo "$1"; else echo "$2"; fi
}

for _ in $(rounds); do
    one=$(timely flat 1)
    two=$(timely flat 2)
    sample flat-1 "$one"
    sample flat-2 "$two"
    sample flat "$(greater "$one" "$two")"
    sample string "$(greater "$(timely string 1)" "$(timely string 2)")"
    for name in wordcount-turn wordcount-turn-acked wordcount-turn-2 \
        wordcount-turn-acked-2; do
        sample $name "$(gale $name)"
    done
done
row 'one carrier, not acked' words/s - wordcount-turn flat
row 'one carrier, acked' words/s '>= 0.7' wordcount-turn-acked flat
row 'two carriers, not acked' words/s '>= 1.3' wordcount-turn-2 flat
row 'two carriers, acked' words/s '>= 1.0' wordcount-turn-acked-2 flat
row 'two carriers, acked, beside a String per word' words/s - \
    wordcount-turn-acked-2 string
for name in flat-1 flat-2; do
    echo "timely, $name: $(spread %.0f <"$at/samples.$name") words/s"
done
{
    printf 'gale, word count\tunit\tgale\ttimely\tratio\tmust\t\n'
    cat "$ROWS"
} | column -t -s "$(printf '\t')"
