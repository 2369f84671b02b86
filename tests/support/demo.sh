#!/bin/sh
# demo.sh BUILD - count the words of a real text: the licences that every
# Debian machine has (elsewhere: gale's own), as often as it takes for 2 MB; and
# this text again and again, so that there is something to watch.
set -eu

gale=$1/bin/gale
text=build/demo.txt
counts=build/demo.counts
times=100

size_of() {
    wc -c <"$1"
}

make_text() {
    licences=/usr/share/common-licenses
    [ -e $licences/GPL-3 ] || licences=LICENSE
    find $licences -type f -print | sort | xargs cat >"$text.part"
    : >"$text.new"
    while [ "$(size_of "$text.new")" -lt 2000000 ]; do
        cat "$text.part" >>"$text.new"
    done
    rm "$text.part"
    mv "$text.new" "$text"
}

[ -s "$text" ] || make_text
# shellcheck disable=SC2046
set -- $(yes "$text" | head -n "$times")

echo "gale local wordcount $text …    ($times times $(size_of "$text") bytes)"
"$gale" local wordcount "$@" >"$counts"
echo "the top words:"
LC_ALL=C sort -k1,1nr -k2 "$counts" | head -n 10
echo "all of them: $counts"
