#!/bin/sh
# run_tests.sh - run test suites against one build and add up the results.
#
#   run_tests.sh BUILD SUITE…      BUILD such as build/release; a SUITE is
#
#   unit         tests/unit/test_*.c, one program each (cmocka, TAP)
#   conformance  tests/conformance/*.c, run over every shipped plugin
#   scenario     tests/scenario/*.sh, real processes
#   slow         tests/slow/*.sh, the same for minutes
#   cluster      scenarios of clusters: tests/cluster/*.sh, tests/scenario/[kn]_*.sh
#   rows         all files in which there are rows of faults of clusters
#   connectors   connectors on real servers: tests/connectors/*.sh,
#                tests/scenario/v_*.sh
#   faults       tests/faults/*.sh, the same with fault points, in builds that
#                have them
#   engine       unit tests of worker/ or that run it, and the stress scenarios
#
# ONLY=TEXT runs the tests whose name contains TEXT. Tests run side by side, JOBS
# at a time (five more than CPUs, one more if sanitized: most of the longest wait
# for what other processes do), the longest first; each has TIMEOUT seconds (300;
# sanitized 900) and leaves its output in BUILD/tests/log/. A line says how many
# tests there were, and how long they took together. What scenarios of faults have
# seen (`row` in scenario.sh) comes as a table in the end. The last line is the sum
# of all tests: `N passed, N failed, N skipped`; the exit status is 1 if one failed.
#
# What a test finds in its environment: GALE, the command; GALE_BUILD, the
# absolute path of BUILD; an empty directory of its own in TMPDIR.
set -u

case ${1:-} in
*asan | *tsan | *coverage) : "${TIMEOUT:=900}" "${JOBS:=$((1 + $(nproc)))}" ;;
*) : "${TIMEOUT:=300}" "${JOBS:=$((5 + $(nproc)))}" ;;
esac

# -- one test -------------------------------------------------------------------

# From TAP to lines `ok NAME`, `not ok NAME REASON`, `skip NAME REASON`.
from_tap() {
    awk '
        /^1\.\.[0-9]+/ { split($0, plan, /\.\./); planned += plan[2]; next }
        /^ok [0-9]+ - / { sub(/^ok [0-9]+ - /, ""); print "ok " $0; n++; next }
        /^not ok [0-9]+ # SKIP / {
            sub(/^not ok [0-9]+ # SKIP /, "")
            print "skip " $0 " " (why ? why : "no reason given"); n++; next
        }
        /^not ok [0-9]+ - / {
            sub(/^not ok [0-9]+ - /, ""); print "not ok " $0; n++; next
        }
        { why = $0; sub(/^#? *skip(ped)?: */, "", why) }
        END {
            if (n < planned || n == 0)
                print "not ok " name " ended with status " status " after " \
                    n + 0 " of " planned + 0 " tests"
            else if (status == 124)
                print "not ok " name " took more than " limit " s"
        }' name="$2" status="$3" limit="$TIMEOUT" "$1"
}

from_script() {
    awk '
        /^(ok|not ok|skip) / { print; n++ }
        END {
            if (status == 124)
                print "not ok " name " took more than " limit " s"
            else if (status != 0 || n == 0)
                print "not ok " name " ended with status " status
        }' name="$2" status="$3" limit="$TIMEOUT" "$1"
}

run_one() {
    suite=${1%%/*} name=${1#*/}
    log=$GALE_BUILD/tests/log/$suite-$name.log
    TMPDIR=$(mktemp -d)
    export TMPDIR
    began=$(date +%s)
    case $suite in
    scenario | slow | cluster | catalogue | connectors | faults)
        $LAUNCH timeout -k 5 "$TIMEOUT" sh "tests/$suite/$name.sh" >"$log" 2>&1
        from_script "$log" "$name" $? >"$log.result" ;;
    unit)
        $LAUNCH timeout -k 5 "$TIMEOUT" "$GALE_BUILD/tests/unit/$name" \
            >"$log" 2>&1
        from_tap "$log" "$name" $? >"$log.result" ;;
    conformance)
        $LAUNCH timeout -k 5 "$TIMEOUT" "$GALE_BUILD/tests/conformance/$name" \
            "$GALE_BUILD"/lib/gale/*.so >"$log" 2>&1
        from_tap "$log" "$name" $? >"$log.result" ;;
    esac
    rm -rf "$TMPDIR"
    report_one "$suite/$name" "$log" $(($(date +%s) - began))
}

# What stands around the first failures, and the end.
excerpt() {
    grep -n -m 4 -B 6 -A 4 '^not ok' "$1"
    echo ...
    tail -n 15 "$1"
}

report_one() { # TEST LOG SECONDS
    sed -n '/^figures: row /d; s/^figures: //p' "$2"
    bad=$(grep -c '^not ok' "$2.result")
    skips=$(sed -n 's/^skip \([^ ]*\) /  skipped: \1: /p' "$2.result")
    if [ "$bad" = 0 ]; then
        printf 'ok      %-44s %5s %5s s\n' "$1" "$(grep -c . "$2.result")" "$3"
        [ -z "$skips" ] || echo "$skips"
        return
    fi
    {
        printf 'FAILED  %-44s %11s s\n' "$1" "$3"
        sed -n 's/^not ok /  /p' "$2.result"
        echo "  --- from $2:"
        excerpt "$2" | sed 's/^/  | /'
    }
}

# -- all of them ------------------------------------------------------------------

stems() {
    for file in $1; do
        [ ! -e "$file" ] || basename "${file%.*}"
    done
}

# Who tests a part of the engine, or runs it: by itself, or with a helper that
# runs topologies.
RUNNERS=$(grep -lE 'topology_run\.h"' tests/support/*.h | sed 's|.*/||; s|\.h$||' |
    tr '\n' '|')
OF_ENGINE="\"worker/|tests/support/(${RUNNERS}topology_run)\.h|gale_local_start\\("

list() {
    case $1 in
    unit) stems 'tests/unit/test_*.c' | sed 's|^|unit/|' ;;
    conformance) stems 'tests/conformance/*.c' | sed 's|^|conformance/|' ;;
    scenario) stems 'tests/scenario/*.sh' | sed 's|^|scenario/|' ;;
    slow) stems 'tests/slow/*.sh' | sed 's|^|slow/|' ;;
    cluster)
        stems 'tests/cluster/*.sh' | sed 's|^|cluster/|'
        stems 'tests/scenario/[kn]_*.sh' | sed 's|^|scenario/|' ;;
    rows)
        grep -lE '^ +row [0-9a-z]+ ' tests/cluster/*.sh tests/catalogue/*.sh \
            tests/faults/*.sh tests/scenario/[klmn]_*.sh |
            sed 's|^tests/||; s|\.sh$||' ;;
    connectors)
        stems 'tests/connectors/*.sh' | sed 's|^|connectors/|'
        stems 'tests/scenario/v_*.sh' | sed 's|^|scenario/|' ;;
    faults) stems 'tests/faults/*.sh' | sed 's|^|faults/|' ;;
    engine)
        stems "$(grep -lE "$OF_ENGINE" tests/unit/test_*.c)" | sed 's|^|unit/|'
        stems 'tests/scenario/*stress*.sh' | sed 's|^|scenario/|' ;;
    *) echo "run_tests.sh: no suite is named $1" >&2 ;;
    esac
}

# Those that take longest, as the seconds in the output say; a list like this is
# out of date for no harm but time.
LONGEST='scenario/v_kafka unit/test_kafka_faults
    cluster/cuts scenario/f_readme scenario/k_look scenario/n_nimbuses
    scenario/l_local_cluster scenario/z_zookeeper scenario/k_daemons scenario/g_seeds
    scenario/k_workers scenario/k_orphans scenario/k_cluster scenario/i_mutants scenario/k_rebalance
    scenario/e_check conformance/every_component unit/test_stress scenario/l_hostile
    scenario/m_isolation scenario/l_records scenario/l_flood scenario/l_refused scenario/l_burglar
    scenario/n_kept unit/test_rewiring
    unit/test_link_faults unit/test_reign_told unit/test_reign scenario/k_words
    scenario/d_signals scenario/e_author unit/test_wire_engine unit/test_copies
    connectors/pipelines connectors/mysql connectors/servers scenario/v_mysql
    scenario/v_demo_mysql scenario/v_file'

# From names to names: what is in LONGEST comes in its order, before all others.
longest_first() {
    awk -v longest="$LONGEST" '
        BEGIN { n = split(longest, first) }
        { listed[$0] = 1; order[++m] = $0 }
        END {
            for (i = 1; i <= n; i++)
                if (first[i] in listed) {
                    print first[i]
                    delete listed[first[i]]
                }
            for (i = 1; i <= m; i++)
                if (order[i] in listed)
                    print order[i]
        }'
}

# Sanitizers need the addresses that they expect; some kernels give others.
launcher() {
    case $1 in
    *asan | *tsan) ! setarch -R true 2>/dev/null || echo 'setarch -R' ;;
    esac
}

if [ "$1" = --one ]; then
    run_one "$2"
    exit 0
fi

build=$1
shift
GALE_BUILD=$PWD/$build
GALE=$GALE_BUILD/bin/gale
LAUNCH=$(launcher "$build")
export GALE_BUILD GALE LAUNCH TIMEOUT
export CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C
unset GALE_PLUGIN_PATH MAKEFLAGS MAKELEVEL MFLAGS

mkdir -p "$build/tests/log"
rm -f "$build"/tests/log/*
for suite; do
    list "$suite"
done | grep -F -e "${ONLY:-}" | longest_first |
    xargs -r -n 1 -P "$JOBS" sh "$0" --one

cat "$build"/tests/log/*.log 2>/dev/null | awk -f tests/support/fault_table.awk
cat "$build"/tests/log/*.result 2>/dev/null | awk '
    /^ok / { passed++ }
    /^not ok / { failed++ }
    /^skip / { skipped++ }
    END {
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0 || passed == 0
    }'
