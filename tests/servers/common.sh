# common.sh - what scripts of real servers share; sourced by them.
#
# Each is called as NAME.sh DIR VERB [ARG]. A server listens on 127.0.0.1 only,
# and everything that it writes is in DIR. It has a session of its own: whoever
# starts one stops it, in a trap.
set -u
ME=$(basename "$0")
die() {
    echo "$ME: $*" >&2
    exit 1
}
[ $# -ge 2 ] || die "usage: $ME DIR VERB"
mkdir -p "$1" && DIR=$(cd "$1" && pwd) || exit 1
VERB=$2 ARG=${3:-}
# Quick to start, little memory.
JVM="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError"

pid_of() { cat "$DIR/$1.pid" 2>/dev/null; }

# alive NAME: the process of DIR/NAME.pid runs and is ours: its command line
# names DIR.
alive() {
    local p
    p=$(pid_of "$1") && [ -n "$p" ] && grep -qsF -- "$DIR/" "/proc/$p/cmdline"
}

# gone PID: ended, with all its threads. After KILL a process loses its command
# line, and its first thread may be a zombie, while others still hold its port.
gone() {
    [ ! -d "/proc/$1" ] && return
    grep -qs '^State:.[ZX]' "/proc/$1/status" &&
        [ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -le 1 ]
}

# launch NAME COMMAND…: detached. What is inherited is closed: a server must not
# hold a pipe or a lock of its caller's open.
launch() {
    local n=$1 fd
    shift
    alive "$n" && die "$n runs already in $DIR"
    (
        for fd in {3..60}; do eval "exec $fd>&-"; done
        exec setsid "$@" </dev/null >>"$DIR/$n.log" 2>&1
    ) &
    echo $! >"$DIR/$n.pid"
}

# await SECONDS NAME COMMAND…: until the command succeeds; not if the server
# ends or the time is over.
await() {
    local end=$((SECONDS + $1)) p
    p=$(pid_of "$2")
    shift 2
    until "$@" >/dev/null 2>&1; do
        if gone "$p" || [ $SECONDS -ge $end ]; then
            return 1
        fi
        sleep 0.05
    done
}

open_port() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Ports that some test has chosen, and may not listen on yet: the slots of a
# supervisor are free until a worker is there. For all tests of the machine.
PORTS_CHOSEN=/tmp/gale-test-ports

# choose_port PORT: whether nobody else has, in the last half an hour.
choose_port() {
    mkdir "$PORTS_CHOSEN/$1" 2>/dev/null && return
    find "$PORTS_CHOSEN/$1" -maxdepth 0 -mmin +30 -exec rmdir {} + 2>/dev/null
    return 1
}

# some_port: one that nobody listens on, or has chosen; below those that the
# kernel hands out.
some_port() {
    local p
    mkdir -p -m 1777 "$PORTS_CHOSEN"
    while :; do
        p=$((10000 + (RANDOM * 32768 + RANDOM) % 22000))
        choose_port $p && ! open_port $p && break
    done
    echo $p
}

# end SIGNAL NAME: until it is gone, by KILL after 20 s.
end() {
    local p i
    p=$(pid_of "$2") || return 0
    ! alive "$2" || kill -"$1" "$p" 2>/dev/null
    for ((i = 0; ; i++)); do
        gone "$p" && break
        # somebody else's, who has got the number
        ! alive "$2" && [ -n "$(tr -d '\0' <"/proc/$p/cmdline" 2>/dev/null)" ] && break
        [ $i -ne 400 ] || kill -KILL "$p" 2>/dev/null
        sleep 0.05
    done
    rm -f "$DIR/$2.pid"
}
