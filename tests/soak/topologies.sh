# topologies.sh - the three topologies of the soak, and their accounts: what each has
# emitted is written down before its ack, and looked through again and again; sourced
# by soak.sh.
#
#   books   bookkeeper.c: two sources that keep their position themselves, 3 workers,
#           whose connections are TCP: what is done to them needs that
#   words   lines of a file that grows (tail), each word of which is kept; 2 workers
#   roll    roll_call.c: a position that is the first number not acked; 2 workers
#
# A topology that is killed and submitted again is another generation, with another
# directory, NAME-N. Files NAME.* here say how it is: generation, workers, account.

TOPOLOGIES='books words roll'

# What one end of a process, or one timeout of what is pending, may bring again, of all
# sources together: what is pending (100), and what came since the last kept position.
# Of `roll` that is the first number that is not acked: for as long as a message may
# take, others behind it are.
most_of() {
    case $1 in
    books) echo $((2 * (100 + 100))) ;;
    words) echo $((5 * (100 + 100))) ;;
    roll) echo $((2 * (100 + 100 + 50 * TIMEOUT_SECS))) ;;
    esac
}

sources_of() {
    case $1 in
    books | roll) echo 2 ;;
    words) echo 5 ;;
    esac
}

directory_of() {
    echo "$PWD/$1-$(cat "$1.generation")"
}

# -- generations ------------------------------------------------------------------

begin_topology() { # NAME
    next=$(($(cat "$1.generation" 2>/dev/null || echo 0) + 1))
    _submit "$1" --name
    _take_generation "$1"
    await_running "$1" "$(cat "$1.workers")"
}

# Another generation takes the place of the one that runs, which drains first.
replace_topology() { # NAME
    next=$(($(cat "$1.generation") + 1)) old=$(field "$1" id)
    _submit "$1" --replace
    await "the next generation of $1" _has_another_id "$1" "$old"
    expect_no_gaps "$1"
    _forget_generation "$1"
    _take_generation "$1"
    await_running "$1" "$(cat "$1.workers")"
}

_has_another_id() { # NAME ID
    id=$(field "$1" id)
    [ -n "$id" ] && [ "$id" != "$2" ]
}

_submit() { # NAME HOW: the next generation
    mkdir "$1-$next" "$1-$next/ledger"
    "_submit_$1" "$2" "$PWD/$1-$next" -c "topology.message.timeout.secs=$TIMEOUT_SECS" \
        >out 2>err || fail "$1 was not taken: $(_said err)"
}

# What was counted goes on, its sequences begin anew.
_take_generation() { # NAME
    echo "$next" >"$1.generation"
    grep -E '^(lines|twice) ' "$1.account" >account.part 2>/dev/null || :
    mv account.part "$1.account"
}

# HOW DIRECTORY OPTION…
_submit_books() {
    echo 3 >books.workers
    how=$1 dir=$2
    shift 2
    "$GALE" submit "$how" books "$@" -c topology.workers=3 -c source.count=1000000000000 \
        -c source.end="$dir/end" -c source.rate=50 -c pass.crash="$PWD/crime" \
        -c sink.apart=true -c gale.worker.transport=tcp \
        "$TEST_PLUGINS/bookkeeper.so" "$dir/ledger" 2 2 2
}

_submit_words() {
    echo 2 >words.workers
    : >"$2/text"
    _submit_yaml words "$@" || return
    _feed "$2" &
    echo $! >feeder.pid
}

_submit_roll() {
    echo 2 >roll.workers
    _submit_yaml roll "$@"
}

_submit_yaml() { # NAME HOW DIRECTORY OPTION…
    printf 'text=%s\nledger=%s\n' "$3/text" "$3/ledger" >"$1.properties"
    yaml=$1 how=$2
    shift 3
    GALE_PLUGIN_PATH=$TEST_PLUGINS "$GALE" submit "$how" "$yaml" "$@" \
        -c topology.workers=2 --filter "$yaml.properties" "$TOP/tests/soak/$yaml.yaml"
}

# -- accounts ---------------------------------------------------------------------

# Whole lines that have come to a file since it was looked at last.
_news_of() { # FILE
    seen=$(cat "$1.seen" 2>/dev/null || echo 0)
    tail -c "+$((seen + 1))" "$1" >news
    [ -z "$(tail -c 1 news)" ] || { sed '$d' news >whole && mv whole news; }
    echo $((seen + $(wc -c <news))) >"$1.seen"
    cat news
}

# Brings the account of a topology up to date.
account() { # NAME
    for file in "$(directory_of "$1")"/ledger/*; do
        case $file in
        *.seen | *\*) ;;
        *) _news_of "$file" ;;
        esac
    done >all.news
    awk -f "$TOP/tests/soak/account.awk" -v kind="$1" -v account="$1.account" \
        all.news >account.part
    mv account.part "$1.account"
    ! grep -q '^damaged' "$1.account" || fail "the ledger of $1 has what nobody has sent"
}

# entry NAME WORD: a number of its account.
entry() {
    { sed -n "s/^$2 //p" "$1.account"; echo 0; } | head -n 1
}

# All that had come by then, and so much more of each source, is there without a gap.
remember() { # NAME
    account "$1"
    sed -n 's/^top //p' "$1.account" >"$1.marks"
}

goes_on_without_gaps() { # NAME MORE
    account "$1"
    awk -v sources="$(sources_of "$1")" -v more="$2" -v name="$1" '
        FNR == NR { top[$1] = $2; next }
        $1 == "below" { below[$2] = $3 }
        END {
            for (s = 0; s < sources; s++)
                if (below[s] + 0 < (s in top ? top[s] : -1) + 1 + more) {
                    print name ": of source " s ", all below " below[s] + 0 \
                        " is there; expected " top[s] + 1 + more
                    exit 1
                }
        }' "$1.marks" "$1.account"
}

# It is drained: what has come has no gaps.
expect_no_gaps() { # NAME
    account "$1"
    ! grep -q '^ahead ' "$1.account" ||
        fail "$1 has lost something: $(grep -E '^(below|ahead)' "$1.account" | sort | head -n 8 | tr '\n' ' ')"
}

# -- the end of a generation ------------------------------------------------------

# Drains, and all that its sources have emitted is there.
end_topology() { # NAME
    "_drain_$1"
    kill_topology "$1"
    expect_no_gaps "$1"
    _forget_generation "$1"
}

# Its ledger, which had no gaps.
_forget_generation() { # NAME
    rm -r "$(directory_of "$1")"
}

_drain_books() {
    dir=$(directory_of books)
    : >"$dir/end"
    await 'the end of books' is books status FINISHED
    awk -f "$TOP/tests/support/ledger.awk" -v tasks=2 -v end="$dir/end" \
        "$dir"/ledger/sink-*[0-9] >books.ledger || fail "books: $(cat books.ledger)"
}

_drain_words() {
    dir=$(directory_of words)
    touch "$dir/enough"
    await 'the last line' test -e "$dir/fed"
    rm feeder.pid
    await 'all words' _all_words_are_there "$(cat "$dir/fed")"
}

_all_words_are_there() { # LINES
    account words
    cat words.account
    [ "$(grep -c "^below [0-4] $1\$" words.account)" = 5 ]
}

# What it has called before its end has answered, twice.
_drain_roll() {
    "$GALE" deactivate roll >out 2>err || fail "$(_said err)"
    await 'that nothing of roll is pending' is roll pending 0
}

# A line 25 times a second, all of one size, until it is enough; a process of its own.
_feed() { # DIRECTORY
    n=0
    until [ -e "$1/enough" ]; do
        for _ in 1 2 3 4 5; do
            printf '%011d the cow says %06d\n' $n $((n % 1000000))
            n=$((n + 1))
        done >>"$1/text"
        sleep 0.2
    done
    echo $n >"$1/fed.part"
    mv "$1/fed.part" "$1/fed"
}
