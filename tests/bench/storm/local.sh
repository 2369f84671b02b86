#!/bin/sh
# local.sh - tuples a second in one process: LocalCluster and `gale local`.
set -eu
. tests/bench/storm/both.sh

measure() { # TOPOLOGY ACKED CASE
    # shellcheck disable=SC2046 # one word each
    storm local "$1" $(storm_settings "$1" "$2")
    sample "$3" storm "$(figure rate)"
    gale "$MEASURED" "$(echo "$1" | tr - _).yaml" -c spout.tracked="$2"
    sample "$3" gale "$(gale_rate "$2")"
}

# Each TOPOLOGY UNIT MUST (acked).
cases='const-null tuples/s 65
const-id-null tuples/s 55
word-count words/s 60'

for i in $(rounds); do
    echo "$cases" | while read -r topology _; do
        ! wanted "local-$topology" || measure "$topology" false "local-$topology"
        ! wanted "local-$topology-acked" ||
            measure "$topology" true "local-$topology-acked"
    done
done
echo "$cases" | while read -r topology unit must; do
    row "local-$topology" "M $unit" 1e6 more 10
    row "local-$topology-acked" "M $unit" 1e6 more "$must"
done
