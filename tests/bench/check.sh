#!/bin/sh
# check.sh BUILD - instructions per tuple, against those that are recorded in
# tests/bench/instructions.txt: exit status 1 if a case needs 5 % more.
#
# A case runs twice under valgrind, for N and for 3 N messages: the difference
# has nothing of the start and the end in it. RECORD=1 writes the file anew.
# Another compiler, or another processor, makes other code: then the figures are
# shown, and nothing is compared.
set -eu

build=$1
record=tests/bench/instructions.txt
GALE_BUILD=$PWD/$build
GALE_PLUGIN_PATH=$GALE_BUILD/lib/gale
export GALE_BUILD GALE_PLUGIN_PATH
unset MAKEFLAGS MAKELEVEL MFLAGS

messages=100000
cases='wordcount-turn wordcount-turn-acked wordcount-random-acked
    const-null-acked const-id-null-acked'
here="$("${CC:-cc}" --version | head -n 1), $(uname -m), ${build##*/}"
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# TUPLES INSTRUCTIONS of a case and so many messages.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$build/tests/bench/bench" --count "$1" "$2" >"$said" 2>&1 || {
        cat "$said" >&2
        echo "bench-check: $1 failed under valgrind" >&2
        exit 1
    }
    awk '/^tuples / { tuples = $2 }
        /Collected : / { instructions = $NF }
        END { print tuples, instructions }' "$said"
}

# CASE INSTRUCTIONS-PER-TUPLE for each case.
measure() {
    for case in $cases; do
        short=$(count "$case" $messages)
        long=$(count "$case" $((3 * messages)))
        echo "$case $short $long" |
            awk '{ printf "%s %.1f\n", $1, ($5 - $3) / ($4 - $2) }'
    done
}

compare() {
    awk '
        NR == FNR { if ($1 !~ /^#/) recorded[$1] = $2; next }
        !($1 in recorded) {
            print $1 ": " $2 ", not recorded; RECORD=1 make bench-check does it"
            bad = 1
            next
        }
        {
            more = 100 * ($2 / recorded[$1] - 1)
            printf "%-24s %8.1f  recorded %8.1f  %+5.1f %%%s\n", $1, $2,
                recorded[$1], more, (more >= 5) ? "  TOO MANY" : ""
            if (more >= 5)
                bad = 1
        }
        END { exit bad }' "$record" -
}

echo "instructions per tuple; $here"
found=$(measure)
if [ "${RECORD:-}" = 1 ]; then
    {
        echo "# Instructions per tuple at the last bolt; RECORD=1 make" \
            "bench-check writes this file."
        echo "# with: $here"
        echo "$found"
    } >"$record"
    cat "$record"
elif [ "$(sed -n 's/^# with: //p' "$record")" != "$here" ]; then
    echo "$found"
    echo "bench-check: recorded with another compiler" \
        "($(sed -n 's/^# with: //p' "$record")), so nothing is compared"
else
    echo "$found" | compare || {
        echo "bench-check: a tuple needs 5 % more instructions than" \
            "$record says: mend that, or record it with the reason" >&2
        exit 1
    }
fi
