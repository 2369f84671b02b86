#!/bin/sh
# run.sh BUILD SECONDS - each fuzzer of BUILD for so long, one per CPU at a time.
#
# They begin with what is kept in tests/fuzz/corpus/NAME, and with what earlier runs
# have left in BUILD/corpus/NAME, where new inputs go. The exit status is 1 if
# something was found: then it is said what, and the file that shows it again.
# ONLY=TEXT takes those whose name contains TEXT.
set -u

one() { # NAME
    log=$build/log/$1.log
    mkdir -p "$build/corpus/$1" "tests/fuzz/corpus/$1"
    "$build/tests/fuzz/fuzz_$1" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -use_value_profile=1 \
        -artifact_prefix="$build/findings/$1-" \
        "$build/corpus/$1" "tests/fuzz/corpus/$1" >"$log" 2>&1
    status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    if [ $status = 0 ]; then
        printf 'ok      %-12s %9s runs, %5s points\n' "$1" "$runs" "$covered"
        return
    fi
    found=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    echo "FAILED  $1: again with $build/tests/fuzz/fuzz_$1 ${found:-(no file)}"
    grep -E 'ERROR|SUMMARY|runtime error|^[a-z/-]+\.[ch]:[0-9]+: ' "$log" |
        head -n 5 | sed 's/^/  | /'
    return 1
}

build=$1
seconds=$2
if [ "${3:-}" = --one ]; then
    GALE_PLUGIN_PATH=$PWD/$build/lib/gale
    export GALE_PLUGIN_PATH
    one "$4"
    exit
fi

case $seconds in
'' | *[!0-9]* | 0) echo "make fuzz: SECONDS=$seconds, expected a number" >&2
    exit 2 ;;
esac
mkdir -p "$build/log" "$build/findings"
find "$build/findings" -type f -delete
ls "$build/tests/fuzz" | sed -n 's/^fuzz_\([a-z_]*\)$/\1/p' |
    grep -F -e "${ONLY:-}" |
    xargs -P "$(nproc)" -n 1 sh "$0" "$build" "$seconds" --one
