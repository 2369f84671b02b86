# figures.sh - what both have done, round by round, and the rows and lines of JSON
# that come of it; sourced by the cases, which have a directory of their own, $at.
#
#   wanted CASE                     ONLY says so
#   rounds [MOST]                   numbers of rounds
#   attempt CASE COMMAND…           what fails once is left out from then on
#   sample CASE WHOSE VALUE         of this round; WHOSE is storm or gale
#   row CASE UNIT DIVISOR BETTER MUST
#       BETTER is more or less; MUST is how many times better gale has to be, or -.
#
# How many times better it is in a round, of which the median counts, is a ratio of
# the two samples of that round. Rows go to $ROWS, with tabs, lines of JSON to $JSON.

wanted() { # CASE
    # shellcheck disable=SC2254 # a pattern
    case $1 in *${ONLY:-}*) ;; *) return 1 ;; esac
}

rounds() { # [MOST]
    _runs=${BENCH_RUNS:-5}
    [ "$_runs" -le "${1:-$_runs}" ] || _runs=$1
    seq "$_runs"
}

# In the background, where -e holds in spite of the condition.
attempt() { # CASE COMMAND…
    _attempted=$1
    shift
    [ ! -e "$at/$_attempted.failed" ] || return 0
    ("$@") &
    wait $! || {
        echo "bench-storm: $_attempted has failed" >&2
        : >"$at/$_attempted.failed"
    }
}

sample() { # CASE WHOSE VALUE; without one, what was measured has failed
    [ -n "$3" ] || exit 1
    echo "$3" >>"$at/$1.$2"
    printf '  %-32s %-5s %s\n' "$1" "$2" "$3" >&2
}

# MEDIAN MIN MAX, one number a line.
_spread() {
    sort -g | awk '{ v[NR] = $1 }
        END { m = int((NR + 1) / 2); n = int(NR / 2) + 1
            printf "%.10g %.10g %.10g", (v[m] + v[n]) / 2, v[1], v[NR] }'
}

# Storm's and gale's, and how many times better in each round.
_paired() { # CASE BETTER
    paste "$at/$1.storm" "$at/$1.gale" |
        awk -v better="$2" '{ print better == "more" ? $2 / $1 : $1 / $2 }'
}

row() { # CASE UNIT DIVISOR BETTER MUST
    [ -s "$at/$1.gale" ] && [ ! -e "$at/${1%-p[0-9]*}.failed" ] || return 0
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$5" \
        "$(wc -l <"$at/$1.gale")" "$(_spread <"$at/$1.storm")" \
        "$(_spread <"$at/$1.gale")" "$(_paired "$1" "$4" | _spread)" |
        tee -a "$JSON.figures" | awk -F '\t' '
            function short(x) {
                return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.3g", x)
            }
            function spread(text,    v) {
                split(text, v, " ")
                return short(v[1] / d) " (" short(v[2] / d) " … " short(v[3] / d) ")"
            }
            {
                d = $3
                both = spread($6) "\t" spread($7)
                d = 1
                times = spread($8)
                split($8, t, " ")
                print $1 "\t" $2 "\t" both "\t" times "\t" $4 "\t" \
                    ($4 == "-" ? "" : t[1] >= $4 ? "met" : "MISSED")
            }' >>"$ROWS"
    tail -n 1 "$JSON.figures" | _json >>"$JSON"
    rm "$JSON.figures"
}

_json() {
    awk -F '\t' '
        function spread(name, text, d,    v) {
            split(text, v, " ")
            return sprintf("\"%s\":{\"median\":%.6g,\"min\":%.6g,\"max\":%.6g}",
                name, v[1] / d, v[2] / d, v[3] / d)
        }
        {
            split($8, t, " ")
            printf "{\"case\":\"%s\",\"unit\":\"%s\",\"runs\":%d,%s,%s,%s", $1,
                $2, $5, spread("storm", $6, $3), spread("gale", $7, $3),
                spread("times_better", $8, 1)
            if ($4 != "-")
                printf ",\"must\":%s,\"ok\":%s", $4, (t[1] >= $4) ? "true" : "false"
            print "}"
        }'
}
