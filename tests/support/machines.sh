# machines.sh - several machines on this one; sourced after cluster.sh.
#
# A machine is a network namespace with an address of its own, 10.0.0.N, a host
# name, and what it writes to /etc, /usr/local, /var/lib and /var/cache for itself;
# a switch is between them. All of them, and all processes, are in namespaces of the
# scenario, so that nothing can stay: when its first process ends, they are gone.
#
# machines_begin, at the end of a file in place of `scenario`. Who may not make
# namespaces skips the tests.

_NAMESPACES='--net --mount --uts --pid --fork --mount-proc --kill-child
    --propagation private'

machines_begin() {
    enter_namespaces
    if [ "$GALE_MACHINES" = here ]; then
        trap 'exit 1' HUP INT TERM # of a runner that has no patience any more
        _make_switch && scenario
        return
    fi
    scenario
}

# enter_namespaces ARG…: the script begins anew, with these, in namespaces of its own;
# $GALE_MACHINES is `here` then, or says why there are none.
enter_namespaces() {
    [ "${GALE_MACHINES:-}" != here ] || return 0
    # shellcheck disable=SC2086 # words
    if command -v ip java >/dev/null && _why=$(unshare $_NAMESPACES true 2>&1); then
        GALE_MACHINES=here exec unshare $_NAMESPACES sh "$0" "$@"
    fi
    GALE_MACHINES="no machines of one's own: ${_why:-there is no ip or java here}"
}

_make_switch() { # this side of it is 10.0.0.254
    mount -t tmpfs none /run && mkdir /run/netns
    ip link set lo up
    ip link add switch type bridge
    ip address add 10.0.0.254/24 dev switch
    ip link set switch up
}

# machines NUMBER…: until _end_machines.
machines() {
    [ "$GALE_MACHINES" = here ] || skip "$GALE_MACHINES"
    for machine; do
        ip netns add "m$machine"
        ip link add "port$machine" type veth peer name eth0 netns "m$machine"
        ip link set "port$machine" master switch up
        ip -n "m$machine" address add "10.0.0.$machine/24" dev eth0
        ip -n "m$machine" link set eth0 up
        ip -n "m$machine" link set lo up
        mkfifo "machine$machine.up"
        ip netns exec "m$machine" unshare --mount --uts --propagation private \
            sh -c "$_MACHINE" sh "machine$machine" &
        echo $! >"machine$machine.process"
        read -r _ <"machine$machine.up"
    done
}

# What holds a machine, with disks of its own.
# shellcheck disable=SC2016 # another shell's
_MACHINE='
    mount -t tmpfs none /mnt
    for place in etc usr/local var/lib var/cache; do
        mkdir -p "/mnt/$place.new" "/mnt/$place.work"
        mount -t overlay none -o "lowerdir=/$place,upperdir=/mnt/$place.new,workdir=/mnt/$place.work" "/$place"
    done
    hostname "$1"
    echo up >"$1.up"
    exec sleep infinity'

_end_machines() {
    for file in machine*.process; do
        [ ! -e "$file" ] || kill -KILL "$(cat "$file")"
    done
    for namespace in $(ip netns list | cut -d ' ' -f 1); do
        ip link delete "port${namespace#m}" # both ends, at once
        ip netns delete "$namespace"
    done
}

# at NUMBER: the words before a command that runs on that machine.
at() {
    echo nsenter "--target=$(cat "machine$1.process")" --net --mount --uts \
        "--wdns=$PWD"
}

on() { # NUMBER COMMAND…
    machine=$1
    shift
    # shellcheck disable=SC2046 # words
    $(at "$machine") "$@"
}

# -- a network that is cut --------------------------------------------------------

# What FROM says to TO goes to nobody.
cut_one_way() { # FROM TO
    ip -n "m$1" neighbour replace "10.0.0.$2" lladdr 02:00:00:00:00:ff \
        dev eth0 nud permanent
}

heal_one_way() {
    ip -n "m$1" neighbour delete "10.0.0.$2" dev eth0
}

cut_off() { # NUMBER NUMBER: from each other
    cut_one_way "$1" "$2"
    cut_one_way "$2" "$1"
}

heal() {
    heal_one_way "$1" "$2"
    heal_one_way "$2" "$1"
}

unplug() { # NUMBER
    ip link set "port$1" down
}

plug() {
    ip link set "port$1" up
}

# -- a machine that vanishes, with all that it has --------------------------------

# vanish NUMBER: its workers go on, though nobody hears them.
vanish() {
    vanished=$(now_ms)
    unplug "$1"
}

_runs_without() { # NUMBER WORKERS: so many of the ledger, none of which is there
    _page >page
    [ "$(grep '^{"worker":' page | grep -vcF "\"address\":\"10.0.0.$1\"")" = "$2" ] &&
        is ledger workers_running "$2"
}

# come_back NUMBER WORKERS: when these run on others, and something has come from
# them; $elsewhere is when.
come_back() {
    await "$2 workers on other machines" _runs_without "$1" "$2"
    await_more_lines 1
    elsewhere=$(since "$vanished")
    plug "$1"
}

# finish_twice SECONDS: each of two sources comes once more, from its position on,
# and what its old one has emitted: 100 a second until so long ago.
finish_twice() {
    away=$((($(now_ms) - vanished) / 1000 + $1))
    finish_ledger $((2 * (100 + 100 + 100 * away)))
}
