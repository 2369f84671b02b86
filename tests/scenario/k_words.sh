# k_words.sh - a text whose words are all written down, while a worker, a
# supervisor and the leader are killed: none is missing at the end, and what comes
# twice was pending, or acked since its spout's position was kept. WORDS_MB says how
# long the text is.
. tests/support/scenario.sh
. tests/support/own_cluster.sh

WORDS_MB=${WORDS_MB:-5}
PATIENCE=$((60 + 6 * WORDS_MB))
PENDING=200 # lines under way, of each of two spouts

# Two files of real text; words are what stands between blanks and newlines.
_text() {
    cat "$TOP"/LICENSE "$TOP"/*.md "$TOP"/docs/*.md "$TOP"/worker/*.c |
        tr -d '\r\v\f' >page
    for file in first second; do
        while cat page; do :; done | head -c $((WORDS_MB * 500000)) >$file
    done
}

# FILE OFFSET INDEX WORD, as examples/word_ledger.c writes it.
_split_offline() {
    awk '{
            if (FILENAME != file) {
                file = FILENAME
                offset = 0
            }
            for (i = 1; i <= NF; i++)
                print file, offset, i - 1, $i
            offset += length($0) + 1
        }' first second | sort >expected
}

# In percent of all that is to be written, a word that came twice counted twice.
_progress() {
    stat -c %s words/* | awk -v all="$n_bytes" '{ sum += $1 }
        END { print int(sum * 100 / all) }'
}

_has_come_to() { # percent
    [ -e words/words-0 ] && [ "$(_progress)" -ge "$1" ]
}

_look() { # "MILLISECONDS BYTES"
    printf '%s %s' $(($(date +%s%N) / 1000000)) "$(cat words/* | wc -c)"
}

# FROM TO, of _look: words per second in between.
_rate() {
    set -- $1 $2
    echo $((($4 - $2) * 1000 / ($3 - $1 + 1) * $(wc -l <expected) / n_bytes))
}

_leader() { # its process, by its port
    "$GALE" cluster status c | awk '
        /^nimbus-/ { process[$4] = $3 }
        $NF == "leads" { sub(/.*:/, "", $1); print process[$1] }'
}

_worker() { # its process
    "$GALE" cluster status c | awk -v name="/$1$" '$1 ~ name { print $3 }'
}

_is_led_by_another() { # than process
    _leader | grep -q . && ! _leader | grep -qx "$1"
}

# WHAT PID PERCENT: kill -9 when so much is written, and the topology runs.
_kill() {
    _lists words ACTIVE || fail "it does not run when the $1 is to be killed"
    _processes | grep -qx "$2" || fail "process $2 is no $1 of this cluster"
    kill -KILL "$2"
    fired="${fired:+$fired, }$1 at $(_progress) %"
}

_kill_one_after_the_other() {
    _until _has_come_to 3
    from=$(_look)
    _until _has_come_to 10
    rate=$(_rate "$from" "$(_look)")
    _kill worker "$(_worker 0)"
    leader=$(_leader)
    _until _has_come_to 30
    _kill supervisor "$(_pid supervisor-1)"
    _until _has_come_to 40
    _kill leader "$leader"
    _until _is_led_by_another "$leader"
    _until "$GALE" cluster up c # where systemd would start them
}

_no_nodes() { # of topologies
    "$GALE_BUILD/tests/servers/zookeeper_nodes" "127.0.0.1:$1" /gale >nodes || return 1
    ! grep -E '^/(topologies|assignments|positions|errors)/.' nodes
}

_submit_words() {
    mkdir words
    run "$GALE" submit --name words --files first --files second \
        -c topology.workers=2 -c topology.max.spout.pending=$PENDING \
        -c topology.message.timeout.secs=5 \
        word_ledger "$PWD/words" first second
    expect_status 0
}

# All words, and no other; sets $duplicates.
_compare_words() {
    sort words/* >written
    sort -u written >distinct
    cmp distinct expected || fail "missing: $(comm -13 distinct expected |
        grep -c .), in no text: $(comm -23 distinct expected | grep -c .):
        $(comm -23 distinct expected | head -n 3)"
    duplicates=$(($(wc -l <written) - $(wc -l <expected)))
}

# What the two spouts had under way when the worker was killed, and what was acked
# since their supervisor was told their positions: less than 100 ms, and as long
# again for a busy machine.
_most_duplicates() {
    longest=$(awk 'NF > n { n = NF } END { print n }' first second)
    echo $((2 * PENDING * longest + rate / 5))
}

_expect_no_nodes() {
    run "$GALE" kill words
    expect_status 0
    _until _no_nodes "$("$GALE" cluster status c | awk '/^zookeeper/ { print $4 }')"
}

half_an_entry_of_a_process_that_was_killed_goes() {
    mkdir words
    printf 'text 0 0 whole\ntext 1 0 ha' >words/words-0
    echo cow >text
    run "$GALE" local -q word_ledger words text
    expect_status 0
    sort words/* >written
    printf 'text 0 0 cow\ntext 0 0 whole\n' >wanted
    expect_same written wanted
}

no_word_is_missing_whoever_is_killed() {
    _text
    _split_offline
    n_bytes=$(wc -c <expected)
    _up --nimbuses 2
    began=$(date +%s)
    _submit_words
    _kill_one_after_the_other
    _until _lists words FINISHED
    took=$(($(date +%s) - began + 1))
    _compare_words
    most=$(_most_duplicates)
    [ "$duplicates" -le "$most" ] ||
        fail "$duplicates words came twice: expected $most at most"
    _expect_no_nodes
    run "$GALE" cluster down c
    expect_status 0
    _expect_nothing_left
    row words "killed: $fired of $WORDS_MB MB" \
        "lost 0, duplicates $duplicates of at most $most" "all of it in $took s"
}

scenario
