#!/bin/sh
# demo_hdfs.sh BUILD [ROWS] - customers go from a topic of Kafka into files in HDFS:
# by a topology in C, then by the same in YAML. Each time Hive reads the files as a
# table, and what it says is compared with what awk makes of the same records.
. tests/support/demo_servers.sh

rows=${2:-100000}

files() { # DIRECTORY: NAME SIZE
    curl -sf "$web/$1?op=LISTSTATUS" | tr '{' '\n' |
        sed -n 's/.*"length":\([0-9]*\).*"pathSuffix":"\([^"]*\)".*/\2 \1/p'
}

create_table() { # TABLE = DIRECTORY
    server hive sql "create external table $1 (firstname string, lastname string)
        row format delimited fields terminated by '|' escaped by '\\\\\\\\'
        location '$(server hdfs uri)/$1'"
}

compare() { # TABLE
    create_table "$1"
    echo "  Hive: select count(*) from $1: $(server hive sql "select count(*) from $1")"
    server hive sql "select firstname, lastname from $1" |
        tr '\t' , | sort >"$work/found"
    same 'rows that Hive returns'
}

settings() {
    url=${web#http://}
    url=webhdfs://${url%/webhdfs/v1}
    cat >"$work/here.properties" <<END
brokers=$brokers
topic=customers
hdfs.url=$url/customer_yaml
hdfs.user=$(server hdfs user)
dead.letters=$work/letters
END
}

in_c() {
    exec "$gale" local -q -c until=end -c gale.topology.dead.letter="$work/letters" \
        -c files.user="$(server hdfs user)" \
        kafka_to_hdfs "$brokers" customers "$url/customer"
}

in_yaml() {
    exec "$gale" local -q -c until=end -c records.group=yaml \
        --filter "$work/here.properties" examples/kafka_to_hdfs.yaml
}

echo 'servers, for this demo alone:'
starts kafka Kafka
brokers=$address
starts hdfs HDFS
web=$address
starts hive Hive
settings
produce_customers "$rows"

echo "gale local kafka_to_hdfs $brokers customers $url/customer"
timed must_run in_c
echo "  $took s; dead letters of what is no customer: $(wc -l <"$work/letters")"
files customer | sed 's/^/  /; s/$/ bytes/'
compare customer

echo 'gale local --filter here.properties examples/kafka_to_hdfs.yaml'
rm "$work/letters"
timed must_run in_yaml
echo "  $took s; dead letters of what is no customer: $(wc -l <"$work/letters")"
compare customer_yaml
