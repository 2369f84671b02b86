#!/bin/bash
# demo_socket.sh BUILD [WINDOW_S [EMIT_S]] - count the words that come over a
# socket, over an interval that slides: gale listens, and this sends it a text,
# line by line, for three windows; once to a topology in C, and once, for three
# shorter ones, to the same in YAML. Each time, what gale counted is compared with
# what tr, sort and uniq count in the same text.
#
# (bash, since it opens connections by itself: /dev/tcp.)
set -eu
export LC_ALL=C

gale=$1/bin/gale
window=${2:-6} emit=${3:-2}
dir=$(mktemp -d)
text=$dir/text out=$dir/out
gale_pid=

. tests/support/demo_text.sh

clean_up() {
    [ -z "$gale_pid" ] || kill "$gale_pid" 2>"$dir/kill" || :
    wait
    rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# words PORT: the topology, in its form.
words_in_c() {
    exec "$gale" local -q socket_words "127.0.0.1:$1" $((window * 1000)) $((emit * 1000))
}

words_in_yaml() {
    exec "$gale" local -q -c "socket.address=127.0.0.1:$1" \
        -c sliding.window.ms=$((window * 1000)) -c sliding.emit.ms=$((emit * 1000)) \
        examples/socket_words.yaml
}

# A port that nobody has: gale ends at once if somebody does.
listen() { # WORDS
    rm -f "$dir/pipe"
    mkfifo "$dir/pipe"
    for port in $(shuf -i 20000-30000 -n 20); do
        "$1" "$port" >"$dir/pipe" 2>"$dir/err" &
        gale_pid=$!
        tee "$out" <"$dir/pipe" | grep --line-buffered '^last ' &
        shown=$!
        while kill -0 "$gale_pid" 2>"$dir/kill"; do
            ! { exec 3>"/dev/tcp/127.0.0.1/$port"; } 2>"$dir/connect" || return 0
            sleep 0.05
        done
        wait "$gale_pid" "$shown" || :
        gale_pid=
    done
    cat "$dir/err" >&2
    exit 1
}

# In as many pieces as it takes for one every half a second.
send() {
    rm -f "$dir"/piece.*
    split -n "l/$((6 * window))" "$text" "$dir/piece."
    for piece in "$dir"/piece.*; do
        cat "$piece" >&3
        sleep 0.5
    done
    exec 3>&-
}

# What a window holds is what came in all, less what had come when it began.
check_windows() {
    awk -v slots=$((window / emit)) '
        /^last / {
            n++
            within[n] = $4
            all[n] = $7 + 0
            if (within[n] != all[n] - (n > slots ? all[n - slots] : 0))
                wrong++
        }
        END {
            printf "%d windows, %d of them wrong\n", n, wrong
            exit wrong > 0 || n <= slots
        }' "$out"
}

compare() {
    grep -v '^last ' "$out" | sort -k1,1nr -k2 >"$dir/counted"
    check_windows
    cmp "$dir/counted" "$dir/offline"
    echo "all $(wc -l <"$dir/counted") words have the same counts as by sort and uniq"
}

# run_form WORDS FILE
run_form() {
    listen "$1"
    echo "gale local $2, at 127.0.0.1:$port …    ($(size_of "$text") bytes in $((3 * window)) s)"
    send
    status=0
    wait "$gale_pid" || status=$?
    gale_pid=
    wait "$shown" || :
    [ "$status" = 0 ] || {
        cat "$dir/err" >&2
        exit 1
    }
    compare
}

make_text "$text"
tr -s ' \t\n\v\f\r' '\n' <"$text" | grep . | sort | uniq -c |
    awk '{ print $1, $2 }' | sort -k1,1nr -k2 >"$dir/offline"
run_form words_in_c socket_words
echo "the top words, as gale counted them, and as sort and uniq do:"
paste "$dir/counted" "$dir/offline" | head -n 10
window=$(((window + 2) / 3)) emit=1
run_form words_in_yaml examples/socket_words.yaml
