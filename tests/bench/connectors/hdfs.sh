#!/bin/sh
# hdfs.sh BUILD - blocks of 4 MB appended to a file of HDFS: hdfs_bolt, which syncs
# every 40000 records of 101 bytes, beside curl, which sends the same blocks over
# connections that it keeps. Both ask the NameNode each time where a block goes.
set -eu
at=$(mktemp -d)
. tests/bench/connectors/rows.sh
blocks=${BENCH_BLOCKS:-50} records=40000
server() { sh tests/servers/hdfs.sh "$at/hdfs" "$@"; }
trap 'server kill; rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM

web=$(server start)
user=$(server user)
seq $((blocks * records)) | awk '{ printf "%0100d\n", $1 }' >"$at/lines"
head -n "$records" "$at/lines" >"$at/block"

printf 'name: hdfs\nspouts: [{id: source, plugin: lines}]\nbolts: [{id: sink, plugin: hdfs_bolt}]\nstreams: [{from: source, to: sink, grouping: SHUFFLE}]\n' >"$at/hdfs.yaml"
node=${web#http://}

gale() { # DIRECTORY
    "$GALE" local -q -c files="$at/lines" -c url="webhdfs://${node%%/*}/$1" -c user="$user" \
        -c fields=line -c sync.records="$records" -c sync.ms=20000 \
        -c rotate.bytes=10000000000 "$at/hdfs.yaml"
}

# What comes behind each block is asked of the NameNode, as gale does it.
where() { # METHOD FILE OPERATION
    curl -s -S -X "$1" "$web/$2?op=$3&user.name=$user&noredirect=true" |
        sed 's/^{"Location":"\(.*\)"}$/\1/'
}

transfer() { # METHOD URL [DATA]
    printf 'url = "%s"\nrequest = "%s"\n%s\nfail\nsilent\nshow-error\noutput = "/dev/null"\n' \
        "$2" "$1" "${3:+upload-file = \"$3\"}"
}

bare() { # DIRECTORY
    file=$1/blocks
    curl -s -S -f -X PUT -T "$at/block" "$(where PUT "$file" 'CREATE&overwrite=true')"
    ask="$web/$file?op=APPEND&user.name=$user&noredirect=true"
    to=$(where POST "$file" APPEND)
    for _ in $(seq 2 "$blocks"); do
        transfer POST "$ask"
        echo next
        transfer POST "$to" "$at/block"
        echo next
    done | sed '$d' >"$at/curl"
    curl -K "$at/curl"
}

size() { server dfs -du -s "/$1" | cut -d ' ' -f 1; }

appended() { # bare|gale DIRECTORY
    bytes=$((blocks * records * 101))
    sample "$1" "$(rate $((bytes / 1000000)) "$1" "$2")"
    [ "$(size "$2")" = "$bytes" ] || { echo "$2 has $(size "$2") bytes, not $bytes" >&2 && exit 1; }
    server dfs -rm -r -skipTrash "/$2" >/dev/null
}

for i in $(rounds); do
    appended bare "bare$i"
    appended gale "gale$i"
done
row 'HDFS, blocks of 4 MB' MB/s '>= 0.9' gale bare
