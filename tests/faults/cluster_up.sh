#!/bin/sh
# cluster_up.sh - `gale cluster up` is killed at each of its steps, and whatever
# it leaves, `down` ends and removes, and `up` goes on with.
#
# The steps are the fault points whose names begin with cluster_, at each of the
# processes, and the halves of files.
. tests/support/scenario.sh
. tests/support/own_cluster.sh

PATIENCE=120 # seconds: this build is slow, and so is every start in it
unset GALE_FAULT

_points() {
    "$GALE" version --fault-points | sed -n 's/ error$//; /^cluster_/p'
    for half in written synced renamed; do
        echo file_replace_$half # of the list of members, of gale.yaml
    done
}

_end_all() {
    "$GALE" cluster down "$PWD/c" >down.out 2>&1 || cat down.out
    for pid in $(_processes); do
        kill -KILL "$pid" 2>/dev/null || :
    done
}

# Kills `up` when it comes to the point for the Nth time. Daemons have the same
# environment, but none of them runs before the third file was written.
_killed_at() { # POINT N
    status=0
    GALE_FAULT=$1:crash:$2 "$GALE" cluster up --supervisors 1 "$PWD/c" \
        >out 2>err || status=$?
    grep -qxF "fault point $1: crash" err && [ "$status" = 137 ]
}

_held_ones_are_gone() { # what waits for the word of one who is dead
    [ -z "$(_pids hold)" ]
}

_expect_removed() { # POINT
    _until _held_ones_are_gone
    run "$GALE" cluster down "$PWD/c"
    expect_status 0
    [ "$1" != cluster_directory ] || rmdir c # it was not marked as ours yet
    _expect_nothing_left
}

down_ends_and_removes_what_a_killed_up_has_left() {
    command -v java >/dev/null || skip 'there is no java here'
    trap _end_all EXIT
    for point in $(_points); do
        n=1
        while [ "$n" -le 3 ] && _killed_at "$point" "$n"; do
            echo "$point:$n: $(ls c 2>/dev/null | tr '\n' ' ')"
            _expect_removed "$point"
            n=$((n + 1))
        done
        [ "$n" -gt 1 ] || fail "$point did not come: $(_said err)"
        [ "$n" -gt 3 ] || _expect_removed all # it was not killed in the end
    done
}

up_goes_on_with_what_a_killed_up_has_left() {
    command -v java >/dev/null || skip 'there is no java here'
    trap _end_all EXIT
    for at in cluster_directory:1 cluster_locked:1 cluster_members:1 \
        cluster_token:1 file_replace_written:1 file_replace_written:2 \
        cluster_member_held:1 cluster_member_known:2 cluster_member_let_go:3; do
        _killed_at "${at%:*}" "${at#*:}" || fail "$at did not come"
        _until _held_ones_are_gone
        run "$GALE" cluster up --supervisors 1 --timeout 120 "$PWD/c"
        expect_status 0
        expect_equal "$(_pids supervisor | wc -l)" 1 "supervisors after $at"
        expect_equal "$(_pids nimbus | wc -l)" 1 "nimbuses after $at"
        _expect_removed all
    done
}

scenario
