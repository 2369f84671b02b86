#!/bin/sh
# daemons.sh DIR jars | start | stop | kill | conf
#
# Apache Storm, which Maven fetches: `jars` says where it is; `start` begins a nimbus and
# a supervisor of two workers, and `conf` says where they are, as options of a JVM.
#
# STORM_ZOOKEEPER  HOST:PORT of the ZooKeeper for `start`
# STORM_OPTIONS    options of the JVM of a worker
. "$(dirname "$0")/../../servers/common.sh"
. "$HERE/../../servers/jars.sh"
CONF=$HERE/log4j2.xml
HERE=$HERE/.. # of storm/pom.xml

need javac default-jdk-headless
jars storm

# What a supervisor starts workers from.
make_home() {
    mkdir -p "$DIR/home/conf" "$DIR/home/log4j2" "$DIR/local"
    ln -sfn "$LIB" "$DIR/home/lib-worker"
    cp "$CONF" "$DIR/home/log4j2/worker.xml"
}

configure() {
    cat >"$DIR/home/conf/storm.yaml" <<END
storm.zookeeper.servers: ["${STORM_ZOOKEEPER%:*}"]
storm.zookeeper.port: ${STORM_ZOOKEEPER#*:}
storm.zookeeper.root: /storm
storm.zookeeper.session.timeout: 10000
storm.local.dir: "$DIR/local"
storm.local.hostname: 127.0.0.1
nimbus.seeds: ["127.0.0.1"]
nimbus.thrift.port: $(nth 1 $PORTS)
nimbus.task.timeout.secs: 600
nimbus.supervisor.timeout.secs: 600
supervisor.worker.timeout.secs: 600
supervisor.thrift.port: $(nth 2 $PORTS)
supervisor.slots.ports: [$(nth 3 $PORTS), $(nth 4 $PORTS)]
supervisor.worker.shutdown.sleep.secs: 1
worker.childopts: "$STORM_OPTIONS"
END
}

options() {
    echo "-Dstorm.home=$DIR/home -Dstorm.conf.file=$DIR/home/conf/storm.yaml"
}

daemon() { # NAME CLASS
    # shellcheck disable=SC2046,SC2086 # options
    launch "$1" java $JVM -Xmx512m -Djava.io.tmpdir="$DIR/tmp" $(options) \
        -Dlog4j.configurationFile="$CONF" -cp "$LIB/*" "$2"
}

begin() {
    # shellcheck disable=SC2086 # one word each
    free_ports $PORTS
    configure
    daemon nimbus org.apache.storm.daemon.nimbus.Nimbus
    daemon supervisor org.apache.storm.daemon.supervisor.Supervisor
    await 120 nimbus open_port "$(nth 1 $PORTS)" &&
        await 120 supervisor open_port "$(nth 2 $PORTS)"
}

# Workers have a session of their own: each names DIR in its command line.
end_all() { # SIGNAL
    end "$1" supervisor nimbus
    for _pid in $(grep -slaF -- "$DIR/" /proc/[0-9]*/cmdline | cut -d / -f 3); do
        [ "$_pid" = $$ ] || ! grep -qszE '(^|/)java$' "/proc/$_pid/cmdline" ||
            kill -KILL "$_pid" 2>/dev/null || :
    done
}

case $VERB in
jars) echo "$LIB" ;;
start)
    make_home
    start_on_ports 4 '' begin nimbus supervisor
    ;;
stop) end_all TERM ;;
kill) end_all KILL ;;
conf) options ;;
*) die "there is no verb $VERB" ;;
esac
