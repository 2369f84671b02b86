#!/bin/sh
# slow_bolts.sh - eight tasks of 50 ms per tuple, everything by default: a source
# that would be faster is held back, and nothing times out or comes again.
#
# `make test-slow` runs it, for SLOW_SECONDS (300) a case; no part of `make test`.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS
: "${SLOW_SECONDS:=300}"

# The 99th percentile of the time until a message is acked.
_p99() { # FILE.json
    sed 's/.*"id":"numbers"//; s/.*"complete":{[^}]*"p99_ns":\([0-9]*\).*/\1/' \
        "$1" | awk '{ printf "%.1f s", $1 / 1e9 }'
}

_sustained() { # slow or slow_blocking, perhaps behind
    run "$GALE" local -q --local-ttl "$SLOW_SECONDS" --stats s.json \
        slow "$1" 1000000000 ${2:+"$2"}
    for name in emitted acked failed timed_out; do
        eval "$name=$(counter s.json numbers "$name")"
    done
    # shellcheck disable=SC2154
    echo "figures: $*, $SLOW_SECONDS s: emitted $emitted, acked $acked," \
        "failed $failed, timed out $timed_out, p99 $(_p99 s.json)"
    expect_status 0
    [ "$acked" -gt 0 ] || fail "nothing was acked"
    expect_equal "$timed_out" 0 'timed out'
    expect_equal "$failed" 0 failed
    expect_equal "$acked" "$emitted" acked
    expect_equal "$(wc -l <out)" "$emitted" 'tuples that came out'
}

# 800 at once: each of the eight tasks has 90 to 110.
_burst() { # slow or slow_blocking
    run "$GALE" local -q slow "$1" 800
    expect_status 0
    sort out | uniq -c >tasks
    echo "figures: $1, 800 at once: $(awk '{ printf "%s ", $1 }' tasks)"
    expect_equal "$(wc -l <out)" 800 'tuples that came out'
    expect_equal "$(awk '$1 >= 90 && $1 <= 110' tasks | wc -l)" 8 \
        'tasks with 90 to 110 tuples'
}

a_burst_spreads_over_blocking_tasks() {
    _burst slow_blocking
}

a_burst_spreads_over_tasks_on_carriers() {
    _burst slow
}

blocking_tasks_let_nothing_time_out() {
    _sustained slow_blocking
}

blocking_tasks_with_a_bolt_behind_let_nothing_time_out() {
    _sustained slow_blocking behind
}

tasks_on_carriers_let_nothing_time_out() {
    _sustained slow
}

tasks_on_carriers_with_a_bolt_behind_let_nothing_time_out() {
    _sustained slow behind
}

scenario
