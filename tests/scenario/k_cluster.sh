# k_cluster.sh - a cluster on one machine: `gale cluster up|down|status`, and its
# workers, which are ended by themselves.
. tests/support/scenario.sh
. tests/support/own_cluster.sh

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
    tr -s ' ' <out >narrow # columns are as wide as what is in them
    mv narrow out
    expect_stdout 'supervisor-2 runs'
    expect_stdout 'wordcount FINISHED'
    for name in nimbus supervisor; do # what ps, top and ss show
        expect_equal "$(cat "/proc/$(_pid $name-1)/comm")" "gale $name" 'the name'
    done
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

_worker_at() { # NAME of the supervisor that has it
    for _p in $(_pids worker); do
        tr '\0' '\n' <"/proc/$_p/cmdline" | grep -qF "/$1/" && echo "$_p"
    done
    :
}

_is_gone() { # PID
    [ ! -e "/proc/$1" ]
}

# What one of them waits for is not to be ended before it, and nobody waits for those
# of other machines.
workers_of_all_supervisors_are_ended_side_by_side() {
    _up --supervisors 2
    for name in first second; do
        run "$GALE" submit --name $name "$PLUGINS/rolling_top_words.so" 100000000 20 1000 500
        expect_status 0
    done
    _until _run_workers 2
    stands=$(_worker_at supervisor-1)
    other=$(_worker_at supervisor-2)
    [ -n "$stands" ] && [ -n "$other" ] || fail "there are: $(_pids worker)"
    kill -STOP "$stands" # until it is killed
    "$GALE" cluster down c >down.out 2>&1 &
    down=$!
    _until _is_gone "$other"
    kill -0 "$stands" || fail 'the one that stands still was waited for'
    wait "$down" || fail "$(cat down.out)"
    _expect_nothing_left
}

a_cluster_whose_directory_was_removed_is_ended() {
    _up
    _submit_endless words
    rm -rf c
    run "$GALE" cluster down c/
    expect_status 0
    expect_stdout 'the directory c/ is gone; '
    expect_stdout 'processes of its cluster ran, and are ended'
    _expect_nothing_left
    run "$GALE" cluster down c
    expect_stdout 'there is nothing at c'
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
    run "$GALE" cluster up --nimbuses 2 c # of one that runs, nothing is left to do
    expect_status 0
    expect_stdout "a cluster runs in $PWD/c: nimbuses 2, supervisors 1, slots 2"
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
    mkdir empty
    ln -s empty link
    run "$GALE" cluster down empty
    expect_status 0
    expect_stdout 'there is nothing at empty'
    for verb in up down; do
        run "$GALE" cluster $verb link/
        expect_status 1
        expect_stderr 'link/ is a symbolic link, expected a directory: say where it really is'
    done
    [ -d empty ] && [ -L link ] || fail 'it was removed'
    run "$GALE" cluster up --jars "$PWD/nowhere" made
    expect_status 1
    expect_stderr "there is no $PWD/nowhere/zookeeper.jar"
    [ ! -e made ] || fail 'what could not begin has left a directory'
    run "$GALE" cluster status nowhere
    expect_status 1
    expect_stderr 'there is nothing at nowhere'
    mkdir -p "$(printf '%0100d' 0)"
    run "$GALE" cluster up "$(printf '%0100d' 0)"
    expect_status 1
    expect_stderr 'is too long a path: expected one of at most 75 bytes'
}

arguments_of_cluster_that_make_no_sense_are_refused() {
    run "$GALE" cluster down c --supervisors 3
    expect_status 2
    expect_stderr 'gale cluster: --supervisors is of up, not of down'
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
    _until _run_workers 2
    before=$(_pids worker)
    run "$GALE" kill_workers -c storm.local.dir="$PWD/c/supervisor-1"
    expect_status 0
    expect_stdout "workers of $PWD/c/supervisor-1 that were ended: 2"
    for pid in $before; do
        _has_ended "$pid" || fail "process $pid goes on"
    done
    _until _run_workers 2 # a supervisor that runs starts them again
    supervisor=$(_pid supervisor-1)
    kill -KILL "$supervisor"
    _until _has_ended "$supervisor"
    run "$GALE" kill_workers --json -c storm.local.dir="$PWD/c/supervisor-1"
    expect_status 0
    expect_equal "$(cat out)" '{"ended":2}' 'the answer'
    expect_equal "$(_pids worker)$(_pids log-writer)" '' 'what is left'
    run "$GALE" kill_workers -c storm.local.dir="$PWD/c/supervisor-1"
    expect_status 0
    expect_stdout 'that were ended: 0'
    run "$GALE" kill_workers # gale.yaml says nothing of supervisors
    expect_status 1
    expect_stderr 'no supervisor has ever had storm-local: say where the supervisor is with -c storm.local.dir=DIR (those of `gale cluster up DIR` are DIR/supervisor-1 and so on)'
    chmod 755 c # a state that is damaged, and one that is another's
    echo x >c/supervisor-1/supervisor/state
    run "$GALE" kill_workers -c storm.local.dir="$PWD/c/supervisor-1"
    expect_status 1
    expect_stderr "$PWD/c/supervisor-1 may have more workers"
    cp c/gale.yaml . && chmod 644 gale.yaml
    run unprivileged "$GALE" kill_workers --config gale.yaml -c storm.local.dir="$PWD/c/supervisor-1"
    expect_status 1
    expect_stderr "cannot look into $PWD/c/supervisor-1/supervisor: Permission denied"
    run "$GALE" kill_workers words
    expect_status 2
}

# -- what a plugin starts ---------------------------------------------------------

# One worker that has started a program, with these words in front of it; its
# number is in the file `program`.
_submit_started() { # NAME WORDS…
    _name=$1
    shift
    rm -f program
    run "$GALE" submit --name "$_name" "$TEST_PLUGINS/starter.so" \
        "$* sleep 7777 & echo \$! >$PWD/program"
    expect_status 0
    _until test -s program
    program=$(cat program)
}

# In a group of its own, too (timeout); and in the log's way, for it has it open.
what_a_plugin_has_started_ends_with_its_worker() {
    _up --supervisors 1
    _submit_started killed timeout 8888
    run "$GALE" kill -w 0 killed
    _until _has_ended "$program"
    _until _writes_no_log
    _submit_started adopted timeout 8888
    _until _run_workers 1
    supervisor=$(_pid supervisor-1)
    kill -KILL "$supervisor"
    _until _has_ended "$supervisor"
    run "$GALE" cluster up c
    expect_status 0
    _until _run_workers 1
    kill -KILL "$(_pids worker)"
    _until _has_ended "$program"
    _until _is_another "$program"
    program=$(cat program)
    run "$GALE" cluster down c
    expect_status 0
    expect_silence err
    _has_ended "$program" || fail 'what the plugin has started goes on'
    _expect_nothing_left
}

# In a session of its own, which is nobody's child any more when its worker has
# ended; whoever sees that end, or nobody.
what_a_plugin_has_started_ends_also_in_a_session_of_its_own() {
    _up --supervisors 1
    _submit_started killed setsid
    run "$GALE" kill -w 0 killed
    _until _has_ended "$program"
    _until _writes_no_log
    _submit_started crashed setsid
    kill -KILL "$(_pids worker)"
    _until _has_ended "$program"
    _until _is_another "$program"
    program=$(cat program)
    _until _run_workers 1
    _kill_with_its_supervisor "$(_pids worker)"
    run "$GALE" cluster up c
    expect_status 0
    _until _has_ended "$program"
    _until _is_another "$program"
    program=$(cat program)
    _until _run_workers 1
    _kill_with_its_supervisor "$(_pids worker)"
    run "$GALE" cluster down c
    expect_status 0
    expect_silence err
    _has_ended "$program" || fail 'what the plugin has started goes on'
    _expect_nothing_left
}

_kill_with_its_supervisor() { # PID of a worker
    supervisor=$(_pid supervisor-1)
    for pid in $supervisor $1; do
        kill -KILL "$pid"
        _until _has_ended "$pid"
    done
}

# It shows no more whose it is, but is the supervisor's child as long as that runs.
what_hides_from_its_worker_ends_with_the_cluster() {
    _up --supervisors 1
    _submit_started hidden setsid env -i
    _until _run_workers 1
    kill -KILL "$(_pids worker)"
    _until _is_another "$program"
    run "$GALE" cluster down c
    expect_status 0
    expect_silence err
    for pid in "$program" "$(cat program)"; do
        _has_ended "$pid" || fail 'what the plugin has started goes on'
    done
    _expect_nothing_left
}

_is_another() { # than this PROGRAM
    [ -s program ] && [ "$(cat program)" != "$1" ]
}

_writes_no_log() {
    [ -z "$(_pids log-writer)" ]
}

what_a_plugin_has_started_hears_signals() {
    _up --supervisors 1
    for signal in TERM PIPE; do
        _submit_started "$signal"
        kill -$signal "$program"
        _until _has_ended "$program"
        run "$GALE" kill -w 0 "$signal"
    done
}

scenario
