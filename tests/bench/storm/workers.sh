#!/bin/sh
# workers.sh - tuples a second over two workers, of daemons that are processes: nimbus
# and supervisor of each, one ZooKeeper for both.
set -eu
. tests/bench/storm/both.sh

zookeeper() { bash tests/servers/zookeeper.sh "$at/zookeeper" "$@"; }
daemons() { bash tests/bench/storm/daemons.sh "$at/daemons" "$@"; }

# Until it says yes, for two minutes.
until_so() { # WHAT COMMAND…
    _what=$1
    shift
    for _i in $(seq 2400); do
        ! "$@" || return 0
        sleep 0.05
    done
    echo "bench-storm: after two minutes there is still no $_what" >&2
    return 1
}

# -- Storm ------------------------------------------------------------------------

begin_storm() {
    STORM_ZOOKEEPER=$address STORM_OPTIONS="$STORM_JVM $STORM_JVM_ALWAYS" daemons start
    jar --create --file "$at/topologies.jar" -C "$CLASSES" .
    STORM_CONF="$(daemons conf) -Dstorm.jar=$at/topologies.jar"
}

no_storm_worker() {
    ! grep -qsaF -- "-Dworker.id=" /proc/[0-9]*/cmdline
}

measure_storm() { # TOPOLOGY ACKED CASE
    # shellcheck disable=SC2046 # one word each
    storm cluster "$1" $(storm_settings_of_two "$1" "$2")
    sample "$3" storm "$(figure rate)"
    until_so 'end of its workers' no_storm_worker
}

# -- gale -------------------------------------------------------------------------

# A supervisor with two workers, and all else as it is by default.
begin_gale() {
    export GALE_CONFIG=$at/gale.yaml
    cat >"$GALE_CONFIG" <<END
storm.zookeeper.servers: ["${address%:*}"]
storm.zookeeper.port: ${address#*:}
storm.zookeeper.root: /gale
nimbus.seeds: ["127.0.0.1"]
gale.token.file: $at/token
END
    "$GALE" nimbus -c storm.local.dir="$at/nimbus" >"$at/nimbus.log" 2>&1 &
    gale_daemons=$!
    until_so 'token of nimbus' test -s "$at/token"
    "$GALE" supervisor -c storm.local.dir="$at/supervisor" \
        -c supervisor.slots.ports=[6700,6701] >"$at/supervisor.log" 2>&1 &
    gale_daemons="$gale_daemons $!"
    until_so 'supervisor' gale_says '"state":"alive"'
}

gale_says() { # TEXT
    "$GALE" status --json >"$at/status" && grep -qF -- "$1" "$at/status"
}

# Tuples of the last bolt, and of all bolts, that come of so many messages; a word count
# has them in fives.
last_of() { # TOPOLOGY MESSAGES
    case $1 in word-count) echo $(($2 / 5 * 32)) ;; *) echo "$2" ;; esac
}

all_of() { # TOPOLOGY MESSAGES
    case $1 in
    const-null) echo "$2" ;;
    *) echo $(($2 + $(last_of "$1" "$2"))) ;;
    esac
}

of_status() { # KEY
    tr ',{}' '\n\n\n' <"$at/status" | sed -n "s/^\"$1\"://p" | head -n 1
}

account_for() { # TOPOLOGY ACKED MESSAGES
    _wanted=$3
    [ "$2" = true ] || _wanted=0
    [ "$(of_status executed)" = "$(all_of "$1" "$3")" ] &&
        [ $(($(of_status acked) + $(of_status failed))) = "$_wanted" ] || {
        echo "bench-storm: gale's $1: of $3 messages $(of_status acked) were acked," \
            "$(of_status executed) tuples executed: $(cat "$at/status")" >&2
        return 1
    }
}

# So many messages, from the command until all is done: sets took.
run_gale() { # TOPOLOGY ACKED MESSAGES
    _began=$(date +%s%N)
    "$GALE" submit --env-filter --name bench -c topology.workers=2 \
        -c spout.tracked="$2" -c spout.count="$3" \
        "$HERE/$(echo "$1" | tr - _).yaml" >"$at/said"
    until_so 'end of the topology' gale_says '"status":"FINISHED"'
    took=$(($(date +%s%N) - _began))
    account_for "$@"
    "$GALE" kill bench >"$at/said"
    until_so 'end of its name' gale_says '"topologies":[]'
}

# So many messages that they take as long as is measured; of the next round, too. What
# the start takes, a run of few says, which is subtracted.
measure_gale() { # TOPOLOGY ACKED CASE
    least=$(awk -v s="$MEASURED" 'BEGIN { printf "%.0f", s * 8e8 }')
    n=$(cat "$at/$3.n" 2>/dev/null) || n=10000000
    run_gale "$1" "$2" 100000
    start=$took
    run_gale "$1" "$2" "$n"
    while [ $((took - start)) -lt "$least" ]; do
        n=$(awk -v n="$n" -v is=$((took - start)) -v ns="${MEASURED}e9" 'BEGIN {
            times = is > ns / 10 ? 1.1 * ns / is : 10
            printf "%.0f", int(n * times / 5) * 5 }')
        run_gale "$1" "$2" "$n"
    done
    echo "$n" >"$at/$3.n"
    sample "$3" gale "$(awk -v n="$(last_of "$1" $((n - 100000)))" \
        -v ns=$((took - start)) 'BEGIN { printf "%.0f", n / ns * 1e9 }')"
}

# -- both -------------------------------------------------------------------------

measure() { # TOPOLOGY ACKED CASE
    measure_storm "$@"
    measure_gale "$@"
}

one() { # TOPOLOGY ACKED CASE
    ! wanted "$3" || attempt "$3" measure "$@"
}

at_end() {
    # shellcheck disable=SC2086 # one word each
    [ -z "$gale_daemons" ] || { kill $gale_daemons && wait $gale_daemons; } || :
    daemons kill
    zookeeper kill
}

any=
for topology in const-null const-id-null word-count; do
    ! wanted "workers-$topology" && ! wanted "workers-$topology-acked" || any=1
done
[ -n "$any" ] || exit 0
gale_daemons=
trap at_end EXIT
address=$(zookeeper start)
begin_storm
begin_gale
for i in $(rounds 3); do
    for topology in const-null const-id-null word-count; do
        one $topology false "workers-$topology"
        one $topology true "workers-$topology-acked"
    done
done
for topology in const-null const-id-null word-count; do
    unit='M tuples/s'
    [ $topology != word-count ] || unit='M words/s'
    row "workers-$topology" "$unit" 1e6 more 10
    row "workers-$topology-acked" "$unit" 1e6 more 50
done
