# v_file.sh - the bolt `file`: lines of files in a directory of this machine.
. tests/support/scenario.sh
. tests/support/sink_ledger.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_files() {
    run "$GALE" local -q -c sink.directory="$PWD/out.d" -c sink.fields=line "$@"
}

lines_are_in_finished_files_of_about_the_size_of_rotation() {
    seq 10000 >text
    _files -c sink.rotate.bytes=10000 -c sink.sync.records=100 \
        -c sink.prefix=numbers- into file 1 text
    expect_status 0
    expect_silence err
    ls out.d >names
    [ "$(grep -c '^numbers-sink-0-[0-9]*-[0-9]*\.txt$' names)" = "$(grep -c . names)" ] ||
        fail "other names: $(head -n 3 names | tr '\n' ' ')"
    expect_equal "$(grep -c . names)" 5 'files'
    cat $(printf 'out.d/%s ' $(sort -t- -k4n names)) >found
    expect_same found text
    find out.d -size +10600c >large
    [ ! -s large ] || fail "larger than that: $(cat large)"
}

records_are_delimited_or_json_and_say_what_is_in_them() {
    printf 'a|b\n"c"\\d\n\n' >text
    while IFS=';' read -r options expected; do
        # shellcheck disable=SC2086 # words of a table
        run "$GALE" local -q -c sink.directory="$PWD/$expected" \
            -c 'sink.fields=["offset","line"]' $options into file 1 text
        expect_status 0
        cat "$expected"/* >>found
    done <<'TABLE'
-c sink.delimiter=,;plain
-c sink.delimiter=| -c sink.escape=backslash;backslash
-c sink.delimiter=| -c sink.escape=blank;blank
-c sink.format=json;json
TABLE
    cat >expected <<'TEXT'
0,a|b
4,"c"\d
10,
0|a\|b
4|"c"\\d
10|
0|a b
4|"c"\d
10|
{"offset":0,"line":"a|b"}
{"offset":4,"line":"\"c\"\\d"}
{"offset":10,"line":""}
TEXT
    expect_same found expected
}

a_bad_record_is_a_dead_letter_and_the_others_are_written() {
    printf 'one\ntwo|three\nfour\n' >text
    run "$GALE" local -q -c sink.directory="$PWD/out.d" -c sink.fields=line \
        -c 'sink.delimiter=|' -c gale.topology.dead.letter="$PWD/dead" into file 1 text
    expect_status 0
    expect_stderr 'field "line": the delimiter or the end of a line is in it; the option escape says how to write that'
    cat out.d/* >found
    printf 'one\nfour\n' >expected
    expect_same found expected
    expect_equal "$(grep -c . dead)" 1 'dead letters'
}

# Each run is killed as soon as it has written more; the next one takes over what
# it has left.
what_was_acked_is_there_after_kill_9() {
    seq 200000 >text
    mkdir out.d
    for round in 1 2 3 4; do
        ls out.d >before
        "$GALE" local -q --state state -c gale.local.position.interval.ms=10 \
            -c topology.max.spout.pending=1000 -c sink.directory="$PWD/out.d" -c sink.fields=line \
            -c sink.sync.records=50 -c sink.rotate.bytes=20000 \
            into file 2 text >out 2>err &
        pid=$!
        await 'more files' _more_files_than before
        kill -KILL "$pid"
        wait "$pid" || :
    done
    ls out.d | grep -q '^_' || fail 'no file was open when the last was killed'
    _files --state state into file 2 text
    expect_status 0
    ledger text out.d
    [ "$again" -lt 100000 ] || fail "no position was kept: $ledger"
    row 41 'kill -9 of the process while it writes files, 4 times' "$ledger of at most 100000"
}

a_stop_under_load_repeats_nothing() {
    seq 300000 >text
    mkdir out.d
    for round in 1 2; do
        ls out.d >before
        "$GALE" local -q --state state -c sink.directory="$PWD/out.d" \
            -c sink.fields=line -c sink.sync.records=50 -c sink.rotate.bytes=20000 \
            -c topology.max.spout.pending=1000 into file 2 text >out 2>err &
        pid=$!
        await 'more files' _more_files_than before
        kill -TERM "$pid"
        wait "$pid" || fail "$(tail -n 3 err)"
    done
    _files --state state into file 2 text
    expect_status 0
    ledger text out.d
    row 49 'SIGTERM while files are written, twice' "$ledger of at most 0"
    expect_equal "$ledger" 'lost 0, duplicates 0' 'ledger'
}

# In a cluster of this process a worker that is killed may still be within a write
# when the next one takes its files over.
what_was_acked_is_there_when_workers_are_killed() {
    seq 300000 >text
    mkfifo orders
    mkdir out.d tmp
    TMPDIR=$PWD/tmp "$GALE" local --cluster --commands orders \
        -c topology.workers=2 -c topology.max.spout.pending=500 \
        -c topology.message.timeout.secs=5 -c gale.local.position.interval.ms=50 \
        -c sink.directory="$PWD/out.d" -c sink.fields=line \
        -c sink.sync.records=20 -c sink.rotate.bytes=50000 \
        into file 2 text >out 2>err &
    pid=$!
    for worker in 0 1 0 1; do
        ls out.d >before
        await 'more files' _more_files_than before
        echo "kill worker $worker" >orders
    done
    wait "$pid" || fail "$(tail -n 3 err)"
    ledger text out.d
    measured "4 workers killed: $ledger"
}

_more_files_than() { # FILE
    [ "$(ls out.d | grep -c .)" -gt $(($(grep -c . "$1") + 5)) ]
}

# The last of its bytes are half a record.
a_half_record_that_a_crash_has_left_is_cut_off() {
    mkdir out.d
    printf 'one\ntwo\nthr' >out.d/_sink-0-7-1700000000000.txt
    printf 'one\n' >out.d/_sink-3-0-1700000000000.txt
    printf 'hal' >out.d/_sink-1-0-1700000000000.txt
    printf 'anothers' >out.d/_other-0-0-1700000000000.txt
    printf 'three\n' >text
    _files into file 2 text
    expect_status 0
    expect_equal "$(cat out.d/sink-0-7-1700000000000.txt | tr '\n' ' ')" 'one two ' 'the file taken over'
    expect_equal "$(cat out.d/sink-3-0-1700000000000.txt)" one 'the file of a task that is no more'
    expect_equal "$(cat out.d/_other-0-0-1700000000000.txt)" anothers 'the file of another bolt'
    [ ! -e out.d/sink-1-0-1700000000000.txt ] && [ ! -e out.d/_sink-1-0-1700000000000.txt ] ||
        fail 'a file without a record is kept'
}

a_file_that_somebody_removes_is_said_to_be_removed_and_not_finished() {
    mkfifo input
    "$GALE" local -q -c sink.directory="$PWD/out.d" -c sink.fields=line -c sink.sync.ms=20 \
        into file 1 input >out 2>err &
    pid=$!
    exec 3>input
    echo one >&3
    await 'the file' _is_written 4
    name=$(ls out.d)
    rm "out.d/$name"
    echo two >&3
    await 'another file' _is_written 4
    exec 3>&-
    wait "$pid" || fail "$(cat err)"
    expect_equal "$(cat out.d/*)" two 'what is written'
    expect_stderr "$name was removed by somebody before it was finished: 4 bytes that were safe went with it"
    ! grep -q 'is finished' err || fail "$(grep 'is finished' err)"
}

_is_written() { # BYTES
    [ "$(cat out.d/_* | wc -c)" = "$1" ]
}

a_file_without_a_whole_record_is_said_to_be_removed() {
    mkdir out.d
    printf 'hal' >out.d/_sink-1-0-1700000000000.txt
    echo one >text
    run "$GALE" local -c sink.directory="$PWD/out.d" -c sink.fields=line into file 2 text
    expect_status 0
    expect_stderr '_sink-1-0-1700000000000.txt is removed: it had no whole record'
    ! grep -q 'is finished' err || fail "$(grep 'is finished' err)"
}

# As in HDFS until the lease of a dead writer is over.
a_file_that_cannot_be_finished_yet_is_waited_for_and_left_to_the_next_start() {
    mkdir out.d
    echo one >out.d/_sink-0-7-1700000000000.txt
    echo in the way >out.d/sink-0-7-1700000000000.txt
    echo two >text
    _files -c sink.finish.secs=1 into file 1 text
    expect_status 0
    expect_stderr 'the end waits for up to 1 s (finish.secs) until 1 files can be finished: cannot rename'
    expect_stderr '_sink-0-7-1700000000000.txt is left to the next start: cannot rename'
    rm out.d/sink-0-7-1700000000000.txt
    _files into file 1 text
    expect_status 0
    expect_equal "$(cat out.d/sink-0-7-*)" one 'the file that was left'
    ! ls out.d | grep '^_' || fail 'an open file is left'
    "$GALE" inspect file | grep -q 'option finish.secs: .*, default 15$' || fail 'of files'
    "$GALE" inspect hdfs_bolt | grep -q 'option finish.secs: .*, default 75$' ||
        fail 'HDFS keeps a lease for 60 s'
}

a_file_is_finished_when_it_is_old_enough() {
    mkfifo input
    "$GALE" local -q -c sink.directory="$PWD/out.d" -c sink.fields=line \
        -c sink.sync.ms=20 -c sink.rotate.secs=1 into file 1 input >out 2>err &
    pid=$!
    exec 3>input
    echo one >&3
    await 'a finished file' _finished 1
    echo two >&3
    await 'another' _finished 2
    exec 3>&-
    wait "$pid" || fail "$(cat err)"
    expect_equal "$(cat out.d/* | tr '\n' ' ')" 'one two ' 'lines'
}

_finished() { # how many
    [ "$(ls out.d 2>/dev/null | grep -c '^sink')" = "$1" ]
}

# A disk of 64 KiB; then somebody makes room.
a_full_disk_loses_nothing_and_holds_up_no_stop() {
    [ "$(id -u)" = 0 ] || skip 'only root can mount a small disk'
    mkdir out.d kept
    mount -t tmpfs -o size=64k none out.d 2>err || skip "$(cat err)"
    trap 'umount -l "$PWD/out.d"' EXIT
    seq 100000 >text
    "$GALE" local -q -c sink.directory="$PWD/out.d" -c sink.fields=line \
        -c sink.sync.records=500 -c sink.rotate.bytes=20000 \
        -c sink.retry.secs=2 into file 1 text >out 2>err &
    pid=$!
    await 'a full disk' grep -q 'No space left on device' err
    while kill -0 "$pid" 2>/dev/null; do
        for file in out.d/sink*; do
            [ ! -e "$file" ] || mv "$file" kept
        done
        sleep 0.05
    done
    wait "$pid" || fail "$(tail -n 3 err)"
    mv out.d/* kept 2>/dev/null || :
    ledger text kept
    grep -q 'cannot append to .*: No space left on device; [0-9]* records wait, next try in' err ||
        grep -q 'cannot write .*: No space left on device; [0-9]* records wait, next try in' err ||
        fail "it said: $(head -n 2 err)"
    expect_message 'No space left on device; '
    row 28 "full disk, $(grep -c 'records wait' err) tries fail" "$ledger of at most 0"
    expect_equal "$ledger" 'lost 0, duplicates 0' 'ledger'
}

# No file may be longer than 32 KiB: what an append has written of itself is cut off.
a_limit_of_the_length_of_files_damages_no_record() {
    seq 30000 >text
    (
        ulimit -f 64 || exit 77 # of 512 bytes each
        exec "$GALE" local -q -c sink.directory="$PWD/out.d" -c sink.fields=line \
            -c sink.sync.records=700 -c sink.rotate.bytes=10000000 into file 1 text
    ) >out 2>err || fail "$(tail -n 3 err)"
    expect_message 'File too large; 700 records wait, next try in'
    grep -q ' ERROR .*records wait, next try in' err || fail 'no error was reported'
    ledger text out.d
    row 28 'files may be 32 KiB long' "$ledger of at most 0"
    expect_equal "$ledger" 'lost 0, duplicates 0' 'ledger'
}

what_cannot_work_is_said_before_anything_runs() {
    echo one >text
    mkdir -m 555 closed
    while IFS=';' read -r options sentence; do
        # shellcheck disable=SC2086 # words of a table
        run "$GALE" local -q -c sink.directory="$PWD/out.d" $options into file 1 text
        expect_status 1
        expect_stderr "$sentence"
        [ ! -e out.d ] || [ -z "$(ls out.d)" ] || fail "files after: $sentence"
    done <<'TABLE'
-c sink.directory=text;cannot write to the directory text: Not a directory
-c sink.directory=text/deep/er;cannot write to the directory text/deep/er: Not a directory
-c sink.prefix=a/b;the options prefix and extension are parts of the name of a file: expected no slash
-c sink.prefix=_a;the option prefix begins with _ or a dot, and readers would not see any file
-c sink.delimiter=;the option delimiter is empty or too long: expected 1 to 16 bytes
-c sink.fields=nothing;component "sink": the option "fields" names the field "nothing", which the stream "default" of "lines" does not declare: it has "line", "file", "offset"
-c sink.retry.secs=100;option retry.secs is 100, expected no more than topology.message.timeout.secs, which is 30
TABLE
    unprivileged "$GALE" local -q -c sink.directory="$PWD/closed/in" into file 1 text \
        >out 2>err && fail 'it writes where nobody may'
    expect_stderr "closed/in: Permission denied"
}

the_example_of_the_page_works() {
    example to_files
    printf 'the cow\nthe moon\n' >text
    export TEXT="$PWD/text" OUT="$PWD/out.d"
    run "$GALE" check --env-filter to_files.yaml
    expect_status 0
    run "$GALE" local -q --env-filter to_files.yaml
    expect_status 0
    ls out.d >names
    grep -q '^file-0-0-[0-9]*\.json$' names || fail "found $(cat names)"
    printf '{"line":"the cow","file":"%s","offset":0}\n' "$TEXT" >expected
    printf '{"line":"the moon","file":"%s","offset":8}\n' "$TEXT" >>expected
    cat out.d/* >found
    expect_same found expected
}

scenario
