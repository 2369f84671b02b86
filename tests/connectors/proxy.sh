# proxy.sh - tests/servers/proxy.c between MariaDB and its client: nothing is
# changed until it is told to, and then what it was told.
. tests/support/scenario.sh
. tests/support/servers.sh
. tests/support/proxies.sh

# MariaDB with a table, and the proxy before it.
_begin_both() {
    begin mariadb
    begin_proxy "$address"
    server mariadb sql 'create table t (a int primary key) engine=innodb'
}

# A client that goes through the proxy. No TLS: texts are to be found.
_sql() {
    MYSQL_PWD=test timeout 20 mariadb --no-defaults --skip-ssl --skip-reconnect \
        -N -B -h 127.0.0.1 -P "${proxy#*:}" -u test test "$@"
}

# A client that stays: statements go to descriptor 6, rows come from 7.
_begin_session() {
    mkfifo statements rows
    _sql --unbuffered <statements >rows 2>session.err 8>&- 9<&- &
    session=$!
    exec 6>statements 7<rows
    _ask 'select 1' 1
}

_ask() { # STATEMENT ROW
    echo "$1;" >&6
    row=$(_line 7) || fail "no answer to $1: $(_said session.err)"
    expect_equal "$row" "$2" "the answer to $1"
}

_rows() {
    server mariadb sql 'select count(*) from t'
}

what_is_large_comes_through_as_it_is_in_both_directions() {
    _begin_both
    seq 200000 | sed '1s/^/insert into t values (/; 1!s/^/,(/; s/$/)/' >many
    _sql <many
    _sql -e 'select a from t order by a' >found
    seq 200000 >expected
    expect_same found expected
}

a_cut_ends_the_connections_that_there_are() {
    _begin_both
    _begin_session
    told cut
    expect_equal "$event" 'cut 1' 'what it says'
    echo 'select 2;' >&6
    status=0
    wait $session || status=$?
    expect_status 1
    grep -q 'Lost connection\|gone away' session.err || fail "it said $(_said session.err)"
    expect_equal "$(_sql -e 'select 3')" 3 'a new connection'
}

a_reset_ends_them_at_once() {
    _begin_both
    _begin_session
    told reset
    expect_equal "$event" 'reset 1' 'what it says'
    echo 'select 2;' >&6
    status=0
    wait $session || status=$?
    expect_status 1
    expect_equal "$(_sql -e 'select 3')" 3 'a new connection'
}

what_is_late_comes_as_it_is() {
    _begin_both
    told delay 5
    seq 2000 | sed '1s/^/insert into t values (/; 1!s/^/,(/; s/$/)/' >many
    _sql <many
    _sql -e 'select a from t order by a' >found
    seq 2000 >expected
    expect_same found expected
    told delay 0
    expect_equal "$(_sql -e 'select 3')" 3 'a new connection'
}

a_piece_that_shall_be_damaged_has_one_bit_that_is_another() {
    _begin_both
    _begin_session
    told corrupt 1
    # shellcheck disable=SC2046 # numbers
    echo "select '$(printf 'a%.0s' $(seq 200))';" >&6
    expect_event 'fired corrupt'
    row=$(_line 7) || fail "no answer: $(_said session.err)"
    expect_equal "$(echo "$row" | tr -d a)" q 'what is no "a"'
    _ask 'select 5' 5
}

a_piece_may_come_in_the_wrong_order() {
    _begin_both
    _begin_session
    told swap 1
    echo "select 'what no server understands in another order';" >&6
    expect_event 'fired swap'
    status=0
    wait $session || status=$?
    expect_status 1
    expect_equal "$(_sql -e 'select 5')" 5 'a new connection'
}

so_many_bytes_of_servers_come_through_and_then_it_is_cut() {
    _begin_both
    told cut-after 100000
    run _sql -e "select repeat('y', 1000000)"
    expect_status 1
    expect_stderr 'Lost connection'
    expect_event 'fired cut-after 1'
    expect_equal "$(_sql -e "select length(repeat('y', 1000000))")" 1000000 'a new connection'
}

while_it_holds_nothing_comes_through_and_then_all_of_it() {
    _begin_both
    _begin_session
    told hold
    echo 'insert into t values (1); select 4;' >&6
    told hold # it has had a look since
    expect_equal "$(_rows)" 0 'rows'
    told go
    row=$(_line 7) || fail 'no answer'
    expect_equal "$row" 4 'the answer'
    expect_equal "$(_rows)" 1 'rows'
}

who_is_refused_is_so_until_he_is_accepted_again_and_others_stay() {
    _begin_both
    _begin_session
    told refuse
    run _sql -e 'select 5'
    expect_status 1
    expect_stderr "Can't connect"
    _ask 'select 6' 6
    told accept
    expect_equal "$(_sql -e 'select 7')" 7 'a new connection'
}

a_server_that_is_not_there_ends_the_connection() {
    _begin_both
    server mariadb kill
    run _sql -e 'select 8'
    expect_status 1
    expect_stderr 'Lost connection'
    begin mariadb
    expect_equal "$(_sql -e 'select 9')" 9 'a new connection'
}

a_commit_is_done_whose_reply_is_lost() {
    _begin_both
    _begin_session
    told eat-after COMMIT
    _ask 'begin; insert into t values (1); select 10' 10
    expect_equal "$(_rows)" 0 'rows'
    echo 'COMMIT;' >&6
    expect_event 'fired eat-after '
    [ "${event##* }" -gt 0 ] || fail "no answer was lost: $event"
    status=0
    wait $session || status=$?
    expect_status 1
    grep -q 'Lost connection' session.err || fail "it said $(_said session.err)"
    expect_equal "$(_rows)" 1 'rows'
    echo 'begin; insert into t values (2); COMMIT;' | _sql # it was for once
    expect_equal "$(_rows)" 2 'rows'
}

a_text_from_before_does_not_count_and_one_in_two_parts_does() {
    _begin_both
    _begin_session
    _ask 'begin; COMMIT; select 11' 11
    told eat-after COMMIT
    _ask 'select 12' 12
    echo "insert into t values (1); select '$(head -c 32752 /dev/zero | tr '\0' x)COMMIT';" >&6
    expect_event 'fired eat-after '
    expect_equal "$(_rows)" 1 'rows'
}

the_client_that_says_it_is_cut_and_no_other() {
    _begin_both
    _begin_session
    told eat-after 'values (1)'
    run _sql -e 'insert into t values (1)'
    expect_status 1
    expect_stderr 'Lost connection'
    expect_event 'fired eat-after '
    _ask 'select count(*) from t' 1
}

so_many_bytes_of_replies_are_lost_and_then_the_connection() {
    _begin_both
    _begin_session
    told eat-reply 100000
    echo "select repeat('y', 1000000);" >&6
    expect_event 'fired eat-reply '
    [ "${event##* }" -ge 100000 ] || fail "too few were lost: $event"
    status=0
    wait $session || status=$?
    expect_status 1
    expect_equal "$(_sql -e 'select 13')" 13 'a new connection'
}

hundreds_of_connections_come_and_go() {
    _begin_both
    for i in 1 2 3; do
        mkfifo "end$i"
        "$GALE_BUILD/tests/servers/stranger" crowd "$proxy" 90 <"end$i" >"here$i" 8>&- 9<&- &
        exec 5>"end$i"
        until [ -s "here$i" ]; do :; done
        exec 5>&-
        wait $!
    done
    expect_equal "$(_sql -e 'select 14')" 14 'a new connection'
}

commands_that_make_no_sense_end_it_with_a_sentence() {
    proxy_at="$GALE_BUILD/tests/servers/proxy 0 127.0.0.1:1"
    for row in 'eat-reply 0:a number of bytes' 'eat-reply x:a number of bytes' \
        'eat-after :a text of 1 to 255 bytes' 'stop:cut, reset, hold, go' 'delay x:a number' 'corrupt -1:a number' \
        "eat-after $(seq 200 | tr -d '\n'):a text of 1 to 255 bytes"; do
        echo "${row%:*}" >line
        run sh -c "$proxy_at <line"
        expect_status 2
        expect_stderr "expected ${row#*:}"
    done
    for words in '' '0' 'x 127.0.0.1:1' '0 127.0.0.1' '0 10.0.0.1:1' '0 127.0.0.1:65536'; do
        # shellcheck disable=SC2086 # words
        run "$GALE_BUILD/tests/servers/proxy" $words
        expect_status 2
        expect_stderr 'proxy: found'
    done
}

scenario
