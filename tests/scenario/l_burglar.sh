# l_burglar.sh - a topology that is after the cluster: its token and files, its
# daemons, and all that a machine has. What SECURITY.md says of its workers, deed by
# deed: as another user, as the supervisor's, and with limits.
. tests/support/scenario.sh
. tests/support/cluster.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# burgle DEEDS: the topology is there and has done it; its log is in the file `log`.
_burgle() {
    run "$GALE" submit --name burglar -c topology.acker.executors=0 \
        "$TEST_PLUGINS/burglar.so" "$1" "$PWD/token" "$PWD/supervisor1" \
        "$(cat supervisor1.pid)"
    expect_status 0
    await 'what came of it' _has_logged "${2:-$1}"
}

_has_logged() { # DEED
    cat supervisor1/supervisor/logs/burglar-*/*/worker.log* >log
    grep -q " $1: " log
}

_deed() { # its name, from the log: what came of it
    sed -n "s/.* $1: //p" log | head -n 1
}

_refused='Permission denied|Operation not permitted'

# EXPECTED DEEDS…: all of them came to that
_expect_deeds() {
    expected=$1
    shift
    for deed; do
        _deed "$deed" | grep -qxE "$expected" ||
            fail "$deed: $(_deed "$deed"), expected $expected"
    done
}

_as_nobody() {
    setpriv --reuid nobody --regid nogroup --clear-groups "$@"
}

_for_nobody() {
    [ "$(id -u)" = 0 ] || skip 'only root can start workers as another user'
    chmod o+x "${TMPDIR:-.}"
    chmod 777 .
    _as_nobody test -x "$GALE" -a -x "$PWD" -a -r "$TEST_PLUGINS/burglar.so" ||
        skip "nobody cannot pass to $PWD, or to $GALE"
}

# Beside it a ledger, whose worker and files are not touched.
_await_peace() {
    await_more_lines 20
    _its_processes | grep -c supervisor >/dev/null || fail 'the supervisor has ended'
    alive 1 || fail 'the supervisor is not heard'
}

as_another_user_it_gets_nothing_of_the_daemons() {
    _for_nobody
    MORE='gale.worker.user: nobody'
    cluster 1 1 2
    chmod 777 ledger
    submit_ledger 50 1 1 1 1
    _burgle all limits
    _expect_deeds "$_refused" token state store logs others environment memory \
        its-descriptors trace signal root limits
    _expect_deeds 'No such file or directory' inherited
    kill_topology burglar
    _await_peace
    finish_ledger 0
    expect_nothing_left
}

# Neither as whom it runs, nor with what limits: that is the supervisor's to say.
what_it_asks_for_itself_does_not_make_it_another_user() {
    _for_nobody
    MORE='gale.worker.user: nobody'
    cluster 1 1 2
    run "$GALE" submit --name burglar -c topology.acker.executors=0 \
        -c gale.worker.user=daemon -c gale.worker.processes=1000000 \
        "$TEST_PLUGINS/burglar.so" all "$PWD/token" "$PWD/supervisor1" \
        "$(cat supervisor1.pid)"
    expect_status 0
    expect_stderr 'gale.worker.user: it is not used here'
    await 'what came of it' _has_logged limits
    _expect_deeds "$_refused" token root
    kill_topology burglar
    expect_nothing_left
}

# It may read the token and signal daemons, as that user may: SECURITY.md says so.
# Their memory it may not have, nor is anything handed down to it.
as_the_supervisors_user_it_gets_their_files_and_not_their_memory() {
    _for_nobody
    printf '#!/bin/sh\nexec setpriv --reuid nobody --regid nogroup --clear-groups %s "$@"\n' "$GALE" >as-nobody
    chmod 755 as-nobody
    GALE=$PWD/as-nobody
    cluster 1 1 2
    chmod 777 ledger
    submit_ledger 50 1 1 1 1
    _burgle all limits
    _expect_deeds "$_refused" environment memory its-descriptors trace root limits
    _expect_deeds 'No such file or directory' inherited
    _expect_deeds 'done' token state store logs others signal
    kill_topology burglar
    _await_peace
    finish_ledger 0
    expect_nothing_left
}

# -- all that a machine has ----------------------------------------------------------

a_fork_bomb_ends_at_the_limit_of_its_worker() {
    MORE='storm.resource.isolation.plugin.enable: true
gale.worker.processes: 100'
    cluster 1 1 2
    ! grep -o 'workers run without cgroups.*' supervisor1.log >why || skip "$(cat why)"
    submit_ledger 50 1 1 1 1
    _burgle processes
    _expect_deeds 'Resource temporarily unavailable' processes
    kill_topology burglar
    _await_peace
    finish_ledger 0
    expect_nothing_left
}

# The process that does so ends some time, and none beside it.
who_takes_all_descriptors_takes_those_of_its_process() {
    cluster 1 1 2
    submit_ledger 50 1 1 1 1
    workers >before
    _burgle descriptors
    _expect_deeds 'Too many open files' descriptors
    kill_topology burglar
    _await_peace
    workers | cmp - before >&2 || fail 'another worker has ended'
    finish_ledger 0
    expect_nothing_left
}

_has_room() { # of three megabytes, for those of its supervisor
    df --output=avail supervisor1
    [ "$(df --output=avail supervisor1 | tail -n 1)" -gt 3000 ]
}

# That of the supervisor's directory, logs and all. With its topology its files go.
who_fills_the_disk_of_its_supervisor_ends_nothing_beside_it() {
    [ "$(id -u)" = 0 ] || skip 'only root may mount a small disk'
    mkdir supervisor1
    mount -t tmpfs -o size=6m,mode=755 tmpfs supervisor1 2>/dev/null ||
        skip 'nothing can be mounted here'
    SMALL_DISK=$PWD/supervisor1
    cluster 1 1 2
    submit_ledger 50 1 1 1 1
    await 'room for it' _has_room
    workers >before
    _burgle disk
    _expect_deeds 'No space left on device' disk
    ! _has_room >&2 || fail 'it has filled nothing'
    _await_peace
    kill_topology burglar
    await 'that its files are gone' _has_room
    _await_peace
    workers | cmp - before >&2 || fail 'another worker has ended'
    finish_ledger 0
    expect_nothing_left
}

_last_line_is_there() {
    grep -qs '^0*99999$' supervisor1/supervisor/logs/burglar-*/*/worker.log*
}

a_log_that_is_filled_has_its_bound() {
    MORE='gale.worker.log.bytes: 1000000
gale.worker.log.files: 3'
    cluster 1 1 2
    submit_ledger 50 1 1 1 1
    _burgle log
    await 'the last of 100000 lines' _last_line_is_there
    kb=$(du -sk supervisor1/supervisor/logs/burglar-*/ | cut -f 1)
    [ "$kb" -le 4100 ] || fail "20 MB of lines are $kb kB of log, expected 3 files of 1 MB"
    kill_topology burglar
    _await_peace
    finish_ledger 0
    expect_nothing_left
}

cluster_begin
