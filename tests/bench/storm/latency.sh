#!/bin/sh
# latency.sh - sentences that come when they are due, from then until they are acked:
# 1000 a second, 20 000, and 80 % of what Storm does at most. In one process.
set -eu
. tests/bench/storm/both.sh
MEASURED=${BENCH_LATENCY_SECONDS:-5}

# Sentences a second of its word count, acked, in this run.
storms_most() {
    # shellcheck disable=SC2046 # one word each
    [ -s "$at/local-word-count-acked.storm" ] || {
        storm local word-count $(storm_settings word-count true)
        figure rate >"$at/local-word-count-acked.storm"
    }
    _spread <"$at/local-word-count-acked.storm" | awk '{ printf "%.0f", $1 / 6.4 }'
}

quantiles() { # CASE WHOSE
    for quantile in p50 p99 p99.9; do
        sample "$1-$quantile" "$2" "$(figure $quantile)"
    done
}

# Of gale's spout, in µs, where Storm's are.
gale_quantiles() {
    tr '{' '\n' <"$at/stats" | grep '"name":"complete"' -A 1 | tr ',}' '\n\n' |
        sed -n 's/^"p50":/p50 /p; s/^"p99":/p99 /p; s/^"p999":/p99.9 /p' |
        awk '{ printf "%s %.3f\n", $1, $2 / 1000 }' >"$at/said"
}

measure() { # CASE RATE
    # shellcheck disable=SC2046 # one word each
    storm local latency bench.rate="$2" $(storm_latency_settings)
    quantiles "$1" storm
    gale "$((1 + MEASURED))" latency.yaml -c spout.rate="$2" -c spout.warmup.ms=1000
    gale_rate true >"$at/said"
    gale_quantiles
    quantiles "$1" gale
}

one() { # LOAD
    rate=$1
    [ "$1" != 80 ] || rate=$(storms_most | awk '{ printf "%.0f", $1 * 0.8 }')
    measure "latency-$1" "$rate"
}

for i in $(rounds 3); do
    for load in 1000 20000 80; do
        ! wanted "latency-$load" || attempt "latency-$load" one $load
    done
done
for load in 1000 20000 80; do
    row "latency-$load-p50" µs 1 less -
    row "latency-$load-p99" µs 1 less "$([ "$load" = 80 ] && echo 20 || echo -)"
    row "latency-$load-p99.9" µs 1 less -
done
