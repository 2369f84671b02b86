# kafka_copy.sh - records of Kafka on their way into files, while something happens
# to the brokers; sourced after scenario.sh and servers.sh.
#
#   seq 1 100000 | _produce words
#   _copying err words -c sink.us=10     in the background, as $pid
#   await 'some records' _has_lines 1000
#   …
#   await 'all records' _has_distinct 100000
#   _stopped $pid
#   _all_there 100000 0 23 'what happened' "$took ms"
#   _nothing_left words                  all of it is committed

export GALE_PLUGIN_PATH=$TEST_PLUGINS
PATIENCE=300

_produce() { # TOPIC [OPTION…], lines from standard input
    topic=$1
    shift
    kcat -b "$address" -P -t "$topic" -X acks=all "$@"
}

_lines() {
    cat copy/sink-* 2>/dev/null | wc -l
}

_has_lines() {
    [ "$(_lines)" -ge "$1" ]
}

_distinct() {
    cat copy/sink-* 2>/dev/null | cut -d ' ' -f 3- | sort -u | wc -l
}

_has_distinct() {
    [ "$(_distinct)" -ge "$1" ]
}

_has_said() {
    grep -qF -e "$1" err*
}

# In the background; its number is in $pid. No message times out on a machine that
# is busy: what comes twice is to be due to what happens to the brokers.
_copying() { # ERR TOPICS [OPTION…]
    err=$1 topics=$2
    shift 2
    mkdir -p copy
    "$GALE" local -q -c topology.max.spout.pending=1000 \
        -c topology.message.timeout.secs=600 -c source.commit.ms=200 -c source.refresh.secs=1 "$@" \
        kafka_copy copy "$address" "$topics" >"out-$err" 2>"$err" &
    pid=$!
    trap 'kill -KILL $pid ${others:-} 2>/dev/null || :; end_servers' EXIT
}

_stopped() { # PID
    kill -TERM "$1"
    status=0
    wait "$1" || status=$?
}

# The numbers 1 … N, each at least once.
_all_there() { # N DUPLICATES ROW FAULT RECOVERY
    seq 1 "$1" | sort >wanted
    cat copy/sink-* | cut -d ' ' -f 3- | sort -u >found
    comm -23 wanted found >lost
    twice=$(($(_lines) - $(wc -l <found)))
    row "$3" "$4, $1 records" "lost $(wc -l <lost), duplicates $twice of at most $2" "$5"
    [ ! -s lost ] || fail "$(wc -l <lost) are lost, such as $(head -n 1 lost)"
    comm -13 wanted found >odd
    [ ! -s odd ] || fail "$(head -n 1 odd) was made up"
    [ "$twice" -le "$2" ] || fail "$twice came twice, at most $2 are explained"
}

# The first commit that a broker sees makes it create a topic, which takes seconds.
_warm_up() {
    server kafka topic warm 1
    echo 1 | _produce warm
    mkdir -p warm
    "$GALE" local -q -c source.until=end kafka_copy warm "$address" warm 2>err
}

# What another run finds behind what is committed.
_nothing_left() { # TOPICS [OPTION…]
    topics=$1
    shift
    mkdir -p rest
    run "$GALE" local -q -c source.until=end -c source.start=committed \
        -c source.fallback=error "$@" kafka_copy rest "$address" "$topics"
    expect_status 0
    expect_equal "$(cat rest/sink-* | wc -l)" 0 'records that are not committed'
}
