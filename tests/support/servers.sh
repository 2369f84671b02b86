# servers.sh - real servers in a test: MariaDB, Kafka, HDFS, Hive; sourced after
# scenario.sh.
#
#   begin kafka                 KAFKA_NODES=3 begin kafka
#   server kafka topic words 4
#   begin mariadb
#   server mariadb sql 'select 1'
#
# The verbs are in tests/servers/README.md. A server has its data in ./NAME, and
# none outlives its test, whatever happens to that.

BEGUN= # those that were begun

# server NAME VERB [ARG…]
server() {
    _of=$1
    shift
    sh "$TOP/tests/servers/$_of.sh" "$PWD/$_of" "$@"
}

# begin NAME [NODE]: it answers, and $address is where; the test is skipped where
# the machine has not got what the server needs.
begin() {
    BEGUN="$BEGUN $1"
    trap end_servers EXIT
    trap 'exit 1' HUP INT TERM # of a runner that has no patience any more
    status=0
    server "$1" start ${2:+"$2"} >begin.out 2>begin.err || status=$?
    case $status in
    0) address=$(cat begin.out) ;;
    77) skip "$(_said begin.err)" ;;
    *) cat begin.err && fail "$1 does not start: $(tail -n 1 begin.err)" ;;
    esac
}

end_servers() {
    for _begun in $BEGUN; do
        server "$_begun" kill
    done
}

# Processes of servers of this test: each names its directory.
server_processes() { # the pattern from a file: grep must not find itself
    echo "$PWD/" >pattern
    grep -slaF -f pattern /proc/[0-9]*/cmdline | cut -d / -f 3 || :
}
