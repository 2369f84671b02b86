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
. tests/support/demo_servers.sh
. tests/support/demo_text.sh

text=$work/text
uncommitted=500 window=1000 # records of a partition

at_end() {
    [ ! -e "$work/cluster" ] || "$gale" cluster down "$work/cluster" >"$work/out" 2>&1 ||
        cat "$work/out"
}

# Records of a topic of four partitions.
count_of() { # TOPIC
    for p in 0 1 2 3; do
        kcat -b "$brokers" -Q -t "$1:$p:-1" 2>>"$work/kcat" || :
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
    server kafka kill
    echo "  $written words are written: kill -9 of the broker, which starts again"
    server kafka start >"$work/out"
}

# WORD COUNT of the text, by tools that know nothing of gale.
count_offline() {
    tr -s ' \t\n\v\f\r' '\n' <"$text" | grep . | sort | uniq -c |
        awk '{ print $2, $1 }' | sort >"$work/offline"
    n_words=$(awk '{ n += $2 } END { print n }' "$work/offline")
}

# PARTITION:OFFSET:PLACE: what came twice is of records near to each other, in each
# partition: those that were read and not committed when the worker was killed.
check_repeated() {
    sort "$work/found" | uniq -d | sed 's/.*=//' | awk -F : -v apart=$window '
        !($1 in first) || $2 < first[$1] { first[$1] = $2 }
        $2 > last[$1] { last[$1] = $2 }
        END { for (p in first) if (last[p] - first[p] >= apart) exit 1 }' ||
        complain "what came twice is of more than $window records of a partition"
}

# Each word of the text once, by who it is.
compare() {
    kcat -b "$brokers" -C -t totals -e -q -f '%k %h\n' >"$work/found"
    sort -u "$work/found" | awk '{ print $1 }' | uniq -c | awk '{ print $2, $1 }' |
        sort >"$work/counted"
    cmp "$work/counted" "$work/offline" || complain 'words are missing, or were made up'
    check_repeated
    echo "  none of $n_words words is missing; $(($(wc -l <"$work/found") - n_words)) came" \
        "twice, all from a window of $window records of each partition"
}

# The last total of each word.
compare_totals() {
    kcat -b "$brokers" -C -t undisturbed -e -q -f '%k %s\n' |
        awk '$2 > n[$1] { n[$1] = $2 } END { for (word in n) print word, n[word] }' |
        sort >"$work/counted"
    cmp "$work/counted" "$work/offline" || complain 'the totals are not the same'
}

make_text "$text"
count_offline
echo 'servers, for this demo alone:'
starts kafka Kafka
brokers=$address
timed must_run "$gale" cluster up "$work/cluster"
export GALE_CONFIG="$work/cluster/gale.yaml"
echo "  gale    a cluster: ZooKeeper, a nimbus, two supervisors; ready in $took s"
for topic in lines totals undisturbed; do
    server kafka topic $topic 4 >"$work/out"
done
kcat -b "$brokers" -P -t lines -l "$text"

echo "gale submit -c topology.workers=2 … kafka_word_count $brokers lines totals"
"$gale" submit -c topology.workers=2 -c lines.until=end -c lines.commit.ms=100 \
    -c lines.max.uncommitted=$uncommitted \
    -c lines.topology.max.spout.pending=100 -c out.kafka.linger.ms=100 \
    -c topology.message.timeout.secs=20 kafka_word_count "$brokers" lines totals >"$work/out"
kill_a_worker
kill_the_broker
await 300 'the end' is_finished
compare

printf '%s\n' "brokers=$brokers" from=lines to=undisturbed >"$work/properties"
echo 'gale local --filter here.properties examples/kafka_word_count.yaml'
must_run "$gale" local -q --filter "$work/properties" -c lines.until=end \
    -c lines.group=yaml examples/kafka_word_count.yaml
compare_totals
echo "the top words, as gale counted them, and as sort and uniq do:"
for each in counted offline; do
    sort -k2,2nr -k1 "$work/$each" >"$work/$each.top"
done
paste "$work/counted.top" "$work/offline.top" | head -n 5
echo "all $(wc -l <"$work/counted") words have the same counts"
