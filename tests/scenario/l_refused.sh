# l_refused.sh - what a cluster refuses, and what is damaged on its way: named in
# one sentence, and nothing is started, killed or left half done.
. tests/support/scenario.sh
. tests/support/cluster.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# A ledger that goes on for ever; each has a directory of its own.
_submit() { # NAME WORKERS
    mkdir -p "ledger/$1"
    "$GALE" submit --name "$1" -c topology.workers="$2" -c source.rate=50 \
        -c source.count=1000000000 "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger/$1" \
        1 1 1 >out 2>err || fail "it was not taken: $(_said err)"
}

_n_lines() {
    cat ledger/*/* 2>/dev/null | wc -l
}

_goes_on() { # N more lines are written
    want=$(($(_n_lines) + $1))
    await "$1 lines more" _has_lines "$want"
}

_has_lines() {
    [ "$(_n_lines)" -ge "$1" ]
}

# -- submissions -------------------------------------------------------------------

# Topologies of which anything is in ZooKeeper. What a topology that runs has
# there, and supervisors have, comes and goes meanwhile.
_topologies() {
    nodes >nodes.txt || fail 'ZooKeeper cannot be read'
    grep -E '^/(topologies|assignments|positions|errors)/' nodes.txt |
        cut -d / -f 3 | sort -u
}

# submit ARGS…, with one sentence that has the text; nothing of it is kept.
_refuses() { # TEXT, ARGS
    text=$1
    shift
    _topologies >kept
    run "$GALE" submit "$@"
    expect_status 1
    [ "$(grep -vc ' warning: ' err)" = 1 ] ||
        fail "expected one sentence: $(_said err)"
    expect_stderr 'gale submit: '
    expect_stderr "$text"
    _topologies >found
    cmp found kept >&2 || fail "something of it is kept: $(comm -3 found kept)"
}

_args() { # of a ledger, for a topology that shall not be
    echo "$TEST_PLUGINS/bookkeeper.so $PWD/ledger 1 1 1"
}

# shellcheck disable=SC2046 # words
a_submission_that_cannot_be_is_refused_whole() {
    cluster 1 1 2
    long=$(printf 'a%.0s' $(seq 65))
    for name in -x _x 'a b' a/b .. '' "$long" 'ä' 'a;b' 'a
b'; do
        _refuses 'name' --name="$name" $(_args)
    done
    _submit there 1
    _refuses 'the name "there" is in use: topology there-' \
        --name there $(_args)
    _refuses 'kill it first, or submit with --replace there, or under another name' \
        --name there $(_args)
    _refuses 'there is no topology "gone" that could be replaced: submit it without --replace' \
        --replace gone $(_args)
    run "$GALE" submit --name here --replace there $(_args)
    expect_status 2
    expect_stderr '--name here and --replace there: expected one name'
    echo x >gale.description
    _refuses 'gale.description cannot be shipped under its name' \
        --files gale.description --name it $(_args)

    cp "$TEST_PLUGINS/bookkeeper.so" other.so
    printf '\267\000' | dd of=other.so bs=1 seek=18 conv=notrunc 2>/dev/null
    _refuses 'is built for aarch64, expected x86-64' ./other.so ledger 1 1 1
    _refuses 'ABI 77' other_abi
    head -c 3000 "$TEST_PLUGINS/bookkeeper.so" >cut.so
    _refuses cut.so ./cut.so ledger 1 1 1

    awk 'BEGIN { printf "big.file: \""; for (i = 0; i < 400000; i++) printf "x"
        print "\"" }' >big.yaml
    _refuses 'configuration' --config gale.yaml --config big.yaml $(_args)
    is there status ACTIVE || fail 'the one that runs was disturbed'
}

# shellcheck disable=SC2046 # words
storms_word_for_submit_is_taken() {
    cluster 1 1 1
    run "$GALE" jar --name jarred -c source.count=1 "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 1 1 1
    expect_status 0
    expect_stdout 'topology "jarred" is submitted as jarred-'
    run "$GALE" jar
    expect_status 2
}

limits_of_a_cluster_are_named_with_their_keys() {
    cluster 1 1 2
    end_daemon TERM nimbus1
    printf 'nimbus.slots.perTopology: 2\nnimbus.executors.perTopology: 6\n' >>gale.yaml
    start_nimbus 1
    await 'a leader' leads 1
    _refuses 'at most 2 are allowed (nimbus.slots.perTopology)' \
        -c topology.workers=3 $(_args)
    _refuses 'at most 6 are allowed (nimbus.executors.perTopology)' \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 3 3 3
}

# It is taken, and says what it waits for; a slot that is free is all it needs.
who_finds_no_slot_waits_and_says_so() {
    cluster 1 1 2
    _submit first 2
    await_running first 2
    _submit second 1
    await 'a reason' _waits second 'waits for 1'
    kill_topology first
    await_running second 1
    _waits second '' || fail 'it still waits'
}

_waits() { # NAME TEXT
    why=$(_page | sed -n "s/^{\"name\":\"$1\",.*\"why\":\"\([^\"]*\)\".*/\1/p")
    echo "why: $why"
    case $why in
    '') [ -z "$2" ] ;;
    *) [ -n "$2" ] && [ -z "${why##*"$2"*}" ] ;;
    esac
}

# -- who may not -------------------------------------------------------------------

_list_refused() { # STATUS TEXT -c…
    expected=$1 text=$2
    shift 2
    run "$GALE" list "$@"
    expect_status "$expected"
    [ "$(grep -c . err)" = 1 ] || fail "expected one sentence: $(_said err)"
    expect_stderr "$text"
    expect_silence out
}

without_the_token_nobody_gets_in() {
    cluster 1 1 1
    tr 0123456789abcdef 123456789abcdef0 <token >other
    chmod 600 other
    cp token readable
    chmod 640 readable
    ln -s token link
    head -c 30 token >cut
    chmod 600 cut
    _list_refused 1 'the client has another cluster token than this nimbus' \
        -c gale.token.file="$PWD/other"
    _list_refused 1 'there is no cluster token' -c gale.token.file="$PWD/nowhere"
    _list_refused 1 'others may read the cluster token' \
        -c gale.token.file="$PWD/readable"
    _list_refused 1 'is a symbolic link' -c gale.token.file="$PWD/link"
    _list_refused 1 'is damaged' -c gale.token.file="$PWD/cut"
    _list_refused 1 "lets nobody in without the cluster's token" \
        -c gale.insecure=true
    run "$GALE" list
    expect_status 0
}

# Its key is not made of the token again: what it may not, it cannot.
the_key_of_a_reader_looks_and_changes_nothing() {
    cluster 1 1 1
    _submit ledger 1
    await_running ledger 1
    run "$GALE" key reader reader.key
    expect_status 0
    expect_silence out
    expect_equal "$(stat -c %a reader.key)" 600 'its mode'
    # Only a key is replaced, and only if that is said.
    cp token token.copy
    cp reader.key key.copy
    echo letters >letters
    ln -s reader.key link
    for file in reader.key token letters link; do
        run "$GALE" key admin "$file"
        expect_status 1
        expect_stderr "gale key: there is something at $file already, which is left alone"
    done
    for file in token letters link; do
        run "$GALE" key --replace admin "$file"
        expect_status 1
        expect_stderr "gale key: $file is left alone, being no key that \`gale key\` wrote"
    done
    cmp token token.copy && cmp reader.key key.copy || fail 'it was replaced'
    expect_equal "$(cat letters)" letters 'what is no key'
    run "$GALE" key --replace --json reader reader.key
    expect_status 0
    expect_equal "$(cat out)" '{"role":"reader","file":"reader.key"}' 'what it says'
    mv token elsewhere
    run "$GALE" list -c gale.key.file=reader.key
    expect_status 0
    expect_stdout ledger
    for command in kill deactivate rebalance; do
        run "$GALE" "$command" -c gale.key.file=reader.key ledger
        expect_status 1
        expect_stderr 'the role reader may not call'
    done
    run "$GALE" submit -c gale.key.file="$PWD/reader.key" --name other \
        "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger" 1 1 1
    expect_status 1
    expect_stderr 'the role reader may not call'
    sed 's/^reader/admin/' reader.key >forged.key
    chmod 600 forged.key
    _list_refused 1 'another cluster token' -c gale.key.file=forged.key
    chmod 644 reader.key
    _list_refused 1 'others may read the key reader.key' -c gale.key.file=reader.key
    _list_refused 1 'there is no key nowhere' -c gale.key.file=nowhere
    mv elsewhere token
    is ledger status ACTIVE || fail 'it was changed'
    run "$GALE" key worker x.key
    expect_status 2
    expect_stderr 'expected reader, submitter or admin'
}

# -- ports that others have -----------------------------------------------------------

a_daemon_names_the_port_or_directory_that_another_has() {
    cluster 1 1 1
    taken=$(cat nimbus1.port)
    run "$GALE" nimbus -c nimbus.thrift.port="$taken" -c storm.local.dir="$PWD/n2"
    expect_status 1
    expect_stderr "cannot listen at 127.0.0.1:$taken: another process does"
    run "$GALE" nimbus -c nimbus.thrift.port="$(_ports 1)" \
        -c storm.local.dir="$PWD/nimbus1"
    expect_status 1
    expect_stderr 'in use by another process'
    run "$GALE" supervisor -c storm.local.dir="$PWD/supervisor1" \
        -c supervisor.slots.ports="[$(_ports 1)]"
    expect_status 1
    expect_stderr 'another supervisor uses'
    run "$GALE" supervisor -c storm.local.dir="$PWD/s2" \
        -c supervisor.slots.ports='[6702,6700,6701,6700]'
    expect_status 1
    expect_stderr 'supervisor.slots.ports: port 6700 is there twice, expected one for each worker'
    run "$GALE" list
    expect_status 0
}

# The slot's port is that of nimbus: the worker cannot listen.
a_slot_whose_port_another_has_is_named() {
    cluster 1 1 1
    end_daemon TERM supervisor1
    cat nimbus1.port >supervisor1.ports
    start_supervisor 1
    _submit ledger 1
    await 'a reason' _says "127.0.0.1:$(cat nimbus1.port): Address already in use"
}

_says() { # somewhere in status, for people and for programs
    _page | grep -F '"why":' | grep -qF "$1" && "$GALE" status | grep -qF "$1"
}

# -- what is damaged ------------------------------------------------------------------

_log_says() { # FILE TEXT
    grep -qF "$2" "$1"
}

a_file_that_is_damaged_in_the_store_is_named_and_started_nowhere() {
    cluster 1 1 1
    end_daemon TERM supervisor1
    _submit ledger 1
    file=$(cd nimbus1/nimbus/store && grep -l ELF -- * | head -n 1)
    size=$(wc -c <"nimbus1/nimbus/store/$file")
    chmod u+w "nimbus1/nimbus/store/$file"
    printf 'damage' | dd of="nimbus1/nimbus/store/$file" bs=1 \
        seek=$((size / 2)) conv=notrunc 2>/dev/null
    start_supervisor 1
    await 'a reason' _says 'bookkeeper.so cannot be fetched: what has come has the SHA-256'
    [ -z "$(workers)" ] || fail "a worker was started: $(workers)"
    ! ls supervisor1/supervisor/store | grep -qx "$file" ||
        fail 'the supervisor has kept it'
}

_forge() { # PATH: one bit of the last byte, which is of the MAC, is another
    "$GALE_BUILD/tests/servers/zookeeper_value" "$GALE_ZOOKEEPER" "$ROOT" "$1" \
        get >true || fail "$1 cannot be read"
    size=$(wc -c <true)
    last=$(tail -c 1 true | od -An -tu1)
    { head -c $((size - 1)) true && printf '%b' "\\0$(printf %o $((last ^ 1)))"; } >forged
    _put "$1" <forged
}

_put() { # PATH
    "$GALE_BUILD/tests/servers/zookeeper_value" "$GALE_ZOOKEEPER" "$ROOT" "$1" \
        set || fail "$1 cannot be written"
}

a_forged_record_of_slots_starts_and_kills_nothing() {
    cluster 1 1 2
    _submit ledger 1
    await_running ledger 1
    _goes_on 10
    workers >before
    path=$(nodes | grep '^/slots/')
    for value in forged empty noise none; do
        lines=$(grep -c 'nothing is changed' supervisor1.log || :)
        case $value in
        forged) _forge "$path" ;;
        empty) printf '' | _put "$path" ;;
        noise) head -c 5000 /dev/urandom | _put "$path" ;;
        none) printf '\200' | _put "$path" ;;
        esac
        await "a sentence about $value" _more_lines "$lines"
        _goes_on 10
        workers | cmp - before >&2 || fail "$value: a worker was started or killed"
    done
    _put "$path" <true
    kill_topology ledger
    expect_nothing_left
}

_get() { # PATH, to standard output
    "$GALE_BUILD/tests/servers/zookeeper_value" "$GALE_ZOOKEEPER" "$ROOT" "$1" get
}

# Signed by the leader, and for this supervisor: but it has acted by a newer one.
an_old_record_of_slots_that_is_put_back_starts_nothing() {
    cluster 1 1 2
    _submit ledger 1
    await_running ledger 1
    path=$(nodes | grep '^/slots/')
    _get "$path" >old || fail 'it cannot be read'
    kill_topology ledger
    await 'the end of workers' _no_workers
    _put "$path" <old
    await 'a sentence' _log_says supervisor1.log 'the record is older than one that was there before'
    end_daemon KILL supervisor1 # it has written down what it knows
    start_supervisor 1
    await 'the supervisor' alive 1
    await 'the same sentence' _says_twice 'the record is older than one that was there before'
    [ -z "$(workers)" ] || fail "a worker was started: $(workers)"
    # The leader goes on behind it.
    _submit ledger 1
    await_running ledger 1
    kill_topology ledger
    expect_nothing_left
}

_says_twice() {
    [ "$(grep -c "$1" supervisor1.log)" -ge 2 ]
}

# As after a ZooKeeper whose data was lost: numbers begin anew, and none is stuck.
a_leader_that_knows_of_no_earlier_slots_goes_on_behind_those_of_a_supervisor() {
    cluster 1 1 2
    _submit ledger 1
    await_running ledger 1
    path=$(nodes | grep '^/slots/')
    _get "$path" >first || fail 'it cannot be read'
    "$GALE" deactivate ledger >out 2>err || fail "$(_said err)"
    "$GALE" activate ledger >out 2>err || fail "$(_said err)"
    await_running ledger 1
    end_daemon TERM nimbus1
    _put "$path" <first
    start_nimbus 1
    await_running ledger 1
    "$GALE" deactivate ledger >out 2>err || fail "$(_said err)"
    await 'a higher number than all' _is_above "$path"
    kill_topology ledger
    expect_nothing_left
}

_change_of() { # a record of slots in a file
    grep -aob change "$1" | head -n 1 | cut -d: -f1 | {
        read -r at
        od -An -tu1 -j $((at + 6)) -N 1 "$1" | tr -d ' '
    }
}

_is_above() { # PATH: it was 1, then 2 and 3
    _get "$1" >now && [ "$(_change_of now)" -gt 3 ]
}

_more_lines() {
    [ "$(grep -c 'nothing is changed' supervisor1.log)" -gt "$1" ]
}

# The next leader does not take it for a topology, nor for none: it says so.
a_forged_record_of_a_topology_is_no_topology() {
    cluster 1 1 2
    _submit ledger 1
    await_running ledger 1
    _goes_on 10
    workers >before
    end_daemon KILL nimbus1
    path=$(nodes | grep '^/topologies/')
    _forge "$path"
    start_nimbus 1
    await 'a sentence' _log_says nimbus1.log "is not signed with this cluster's key"
    _goes_on 50
    workers | cmp - before >&2 || fail "a worker was started or killed: $(workers)"
    _put "$path" <true
    await 'the topology' is ledger status ACTIVE
    kill_topology ledger
    expect_nothing_left
}

# -- what can be seen from outside ----------------------------------------------------

_pids() {
    _its_processes | cut -d ' ' -f 1
}

# Every local address at which one of ours listens.
_addresses() {
    for pid in $(_pids); do
        ss -Hltnp | grep -F "pid=$pid," | awk '{ print $4 }'
    done
}

nothing_listens_beyond_loopback() {
    cluster 1 1 2
    _submit ledger 2
    await_running ledger 2
    _addresses | sort >listening
    [ "$(grep -c . listening)" -ge 3 ] || fail "expected three ports: $(_said listening)"
    ! grep -v '^127\.0\.0\.1:' listening >beyond ||
        fail "beyond loopback: $(_said beyond)"
}

_warns() { # DAEMON TEXT
    grep -qF "$2" "$1.log"
}

what_strangers_can_read_or_do_is_warned_of_at_the_start() {
    cluster 1 1 1
    for daemon in nimbus1 supervisor1; do
        ! grep -E 'can be read by|can run code' $daemon.log || fail "$daemon warns of loopback"
        end_daemon TERM $daemon
        "start_${daemon%1}" 1 -c gale.bind=0.0.0.0 -c storm.local.hostname=127.0.0.1
        await "a warning of $daemon" _warns $daemon \
            'listens at 0.0.0.0: RPC and tuples can be read by whoever sees the network'
        end_daemon TERM $daemon
        "start_${daemon%1}" 1 -c gale.insecure=true
        await "the other warning of $daemon" _warns $daemon \
            'gale.insecure: whoever reaches a port can run code here'
    done
}

# Whatever umask they are started with: others of the machine find nothing to read,
# nor a name that could be theirs.
what_a_cluster_writes_is_for_its_user_alone() {
    umask 0
    cluster 1 1 2
    _submit ledger 1
    await_running ledger 1
    _goes_on 10
    find nimbus1 supervisor1 -mindepth 1 -perm /o+rwx ! -type l ! -name nimbus1 >open
    for path in $(grep -v /ledger open); do
        fail "others may use $path: $(stat -c %A "$path")"
    done
    expect_equal "$(stat -c %a token)" 600 'the mode of the token'
    # What is in /tmp may be of tests that run beside this one.
    find "${TMPDIR:-.}" -maxdepth 1 -newer gale.yaml -name '*gale*' >elsewhere
    [ ! -s elsewhere ] || fail "written elsewhere: $(_said elsewhere)"
}

workers_have_no_connection_to_zookeeper() {
    cluster 1 1 2
    _submit ledger 2
    await_running ledger 2
    _goes_on 10
    ss -Htnp "dport = :${GALE_ZOOKEEPER#*:}" >connections
    for pid in $(cat nimbus1.pid supervisor1.pid); do
        grep -qF "pid=$pid," connections || fail "a daemon has none: $(_said connections)"
    done
    for pid in $(_its_processes | sed -n 's/ worker$//p'); do
        ! grep -F "pid=$pid," connections || fail 'a worker has one'
        expect_equal "$(cat "/proc/$pid/comm")" 'gale worker' 'its name'
    done
}

# Hexadecimal and raw, wherever somebody may look; its file is left out.
the_token_is_nowhere_but_in_its_file() {
    cluster 1 1 2
    _submit ledger 2
    await_running ledger 2
    _goes_on 10
    mkdir seen
    for pid in $(_pids); do
        cat "/proc/$pid/cmdline" "/proc/$pid/environ" >"seen/$pid"
    done
    for command in list status; do
        "$GALE" "$command" --json >"seen/$command"
    done
    nodes | while read -r path; do
        "$GALE_BUILD/tests/servers/zookeeper_value" "$GALE_ZOOKEEPER" "$ROOT" \
            "$path" get >>seen/zookeeper
    done
    [ -s seen/zookeeper ] || fail 'nothing of ZooKeeper was looked at'
    hex=$(cat token)
    raw=$(echo "$hex" | sed 's/../\\x&/g')
    ! grep -rlaF -- "$hex" . | grep -vx ./token || fail 'the token is there'
    ! grep -rlaP -- "$raw" . || fail 'the token is there, raw'
    ! find . -name 'core*' | grep . || fail 'there is a core'
}

cluster_begin
