# n_kept.sh - what nimbuses and supervisors keep on their disks, on real processes:
# a file that was damaged there is found and is fetched again, and a disk that is
# full costs one sentence.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/cluster_faults.sh

_store() { # DAEMON: its store's directory
    echo "$1/${1%%[0-9]*}/store"
}

_files() { # of a daemon's store
    find "$(_store "$1")" -type f | grep -E '/[0-9a-f]{64}$'
}

# Each file of the store is what it is called.
_sound() { # DAEMON
    for file in $(_files "$1"); do
        echo "$(basename "$file")  $file"
    done >sums
    [ -s sums ] && sha256sum -c sums
}

# A bit in the midst of the largest file of the store, which is the plugin.
_flip_a_bit() { # DAEMON
    damaged=$(_files "$1" | xargs ls -S | head -n 1)
    at=$(($(stat -c %s "$damaged") / 2))
    byte=$(od -An -tu1 -j "$at" -N 1 "$damaged")
    # shellcheck disable=SC2059 # the byte
    printf "\\$(printf %o $((byte ^ 1)))" |
        dd of="$damaged" bs=1 seek="$at" conv=notrunc 2>/dev/null
    damaged=$(basename "$damaged")
}

_says_damaged() { # NIMBUS
    grep -F "$damaged is damaged (its content has another SHA-256); it is put aside as damaged-$damaged" "$1.log"
}

_has_sound_files_again() { # NIMBUS
    [ -e "$(_store "$1")/$damaged" ] && _sound "$1"
}

_status_says() {
    "$GALE" status >status.out && grep -F "$1" status.out
}

a_file_that_is_damaged_while_a_nimbus_is_away_is_fetched_from_another_one() {
    cluster 2 1 1
    submit_ledger 100 1 1 1 1
    old=$(leader)
    other=$((3 - old))
    await 'the files at the other one' _sound "nimbus$other"
    end_daemon TERM "nimbus$other"
    _flip_a_bit "nimbus$other"
    start_nimbus "$other"
    await 'that it is found' _says_damaged "nimbus$other"
    await 'all files anew' _has_sound_files_again "nimbus$other"
    [ -e "$(_store "nimbus$other")/damaged-$damaged" ] || fail 'it was not put aside'
    finish_ledger 0
    expect_nothing_left
}

# A supervisor that has lost its store, and the worker that runs from it.
_begin_supervisor_anew() {
    end_daemon KILL supervisor1
    old_worker=$(worker_pid ledger 0)
    rm -r "$(_store supervisor1)"
    start_supervisor 1
    kill -KILL "$(workers | cut -d ' ' -f 1)"
}

_runs_as_another() {
    pid=$(worker_pid ledger 0)
    [ -n "$pid" ] && [ "$pid" != 0 ] && [ "$pid" != "$old_worker" ]
}

# It is the one that a supervisor asks first, whether it knows the leader or not.
_let_nimbus_1_lead() {
    await 'a leader' somebody_leads
    ! leads 1 || return 0
    end_daemon TERM nimbus2
    await 'the first one' leads 1
    start_nimbus 2
}

a_supervisor_takes_no_damaged_file_and_asks_another_nimbus() {
    cluster 2 1 1
    _let_nimbus_1_lead
    submit_ledger 100 1 1 1 1
    await 'the files at the other one' _sound nimbus2
    _flip_a_bit nimbus1 # which does not look at it before it is fetched
    _begin_supervisor_anew
    await 'the worker' _runs_as_another
    _sound supervisor1 || fail "$(cat sums)"
    await 'that it is found' _says_damaged nimbus1
    await 'all files anew' _has_sound_files_again nimbus1
    finish_ledger 400
    row 46 'a file of the leader damaged, a supervisor fetches it' "$ledger" \
        'from the other nimbus'
    expect_nothing_left
}

a_file_that_nobody_has_is_named_in_status_until_it_is_submitted_again() {
    cluster 1 1 1
    submit_ledger 100 1 1 1 1
    end_daemon TERM nimbus1
    _flip_a_bit nimbus1
    start_nimbus 1
    await 'that it is found' _says_damaged nimbus1
    await 'the problem' _status_says 'no nimbus that runs has 1 file of ledger: '
    grep -F 'submit it again with --replace' status.out || fail "$(cat status.out)"
    await_more_lines # its worker goes on
    _begin_supervisor_anew
    "$GALE" submit --replace ledger -c source.count=1000000000 \
        -c source.end="$PWD/end" -c source.rate=100 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 1 1 1 >out 2>err ||
        fail "it was not taken: $(_said err)"
    await 'the worker' _runs_as_another
    await_running ledger 1
    ! _status_says 'no nimbus that runs has' || fail "$(cat status.out)"
    kill_topology ledger
    expect_nothing_left
}

# -- full disks ---------------------------------------------------------------------

# A cluster with the directory of a daemon on a small disk of its own.
_cluster_with_small_disk() { # DAEMON
    [ -n "${GALE_ZOOKEEPER:-}" ] || skip 'there is no java here'
    [ "$(id -u)" = 0 ] || skip 'only root may mount a small disk'
    mkdir "$1"
    mount -t tmpfs -o size=1m,mode=755 tmpfs "$1" 2>/dev/null ||
        skip 'nothing can be mounted here'
    SMALL_DISK=$PWD/$1
    cluster 1 1 1
}

# All but so many KiB of it are taken.
_fill() {
    free=$(df -k --output=avail "$SMALL_DISK" | tail -n 1)
    head -c $(((free - $1) * 1024)) /dev/zero >"$SMALL_DISK/filler"
}

_no_part_of_a_file() { # DAEMON
    parts=$(find "$SMALL_DISK" -name 'upload-*' -o -name '*.tmp*')
    [ -z "$parts" ] || fail "half a file is there: $parts"
}

_submit_plain() {
    run "$GALE" submit --name ledger -c source.count=1000000000 \
        -c source.end="$PWD/end" -c source.rate=100 \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 1 1 1
}

row_28_the_disk_of_nimbus_is_full_when_a_topology_is_submitted() {
    _cluster_with_small_disk nimbus1
    _fill 8
    _submit_plain
    expect_status 1
    expect_equal "$(grep -c . err)" 1 'sentences'
    expect_message "cannot store a file in $SMALL_DISK/nimbus/store: No space left on device; make room there, and try again"
    said=${message%% in /*}${message#*/store}
    _no_part_of_a_file
    run "$GALE" list --json
    expect_stdout '"topologies":[]'
    end_daemon KILL nimbus1 # a full disk does not keep it from its work
    start_nimbus 1
    await 'the supervisor' alive 1
    rm "$SMALL_DISK/filler"
    _submit_plain
    expect_status 0
    await_running ledger 1
    N_SOURCES=1
    await_lines 20
    finish_ledger 0
    message=$said
    row 28 'disk of nimbus full when a topology is submitted' "$ledger" \
        'taken as soon as there is room'
    expect_nothing_left
}

row_28_the_disk_of_a_supervisor_is_full_when_it_fetches_files() {
    _cluster_with_small_disk supervisor1
    _fill 8
    _submit_plain
    expect_status 0
    await 'why it does not start' _status_says "cannot be fetched: cannot store a file in $SMALL_DISK/supervisor/store: No space left on device; make room there, and try again"
    _no_part_of_a_file
    [ -z "$(workers)" ] || fail "a worker was started: $(workers)"
    end_daemon KILL supervisor1
    start_supervisor 1
    await 'why it does not start' _status_says 'No space left on device'
    rm "$SMALL_DISK/filler"
    await_running ledger 1 # by itself
    N_SOURCES=1
    await_lines 20
    # What runs goes on, and is found again.
    _fill 0
    workers >before
    end_daemon KILL supervisor1
    start_supervisor 1
    await 'the supervisor' alive 1
    await_more_lines 20
    workers >after
    expect_same before after
    rm "$SMALL_DISK/filler"
    finish_ledger 400
    message='No space left on device; make room there, and try again'
    row 28 'disk of a supervisor full when it fetches files, and later' "$ledger" \
        'starts by itself with room; no worker restarted later'
    expect_nothing_left
}

cluster_begin
