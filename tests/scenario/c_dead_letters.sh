#!/bin/sh
# c_dead_letters.sh - messages that nobody can process: kept in a spool, listed,
# shown, and run once more.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# picky fails lines that begin with "bad", and calls those with "poison" that.
_text() {
    printf 'one\nbad apple\ntwo\npoison ivy\nthree\n' >text
}

_run() {
    run "$GALE" local -q -c gale.topology.max.replays=2 \
        -c gale.topology.dead.letter=./spool --stats stats.json "$@"
}

_spool() {
    _text
    _run picky text
    expect_status 0
}

what_fails_too_often_goes_to_the_spool_and_the_run_ends() {
    _spool
    printf 'one\ntwo\nthree\n' >wanted
    expect_same out wanted
    expect_equal "$(counter stats.json lines acked)" 5 "messages acked"
    expect_equal "$(counter stats.json lines dead_letters)" 2 "dead letters"
    expect_equal "$(counter stats.json picky executed)" 7 "inputs of picky"
    expect_equal "$(wc -l <spool)" 2 "lines of the spool"
    grep -q '"value":"bad apple"' spool || fail 'no payload'
}

the_tables_count_dead_letters() {
    _text
    run "$GALE" local -c gale.topology.dead.letter=./spool \
        -c gale.topology.max.replays=1 picky text
    expect_stderr 'lines: 2 dead letters'
}

without_a_spool_they_are_named_and_dropped() {
    _text
    run "$GALE" local -q -c gale.topology.max.replays=2 picky text
    expect_status 0
    expect_stderr 'a message was given up after 3 failures, the last: "bad app'
}

_says_why_it_goes_on() {
    grep -qF 'WARN picky picky-2 a message that is poison comes again and again, since neither gale.topology.dead.letter nor gale.topology.max.replays is set' err
}

a_run_that_poison_keeps_from_ending_says_so_once() {
    _text
    "$GALE" local -q picky text >out 2>err &
    pid=$!
    await 'a word about it' _says_why_it_goes_on
    await 'poison again' eval '[ "$(grep -c "poison ivy" err)" -gt 2 ]'
    kill -TERM "$pid"
    wait "$pid" || :
    expect_equal "$(grep -c 'comes again and again' err)" 1 warnings
    _spool
    ! grep 'comes again' err || fail 'it goes to the spool'
}

list_has_a_line_for_each() {
    _spool
    run "$GALE" dead-letters list spool
    expect_status 0
    expect_equal "$(wc -l <out)" 2 lines
    expect_stdout 'lines: failed 3 times, in picky: "bad apple" tastes bad'
    expect_stdout 'lines: failed as poison, 1 time, in picky: "poison ivy" c'
}

show_says_everything_about_one() {
    _spool
    n=$(grep -n 'bad apple' spool | cut -d: -f1)
    run "$GALE" dead-letters show spool "$n"
    expect_status 0
    expect_stdout 'topology   picky'
    expect_stdout 'spout      lines (task 1)'
    expect_stdout 'failed in  picky (task 2)'
    expect_stdout 'failures   3'
    expect_stdout 'error      "bad apple" tastes bad'
    expect_stdout 'field      line = "bad apple"'
}

replay_emits_them_again_and_what_fails_anew_goes_to_another_spool() {
    _spool
    mv spool old
    run "$GALE" dead-letters replay old -q -c gale.topology.max.replays=2 \
        -c gale.topology.dead.letter=./spool -c twice=true picky text
    expect_status 0
    echo 'bad apple' >wanted
    expect_same out wanted
    run "$GALE" dead-letters list spool
    expect_equal "$(wc -l <out)" 1 lines
    expect_stdout 'poison ivy'
}

replay_into_the_spool_that_is_read_is_refused() {
    _spool
    cp spool before
    _run --letters spool picky text
    expect_status 1
    expect_stderr 'cannot write ./spool: another run has it; name another file'
    expect_same spool before
}

replay_into_another_topology_says_what_does_not_fit() {
    _spool
    run "$GALE" dead-letters replay spool exclamation
    expect_status 1
    expect_stderr 'spool: record 1 is of spout "lines", which this topology'
}

a_spool_cut_in_half_is_read_up_to_its_last_whole_record() {
    _spool
    head -c "$(($(wc -c <spool) - 20))" spool >half
    run "$GALE" dead-letters list half
    expect_status 0
    expect_equal "$(wc -l <out)" 1 lines
    expect_stderr 'half: the last record is cut off and is left out'
    run "$GALE" dead-letters show half 2
    expect_status 1
    expect_stderr 'half has no record 2: it has 1'
    run "$GALE" dead-letters replay half -q -c twice=true \
        -c gale.topology.max.replays=1 picky text
    expect_status 0
    expect_stderr 'warning: half: the last record is cut off and is left out'
}

a_run_goes_on_behind_the_last_whole_record() {
    _spool
    head -c "$(($(wc -c <spool) - 20))" spool >half
    mv half spool
    _run picky text
    run "$GALE" dead-letters list spool
    expect_status 0
    expect_equal "$(wc -l <out)" 3 lines
}

a_damaged_record_does_not_hide_the_others() {
    _spool
    { head -n 1 spool; echo nonsense; tail -n 1 spool; } >odd
    run "$GALE" dead-letters list odd
    expect_status 1
    expect_equal "$(wc -l <out)" 2 lines
    expect_stderr 'gale dead-letters: odd: record 2 is no object of JSON'
    run "$GALE" dead-letters replay odd -q -c gale.topology.max.replays=1 \
        -c gale.topology.dead.letter=./again picky text
    expect_status 0
    expect_stderr 'odd: record 2 is no object of JSON; it is left out'
    expect_equal "$(wc -l <again)" 2 'letters of the two that are whole'
}

# Messages stay failed and are emitted again: only its end ends the run.
a_spool_that_is_full_is_said_and_loses_nothing() {
    _text
    run "$GALE" local -q -c gale.topology.max.replays=1 --local-ttl 0.2 \
        -c gale.topology.dead.letter=/dev/full -c gale.topology.drain.secs=0.1 \
        --stats stats.json picky text
    expect_stderr 'cannot write to /dev/full: No space left on device; the mess'
    expect_equal "$(counter stats.json lines acked)" 3 "messages acked"
    expect_equal "$(counter stats.json lines dead_letters)" 0 "dead letters"
    _run -c gale.topology.dead.letter.max.bytes=10 --local-ttl 0.2 picky text
    expect_stderr 'it is full, see gale.topology.dead.letter.max.bytes'
    expect_equal "$(counter stats.json lines acked)" 3 "messages acked"
}

# What to do about it is said; to drop what was emitted would be a loss.
a_message_that_is_too_large_for_a_letter_stays_failed() {
    { printf 'poison ' && head -c 1100000 /dev/zero | tr '\0' x && echo; } >text
    _run --local-ttl 0.5 picky text
    expect_stderr 'can be no dead letter stays failed, and is emitted again: it is larger than 1 MiB, which a letter in a file may be at most; let gale.topology.dead.letter name a bolt'
    expect_equal "$(counter stats.json lines acked)" 0 "messages acked"
    expect_equal "$(wc -l <spool)" 0 "lines of the spool"
}

a_spool_that_cannot_be_written_is_refused_at_once() {
    _text
    _run -c gale.topology.dead.letter=none/spool picky text
    expect_status 1
    expect_stderr 'cannot write none/spool: No such file or directory'
    _run -c gale.topology.dead.letter=spool picky text
    expect_status 1
    expect_stderr 'gale.topology.dead.letter: "spool" is neither a bolt'
}

# 1 ms, 2 ms … 512 ms, and then once a second, in a world whose time is made up.
what_fails_again_and_again_rests_between_its_tries() {
    echo 'bad apple' >text
    run "$GALE" local --seed 1 --local-ttl 100 picky text
    expect_stderr '100 s: 110 tuples, 1.10/s; messages acked 0, failed 110'
}

the_same_happens_from_a_seed() {
    _text
    run "$GALE" local --seeds 1..20 -c gale.topology.max.replays=2 \
        -c gale.topology.dead.letter=./spool picky text
    expect_status 0
    [ ! -e spool ] || fail 'a simulated run has written to the disk'
}

wrong_arguments_are_named() {
    run "$GALE" dead-letters
    expect_status 2
    expect_stderr 'found "", expected list, show or replay'
    run "$GALE" dead-letters show none 1
    expect_status 1
    expect_stderr 'cannot read none: No such file or directory'
    : >empty
    run "$GALE" dead-letters list empty
    expect_status 0
    expect_silence out
    run "$GALE" dead-letters show empty x
    expect_status 2
    expect_stderr 'show: found "x", expected the number of a record'
    run "$GALE" dead-letters replay empty
    expect_status 2
    expect_stderr 'expected a file and a topology'
}

scenario
