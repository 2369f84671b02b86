#!/bin/sh
# g_seeds.sh - runs from a seed: the same seed makes the same run, in any process;
# many seeds make the right results; what must not be is said with the command that
# shows it again.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_lines() { # NUMBER
    awk -v n="$1" 'BEGIN {
        for (i = 1; i <= n; i++)
            print "the cow number", i, "jumped over the moon"
    }'
}

_hash() {
    sed -n 's/^hash: //p' err
}

two_hundred_seeds_make_equal_runs_in_two_processes() {
    _lines 50 >lines
    for seed in $(seq 1 200); do
        "$GALE" local -q --seed "$seed" wordcount -p 2 lines 2>&1 >/dev/null
    done >once
    for seed in $(seq 1 200); do
        "$GALE" local -q --seed "$seed" wordcount -p 2 lines 2>&1 >/dev/null
    done >again
    expect_same once again
    expect_equal "$(grep -c '^hash: [0-9a-f]\{16\}$' once)" 200 'hashes'
    expect_equal "$(sort -u once | wc -l)" 200 'different hashes'
}

a_run_from_a_seed_has_the_results_of_a_real_one() {
    _lines 300 >lines
    run "$GALE" local -q wordcount -p 3 lines
    sort out >wanted
    for seed in 1 2 3 4 5 6 7 8; do
        run "$GALE" local -q --seed "$seed" wordcount -p 3 lines
        expect_status 0
        sort out >found
        expect_same found wanted
    done
}

many_seeds_find_nothing_wrong_with() {
    _lines 100 >lines
    _lines 12 >few
    for topology in 'wordcount -p 3 lines' 'flaky 2 lines' 'maze 20 5 3' \
        exclamation 'medley 50 few' 'in_turn 40 2' '-c slow.ms=0.01 slow slow 40' \
        '-c slow.ms=0.01 slow slow_blocking 40 behind'; do
        # shellcheck disable=SC2086
        run "$GALE" local --seeds 1..150 $topology
        expect_status 0
        expect_stderr 'seeds 1..150: all is well; 150 runs, 10 of them twice'
        expect_silence out
    done
}

# A fault that never came would prove nothing.
every_fault_comes_and_nothing_is_lost_by() {
    _lines 100 >lines
    _lines 12 >few
    for topology in 'wordcount -p 3 lines' 'flaky 2 lines' 'maze 20 5 3' \
        exclamation answering 'in_turn 40 2' 'medley 50 few' '-c percent=30 medley 20 few' \
        '-c slow.ms=0.01 slow slow_blocking 40 behind'; do
        # shellcheck disable=SC2086
        run "$GALE" local --seeds 1..200 --faults all $topology
        expect_status 0
        expect_stderr 'seeds 1..200: all is well; 200 runs, 13 of them twice'
        for fault in late break crash pause inbox; do
            n=$(sed -n "s/.* $fault \([0-9]*\),.*/\1/p" err)
            [ "${n:-0}" -gt 20 ] || fail "$topology: $fault came ${n:-0} times"
        done
        expect_stderr 'tuples were lost'
    done
}

one_kind_of_fault_comes_alone() {
    _lines 50 >lines
    run "$GALE" local --seeds 1..50 --faults crash,late wordcount lines
    expect_status 0
    expect_stderr 'faults: late '
    expect_stderr ' crash '
    ! grep -q 'break' err || fail "a connection broke: $(_said err)"
}

runs_with_faults_are_the_same_again_in_another_process() {
    _lines 50 >lines
    for seed in $(seq 1 50); do
        "$GALE" local -q --seed "$seed" --faults all wordcount -p 2 lines 2>&1 \
            >/dev/null
    done >once
    for seed in $(seq 1 50); do
        "$GALE" local -q --seed "$seed" --faults all wordcount -p 2 lines 2>&1 \
            >/dev/null
    done >again
    grep '^hash' once >hashes
    expect_equal "$(wc -l <hashes)" 50 'hashes'
    expect_same once again
}

wrong_faults_are_refused() {
    for wrong in quake 'late,' ',late' 'late,,crash' LATE ''; do
        run "$GALE" local --seed 1 --faults "$wrong" wordcount lines
        expect_status 2
        expect_stderr '--faults: found'
        expect_stderr 'expected all, or names with commas between them: late, '
    done
    run "$GALE" local --faults all wordcount lines
    expect_status 2
    expect_stderr 'give --seed or --seeds, too'
}

faults_that_lose_something_want_timeouts() {
    _lines 20 >lines
    run "$GALE" local --seeds 1..20 --faults all \
        -c topology.enable.message.timeouts=false wordcount lines
    expect_status 1
    expect_stderr 'seed 1: the faults break and crash lose tuples, which nobody'
    run "$GALE" local --seeds 1..50 --faults late,pause,inbox \
        -c topology.enable.message.timeouts=false wordcount lines
    expect_status 0
}

a_failed_word_is_explained_to_the_last_one_for_every_seed() {
    _lines 100 >lines
    run "$GALE" local -q wordcount lines
    sort out >truth
    for seed in $(seq 1 40); do
        run "$GALE" local -q --seed "$seed" flaky 2 lines
        expect_status 0
        awk '$1 == "words" { n[$3] += $2 } $1 == "excess" { n[$3] -= $2 }
             END { for (w in n) if (n[w]) print n[w], w }' out | sort >found
        expect_same found truth
    done
}

the_time_of_a_run_may_be_over_while_something_is_lost() {
    run "$GALE" local --seeds 1..50 --faults all --local-ttl 1 \
        -c answering.n=5000 answering
    expect_status 0
}

an_invariant_of_the_author_is_looked_at() {
    for topology in balance cpp_balance; do
        run "$GALE" local --seeds 1..100 $topology
        expect_status 0
        looks=$(sed -n 's/^invariants: looked at \([0-9,]*\) times$/\1/p' err)
        [ "$(echo "${looks:-0}" | tr -d ,)" -ge 100 ] ||
            fail "$topology: $(_said err)"
    done
    run "$GALE" local --seeds 1..300 --faults all balance
    expect_status 0
    expect_stderr 'invariants: looked at '
    run "$GALE" local --seeds 1..20 wordcount lines
    ! grep invariants err || fail 'there is none to look at'
}

what_is_not_true_is_said_with_the_command_that_shows_it_again() {
    run "$GALE" local --seeds 3..20 balance 7
    expect_status 1
    expect_stderr 'seed 3: invariant "no_penny" is not true '
    expect_stderr ' has taken '
    expect_stderr ' and lost 7'
    expect_stderr 'again: gale local --seed 3 balance 7'
    run "$GALE" local --seeds 1..20 cpp_balance twice
    expect_status 1
    expect_stderr 'invariant "come_once" is not true '
    expect_stderr ': a number came again'
    run "$GALE" local -q balance 7 # only runs from a seed look
    expect_status 0
}

hours_pass_in_a_moment() {
    run "$GALE" local -q --seed 5 --local-ttl 36100 \
        -c topology.tick.tuple.freq.secs=3600 rolling_top_words
    expect_status 0
    # The first tick's counts are ranked at the second one.
    expect_equal "$(grep -c . out)" 9 'rankings in ten hours'
}

the_table_is_that_of_the_world() {
    _lines 100 >lines
    run "$GALE" local --seed 3 wordcount lines
    expect_status 0
    expect_stderr 'lines      1      100    100       0          0        0'
    expect_stderr 'messages acked 100, failed 0'
}

a_plugin_that_asks_the_real_clock_is_not_deterministic() {
    run "$GALE" local -q --seed 1 restless 20
    expect_status 1
    expect_stderr 'seed 1: not deterministic: the same seed made two different'
    expect_stderr 'event '
    expect_stderr 'executes a tuple'
    run "$GALE" local --seeds 1..64 restless 20
    expect_status 1
    expect_stderr 'not deterministic'
    expect_stderr 'again: gale local --seed 1 restless 20'
}

# Two runs that follow each other see the same second, and yet not the same time.
a_plugin_that_tells_whole_seconds_is_not_deterministic() {
    for clock in 0 1 2 3 4; do
        run "$GALE" local -q --seed 1 -c seconds.by=$clock careless seconds
        expect_status 1
        expect_stderr 'seed 1: not deterministic: the same seed made two different'
        expect_stderr 'executes a tuple'
        run "$GALE" local -q --seeds 1..2 -c seconds.by=$clock careless seconds
        expect_status 1
        expect_stderr 'seed 1: not deterministic'
    done
}

a_plugin_that_asks_a_clock_and_makes_nothing_of_it_is_fine() {
    for clock in 0 1 2 3 4; do
        run "$GALE" local -q --seed 1 -c seconds.by=$clock -c seconds.silent=true \
            careless seconds
        expect_status 0
    done
}

a_thread_that_is_not_of_the_world_is_named() {
    for way in 'posts bolt post' 'wakes spout wakeup'; do
        # shellcheck disable=SC2086
        set -- $way
        said="seed 1: not deterministic: a thread that is not of the simulated world called gale_$3() of $2 \"$1\" (task "
        for seeds in '--seed 1' '--seeds 1..9' '--seed 1 --faults all'; do
            # shellcheck disable=SC2086
            run "$GALE" local $seeds careless "$1"
            expect_status 1
            expect_stderr "$said"
            expect_stderr 'cannot run from a seed; gale_async() runs work on a thread'
        done
        run "$GALE" local -q careless "$1"
        expect_status 0
    done
}

a_crash_is_said_with_its_seed() {
    run "$GALE" local --seeds 3..9 outlaw abort
    expect_status 1
    expect_stderr 'seed 3: ended by signal 6, Aborted: gale: abort in bolt "outlaw"'
    expect_stderr 'again: gale local --seed 3 outlaw abort'
}

a_loop_without_an_end_is_said_with_its_seed() {
    run "$GALE" local --seeds 3..3 outlaw loop
    expect_status 1
    expect_stderr 'gale local: seed 3: R: the run does not come to its end: bolt '
    expect_stderr '"outlaw" (task 2) has taken 10 s of the processor'
    expect_stderr 'again: gale local --seed 3 outlaw loop'
}

_children_of() { # PID
    cat "/proc/$1/task/$1/children" 2>/dev/null
}

_lives() { # PID
    case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
    '' | Z*) return 1 ;;
    esac
}

runs_end_with_who_makes_them() {
    "$GALE" local --seeds 1..100 outlaw loop &
    parent=$!
    while children=$(_children_of $parent) && [ -z "$children" ]; do
        _lives $parent || fail 'it has ended by itself'
    done
    kill -9 $parent
    for child in $children; do
        while _lives "$child"; do
            :
        done
    done
}

a_run_that_comes_to_no_end_is_said_with_who_is_to_blame() {
    _lines 5 >lines
    run "$GALE" local --seeds 1..3 careless lines
    expect_status 1
    expect_stderr 'seed 1: R: the run is not complete, and messages are emitted again and again, and none is acked; bolt "holds" holds '
    run "$GALE" local --seeds 1..3 --faults pause careless lines
    expect_status 1
    expect_stderr 'seed 1: R: the run is not complete 600 s after the last fault; bolt "holds" holds '
}

a_spout_of_which_nothing_comes_is_named() {
    run "$GALE" local --seeds 1..3 unsound waits
    expect_status 1
    expect_stderr 'seed 1: R: the run is not complete, and nothing happens any more; spout "spout" (task 1) is not exhausted, and waits for gale_wakeup()'
    run "$GALE" local --seeds 1..3 unsound posts
    expect_status 1
    expect_stderr 'R: the run does not come to its end: threads go on and on, and nothing comes of it; the last one called is spout "spout" (task 1); spout "spout" (task 1) is not exhausted'
}

a_message_that_fails_for_ever_is_found_though_others_are_acked() {
    for result in retry poison; do
        run "$GALE" local --seeds 1..3 unsound $result
        expect_status 1
        expect_stderr 'seed 1: R: the run is not complete, and messages are emitted again and again, and none is acked; bolt "sour" (task 2) fails inputs: 5 is sour; 1 message of spout "numbers" not acked (failed before: 1)'
        expect_stderr "again: gale local --seed 1 unsound $result"
    done
    run "$GALE" local --seeds 1..3 --faults pause unsound retry
    expect_status 1
    expect_stderr 'seed 1: R: the run is not complete 600 s after the last fault; bolt "sour" (task 2) fails inputs: 5 is sour; '
}

# 1500 times at most 1 s of rest are more than 20 message timeouts.
one_that_ends_as_a_dead_letter_is_not() {
    for letters in gale.topology.max.replays=1500 \
        gale.topology.dead.letter=./spool; do
        run "$GALE" local --seeds 1..20 -c $letters unsound poison
        expect_status 0
    done
    run "$GALE" local --seeds 1..20 -c gale.topology.max.replays=1500 unsound retry
    expect_status 0
    run "$GALE" local -q --seed 1 --local-ttl 5000 unsound retry
    expect_status 0 # its time was over: nothing is wrong
}

nor_is_one_that_waits_for_the_next_of_a_slow_spout() {
    run "$GALE" local --seeds 1..30 unsound slow
    expect_status 0
}

a_spout_that_does_not_go_on_from_its_position_is_found() {
    run "$GALE" local --seeds 1..200 --faults crash careless heedless
    expect_status 1
    expect_stderr 'D: message (0, '
    expect_stderr 'is emitted again by a spout that went on from a saved position behind it'
    run "$GALE" local --seeds 1..50 careless heedless
    expect_status 0
}

what_failed_and_was_never_emitted_again_is_counted() {
    run "$GALE" local --seeds 1..100 --faults all unsound drops
    expect_status 0
    expect_stderr 'messages that failed and were neither emitted again nor given up: '
    run "$GALE" local --seeds 1..100 unsound drops
    expect_status 0
    ! grep 'neither emitted' err || fail 'nothing failed'
}

a_spout_that_emits_again_what_was_acked_is_found_if_it_keeps_positions() {
    for faults in '' '--faults late,break'; do
        # shellcheck disable=SC2086
        run "$GALE" local --seeds 1..50 $faults unsound repeats keeps
        expect_status 1
        expect_stderr 'D: message (0, 5) of task 1 was acked, and is emitted again by a spout that keeps positions and did not begin anew'
    done
    run "$GALE" local --seeds 1..50 --faults late,break unsound repeats
    expect_status 0
    expect_stderr 'and 0 messages were acked again'
}

ids_of_what_is_pending_differ_if_the_spout_hears_what_fails() {
    for faults in '' '--faults all'; do
        # shellcheck disable=SC2086
        run "$GALE" local --seeds 1..50 $faults unsound doubles
        expect_status 1
        expect_stderr 'seed 1: L: spout "spout" emits message (0, 0) of task 1 while it is pending: ids must differ until they are acked or failed'
        # shellcheck disable=SC2086
        run "$GALE" local --seeds 1..200 $faults unsound doubles_deaf
        expect_status 0
    done
}

an_exit_is_no_end() {
    run "$GALE" local --seeds 1..2 outlaw exit
    expect_status 1
    expect_stderr 'in the middle of the run'
}

what_the_topology_fails_with_is_said() {
    run "$GALE" local --seeds 1..5 wordcount nowhere
    expect_status 1
    expect_stderr 'seed 1: spout "lines" (task 1, plugin lines), open: cannot read nowhere'
    expect_stderr 'again: gale local --seed 1 wordcount nowhere'
}

the_command_to_repeat_has_all_that_was_given() {
    run "$GALE" local -q --seeds=2..5 -c 'a.b=x y' --carriers 2 outlaw abort
    expect_status 1
    expect_stderr "again: gale local --seed 2 -q -c 'a.b=x y' --carriers 2 outlaw abort"
}

what_cannot_be_waited_for_is_refused() {
    mkfifo pipe
    exec 3<>pipe # nobody will ever write to it
    run "$GALE" local -q --seed 1 wordcount <&3
    expect_status 1
    expect_stderr 'spout "lines" (task 1), gale_wait_fd: descriptor 0 is no regular'
    expect_stderr 'read a file, or run without --seed'
}

what_needs_a_server_is_refused_before_anything_runs() {
    for seeds in '--seed 1' '--seeds 1..9' '--seeds 1..9 --faults all'; do
        # shellcheck disable=SC2086
        run "$GALE" local $seeds far_away spout
        expect_refusal "spout \"calls\" ($TEST_PLUGINS/far_away.so) needs a server" \
            'run without --seed, or put another spout in its place'
        expect_silence out
    done
    run "$GALE" local --seed 1 far_away bolt
    expect_refusal "bolt \"keeps\" ($TEST_PLUGINS/far_away.so) needs a server"
    run "$GALE" local --seeds 1..9 far_away
    expect_status 0
    run "$GALE" local -q far_away spout bolt
    expect_status 0
}

a_file_says_what_it_needs() {
    run "$GALE" inspect far_away:far_caller
    expect_stdout 'needs a server or real time: it does not run from a seed'
    run "$GALE" inspect far_away:near_caller
    ! grep -q needs out || fail "it said: $(_said out)"
}

wrong_seeds_are_refused() {
    for wrong in '--seed x' '--seed -1' '--seed 18446744073709551616' \
        '--seed 1.5' '--seeds 5' '--seeds 1..' '--seeds ..3' '--seeds 1...3' \
        '--seeds 9..1' '--seeds a..b'; do
        # shellcheck disable=SC2086
        run "$GALE" local $wrong wordcount lines
        expect_status 2
        expect_stderr "${wrong%% *}: found \"${wrong#* }\", expected"
    done
    for both in '--seed 3 --seeds 1..5' '--seeds 1..5 --seed 3'; do
        # shellcheck disable=SC2086
        run "$GALE" local $both wordcount lines
        expect_status 2
        expect_stderr '--seed and --seeds do not go together: give one of them'
    done
    run "$GALE" local --seed 1 --state s wordcount lines
    expect_status 2
    expect_stderr '--state and --seed do not go together'
}

scenario
