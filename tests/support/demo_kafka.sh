#!/bin/sh
# demo_kafka.sh BUILD - the words of a topic are counted into another one, on a cluster
# with two workers; in the middle one of them and the broker are killed (kill -9). Then
# the same in YAML, undisturbed. Each time, what is in the topic is compared with what
# tr, sort and uniq count in the same text.
#
# At least once: after a kill some words come twice. Each says which word of which
# record it was, so it can be told which: words of those records that were read, and not
# yet committed, when the worker was killed. max.uncommitted says how many these may be,
# and what is acked between two commits comes on top.
set -eu
export LC_ALL=C

gale=$PWD/$1/bin/gale
dir=$(mktemp -d)
text=$dir/text
uncommitted=500 window=1000 # records of a partition
. tests/support/demo_text.sh

kafka() {
    sh tests/servers/kafka.sh "$dir/kafka" "$@"
}

clean_up() {
    status=$?
    trap '' HUP INT TERM
    [ ! -e "$dir/cluster" ] || "$gale" cluster down "$dir/cluster" >"$dir/out" 2>&1 ||
        cat "$dir/out"
    kafka kill
    rm -rf "$dir"
    exit $status
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

complain() {
    echo "demo_kafka: $*" >&2
    exit 1
}

# await SECONDS WHAT COMMAND…
await() {
    end=$(($(date +%s) + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$(date +%s)" -lt "$end" ] || complain "$what: not in time"
        sleep 0.1
    done
}

# Records of a topic of four partitions.
count_of() { # TOPIC
    for p in 0 1 2 3; do
        kcat -b "$brokers" -Q -t "$1:$p:-1" 2>>"$dir/kcat" || :
    done | awk '{ n += $NF > 0 ? $NF : 0 } END { print n + 0 }'
}

has_written() { # N
    written=$(count_of totals)
    [ "$written" -ge "$1" ]
}

worker() {
    "$gale" status --json | grep -o '"pid":[1-9][0-9]*' | cut -d : -f 2 | head -n 1
}

is_finished() {
    "$gale" list | grep -q '^kafka_word_count  *FINISHED'
}

kill_a_worker() {
    await 120 'the first tenth' has_written $((n_words / 10))
    pid=$(worker)
    [ -n "$pid" ] && kill -KILL "$pid" || complain 'there is no worker to be killed'
    [ "$written" -lt "$n_words" ] || complain 'the worker was killed too late'
    echo "  $written words are written: kill -9 $pid, a worker"
}

kill_the_broker() {
    await 120 'the next twentieth' has_written $((written + n_words / 20))
    [ "$written" -lt "$n_words" ] || complain 'the broker was killed too late'
    kafka kill
    echo "  $written words are written: kill -9 of the broker, which starts again"
    kafka start >"$dir/out"
}

# WORD COUNT of the text, by tools that know nothing of gale.
count_offline() {
    tr -s ' \t\n\v\f\r' '\n' <"$text" | grep . | sort | uniq -c |
        awk '{ print $2, $1 }' | sort >"$dir/offline"
    n_words=$(awk '{ n += $2 } END { print n }' "$dir/offline")
}

# PARTITION:OFFSET:PLACE: what came twice is of records near to each other, in each
# partition: those that were read and not committed when the worker was killed.
check_repeated() {
    sort "$dir/found" | uniq -d | sed 's/.*=//' | awk -F : -v apart=$window '
        !($1 in first) || $2 < first[$1] { first[$1] = $2 }
        $2 > last[$1] { last[$1] = $2 }
        END { for (p in first) if (last[p] - first[p] >= apart) exit 1 }' ||
        complain "what came twice is of more than $window records of a partition"
}

# Each word of the text once, by who it is.
compare() {
    kcat -b "$brokers" -C -t totals -e -q -f '%k %h\n' >"$dir/found"
    sort -u "$dir/found" | awk '{ print $1 }' | uniq -c | awk '{ print $2, $1 }' |
        sort >"$dir/counted"
    cmp "$dir/counted" "$dir/offline" || complain 'words are missing, or were made up'
    check_repeated
    echo "  none of $n_words words is missing; $(($(wc -l <"$dir/found") - n_words)) came" \
        "twice, all from a window of $window records of each partition"
}

# The last total of each word.
compare_totals() {
    kcat -b "$brokers" -C -t undisturbed -e -q -f '%k %s\n' |
        awk '$2 > n[$1] { n[$1] = $2 } END { for (word in n) print word, n[word] }' |
        sort >"$dir/counted"
    cmp "$dir/counted" "$dir/offline" || complain 'the totals are not the same'
}

make_text "$text"
count_offline
echo 'servers, for this demo alone:'
brokers=$(kafka start)
echo "  Kafka at $brokers"
"$gale" cluster up "$dir/cluster" >"$dir/out" 2>&1 || complain "$(cat "$dir/out")"
export GALE_CONFIG="$dir/cluster/gale.yaml"
echo '  a cluster of gale: ZooKeeper, a nimbus, two supervisors'
for topic in lines totals undisturbed; do
    kafka topic $topic 4 >"$dir/out"
done
kcat -b "$brokers" -P -t lines -l "$text"

echo "gale submit -c topology.workers=2 … kafka_word_count $brokers lines totals"
"$gale" submit -c topology.workers=2 -c lines.until=end -c lines.commit.ms=100 \
    -c lines.max.uncommitted=$uncommitted \
    -c lines.topology.max.spout.pending=100 -c out.kafka.linger.ms=100 \
    -c topology.message.timeout.secs=20 kafka_word_count "$brokers" lines totals >"$dir/out"
kill_a_worker
kill_the_broker
await 300 'the end' is_finished
compare

printf '%s\n' "brokers=$brokers" from=lines to=undisturbed >"$dir/properties"
echo 'gale local --filter here.properties examples/kafka_word_count.yaml'
"$gale" local -q --filter "$dir/properties" -c lines.until=end -c lines.group=yaml \
    examples/kafka_word_count.yaml 2>"$dir/out" || complain "$(cat "$dir/out")"
compare_totals
echo "the top words, as gale counted them, and as sort and uniq do:"
for each in counted offline; do
    sort -k2,2nr -k1 "$dir/$each" >"$dir/$each.top"
done
paste "$dir/counted.top" "$dir/offline.top" | head -n 5
echo "all $(wc -l <"$dir/counted") words have the same counts"
