#!/bin/bash
# zookeeper.sh DIR start | stop | kill | pause | resume | address | word WORD
#
# ZooKeeper of Debian's jars (libzookeeper-java, libslf4j-java) on 127.0.0.1. The
# first start looks for a free port, the next ones use that; each prints the
# address when it answers. `kill` is SIGKILL; `pause` and `resume` stop the
# process and let it go on; `word` asks a four-letter word, for which this is a
# script of bash.
#
# ZK_PROPS  more lines of zoo.cfg, with blanks between them
. "$(dirname "$0")/common.sh"
JARS=/usr/share/java

configure() {
    {
        # Sessions of 1 to 10 s (2 to 20 ticks); no web server.
        printf '%s\n' tickTime=500 dataDir="$DIR/data" clientPort="$PORTS" \
            clientPortAddress=127.0.0.1 admin.enableServer=false \
            '4lw.commands.whitelist=*' maxClientCnxns=0 ${ZK_PROPS:-}
    } >"$DIR/zoo.cfg"
}

# A server that is just starting may take a word and never answer.
serving() {
    exec 3<>"/dev/tcp/127.0.0.1/$PORTS" && printf srvr >&3 &&
        timeout 1 cat <&3 | grep -qE '^Mode: |not in the whitelist'
}

start_on_port() {
    free_ports "$PORTS"
    configure
    # shellcheck disable=SC2086 # options
    launch zookeeper java $JVM -Xmx128m \
        -cp "$JARS/zookeeper.jar:$JARS/slf4j-simple.jar" \
        org.apache.zookeeper.server.quorum.QuorumPeerMain "$DIR/zoo.cfg"
    await 60 zookeeper serving
}

start() {
    ! alive zookeeper || die "zookeeper runs already in $DIR"
    start_on_ports 1 '' start_on_port zookeeper
    echo "127.0.0.1:$PORTS"
}

word() {
    known_ports
    exec 3<>"/dev/tcp/127.0.0.1/$PORTS" && printf %s "$ARG" >&3 && timeout 10 cat <&3
}

case $VERB in
start) start ;;
stop) end TERM zookeeper ;;
kill) end KILL zookeeper ;;
pause) pause zookeeper ;;
resume) resume zookeeper ;;
word) word ;;
address)
    known_ports
    echo "127.0.0.1:$PORTS"
    ;;
*) die "there is no verb $VERB" ;;
esac
