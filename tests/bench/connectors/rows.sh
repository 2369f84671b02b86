# rows.sh - rounds of measurements, and the rows of the table that they make; sourced
# by the cases, after `at`, their directory, is set.
#
#   sample NAME VALUE               of this round
#   row CASE UNIT MUST GALE BARE    names of samples; MUST is '>= 0.9', '<= 2', or -:
#                                   of the ratio of both in the same round, its median
#   row_of CASE UNIT MUST NAME      of a sample itself, which is beside nothing
#   seconds COMMAND…                how long it takes; what it prints is in $at/out
#   rate N COMMAND…                 N divided by that
#
# A row has tabs between its columns and goes to $ROWS.

sample() { # NAME VALUE; without one, what was measured has failed
    [ -n "$2" ] || exit 1
    echo "$2" >>"$at/samples.$1"
    echo "  $1 $2" >&2
}

# Median (smallest … largest), one number a line.
spread() { # FORMAT
    sort -g | awk -v format="$1" '{ v[NR] = $1 }
        END { m = int((NR + 1) / 2); n = int(NR / 2) + 1
            printf format " (" format " … " format ")", (v[m] + v[n]) / 2, v[1], v[NR] }'
}

verdict() { # MEDIAN MUST
    # shellcheck disable=SC2086 # two words
    set -- "${1%% *}" $2
    [ "$2" != - ] || { echo - && return; }
    awk -v is="$1" -v way="$2" -v must="$3" \
        'BEGIN { print (way == ">=" ? is >= must : is <= must) ? "met" : "missed" }'
}

row() { # CASE UNIT MUST GALE BARE
    _ratio=$(paste "$at/samples.$4" "$at/samples.$5" | awk '{ print $1 / $2 }' | spread %.2f)
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$(spread %.0f <"$at/samples.$4")" \
        "$(spread %.0f <"$at/samples.$5")" "$_ratio" "$3" "$(verdict "$_ratio" "$3")" >>"$ROWS"
}

row_of() { # CASE UNIT MUST NAME
    _is=$(spread %.1f <"$at/samples.$4")
    printf '%s\t%s\t%s\t-\t-\t%s\t%s\n' "$1" "$2" "$_is" "$3" "$(verdict "$_is" "$3")" >>"$ROWS"
}

seconds() { # COMMAND…
    _began=$(date +%s%N)
    "$@" >"$at/out" 2>"$at/err" || { cat "$at/err" >&2 && exit 1; }
    _ended=$(date +%s%N)
    echo $((_ended - _began)) | awk '{ printf "%.6f", $1 / 1e9 }'
}

rate() { # N COMMAND…
    _n=$1
    shift
    _took=$(seconds "$@")
    awk -v n="$_n" -v took="$_took" 'BEGIN { printf "%.0f", n / took }'
}

rounds() { seq "${BENCH_RUNS:-5}"; }
