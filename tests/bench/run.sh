#!/bin/sh
# run.sh BUILD - measure what is built there, for `make bench`.
#
# The table goes to standard output, one JSON object a line to
# BUILD/bench.jsonl. The exit status is 1 if a run went wrong (a tuple that was
# not accounted for, a program that failed), never because something is slow.
# Settings are in the environment: docs/benchmarks.md.
set -eu

build=$1
GALE_BUILD=$PWD/$build
GALE=$GALE_BUILD/bin/gale
GALE_PLUGIN_PATH=$GALE_BUILD/lib/gale:$GALE_BUILD/tests/bench/plugins
export GALE_BUILD GALE GALE_PLUGIN_PATH
unset MAKEFLAGS MAKELEVEL MFLAGS

case $build in
*release) ;;
*) echo "bench: $build is no release build: figures mean little" >&2 ;;
esac
lscpu 2>/dev/null | sed -n 's/^\(Model name\|CPU(s)\|Hypervisor vendor\): */\1: /p'
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)   kernel: $(uname -r)"
exec "$build/tests/bench/bench" "$build/bench.jsonl"
