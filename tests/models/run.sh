#!/bin/sh
# run.sh WORK - spin searches all that can happen in each model, and finds nothing;
# and in each model without one of its rules, where it finds what the rule is for.
#
# A line of _models: MODEL RULE BOUNDS…; the rule `-` is none: the model as it is. A
# search counts only if it was complete. One per CPU at a time; ONLY=TEXT takes the
# lines with that text.
set -u

work=$1
here=tests/models

_models() {
    cat <<'END'
leader_election    -                    FAULTS=1 SESSIONS=3 CHANGES=0
leader_election    -                    FAULTS=1 SESSIONS=2 CHANGES=2
leader_election    NO_EPOCH_CHECK       FAULTS=1 SESSIONS=3 CHANGES=1
leader_election    NO_LEASE             FAULTS=1 SESSIONS=3 CHANGES=0
leader_election    LEASE_FROM_ANSWER    FAULTS=1 SESSIONS=3 CHANGES=0
leader_election    LEASE_BY_READS       FAULTS=2 SESSIONS=3 CHANGES=0
leader_election    ANY_CANDIDATE        FAULTS=1 SESSIONS=3 CHANGES=1
leader_election    NO_HIGHEST           FAULTS=1 SESSIONS=3 CHANGES=1
leader_election    NO_BARRIER           FAULTS=1 SESSIONS=2 CHANGES=2
worker_replacement -                    DEATHS=1 SILENCES=0 TUPLES=0
worker_replacement -                    DEATHS=0 SILENCES=1 TUPLES=1
worker_replacement ANY_BIRTH+LATE_GUEST DEATHS=0 SILENCES=1 TUPLES=1
worker_replacement STAYS_LINKED         DEATHS=0 SILENCES=1 TUPLES=1
worker_replacement LATE_GUEST           DEATHS=0 SILENCES=1 TUPLES=1
worker_replacement GOES_ON              DEATHS=1 SILENCES=0 TUPLES=1
worker_replacement ANY_INCARNATION      DEATHS=0 SILENCES=1 TUPLES=1
worker_replacement BY_PID_ALONE         DEATHS=1 SILENCES=0 TUPLES=1
worker_replacement NO_PARENT_LOOK       DEATHS=1 SILENCES=0 TUPLES=1
worker_replacement RECORD_LATE+NO_MARK  DEATHS=1 SILENCES=0 TUPLES=1
worker_replacement NOT_WAITED_FOR       DEATHS=0 SILENCES=1 TUPLES=1
END
}

# What spin is told: the bounds, and of each rule of the model whether it was taken away;
# those that are taken away together are joined by '+'.
_defines() { # MODEL RULE BOUNDS…
    rules=+$2+
    for rule in $(_models | awk -v m="$1" '$1 == m && $2 != "-" { print $2 }' |
        tr '+' '\n' | sort -u); do
        case $rules in *"+$rule+"*) echo "-D$rule=1" ;; *) echo "-D$rule=0" ;; esac
    done
    shift 2
    printf -- '-D%s\n' "$@"
}

# In $dir. Runs of the model as it is must come to an end, too: no progress is made in
# a run that does not.
_search() { # MODEL RULE BOUNDS…
    how='-DSAFETY -DNOCLAIM' option=
    [ "$2" != - ] || how=-DNP option=-l
    # shellcheck disable=SC2046
    cp "$here/$1.pml" "$dir" && cd "$dir" &&
        spin $(_defines "$@") -a "$1.pml" >log 2>&1 &&
        ${CC:-cc} -O2 -w -DNOFAIR $how -o pan pan.c >>log 2>&1 &&
        ./pan -E -m100000 $option >out 2>>log
}

_is_complete() {
    grep -q 'errors: 0$' "$dir/out" &&
        ! grep -qE 'max search depth|Search not completed|truncated|out of memory' \
            "$dir/out"
}

_what() {
    sed -n 's/^pan:1: \(.*\) (at depth .*/\1/p' "$dir/out" | tr -d '()' | cut -c 1-60
}

_one() { # MODEL RULE BOUNDS…
    dir=$work/$(echo "$*" | tr " =" -_)
    mkdir -p "$dir"
    begin=$(date +%s)
    (_search "$@")
    seconds=$(($(date +%s) - begin))
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$dir/out")
    depth=$(sed -n 's/.*depth reached \([0-9]*\),.*/\1/p' "$dir/out")
    found=$(sed -n 's/^pan:1: .* (at depth \([0-9]*\))$/\1/p' "$dir/out")
    if [ "$2" = - ] && _is_complete; then
        result=ok said="complete, nothing found"
    elif [ "$2" != - ] && [ -n "$found" ]; then
        result=ok said="found after $found steps: $(_what)"
    else
        result=FAILED said="see $dir"
    fi
    printf '%-6s %-18s %-20s %8s states, depth %4s, %2s s: %s\n' $result "$1" "$2" \
        "${states:-?}" "${depth:-?}" "$seconds" "$said"
}

if [ "${2:-}" = --one ]; then
    # shellcheck disable=SC2086
    _one $3
    exit
fi
rm -rf "$work"
mkdir -p "$work"
_models | grep -F -e "${ONLY:-}" |
    xargs -P "$(nproc)" -d '\n' -n 1 sh "$0" "$work" --one | tee "$work/said"
passed=$(grep -c '^ok' "$work/said")
failed=$(grep -vc '^ok' "$work/said")
echo "$passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
