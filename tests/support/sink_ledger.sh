# sink_ledger.sh - what has become of numbered lines that a sink has written;
# sourced after scenario.sh.

# ledger TEXT DIRECTORY: each line of TEXT is in the files of DIRECTORY, and
# nothing else; $again is how many came more than once, $ledger a sentence. No
# file is open any more.
ledger() {
    ls "$2" | grep '^_' >open || :
    [ ! -s open ] || fail "files that are still open: $(head -n 3 open | tr '\n' ' ')"
    find "$2" -type f -exec cat {} + | sort >written
    sort "$1" >wanted
    uniq written | comm -13 wanted - >damaged
    [ ! -s damaged ] || fail "lines that nobody has sent: $(head -n 3 damaged | tr '\n' ' ')"
    lost=$(uniq written | comm -23 wanted - | grep -c . || :)
    again=$(($(grep -c . written || :) + lost - $(grep -c . wanted)))
    ledger="lost $lost, duplicates $again"
    [ "$lost" = 0 ] || fail "$ledger"
}

# example NAME [spouts]: NAME.yaml becomes what bolts/README.md, or that of spouts/,
# shows.
example() {
    awk -v name="# $1.yaml" '
        $0 == "```" { shown = 0 }
        $0 == name { shown = 1 }
        shown' "$TOP/${2:-bolts}/README.md" >"$1.yaml"
    [ -s "$1.yaml" ] || fail "${2:-bolts}/README.md shows no $1.yaml"
}
