# both.sh - how Storm and gale are run; sourced by the cases.
#
# From run.sh: $BUILD, $at, the directory for all that is found, $CLASSES and
# $STORM_LIB, what is Storm's, and $GALE.
. tests/bench/storm/figures.sh
. tests/bench/storm/settings.sh
HERE=$PWD/tests/bench/storm
WARM=${BENCH_WARM_SECONDS:-5}
MEASURED=${BENCH_SECONDS:-3}
trap 'exit 1' HUP INT TERM

# exec_storm WHERE TOPOLOGY [KEY=VALUE…]: in place of this shell. WHERE is local or
# cluster; $JVM are options of its own; it has $at/storm, which is empty
# before. $BEFORE are words before its command.
exec_storm() { # WHERE TOPOLOGY [KEY=VALUE…]
    rm -rf "$at/storm" && mkdir -p "$at/storm/counts" && cd "$at/storm" || exit 1
    _where=$1 _topology=$2
    shift 2
    # shellcheck disable=SC2086 # options
    exec ${BEFORE:-} java ${JVM:-$STORM_JVM} $STORM_JVM_ALWAYS -Djava.io.tmpdir="$at/storm" \
        -Dlog4j.configurationFile="$HERE/log4j2.xml" ${STORM_CONF:-} \
        -cp "$CLASSES:$STORM_LIB/*" Measure "$_where" "$_topology" \
        "$at/storm/counts" storm.local.hostname=localhost $STORM_ALWAYS \
        bench.warm="$WARM" bench.seconds="$MEASURED" "$@" ${STORM_SETTINGS:-}
}

# The same, to its end; what it prints is in $at/said.
storm() {
    (exec_storm "$@") >"$at/said" ||
        { echo "bench-storm: Storm ended with status $?" >&2 && exit 1; }
}

figure() { # NAME
    sed -n "s/^$1 //p" "$at/said"
}

# exec_gale SECONDS FILE.yaml [OPTION…]: for so long, in place of this shell; its
# counters are in $at/stats.
exec_gale() {
    _s=$1 _file=$2
    shift 2
    exec "$GALE" local -q --env-filter --local-ttl "$_s" --stats "$at/stats" "$@" \
        "$HERE/$_file"
}

# The same, to its end.
gale() {
    (exec_gale "$@")
}

# Of $at/stats: whether all is accounted for, and what the last bolt has done a second.
gale_rate() { # ACKED
    _fields <"$at/stats" | awk -v acked="$1" '
        $1 == "seconds" { seconds = $2 }
        $1 == "id" { id = $2; n++ }
        $1 == "kind" { spout[id] = $2 == "spout" }
        n && !((id, $1) in of) { of[id, $1] = $2 }
        $1 == "transferred" && !(id in sent) { sent[id]; all_sent += $2 }
        $1 == "executed" && !(id in done) { done[id]; all_done += $2; last = $2 }
        END {
            for (id in spout)
                if (spout[id] && acked == "true" && (of[id, "pending"] ||
                    of[id, "acked"] + of[id, "failed"] != of[id, "emitted"]))
                    wrong = 1
            if (wrong || all_sent != all_done) {
                print "bench-storm: gale sent " all_sent " tuples and executed " \
                    all_done ", or did not ack them all" >"/dev/stderr"
                exit 1
            }
            printf "%.0f\n", last / seconds
        }'
}

# KEY VALUE, one a line, of an object of JSON.
_fields() {
    tr '{},[]' '\n\n\n\n\n' | sed -n 's/^"\([a-z0-9_]*\)":"\{0,1\}\([^"]*\)"\{0,1\}$/\1 \2/p'
}
