# cluster_faults.sh - faults of a cluster of real processes, and what ends them; sourced
# after cluster.sh, and after proxies.sh by who puts a proxy before a port.
#
# The catalogue of faults and the soak make them by the same functions. A fault that
# does not happen fails its test.

# -- who is where -------------------------------------------------------------------

# is_replaced NAME NUMBER PID: another process than PID is that worker.
is_replaced() {
    _now=$(worker_pid "$1" "$2")
    echo "worker $2 of $1 is process $_now"
    [ -n "$_now" ] && [ "$_now" != 0 ] && [ "$_now" != "$3" ]
}

worker_port() { # NAME NUMBER
    _page | sed -n "/^{\"name\":\"$1\",/,/^{\"name\"/p" |
        grep "^{\"worker\":$2," | grep -o '"port":[0-9]*' | cut -d: -f2
}

id_of() { # SUPERVISOR, as it is registered now
    sed -n 's/.*registered as \([0-9a-f]*\).*/\1/p' "$1.log" | tail -n 1
}

runs_nowhere_on() { # ID of a supervisor
    _page | grep -o '^{"worker":[^}]*' >placed && ! grep -F "$1" placed
}

not_registered() { # some supervisor
    _page | grep -F '"state":"not registered"'
}

somebody_leads() {
    [ -n "$(leader)" ]
}

another_leads() { # than NUMBER
    _now=$(leader)
    [ -n "$_now" ] && [ "$_now" != "$1" ]
}

# -- processes ----------------------------------------------------------------------

# A supervisor with all that it has started: its workers and their logs.
kill_with_workers() { # SUPERVISOR
    end_daemon KILL "$1"
    for pid in $(grep -slaF -- "$PWD/$1/" /proc/[0-9]*/cmdline | cut -d/ -f3); do
        kill -KILL "$pid" 2>/dev/null || : # its log goes with it
    done
}

# Until its session is over, which the leader knows then.
stop_until_missed() { # SUPERVISOR
    signal_daemon STOP "$1"
    await 'that it is missed' not_registered
}

stop_until_another_leads() { # NUMBER, of the leader
    signal_daemon STOP "nimbus$1"
    await 'another leader' another_leads "$1"
}

# What the bolt "pass" of bookkeeper.c shall do, once.
commit() { # CRIME
    echo "$1" >crime.part
    mv crime.part crime
    await 'the crime' test ! -e crime
}

# -- disks and descriptors ----------------------------------------------------------

# What is in a supervisor's local directory, when it does not run.
damage() { # HOW SUPERVISOR
    state=$2/supervisor/state
    case $1 in
    nothing_left) rm -r "$2/supervisor" ;;
    no_state) rm "$state" ;;
    empty_state) : >"$state" ;;
    cut_state) dd if="$state" of=cut bs=1 count=40 2>/dev/null && mv cut "$state" ;;
    flipped_state)
        printf '\377' | dd of="$state" bs=1 seek=30 conv=notrunc 2>/dev/null
        ;;
    no_socket) rm "$2/supervisor/socket" ;;
    esac
}

# A directory on a disk of its own, until the end of the test.
small_disk() { # DIRECTORY SIZE
    [ "$(id -u)" = 0 ] || skip 'only root may mount a small disk'
    mkdir "$1"
    mount -t tmpfs -o "size=$2,mode=755" tmpfs "$1" 2>/dev/null ||
        skip 'nothing can be mounted here'
    SMALL_DISK=$PWD/$1
}

# Until it is removed: DIRECTORY/filler.
fill_disk() { # DIRECTORY
    dd if=/dev/zero of="$1/filler" bs=64k 2>/dev/null || :
    expect_equal "$(df --output=avail "$1" | tail -n 1 | tr -d ' ')" 0 'what is free'
}

# It may have no more descriptors than it has got, or than there usually are.
allow_no_descriptors() { # DAEMON; numbers below 8 are taken
    prlimit --pid "$(cat "$1.pid")" --nofile=8:
}

allow_descriptors() {
    prlimit --pid "$(cat "$1.pid")" --nofile=1024:
}

# -- the network --------------------------------------------------------------------

# stand_before PORT: who connects there is led to the proxy, which comes to it by
# another address. One port at a time.
stand_before() {
    begin_proxy "127.0.0.9:$1"
    nft -f - <<RULES
table ip before {
    chain output {
        type nat hook output priority -100;
        ip daddr 127.0.0.1 tcp dport $1 redirect to :${proxy#*:}
        ip daddr 127.0.0.9 tcp dport $1 dnat to 127.0.0.1:$1
    }
}
RULES
}

stand_aside() {
    nft delete table ip before
}

# Of who is connected to that port; he comes again, and through the proxy if one
# stands before it.
cut_connections() { # PORT
    ss -K dst 127.0.0.1 dport = "$1" >/dev/null || fail 'ss cannot cut'
}

# lose_packets PERCENT ADDRESSES [PORT]: of what comes here, from these addresses, to
# that port. Where: $here, words before a command.
lose_packets() {
    ${here:-} nft -f - <<RULES
table ip loss {
    counter lost { }
    chain input {
        type filter hook input priority 0;
        ip saddr $2 ${3:+tcp dport $3} numgen random mod 100 <= $(($1 - 1)) counter name lost drop
    }
}
RULES
}

n_lost_packets() {
    ${here:-} nft list counter ip loss lost | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

lose_no_packets() {
    ${here:-} nft delete table ip loss
}
