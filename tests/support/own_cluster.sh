# own_cluster.sh - a cluster of `gale cluster` for each test; sourced after
# scenario.sh.

# A cluster in ./c, which does not outlive the test.
_up() {
    command -v java >/dev/null || skip 'there is no java here'
    trap '"$GALE" cluster down "$PWD/c" >down.out 2>&1 || cat down.out' EXIT
    run "$GALE" cluster up "$PWD/c" "$@"
    expect_status 0
    export GALE_CONFIG="$PWD/c/gale.yaml"
}

# Those of this test: each names the directory in its arguments.
_processes() { # the pattern from a file: grep must not find itself
    echo "$PWD/c/" >pattern
    grep -slaF -f pattern /proc/[0-9]*/cmdline | cut -d/ -f3 || :
}

# The process of NAME, from what `status` shows.
_pid() {
    "$GALE" cluster status c | awk -v name="$1" '$1 == name { print $3 }'
}

# _pids WORD: processes with that argument: worker, log-writer …
_pids() {
    for _p in $(_processes); do
        tr '\0' '\n' <"/proc/$_p/cmdline" 2>/dev/null | grep -qxF "$1" &&
            echo "$_p"
    done
    :
}

_until() { # COMMAND…: it is asked again until it succeeds
    await "$*" "$@"
}

_lists() { # NAME STATUS
    "$GALE" list | awk -v name="$1" -v status="$2" \
        '$1 == name && $2 == status { found = 1 } END { exit !found }'
}

_has_workers() { # N
    [ "$(_pids worker | wc -l)" -ge "$1" ]
}

# Workers run N, as each says itself: whoever is known to a supervisor by then,
# and just these processes.
_run_workers() { # N
    "$GALE" status --json | grep -o '"pid":[1-9][0-9]*' | cut -d: -f2 | sort >said
    _pids worker | sort >found
    [ "$(wc -l <said)" = "$1" ] && cmp said found
}

_expect_nothing_left() {
    [ ! -e c ] || fail "the directory is left behind: $(ls c | tr '\n' ' ')"
    [ -z "$(_processes)" ] || fail "processes are left behind: $(
        for p in $(_processes); do tr '\0' ' ' <"/proc/$p/cmdline"; done)"
}

# One that goes on for days, on two workers.
_submit_endless() { # NAME
    run "$GALE" submit --name "$1" -c topology.workers=2 \
        "$PLUGINS/rolling_top_words.so" 100000000 200 1000 500
    expect_status 0
    _until _has_workers 2
}

_tells() { # TEXT COMMAND…
    _text=$1
    shift
    "$@" | grep -qF -e "$_text"
}
