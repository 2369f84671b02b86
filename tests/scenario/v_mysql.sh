#!/bin/sh
# v_mysql.sh - rows into MySQL, on a real server: each kind of value, hostile names
# and texts, bad rows, what cannot work, a stop under load. Faults of the server are
# in tests/connectors/mysql.sh.
. tests/support/scenario.sh
. tests/support/servers.sh
. tests/support/certificates.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

sql() { server mariadb sql "$1"; }

# _gale ARG…: gale local, with the server's address and these options.
_gale() {
    run timeout -k 5 60 "$GALE" local -q -c host=127.0.0.1 -c "port=${address#*:}" \
        -c user=test -c password=test -c database=test --stats stats.json "$@"
}

_rows_of() { # TOPOLOGY TABLE ARG…
    _topology=$1 _table=$2
    shift 2
    _gale -c "rows.table=$_table" "$@" "$TEST_PLUGINS/mysql_rows.so:$_topology" \
        ${FILES:-}
}

each_kind_of_value_is_bound_as_what_it_is() {
    begin mariadb
    sql 'create table kinds (id int primary key, value longblob)'
    for arrays in true false; do
        sql 'delete from kinds'
        _rows_of mysql_kinds kinds -c "arrays=$arrays"
        expect_status 0
        sql "select concat_ws('|', id, hex(value), '') from kinds order by id" >found
        cat >wanted <<'END'
0|
1|31|
2|2D39323233333732303336383534373735383038|
3|37|
4|3165333030|
5|302E31|
6|C3BC20F09F9084|
7|00FF27|
8||
9||
10|5B312C302E312C6E756C6C2C747275652C7B2261205C22625C22205C5C20C3BC223A2D317D5D|
11|7B2261205C22625C22205C5C20C3BC223A2D317D|
END
        expect_same found wanted
    done
    sql 'create table numbers (id int primary key, value double)'
    _rows_of mysql_kinds numbers
    expect_stderr "Incorrect double value: 'ü"
    sql 'select id, value from numbers where id between 2 and 5' >found
    printf '2\t-9.223372036854776e18\n3\t7\n4\t1e300\n5\t0.1\n' >wanted
    expect_same found wanted
}

what_no_column_can_hold_is_a_bad_row_with_a_sentence() {
    begin mariadb
    sql 'create table texts (id int primary key, value text)'
    _rows_of mysql_kinds texts -c hostile=true
    expect_status 0
    expect_equal "$(sql 'select count(*) from texts')" 0 rows
    expect_stderr 'field "value" for the table "texts": a number that is not finite has no column'
    expect_stderr 'field "value" for the table "texts": JSON has no number that is not finite'
    expect_stderr "Incorrect string value: '\\xFF\\xFE utf...'"
    _rows_of mysql_kinds texts -c nested=refuse
    expect_stderr 'a list or a map has no column; the option nested: json makes text of it'
}

what_looks_like_sql_is_only_a_name_or_a_text() {
    begin mariadb
    sql 'create table `x``; drop table y; --` (`li``ne"'"'"'?` text, `of fset` int)'
    cat >text <<'END'
'; drop table y; --
" or 1=1 \' \\ ` ? %s \0 /* */ #
✓ 🐄 日本語
END
    printf 'tab\there\\\n' >>text
    FILES=text
    # shellcheck disable=SC2016 # a name
    _rows_of mysql_rows 'x`; drop table y; --' \
        -c 'rows.columns=["li`ne\"'"'"'?=line", "of fset=offset"]'
    expect_status 0
    # shellcheck disable=SC2016 # a name
    server mariadb sql 'select `li``ne"'"'"'?` from `x``; drop table y; --`
        order by `of fset`' >raw
    sed 's/\\t/\t/g; s/\\0/\\0/g; s/\\\\/\\/g' raw >found
    expect_same found text
    _rows_of mysql_rows "x' or '1'='1"
    expect_refusal "the database \"test\" has no table \"x' or '1'='1\""
}

# _refused OPTIONS… -- TEXT…
_refused() {
    _options=
    while [ "$1" != -- ]; do
        _options="$_options $1"
        shift
    done
    shift
    # shellcheck disable=SC2086 # options
    FILES=$TOP/README.md _rows_of mysql_rows t -c start.secs=0 $_options
    expect_refusal "$@"
}

what_cannot_work_is_one_sentence_before_anything_runs() {
    begin mariadb
    port=${address#*:}
    sql 'create table t (line varchar(40), id int not null, u int unique)'
    sql 'create table isam (line text) engine=MyISAM'
    echo wrong >secret
    _refused -c password=sesame -- "cannot connect to MySQL at 127.0.0.1:$port as \"test\": Access denied" \
        'see the options user, password, password.file'
    grep -q sesame err && fail 'the password is shown'
    _refused -c password= -c password.file=secret -- 'Access denied'
    _refused -c password.file=secret -- 'both password and password.file are given: take the option password away'
    _refused -c password= -c password.file=nothere -- 'cannot read the password from nothere: No such file'
    _refused -c port=1 -- "cannot connect to MySQL at 127.0.0.1:1" 'is the server running?'
    _refused -c socket=./none -- 'cannot connect to MySQL at ./none' 'is the server running?'
    _refused -c host=no.such.host.invalid -- 'no.such.host.invalid'
    _refused -c database=none -- 'MySQL error 1044' 'grant the user what it needs'
    _refused -c rows.table=none -- 'the database "test" has no table "none"'
    _refused -c rows.table=isam -- 'is kept by MyISAM, which has no transactions'
    _refused -c rows.columns=lime -- 'the option "columns" names the field "lime", which the stream "default" of "lines" does not declare: it has "line", "file", "offset"; did you mean "line"?'
    sql 'create table twice (line varchar(40), again varchar(80) as (concat(line, line)))'
    _refused -c rows.table=twice -c 'rows.columns=["line","again=file"]' -- \
        'option columns: the column "again" of the table "twice" is generated: leave it out'
    _refused -c rows.columns=lime=line -- 'the table "t" has no column "lime"; its columns are line, id, u'
    _refused -c rows.columns=line -- 'the column "id" of the table "t" has no default'
    _refused -- 'the column "id" of the table "t" has no default'
    _refused -c 'rows.columns=["line","id=line","LINE=line"]' -- '"LINE" is there twice'
    _refused -c 'rows.columns=["line","id=nofield"]' -- 'the option "columns" names the field "nofield", which the stream'
    _refused -c 'rows.columns=["line","id=line"]' -c dedup.key=ofset -- 'the option "dedup.key" names the field "ofset", which the stream'
    _refused -c 'rows.columns=["line","id=offset"]' -c dedup.key=offset -- \
        'the table "t" has no unique key over just these columns, all NOT NULL'
    _refused -c 'rows.columns=["line","id=line","u=offset"]' -c dedup.key=offset -- 'all NOT NULL'
    _refused -c 'rows.columns=["line","id=line"]' -c dedup.key=offset -- '"offset" goes nowhere'
    _refused -c 'rows.columns=["line","id=line"]' -c dedup.table=t -- 'there is no dedup.key'
    _refused -c retry.secs=31 -- 'retry.secs is 31' 'topology.message.timeout.secs, which is 30'
    _refused -c tls=require -- 'see the options tls, tls.ca'
}

a_password_from_a_file_and_a_socket_work_too() {
    begin mariadb
    sql 'create table t (line text, file text, `offset` bigint)'
    server mariadb admin "create user test@localhost identified by 'se\"cret';
        grant all on test.* to test@localhost"
    echo 'se"cret' >secret
    seq 1000 >text
    FILES=text
    _rows_of mysql_rows t -c "socket=$PWD/mariadb/sock" -c password= \
        -c password.file=secret
    expect_status 0
    expect_equal "$(sql 'select count(*), count(file), sum(line) from t')" \
        "1000	1000	500500" rows
    sql 'create table upper (LINE text, File text, `offset` bigint)'
    _rows_of mysql_rows upper
    expect_status 0
    expect_equal "$(sql 'select count(line), count(file), count(`offset`) from upper')" \
        "1000	1000	1000" 'rows of columns in capitals'
}

yaml_moves_the_lines_of_a_file_into_a_table() {
    begin mariadb
    sql 'create table t (customer varchar(40), `offset` bigint primary key)'
    echo test >secret
    seq 1000 >text
    cat >rows.yaml <<END
name: rows
spouts:
  - {id: lines, plugin: lines, config: {files: text}}
bolts:
  - id: rows
    plugin: mysql_insert
    config:
      port: ${address#*:}
      user: test
      password.file: secret
      database: test
      table: t
      columns: [customer=line, offset]
      dedup.key: [offset]
streams:
  - {from: lines, to: rows, grouping: SHUFFLE}
END
    for round in 1 2; do
        run "$GALE" local -q rows.yaml
        expect_status 0
        expect_equal "$(sql 'select count(*), sum(customer) from t')" '1000	500500' rows
    done
}

a_connection_is_encrypted_and_the_server_is_the_right_one_if_asked_for() {
    certificate right
    certificate wrong
    MARIADB_OPTIONS="--ssl-ca=$PWD/right-ca.pem --ssl-cert=$PWD/right.pem --ssl-key=$PWD/right.key" \
        begin mariadb
    server mariadb admin "alter user test@'127.0.0.1' require ssl"
    server mariadb admin 'create table test.t (line text)'
    echo word >text
    FILES=text
    _rows_of mysql_rows t
    expect_refusal 'Access denied'
    for tls in '-c tls=require' "-c tls=verify -c tls.ca=$PWD/right-ca.pem"; do
        # shellcheck disable=SC2086 # options
        _rows_of mysql_rows t $tls
        expect_status 0
    done
    expect_equal "$(server mariadb admin 'select count(*) from test.t')" 2 rows
    _rows_of mysql_rows t -c tls=verify -c "tls.ca=$PWD/wrong-ca.pem"
    expect_refusal 'see the options tls, tls.ca'
    _rows_of mysql_rows t -c tls=verify -c tls.ca=nothere.pem
    expect_refusal 'see the options tls, tls.ca'
}

# Every fiftieth line is too long.
_text_with_long_lines() {
    awk 'BEGIN { for (i = 1; i <= 3500; i++) print i % 50 ? i : i "-too-long" }' >text
    FILES=text
}

bad_rows_are_put_aside_and_the_rest_goes_through() {
    begin mariadb
    sql 'create table t (line varchar(8) primary key)'
    _text_with_long_lines
    _rows_of mysql_rows t -c gale.topology.dead.letter=./spool
    expect_status 0
    expect_equal "$(sql 'select count(*) from t')" 3430 rows
    expect_equal "$(wc -l <spool)" 70 'dead letters'
    expect_equal "$(counter stats.json lines acked)" 3500 acked
    expect_stderr "cannot write to the table t: Data too long for column 'line'"
    expect_stderr '(MySQL error 1406)'
    sql 'delete from t'
    rm spool
    _rows_of mysql_rows t -c gale.topology.dead.letter=./spool -c bad.rows=fail \
        -c gale.topology.max.replays=1 -c arrays=false
    expect_status 0
    expect_equal "$(sql 'select count(*) from t')" 3430 rows
    expect_equal "$(wc -l <spool)" 70 'dead letters'
    expect_equal "$(counter stats.json rows poisoned)" 0 poisoned
}

what_the_check_of_a_view_refuses_is_a_bad_row() {
    begin mariadb
    _text_with_long_lines
    sql 'create table t (line varchar(20))'
    sql 'create view short as select line from t where length(line) < 8 with check option'
    _rows_of mysql_rows short -c gale.topology.dead.letter=./spool
    expect_status 0
    expect_equal "$(sql 'select count(*) from t')" 3430 rows
    expect_equal "$(wc -l <spool)" 70 'dead letters'
    expect_stderr '(MySQL error 1369)'
}

a_row_that_is_there_is_bad_or_replaced_or_left_as_the_mode_says() {
    begin mariadb
    sql 'create table t (id int primary key, line varchar(9)); insert into t values (0, "old")'
    seq 3 >text
    FILES=text
    _rows_of mysql_rows t -c 'rows.columns=["id=offset", "line"]' -c mode=ignore
    expect_equal "$(sql 'select group_concat(id, line order by id) from t')" \
        '0old,22,43' ignore
    _rows_of mysql_rows t -c 'rows.columns=id=offset, line' -c mode=upsert
    expect_equal "$(sql 'select group_concat(id, line order by id) from t')" \
        '01,22,43' upsert
    _rows_of mysql_rows t -c 'rows.columns=["id=offset", "line"]' \
        -c gale.topology.dead.letter=./spool
    expect_stderr "Duplicate entry '0' for key 'PRIMARY' (MySQL error 1062)"
    expect_equal "$(wc -l <spool)" 3 'dead letters'
    echo 123456789012 >text # "ignore" is about keys that are there, and nothing else
    rm spool
    _rows_of mysql_rows t -c 'rows.columns=["id=offset", "line"]' -c mode=ignore \
        -c gale.topology.dead.letter=./spool
    expect_stderr 'Data too long'
}

a_message_that_comes_again_has_its_effect_once() {
    begin mariadb
    seq 2500 >text
    FILES=text
    sql 'create table t (line text, file varchar(90) not null, `offset` bigint not null,
        unique key (file, `offset`))'
    sql 'create table plain (line text)'
    sql 'create table seen (file varchar(90) collate utf8mb4_bin, `offset` bigint,
        primary key (file, `offset`))'
    for arrays in true false; do
        _rows_of mysql_rows t -c 'dedup.key=["file", "offset"]' -c "arrays=$arrays" \
            -c batch.rows=999
        expect_status 0
        expect_equal "$(counter stats.json lines acked)" 2500 acked
        expect_equal "$(sql 'select count(*), sum(line) from t')" '2500	3126250' rows
        _rows_of mysql_rows plain -c 'dedup.key=["file", "offset"]' -c dedup.table=seen \
            -c batch.rows=999 -c "arrays=$arrays"
        expect_status 0
        expect_equal "$(sql 'select count(*), sum(line) from plain')" '2500	3126250' rows
    done
    # What is equal for a collation is not the same message.
    head -n 20 text >TEXT
    FILES=TEXT
    _rows_of mysql_rows t -c 'dedup.key=["file", "offset"]' -c gale.topology.dead.letter=./spool
    expect_equal "$(wc -l <spool)" 20 'dead letters'
}

a_stop_under_load_leaves_no_row_out_and_none_twice() {
    begin mariadb
    sql 'create table t (line int, file varchar(90), `offset` bigint)'
    seq 400000 >text
    for round in 1 2 3; do
        "$GALE" local -q -c host=127.0.0.1 -c "port=${address#*:}" -c user=test \
            -c password=test -c database=test -c table=t --state state \
            "$TEST_PLUGINS/mysql_rows.so:mysql_rows" text 2>err &
        pid=$!
        until [ "$(sql 'select count(*) from t')" -gt $((round * 20000)) ]; do :; done
        kill -TERM $pid
        wait $pid || fail "round $round: $(_said err)"
    done
    stopped=$(sql 'select count(*) from t')
    [ "$stopped" -lt 400000 ] || fail 'it was not stopped under load'
    sql 'select max(line), count(distinct line) from t' >found
    printf '%s\t%s\n' "$stopped" "$stopped" >wanted
    expect_same found wanted
    row 49 'SIGTERM while rows are written, 3 times' 'lost 0, duplicates 0 of at most 0'
}

scenario
