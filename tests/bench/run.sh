#!/bin/sh
# run.sh BUILD [BASE] - measure what is built there, for `make bench`; with BASE,
# another build, both by turns.
#
# The table goes to standard output, one JSON object a line to
# BUILD/bench.jsonl, of ratios to BUILD/bench-base.jsonl. The exit status is 1 if
# a run went wrong (a tuple that was not accounted for, a program that failed),
# never because something is slow, unless it is slower than BASE. Settings are in
# the environment: docs/benchmarks.md.
set -eu

build=$1
unset MAKEFLAGS MAKELEVEL MFLAGS

case $build in
*release) ;;
*) echo "bench: $build is no release build: figures mean little" >&2 ;;
esac
lscpu 2>/dev/null | sed -n 's/^\(Model name\|CPU(s)\|Hypervisor vendor\): */\1: /p'
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)   kernel: $(uname -r)"
exec tests/bench/of_build.sh "$build" "$build/bench${2:+-base}.jsonl" ${2:+"$2"}
