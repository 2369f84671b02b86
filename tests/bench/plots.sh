#!/bin/sh
# plots.sh BUILD - measure for pictures, and draw them, for `make bench-plots`:
# BUILD/plots/NAME.svg, and beside each what is in it, NAME.txt.
#
#   load         throughput against offered load, with latencies; and Storm's, as
#                far as BUILD/bench-storm.jsonl has them (make bench-storm)
#   executors    from 3 to 9 999
#   sizes        of tuples, from 16 B to 64 KB
#   pending      messages that are pending, from 1 to 1 000 000
#
# A point is the median of BENCH_RUNS runs (3). ONLY: names, as of `make bench`.
set -eu

build=$1
plots=$build/plots
runs=${BENCH_RUNS:-3}
unset MAKEFLAGS MAKELEVEL MFLAGS
mkdir -p "$plots"

# figures CASE [RATE [SIZE [EXECUTORS]]]: NAME<tab>MEDIAN, one a line.
figures() {
    for _ in $(seq "$runs"); do
        tests/bench/of_build.sh "$build" --run "$@"
    done | sort -t "$(printf '\t')" -k 1,1 -k 2,2g | awk -F '\t' '
        $1 != name { say(); name = $1; n = 0 }
        { values[++n] = $2 }
        END { say() }
        function say(    m) {
            m = int((n + 1) / 2)
            if (n)
                printf "%s\t%.10g\n", name,
                    n % 2 ? values[m] : (values[m] + values[m + 1]) / 2
        }'
}

figure() { # NAME CASE [RATE …]
    name=$1
    shift
    figures "$@" | awk -F '\t' -v name="$name" '$1 == name { print $2 }'
}

# point SERIES X Y, once more for who looks on
point() {
    [ -z "$3" ] || printf '%s\t%s\t%s\n' "$1" "$2" "$3"
    echo "  $1: $2 $3" >&2
}

product() { # A B
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.0f", a * b }'
}

shown() { # for who looks on, too
    while IFS= read -r line; do
        echo "$line"
        echo "  $line" >&2
    done
}

# -- load -------------------------------------------------------------------------

# Sentences a second: some that all can do, then shares of what gale does at most.
loads() { # MOST
    printf '1000\n20000\n100000\n'
    for share in 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1 1.1; do
        product "$1" "$share"
        echo
    done | awk '$1 > 100000'
}

# Of Storm: its loads, as bench-storm names them, and 80 % of its word count.
storm() { # QUANTILE
    [ -e "$build/bench-storm.jsonl" ] || return 0
    awk -v quantile="$1" '
        function of(key,    rest) {
            rest = substr($0, index($0, "\"storm\":"))
            rest = substr(rest, index(rest, "\"" key "\":") + length(key) + 3)
            return rest + 0
        }
        /"case":"local-word-count-acked"/ { most = of("median") * 1e6 / 6.4 }
        /"case":"latency-1000-/ && $0 ~ "-" quantile "\"" { at[1000] = of("median") }
        /"case":"latency-20000-/ && $0 ~ "-" quantile "\"" { at[20000] = of("median") }
        /"case":"latency-80-/ && $0 ~ "-" quantile "\"" { last = of("median") }
        END {
            for (i = 1; i <= 2; i++) {
                rate = i == 1 ? 1000 : 20000
                if (rate in at)
                    printf "Storm %s~\t%d\t%g\n", quantile, rate, at[rate]
            }
            if (last && most)
                printf "Storm %s~\t%.0f\t%g\n", quantile, most * 0.8, last
        }' "$build/bench-storm.jsonl"
}

load() {
    most=$(product "$(figure rate wordcount-turn-acked)" 156250) # of 6.4 words each
    for rate in $(loads "$most"); do
        figures latency-wordcount-acked "$(product "$rate" 10)" | # at a load of 0.1
            awk -F '\t' -v rate="$rate" '{ print rate "\t" $1 "\t" $2 }' |
            shown
    done >"$plots/load.runs"
    echo 'title Word count, acked, one process: sentences that come when they are due'
    echo 'panel Acked, by what was offered'
    printf 'x sentences/s offered log\ny sentences/s acked log\n'
    awk -F '\t' '$2 == "achieved" { print "gale\t" $1 "\t" $3 }' "$plots/load.runs"
    echo 'panel From when a sentence was due until it was acked'
    printf 'x sentences/s offered log\ny µs log\n'
    for quantile in p50 p99 p99.9; do
        awk -F '\t' -v quantile="$quantile" '
            $2 == "complete " quantile { print "gale " quantile "\t" $1 "\t" $3 }' \
            "$plots/load.runs"
        storm "$quantile"
    done
    rm "$plots/load.runs"
}

# -- what grows ---------------------------------------------------------------------

executors() {
    echo 'title Word count, acked, by executors, fully connected'
    echo 'panel A third of each kind'
    printf 'x executors log\ny M words/s\n'
    for carriers in 1 2; do
        case=growth-9
        [ "$carriers" = 1 ] || case=wordcount-turn-acked-2
        for n in 1 2 3 10 33 100 333 1000 3333; do
            point "carriers: $carriers" $((3 * n)) "$(figure rate $case 0 0 $n)"
        done
    done
}

sizes() {
    echo 'title A spout and a bolt that does nothing, acked, by the size of a tuple'
    for size in 16 64 256 1024 4096 16384 65536; do
        printf '%s\t%s\t%s\n' "$size" "$(figure rate payload-64k-acked 0 "$size")" \
            "$(figure rate limit-memory-64k 0 "$size")" | shown
    done >"$plots/sizes.runs"
    echo 'panel Tuples'
    printf 'x bytes log\ny M tuples/s log\n'
    awk -F '\t' '{ print "gale\t" $1 "\t" 1000 * $2 / $1 }' "$plots/sizes.runs"
    echo 'panel Bytes'
    printf 'x bytes log\ny GB/s log\n'
    awk -F '\t' '{ print "gale\t" $1 "\t" $2 }' "$plots/sizes.runs"
    awk -F '\t' '{ print "copied, beyond caches~\t" $1 "\t" $3 }' "$plots/sizes.runs"
    rm "$plots/sizes.runs"
}

pending() {
    echo 'title Acked, one carrier, by messages that are pending'
    echo 'panel Held by a bolt, or at most so many by topology.max.spout.pending'
    printf 'x messages log\ny M tuples/s\n'
    for n in 1 10 100 1000 10000 100000 1000000; do
        point 'held by a bolt' $n "$(figure rate pending-10k 0 $n)"
    done
    for n in 1 10 100 1000 10000 100000 1000000; do
        point 'at most' $n "$(figure rate const-null-acked 0 $n)"
    done
}

for name in load executors sizes pending; do
    # shellcheck disable=SC2254 # a pattern
    case $name in *${ONLY:-}*) ;; *) continue ;; esac
    echo "$name" >&2
    "$name" >"$plots/$name.txt"
    awk -f tests/support/chart.awk "$plots/$name.txt" >"$plots/$name.svg"
    echo "$plots/$name.svg"
done
