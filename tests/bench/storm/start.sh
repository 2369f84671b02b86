#!/bin/sh
# start.sh - from exec of the command until the first sentence is acked, in one process;
# of gale the median of ten starts.
set -eu
. tests/bench/storm/both.sh
FIRST=$BUILD/tests/bench/storm/first_output
wanted start || exit 0

storm_command() {
    # shellcheck disable=SC2046 # one word each
    exec_storm local first $(storm_settings word-count true)
}

gale_starts() {
    for n in $(seq 10); do
        "$FIRST" "$GALE" local -q launched.so:first_ack 1
    done
}

measure() {
    sample start storm "$(BEFORE="$FIRST" storm_command)"
    gale_starts >"$at/said"
    sample start gale "$(_spread <"$at/said" | cut -d ' ' -f 1)"
}

for i in $(rounds); do
    attempt start measure
done
row start ms 1 less 300
