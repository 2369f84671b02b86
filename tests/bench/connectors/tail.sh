#!/bin/sh
# tail.sh BUILD - the lines of a file by `tail`, acked, beside a loop that only cuts
# them out of a buffer.
set -eu
at=$(mktemp -d)
. tests/bench/connectors/rows.sh
n=${BENCH_RECORDS:-4000000}
trap 'rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM
seq "$n" | awk '{ printf "%0100d\n", $1 }' >"$at/lines"

gale() {
    "$GALE" local -q -c source.file="$at/lines" -c enough.n="$n" \
        tests/bench/connectors/tail_null.yaml
}

for _ in $(rounds); do
    sample bare "$(rate "$n" "$BARE/lines_bare" "$at/lines")"
    sample gale "$(rate "$n" gale)"
done
row 'tail → null, acked' lines/s - gale bare
