# demo_servers.sh - what demos on real servers share: servers that are started,
# shown, and ended with the demo, whatever ends that; runs of gale. Sourced by
# demo_*.sh, at the top of the tree, with $1 the build.
#
#   starts kafka Kafka         its address is in $address, its data in $work/kafka
#   server kafka topic words 4
#
# The verbs of servers are in tests/servers/README.md. What else a demo has begun, its
# own at_end() ends.
set -eu
export LC_ALL=C
. tests/servers/taken.sh
. tests/support/demo_customers.sh

me=${0##*/} me=${me%.sh}
build=$PWD/$1 gale=$PWD/$1/bin/gale
work=$(mktemp -d)
BEGUN= # servers
child= # what is waited for

at_end() { :; }

# A child that is waited for does not hold a signal up, as one in front would.
# Servers have sessions of their own: they go by name.
_clean_up() {
    _status=$?
    trap '' HUP INT TERM
    if [ -n "$child" ]; then
        kill "$child" 2>/dev/null || :
        wait "$child" || :
    fi
    at_end
    for _each in $BEGUN; do
        server "$_each" kill
    done
    rm -rf "$work"
    exit $_status
}
trap _clean_up EXIT
trap 'exit 1' HUP INT TERM

complain() {
    echo "$me: $*" >&2
    exit 1
}

# waited COMMAND…: its status; its words go to $work/said. A function must end
# with exec, so that whoever ends the child ends the command.
waited() {
    "$@" >"$work/out" 2>"$work/said" &
    child=$!
    _result=0
    wait "$child" || _result=$?
    child=
    return $_result
}

# server NAME VERB [ARG…]
server() {
    _name=$1
    shift
    sh "tests/servers/$_name.sh" "$work/$_name" "$@"
}

# The script has said in a sentence what this machine has not got.
must_run() {
    waited "$@" || complain "$(tail -n 15 "$work/said")"
}

# await SECONDS WHAT COMMAND…
await() {
    _until=$(($(date +%s) + $1)) _what=$2
    shift 2
    until "$@"; do
        [ "$(date +%s)" -lt "$_until" ] || complain "$_what: not in time"
        sleep 0.1
    done
}

# What Maven fetches for it.
_jars() { # NAME
    [ -e "tests/servers/$1/pom.xml" ] || { jars="of Debian" && return; }
    timed must_run sh "tests/servers/$1.sh" "$work/$1" jars
    jars="$(du -sm "$(cat "$work/out")" | cut -f 1) MB of jars"
    [ "${took%.*}" = 0 ] || jars="$jars, fetched in $took s"
}

# starts NAME TITLE
starts() {
    printf '  %-8s' "$2"
    BEGUN="$BEGUN $1"
    _jars "$1"
    timed must_run sh "tests/servers/$1.sh" "$work/$1" start
    address=$(cat "$work/out")
    echo "$jars; ready in $took s; $(resident "$work/$1") MB of memory; $address"
}

# Customers, and what a tool that knows nothing of gale makes of them; into a topic.
produce_customers() { # ROWS
    records=$work/records expected=$work/expected
    make_customers "$1" >"$records"
    customers_of "$records" | sort >"$expected"
    echo "$(wc -l <"$records") records into the topic \"customers\", 4 partitions, such as"
    sed -n '10,12s/^/  /p' "$records"
    server kafka topic customers 4 >"$work/out"
    kcat -b "$brokers" -t customers -P -X acks=all -l "$records"
}

# same WHAT: $work/found is as expected.
same() {
    cmp "$work/found" "$expected" || complain "$1 are not what awk has found"
    echo "  $(wc -l <"$work/found") $1, equal to: awk -F , 'NF == 2' records | sort"
}
