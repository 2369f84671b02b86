#!/bin/sh
# mysql.sh - what happens to a server of MySQL, and to the way there, while rows are
# written: each line of a text is a row, and in the end the table says which are not
# there, and which are there twice.
. tests/support/scenario.sh
. tests/support/servers.sh
. tests/support/proxies.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS
LINES=${LINES:-120000}
LOCK_SECONDS=${LOCK_SECONDS:-60}
ONCE='-c dedup.key=["file","offset"]'

sql() { server mariadb sql "$1"; }

# begin_writing [OPTIONS]: lines are on their way to the table t, in the background.
_table() {
    begin mariadb
    sql 'create table t (line int, file varchar(90) not null, `offset` bigint not null,
        unique key (file, `offset`)); create table twice like t;
        alter table twice drop key file; create table seen like t;
        alter table seen drop column line;'
    seq "$LINES" >text
    at=$address
}

_write() { # TABLE OPTIONS…
    table=$1
    shift
    "$GALE" local -q -c host=127.0.0.1 -c "port=${at#*:}" -c user=test -c password=test \
        -c database=test -c batch.rows=200 -c "table=$table" --state state --stats stats.json \
        "$@" "$TEST_PLUGINS/mysql_rows.so:mysql_rows" text 2>>err &
    pid=$!
}

_metric() { # of the bolt
    tr -d ' \n' <stats.json | grep -o "\"name\":\"$1\",\"kind\":\"counter\",\"value\":[0-9]*" |
        grep -o '[0-9]*$'
}

_count() { sql "select count(*) from $table" 2>/dev/null || echo 0; }

_beyond() { # ROWS
    _patience=$(($(date +%s) + 100))
    until [ "$(_count)" -gt "$1" ]; do
        [ "$(date +%s)" -lt $_patience ] || fail "no more than $(_count) rows; $(_said err)"
    done
}

_await_said() { # TEXT
    await "$1" grep -qF -e "$1" err || fail "$(tail -n 2 err)"
    kill -0 "$pid" || fail "it ended: $(tail -n 2 err)"
}

# The run is over, and every line has its row: $twice more than that.
_whole() {
    wait "$pid" || fail "it ended with status $?: $(tail -n 2 err)"
    sql "select count(distinct \`offset\`) - $LINES, count(*) - count(distinct \`offset\`),
        sum(distinct line) - $LINES * ($LINES + 1) / 2 from $table" >found
    read -r lost twice sum <found
    expect_equal "$lost" 0 'rows that are lost'
    expect_equal "${sum%.*}" 0 'what is wrong in the sum of lines'
}

_once() {
    _whole
    expect_equal "$twice" 0 'rows that are there twice'
}

_now() { date +%s%N; }

_recovered() { # BOUND: from $began on, until rows come again
    _beyond "$(_count)"
    took=$((($(_now) - began) / 1000000))
}

# -- the server -------------------------------------------------------------------

# Where the answers of some commits are lost by it, too.
a_server_that_is_killed_and_comes_back_loses_nothing() {
    for dedup in '' '-c dedup.table=seen'; do
        rm -rf mariadb state
        _table
        [ -z "$dedup" ] && into=t || into=twice
        # shellcheck disable=SC2086 # options
        _write $into $ONCE $dedup
        for round in 1 2 3 4; do
            _beyond $((round * LINES / 6))
            server mariadb kill
            server mariadb start >out
        done
        began=$(_now)
        _recovered
        _once
        expect_stderr 'rows are written again to the table'
        expect_message 'rows wait, next try in'
        row 26 "MariaDB killed 4 times${dedup:+, markers}" 'lost 0, duplicates 0 of at most 0' \
            "$took ms until rows come"
        server mariadb stop
    done
}

an_answer_to_a_commit_that_is_lost_is_no_second_row() {
    for dedup in "$ONCE" "$ONCE -c dedup.table=seen" ''; do
        rm -rf mariadb state commands events err
        _table
        begin_proxy "$address"
        at=$proxy
        case $dedup in '' | *seen) into=twice ;; *) into=t ;; esac
        # shellcheck disable=SC2086 # options
        _write $into $dedup
        for round in 1 2 3 4 5; do
            _beyond $((round * LINES / 8))
            told eat-after COMMIT
            expect_event 'fired eat-after'
        done
        _whole
        bound=0
        if [ -z "$dedup" ]; then
            bound=1000
            expect_message 'nobody knows whether they were written'
            [ "$twice" -gt 0 ] || fail 'no answer was lost at all'
        else
            [ "$(_metric rows.there.already)" -ge 5 ] || fail 'no answer was lost at all'
            expect_message 'rows wait, next try in'
        fi
        [ "$twice" -le $bound ] || fail "$twice rows are there twice"
        row 27 "5 answers to COMMIT lost: ${dedup:-no dedup.key}" \
            "lost 0, duplicates $twice of at most $bound"
        exec 8>&- 9<&-
        server mariadb stop
    done
}

connections_that_are_killed_are_made_again() {
    _table
    # shellcheck disable=SC2086 # options
    _write t $ONCE
    for round in 1 2 3 4 5 6; do
        _beyond $((round * LINES / 8))
        for id in $(server mariadb admin "select id from information_schema.processlist
            where user = 'test' and db = 'test' and id <> connection_id()"); do
            server mariadb admin "kill $id" || : # it may be another client's, and gone
        done
    done
    _once
    expect_message 'rows wait, next try in'
    row 26 '6 connections killed by id' 'lost 0, duplicates 0 of at most 0'
}

a_server_that_is_read_only_is_waited_for() {
    _table
    # shellcheck disable=SC2086 # options
    _write t $ONCE
    _beyond $((LINES / 4))
    server mariadb admin 'set global read_only = 1'
    _await_said 'the server must not be read-only'
    server mariadb admin 'set global read_only = 0'
    began=$(_now)
    _recovered
    _once
    expect_message '(MySQL error 1290)'
    row 26 read_only 'lost 0, duplicates 0 of at most 0' "$took ms until rows come"
}

a_table_that_is_locked_is_waited_for() {
    _table
    # shellcheck disable=SC2086 # options
    _write t $ONCE -c timeout.secs=2
    _beyond $((LINES / 4))
    sql "lock tables t write; select sleep($LOCK_SECONDS)" >out &
    locker=$!
    _await_said 'MySQL error 1205'
    wait $locker
    began=$(_now)
    _recovered
    _once
    expect_message 'somebody holds a lock for long'
    grep -q ' ERROR .*rows wait, next try in' err || fail 'no error was reported'
    row 26 "LOCK TABLES $LOCK_SECONDS s, time out 2 s" 'lost 0, duplicates 0 of at most 0' \
        "$took ms until rows come"
}

# Somebody is at work on the server: a later error of this kind is waited for.
a_table_or_a_column_that_goes_away_is_waited_for() {
    for change in 'rename table t to gone; rename table gone to t' \
        'alter table t rename column line to gone; alter table t rename column gone to line'; do
        rm -rf mariadb state err
        _table
        # shellcheck disable=SC2086 # options
        _write t $ONCE
        _beyond $((LINES / 4))
        sql "${change%;*}"
        _await_said 'rows wait, next try in'
        sql "${change#*;}"
        began=$(_now)
        _recovered
        _once
        case $change in
        rename*) expect_message "Table 'test.t' doesn't exist (MySQL error 1146)" ;;
        *) expect_message "Unknown column 'line' in " ;;
        esac
        row 26 "${change%%;*}, and back" 'lost 0, duplicates 0 of at most 0' \
            "$took ms until rows come"
        server mariadb stop
    done
}

# Longer than retry.secs: inputs fail, and come again.
a_server_that_stands_still_for_long_gets_all_rows_in_the_end() {
    _table
    # shellcheck disable=SC2086 # options
    _write t $ONCE -c timeout.secs=2 -c retry.secs=4 -c topology.message.timeout.secs=8
    _beyond $((LINES / 4))
    server mariadb pause
    _await_said 'have waited for retry.secs and fail'
    server mariadb resume
    began=$(_now)
    _recovered
    _once
    expect_message 'have waited for retry.secs and fail'
    row 26 'MariaDB stands still, until inputs fail' 'lost 0, duplicates 0 of at most 0' \
        "$took ms until rows come"
}

tasks_that_take_each_others_locks_get_on() {
    _table
    sql 'create table shared (line int primary key, file varchar(90))'
    tac text >text2
    _write shared -c mode=upsert -c batch.rows=1000
    first=$pid
    "$GALE" local -q -c host=127.0.0.1 -c "port=${at#*:}" -c user=test -c password=test \
        -c database=test -c mode=upsert -c table=shared \
        "$TEST_PLUGINS/mysql_rows.so:mysql_rows" text2 2>>err2 &
    wait $! || fail "the other one ended with status $?: $(tail -n 2 err2)"
    wait "$first" || fail "it ended with status $?: $(tail -n 2 err)"
    expect_equal "$(sql 'select count(*) from shared')" "$LINES" rows
    deadlocks=$(server mariadb admin "show global status like 'Innodb_deadlocks'" | cut -f 2)
    measured "deadlocks: $deadlocks"
}

a_full_disk_is_waited_for() {
    MARIADB_OPTIONS='--innodb-file-per-table=0 --innodb-data-file-path=ibdata1:12M:autoextend:max:22M'
    export MARIADB_OPTIONS
    _table
    unset MARIADB_OPTIONS # they are kept
    sql "create table filler (x longblob); insert into filler values (repeat('x', 10000000))"
    # shellcheck disable=SC2086 # options
    _write t $ONCE
    _await_said 'make room on the disk of the server'
    [ "$(_count)" -lt "$LINES" ] || fail 'all rows are there'
    sql 'drop table filler'
    began=$(_now)
    _recovered
    _once
    expect_message 'make room on the disk of the server'
    row 26 'no room for rows' 'lost 0, duplicates 0 of at most 0' "$took ms until rows come"
}

# A disk of its own, that somebody else has filled.
a_disk_without_room_is_waited_for() {
    [ "$(id -u)" = 0 ] || skip 'only root can mount a small disk'
    mkdir mariadb
    mount -t tmpfs -o size=250m none mariadb 2>err || skip "$(cat err)"
    _table
    trap 'end_servers; umount -l "$PWD/mariadb"' EXIT
    # shellcheck disable=SC2086 # options
    _write t $ONCE
    _beyond $((LINES / 8))
    cat /dev/zero >mariadb/filler 2>full || :
    _await_said 'make room on the disk of the server'
    rm mariadb/filler
    began=$(_now)
    _recovered
    _once
    expect_message 'make room on the disk of the server'
    row 26 'disk full' 'lost 0, duplicates 0 of at most 0' "$took ms until rows come"
}

rows_longer_than_the_server_takes_are_put_aside() {
    MARIADB_OPTIONS='--max-allowed-packet=524288' begin mariadb
    sql 'create table t (line longtext)'
    at=$address
    awk 'BEGIN {
        for (i = 0; i < 600000; i++) printf "x"
        print ""
        for (n = 1; n <= 60; n++) { for (i = 0; i < 100000; i++) printf "y"; print "" }
    }' >text
    _write t -c gale.topology.dead.letter=./spool
    wait "$pid" || fail "it ended with status $?: $(tail -n 2 err)"
    expect_equal "$(sql 'select count(*), sum(length(line)) from t')" '60	6000000' rows
    expect_equal "$(wc -l <spool)" 1 'dead letters'
    expect_message 'a row of 600010 bytes is more than the 524288 that the server takes'
    row 37 'a row longer than max_allowed_packet' 'lost 0, duplicates 0 of at most 0' \
        'a dead letter'
}

# -- who writes -------------------------------------------------------------------

a_worker_that_is_killed_goes_on_behind_its_rows() {
    for dedup in '' '-c dedup.table=seen'; do
        rm -rf mariadb state err
        _table
        [ -z "$dedup" ] && into=t || into=twice
        for round in 1 2 3 4; do
            # shellcheck disable=SC2086 # options
            _write $into $ONCE $dedup
            _beyond $((round * LINES / 6))
            kill -KILL "$pid"
            wait "$pid" || :
        done
        # shellcheck disable=SC2086 # options
        _write $into $ONCE $dedup
        _once
        row 41 "worker killed 4 times${dedup:+, markers}" 'lost 0, duplicates 0 of at most 0'
        server mariadb stop
    done
}

a_server_that_comes_late_is_waited_for_at_the_start() {
    _table
    server mariadb stop
    # shellcheck disable=SC2086 # options
    _write t $ONCE -c start.secs=60
    _await_said 'cannot connect'
    server mariadb start >out
    _once
}

scenario
