#!/bin/sh
# run.sh BUILD - the word count of five sentences in gale, in timely dataflow and in
# Hazelcast Jet, by turns, for `make bench-peers`. Settings are in the environment:
# README.md, which has those of the peers, too.
#
# The exit status is 1 if a run went wrong, never because something is slow; 77 if this
# machine has not got what one of the peers needs, and so has none of them.
set -eu

build=$1
case $build in /*) ;; *) build=$PWD/$build ;; esac
at=$(mktemp -d)
ROWS=$at/rows
export GALE_BUILD="$build"
export GALE_PLUGIN_PATH="$build/lib/gale:$build/tests/bench/plugins"
trap 'rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM
. tests/bench/connectors/rows.sh

gale() { # CASE: words a second
    "$build/tests/bench/bench" --run "$1" | awk '$1 == "rate" { printf "%.0f", $2 * 1e6 }'
}

greater() {
    if [ "$1" -gt "$2" ]; then echo "$1"; else echo "$2"; fi
}

# -- timely dataflow -----------------------------------------------------------------

# Built there, since cargo writes beside what it builds.
build_timely() {
    command -v cargo >/dev/null || {
        echo "bench-peers: there is no cargo here; timely needs Rust 1.86 or newer" >&2
        return 77
    }
    mkdir -p "$build/peers" && cp -R tests/bench/peers/timely "$build/peers/" &&
        RUSTFLAGS='-C target-cpu=native' cargo build -q --release \
            --manifest-path "$build/peers/timely/Cargo.toml"
}

timely() { # KIND WORKERS: words a second, of both sizes of rounds the better one
    for batch in 256 4096; do
        "$build/peers/timely/target/release/timely_words" "$1" "$2" \
            "${BENCH_SECONDS:-2}" $batch 3
    done | sort -g | tail -n 1
}

round_of_timely() {
    one=$(timely flat 1)
    two=$(timely flat 2)
    sample flat-1 "$one"
    sample flat-2 "$two"
    sample flat "$(greater "$one" "$two")"
    sample string "$(greater "$(timely string 1)" "$(timely string 2)")"
}

rows_of_timely() {
    row 'one carrier, not acked; timely' words/s - wordcount-turn flat
    row 'one carrier, acked; timely' words/s '>= 0.7' wordcount-turn-acked flat
    row 'two carriers, not acked; timely' words/s '>= 1.3' wordcount-turn-2 flat
    row 'two carriers, acked; timely' words/s '>= 1.0' wordcount-turn-acked-2 flat
    row 'two carriers, acked; timely, a String per word' words/s - \
        wordcount-turn-acked-2 string
    for name in flat-1 flat-2; do
        echo "timely, $name: $(spread %.0f <"$at/samples.$name") words/s"
    done
}

# -- Hazelcast Jet -------------------------------------------------------------------

JET_JVM='-XX:+UseG1GC -Xmx2g -Xmn1536m -XX:-UsePerfData'
# As its manual has it, for members of Java 17.
JET_OPENS='--add-modules java.se --add-exports java.base/jdk.internal.ref=ALL-UNNAMED
    --add-opens java.base/java.lang=ALL-UNNAMED --add-opens java.base/sun.nio.ch=ALL-UNNAMED
    --add-opens java.management/sun.management=ALL-UNNAMED
    --add-opens jdk.management/com.sun.management.internal=ALL-UNNAMED'

build_jet() {
    jet_classes=$(sh tests/bench/peers/jet.sh "$build/peers/jet" build)
}

jet() { # GUARANTEE: words a second, with a thread for each processor
    # shellcheck disable=SC2086 # options
    java $JET_JVM $JET_OPENS -cp "$jet_classes" JetWords "$1" "$(nproc)" \
        "${BENCH_WARM_SECONDS:-5}" "${BENCH_SECONDS:-2}"
}

round_of_jet() {
    for guarantee in none at-least-once exactly-once; do
        sample jet-$guarantee "$(jet $guarantee)"
    done
}

rows_of_jet() {
    row 'one carrier, acked; Jet, at least once' words/s - \
        wordcount-turn-acked jet-at-least-once
    row 'two carriers, not acked; Jet, no guarantee' words/s '>= 1.0' \
        wordcount-turn-2 jet-none
    row 'two carriers, acked; Jet, at least once' words/s '>= 1.0' \
        wordcount-turn-acked-2 jet-at-least-once
    row 'two carriers, acked; Jet, exactly once' words/s '>= 1.0' \
        wordcount-turn-acked-2 jet-exactly-once
}

# -- all of them ---------------------------------------------------------------------

peers=
named=
for peer in timely jet; do
    case $peer in *${ONLY:-}*) named=$peer ;; *) continue ;; esac
    status=0
    build_$peer || status=$?
    case $status in
    0) peers="$peers $peer" ;;
    77) echo "bench-peers: $peer is left out" >&2 ;;
    *) exit 1 ;;
    esac
done
[ -n "$named" ] || {
    echo "bench-peers: ONLY=$ONLY: no peer is named like that; there are timely and jet" >&2
    exit 1
}
[ -n "$peers" ] || exit 77

for _ in $(rounds); do
    for peer in $peers; do
        round_of_$peer
    done
    for name in wordcount-turn wordcount-turn-acked wordcount-turn-2 \
        wordcount-turn-acked-2; do
        sample $name "$(gale $name)"
    done
done
for peer in $peers; do
    rows_of_$peer
done
{
    printf 'gale; its peer\tunit\tgale\tpeer\tratio\tmust\t\n'
    cat "$ROWS"
} | column -t -s "$(printf '\t')"
