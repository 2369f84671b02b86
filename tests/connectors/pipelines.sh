#!/bin/sh
# pipelines.sh - the two that every tutorial of Storm ends with: customers of a topic
# become rows of a table, or files that Hive reads; as demos, and as the same files
# of YAML on a cluster, one of whose workers is killed in the middle.
. tests/support/scenario.sh
. tests/support/servers.sh
. tests/support/own_cluster.sh
. tests/support/demo_customers.sh

ROWS=${ROWS:-100000}
PATIENCE=180

# -- demos ------------------------------------------------------------------------

# _demo NAME [ROWS]: in the background, as a terminal does it; $pid leads its group.
_demo() {
    mkdir -p tmp
    (
        cd "$TOP"
        TMPDIR=$OLDPWD/tmp exec env --default-signal=INT setsid \
            sh "tests/support/$1.sh" "${GALE_BUILD#"$TOP/"}" "${2:-$ROWS}" \
            >"$OLDPWD/out" 2>"$OLDPWD/err"
    ) &
    pid=$!
}

_ended() {
    status=0
    wait "$pid" || status=$?
    cat out err
    ! grep -qE 'install the package|cannot be reached' err || skip "$(_said err)"
}

_expect_no_trace() {
    [ -z "$(server_processes)" ] || fail "processes are left: $(server_processes)"
    [ -z "$(ls tmp)" ] || fail "files are left: $(ls tmp/*)"
}

make_demo_hdfs_shows_hive_what_is_in_the_topic() {
    _demo demo_hdfs
    _ended
    expect_status 0
    expect_silence err
    expect_equal "$(grep -c "  Hive: select count(\*) from [a-z_]*: $ROWS" out)" 2 counts
    expect_equal "$(grep -c "  $ROWS rows that Hive returns, equal to: awk" out)" 2 \
        'comparisons'
    _expect_no_trace
}

_has_said() {
    grep -qF -e "$1" out || ! kill -0 "$pid" 2>/dev/null
}

ctrl_c_ends_a_demo_with_all_its_servers_wherever_it_is() {
    for at in 'MariaDB' 'gale local kafka_to_mysql' 'gale local --filter'; do
        _demo demo_mysql 300000
        await "$at" _has_said "$at"
        kill -INT "-$pid"
        _ended
        expect_status 1
        _expect_no_trace
    done
}

# -- on a cluster -----------------------------------------------------------------

# Kafka with customers, where they go, and a cluster.
_begin_all() { # SERVER
    begin kafka
    brokers=$address
    begin "$1"
    _up
    trap '"$GALE" cluster down "$PWD/c" >down.out 2>&1 || cat down.out; end_servers' EXIT
    make_customers "$ROWS" >records
    customers_of records | sort >expected
    server kafka topic customers 4 >out
    kcat -b "$brokers" -t customers -P -X acks=all -l records
    printf 'brokers=%s\ntopic=customers\ndead.letters=%s/letters\n' "$brokers" "$PWD" \
        >here.properties
}

_submit() { # NAME [OPTION…]
    _name=$1
    shift
    run "$GALE" submit -c topology.workers=2 --filter here.properties "$@" \
        "$TOP/examples/$_name.yaml"
    expect_status 0
}

_kill_a_worker() {
    kill -KILL "$(_pids worker | head -n 1)"
    killed_at=$(date +%s%3N)
}

_reaches() { # NUMBER COMMAND…
    _wanted=$1
    shift
    [ "$("$@")" -ge "$_wanted" ]
}

_sql() { server mariadb sql "$1"; }
_rows() { _sql 'select count(*) from shop.customer'; }

_create_table() {
    server mariadb admin "create database shop;
        grant all on shop.* to test@127.0.0.1;
        create table shop.customer (
            customer_firstname varchar(40), customer_lastname varchar(40),
            topic varchar(190) collate utf8mb4_bin not null,
            \`partition\` int not null, \`offset\` bigint not null,
            unique key message (topic, \`partition\`, \`offset\`))"
}

a_worker_that_is_killed_leaves_each_customer_one_row() {
    _begin_all mariadb
    _create_table
    echo test >password
    cat >>here.properties <<END
mysql.host=127.0.0.1
mysql.port=${address#*:}
mysql.user=test
mysql.password.file=$PWD/password
END
    _submit kafka_to_mysql
    await 'the first rows' _reaches $((ROWS / 10)) _rows
    _kill_a_worker
    before=$(_rows)
    [ "$before" -lt "$ROWS" ] || fail 'all rows were there before a worker was killed'
    await 'all rows' _reaches "$ROWS" _rows
    took=$(($(date +%s%3N) - killed_at))
    _sql "select concat(customer_firstname, ',', customer_lastname)
        from shop.customer" | sed 's/\\\\/\\/g' | sort >found
    expect_same found expected
    row P1 "Kafka to MySQL, worker killed with $before rows" \
        "lost 0, duplicates 0 of at most 0" "all there after $took ms"
}

# Of all files that are finished, or of all.
_lines() { # PATTERN
    curl -sf "$hdfs/customer?op=LISTSTATUS" | grep -o '"pathSuffix":"[^"]*"' |
        cut -d '"' -f 4 | grep "$1" | while read -r name; do
        curl -sfL "$hdfs/customer/$name?op=OPEN"
    done
}

_n_lines() { _lines . | wc -l; }
_none_is_open() {
    ! curl -sf "$hdfs/customer?op=LISTSTATUS" | grep -q '"pathSuffix":"_'
}

_n_distinct() { _lines . | sort -u | wc -l; }

# Twice comes what was pending, 5000 at most, and what was acked and not committed
# yet, within 100 ms.
a_worker_that_is_killed_leaves_each_customer_in_hdfs() {
    _begin_all hdfs
    hdfs=$address
    cat >>here.properties <<END
hdfs.url=webhdfs://$(echo "${hdfs#http://}" | cut -d / -f 1)/customer
hdfs.user=$(server hdfs user)
END
    _submit kafka_to_hdfs -c topology.max.spout.pending=5000 -c records.commit.ms=100
    await 'the first lines' _reaches $((ROWS / 10)) _n_lines
    _kill_a_worker
    before=$(_n_lines)
    [ "$before" -lt "$ROWS" ] || fail 'all lines were there before a worker was killed'
    await 'all customers' _reaches "$ROWS" _n_distinct
    took=$(($(date +%s%3N) - killed_at))
    run "$GALE" kill -w 0 kafka_to_hdfs
    await 'files that are finished' _none_is_open
    _lines '^records-.*\.txt$' | sort >found
    sed 's/\\/\\\\/g; s/|/\\|/g; s/,/|/' expected | sort >lines
    sort -u found >distinct
    expect_same distinct lines
    twice=$(($(wc -l <found) - ROWS))
    row P2 "Kafka to HDFS, worker killed with $before lines" \
        "lost 0, duplicates $twice of at most 10000" "all there after $took ms"
    [ "$twice" -le 10000 ] || fail "$twice lines came twice"
}

scenario
