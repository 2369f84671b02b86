#!/bin/sh
# mariadb.sh DIR VERB [ARG…]
#
#   start               prints the address
#   stop | kill | pause | resume    SIGTERM, SIGKILL, SIGSTOP, SIGCONT
#   address             HOST:PORT
#   sql [STATEMENTS]    as the user "test" of the database "test", or those of
#                       standard input; rows come out with tabs between columns
#   admin [STATEMENTS]  as root, by the socket in DIR
#
# MariaDB of Debian's packages mariadb-server-core and mariadb-client-core, which
# bring no service. The user "test" has the password "test", all rights in its
# database, and none beside: so it is bound by read_only. Commits are durable. The
# first start looks for a free port, the next ones use that.
#
# MARIADB_PORT     a port of one's own
# MARIADB_OPTIONS  more options of the server, with blanks between them, which win;
#                  said again, these are the ones from now on
. "$(dirname "$0")/common.sh"
PATH=$PATH:/usr/sbin
ME_IN_SYSTEM=$(id -un)

client() { mariadb --no-defaults --default-character-set=utf8mb4 -N -B "$@"; }
admin() { client -S "$DIR/sock" -u root "$@"; }
sql() { MYSQL_PWD=test client -h 127.0.0.1 -P "$PORTS" -u test test "$@"; }

# The file that it makes last says that it is whole.
install_tables() {
    [ ! -e "$DIR/installed" ] || return 0
    rm -rf "$DIR/data"
    mariadb-install-db --no-defaults --datadir="$DIR/data" --user="$ME_IN_SYSTEM" \
        --skip-test-db --auth-root-authentication-method=normal \
        >>"$DIR/mariadbd.log" 2>&1 && : >"$DIR/installed"
}

give_rights() {
    admin -e "create database if not exists test;
        create user if not exists test@'127.0.0.1' identified by 'test';
        grant all on test.* to test@'127.0.0.1';"
}

# It is so from the first start on; a server that reads only could not do it again.
test_may() { sql -e 'select 1' >/dev/null 2>&1; }

start_on_port() {
    free_ports "$PORTS"
    install_tables || return 1
    # shellcheck disable=SC2046 # options
    launch mariadbd mariadbd --no-defaults --user="$ME_IN_SYSTEM" \
        --datadir="$DIR/data" --tmpdir="$DIR/tmp" --socket="$DIR/sock" \
        --pid-file="$DIR/data/mariadbd.pid" --bind-address=127.0.0.1 \
        --port="$PORTS" --skip-name-resolve --innodb-buffer-pool-size=32M \
        --innodb-log-file-size=16M --character-set-server=utf8mb4 \
        --collation-server=utf8mb4_general_ci $(cat "$DIR/options")
    await 60 mariadbd admin -e 'select 1' || return 1
    test_may || { give_rights && test_may; }
}

start() {
    need mariadbd mariadb-server-core
    need mariadb mariadb-client-core
    plain_directory
    [ ${#DIR} -le 95 ] || die "$DIR: expected 95 letters at most, for a socket in it"
    ! alive mariadbd || die "mariadbd runs already in $DIR"
    keep_settings options "${MARIADB_OPTIONS-$UNSAID}"
    start_on_ports 1 "${MARIADB_PORT:-}" start_on_port mariadbd
    echo "127.0.0.1:$PORTS"
}

# ask WHO: the statements given, or else those of standard input.
ask() {
    known_ports
    if [ -n "$ARG" ]; then
        $1 -e "$ARG"
    else
        $1
    fi
}

case $VERB in
start) start ;;
stop) end TERM mariadbd ;;
kill) end KILL mariadbd ;;
pause) pause mariadbd ;;
resume) resume mariadbd ;;
address)
    known_ports
    echo "127.0.0.1:$PORTS"
    ;;
sql) ask sql ;;
admin) ask admin ;;
*) die "there is no verb $VERB" ;;
esac
