# l_records.sh - what is in ZooKeeper is not what gale has left there: damaged, of
# another kind, older, or signed by somebody else. Every daemon says so and goes on,
# nothing is started or ended because of it, and what is put right is acted by.
. tests/support/scenario.sh
. tests/support/cluster.sh

RECORD_MAX=524288 # bytes of a record

_value() { # VERB PATH
    "$GALE_BUILD/tests/servers/zookeeper_value" "$GALE_ZOOKEEPER" "$ROOT" "$2" "$1"
}

_get() { # PATH FILE
    _value get "$1" >"$2" || fail "$1 cannot be read"
}

_put() { # PATH FILE
    _value set "$1" <"$2" || fail "$1 cannot be written"
}

_path_of() { # FOLDER
    nodes | grep -m 1 "^/$1/[^/]*" || fail "there is nothing in /$1"
}

# What is wrong with a record that is there, in the order of the tests.
DAMAGES='empty byte noise another flipped'
SIGNED="$DAMAGES stranger"

# damaged HOW TRUE FILE: the file is what somebody has made of the true one.
_damage() {
    case $1 in
    empty) : ;;
    byte) printf x ;;
    noise) head -c $RECORD_MAX /dev/urandom ;;
    another) _value get /epoch ;;
    flipped) _flip "$2" ;;
    stranger) "$GALE_BUILD/tests/servers/zookeeper_value" sign <"$2" ;;
    esac >"$3"
}

# One bit in the middle.
_flip() {
    size=$(wc -c <"$1")
    at=$((size / 2))
    byte=$(od -An -tu1 -j $at -N 1 "$1")
    head -c $at "$1"
    printf '%b' "\\0$(printf %o $((byte ^ 1)))"
    tail -c $((size - at - 1)) "$1"
}

_busy() {
    cluster 1 1 2
    submit_ledger 50 1 1 1 1 "$@"
    workers >before
}

_says_more() { # LOG TEXT LINES
    now=$(grep -cF -e "$2" "$1" || :)
    echo "$1 says it $now times: $(tail -n 1 "$1")"
    [ "$now" -gt "$3" ]
}

# await_said LOG TEXT COMMAND…: the command makes it say that (again).
_await_said() {
    log=$1 text=$2
    shift 2
    lines=$(grep -cF -e "$text" "$log" || :)
    "$@"
    await "\"$text\" in $log" _says_more "$log" "$text" "$lines"
}

_undisturbed() { # HOW
    await_more_lines 5
    workers >now
    cmp -s before now || fail "$1: a worker was started or ended: $(_said now)"
}

# -- what leads to the start of a process --------------------------------------------

slots_are_believed_only_as_the_leader_has_signed_them() {
    _busy
    path=$(_path_of slots)
    _get "$path" true
    for how in $SIGNED; do
        _damage $how true false
        _await_said supervisor1.log 'nothing is changed' _put "$path" false
        _undisturbed $how
    done
    _put "$path" true
    finish_ledger 0
    expect_nothing_left
}

# The worker that ends meanwhile is not started by what is there, but by the
# true record, when it is back.
_holds_back() { # FOLDER RECORD
    folder=$1 record=$2
    _busy
    path=$(_path_of "$folder")
    _get "$path" true
    for how in noise stranger; do
        _damage $how true false
        _put "$path" false
        old=$(worker_pid ledger 0)
        _await_said supervisor1.log "the $record record" kill -KILL "$old"
        await 'no worker' _no_workers
        _put "$path" true
        await "a worker after $how" _has_started "$old"
        await_more_lines 5
    done
    finish_ledger 1000
    expect_nothing_left
}

_has_started() { # since that one
    new=$(worker_pid ledger 0)
    [ -n "$new" ] && [ "$new" != 0 ] && [ "$new" != "$1" ]
}

a_damaged_topology_starts_no_worker() {
    _holds_back topologies topology
}

a_damaged_assignment_starts_no_worker() {
    _holds_back assignments assignment
}

# -- who is there --------------------------------------------------------------------

_is_as() { # PATH FILE
    _value get "$1" >now.value && cmp now.value "$2"
}

# Whoever owns it writes it anew, and nothing that runs is touched.
_is_written_anew() { # PATH DAEMON HOW
    _damage "$3" true false
    _await_said "$2.log" "somebody has changed $1: it is written anew" \
        _put "$1" false
    await 'the true record' _is_as "$1" true
    _undisturbed "$3"
}

a_supervisor_and_a_nimbus_write_anew_what_somebody_has_changed_of_theirs() {
    _busy
    for folder in supervisors nimbuses; do
        path=$(_path_of $folder)
        _get "$path" true
        case $folder in
        supervisors) daemon=supervisor1 ;;
        *) daemon=nimbus1 ;;
        esac
        for how in empty noise; do
            _is_written_anew "$path" $daemon $how
        done
    done
    await 'the supervisor' alive 1
    finish_ledger 0
    expect_nothing_left
}

_removed() { # PATH
    _value delete "$1"
}

_is_there() { # PATH
    nodes | grep -qxF "$1"
}

a_supervisor_whose_registration_was_removed_registers_anew() {
    _busy
    path=$(_path_of supervisors)
    _await_said supervisor1.log 'registered as' _removed "$path"
    await 'the record' _is_there "$path"
    _undisturbed removed
    finish_ledger 0
    expect_nothing_left
}

# -- who leads -----------------------------------------------------------------------

# Nobody leads by what cannot be read, and tuples flow meanwhile.
a_damaged_epoch_is_said_by_all_and_stops_no_tuple() {
    _busy
    _get /epoch true
    for how in noise empty; do
        _damage $how true false
        case $how in
        noise)
            _await_said nimbus1.log '/epoch cannot be read' _put /epoch false
            await 'a sentence' grep -q '/epoch does not say who leads' supervisor1.log
            ;;
        *) _put /epoch false ;;
        esac
        _undisturbed $how
        _put /epoch true
        await 'a leader' leads 1
        _undisturbed $how
    done
    finish_ledger 0
    expect_nothing_left
}

# One that says a lower number than that of the leader who has written since.
an_old_epoch_that_is_put_back_gives_no_number_twice() {
    cluster 1 1 2
    _get /epoch old
    end_daemon TERM nimbus1
    start_nimbus 1
    await 'the leader' leads 1
    submit_ledger 50 1 1 1 1
    workers >before
    _put /epoch old
    await 'the leader again' leads 1
    _undisturbed old
    old=$(worker_pid ledger 0)
    kill -KILL "$old"
    await 'another process' _has_started "$old"
    await_more_lines 10
    finish_ledger 100
    expect_nothing_left
}

# -- positions, errors ---------------------------------------------------------------

_position() {
    nodes | grep -m 1 '^/positions/[^/]*/'
}

_is_other() { # PATH FILE
    ! _is_as "$1" "$2"
}

# While the worker runs, it is written over.
a_damaged_position_is_written_over() {
    _busy -c gale.local.position.interval.ms=100
    await 'a position' _position
    path=$(_position)
    for how in $DAMAGES; do
        _get "$path" true
        _damage $how true false
        _put "$path" false
        await "another position after $how" _is_other "$path" false
        await "no damage after $how" _is_a_position "$path"
        _undisturbed $how
    done
    finish_ledger 0
    expect_nothing_left
}

_is_a_position() { # PATH
    _value get "$1" >now.value && grep -qa '^.\{0,1\}.component' now.value
}

# When none runs, a spout would begin anew, or leave out what came.
no_worker_starts_by_a_damaged_position() {
    _busy -c gale.local.position.interval.ms=100
    await 'a position' _position
    path=$(_position)
    end_daemon KILL supervisor1
    old=$(worker_pid ledger 0)
    kill -KILL "$(_its_processes | sed -n 's/ worker$//p')"
    await 'no worker' _no_workers
    _get "$path" true
    _damage noise true false
    _put "$path" false
    start_supervisor 1
    await 'a sentence' grep -qF "$path is damaged: put it right, or remove it" supervisor1.log
    [ -z "$(workers)" ] || fail "a worker was started: $(workers)"
    _put "$path" true
    await 'a worker' _has_started "$old"
    await_more_lines 10
    finish_ledger 300
    expect_nothing_left
}

cluster_begin
