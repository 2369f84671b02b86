#!/bin/bash
# zookeeper.sh DIR start | stop | kill | pause | resume | address | word WORD
#
# ZooKeeper of Debian's jars (libzookeeper-java, libslf4j-java) on 127.0.0.1. The
# first start looks for a free port and keeps it in DIR/port, the next ones use
# that; each prints the address when it answers. `kill` is SIGKILL; `pause` and
# `resume` stop the process and let it go on; `word` asks a four-letter word.
#
# ZK_PROPS  more lines of zoo.cfg, with blanks between them
. "$(dirname "$0")/common.sh"
JARS=/usr/share/java

configure() {
    {
        # Sessions of 1 to 10 s (2 to 20 ticks); no web server.
        printf '%s\n' tickTime=500 dataDir="$DIR/data" clientPort="$PORT" \
            clientPortAddress=127.0.0.1 admin.enableServer=false \
            '4lw.commands.whitelist=*' maxClientCnxns=0 ${ZK_PROPS:-}
    } >"$DIR/zoo.cfg"
}

# A server that is just starting may take a word and never answer.
serving() {
    exec 3<>"/dev/tcp/127.0.0.1/$PORT" && printf srvr >&3 &&
        timeout 1 cat <&3 | grep -qE '^Mode: |not in the whitelist'
}

start_on_port() {
    configure
    # shellcheck disable=SC2086 # options
    launch zookeeper java $JVM -Xmx128m \
        -cp "$JARS/zookeeper.jar:$JARS/slf4j-simple.jar" \
        org.apache.zookeeper.server.quorum.QuorumPeerMain "$DIR/zoo.cfg"
    await 60 zookeeper serving
}

# Somebody may take the port between the look at it and the start.
start() {
    local tries
    for tries in 1 2 3; do
        PORT=$(cat "$DIR/port" 2>/dev/null || some_port)
        if start_on_port; then
            echo "$PORT" >"$DIR/port"
            echo "127.0.0.1:$PORT"
            return
        fi
        end KILL zookeeper
        grep -q 'BindException' "$DIR/zookeeper.log" || break
    done
    tail -n 15 "$DIR/zookeeper.log" >&2
    die "ZooKeeper does not start; that was the end of its log"
}

# Its threads stop one by one, after kill has returned.
pause() {
    kill -STOP "$1"
    while grep -qs '^State:.[RSD]' "/proc/$1"/task/*/status; do
        sleep 0.01
    done
}

case $VERB in
start) start ;;
stop) end TERM zookeeper ;;
kill) end KILL zookeeper ;;
pause) pause "$(pid_of zookeeper)" ;;
resume) kill -CONT "$(pid_of zookeeper)" ;;
word) exec 3<>"/dev/tcp/127.0.0.1/$(cat "$DIR/port")" && printf %s "$ARG" >&3 && timeout 10 cat <&3 ;;
address) echo "127.0.0.1:$(cat "$DIR/port")" ;;
*) die "there is no verb $VERB" ;;
esac
