#!/bin/sh
# named_tests.sh - a test that a table of a page names is there: it is what the page
# shows its word by. A name of tests has four words at least.
set -u

# PAGE:LINE:NAME
named() {
    awk '/^\|/ {
        rest = $0
        while (match(rest, /`[a-z0-9]+(_[a-z0-9]+)+`/)) {
            name = substr(rest, RSTART + 1, RLENGTH - 2)
            rest = substr(rest, RSTART + RLENGTH)
            if (split(name, words, "_") > 3)
                print FILENAME ":" FNR ":" name
        }
    }' docs/connectors.md docs/found-bugs.md
}

bad=0 n=0
for at in $(named); do
    name=${at##*:} n=$((n + 1))
    grep -rqE "^($name\(\) \{|static void $name\()" tests --include='*.sh' --include='*.c' || {
        echo "${at%:*}: names the test $name, expected one that is there"
        bad=1
    }
done
[ "$n" -gt 0 ] || {
    echo 'tests/lint/named_tests.sh:1: finds no test in the pages'
    bad=1
}
exit $bad
