#!/bin/sh
# v_demo_mysql.sh - `make demo-mysql`, with fewer rows: customers of a topic are rows
# of a table, by a topology in C and by one in YAML, and nothing is left of it; what
# it cannot have, it says. (`make demo-hdfs` takes longer: it is in
# tests/connectors/pipelines.sh, and so is Ctrl-C.)
. tests/support/scenario.sh
. tests/support/servers.sh

_demo() { # ROWS
    mkdir tmp
    status=0
    here=$PWD
    (
        cd "$TOP"
        TMPDIR=$here/tmp sh tests/support/demo_mysql.sh "${GALE_BUILD#"$TOP/"}" "$1" \
            >"$here/out" 2>"$here/err"
    ) || status=$?
    cat out err
}

_expect_nothing_left() {
    [ -z "$(server_processes)" ] || fail "processes are left: $(server_processes)"
    [ -z "$(ls tmp)" ] || fail "files are left: $(ls tmp/*)"
}

customers_of_a_topic_are_rows_by_a_topology_in_c_and_by_one_in_yaml() {
    _demo 20000
    ! grep -qE 'install the package|cannot be reached' err || skip "$(_said err)"
    expect_status 0
    expect_silence err
    expect_stdout ' MB of jars'
    expect_stdout '; ready in '
    expect_equal "$(grep -c "  20000 rows, equal to: awk" out)" 2 'comparisons'
    expect_stdout '; dead letters of what is no customer: 1'
    grep -q '^  [1-9][0-9]* came again, and had no effect$' out ||
        fail 'nothing came again: the dedup key was not needed'
    _expect_nothing_left
}

what_it_cannot_have_is_a_sentence() {
    command -v java >/dev/null || skip 'there is no java here'
    mkdir bin
    printf '#!/bin/sh\necho "[ERROR] Could not transfer artifact"\nexit 1\n' >bin/mvn
    chmod +x bin/mvn
    PATH=$PWD/bin:$PATH
    export GALE_SERVER_JARS="$PWD/jars"
    _demo 1000
    expect_status 1
    expect_stderr 'demo_mysql: kafka.sh: Maven cannot be reached, and '
    expect_stderr '[ERROR] Could not transfer artifact'
    _expect_nothing_left
}

what_debian_does_not_give_is_a_sentence() {
    [ "$(id -u)" = 0 ] || skip 'only root installs packages'
    mkdir bin
    printf '#!/bin/sh\necho "E: Unable to fetch some archives"\nexit 100\n' >bin/apt-get
    chmod +x bin/apt-get
    run env PATH="$PWD/bin:$PATH" sh "$TOP/tests/support/packages.sh" install \
        sh no-such-package
    expect_status 1
    expect_stderr 'gale: apt-get cannot get what is needed and not installed: no-such-package'
}

scenario
