#!/bin/sh
# mysql.sh BUILD - rows into MariaDB: mysql_insert in batches of 1000 beside a bare
# loop over the same library and server (mysql_bare.c), and beside one transaction
# for each tuple. Rounds in turn, medians of rows per second; ratios.
set -eu
build=$1 rounds=${ROUNDS:-5} rows=${ROWS:-400000} few=${FEW:-4000}
at=$(mktemp -d)
trap 'sh tests/servers/mariadb.sh "$at/mariadb" kill; rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM
port=$(MARIADB_OPTIONS="${MARIADB_OPTIONS:---innodb-buffer-pool-size=256M --innodb-log-file-size=256M}" \
    sh tests/servers/mariadb.sh "$at/mariadb" start)
port=${port#*:}
sql() { sh tests/servers/mariadb.sh "$at/mariadb" sql "$1"; }
# 100 bytes each, as records are.
seq "$rows" | awk '{ printf "%0100d\n", $1 }' >"$at/many"
head -n "$few" "$at/many" >"$at/few"

gale() { # TABLE ROWS FILE
    "$build/bin/gale" local -q -c host=127.0.0.1 -c "port=$port" -c user=test \
        -c password=test -c database=test -c "table=$1" -c "batch.rows=$2" \
        -c 'columns=["line", "at=offset"]' \
        "$build/tests/plugins/mysql_rows.so:mysql_rows" "$3"
}

# timed NAME TABLE N COMMAND…: rows per second, into the file NAME.
timed() {
    name=$1 table=$2 n=$3
    shift 3
    sql "drop table if exists $table; create table $table
        (id bigint auto_increment primary key, line varchar(200), at bigint)"
    began=$(date +%s%N)
    "$@"
    took=$(($(date +%s%N) - began))
    [ "$(sql "select count(*) from $table")" = "$n" ] || exit 1
    echo $((n * 1000000000 / took)) >>"$at/$name"
}

median() { sort -n "$at/$1" | sed -n "$(((rounds + 1) / 2))p"; }

for _ in $(seq "$rounds"); do
    timed bare bare "$rows" "$build/tests/bench/connectors/mysql_bare" "$port" "$at/many" 1000
    timed gale piped "$rows" gale piped 1000 "$at/many"
    timed bare_one bare "$few" "$build/tests/bench/connectors/mysql_bare" "$port" "$at/few" 1
    timed gale_one piped "$few" gale piped 1 "$at/few"
done
awk -v bare="$(median bare)" -v gale="$(median gale)" -v bare_one="$(median bare_one)" \
    -v gale_one="$(median gale_one)" 'BEGIN {
        printf "mysql insert, 1000 rows a transaction: gale %d, bare loop %d rows/s: %.2f\n", gale, bare, gale / bare
        printf "mysql insert, 1 row a transaction: gale %d, bare loop %d rows/s: %.2f\n", gale_one, bare_one, gale_one / bare_one
        printf "1000 rows a transaction against one: %.0f times\n", gale / gale_one
    }'
