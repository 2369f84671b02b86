#!/bin/sh
# faults.sh BUILD - fault points are for tests: what a user gets has neither their
# code nor their names. (And builds for tests have them.)
set -u

bad=0
complain() { # file, what
    echo "$1: $2"
    bad=1
}

names=$(grep -rhoE 'FAULT_(POINT|FAILS)\("[^"]*"' --include='*.[ch]' \
    topology-api common worker supervisor nimbus simulator cli | sed 's/.*("//; s/"$//' | sort -u)
[ "$(echo "$names" | grep -c .)" -gt 20 ] ||
    complain tests/lint/faults.sh "finds hardly any fault point in the sources"

case $1 in
*release)
    for file in "$1/bin/gale" "$1/lib/libgale.so"; do
        found=$(nm "$file" | awk '{ print $NF }' | grep -i fault_point)
        [ -z "$found" ] || complain "$file" "has symbols of fault points: $(echo "$found" | tr "\n" " ")"
        ! readelf -SW "$file" | grep -q gale_faults ||
            complain "$file" "has a section gale_faults"
        found=$(strings -n 4 "$file" |
            grep -xF -e "$names" -e GALE_FAULT -e 'fault point %s: %s')
        [ -z "$found" ] || complain "$file" "has texts of fault points: $(echo "$found" | tr "\n" " ")"
    done ;;
*)
    nm "$1/bin/gale" | grep -q fault_point_passed ||
        complain "$1/bin/gale" "has no fault points, expected them in tests" ;;
esac
exit $bad
