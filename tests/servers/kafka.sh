#!/bin/sh
# kafka.sh DIR VERB [ARG…]
#
#   start [NODE]                       all nodes, or one; prints the addresses
#   stop | kill | pause | resume [NODE]    SIGTERM, SIGKILL, SIGSTOP, SIGCONT
#   address [NODE]                     HOST:PORT of all, with commas, or of one
#   topic NAME PARTITIONS [REPLICATION [KEY=VALUE…]]    creates it
#   partitions NAME COUNT              from now on
#   delete-topic NAME
#   leader NAME PARTITION              its node
#   jars                               the directory of jars, fetched if need be
#   tool CLASS ARG…                    such as org.apache.kafka.tools.GetOffsetShell
#
# Kafka without ZooKeeper; each node is broker and controller. The first start
# looks for free ports, the next ones use these. What the first start was told of
# the following is kept, too:
#
# KAFKA_NODES  1 or 3: nodes 1 to 3, each with all data
# KAFKA_PORTS  two for each node: of clients, of controllers
# KAFKA_PROPS  more server properties, one a line, which win; said again, these
#              are the ones from now on
# KAFKA_HEAP   256m
#
# A topic must be created before it is used, unless auto.create.topics.enable says
# otherwise.
. "$(dirname "$0")/common.sh"
. "$HERE/jars.sh"

[ ! -e "$DIR/nodes" ] || KAFKA_NODES=$(cat "$DIR/nodes")
N=${KAFKA_NODES:-1}
NODES=$(seq "$N")

port_of() { nth $((2 * $1 - 1)) $PORTS; }
controller_of() { nth $((2 * $1)) $PORTS; }

addresses() { # NODE…
    for _node; do
        echo "127.0.0.1:$(port_of "$_node")"
    done | paste -s -d ,
}

# -- starting ---------------------------------------------------------------------

voters() {
    for _node in $NODES; do
        echo "$_node@127.0.0.1:$(controller_of "$_node")"
    done | paste -s -d ,
}

# One partition of each internal topic, and a broker that was killed is missed
# after 3 s: both save a test seconds.
properties() { # NODE
    cat <<P
process.roles=broker,controller
node.id=$1
controller.quorum.voters=$(voters)
listeners=PLAINTEXT://127.0.0.1:$(port_of "$1"),CONTROLLER://127.0.0.1:$(controller_of "$1")
advertised.listeners=PLAINTEXT://127.0.0.1:$(port_of "$1")
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$DIR/n$1
auto.create.topics.enable=false
default.replication.factor=$N
min.insync.replicas=$MIN_ISR
offsets.topic.replication.factor=$N
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=$N
transaction.state.log.min.isr=$MIN_ISR
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=$N
share.coordinator.state.topic.min.isr=$MIN_ISR
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=4194304
P
    cat "$DIR/more.properties"
}

# Its directory is made by the first start, so that whoever is interrupted in the
# middle begins anew.
format() { # NODE
    [ -e "$DIR/n$1/meta.properties" ] ||
        java $JVM -Xmx128m -cp "$LIB/*" kafka.tools.StorageTool format \
            -t AAAAAAAAAAAAAAAAAAAAAA -c "$DIR/n$1.properties" >>"$DIR/n$1.log" 2>&1
}

# It has a node's whole view of the cluster. (While it waits for the output of a
# command, bash may break a trap: it takes a signal for a part of that command.)
sees() { # ADDRESS COUNT
    timeout 5 kcat -b "$1" -L -m 2 |
        awk -v wanted="$2" '/^  broker / { n++ } END { exit n < wanted }'
}

# Of several, each formats in a process of its own.
start_nodes() {
    for _node in $ALL; do
        free_ports "$(port_of "$_node")" "$(controller_of "$_node")"
        properties "$_node" >"$DIR/n$_node.properties"
        format "$_node" &
    done
    wait
    for _node in $ALL; do
        [ -e "$DIR/n$_node/meta.properties" ] || return 1
        launch "n$_node" java $JVM -Xmx"${KAFKA_HEAP:-256m}" \
            -Djava.io.tmpdir="$DIR/tmp" \
            -Dorg.slf4j.simpleLogger.showDateTime=true \
            -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS \
            -cp "$LIB/*" kafka.Kafka "$DIR/n$_node.properties"
    done
    for _node in $ALL; do
        await 90 "n$_node" sees "127.0.0.1:$(port_of "$_node")" "$EXPECTED" || return 1
    done
}

# ALL of which are started; one alone need not see others.
start() {
    jars kafka
    need kcat kcat
    ALL=${ARG:-$NODES} EXPECTED=$N MIN_ISR=1
    [ -z "$ARG" ] || EXPECTED=1
    [ "$N" -lt 3 ] || MIN_ISR=2
    keep_settings more.properties "${KAFKA_PROPS-$UNSAID}"
    echo "$N" >"$DIR/nodes"
    for _node in $ALL; do
        ! alive "n$_node" || die "n$_node runs already in $DIR"
    done
    # shellcheck disable=SC2046 # words
    set -- $(echo "$ALL" | sed 's/^/n/')
    start_on_ports $((2 * N)) "${KAFKA_PORTS:-}" start_nodes "$@"
    addresses $NODES
}

# -- what runs --------------------------------------------------------------------

names() {
    for _node in ${ARG:-$NODES}; do
        echo "n$_node"
    done
}

tool() { # CLASS ARG…
    jars kafka
    known_ports
    _class=$1
    shift
    java $JVM -Xmx128m -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$LIB/*" \
        "$_class" --bootstrap-server "$(addresses $NODES)" "$@"
}

topics() { tool org.apache.kafka.tools.TopicCommand "$@"; }

create() { # NAME PARTITIONS [REPLICATION [KEY=VALUE…]]
    _topic=$1 _partitions=$2 _replication=${3:-$N}
    shift "$(($# < 3 ? $# : 3))"
    for _config; do
        set -- "$@" --config "$_config"
        shift
    done
    topics --create --topic "$_topic" --partitions "$_partitions" \
        --replication-factor "$_replication" "$@"
}

leader() { # NAME PARTITION
    known_ports
    timeout 10 kcat -b "$(addresses $NODES)" -L -t "$1" -m 5 |
        sed -n "s/^ *partition $2, leader \([0-9]*\),.*/\1/p" | grep .
}

case $VERB in
start) start ;;
stop) end TERM $(names) ;;
kill) end KILL $(names) ;;
pause) with_each pause $(names) ;;
resume) with_each resume $(names) ;;
address)
    known_ports
    addresses ${ARG:-$NODES}
    ;;
topic)
    shift 2
    create "$@"
    ;;
partitions) topics --alter --topic "$ARG" --partitions "$4" ;;
delete-topic) topics --delete --topic "$ARG" ;;
leader) leader "$ARG" "$4" ;;
jars)
    jars kafka
    echo "$LIB"
    ;;
tool)
    shift 2
    tool "$@"
    ;;
*) die "there is no verb $VERB" ;;
esac
