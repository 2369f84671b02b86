# acks.sh - rows of faults of those who count acks: trees that nobody settles, that are
# very large, that share tuples; and versions of gale that meet.
. tests/support/scenario.sh
. tests/support/cluster.sh

_submit_trees() { # KIND NUMBERS OPTION…
    args="$1 $2"
    shift 2
    # shellcheck disable=SC2086 # words
    "$GALE" submit --name trees -c topology.workers=2 "$@" "$TEST_PLUGINS/trees.so" $args \
        >out 2>err || fail "$(_said err)"
    await_running trees 2
}

_number() { # KEY of the topology
    field trees "$1"
}

_highest_kb() { # that a worker ever had
    for pid in $(workers | cut -d ' ' -f 1); do
        sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
    done | sort -n | tail -n 1
}

_has_failed() { # at least
    n=$(_number failed)
    echo "$n failed"
    [ "${n:-0}" -ge "$1" ]
}

# Whatever is never settled comes again after each timeout. No more than may be pending
# is anywhere, and of what has timed out again a second's worth, which rests for so long
# and counts as pending: with a timeout of 1 s that is as much once more.
row_42_a_bolt_that_never_acks_is_bounded_by_what_may_be_pending() {
    cluster 1 1 2
    _submit_trees swallowed 1000000 -c topology.max.spout.pending=2000 \
        -c topology.message.timeout.secs=1
    await 'timeouts' _has_failed 10000
    at_first=$(_highest_kb)
    await 'more of them' _has_failed 30000
    in_the_end=$(_highest_kb)
    _page >page.all
    pending=$(_number pending)
    [ "${pending:-0}" -le 4000 ] || fail "$pending are pending"
    expect_equal "$(_number acked)" 0 'what was acked'
    [ "$in_the_end" -lt $((at_first + 20000)) ] ||
        fail "workers had $at_first kB, then $in_the_end kB"
    row 42 "a bolt never acks: $(_number failed) timeouts" - \
        "$pending of at most 4000 pending, workers have $in_the_end kB"
    kill_topology trees
    expect_nothing_left
}

_finishes() { # KIND NUMBERS OPTION…
    at=$(now_ms)
    _submit_trees "$@"
    most=0
    PATIENCE=180
    await 'the end' _ends_and_its_memory_is_looked_at
    took=$(since "$at")
    expect_equal "$(_number acked)" "$2" 'what was acked'
    expect_equal "$(_number failed)" 0 'what failed'
    expect_equal "$(_number pending)" 0 'what is pending'
    kill_topology trees
}

_ends_and_its_memory_is_looked_at() {
    now_kb=$(_highest_kb)
    [ "${now_kb:-0}" -le "$most" ] || most=$now_kb
    is trees status FINISHED
}

row_42_trees_of_a_million_tuples_and_of_two_roots() {
    cluster 1 1 2
    _finishes wide 40 -c topology.message.timeout.secs=120
    [ $most -gt 0 ] && [ $most -lt 400000 ] || fail "a worker took $most kB"
    row 42 '40 trees of 1001001 tuples' 'lost 0, duplicates 0 of at most 0' \
        "all acked after $took, workers took at most $most kB"
    _finishes joint 20000 -c topology.message.timeout.secs=60
    row 42 '20000 messages, two and two with one tuple in common' \
        'lost 0, duplicates 0 of at most 0' "all acked after $took"
    expect_nothing_left
}

cluster_begin
