#!/bin/sh
# a_command.sh - the command itself: what it lists, explains and refuses before
# any topology is loaded.
. tests/support/scenario.sh

help_lists_every_command() {
    run "$GALE" help
    expect_status 0
    for command in local inspect new dead-letters try check help version; do
        expect_stdout "  $command "
    done
    cp out listed
    run "$GALE" --help
    expect_same out listed
}

help_explains_a_command() {
    for command in local inspect new dead-letters try check help version; do
        run "$GALE" help "$command"
        expect_status 0
        expect_stdout "usage: gale $command"
        cp out explained
        run "$GALE" "$command" --help
        expect_status 0
        expect_same out explained
    done
}

help_of_local_names_every_option() {
    run "$GALE" help local
    for option in -c --config --local-ttl --state --carriers --stats --quiet; do
        expect_stdout "$option"
    done
}

version_is_that_of_the_headers() {
    wanted=$(sed -n 's/^#define GALE_VERSION "\(.*\)"/\1/p' \
        "$TOP/topology-api/gale/abi.h")
    run "$GALE" version
    expect_status 0
    expect_stdout "gale $wanted (plugin ABI 0)"
    run "$GALE" --version
    expect_stdout "gale $wanted"
}

no_command_is_a_usage_error() {
    run "$GALE"
    expect_status 2
    expect_stderr 'usage: gale COMMAND'
    expect_silence out
}

an_unknown_command_names_the_nearest() {
    run "$GALE" lokal
    expect_status 2
    expect_stderr 'there is no command "lokal"; did you mean "local"?'
    run "$GALE" help inspekt
    expect_status 2
    expect_stderr 'did you mean "inspect"?'
}

a_command_far_from_all_names_none() {
    run "$GALE" xyzzyxyzzy
    expect_status 2
    expect_stderr 'there is no command "xyzzyxyzzy" (`gale help` lists them)'
}

an_option_before_the_command_is_told_its_place() {
    run "$GALE" -q local wordcount
    expect_status 2
    expect_stderr 'there is no command "-q"; options stand behind the command'
}

inspect_has_few_options() {
    for option in -x --hlep; do
        run "$GALE" inspect "$option" wordcount
        expect_status 2
        expect_stderr "gale inspect: found \"$option\", expected a shared object, or a topology in YAML"
    done
}

a_path_is_not_empty() {
    for option in --config --state --stats; do
        run "$GALE" local "$option" '' wordcount
        expect_status 2
        expect_stderr "gale local: $option: found \"\", expected a "
    done
}

local_without_a_file_is_a_usage_error() {
    run "$GALE" local
    expect_status 2
    expect_stderr "gale local: expected the topology's file"
    run "$GALE" local -q --
    expect_status 2
}

an_unknown_option_names_the_nearest() {
    run "$GALE" local --carrier 2 wordcount
    run "$GALE" local --cariers 2 wordcount
    expect_status 2
    expect_stderr \
        'gale local: unknown option --cariers; did you mean "--carriers"?'
    run "$GALE" local -x wordcount
    expect_status 2
    expect_stderr 'gale local: unknown option -x'
}

an_option_needs_its_value() {
    run "$GALE" local --local-ttl
    expect_status 2
    expect_stderr 'gale local: --local-ttl needs a value'
    run "$GALE" local -c
    expect_status 2
    expect_stderr 'gale local: -c needs a value'
}

carriers_are_a_number_from_1_to_4096() {
    for value in 0 -1 4097 two 2x '' 99999999999999999999; do
        run "$GALE" local --carriers "$value" wordcount
        expect_status 2
        expect_stderr \
            "gale local: --carriers: found \"$value\", expected 1 to 4096"
    done
}

the_time_to_live_is_above_zero() {
    for value in 0 -1 soon 5m nan '' 1e99; do
        run "$GALE" local --local-ttl "$value" wordcount
        expect_status 2
        expect_stderr \
            "gale local: --local-ttl: found \"$value\", expected seconds above 0, 1000000000 at most"
    done
}

an_option_behind_the_file_is_named_when_the_run_fails() {
    printf 'a b\n' >text
    run "$GALE" local wordcount text --carriers=2
    expect_status 2
    expect_stderr "gale local: --carriers=2 stands behind wordcount and went to\
 the topology; options of \`gale local\` stand before it"
}

what_is_not_found_says_how_it_would_be() {
    run "$GALE" local weather
    expect_stderr 'GALE_PLUGIN_PATH; one in a file of another name is FILE.so:NAME'
    [ ! -e /etc/gale/gale.yaml ] || skip 'there is a /etc/gale/gale.yaml'
    run env -u GALE_CONFIG "$GALE" list
    expect_status 1
    expect_stderr 'no configuration file was read: GALE_CONFIG or --config names'
}

an_override_is_a_key_and_a_value() {
    for text in topology.debug =1 ''; do
        run "$GALE" local -c "$text" wordcount
        expect_status 2
        expect_stderr "gale local: -c: found \"$text\", expected key=value"
    done
}

new_refuses_what_it_cannot_make() {
    run "$GALE" new
    expect_status 2
    run "$GALE" new bolt
    expect_status 2
    run "$GALE" new blot shout
    expect_status 2
    expect_stderr 'gale new: found "blot", expected bolt, spout or topology'
    for name in '' Shout 9lives sh-out ../shout a/b 'sh out' \
        "$(printf '%065d' 0 | tr 0 a)"; do
        run "$GALE" new bolt "$name"
        expect_status 2
        expect_stderr "\"$name\" is no name for a plugin"
    done
    for name in bool true false; do
        run "$GALE" new bolt $name
        expect_status 2
        expect_stderr "gale new: \"$name\" is no name for a plugin: it is a macro"
    done
    [ -z "$(find . -type d ! -name .)" ] || fail "something was made"
}

new_takes_no_name_of_what_comes_with_gale() {
    for name in print lines count wordcount; do
        for kind in bolt spout topology; do
            run "$GALE" new "$kind" "$name"
            expect_status 1
            expect_stderr "gale new: \"$name\" comes with gale already ("
        done
        [ ! -e "$name" ] || fail "$name was made"
    done
    mkdir others
    : >others/mine.so
    GALE_PLUGIN_PATH=$PWD/others run "$GALE" new bolt mine
    expect_status 0
}

new_leaves_what_exists_alone() {
    mkdir shout
    echo mine >shout/shout.c
    run "$GALE" new bolt shout
    expect_status 1
    expect_stderr 'gale new: cannot make the directory shout: File exists'
    [ "$(cat shout/shout.c)" = mine ] || fail "the file was changed"
}

no_line_of_help_ends_with_a_blank() {
    for command in $("$GALE" help | sed -n 's/^  \([a-z_-]*\) .*/\1/p'); do
        run "$GALE" help "$command"
        expect_status 0
        ! grep -n ' $' out || fail "that of $command"
    done
}

a_daemon_has_no_options_of_those_who_ask_it() {
    for daemon in nimbus supervisor; do
        run "$GALE" help $daemon
        expect_status 0
        expect_stdout '--config FILE'
        ! grep -qE -e '--(json|timeout)' out || fail "the help of $daemon has them"
        for option in --json '--timeout 3'; do
            # shellcheck disable=SC2086 # words
            run "$GALE" $daemon $option
            expect_status 2
            expect_stderr "gale $daemon: it has no option ${option% 3}"
        done
    done
}

output_that_cannot_be_written_is_an_error() {
    [ -w /dev/full ] || skip "there is no /dev/full"
    for arguments in help version 'help local'; do
        status=0
        # shellcheck disable=SC2086
        "$GALE" $arguments >/dev/full 2>err || status=$?
        expect_status 1
        expect_stderr 'cannot write to standard output: No space left on device'
    done
}

version_lists_fault_points_where_there_are_any() {
    run "$GALE" version --fault-points
    case $GALE_BUILD in
    *release)
        expect_status 1
        expect_stderr 'gale version: this gale has no fault points' ;;
    *)
        expect_status 0
        expect_stdout 'file_replace_synced error' ;;
    esac
}

scenario
