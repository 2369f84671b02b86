# common.sh - what scripts of real servers share; sourced by them.
#
# Each is called as NAME.sh DIR VERB [ARG…]. A server listens on 127.0.0.1 only,
# and everything that it writes is in DIR. It has a session of its own: whoever
# starts one stops it, in a trap. What starts it, and is interrupted, takes it
# along. Exit status 1: a server does not do what it should, and its log is
# shown; 77: this machine has not got what is needed, one sentence says what.
set -u
ME=$(basename "$0")
HERE=$(cd "$(dirname "$0")" && pwd)
die() {
    echo "$ME: $*" >&2
    exit 1
}
lacking() {
    echo "$ME: $*" >&2
    exit 77
}
[ $# -ge 2 ] || die "usage: $ME DIR VERB [ARG…]; $HERE/README.md has the verbs"
mkdir -p "$1" && DIR=$(cd "$1" && pwd) || exit 1
VERB=$2 ARG=${3:-}
# Quick to start, little memory; for throughput: "-XX:+UseG1GC".
JVM="${GALE_JVM:--XX:+UseSerialGC -XX:TieredStopAtLevel=1} \
-XX:-UsePerfData -XX:+ExitOnOutOfMemoryError"

# need COMMAND PACKAGE
need() {
    command -v "$1" >/dev/null ||
        lacking "there is no $1 here: install the package $2"
}

# Some servers write their paths into XML, class paths and command lines.
plain_directory() {
    case $DIR in
    *[!A-Za-z0-9_./+@=-]*) die "$DIR: expected a path of letters, digits and any of _./+@=-" ;;
    esac
}

# -- settings ---------------------------------------------------------------------

# keep_settings FILE TEXT: the file has what was said last; UNSAID leaves it.
UNSAID='(unsaid)'
keep_settings() {
    [ "$2" = "$UNSAID" ] && [ -e "$DIR/$1" ] && return
    [ "$2" = "$UNSAID" ] && set -- "$1" ''
    printf '%s\n' "$2" >"$DIR/$1"
}

# Lines `KEY VALUE` become what servers of Hadoop's family read.
xml_of_properties() {
    echo '<configuration>'
    sed -n 's|^\([^ ]*\) \(.*\)$|<property><name>\1</name><value>\2</value></property>|p'
    echo '</configuration>'
}

# -- processes --------------------------------------------------------------------

pid_of() { cat "$DIR/$1.pid" 2>/dev/null; }

# alive NAME: the process of DIR/NAME.pid runs and is ours: its command line
# names DIR.
alive() {
    _pid=$(pid_of "$1") && [ -n "$_pid" ] &&
        grep -qsF -- "$DIR/" "/proc/$_pid/cmdline"
}

# gone PID: ended, with all its threads. After KILL a process loses its command
# line, and its first thread may be a zombie, while others still hold its port.
# (In a trap, bash's return has the status from before, unless one is said.)
gone() {
    [ ! -d "/proc/$1" ] && return 0
    grep -qs '^State:.[ZX]' "/proc/$1/status" &&
        [ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -le 1 ]
}

# launch NAME COMMAND…: detached, with DIR/tmp for what is temporary. What is inherited is closed: a server must not
# hold a pipe or a lock of its caller's open.
launch() {
    _name=$1
    shift
    alive "$_name" && die "$_name runs already in $DIR"
    mkdir -p "$DIR/tmp"
    (
        exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
        exec setsid "$@" </dev/null >>"$DIR/$_name.log" 2>&1
    ) &
    echo $! >"$DIR/$_name.pid"
}

# await SECONDS NAME COMMAND…: until the command succeeds; not if the server
# ends or the time is over.
await() {
    _end=$(($(date +%s) + $1)) _process=$(pid_of "$2")
    shift 2
    until "$@" >/dev/null 2>&1; do
        if gone "$_process" || [ "$(date +%s)" -ge "$_end" ]; then
            return 1
        fi
        sleep 0.05
    done
}

# with_each COMMAND NAME…
with_each() {
    _command=$1
    shift
    for _each; do
        $_command "$_each"
    done
}

# Somebody else's process has got the number of NAME.
_reused() {
    ! alive "$1" && [ -n "$(tr -d '\0' <"/proc/$2/cmdline" 2>/dev/null)" ]
}

# One that is paused must go on to hear the signal.
_signal() {
    ! alive "$2" || kill -"$1" "$_pid" 2>/dev/null
    ! alive "$2" || kill -CONT "$_pid" 2>/dev/null
}

# Until it is gone, by KILL after 20 s, which has 20 s more.
_end_one() {
    _server=$(pid_of "$1") && [ -n "$_server" ] || return 0
    _round=0
    until gone "$_server" || _reused "$1" "$_server"; do
        _round=$((_round + 1))
        [ $_round -ne 400 ] || kill -KILL "$_server" 2>/dev/null
        [ $_round -lt 800 ] || die "process $_server, $1 of $DIR, does not end"
        sleep 0.05
    done
    rm -f "$DIR/$1.pid"
}

# end SIGNAL NAME…: all of them at once, until they are gone.
end() {
    _how=$1
    shift
    for _each; do
        _signal "$_how" "$_each"
    done
    with_each _end_one "$@"
}

# Its threads stop one by one, after kill has returned.
pause() {
    alive "$1" || die "$1 does not run in $DIR"
    _server=$(pid_of "$1")
    kill -STOP "$_server"
    while grep -qs '^State:.[RSD]' "/proc/$_server"/task/*/status; do
        sleep 0.01
    done
}

resume() {
    alive "$1" || die "$1 does not run in $DIR"
    kill -CONT "$(pid_of "$1")"
}

# whole_or_none NAME…: who is interrupted from here on leaves none of them.
whole_or_none() {
    STARTED=$*
    trap 'trap "" HUP INT TERM; end KILL $STARTED; exit 1' HUP INT TERM
}

# -- ports ------------------------------------------------------------------------

# open_port PORT: somebody listens there.
open_port() {
    grep -qsE ": [0-9A-F]+:$(printf %04X "$1") [0-9A-F]+:0000 0A " \
        /proc/net/tcp /proc/net/tcp6
}

# Ports that some test has chosen, and may not listen on yet: the slots of a
# supervisor are free until a worker is there. For all tests of the machine.
PORTS_CHOSEN=/tmp/gale-test-ports

# choose_port PORT: whether nobody else has, in the last half an hour.
choose_port() {
    mkdir "$PORTS_CHOSEN/$1" 2>/dev/null && return
    find "$PORTS_CHOSEN/$1" -maxdepth 0 -mmin +30 -exec rmdir {} + 2>/dev/null
    return 1
}

# some_port: one that nobody listens on, or has chosen; above those that the
# kernel hands out, while `gale cluster up` takes some below them.
some_port() {
    mkdir -p -m 1777 "$PORTS_CHOSEN"
    for _port in $(shuf -i 61000-65535 -n 100); do
        choose_port "$_port" && ! open_port "$_port" && break
    done
    echo "$_port"
}

# nth N WORD…
nth() {
    shift "$1"
    echo "$1"
}

# free_ports PORT…: whoever listened there would pass for our server.
free_ports() {
    for _port; do
        ! open_port "$_port" || die "port $_port of 127.0.0.1 is taken"
    done
}

# choose_ports COUNT WISH: sets PORTS: those of the last start, which clients
# know, or those that the caller wishes, or any.
choose_ports() {
    PORTS=$(cat "$DIR/ports" 2>/dev/null) || PORTS=$2
    if [ -n "$PORTS" ]; then
        [ "$(echo "$PORTS" | wc -w)" = "$1" ] ||
            die "found the ports \"$PORTS\", expected $1 of them"
        return
    fi
    for _i in $(seq "$1"); do
        PORTS="${PORTS:+$PORTS }$(some_port)"
    done
}

known_ports() {
    PORTS=$(cat "$DIR/ports" 2>/dev/null) || die "nothing was started in $DIR"
}

# start_on_ports COUNT WISH COMMAND SERVER…: the command starts servers at $PORTS,
# and waits for them. Somebody may take a port between the look at it and the
# start; then other ports are tried, unless these must be.
start_on_ports() {
    _count=$1 _wish=$2 _start=$3
    shift 3
    whole_or_none "$@"
    for _try in 1 2 3; do
        choose_ports "$_count" "$_wish"
        if $_start; then
            echo "$PORTS" >"$DIR/ports"
            return
        fi
        end KILL "$@"
        [ -z "$_wish" ] && [ ! -e "$DIR/ports" ] && _lost_a_port "$@" || break
    done
    with_each _show_log "$@"
    die "it does not start; that was the end of its log"
}

_lost_a_port() {
    for _each; do
        ! tail -n 200 "$DIR/$_each.log" |
            grep -qE 'BindException|Address already in use' || return 0
    done
    return 1
}

_show_log() {
    echo "$DIR/$1.log:" >&2
    tail -n 15 "$DIR/$1.log" >&2
}
