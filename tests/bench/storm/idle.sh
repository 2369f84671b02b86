#!/bin/sh
# idle.sh - what 500 bolts cost to which nothing comes: percent of a processor. Storm as
# it is when nothing is set, and with bolts and spouts that look for work ten times a
# second in place of a thousand.
set -eu
. tests/bench/storm/both.sh
wanted idle || wanted idle-as-shipped || exit 0
LOOKED=10

# Nanoseconds that its threads have run.
ran() { # PID
    cat "/proc/$1"/task/*/schedstat 2>/dev/null |
        awk '{ ns += $1 } END { printf "%.0f", ns }'
}

# It comes to rest, is looked at for ten seconds, and ends: percent of a processor.
look() { # PID
    sleep 3
    before=$(ran "$1")
    sleep $LOOKED
    after=$(ran "$1")
    kill -KILL "$1"
    wait "$1" 2>/dev/null || :
    awk -v ns=$((after - before)) -v s=$LOOKED 'BEGIN { printf "%.4f\n", ns / s / 1e7 }' \
        >"$at/percent"
}

idle_storm() { # CASE [KEY=VALUE…]
    wanted "$1" || return 0
    _case=$1
    shift
    (exec_storm local idle bench.executors=500 "$@") >"$at/ready" &
    storm=$!
    read -r _ <"$at/ready"
    look $storm
    sample "$_case" storm "$(cat "$at/percent")"
}

idle_gale() {
    (NOTHING=$at/nothing exec_gale 3600 idle.yaml) 2>"$at/said" &
    look $!
    for case in idle idle-as-shipped; do
        ! wanted $case || sample $case gale "$(cat "$at/percent")"
    done
}

mkfifo "$at/ready"
: >"$at/nothing"
for i in $(rounds 3); do
    # shellcheck disable=SC2046 # one word each
    idle_storm idle $(storm_idle_settings)
    idle_storm idle-as-shipped
    idle_gale
done
row idle '% CPU' 1 less 10
row idle-as-shipped '% CPU' 1 less -
