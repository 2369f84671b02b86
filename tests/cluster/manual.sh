# manual.sh - three machines that are set up as docs/operations.md says, step by
# step, with its own blocks; then one of them vanishes, with all that it has.
. tests/support/scenario.sh
. tests/support/cluster.sh
. tests/support/machines.sh

VARIANT=${GALE_BUILD##*/} # for the make of the page
export VARIANT

# _block STEP [N]: the Nth block of a step of the page.
_block() {
    awk -v step="$1" -v nth="${2:-1}" '
        /^\*\*[0-9]+\. / { at = substr($1, 3) + 0 }
        /^## systemd/ { exit }
        /^```/ { inside = !inside; n += inside && at == step; next }
        inside && at == step && n == nth' "$TOP/docs/operations.md" >block
    [ -s block ] || fail "step $1 of the page has no block ${2:-1}"
    cat block
}

_do() { # MACHINE STEP [N]: the commands of a block
    run on "$1" sh -ec "$(_block "$2" "${3:-1}")"
    expect_status 0
}

_install() { # MACHINE: in the tree
    run on "$1" sh -ec "cd '$TOP'; $(_block 2)"
    expect_status 0
}

# In place of Debian's zookeeperd, whose jars these are.
_start_zookeeper() { # MACHINE
    mkdir zookeeper"$1"
    _block 1 >zoo.cfg
    on "$1" sh -ec "mkdir -p /etc/zookeeper/conf /var/lib/zookeeper
        cp zoo.cfg /etc/zookeeper/conf/zoo.cfg
        echo $1 >/var/lib/zookeeper/myid"
    $(at "$1") java -Xmx128m -cp /usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar \
        org.apache.zookeeper.server.quorum.QuorumPeerMain \
        /etc/zookeeper/conf/zoo.cfg >"zookeeper$1/log" 2>&1 &
}

# What is needed of systemd: a unit's command is started as its user, who has its
# directory.
# shellcheck disable=SC2016 # another shell's
_SYSTEMCTL='#!/bin/sh -e
_value() {
    sed -n "s/^$1=//p" "/etc/systemd/system/$unit.service"
}
case $* in
daemon-reload) ;;
"enable --now "*)
    unit=$3
    [ -n "$(_value WantedBy)" ]
    install -d -m "$(_value StateDirectoryMode)" -o "$(_value User)" \
        -g "$(_value Group)" "/var/lib/$(_value StateDirectory)"
    umask "$(_value UMask)"
    cd /
    setsid setpriv \
        --reuid="$(_value User)" --regid="$(_value Group)" --init-groups \
        --no-new-privs $(_value ExecStart) >"/var/log.$unit" 2>&1 &
    ;;
*) exit 1 ;;
esac'

_install_systemctl() { # MACHINE
    printf '%s\n' "$_SYSTEMCTL" | sed "s|/var/log\.|$PWD/machine$1.|" >systemctl
    on "$1" install -m 755 systemctl /usr/local/bin/systemctl
}

# Commands as the page says: by the user gale.
_ask_from() { # MACHINE [OPTION…]
    machine=$1
    shift
    cat >ask <<SH
#!/bin/sh
exec $(at "$machine") runuser -u gale -- /usr/local/bin/gale "\$@" $*
SH
    chmod 755 ask
    GALE=$PWD/ask
}

_configure_it() { # MACHINE
    _block 3 | sed "s/^gale.bind: 10.0.0.1$/gale.bind: 10.0.0.$1/" >gale.yaml
    on "$1" install -D -m 644 gale.yaml /etc/gale/gale.yaml
}

_set_up_three_machines() {
    machines 1 2 3
    for n in 1 2 3; do
        _start_zookeeper $n
    done
    for n in 1 2 3; do
        _install $n
        _configure_it $n
        _install_systemctl $n
    done
    _do 1 4
    await 'the token' on 1 test -s /var/lib/gale/token
    for n in 2 3; do
        on 1 cat /var/lib/gale/token | on $n sh -c 'umask 77; cat >token'
        _do $n 5
        _do $n 4
    done
    for n in 1 2 3; do
        _do $n 6
    done
    _ask_from 2
}

_is_set_up() {
    alive 3 && [ "$(grep -c '"leads":' page)" = 3 ] &&
        grep -qF '"problems":[]' page
}

_leading_machine() {
    _page | sed -n 's/.*"address":"10\.0\.0\.\([0-9]\):.*"leads":true.*/\1/p'
}

_leads_another() { # than MACHINE
    now=$(_leading_machine)
    [ -n "$now" ] && [ "$now" != "$1" ]
}

# No process of gale outside of these machines is seen from here.
_three_workers() {
    grep -lszx worker /proc/[0-9]*/cmdline >found
    # shellcheck disable=SC2046 # words
    cat $(cat found) | tr '\0' ' '
    [ "$(wc -l <found)" = 3 ] && is ledger workers_running 3
}

_submit_for_all() {
    chmod 777 . "$TMPDIR"
    mkdir -m 777 ledger
    cp "$TEST_PLUGINS/bookkeeper.so" .
    TEST_PLUGINS=$PWD
    submit_ledger 100 3 2 2 2 -c topology.message.timeout.secs=3 \
        -c topology.max.spout.pending=100
}

_end() {
    tail -n 5 machine*.gale-* zookeeper*/log
    _end_machines
}

three_machines_are_set_up_as_the_manual_says_and_one_vanishes() {
    trap _end EXIT
    _set_up_three_machines
    await 'a cluster in which nothing is wrong' _is_set_up
    _do 2 6 2
    expect_stdout 'stands by'
    _submit_for_all
    lost=$(_leading_machine)
    # To give up the lost one takes whoever asks two seconds, each time.
    _ask_from $((lost % 3 + 1)) -c "'nimbus.seeds=[$(seq -f '"10.0.0.%g"' 3 |
        grep -vF "0.$lost" | paste -sd ,)]'"
    vanish "$lost"
    await 'another leader' _leads_another "$lost"
    leads=$(since "$vanished")
    come_back "$lost" 3
    await 'three supervisors' alive 3
    await 'three workers and no other' _three_workers
    finish_twice 10
    row 18 'one of three machines vanishes and returns' "$ledger" \
        "another leads after $leads, first tuple of workers elsewhere after $elsewhere (session of 20 s)"
}

machines_begin
