#!/bin/sh
# c_examples.sh - YSB and NEXMark give what standard tools find in their events,
# for every parallelism, with one carrier and with two.
. tests/support/scenario.sh

EVENTS=200000

# _equal EXPECTED ARGS…: what the topology prints, sorted by $_last.
_equal() {
    expected=$1
    shift
    for carriers in 1 2; do
        for executors in 1 3; do
            run "$GALE" local -q --carriers "$carriers" --stats s.json \
                "$@" "$executors"
            expect_status 0
            expect_silence err
            $_last out | sort >found
            [ -s found ] || fail "nothing was found"
            expect_same found "$expected"
            expect_equal "$(counter s.json events acked)" $EVENTS acked
            expect_equal "$(counter s.json events failed)" 0 failed
        done
    done
}

# Of a campaign and a window the last line holds.
_last_of_each() {
    awk '{ n[$1 " " $2] = $3 } END { for (k in n) print k, n[k] }' "$1"
}

# An ad begins as its campaign does.
_views_by_tools() { # of events, as CAMPAIGN WINDOW COUNT, eight characters each
    awk -F '"' '$20 == "view" {
        split($23, time, /[^0-9]+/)
        n[substr($12, 1, 8) sprintf(" %.0f", int(time[2] / 10000) * 10000)]++
    } END { for (k in n) print k, n[k] }' "$1"
}

_views_of_campaigns() {
    _last_of_each "$1" | sed 's/^\(........\)[^ ]*/\1/'
}

ysb_counts_views_by_campaign_and_window() {
    _last=_views_of_campaigns
    run "$GALE" local -q -c 'events.per.second=10000' ysb $EVENTS print
    expect_status 0
    _views_by_tools out | sort >wanted
    expect_equal "$(awk '{ print $2 }' wanted | sort -u | wc -l)" 2 windows
    expect_equal "$(awk '{ print $1 }' wanted | sort -u | wc -l)" 100 campaigns
    _equal wanted -c 'events.per.second=10000' ysb $EVENTS
    _equal wanted -c 'events.per.second=10000' ysb $EVENTS json
}

_items_by_tools() { # NAME CITY STATE AUCTION of query 3
    awk '$1 == "person" && $NF ~ /^(OR|ID|CA)$/ {
            sub(/^person /, ""); id = $1; sub(/^[0-9]+ /, ""); who[id] = $0
        }
        $1 == "auction" && $4 == 10 { seller[$2] = $3 }
        END { for (a in seller) if (seller[a] in who) print who[seller[a]], a }
    ' "$1"
}

nexmark_answers_its_queries() {
    _last=cat
    run "$GALE" local -q nexmark events $EVENTS
    expect_status 0
    mv out events
    expect_equal "$(wc -l <events)" $EVENTS events
    awk '$1 == "bid" { print $2, $3, $4 }' events | sort >wanted
    _equal wanted nexmark 0 $EVENTS
    awk '$1 == "bid" { printf "%s %s %.0f\n", $2, $3, int($4 * 908 / 1000) }' \
        events | sort >wanted
    _equal wanted nexmark 1 $EVENTS
    awk '$1 == "bid" && $2 % 123 == 0 { print $2, $4 }' events | sort >wanted
    _equal wanted nexmark 2 $EVENTS
    _items_by_tools events | sort >wanted
    _equal wanted nexmark 3 $EVENTS
}

what_is_no_query_is_refused() {
    for arguments in "4 10" "x 10" "1 0" "1" "1 2 3 4"; do
        # shellcheck disable=SC2086 # arguments, several
        run "$GALE" local nexmark $arguments
        expect_status 2
        expect_stderr 'usage: nexmark QUERY | events COUNT'
    done
    for arguments in "" "0" "10 none" "10 json 1 2"; do
        # shellcheck disable=SC2086
        run "$GALE" local ysb $arguments
        expect_status 2
        expect_stderr 'usage: ysb COUNT'
    done
}

scenario
