#!/bin/sh
# mysql_reads.sh - questions to MySQL and new rows of a table, on a real server.
. tests/support/scenario.sh
. tests/support/servers.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

sql() { server mariadb sql "$1"; }

_gale() {
    "$GALE" local -q -c host=127.0.0.1 -c "port=${address#*:}" -c user=test \
        -c password=test -c database=test "$@"
}

# -- mysql_lookup -----------------------------------------------------------------

_ask() { # OPTIONS…
    run _gale --stats stats.json -c params=line -c 'ask.fields=["name", "size"]' \
        -c 'query=select name, size from animals where kind = ? order by size' \
        "$@" "$TEST_PLUGINS/mysql_reads.so:mysql_ask" text
}

_animals() {
    begin mariadb
    sql "create table animals (kind varchar(20), name varchar(20), size decimal(5,2),
        blob_ blob);
        insert into animals values ('cow', 'Erna', 2.50, x'00ff'), ('cow', 'Zoë', 10, null),
            ('moon', null, null, null)"
    printf "cow\nmoon\ncat\ncow\n' or 1=1; -- \n" >text
}

_metric() { # of stats.json
    tr -d ' \n' <stats.json | grep -o "\"name\":\"$1\",\"kind\":\"counter\",\"value\":[0-9]*" |
        grep -o '[0-9]*$'
}

each_row_of_an_answer_is_a_tuple() {
    _animals
    _ask -c pass=line
    expect_status 0
    sort out >found
    {
        printf 'cow\tErna\t2.50\ncow\tErna\t2.50\ncow\tZoë\t10.00\ncow\tZoë\t10.00\n'
        printf 'moon\tnil\tnil\n'
    } | sort >wanted
    expect_same found wanted
    expect_equal "$(counter stats.json ask dropped)" 2 'inputs without an answer'
    _ask -c no.rows=nils -c pass=line
    expect_equal "$(grep -c "^cat	nil	nil$" out)" 1 'rows of nils'
}

answers_are_remembered_those_without_rows_too() {
    _animals
    for i in 1 2 3 4 5 6; do
        cat text text >more
        mv more text
    done
    _ask -c cache.entries=10
    expect_status 0
    expect_equal "$(wc -l <out)" 320 rows
    expect_equal "$(_metric asked)" 4 'questions that were asked'
    expect_equal "$(_metric remembered)" 316 'questions that were not'
}

what_cannot_be_asked_is_one_sentence_before_anything_runs() {
    _animals
    _ask -c query='select name from animals where kind = ?'
    expect_refusal 'option query: it gives 1 columns, expected as many as fields, which are 2'
    _ask -c query='select 1, 2'
    expect_refusal 'option query: found 0 ?, expected as many as params, which are 1'
    _ask -c query='select nothing from animals where kind = ?'
    expect_refusal "cannot ask the option query: Unknown column 'nothing'"
    _ask -c params=lime
    expect_refusal 'the option "params" names the field "lime", which the stream "default" of "lines" does not declare'
    _ask -c pass=lime
    expect_refusal 'the option "pass" names the field "lime", which the stream "default" of "lines" does not declare'
    _ask -c max.rows=1 -c bad.rows=fail -c gale.topology.max.replays=1 \
        -c gale.topology.dead.letter=./spool
    expect_status 0
    expect_stderr 'the answer has more rows than max.rows, which is 1'
    expect_equal "$(wc -l <spool)" 2 'dead letters'
}

questions_outlive_a_server_that_is_killed() {
    _animals
    seq 20000 | sed 's/.*/cow/' >text
    _ask -c topology.message.timeout.secs=60 >asked &
    asked=$!
    until [ -s out ]; do :; done
    server mariadb kill
    server mariadb start >started
    wait $asked || fail 'it failed'
    cat asked
    grep -q '^--- status 0' asked || fail 'it failed'
    expect_equal "$(wc -l <out)" 40000 rows
    expect_message 'cannot connect to MySQL at '
    row 26 'MariaDB killed while it is asked' 'lost 0, duplicates 0 of at most 0'
}

# -- mysql_poll -------------------------------------------------------------------

_news() { # OPTIONS…
    "$GALE" local -q -c host=127.0.0.1 -c "port=${address#*:}" -c user=test \
        -c password=test -c database=test -c table=news -c key=id -c 'news.columns=["id", "value"]' -c poll.ms=20 \
        -c settle.ms=200 --state state "$@" "$TEST_PLUGINS/mysql_reads.so:mysql_news" \
        >>out 2>>err &
    news=$!
}

_rows() { # TO: until so many lines came
    _end=$(($(date +%s) + 30))
    until [ "$(sort -u out | wc -l)" -ge "$1" ]; do
        [ "$(date +%s)" -lt $_end ] || fail "found $(wc -l <out) lines: $(_said err)"
    done
}

_stop() {
    kill -TERM $news
    wait $news || fail "it ended with status $?: $(_said err)"
}

new_rows_come_once_each_over_restarts_and_failures() {
    begin mariadb
    sql 'create table news (id bigint primary key auto_increment, value varchar(20));
        insert into news (value) select seq from seq_1_to_1000'
    : >out
    _news -c fails=100
    _rows 1000
    sql 'insert into news (value) select seq from seq_1001_to_2000'
    _rows 2000
    _stop
    sql 'insert into news (value) select seq from seq_2001_to_3000; delete from news where id < 9'
    _news
    _rows 3000
    server mariadb kill
    server mariadb start >started
    sql "insert into news (value) values ('last')"
    _rows 3001
    _stop
    expect_equal "$(wc -l <out)" 3001 'rows that came'
    expect_equal "$(cut -f 2 out | grep -v last | sort -n | uniq | wc -l)" 3000 'rows'
    sql 'select max(id) from news' >found
    expect_equal "$(tail -n 1 out)" "$(cat found)	last" 'the last row'
}

# As spouts/README.md says it. The field is what can name a column of any name.
_comes_as() { # TYPE VALUE WANTED
    sql "drop table if exists news; create table news (id bigint primary key, \`we\`\`ird name\` $1);
        insert into news values (1, $2)"
    rm -rf state out
    : >out
    # shellcheck disable=SC2016 # a name
    _news -c 'news.columns=["id", "we`ird name=value"]'
    _rows 1
    _stop
    expect_equal "$(cut -f 2 out)" "$3" "$1"
}

each_type_of_a_column_comes_as_the_table_says() {
    begin mariadb
    _comes_as 'bigint unsigned' 18446744073709551615 18446744073709551615
    _comes_as bit\(16\) "b'100000101000010'" AB
    _comes_as float 0.1 0.10000000149011612
    _comes_as 'decimal(30,10)' 12345678901234567890.5 12345678901234567890.5000000000
    _comes_as 'datetime(3)' "'2026-11-30 12:34:56.789'" '2026-11-30 12:34:56.789'
    _comes_as date "'2026-11-30'" 2026-11-30
    _comes_as time "'-12:34:56'" -12:34:56
    _comes_as year 2026 2026
    _comes_as blob "'cow'" cow
    _comes_as json "'[1, 2]'" '[1, 2]'
    _comes_as "enum('a', 'b')" "'b'" b
    _comes_as "set('a', 'b')" "'a,b'" a,b
}

_nothing_lost() {
    sort -u out | comm -23 wanted - >lost
    [ ! -s lost ]
}

# What was emitted since the last position that was written down comes again.
a_process_that_is_killed_goes_on_behind_what_was_acked() {
    begin mariadb
    sql 'create table news (id bigint primary key auto_increment, value varchar(20));
        insert into news (value) select seq from seq_1_to_100000'
    : >out
    for round in 1 2 3; do
        before=$(sort -u out | grep -c . || :)
        _news -c gale.local.position.interval.ms=20 -c topology.max.spout.pending=200
        _rows $((before + 10000))
        kill -KILL $news
        wait $news || :
        echo >>out # a row that was cut
    done
    [ "$(sort -u out | grep -c .)" -lt 100000 ] || fail 'it was killed too late'
    sql 'select id, value from news' | sort >wanted
    _news
    await 'all rows' _nothing_lost
    _stop
    twice=$(($(grep -cE '^([0-9]+)	\1$' out) - 100000))
    row 41 'kill -9 while a table is read, 3 times' \
        "lost 0, duplicates $twice of at most 100000"
    [ "$twice" -lt 100000 ] || fail "$twice came twice: no position was kept"
}

a_stop_under_load_repeats_no_row() {
    begin mariadb
    sql 'create table news (id bigint primary key auto_increment, value varchar(20));
        insert into news (value) select seq from seq_1_to_200000'
    : >out
    for round in 1 2 3; do
        before=$(grep -c . out || :)
        _news
        _rows $((before + 5000))
        _stop
    done
    before=$(grep -c . out)
    [ "$before" -lt 200000 ] || fail 'it was not stopped under load'
    _news
    _rows 200000
    _stop
    expect_equal "$(grep -c . out)" 200000 'rows that came'
    row 49 "SIGTERM while a table is read, 3 times, the last at $before of 200000" \
        'lost 0, duplicates 0 of at most 0'
}

# How often anybody has asked by a prepared statement.
_looks() {
    server mariadb admin "show global status like 'Com_stmt_execute'" | cut -f 2
}

a_row_of_a_transaction_that_ends_late_is_not_left_out() {
    begin mariadb
    sql 'create table news (id bigint primary key auto_increment, value varchar(20))'
    : >out
    _news -c settle.ms=3000
    mkfifo late
    server mariadb sql <late &
    exec 7>late
    echo "begin; insert into news (value) values ('late');" >&7
    until [ "$(sql 'set session transaction isolation level read uncommitted;
        select count(*) from news')" = 1 ]; do :; done
    sql "insert into news (value) values ('early')"
    looks=$(_looks)
    until [ "$(_looks)" -gt $((looks + 3)) ]; do :; done # it has seen the second row
    echo 'commit;' >&7
    exec 7>&-
    _rows 2
    _stop
    printf '1\tlate\n2\tearly\n' >wanted
    expect_same out wanted
}

what_cannot_be_read_is_one_sentence_before_anything_runs() {
    begin mariadb
    sql 'create table news (id bigint primary key, value varchar(20) unique)'
    news() {
        run _gale -c table=news -c key=id -c 'news.columns=["id", "value"]' \
            "$@" "$TEST_PLUGINS/mysql_reads.so:mysql_news"
        [ "$status" = 1 ] || fail "status $status"
    }
    news -c table=none
    expect_stderr 'the database "test" has no table "none"'
    news -c key=value
    expect_stderr 'option key: expected a column of integers with a unique key of its own'
    news -c 'news.columns=["id", "walue"]'
    expect_stderr 'has no column "walue"; its columns are id, value'
}

scenario
