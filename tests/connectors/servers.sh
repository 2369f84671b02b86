# servers.sh - the real servers that tests of connectors use: they start, do a
# real request, bear SIGKILL with all data, and leave nothing.
. tests/support/scenario.sh
. tests/support/servers.sh

# What servers leave where they were not told to write; others' files are there, too.
_elsewhere() {
    ls -a "$(dirname "$TMPDIR")" /tmp /var/tmp "${HOME:-/}" 2>/dev/null |
        grep -iE 'hsperfdata|snappy|zstd|lz4|jetty|mysql|mariadb|kafka|hadoop|derby' |
        sort
    ls /var/lib/mysql /run/mysqld 2>/dev/null
}

_expect_nothing_runs() {
    [ -z "$(server_processes)" ] || fail "left behind: $(
        for p in $(server_processes); do tr '\0' ' ' <"/proc/$p/cmdline"; done)"
}

_port_is_free() { # NAME
    port=$(server "$1" address | sed 's/,.*//; s/.*://')
    sh -c '. "$0"; ! open_port "$1"' "$TOP/tests/servers/common.sh" "$port" x
}

# -- MariaDB -----------------------------------------------------------------------

mariadb_answers_and_keeps_what_was_committed_when_it_is_killed() {
    begin mariadb
    server mariadb sql "create table t (id int primary key, name varchar(20));
        insert into t values (1, 'Zoë'), (2, null)"
    server mariadb kill
    _expect_nothing_runs
    begin mariadb
    server mariadb sql 'select * from t order by id' >rows
    printf '1\tZoë\n2\tNULL\n' >expected
    expect_same rows expected
    server mariadb stop
    _expect_nothing_runs
}

mariadb_takes_statements_from_standard_input_and_says_what_is_wrong_with_them() {
    begin mariadb
    echo 'select 40 + 2' | server mariadb sql >out
    expect_equal "$(cat out)" 42 'the row'
    run server mariadb sql 'select nonsense'
    expect_status 1
    expect_stderr "Unknown column 'nonsense'"
}

a_mariadb_that_reads_only_refuses_rows_of_the_user_test_also_after_a_restart() {
    begin mariadb
    server mariadb sql 'create table t (a int)'
    server mariadb stop
    MARIADB_OPTIONS=--read-only
    export MARIADB_OPTIONS
    begin mariadb
    unset MARIADB_OPTIONS
    server mariadb stop
    begin mariadb
    run server mariadb sql 'insert into t values (1)'
    expect_status 1
    expect_stderr 'read-only'
}

# -- Kafka -------------------------------------------------------------------------

# What a consumer reads from a topic, to its end.
_consume() { # TOPIC
    kcat -b "$address" -t "$1" -C -e -q
}

kafka_gives_back_what_it_was_given_also_when_it_is_killed() {
    begin kafka
    server kafka topic words 1 >out
    printf 'the\ncow\n' >expected
    kcat -b "$address" -t words -P -X acks=all <expected
    _consume words >found
    expect_same found expected
    server kafka kill
    _expect_nothing_runs
    begin kafka
    _consume words >found
    expect_same found expected
    server kafka stop
    _expect_nothing_runs
}

topics_of_kafka_are_made_enlarged_and_deleted_and_never_by_accident() {
    begin kafka
    run kcat -b "$address" -t words -C -e
    expect_stderr 'Unknown topic or partition'
    server kafka topic words 2 1 retention.ms=60000 >out
    expect_equal "$(server kafka leader words 1)" 1 'the leader of partition 1'
    run server kafka leader words 2
    expect_status 1
    server kafka partitions words 3
    server kafka tool org.apache.kafka.tools.TopicCommand --describe --topic words >out
    expect_stdout 'PartitionCount: 3'
    expect_stdout 'retention.ms=60000'
    server kafka delete-topic words
    run kcat -b "$address" -t words -C -e
    expect_stderr 'Unknown topic or partition'
}

a_kafka_that_stands_still_answers_when_it_goes_on_and_can_be_stopped() {
    begin kafka
    server kafka pause
    if timeout 1 kcat -b "$address" -L -m 1 >out 2>&1; then
        fail 'it answers'
    fi
    server kafka resume
    kcat -b "$address" -L -m 10 >out
    server kafka pause
    server kafka stop
    _expect_nothing_runs
}

# -- all of them -------------------------------------------------------------------

servers_run_side_by_side_and_refuse_a_port_that_is_taken() {
    begin mariadb
    taken=${address#*:}
    mkdir other
    run env MARIADB_PORT="$taken" sh "$TOP/tests/servers/mariadb.sh" "$PWD/other/m" start
    expect_status 1
    expect_stderr "mariadb.sh: port $taken of 127.0.0.1 is taken"
    sh "$TOP/tests/servers/mariadb.sh" "$PWD/other/m" start >other.address
    trap 'sh "$TOP/tests/servers/mariadb.sh" "$PWD/other/m" kill; end_servers' EXIT
    [ "$(cat other.address)" != "$address" ] || fail "two servers at $address"
    run server mariadb start
    expect_status 1
    expect_stderr 'mariadbd runs already'
}

# Whoever runs us may ignore HUP, as nohup does, and a shell cannot undo that.
a_start_that_is_interrupted_leaves_no_process() {
    begin kafka
    server kafka stop
    BEGUN=
    for how in 'HUP sh' 'TERM bash'; do
        env --default-signal="${how% *}" "${how#* }" "$TOP/tests/servers/kafka.sh" \
            "$PWD/kafka" start >out 2>&1 &
        start=$!
        until [ -s kafka/n1.pid ]; do sleep 0.05; done
        kill -"${how% *}" $start
        wait $start && fail 'it has not noticed'
        _expect_nothing_runs
    done
}

who_is_gone_is_so_in_a_trap_of_any_shell() {
    for shell in sh bash; do
        run $shell -c '. "$0"; trap "gone 99999999 && exit 3" TERM
            (kill -TERM $$; exit 1)
            exit 4' "$TOP/tests/servers/common.sh" "$PWD/x" y
        expect_status 3
    done
}

servers_write_into_their_directory_alone() {
    _elsewhere >before
    begin mariadb
    begin kafka
    server kafka topic words 1 >out
    for codec in gzip lz4 snappy zstd; do # some come as native code
        seq 1000 | kcat -b "$address" -t words -P -z "$codec"
    done
    server kafka kill # what it would have removed
    server mariadb kill
    _elsewhere >after
    expect_same before after
}

what_a_server_needs_and_this_machine_has_not_got_is_named() {
    mkdir bin
    for command in basename cat cksum cut dirname mkdir sed seq; do
        ln -s "$(command -v $command)" bin/$command
    done
    GALE_SERVER_JARS=$PWD/jars
    export GALE_SERVER_JARS
    for row in 'kafka:there is no java here: install the package default-jre-headless' \
        'mariadb:there is no mariadb'; do
        run env PATH="$PWD/bin" "$(command -v sh)" "$TOP/tests/servers/${row%%:*}.sh" "$PWD/x" start
        expect_status 77
        expect_stderr "${row#*:}"
    done
    printf '#!/bin/sh\n' >bin/java
    chmod +x bin/java
    run env PATH="$PWD/bin" "$(command -v sh)" "$TOP/tests/servers/kafka.sh" "$PWD/x" start
    expect_status 77
    expect_stderr 'there is no mvn here: install the package maven'
}

maven_that_is_not_reached_and_maven_that_fails_are_told_apart() {
    command -v java >/dev/null || skip 'there is no java here'
    mkdir bin
    for row in '77:Could not transfer artifact:Maven cannot be reached' \
        '1:There is no space left:Maven does not fetch'; do
        says=${row#*:}
        printf '#!/bin/sh\necho "[ERROR] %s"\nexit 1\n' "${says%:*}" >bin/mvn
        chmod +x bin/mvn
        run env PATH="$PWD/bin:$PATH" GALE_SERVER_JARS="$PWD/jars" \
            sh "$TOP/tests/servers/hdfs.sh" "$PWD/h" start
        expect_status "${row%%:*}"
        expect_stderr "${says#*:}"
        expect_stderr "${says%:*}"
    done
}

jars_that_were_fetched_by_half_are_fetched_again_by_one_of_two() {
    command -v java >/dev/null || skip 'there is no java here'
    mkdir bin
    cat >bin/mvn <<'MVN'
#!/bin/sh
for word; do
    case $word in -DoutputDirectory=*) mkdir "${word#*=}" || exit 1 ;; esac
done
: >"${0%/*}/called.$$"
MVN
    chmod +x bin/mvn
    export PATH="$PWD/bin:$PATH" GALE_SERVER_JARS="$PWD/jars"
    lib=$(server hdfs jars)
    mv "$lib" "$lib.part"
    rm bin/called.*
    server hdfs jars >one &
    server hdfs jars >two
    wait $!
    expect_same one two
    expect_equal "$(ls bin | grep -c called)" 1 'calls of Maven'
    [ ! -e "$lib.part" ] || fail 'a half is left'
}

packages_that_cannot_be_had_are_named_and_end_nothing() {
    mkdir bin
    for command in env sh id cc; do
        ln -s "$(command -v $command)" bin/$command
    done
    run env PATH="$PWD/bin" "$TOP/tests/support/packages.sh" optional maven kcat
    expect_status 0
    expect_stderr 'not installed, and tests that need it skip: maven kcat; there is no apt-get here'
    printf '#!/bin/sh\nexit 100\n' >bin/apt-get
    chmod +x bin/apt-get
    printf '#!/bin/sh\n[ "$1" != -u ] || { echo 0; exit; }\nexit 1\n' >id.root
    rm bin/id
    mv id.root bin/id
    chmod +x bin/id
    run env PATH="$PWD/bin" "$TOP/tests/support/packages.sh" optional kcat
    expect_status 0
    expect_stderr 'not installed, and tests that need it skip: kcat; apt-get cannot get it'
    printf '#!/bin/sh\necho 1000\n' >bin/id
    run env PATH="$PWD/bin" "$TOP/tests/support/packages.sh" optional kcat
    expect_status 0
    expect_stderr 'make again with YES=1: sudo apt-get install'
}

no_package_of_a_server_brings_a_service() {
    command -v dpkg >/dev/null || skip 'there is no dpkg here'
    for package in $(sed -n 's/^PACKAGES_SERVERS := //p' "$TOP/Makefile"); do
        dpkg -L "$package" >files 2>/dev/null || skip "$package is not installed"
        ! grep -E '/etc/init\.d/.|\.service$' files ||
            fail "$package: expected one that starts nothing"
    done
}

scenario
