#!/bin/sh
# hdfs.sh DIR VERB [ARG…]
#
#   start [nn|dn]      a NameNode and a DataNode, or one of them; prints the address
#   stop | kill | pause | resume [nn|dn]    SIGTERM, SIGKILL, SIGSTOP, SIGCONT
#   address            of WebHDFS: http://HOST:PORT/webhdfs/v1
#   uri                of HDFS itself: hdfs://HOST:PORT
#   user               who may do everything there
#   dfs ARG…           a shell for files, such as -ls or -cat
#   dfsadmin ARG…      such as -safemode enter
#   jars               the directory of jars, fetched if need be
#
# The first start looks for free ports, the next ones use these. What the first
# start was told of the following is kept, too:
#
# HDFS_PORTS  five: HDFS, WebHDFS; of the DataNode: HTTP, data, IPC
# HDFS_PROPS  more properties, one a line, as KEY VALUE, which win; said again,
#             these are the ones from now on. dfs.permissions.enabled is false.
# HDFS_HEAP   256m, of each
. "$(dirname "$0")/common.sh"
. "$HERE/jars.sh"

web() { echo "http://127.0.0.1:$(nth 2 $PORTS)/webhdfs/v1"; }
uri() { echo "hdfs://127.0.0.1:$(nth 1 $PORTS)"; }

# -- configuration ----------------------------------------------------------------

# A DataNode that is dead is missed after 14 s, not after ten minutes. Who closes a
# file that is not whole yet looks again after 10 ms, not after 400.
properties() { # RPC HTTP HTTP-OF-DATA DATA IPC-OF-DATA
    cat <<P
fs.defaultFS hdfs://127.0.0.1:$1
hadoop.tmp.dir $DIR/tmp
dfs.namenode.rpc-address 127.0.0.1:$1
dfs.namenode.http-address 127.0.0.1:$2
dfs.namenode.name.dir $DIR/name
dfs.namenode.safemode.extension 0
dfs.namenode.datanode.registration.ip-hostname-check false
dfs.namenode.heartbeat.recheck-interval 2000
dfs.datanode.data.dir $DIR/data
dfs.datanode.http.address 127.0.0.1:$3
dfs.datanode.address 127.0.0.1:$4
dfs.datanode.ipc.address 127.0.0.1:$5
dfs.datanode.hostname 127.0.0.1
dfs.heartbeat.interval 1
dfs.replication 1
dfs.permissions.enabled false
dfs.client.block.write.locateFollowingBlock.initial.delay.ms 10
dfs.client.block.write.replace-datanode-on-failure.policy NEVER
P
    cat "$DIR/more.properties"
}

# The servers ask for directories of web pages, which the jars have not got.
configure() {
    mkdir -p "$DIR/conf/webapps/hdfs" "$DIR/conf/webapps/datanode"
    properties $PORTS | xml_of_properties >"$DIR/conf/hdfs-site.xml"
    cp "$DIR/conf/hdfs-site.xml" "$DIR/conf/core-site.xml"
    cat >"$DIR/conf/log4j.properties" <<P
log4j.rootLogger=INFO,c
log4j.logger.http.requests=WARN
log4j.logger.org.apache.hadoop.util.NativeCodeLoader=ERROR
log4j.appender.c=org.apache.log4j.ConsoleAppender
log4j.appender.c.target=System.err
log4j.appender.c.layout=org.apache.log4j.PatternLayout
log4j.appender.c.layout.ConversionPattern=%d{HH:mm:ss,SSS} %p %c{1}: %m%n
P
}

# Without the option, Java 17 answers each request of WebHDFS with 500.
hadoop() { # CLASS ARG…
    java $JVM --add-opens java.base/java.lang=ALL-UNNAMED -Xmx256m \
        -cp "$DIR/conf:$LIB/*" "$@"
}

# -- starting ---------------------------------------------------------------------

launch_hadoop() { # NAME CLASS
    launch "$1" java $JVM --add-opens java.base/java.lang=ALL-UNNAMED \
        -Xmx"${HDFS_HEAP:-256m}" -Djava.io.tmpdir="$DIR/tmp" -cp "$DIR/conf:$LIB/*" \
        "org.apache.hadoop.hdfs.server.$2"
}

format() {
    [ -e "$DIR/name/current/VERSION" ] ||
        hadoop org.apache.hadoop.hdfs.server.namenode.NameNode \
            -format -nonInteractive >>"$DIR/nn.log" 2>&1
}

start_name_node() {
    free_ports "$(nth 1 $PORTS)" "$(nth 2 $PORTS)"
    format || return 1
    launch_hadoop nn namenode.NameNode
    # A DataNode that finds none sleeps for 5 s.
    await 60 nn open_port "$(nth 1 $PORTS)" || return 1
}

start_data_node() {
    free_ports "$(nth 3 $PORTS)" "$(nth 4 $PORTS)" "$(nth 5 $PORTS)"
    launch_hadoop dn datanode.DataNode
    await 60 dn open_port "$(nth 3 $PORTS)"
}

request() { # METHOD PATH?QUERY [ARG…]
    _method=$1 _path=$2
    shift 2
    curl -sfL -m 5 -X "$_method" "$@" "$(web)$_path&user.name=$(id -un)"
}

# It writes a file and removes it; if one of the two is away, it answers.
serves() {
    if alive nn && alive dn; then
        request PUT '/.ready?op=CREATE&overwrite=true' -T /dev/null &&
            request DELETE '/.ready?op=DELETE'
    else
        ! alive nn || request GET '/?op=GETFILESTATUS'
    fi
}

start_nodes() {
    configure
    for _node in $ALL; do
        case $_node in
        nn) start_name_node || return 1 ;;
        dn) start_data_node || return 1 ;;
        esac
    done
    await 60 "${ALL%% *}" serves
}

names() {
    case $ARG in
    '') echo nn dn ;;
    nn | dn) echo "$ARG" ;;
    *) die "found the node $ARG, expected nn or dn" ;;
    esac
}

start() {
    jars hdfs
    need curl curl
    plain_directory
    ALL=$(names) || exit
    for _node in $ALL; do
        ! alive "$_node" || die "$_node runs already in $DIR"
    done
    keep_settings more.properties "${HDFS_PROPS-$UNSAID}"
    start_on_ports 5 "${HDFS_PORTS:-}" start_nodes $ALL
    web
}

client() { # CLASS ARG…
    jars hdfs
    known_ports
    hadoop "$@"
}

case $VERB in
start) start ;;
stop) end TERM $(names) ;;
kill) end KILL $(names) ;;
pause) with_each pause $(names) ;;
resume) with_each resume $(names) ;;
address)
    known_ports
    web
    ;;
uri)
    known_ports
    uri
    ;;
user) id -un ;;
dfs)
    shift 2
    client org.apache.hadoop.fs.FsShell "$@"
    ;;
dfsadmin)
    shift 2
    client org.apache.hadoop.hdfs.tools.DFSAdmin "$@"
    ;;
jars)
    jars hdfs
    echo "$LIB"
    ;;
*) die "there is no verb $VERB" ;;
esac
