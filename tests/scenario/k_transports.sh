# k_transports.sh - real workers of a cluster speak to each other by each of the
# ways that there are: what comes through is the same.
. tests/support/scenario.sh
. tests/support/cluster.sh

N_LINKS=6 # ends, of three workers

# How many ends of links say that they are connected by WHAT, of all so far.
_connected_by() {
    find supervisor?/ -name 'worker.log*' -exec cat {} + |
        grep -c "connected to worker.* by $1" || :
}

_say_so() { # WHAT N
    found=$(_connected_by "$1")
    echo "$found ends of links are connected by $1, not $2"
    [ "$found" = "$2" ]
}

# WAY WHAT: all of them go by that, and everything comes over.
_goes_by() {
    expected=$(($(_connected_by "$2") + N_LINKS)) all=$(_connected_by '')
    submit_ledger 300 3 2 2 2 -c gale.worker.transport="$1"
    await 'what workers say' _say_so "$2" "$expected"
    finish_ledger 0
    expect_equal "$(_connected_by '')" $((all + N_LINKS)) 'ends by any way'
    rm -r end ledger/*
}

# Two supervisors of one host: their workers reach each other all the same.
each_way_brings_everything_over_once() {
    cluster 1 2 2
    _goes_by tcp TCP
    _goes_by unix 'a Unix socket'
    _goes_by auto 'a Unix socket'
    expect_nothing_left
}

a_way_that_there_is_not_is_refused() {
    run "$GALE" local -q -c gale.worker.transport=smoke wordcount
    expect_status 1
    expect_stderr 'gale local: command line: gale.worker.transport: found "smoke", expected one of auto, tcp, unix'
}

cluster_begin
