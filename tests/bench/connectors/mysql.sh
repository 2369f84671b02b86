#!/bin/sh
# mysql.sh BUILD - rows into MariaDB: mysql_insert in batches of 1000 beside a bare
# loop over the same library and server (mysql_bare.c), and beside one transaction for
# each tuple.
set -eu
build=$1
at=$(mktemp -d)
. tests/bench/connectors/rows.sh
many=${BENCH_ROWS:-400000} few=$((many / 100))
server() { sh tests/servers/mariadb.sh "$at/mariadb" "$@"; }
trap 'server kill; rm -rf "$at"' EXIT
trap 'exit 1' HUP INT TERM

export MARIADB_OPTIONS="${MARIADB_OPTIONS:---innodb-buffer-pool-size=256M --innodb-log-file-size=256M}"
port=$(server start)
port=${port#*:}
# 100 bytes each, as records are.
seq "$many" | awk '{ printf "%0100d\n", $1 }' >"$at/many"
head -n "$few" "$at/many" >"$at/few"

gale() { # ROWS FILE
    "$GALE" local -q -c host=127.0.0.1 -c "port=$port" -c user=test \
        -c password=test -c database=test -c table=gale -c "batch.rows=$1" \
        -c 'columns=["line", "at=offset"]' \
        "$build/tests/plugins/mysql_rows.so:mysql_rows" "$2"
}

bare() { # ROWS FILE
    "$BARE/mysql_bare" "$port" "$2" "$1"
}

inserted() { # bare|gale ROWS FILE N
    server sql "drop table if exists $1; create table $1
        (id bigint auto_increment primary key, line varchar(200), at bigint)"
    sample "$1-$2" "$(rate "$4" "$1" "$2" "$3")"
    [ "$(server sql "select count(*) from $1")" = "$4" ] || exit 1
}

for _ in $(rounds); do
    for rows in 1000 1; do
        file=$([ "$rows" = 1 ] && echo few || echo many)
        n=$([ "$rows" = 1 ] && echo "$few" || echo "$many")
        inserted bare "$rows" "$at/$file" "$n"
        inserted gale "$rows" "$at/$file" "$n"
    done
done
row 'MySQL insert, 1000 rows a transaction' rows/s '>= 0.9' gale-1000 bare-1000
row 'MySQL insert, 1 row a transaction' rows/s - gale-1 bare-1
row '1000 rows a transaction beside 1' rows/s - gale-1000 gale-1
