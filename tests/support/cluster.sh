# cluster.sh - clusters of real processes; sourced after scenario.sh.
#
# cluster_begin, at the end of a file in place of `scenario`, starts ZooKeeper
# once for all tests of it; each test has a root of its own there, and below its
# directory all that daemons write. Times are printed, never judged. Processes are
# ended by pid, and whose they are is known by their command lines, which name the
# test's directory.

_ZOOKEEPER="bash $TOP/tests/servers/zookeeper.sh"

# -- time -------------------------------------------------------------------------

# lasts MS: how long a fault is, which is not a time to wait for its outcome. No
# event ends it: that is what the fault is.
lasts() {
    at_end=$(($(now_ms) + $1))
    while [ "$(now_ms)" -lt "$at_end" ]; do
        sleep 0.05
    done
}

now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

# since MS: how long ago that was, for people.
since() {
    echo "$(($(now_ms) - $1)) ms"
}

# -- ZooKeeper --------------------------------------------------------------------

cluster_begin() {
    if ! command -v java >/dev/null; then
        scenario
        return
    fi
    ZOOKEEPER_DIR=$(mktemp -d)
    trap '$_ZOOKEEPER "$ZOOKEEPER_DIR" stop; rm -rf "$ZOOKEEPER_DIR"' EXIT
    trap 'exit 1' HUP INT TERM # of a runner that has no patience any more
    GALE_ZOOKEEPER=$($_ZOOKEEPER "$ZOOKEEPER_DIR" start) || exit 1
    scenario
}

# The number of the last write.
zookeeper_writes() {
    $_ZOOKEEPER "$ZOOKEEPER_DIR" word srvr | sed -n 's/^Zxid: //p' |
        { read -r number; echo $((number & 0xffffffff)); }
}

zookeeper_watches() { # of all connections
    $_ZOOKEEPER "$ZOOKEEPER_DIR" word wchs | sed -n 's/^Total watches://p'
}

nodes() { # below the root of this test
    "$GALE_BUILD/tests/servers/zookeeper_nodes" "$GALE_ZOOKEEPER" "$ROOT"
}

# -- daemons ----------------------------------------------------------------------

_ports() { # so many that are free
    bash -c '. "$0" x x >/dev/null; for ((i = 0; i < '"$1"'; i++)); do
        some_port; done' "$TOP/tests/servers/common.sh"
}

# cluster NIMBUSES SUPERVISORS [SLOTS]: all of it, ready for topologies. $MORE are
# lines of its configuration.
cluster() {
    [ -n "${GALE_ZOOKEEPER:-}" ] || skip 'there is no java here'
    ROOT=/$(basename "$PWD")
    N_SLOTS=${3:-4}
    # shellcheck disable=SC2046 # one word each
    set -- "$1" "$2" $(_ports $(($1 + $2 * (1 + N_SLOTS))))
    n_nimbuses=$1 n_supervisors=$2
    shift 2
    seeds=
    for i in $(seq "$n_nimbuses"); do
        echo "$1" >"nimbus$i.port"
        seeds="$seeds\"127.0.0.1:$1\","
        shift
    done
    for i in $(seq "$n_supervisors"); do
        echo "$1" >"supervisor$i.port"
        shift
        echo "$@" | cut -d ' ' -f "1-$N_SLOTS" | tr ' ' , >"supervisor$i.ports"
        shift "$N_SLOTS"
    done
    _configure "${seeds%,}"
    trap _end_all EXIT
    trap 'exit 1' HUP INT TERM
    mkdir ledger
    for i in $(seq "$n_nimbuses"); do
        start_nimbus "$i"
    done
    await 'a token' test -s token
    for i in $(seq "$n_supervisors"); do
        start_supervisor "$i"
    done
    await 'supervisors' alive "$n_supervisors"
}

_configure() {
    cat >gale.yaml <<YAML
storm.zookeeper.servers: [${ZOOKEEPERS:-"\"${GALE_ZOOKEEPER%:*}\""}]
storm.zookeeper.port: ${GALE_ZOOKEEPER#*:}
storm.zookeeper.root: $ROOT
storm.zookeeper.session.timeout: ${SESSION:-4000}
nimbus.seeds: [$1]
gale.token.file: $PWD/token
topology.message.timeout.secs: 3
topology.max.spout.pending: 100
${MORE:-}
YAML
    export GALE_CONFIG="$PWD/gale.yaml"
}

# AT: words before the command of a daemon, of which the last executes it.
start_nimbus() { # NUMBER [OPTION…]
    i=$1
    shift
    ${AT:-} "$GALE" nimbus -c nimbus.thrift.port="$(cat "nimbus$i.port")" \
        -c storm.local.dir="$PWD/nimbus$i" "$@" >>"nimbus$i.log" 2>&1 &
    echo $! >"nimbus$i.pid"
}

# Its ports are in no order, as people may write them.
start_supervisor() { # NUMBER [OPTION…]
    i=$1
    shift
    ${AT:-} "$GALE" supervisor -c supervisor.slots.ports="[$(cat "supervisor$i.ports")]" \
        -c supervisor.thrift.port="$(cat "supervisor$i.port")" \
        -c storm.local.dir="$PWD/supervisor$i" "$@" >>"supervisor$i.log" 2>&1 &
    echo $! >"supervisor$i.pid"
}

# end_daemon SIGNAL NAME: until it is gone.
end_daemon() {
    pid=$(cat "$2.pid")
    rm "$2.pid"
    kill -"$1" "$pid"
    status=0
    wait "$pid" || status=$?
}

signal_daemon() {
    kill -"$1" "$(cat "$2.pid")"
}

# -- what it says of itself -------------------------------------------------------

# The page as JSON, one object a line.
_page() {
    "$GALE" status --json --timeout 20 >page.json && sed 's/{/\n{/g' page.json
}

alive() { # N supervisors
    _page >page
    [ "$(grep -c '"state":"alive"' page)" = "$1" ]
}

# field NAME KEY: of the topology.
field() {
    _page | grep -F "{\"name\":\"$1\"," | grep -o "\"$2\":[^,]*" |
        head -n 1 | cut -d: -f2- | tr -d '"'
}

# whether the topology's KEY is VALUE.
is() {
    found=$(field "$1" "$2")
    echo "$2 of $1 is $found, not $3"
    [ "$found" = "$3" ]
}

gone() {
    _page >page && ! grep -qF "{\"name\":\"$1\"," page
}

await_running() { # NAME WORKERS
    await "$2 workers of $1" is "$1" workers_running "$2"
}

# worker_pid NAME NUMBER: of the process that `status` knows.
worker_pid() {
    _page | sed -n "/^{\"name\":\"$1\",/,/^{\"name\"/p" |
        grep "^{\"worker\":$2," | grep -o '"pid":[0-9]*' | cut -d: -f2
}

leader() { # the number of the nimbus that leads
    port=$(_page | grep '"leads":true' | grep -o '"address":"[^"]*' | sed 's/.*://')
    grep -lx "$port" nimbus*.port | tr -dc '0-9\n'
}

leads() { # NUMBER
    [ "$(leader)" = "$1" ]
}

# pid and start time of each worker: what is the same has not been restarted.
workers() {
    for pid in $(_its_processes | sed -n 's/ worker$//p'); do
        echo "$pid $(cut -d ')' -f 2 "/proc/$pid/stat" | cut -d ' ' -f 21)"
    done | sort
}

expect_same_workers() { # as in the file `before`
    workers >now
    cmp before now >&2 || fail "workers were restarted: $(diff before now | tr '\n' ' ')"
}

# PID COMMAND of all of gale that was started in this directory.
_its_processes() {
    for file in $(grep -slaF -- "$PWD/" /proc/[0-9]*/cmdline); do
        pid=${file#/proc/}
        pid=${pid%/cmdline}
        verb=$({ tr '\0' '\n' <"$file" | sed -n 2p; } 2>/dev/null)
        case $verb in
        worker | nimbus | supervisor | log-writer) echo "$pid $verb" ;;
        esac
    done
}

_no_processes() {
    _its_processes
    [ -z "$(_its_processes)" ]
}

# -- the ledger -------------------------------------------------------------------

# submit_ledger RATE WORKERS SOURCES PASSES SINKS [OPTION…]: the topology
# "ledger", whose sources emit so many a second each until finish_ledger.
submit_ledger() {
    N_SOURCES=$3
    rate=$1 n_workers=$2 args="$PWD/ledger $3 $4 $5"
    shift 5
    # shellcheck disable=SC2086 # words
    "$GALE" submit --name ledger -c topology.workers="$n_workers" \
        -c source.count=1000000000 -c source.end="$PWD/end" \
        -c source.rate="$rate" "$@" "$TEST_PLUGINS/bookkeeper.so" $args \
        >out 2>err || fail "it was not taken: $(_said err)"
    await_running ledger "$n_workers"
    await_lines 20
}

n_lines() {
    cat ledger/* 2>/dev/null | wc -l
}

has_lines() { # at least
    echo "there are $(n_lines) lines"
    [ "$(n_lines)" -ge "$1" ]
}

await_lines() {
    await "$1 lines of the ledger" has_lines "$1"
}

# More than there are now.
await_more_lines() {
    await_lines $(($(n_lines) + ${1:-1}))
}

# The sources come to their end, and all that they have emitted is there; it may
# be there again so many times at most. Sets $ledger, for a row.
finish_ledger() {
    : >end
    await 'the end' is ledger status FINISHED
    ledger=$(awk -f "$TOP/tests/support/ledger.awk" -v tasks="$N_SOURCES" \
        -v end=end ledger/*) || fail "$ledger"
    duplicates=${ledger#*duplicates }
    duplicates=${duplicates%% *}
    echo "$ledger"
    [ "$duplicates" -le "$1" ] ||
        fail "$ledger: expected $1 duplicates at most"
    ledger="lost 0, duplicates $duplicates of at most $1"
    kill_topology ledger
}

# -- the end ----------------------------------------------------------------------

# No test leaves anything, whatever happens to it.
_end_all() {
    for file in *.pid; do
        [ ! -e "$file" ] || kill -KILL "$(cat "$file")" 2>/dev/null || :
    done
    for pid in $(_its_processes | cut -d ' ' -f 1); do
        kill -KILL "$pid" 2>/dev/null || :
    done
    wait
    [ -z "${SMALL_DISK:-}" ] || umount -l "$SMALL_DISK"
}

_no_workers() {
    _its_processes
    ! _its_processes | grep -q worker
}

kill_topology() {
    "$GALE" kill "$1" >out 2>err || fail "it cannot be killed: $(_said err)"
    await "the end of $1" gone "$1"
}

# What is left when all topologies have gone: nothing.
expect_nothing_left() {
    await 'the end of workers' _no_workers
    await 'an empty ZooKeeper' _no_nodes
    for file in supervisor*.pid nimbus*.pid; do
        end_daemon TERM "${file%.pid}"
        expect_equal "$status" 0 "the status of ${file%.pid}"
    done
    await 'the end of all processes' _no_processes
    left=$(find supervisor?/supervisor/workers -mindepth 1 2>/dev/null)
    [ -z "$left" ] || fail "left behind: $left"
}

_no_nodes() {
    nodes >nodes.txt || return 1
    grep -E '^/(topologies|assignments|positions|errors)/' nodes.txt || return 0
    return 1
}
