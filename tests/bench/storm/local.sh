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

one() { # TOPOLOGY ACKED CASE
    ! wanted "$3" || attempt "$3" measure "$@"
}

for i in $(rounds); do
    for topology in const-null const-id-null word-count; do
        one $topology false "local-$topology"
        one $topology true "local-$topology-acked"
    done
done

rows() { # TOPOLOGY UNIT MUST
    row "local-$1" "$2" 1e6 more 10
    row "local-$1-acked" "$2" 1e6 more "$3"
}

rows const-null 'M tuples/s' 65
rows const-id-null 'M tuples/s' 55
rows word-count 'M words/s' 60
