#!/bin/sh
# sockets.sh - the spout `socket` and peers that are cut off: in a network of its
# own, whose only interface goes down.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_listening() {
    [ "${GALE_NETWORK:-}" = here ] || skip "$GALE_NETWORK"
    ip link set lo up
    cat >lines.yaml <<'YAML'
name: lines
spouts:
  - {id: lines, plugin: socket, config: {address: "127.0.0.1:9999", mode: listen}}
bolts:
  - {id: print, plugin: print, config: {fields: line}}
streams:
  - {from: lines, to: print, grouping: SHUFFLE}
YAML
    "$GALE" local -q lines.yaml >out 2>err &
    gale=$!
    trap 'kill -KILL $gale $peers 2>/dev/null || :' EXIT
    peers=
}

# A peer that says lines, and then nothing for long.
_peer() { # LINE…
    printf '%s\n' "$@" >lines
    bash -c 'until exec 5<>/dev/tcp/127.0.0.1/9999; do sleep 0.1; done 2>/dev/null
        cat lines >&5; exec sleep 1000' &
    peers="$peers $!"
    await "${*##* }" grep -qx "${*##* }" out
}

# What a peer says when it ends does not come through: nobody is there, and nothing
# says so.
a_peer_that_vanishes_without_a_word_is_missed_and_the_next_one_is_heard() {
    _listening
    _peer one two
    ip link set lo down
    # shellcheck disable=SC2086 # words
    kill -KILL $peers
    began=$(date +%s%3N)
    await 'the word of it' grep -q 'is broken' err
    took=$(($(date +%s%3N) - began))
    expect_message 'is broken: Connection timed out'
    ip link set lo up
    _peer three
    kill -TERM $gale
    wait $gale || fail "$(_said err)"
    printf 'one\ntwo\nthree\n' >wanted
    expect_same out wanted
    row - 'peer of a socket vanishes without FIN' 'lost 0, duplicates 0 of at most 0' \
        "missed after $took ms"
}

# A cut that is shorter than that loses nothing: TCP says it again.
a_network_that_is_away_for_a_while_loses_nothing() {
    _listening
    mkfifo more
    bash -c 'until exec 5<>/dev/tcp/127.0.0.1/9999; do sleep 0.1; done 2>/dev/null
        cat more >&5' &
    peers=$!
    exec 7>more
    seq 1000 >&7
    await 'lines' grep -qx 1000 out
    ip link set lo down
    seq 1001 2000 >&7
    sleep 3
    expect_equal "$(grep -c . out)" 1000 'lines while it is away'
    ip link set lo up
    seq 2001 3000 >&7
    exec 7>&-
    await 'all lines' grep -qx 3000 out
    kill -TERM $gale
    wait $gale || fail "$(_said err)"
    seq 3000 >wanted
    expect_same out wanted
    expect_silence err
    row - 'network of a socket away for 3 s' 'lost 0, duplicates 0 of at most 0'
}

if [ -z "${GALE_NETWORK:-}" ]; then
    if command -v ip bash >/dev/null && unshare --net true 2>/dev/null; then
        GALE_NETWORK=here exec unshare --net sh "$0"
    fi
    GALE_NETWORK='no network of its own: there is no ip or bash here, or only root can'
fi
scenario
