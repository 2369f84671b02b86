#!/bin/sh
# idle.sh - what 500 bolts cost to which nothing comes: percent of a processor. Storm as
# it is when nothing is set, and with bolts and spouts that look for work ten times a
# second in place of a thousand.
set -eu
. tests/bench/storm/both.sh
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
    _case=$1
    shift
    (exec_storm local idle bench.executors=500 "$@") >"$at/ready" &
    storm=$!
    read -r _ <"$at/ready"
    look $storm
    sample "$_case" storm "$(cat "$at/percent")"
}

idle_gale() { # CASE
    (NOTHING=$at/nothing exec_gale 3600 idle.yaml) 2>"$at/said" &
    look $!
    sample "$1" gale "$(cat "$at/percent")"
}

measure() { # CASE [KEY=VALUE…]
    idle_storm "$@"
    idle_gale "$1"
}

rm -f "$at/ready"
mkfifo "$at/ready"
: >"$at/nothing"
for i in $(rounds 3); do
    # shellcheck disable=SC2046 # one word each
    ! wanted idle || attempt idle measure idle $(storm_idle_settings)
    ! wanted idle-as-shipped || attempt idle-as-shipped measure idle-as-shipped
done
row idle '% CPU' 1 less 10
row idle-as-shipped '% CPU' 1 less -
