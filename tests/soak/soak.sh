#!/bin/sh
# soak.sh OUT - a cluster that is put through random faults for hours, and what must be
# true of it all the time; `make soak`, docs/soak.md.
#
#   HOURS  how long; 0.05 are three minutes
#   SEED   what picks the rows; without it another one each time
#   EVERY  seconds from one row to the next, at least: processes shall live
#   ONLY   rows whose names contain the word, and no others
#
# Everything runs in namespaces of its own, so that nothing can stay, and in a directory
# of its own, which stays if something was wrong. OUT gets what was found: soak.txt,
# samples.jsonl, slopes.txt, soak.svg. GALE and GALE_BUILD say what is run.
set -eu
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/machines.sh
. tests/support/proxies.sh
. tests/support/ensemble.sh
. tests/support/cluster_faults.sh
. tests/soak/topologies.sh
. tests/soak/well.sh
. tests/soak/rows.sh
. tests/soak/sample.sh

case $1 in /*) OUT=$1 ;; *) OUT=$PWD/$1 ;; esac
HOURS=${HOURS:-1}
SEED=${SEED:-$(date +%s)}
PATIENCE=${PATIENCE:-120}
EVERY=${EVERY:-20}
TIMEOUT_SECS=12 # of messages

say() {
    echo "$*" | tee -a "$OUT/soak.txt"
}

# -- begin ------------------------------------------------------------------------

_need_all() {
    [ "$GALE_MACHINES" = here ] || give_up "$GALE_MACHINES"
    [ "$(id -u)" = 0 ] || give_up 'only root may mount a disk and cut a network'
    for command in nft ss prlimit ps; do
        command -v $command >/dev/null || give_up "there is no $command here"
    done
    case $HOURS in
    '' | . | *[!0-9.]* | *.*.*) give_up "HOURS is \"$HOURS\", expected a number" ;;
    esac
    case $SEED$EVERY in
    *[!0-9]*) give_up "SEED is \"$SEED\", EVERY \"$EVERY\", expected integers" ;;
    esac
    [ -n "$(_rows)" ] || give_up "no row's name contains \"$ONLY\""
}

give_up() {
    echo "soak: $*" >&2
    exit 1
}

# What is said here is of this run.
_prepare() {
    mkdir -p "$OUT"
    rm -f "$OUT"/*
    DIRECTORY=$(mktemp -d "${TMPDIR:-/tmp}/gale-soak.XXXXXX")
    cd "$DIRECTORY"
    : >hits
    : >picked
    ip link set lo up
    small_disk supervisor3 64m
    SMALL_DISK= # it is there until all is over
    began=$(date +%s)
    say "soak: HOURS=$HOURS SEED=$SEED"
}

_begin() {
    MORE="supervisor.worker.timeout.secs: 15
logviewer.cleanup.age.mins: 1
nimbus.topology.blobstore.deletion.delay.ms: 60000"
    cluster_of_three $N_NIMBUSES $N_SUPERVISORS 6
    trap _end_soak EXIT
    for name in $TOPOLOGIES; do
        begin_topology "$name"
    done
    sample_for_ever &
    echo $! >sampler.pid
    _come_to_rest
    say "soak: 3 ZooKeepers, 3 nimbuses, 3 supervisors, 3 topologies; all is well after $(($(date +%s) - began)) s"
}

# Whatever has happened, nothing runs any more.
_end_soak() {
    [ ! -e reason ] || "$GALE" status >status.txt 2>&1 || :
    end_ensemble
}

# -- rows -------------------------------------------------------------------------

_soak() {
    n_rows=0
    over=$(awk -v hours="$HOURS" -v now="$(date +%s)" 'BEGIN { printf "%d", now + hours * 3600 }')
    while [ "$(date +%s)" -lt "$over" ]; do
        n_rows=$((n_rows + 1)) next_row=$(($(now_ms) + 1000 * EVERY))
        _one_row
        lasts $((next_row - $(now_ms)))
    done
}

_one_row() {
    seed_row $n_rows
    pick_row
    echo "$row" >>picked
    echo "{\"t\":$(($(date +%s) - began)),\"row\":$n_rows,\"name\":\"$row\"}" >>samples.jsonl
    echo "row $n_rows, $row: " >under_way
    fired=
    "row_$row"
    at=$(now_ms)
    _come_to_rest
    say "$(date +%T) $n_rows. row $number, $fired; all well after $(since "$at"); lost 0, twice: $twice"
    rm under_way
}

# All is well, and all that was emitted until then is there.
_come_to_rest() {
    await 'that all is well' all_is_well
    for name in $TOPOLOGIES; do
        remember "$name"
    done
    for name in $TOPOLOGIES; do
        await "that $name goes on without gaps" goes_on_without_gaps "$name" 20
    done
    judge_duplicates
}

# -- the end ----------------------------------------------------------------------

_finish() {
    lines=0 again=0
    for name in $TOPOLOGIES; do
        end_topology "$name"
        lines=$((lines + $(entry "$name" lines))) again=$((again + $(entry "$name" twice)))
    done
    judge_duplicates
    expect_nothing_left
    kill "$(cat sampler.pid)"
    for n in 1 2 3; do
        member $n kill
    done
    await 'the end of all processes' _is_alone
    say "soak: $n_rows rows, $lines lines in the ledgers, lost 0, $again came twice; nothing is left"
    sort picked | uniq -c | sort -rn | awk '{ print "  " $1 " " $2 }' >rows.txt
    say "$(cat rows.txt)"
}

# Nobody in these namespaces but this shell, and who asks.
_is_alone() {
    ps -eo args= | grep -vE '^(sh|ps|grep|sleep) ' >others || return 0
    cat others
    return 1
}

_report() { # STATUS
    n_rows=$(grep -c . picked)
    if [ "$1" != 0 ]; then
        tail -n 5 stderr
        say "soak: FAILED: $(cat under_way 2>/dev/null)$(cat reason 2>/dev/null)"
        say "soak: again: make soak HOURS=$HOURS SEED=$SEED; what it has left: $DIRECTORY"
        cp -a supervisor3 supervisor3.kept # whose disk goes
    fi
    [ ! -e samples.jsonl ] || _show_samples
    umount -l supervisor3
    [ "$1" = 0 ] || mv supervisor3.kept/* supervisor3
    [ "$1" != 0 ] || { cd "$TOP" && rm -rf "$DIRECTORY"; }
    echo "soak: $OUT has soak.txt, samples.jsonl, slopes.txt, soak.svg"
}

_show_samples() {
    cp samples.jsonl "$OUT"
    awk -f "$TOP/tests/soak/slopes.awk" samples.jsonl | tee "$OUT/slopes.txt"
    awk -f "$TOP/tests/soak/picture.awk" -v title="$HOURS h, seed $SEED, $n_rows rows" \
        samples.jsonl | awk -f "$TOP/tests/support/chart.awk" >"$OUT/soak.svg"
}

enter_namespaces "$@"
_need_all
_prepare
set +e
(
    set -e
    _begin
    _soak
    _finish
) 2>stderr # also what the shell says of each process that it has killed
status=$?
_report $status
exit $status
