# k_cluster.sh - a cluster on one machine: `gale cluster up|down|status`, and the
# commands around a cluster.
. tests/support/scenario.sh

# -- helpers ----------------------------------------------------------------------

# A cluster in ./c, which does not outlive the test.
_up() {
    command -v java >/dev/null || skip 'there is no java here'
    trap '"$GALE" cluster down "$PWD/c" >down.out 2>&1 || cat down.out' EXIT
    run "$GALE" cluster up "$PWD/c" "$@"
    expect_status 0
    export GALE_CONFIG="$PWD/c/gale.yaml"
}

# Those of this test: each names the directory in its arguments.
_processes() { # the pattern from a file: grep must not find itself
    echo "$PWD/c/" >pattern
    grep -slaF -f pattern /proc/[0-9]*/cmdline | cut -d/ -f3 || :
}

# The process of NAME, from what `status` shows.
_pid() {
    "$GALE" cluster status c | awk -v name="$1" '$1 == name { print $3 }'
}

# _pids WORD: processes with that argument: worker, log-writer …
_pids() {
    for _p in $(_processes); do
        tr '\0' '\n' <"/proc/$_p/cmdline" 2>/dev/null | grep -qxF "$1" &&
            echo "$_p"
    done
    :
}

# A command is asked again until it succeeds, for 30 s.
_until() {
    _end=$(($(date +%s) + 30))
    until "$@" >until.out 2>&1; do
        [ "$(date +%s)" -lt "$_end" ] ||
            fail "in 30 s it did not come to: $*: $(_said until.out)"
        sleep 0.05
    done
}

_lists() { # NAME STATUS
    "$GALE" list | awk -v name="$1" -v status="$2" \
        '$1 == name && $2 == status { found = 1 } END { exit !found }'
}

_has_workers() { # N
    [ "$(_pids worker | wc -l)" -ge "$1" ]
}

_expect_nothing_left() {
    [ ! -e c ] || fail "the directory is left behind: $(ls c | tr '\n' ' ')"
    [ -z "$(_processes)" ] || fail "processes are left behind: $(
        for p in $(_processes); do tr '\0' ' ' <"/proc/$p/cmdline"; done)"
}

# One that goes on for days, on two workers.
_submit_endless() { # NAME
    run "$GALE" submit --name "$1" -c topology.workers=2 \
        "$PLUGINS/rolling_top_words.so" 100000000 200 1000 500
    expect_status 0
    _until _has_workers 2
}

# -- up, down, status -------------------------------------------------------------

a_cluster_comes_up_runs_a_topology_to_its_end_and_leaves_nothing() {
    _up
    expect_stdout "a cluster runs in $PWD/c: nimbuses 1, supervisors 2, slots 4"
    expect_stdout "export GALE_CONFIG=$PWD/c/gale.yaml"
    echo 'the cow jumped over the moon' >text
    run "$GALE" submit --files text "$PLUGINS/wordcount.so" text
    expect_status 0
    _until _lists wordcount FINISHED
    run "$GALE" cluster status c
    expect_status 0
    expect_stdout 'supervisor-2   runs'
    expect_stdout 'wordcount  FINISHED'
    run "$GALE" cluster down c
    expect_status 0
    expect_stdout "the cluster in $PWD/c is ended and removed"
    expect_silence err
    _expect_nothing_left
    run "$GALE" cluster down c
    expect_status 0
    expect_stdout 'there is nothing at c'
}

what_is_killed_and_half_there_is_ended_and_removed_all_the_same() {
    _up
    _submit_endless words
    kill -KILL "$(_pid supervisor-1)" "$(_pid nimbus-1)" "$(_pid zookeeper)"
    kill -STOP "$(_pids worker | head -n 1)"
    rm -rf c/nimbus-1 c/gale.yaml c/supervisor-2.log
    run "$GALE" cluster down c
    expect_status 0
    expect_silence err
    _expect_nothing_left
}

a_cluster_that_was_kept_goes_on_with_its_topologies() {
    _up --supervisors 1 --nimbuses 2
    _submit_endless words
    run "$GALE" cluster down --keep c
    expect_status 0
    expect_stdout "the cluster in $PWD/c is ended; its data and logs are kept"
    [ -z "$(_processes)" ] || fail 'processes are left behind'
    run "$GALE" cluster status c
    expect_status 1
    expect_stdout 'does not run'
    run "$GALE" cluster up --slots 3 c
    expect_status 1
    expect_stderr "the cluster in $PWD/c goes on as it was: --supervisors, --slots and --nimbuses are for a new one"
    run "$GALE" cluster up c
    expect_status 0
    expect_stdout 'nimbuses 2, supervisors 1, slots 2'
    _until _has_workers 2
    _lists words ACTIVE || fail "the topology is gone: $("$GALE" list)"
    run "$GALE" cluster up c
    expect_status 1
    expect_stderr "a cluster runs in $PWD/c already"
    run "$GALE" cluster down c
    expect_status 0
    _expect_nothing_left
}

why_a_cluster_does_not_come_up_is_named() {
    _up --supervisors 1
    "$GALE" cluster down --keep c
    rm -r c/supervisor-1
    touch c/supervisor-1
    run "$GALE" cluster up c
    expect_status 1
    expect_stderr "gale cluster: supervisor-1 has ended by itself: $PWD/c/supervisor-1.log says why"
    [ -z "$(_processes)" ] || fail 'the others are left behind'
    grep -q 'storm.local.dir' c/supervisor-1.log || fail 'the log does not say why'
    echo x >c/cluster
    for verb in up status down; do
        run "$GALE" cluster $verb c
        expect_status 1
        expect_stderr "$PWD/c/cluster is damaged, so nobody knows which processes belong to it"
    done
    rm -r c
}

a_directory_of_something_else_is_left_alone() {
    mkdir c
    echo mine >c/thing
    for verb in up status down; do
        run "$GALE" cluster $verb c
        expect_status 1
        expect_stderr "$PWD/c holds no cluster, but other things"
    done
    expect_equal "$(ls c)" thing 'what is in it'
    run "$GALE" cluster status nowhere
    expect_status 1
    expect_stderr 'there is nothing at nowhere'
    mkdir -p "$(printf '%0100d' 0)"
    run "$GALE" cluster up "$(printf '%0100d' 0)"
    expect_status 1
    expect_stderr 'is too long a path: expected one of at most 75 bytes'
}

arguments_of_cluster_that_make_no_sense_are_refused() {
    for words in '' up 'down' 'up a b' 'sideways c' 'up --slots 0 c' \
        'up --slots x c' 'up --supervisors 33 c' 'up --keep c' \
        'down --slots 2 c' 'status --keep c' 'up --json c' 'up --slot' \
        'up --timeout 0 c' 'up --nimbuses' 'up --bad c'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" cluster $words
        expect_status 2
        expect_stderr 'gale cluster: '
        expect_stderr '`gale help cluster` explains it'
    done
    [ ! -e c ] || fail 'a directory was made'
}

# -- workers ----------------------------------------------------------------------

_has_ended() { # its parent may not have seen it yet
    [ ! -e "/proc/$1" ] || grep -qs '^State:.Z' "/proc/$1/status" || [ ! -e "/proc/$1" ]
}

workers_are_ended_whether_their_supervisor_runs_or_not() {
    _up --supervisors 1
    _submit_endless words
    before=$(_pids worker)
    run "$GALE" kill_workers -c storm.local.dir="$PWD/c/supervisor-1"
    expect_status 0
    expect_stdout "workers of $PWD/c/supervisor-1 that were ended: 2"
    for pid in $before; do
        _has_ended "$pid" || fail "process $pid goes on"
    done
    _until _has_workers 2 # a supervisor that runs starts them again
    kill -KILL "$(_pid supervisor-1)"
    run "$GALE" kill_workers --json -c storm.local.dir="$PWD/c/supervisor-1"
    expect_status 0
    expect_equal "$(cat out)" '{"ended":2}' 'the answer'
    expect_equal "$(_pids worker)$(_pids log-writer)" '' 'what is left'
    run "$GALE" kill_workers -c storm.local.dir="$PWD/c/supervisor-1"
    expect_stdout 'that were ended: 0'
    run "$GALE" kill_workers words
    expect_status 2
}

# -- logs -------------------------------------------------------------------------

what_workers_have_written_is_shown_wherever_they_are() {
    _up
    echo 'the cow jumped over the moon' >text
    run "$GALE" submit --files text -c topology.workers=2 "$PLUGINS/wordcount.so" text
    expect_status 0
    _submit_endless words
    _until _lists wordcount FINISHED
    run "$GALE" logs wordcount # its logs outlive its workers
    expect_status 0
    expect_silence err
    expect_stdout '==> worker 0 on '
    expect_stdout '==> worker 1 on '
    expect_stdout '2 the'
    _until sh -c '"$GALE" logs -c print words | grep -q "{cow: "'
    run "$GALE" logs --json -n 1 -c print words
    expect_status 0
    expect_equal "$(wc -l <out)" 1 'how many workers print'
    worker=$(grep -o '"worker":[01]' out | cut -d: -f2)
    run "$GALE" logs -n 1 -w $((1 - worker)) words
    expect_status 0
    ! grep -q cow out || fail 'the other worker prints, too'
    for words in 'nothing' '-c nothing words' '-w 3 words' '-c lines wordcount'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" logs $words
        expect_status 1
        expect_silence out
    done
    expect_stderr 'runs nowhere now, and who had "lines" is not kept'
    for words in '' '-n x words' '-w -1 words' '-n' 'a b' '--bad words'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" logs $words
        expect_status 2
    done
}

_log() { # the file that the worker of the test's topology writes now
    echo c/supervisor-1/supervisor/logs/words-*/0/worker.log
}

_log_has() {
    [ -s "$(_log)" ]
}

_log_is_another_than() { # INODE
    [ "$(stat -c %i "$(_log)")" != "$1" ]
}

a_log_is_followed_from_file_to_file() {
    _up --supervisors 1
    "$GALE" cluster down --keep c
    echo 'gale.worker.log.bytes: 8192' >>c/gale.yaml
    "$GALE" cluster up c
    run "$GALE" submit --name words "$PLUGINS/rolling_top_words.so" 100000000 500 600 10
    expect_status 0
    _until _log_has
    "$GALE" logs --json -f -n 0 words >followed 2>err &
    follower=$!
    _until test -s followed
    for _i in 1 2; do # two more files
        _until _log_is_another_than "$(stat -c %i "$(_log)")"
    done
    kill "$follower"
    wait "$follower" || :
    expect_silence err
    sed 's/.*"text":"//; s/"}$//; s/\\n/\n/g' followed | grep . >lines
    for file in 4 3 2 1; do
        cat "$(_log).$file" 2>/dev/null || :
    done >whole
    cat "$(_log)" >>whole
    sed -n "$(grep -nxF "$(head -n 1 lines)" whole | head -n 1 | cut -d: -f1),\$p" whole |
        head -n "$(wc -l <lines)" >expected
    expect_same lines expected
    [ "$(wc -l <lines)" -gt 200 ] || fail "only $(wc -l <lines) lines were followed"
}

scenario
