# z_zookeeper.sh - what holds for the ensemble in memory holds for real
# ZooKeeper servers, and what only these do; and `gale dev-zookeeper`.
. tests/support/scenario.sh

GALE_ZOOKEEPER_SCRIPT=$TOP/tests/servers/zookeeper.sh
export GALE_ZOOKEEPER_SCRIPT

# A server in ./zk for this test, which does not outlive it.
_start_server() {
    command -v java >/dev/null || skip 'there is no java here'
    GALE_ZOOKEEPER_DIRECTORY=$PWD/zk
    trap 'bash "$GALE_ZOOKEEPER_SCRIPT" "$GALE_ZOOKEEPER_DIRECTORY" stop' EXIT
    GALE_ZOOKEEPER=$(bash "$GALE_ZOOKEEPER_SCRIPT" "$PWD/zk" start) ||
        fail 'it does not start'
    export GALE_ZOOKEEPER GALE_ZOOKEEPER_DIRECTORY
}

# PROGRAM [TEST]: all that it says is for people; the first failure is the reason.
_run_program() {
    program=$GALE_BUILD/tests/servers/$1
    shift
    _start_server
    status=0
    "$program" "$@" >out 2>&1 || status=$?
    sed 's|^|  |' out # its lines are no tests of this script
    grep -qE '^(not )?ok ' out || fail "no test of that name: $*"
    [ "$status" = 0 ] || fail "$(grep '^not ok' out | tr '\n' ' ') status $status"
}

real_servers_keep_the_contract() {
    _run_program zookeeper_contract_real
}

a_session_outlives_a_server_that_is_killed() {
    _run_program zookeeper_faults a_session_outlives_a_server_that_is_killed_and_started
}

watches_of_thousands_of_nodes_stand_after_a_restart() {
    _run_program zookeeper_faults watches_of_thousands_of_nodes_stand_after_a_restart
}

who_starts_before_its_server_connects_when_that_comes() {
    _run_program zookeeper_faults who_starts_before_its_server_connects_when_that_comes
}

a_server_that_stands_still_leaves_writes_unknown() {
    _run_program zookeeper_faults a_server_that_stands_still_leaves_writes_unknown
}

a_process_that_was_stopped_for_too_long_registers_again() {
    _run_program zookeeper_faults a_process_that_was_stopped_for_too_long_registers_again
}

the_paths_of_a_multi_count_as_well() {
    _run_program zookeeper_faults the_paths_of_a_multi_count_as_well
}

a_root_is_made_with_all_that_is_above_it() {
    _run_program zookeeper_faults a_root_is_made_with_all_that_is_above_it
}

nobody_gets_in_without_the_secret_of_the_root() {
    _run_program zookeeper_faults nobody_gets_in_without_the_secret_of_the_root
}

a_node_is_closed_to_those_without_its_secret() {
    _run_program zookeeper_faults a_node_is_closed_to_those_without_its_secret
}

an_open_root_lets_others_remove_what_is_below() {
    _run_program zookeeper_faults an_open_root_lets_others_remove_what_is_below
}

a_host_that_is_not_there_is_named() {
    _run_program zookeeper_faults a_host_that_is_not_there_is_named
}

# -- names of servers --------------------------------------------------------------

a_name_that_is_not_found_keeps_nobody_from_the_others() {
    _run_program zookeeper_names a_name_that_is_not_found_keeps_nobody_from_the_others
}

a_session_outlives_its_server_and_all_name_servers() {
    _run_program zookeeper_names a_session_outlives_its_server_and_all_name_servers
}

a_server_that_has_moved_is_found_by_its_name() {
    _run_program zookeeper_names a_server_that_has_moved_is_found_by_its_name
}

# -- the look before a daemon starts ---------------------------------------------

a_look_finds_what_is_missing_and_what_cannot_be_reached() {
    _run_program zookeeper_faults a_look_finds_what_is_missing_and_what_cannot_be_reached
}

a_look_says_that_four_letter_words_are_not_allowed() {
    ZK_PROPS='4lw.commands.whitelist=ruok'
    export ZK_PROPS
    _run_program zookeeper_faults a_look_says_that_four_letter_words_are_not_allowed
}

a_look_says_that_there_are_too_many_connections() {
    ZK_PROPS='maxClientCnxns=3'
    export ZK_PROPS
    _run_program zookeeper_faults a_look_says_that_there_are_too_many_connections
}

# -- gale dev-zookeeper ------------------------------------------------------------

_some_port() {
    bash -c '. "$0" x x >/dev/null; some_port' "$TOP/tests/servers/common.sh"
}

# The arguments; then it listens at $port, and its process is $dev.
_start_dev() {
    command -v java >/dev/null || skip 'there is no java here'
    mkfifo said
    port=$(_some_port)
    "$GALE" dev-zookeeper --port "$port" --data "$PWD/data" "$@" >said 2>err &
    dev=$!
    trap 'kill -TERM $dev 2>/dev/null || :' EXIT
    exec 7<said
    read -r line <&7 || fail "it does not start: $(_said err)"
    expect_equal "$line" "ZooKeeper listens at 127.0.0.1:$port; Ctrl-C ends it" \
        'its first line'
}

# Its exit status; by then everything of it is gone.
_end_dev() {
    kill -"$1" "$dev"
    status=0
    wait "$dev" || status=$?
    [ -z "$(_its_processes)" ] || fail "left behind: $(_its_processes)"
}

_its_processes() {
    grep -slaF -- "$PWD/data/zoo.cfg" /proc/[0-9]*/cmdline || :
}

dev_zookeeper_serves_until_sigterm_and_keeps_what_it_has() {
    _start_dev
    GALE_ZOOKEEPER=127.0.0.1:$port \
        "$GALE_BUILD/tests/servers/zookeeper_contract_real" >out ||
        fail "it is no ZooKeeper: $(_said out)"
    [ "$(_its_processes | grep -c .)" = 1 ] || fail 'it has no process'
    _end_dev TERM
    expect_status 0
    expect_silence err
    [ -s data/zookeeper.log ] || fail 'there is no log'
    rm said
    _start_dev
    _end_dev INT
    expect_status 0
}

dev_zookeeper_takes_no_port_and_no_directory_of_another() {
    _start_dev
    run "$GALE" dev-zookeeper --port "$port" --data "$PWD/other"
    expect_status 1
    expect_stderr "gale dev-zookeeper: port $port of 127.0.0.1 cannot be had: Address already in use"
    [ ! -e other ] || fail 'it made a directory all the same'
    run "$GALE" dev-zookeeper --port "$(_some_port)" --data "$PWD/data"
    expect_status 1
    expect_stderr "another gale dev-zookeeper uses $PWD/data"
    _end_dev TERM
}

dev_zookeeper_ends_when_its_server_ends() {
    _start_dev
    server=$(_its_processes | cut -d/ -f3)
    kill -KILL "$server"
    status=0
    wait "$dev" || status=$?
    expect_status 1
    expect_stderr "the server has ended by itself (signal 9): $PWD/data/zookeeper.log says why"
}

dev_zookeeper_leaves_no_server_when_it_is_killed() {
    _start_dev
    kill -KILL "$dev"
    wait "$dev" || :
    await 'the end of its server' _has_no_process
}

_has_no_process() {
    [ -z "$(_its_processes)" ]
}

dev_zookeeper_takes_its_port_and_directory_from_the_configuration() {
    command -v java >/dev/null || skip 'there is no java here'
    printf 'dev.zookeeper.path: %s/data\nstorm.zookeeper.port: 1\n' "$PWD" >gale.yaml
    mkfifo said
    port=$(_some_port)
    "$GALE" dev-zookeeper --config gale.yaml -c storm.zookeeper.port="$port" \
        >said 2>err &
    dev=$!
    trap 'kill -TERM $dev 2>/dev/null || :' EXIT
    exec 7<said
    read -r line <&7 || fail "it does not start: $(_said err)"
    [ -s data/zoo.cfg ] || fail 'it is not in that directory'
    _end_dev INT
    expect_status 0
}

what_dev_zookeeper_needs_is_named() {
    mkdir jars
    run env -u JAVA_HOME PATH="$PWD" "$GALE" dev-zookeeper --data "$PWD/data"
    expect_status 1
    expect_stderr 'gale dev-zookeeper: there is no java in PATH or JAVA_HOME: install the package default-jre-headless'
    ln -s /bin/true java
    run env -u JAVA_HOME PATH="$PWD" "$GALE" dev-zookeeper --jars jars
    expect_status 1
    expect_stderr 'there is no jars/zookeeper.jar: install the package libzookeeper-java'
    : >jars/zookeeper.jar
    run env -u JAVA_HOME PATH="$PWD" "$GALE" dev-zookeeper --jars jars
    expect_status 1
    expect_stderr 'there is no jars/slf4j-simple.jar: install the package libslf4j-java'
}

arguments_of_dev_zookeeper_that_make_no_sense_are_refused() {
    for words in '--port 0' '--port x' '--port 65536' '--port' '--prot 1' 'here' '--data='; do
        # shellcheck disable=SC2086 # words
        run "$GALE" dev-zookeeper $words
        expect_status 2
        expect_stderr 'gale dev-zookeeper: '
        expect_stderr '`gale help dev-zookeeper` explains it'
    done
    run "$GALE" dev-zookeeper -c storm.zookeeper.port=0
    expect_status 1
    expect_stderr 'storm.zookeeper.port: found 0, expected an integer from 1 to 65535'
    run "$GALE" help dev-zookeeper
    expect_status 0
    expect_stdout '--port N'
}

scenario
