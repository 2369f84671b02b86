#!/bin/sh
# measure.sh DIR - what each server takes, as a table: the table of README.md. What
# is in DIR before is measured, too, as a first start that is none.
set -eu
here=$(dirname "$0")
dir=$1
trap 'exit 1' HUP INT TERM
mkdir -p "$dir"

. "$here/taken.sh"

jars_of() { # NAME
    [ -d "$here/$1" ] || { echo -; return; }
    lib=$(sh "$here/$1.sh" "$dir/$1" jars)
    echo "$(du -sm "$lib" | cut -f 1) MB, $(ls "$lib" | wc -l) files"
}

row() { # NAME TITLE
    server="bash $here/$1.sh $dir/$1"
    trap '$server kill' EXIT
    jars=$(jars_of "$1")
    timed $server start >"$dir/address"
    first=$took memory=$(resident "$dir/$1")
    timed $server stop
    stop=$took
    timed $server start >"$dir/address"
    again=$took
    $server kill
    timed $server start >"$dir/address"
    killed=$took
    $server stop
    echo "| $2 | $jars | $first | $again | $killed | $stop | $memory MB | $(
        du -sm "$dir/$1" | cut -f 1) MB |"
}

echo '| server | jars | first start | start | start after SIGKILL | stop | memory | disk |'
echo '|---|---|---|---|---|---|---|---|'
row zookeeper ZooKeeper
row mariadb MariaDB
row kafka 'Kafka, one node'
KAFKA_NODES=3
export KAFKA_NODES
dir=$dir/three
mkdir -p "$dir"
row kafka 'Kafka, three nodes'
row hdfs 'HDFS, NameNode and DataNode'
row hive Hive
