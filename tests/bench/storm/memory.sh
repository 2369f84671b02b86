#!/bin/sh
# memory.sh - what is resident at most while the words are counted, acked, in one
# process; Storm has a heap of 256 MB, and the collector that takes least besides.
set -eu
. tests/bench/storm/both.sh
wanted memory || exit 0

# most PID: of a process, looked at until it ends, in bytes.
most() {
    peak=0
    while kb=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status" 2>/dev/null) &&
        [ -n "$kb" ]; do
        peak=$kb
        sleep 0.1
    done
    wait "$1"
    echo $((peak * 1024))
}

# In this shell, so that it can wait for the process.
look() { # WHOSE
    most $! >"$at/most"
    sample memory "$1" "$(cat "$at/most")"
}

measure() {
    # shellcheck disable=SC2046 # one word each
    (JVM='-XX:+UseSerialGC -Xmx256m' exec_storm local word-count \
        $(storm_settings word-count true)) >"$at/said" &
    look storm
    (exec_gale "$MEASURED" word_count.yaml) &
    look gale
}

for i in $(rounds); do
    attempt memory measure
done
row memory MB 1e6 less 15
