# v_directory.sh - the spout `directory`: the lines of files that come into a
# directory, once each.
. tests/support/scenario.sh
. tests/support/sink_ledger.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_topology() { # TASKS
    cat >topology.yaml <<YAML
name: watch
spouts:
  - {id: files, plugin: directory, parallelism: $1, config: {directory: in}}
bolts:
  - {id: print, plugin: print, config: {fields: line}}
streams:
  - {from: files, to: print, grouping: GLOBAL}
YAML
}

# All that is there, until nothing is.
_read_all() { # OPTION…
    run "$GALE" local -q -c end=true -c age.ms=0 "$@" topology.yaml
    expect_status 0
}

files_are_read_in_their_order_and_moved_away() {
    mkdir in
    printf 'one\ntwo\n' >in/a
    printf 'three\n\nno newline' >in/b
    : >in/empty
    printf 'no\n' | tee in/.hidden in/_open in/half.tmp >in/a.tmp
    _topology 1
    _read_all
    printf 'one\ntwo\nthree\n\nno newline\n' >expected
    expect_same out expected
    expect_equal "$(ls in/_done | tr '\n' ' ')" 'a b empty ' 'files that are done'
    expect_equal "$(ls -A in | tr '\n' ' ')" '.hidden _bad _done _open a.tmp half.tmp ' 'what stays'
    printf 'again\n' >in/a
    _read_all
    expect_stdout again
    expect_equal "$(ls in/_done | tr '\n' ' ')" 'a a.1 b empty ' 'a name that was taken'
}

a_file_is_read_when_it_comes() {
    mkdir in
    _topology 1
    "$GALE" local -q -c age.ms=0 -c rescan.secs=3600 topology.yaml >out 2>err &
    pid=$!
    await 'the spout' test -d in/_bad
    for n in 1 2 3; do
        echo "$n" >"in/.$n"
        mv "in/.$n" "in/$n"
        await "file $n" test -e "in/_done/$n"
    done
    kill -INT "$pid"
    wait "$pid" || fail "$(cat err)"
    seq 3 >expected
    expect_same out expected
}

a_file_that_is_being_written_is_left_alone_until_it_is_old_enough() {
    mkdir in
    _topology 1
    echo one >in/a
    touch -d '-1 hour' in/a
    echo two >in/b
    run "$GALE" local -q -c end=true -c age.ms=300 topology.yaml
    expect_status 0
    printf 'one\ntwo\n' >expected
    expect_same out expected
}

a_file_that_cannot_be_read_goes_to_the_bad_ones() {
    mkdir in
    _topology 1
    printf 'first\n%02000d\nlast\n' 1 >in/a
    echo fine >in/b
    _read_all -c max.line.bytes=1000
    printf 'first\nfine\n' >expected
    expect_same out expected
    expect_stderr 'the file in/a is bad, and goes to _bad: a line is longer than max.line.bytes'
    expect_equal "$(ls in/_bad in/_done | tr '\n' ' ')" 'in/_bad: a  in/_done: b ' 'files'
}

# With a few pending lines it takes seconds.
_begin_a_large_one() {
    mkdir in
    seq 100000 >in/a
    cp in/a text
    _topology 1
    "$GALE" local -q -c age.ms=0 -c topology.max.spout.pending=20 --stats stats topology.yaml \
        >out 2>err &
    pid=$!
    await 'some lines' test -s out
}

_has_line() {
    grep -qx "$1" out
}

_stop_reading() {
    kill -INT "$pid"
    wait "$pid" || fail "$(cat err)"
    head -n 100000 out >found
    expect_same found text
}

a_file_that_is_removed_while_it_is_read_is_not_said_to_be_done() {
    _begin_a_large_one
    rm in/a
    [ "$(wc -l <out)" -lt 100000 ] || fail 'it was read before it was removed'
    await 'a word' grep -q 'in/a was removed, moved away or replaced while it was read: 588895 bytes of it were emitted, and it does not go to _done' err
    echo next >in/b
    await 'the next' _has_line next
    _stop_reading
    expect_equal "$(ls in/_done | tr '\n' ' ')" 'b ' 'files that are done'
    grep -q '"files.done"[^}]*"value": *1[^0-9]' stats || fail "$(grep files.done stats)"
}

one_that_takes_its_place_is_read_too() {
    _begin_a_large_one
    echo another >in/.new
    mv in/.new in/a
    [ "$(wc -l <out)" -lt 100000 ] || fail 'it was read before it was replaced'
    await 'the other' _has_line another
    _stop_reading
    expect_equal "$(cat in/_done/a)" another 'what is done'
}

several_tasks_share_the_files() {
    mkdir in
    seq 1 1000 >text
    for n in 0 1 2 3 4 5 6 7 8 9; do
        seq $((n * 100 + 1)) $((n * 100 + 100)) >"in/f$n"
    done
    _topology 3
    _read_all
    sort -n out >found
    expect_same found text
    expect_equal "$(ls in/_done | grep -c .)" 10 'files that are done'
}

_more_out_than() { # BYTES
    [ "$(($(wc -c <out.all)))" -gt "$1" ]
}

what_is_there_is_read_in_the_end_after_kill_9() {
    mkdir in
    for n in 1 2 3 4; do
        seq $((n * 100000 - 99999)) $((n * 100000)) >"in/f$n"
    done
    seq 400000 >text
    _topology 1
    : >out.all
    for round in 1 2 3; do
        size=$(wc -c <out.all)
        "$GALE" local -q --state state -c end=true -c age.ms=0 \
            -c gale.local.position.interval.ms=10 \
            -c topology.max.spout.pending=20 topology.yaml >>out.all 2>err &
        pid=$!
        await 'more lines' _more_out_than $((size + 20000))
        kill -KILL "$pid"
        wait "$pid" || :
        echo >>out.all # a line that was cut
    done
    "$GALE" local -q --state state -c end=true -c age.ms=0 topology.yaml >>out.all 2>err ||
        fail "$(cat err)"
    sort out.all | uniq >found
    sort text | comm -23 - found >lost
    [ ! -s lost ] || fail "lost: $(head -n 3 lost | tr '\n' ' ')"
    expect_equal "$(ls in/_done | grep -c .)" 4 'files that are done'
    measured "kill -9, 3 times: lost 0, $(($(grep -c . out.all) - 400000)) came again"
}

# A stop waits for what is pending, and keeps the position.
a_stop_under_load_repeats_nothing() {
    mkdir in
    seq 300000 >text
    split -l 100000 text in/f
    _topology 1
    : >out.all
    for round in 1 2 3; do
        size=$(wc -c <out.all)
        "$GALE" local -q --state state -c end=true -c age.ms=0 \
            -c topology.max.spout.pending=20 topology.yaml >>out.all 2>err &
        pid=$!
        await 'more lines' _more_out_than $((size + 20000))
        kill -TERM "$pid"
        wait "$pid" || fail "$(cat err)"
    done
    [ "$(grep -c . out.all)" -lt 300000 ] || fail 'it was not stopped under load'
    "$GALE" local -q --state state -c end=true -c age.ms=0 topology.yaml >>out.all 2>err ||
        fail "$(cat err)"
    row 49 'SIGTERM while a directory is read, 3 times' \
        "lost $((300000 - $(sort -u out.all | grep -c .))), duplicates $(sort out.all | uniq -d |
            grep -c . || :) of at most 0"
    sort -n out.all >found
    expect_same found text
}

lines_that_fail_are_read_again() {
    mkdir in
    seq 10000 >in/f
    cat >topology.yaml <<'YAML'
name: watch
spouts:
  - {id: files, plugin: directory, config: {directory: in}}
bolts:
  - {id: some, plugin: fail_some, config: {percent: 5}}
  - {id: print, plugin: print}
streams:
  - {from: files, to: some, grouping: SHUFFLE}
  - {from: some, to: print, grouping: GLOBAL}
YAML
    _read_all --stats stats
    [ "$(counter stats some failed)" -gt 100 ] || fail 'none has failed'
    seq 10000 | sort >expected
    sort out | uniq >found
    expect_same found expected
    expect_equal "$(ls in/_done)" f 'files that are done'
}

what_cannot_work_is_said() {
    _topology 1
    run "$GALE" local -q topology.yaml
    expect_refusal 'cannot read the directory in: No such file or directory'
    mkdir in
    echo >file
    run "$GALE" local -q -c done=file topology.yaml
    expect_refusal 'cannot open or make the directory file: Not a directory'
}

the_example_of_the_page_works() {
    example watch spouts
    mkdir in
    seq 3 >in/a
    export IN="$PWD/in"
    run "$GALE" local -q --env-filter -c end=true watch.yaml
    expect_status 0
    seq 3 >expected
    expect_same out expected
    expect_equal "$(ls in/_done)" a 'files that are done'
}

scenario
