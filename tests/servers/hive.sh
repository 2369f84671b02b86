#!/bin/sh
# hive.sh DIR VERB [ARG…]
#
#   start             HiveServer2 with a metastore of its own; prints the address
#   stop | kill | pause | resume    SIGTERM, SIGKILL, SIGSTOP, SIGCONT
#   address           HOST:PORT
#   sql STATEMENT…    rows come out with tabs between columns, and NULL; status 1
#                     and the server's sentence when one fails
#   jars              the directory of jars, fetched if need be
#
# It reads hdfs:// and file:// locations. The first start looks for a free port,
# the next ones use that.
#
# HIVE_PORT  a port of one's own
# HIVE_HEAP  512m
. "$(dirname "$0")/common.sh"
. "$HERE/jars.sh"

properties() {
    cat <<P
fs.defaultFS file:///
hadoop.tmp.dir $DIR/tmp
javax.jdo.option.ConnectionURL jdbc:derby:;databaseName=$DIR/metastore;create=true
datanucleus.schema.autoCreateAll true
hive.metastore.schema.verification false
hive.metastore.event.db.notification.api.auth false
metastore.warehouse.dir $DIR/warehouse
metastore.warehouse.external.dir $DIR/external
hive.exec.scratchdir $DIR/scratch
hive.exec.local.scratchdir $DIR/tmp
hive.downloaded.resources.dir $DIR/tmp
hive.server2.logging.operation.enabled false
hive.server2.thrift.bind.host 127.0.0.1
hive.server2.thrift.port $PORTS
hive.server2.webui.port 0
hive.server2.enable.doAs false
hive.execution.engine mr
hive.exec.mode.local.auto true
hive.fetch.task.conversion more
hive.metastore.try.direct.sql false
P
}

configure() {
    mkdir -p "$DIR/conf"
    properties | xml_of_properties >"$DIR/conf/hive-site.xml"
    cat >"$DIR/conf/hive-log4j2.properties" <<P
status = ERROR
appender.c.type = Console
appender.c.name = c
appender.c.target = SYSTEM_ERR
appender.c.layout.type = PatternLayout
appender.c.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n
rootLogger.level = WARN
rootLogger.appenderRef.c.ref = c
P
}

# Hive is older than the modules of Java 17.
opened() {
    for _package in java.lang java.lang.invoke java.lang.reflect java.io java.net \
        java.nio java.text java.time java.util java.util.concurrent \
        java.util.concurrent.atomic java.util.regex sun.nio.ch sun.util.calendar; do
        echo "--add-opens java.base/$_package=ALL-UNNAMED"
    done
}

serves() { statements 'select 1'; }

# It leaves directories in its own.
start_on_port() {
    free_ports "$PORTS"
    configure
    cd "$DIR" || return 1
    # shellcheck disable=SC2046 # options
    launch hive java $JVM $(opened) -Xmx"${HIVE_HEAP:-512m}" \
        -Djava.io.tmpdir="$DIR/tmp" -Dderby.system.home="$DIR" \
        -Dderby.stream.error.file="$DIR/derby.log" -cp "$DIR/conf:$LIB/*" \
        org.apache.hive.service.server.HiveServer2
    await 120 hive open_port "$PORTS" && await 120 hive serves
}

start() {
    jars hive
    plain_directory
    ! alive hive || die "hive runs already in $DIR"
    start_on_ports 1 "${HIVE_PORT:-}" start_on_port hive
    echo "127.0.0.1:$PORTS"
}

# The shell ends with an error when a statement does. It puts quotes around all
# values; this one is in none of them, and is removed.
QUOTE=$(printf '\001')
statements() {
    _file=$DIR/statements.$$
    printf '%s;\n' "$@" >"$_file"
    java $JVM -Xmx128m -Dorg.jline.terminal.dumb=true -cp "$LIB/*" sqlline.SqlLine \
        -d org.apache.hive.jdbc.HiveDriver -u "jdbc:hive2://127.0.0.1:$PORTS/default" \
        -n test -p '' --silent=true --showHeader=false --nullValue=NULL \
        --outputformat=csv --csvDelimiter="$(printf '\t')" \
        --csvQuoteCharacter="$QUOTE" --run="$_file" >"$_file.out" 2>"$_file.err"
    _status=$?
    tr -d "$QUOTE" <"$_file.out"
    [ $_status = 0 ] || grep '^Error' "$_file.err" >&2 || cat "$_file.err" >&2
    rm -f "$_file" "$_file.out" "$_file.err"
    [ $_status = 0 ]
}

case $VERB in
start) start ;;
stop) end TERM hive ;;
kill) end KILL hive ;;
pause) pause hive ;;
resume) resume hive ;;
address)
    known_ports
    echo "127.0.0.1:$PORTS"
    ;;
sql)
    jars hive
    known_ports
    shift 2
    statements "$@"
    ;;
jars)
    jars hive
    echo "$LIB"
    ;;
*) die "there is no verb $VERB" ;;
esac
