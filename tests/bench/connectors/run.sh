#!/bin/sh
# run.sh BUILD - connectors beside bare loops over the same library, on the same real
# servers, for `make bench-connectors`.
#
# A case is NAME.sh here. Each prints what it finds as it comes; the table is last. The
# exit status is 1 if a run went wrong, never because something is slow. Settings are in
# the environment: docs/benchmarks.md.
set -eu

build=$1
case $build in /*) ;; *) build=$PWD/$build ;; esac
BARE=$build/tests/bench/connectors
GALE=$build/bin/gale
GALE_PLUGIN_PATH=$build/lib/gale:$build/tests/bench/plugins
ROWS=$(mktemp)
export BARE GALE GALE_PLUGIN_PATH ROWS
trap 'rm -f "$ROWS"' EXIT
trap 'exit 1' HUP INT TERM

case $build in
*release) ;;
*) echo "bench-connectors: $build is no release build: figures mean little" >&2 ;;
esac
lscpu 2>/dev/null | sed -n 's/^\(Model name\|CPU(s)\|Hypervisor vendor\): */\1: /p'
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)   kernel: $(uname -r)"

status=0
for name in kafka kafka_words kafka_delays kafka_memory mysql hdfs tail; do
    case $name in *${ONLY:-}*) ;; *) continue ;; esac
    echo "$name"
    failed=0
    sh "tests/bench/connectors/$name.sh" "$build" || failed=$?
    case $failed in
    0) ;;
    77) echo "$name: skipped: this machine has not got what it needs" ;;
    *) status=1 ;;
    esac
done
{
    printf 'case\tunit\tgale\tbare\tratio\tmust\t\n'
    cat "$ROWS"
} | column -t -s "$(printf '\t')"
exit "$status"
