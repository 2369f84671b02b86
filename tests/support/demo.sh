#!/bin/sh
# demo.sh BUILD - count the words of a real text (demo_text.sh), again and again,
# so that there is something to watch.
set -eu

gale=$1/bin/gale
text=build/demo.txt
counts=build/demo.counts
times=100

. tests/support/demo_text.sh
[ -s "$text" ] || make_text "$text"
# shellcheck disable=SC2046
set -- $(yes "$text" | head -n "$times")

echo "gale local wordcount $text …    ($times times $(size_of "$text") bytes)"
"$gale" local wordcount "$@" >"$counts"
echo "the top words:"
LC_ALL=C sort -k1,1nr -k2 "$counts" | head -n 10
echo "all of them: $counts"
