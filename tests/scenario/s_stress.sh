#!/bin/sh
# s_stress.sh - many executors, few pending messages, cycles and threads of
# their own, on more carriers than CPUs; every tuple is accounted for. Also what
# TSan watches.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# Sanitized, a tenth of it is enough.
case $GALE_BUILD in
*asan | *tsan) NUMBERS=2000 ;;
*) NUMBERS=50000 ;;
esac

# _maze CARRIERS PENDING EXECUTORS: each number goes round seven times.
_maze() {
    run "$GALE" local --carriers "$1" -c "topology.max.spout.pending=$2" \
        --stats s.json maze "$NUMBERS" 7 "$3"
    expect_status 0
    expect_equal "$(counter s.json numbers acked)" "$NUMBERS" acked
    expect_equal "$(counter s.json numbers failed)" 0 failed
    expect_equal "$(counter s.json walk executed)" $((NUMBERS * 8)) walked
    expect_equal "$(counter s.json wait executed)" $((NUMBERS * 7)) waited
    expect_equal "$(counter s.json sink executed)" "$NUMBERS" 'came out'
}

a_cycle_on_one_carrier() {
    _maze 1 100 3
}

a_cycle_on_four_carriers() {
    _maze 4 1000 5
}

a_cycle_with_one_pending_message_per_task() {
    NUMBERS=$((NUMBERS / 10))
    _maze 4 1 3
}

a_cycle_with_little_memory() {
    run "$GALE" local --carriers 3 -c gale.worker.memory.bytes=8388608 \
        --stats s.json maze "$NUMBERS" 7 8
    expect_status 0
    expect_equal "$(counter s.json sink executed)" "$NUMBERS" 'came out'
}

# Pending messages have no limit but memory.
as_little_memory_as_may_be_is_enough_for_a_cycle() {
    run "$GALE" local --carriers 3 -c gale.worker.memory.bytes=1048576 \
        --stats s.json maze "$NUMBERS" 7 8
    expect_status 0
    expect_equal "$(counter s.json sink executed)" "$NUMBERS" 'came out'
}

as_little_memory_as_may_be_is_enough_for_slow_bolts() {
    for bytes in 1048576 8388608; do
        run "$GALE" local --carriers 2 -c "gale.worker.memory.bytes=$bytes" \
            --stats s.json tarpit 2000 1 8
        expect_status 0
        seq 2000 >wanted
        sort -n out >found
        expect_same found wanted
        expect_equal "$(counter s.json numbers failed)" 0 failed
    done
}

# What 64 spouts emit from one call each is more than that, and the queues before
# 16 bolts are nearly as much.
spouts_wait_while_memory_is_tight() {
    run "$GALE" local --carriers 3 -c gale.worker.memory.bytes=2097152 \
        --stats s.json bulky "$NUMBERS" 2000 16 64
    expect_status 0
    expect_stderr 'spouts wait until less are'
    expect_equal "$(counter s.json texts acked)" "$NUMBERS" acked
    expect_equal "$(counter s.json texts failed)" 0 failed
    expect_equal "$(counter s.json copies executed)" $((NUMBERS * 16)) executed
}

a_cycle_without_ackers_loses_nothing() {
    run "$GALE" local --carriers 4 -c topology.acker.executors=0 \
        --stats s.json maze "$NUMBERS" 7 4
    expect_status 0
    expect_equal "$(counter s.json sink executed)" "$NUMBERS" 'came out'
}

slow_bolts_are_no_reason_to_lose_or_repeat() {
    run "$GALE" local --carriers 3 --stats s.json tarpit 2000 1 8
    expect_status 0
    seq 2000 >wanted
    sort -n out >found
    expect_same found wanted
    expect_equal "$(counter s.json numbers failed)" 0 failed
}

stopping_while_memory_is_tight_is_orderly() {
    for ttl in 0.01 0.03 0.1; do
        run "$GALE" local -q --carriers 4 --local-ttl "$ttl" --stats s.json \
            -c gale.worker.memory.bytes=2097152 bulky 1000000000 2000 16 64
        expect_status 0
        expect_equal "$(counter s.json texts pending)" 0 pending
        expect_equal "$(($(counter s.json texts acked) * 16))" \
            "$(counter s.json copies executed)" executed
    done
}

stopping_at_any_time_is_orderly() {
    for ttl in 0.001 0.01 0.03 0.1; do
        run "$GALE" local -q --carriers 4 --local-ttl "$ttl" --stats s.json \
            -c topology.max.spout.pending=1000 maze 1000000000 3 4
        expect_status 0
        expect_equal "$(counter s.json numbers pending)" 0 pending
        expect_equal "$(counter s.json numbers acked)" \
            "$(counter s.json sink executed)" 'came out'
    done
}

scenario
