#!/bin/sh
# run.sh BUILD - Apache Storm and gale side by side, for `make bench-storm`.
#
# A group of cases is a script here. Each prints what it finds as it comes; the table
# is last, lines of JSON are in BUILD/bench-storm.jsonl. The exit status is 1 if a run
# went wrong (a tuple that is missing, a program that failed), never because something
# is slow. Settings are in the environment: docs/benchmarks.md.
#
# Storm's servers listen on all addresses, whatever they are told. So all of this is in
# a network of its own, which has loopback alone, and with it all processes end.
set -eu

build=$1
case $build in /*) ;; *) build=$PWD/$build ;; esac
alone='--net --mount --pid --fork --mount-proc --kill-child'
unset MAKEFLAGS MAKELEVEL MFLAGS GALE_CONFIG

if [ -z "${STORM_LIB:-}" ]; then
    STORM_LIB=$(sh tests/bench/storm/daemons.sh "$build/bench-storm" jars)
    CLASSES=$build/bench-storm/classes
    GALE=$build/bin/gale
    GALE_PLUGIN_PATH=$build/lib/gale:$build/tests/bench/plugins
    export STORM_LIB CLASSES GALE GALE_PLUGIN_PATH
    rm -rf "$CLASSES"
    javac -proc:none -d "$CLASSES" -cp "$STORM_LIB/*" tests/bench/storm/*.java
    [ "$(id -u)" = 0 ] || alone="--user --map-root-user $alone"
    # shellcheck disable=SC2086 # words
    unshare $alone ip link set lo up || {
        echo 'bench-storm: a network of its own cannot be made here, and without one' \
            'Storm would listen on every address: run it as root' >&2
        exit 1
    }
    # shellcheck disable=SC2086 # words
    exec unshare $alone sh "$0" "$build"
fi
ip link set lo up

at=$(mktemp -d)
ROWS=$at/rows
JSON=$build/bench-storm.jsonl
BUILD=$build
export at ROWS JSON BUILD
: >"$ROWS"
: >"$JSON"
trap 'rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM

case $build in
*release) ;;
*) echo "bench-storm: $build is no release build: figures mean little" >&2 ;;
esac
lscpu 2>/dev/null | sed -n 's/^\(Model name\|CPU(s)\|Hypervisor vendor\): */\1: /p'
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)   kernel: $(uname -r)"
java -version 2>&1 | head -n 1
basename "$STORM_LIB"/storm-server-*.jar .jar

status=0
for name in local latency start memory idle workers; do
    echo "$name"
    sh "tests/bench/storm/$name.sh" || status=1
done
for failed in "$at"/*.failed; do
    [ ! -e "$failed" ] || status=1
done
[ -s "$ROWS" ] || {
    echo "bench-storm: ONLY=${ONLY:-}: no case is named like that, or all have failed; a" \
        'name begins with local-, latency-, start, memory, idle or workers-' >&2
    exit 1
}
{
    printf 'case\tunit\tStorm\tgale\tgale is better\tmust\t\n'
    cat "$ROWS"
} | column -t -s "$(printf '\t')"
awk -F '\t' '$7 == "MISSED" {
    print $1 ": Storm does better than it may: gale is " $5 " times better, must be " $6
}' "$ROWS"
exit "$status"
