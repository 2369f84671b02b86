#!/bin/sh
# demo_mysql.sh BUILD [ROWS] - customers go from a topic of Kafka into a table of
# MariaDB: by a topology in C, then by the same in YAML, which is killed in the
# middle. Each time the rows are compared with what awk makes of the same records.
. tests/support/demo_servers.sh

rows=${2:-100000}

sql() { server mariadb sql "$1"; }

create_table() {
    server mariadb admin "create database if not exists shop;
        grant all on shop.* to test@127.0.0.1;
        drop table if exists shop.customer;
        create table shop.customer (
            customer_firstname varchar(40), customer_lastname varchar(40),
            topic varchar(190) collate utf8mb4_bin not null,
            \`partition\` int not null, \`offset\` bigint not null,
            unique key message (topic, \`partition\`, \`offset\`))"
}

count() { sql 'select count(*) from shop.customer'; }

# The client writes a backslash as two.
compare() {
    sql "select concat(customer_firstname, ',', customer_lastname)
        from shop.customer" | sed 's/\\\\/\\/g' | sort >"$work/found"
    same rows
}

settings() {
    echo test >"$work/password"
    cat >"$work/here.properties" <<END
brokers=$brokers
topic=customers
mysql.host=127.0.0.1
mysql.port=${address#*:}
mysql.user=test
mysql.password.file=$work/password
dead.letters=$work/letters
END
}

in_c() {
    exec "$gale" local -q -c until=end -c gale.topology.dead.letter="$work/letters" \
        -c "rows.port=${address#*:}" -c rows.user=test \
        -c rows.password.file="$work/password" kafka_to_mysql "$brokers" customers
}

in_yaml() {
    exec "$gale" local -q --stats "$work/stats" -c until=end -c records.group=yaml \
        --filter "$work/here.properties" examples/kafka_to_mysql.yaml
}

# Until so many rows are there, for a second at most: the server looks, since a client
# of its own for each look is slower than what fills the table. Its looks lock nothing.
await_rows() { # N
    sql "set session transaction isolation level read uncommitted;
        delimiter //
        begin not atomic
            declare looks, n int default 0;
            while looks < 1000 and n < $1 do
                do sleep(0.001);
                select count(*) into n from shop.customer;
                set looks = looks + 1;
            end while;
        end //"
}

# kill -9, when a fifth of the rows are there.
kill_in_the_middle() {
    in_yaml >"$work/out" 2>"$work/said" &
    child=$!
    while await_rows $((rows / 5)) && [ "$(count)" -lt $((rows / 5)) ]; do
        kill -0 "$child" 2>/dev/null || complain "it has ended: $(cat "$work/said")"
    done
    kill -KILL "$child"
    wait "$child" 2>/dev/null || :
    child=
    there=$(count)
    [ "$there" -lt "$rows" ] || complain 'it was done before it could be killed'
    echo "  killed (kill -9) when $there rows were there; and again, to the end:"
}

echo 'servers, for this demo alone:'
starts kafka Kafka
brokers=$address
starts mariadb MariaDB
settings
produce_customers "$rows"

create_table
echo "gale local kafka_to_mysql $brokers customers"
timed must_run in_c
echo "  $took s; dead letters of what is no customer: $(wc -l <"$work/letters")"
compare

create_table
echo 'gale local --filter here.properties examples/kafka_to_mysql.yaml'
kill_in_the_middle
must_run in_yaml
again=$(grep -o '"rows.there.already",[^}]*' "$work/stats" | grep -o '[0-9]*$')
echo "  $again came again, and had no effect"
compare
