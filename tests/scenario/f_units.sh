# f_units.sh - the units for systemd that `make install` installs are sound.
. tests/support/scenario.sh

_install() {
    mkdir gale
    make -C "$TOP" VARIANT="${GALE_BUILD##*/}" PREFIX="$PWD/gale" install >out 2>&1 ||
        fail "make install: $(tail -n 3 out)"
    UNITS=$PWD/gale/share/gale/systemd
}

systemd_takes_the_units_as_they_are() {
    command -v systemd-analyze >/dev/null || skip 'there is no systemd-analyze here'
    _install
    for unit in gale-nimbus gale-supervisor; do
        run systemd-analyze verify "$UNITS/$unit.service"
        expect_status 0
        ! grep -F "$unit" err || fail "$unit: $(_said err)"
    done
}

# Else each restart of a supervisor would be one of all its workers.
systemd_ends_a_supervisor_alone_and_gives_it_its_cgroup() {
    for line in KillMode=process Delegate=yes; do
        grep -qx "$line" "$TOP/conf/systemd/gale-supervisor.service" ||
            fail "the supervisor's unit has no $line"
    done
    ! grep -q '^PrivateTmp=yes' "$TOP/conf/systemd/gale-supervisor.service" ||
        fail 'workers would lose /tmp'
}

# What a unit starts is there, with the arguments that it takes.
a_unit_starts_what_is_installed() {
    _install
    for unit in "$UNITS"/*.service; do
        command=$(sed -n 's/^ExecStart=//p' "$unit")
        # shellcheck disable=SC2086 # words
        set -- $command
        run env LD_LIBRARY_PATH="$PWD/gale/lib" "$1" help "$2"
        expect_status 0
        expect_stdout "usage: gale $2"
        ! grep -q @PREFIX@ "$unit" || fail "$unit has no prefix"
    done
}

scenario
