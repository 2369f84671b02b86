#!/bin/sh
# g_scale.sh - a simulated cluster of any size: what is lost moves and nothing else,
# ZooKeeper is let be at rest, and two runs say the same to it.
. tests/support/scenario.sh

_small="--scale --supervisors 20 --topologies 50 --tasks 5000 --idle 30"

only_what_is_lost_moves_and_little_is_written_at_rest() {
    # shellcheck disable=SC2086 # words
    run "$GALE" simulate $_small
    expect_status 0
    expect_stdout '20 supervisors of 7 slots, 50 topologies, 5000 tasks on 100 workers'
    expect_stdout 'ok     a rack is lost: of 250 tasks that were lost 250 are elsewhere, 0 workers nowhere'
    expect_stdout 'ok     a rack is lost: 0 other workers have moved'
    expect_stdout 'ok     the leader is lost: 0 other workers have moved'
    expect_stdout 'ok     all return at once: 0 other workers have moved'
    expect_stdout 'ok     in the end 0 workers do not run, and 0 found no records'
    expect_stdout 'ok     at rest: 0.3 writes a second'
    ! grep -q FAILED out || fail 'it found something wrong'
    expect_stderr 'the leader is lost' # what it is about meanwhile
}

# How long something takes is another matter.
two_runs_say_the_same_to_zookeeper() {
    for i in 1 2; do
        # shellcheck disable=SC2086 # words
        run "$GALE" simulate $_small -q
        expect_status 0
        expect_silence err
        grep '^ok' out >said.$i
    done
    expect_same said.1 said.2
}

what_cannot_be_is_refused() {
    while IFS='|' read -r options says; do
        # shellcheck disable=SC2086 # words
        run "$GALE" simulate $options
        expect_status 2
        expect_silence out
        expect_stderr "gale simulate: $says"
    done <<-'END'
	|expected --scale, --seeds A..B or --seed N
	--scale --supervisors 1|--supervisors: found "1", expected a number from 2 to 20000
	--scale --tasks many|--tasks: found "many", expected a number from 1 to
	--scale --topologies 10 --tasks 5|5 tasks for 10 topologies: expected 1 to 32767 for each
	--scale --supervisors 2|1000000 tasks are too many for 2 supervisors, which have 256 slots each at most: expected more supervisors or fewer tasks
	--scale --idle|--idle: expected a value behind it
	--scale now|found "now", expected options only
	--scale --nimbuses 2|--nimbuses is no option of --scale
	--scale --seeds 1..2|expected one of --scale, --seeds and --seed
	--fast|unknown option --fast
	END
}

scenario
