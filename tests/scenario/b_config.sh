#!/bin/sh
# b_config.sh - configuration that is wrong, in files and on the command line.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_with_file() { # text of the file
    printf '%s\n' "$1" >gale.yaml
    run "$GALE" local -q --config gale.yaml tarpit 3 0 1
}

a_file_that_is_not_there() {
    run "$GALE" local --config nowhere.yaml tarpit 3 0 1
    expect_refusal nowhere.yaml 'No such file or directory'
}

an_unknown_key_is_a_warning_with_line_and_nearest() {
    _with_file '# a comment
topology.max.spuot.pending: 10'
    expect_status 0
    expect_stderr 'gale local: warning: gale.yaml:2: '
    expect_stderr 'topology.max.spuot.pending: unknown key'
    expect_stderr 'did you mean "topology.max.spout.pending"?'
}

# No warning: a component has such an option.
a_file_sets_options_of_components() {
    echo word >text
    echo 'max.line.bytes: 4' >gale.yaml
    run "$GALE" local -q --config gale.yaml wordcount text
    expect_status 0
    expect_silence err
    echo longer >text
    run "$GALE" local -q --config gale.yaml wordcount text
    expect_refusal 'max.line.bytes (4)'
}

an_option_of_the_wrong_type_is_an_error_with_file_and_line() {
    printf '\nmax.line.bytes: abc\n' >gale.yaml
    run "$GALE" local -q --config gale.yaml wordcount text
    expect_refusal 'gale.yaml:2: component "lines": the option ' \
        '"max.line.bytes" is "abc", expected an integer'
}

# The topology sets "to" itself, and would win: what is wrong is wrong all the same.
an_option_of_the_wrong_type_is_an_error_although_another_value_wins() {
    _with_file 'to: abc'
    expect_refusal 'gale.yaml:1: component "numbers": the option "to" is "abc", ' \
        'expected an integer'
    run "$GALE" local -q --config gale.yaml -c to=4 tarpit 3 0 1
    expect_refusal 'gale.yaml:1: component "numbers": the option "to" is "abc"'
}

a_file_may_set_an_option_of_one_component() {
    echo longer >text
    _with_text_and() {
        printf '%s\n' "$1" >gale.yaml
        run "$GALE" local -q --config gale.yaml wordcount text
    }
    _with_text_and 'lines.max.line.bytes: 4'
    expect_refusal 'max.line.bytes (4)'
    _with_text_and 'max.line.bytes: 4
lines.max.line.bytes: 100'
    expect_status 0
    expect_silence err
    _with_text_and 'lines.max.line.bytes: many'
    expect_refusal 'gale.yaml:1: component "lines": the option ' \
        '"max.line.bytes" is "many", expected an integer'
    _with_text_and 'print.topology.tasks: many'
    expect_refusal 'gale.yaml:1: configuration file, component "print": topology.tasks: ' \
        'found "many", expected an integer'
}

a_number_that_is_too_large_is_shown_as_it_was_written() {
    echo text >text
    for number in 99999999999999999999 9223372036854775809 1e400 1.50; do
        for key in max.line.bytes lines.max.line.bytes; do
            run "$GALE" local -q -c "$key=$number" wordcount text
            expect_refusal "\"max.line.bytes\" is $number, expected an integer"
            echo "$key: $number" >gale.yaml
            run "$GALE" local -q --config gale.yaml wordcount text
            expect_refusal "gale.yaml:1: component \"lines\": the option \"max.line.bytes\" is $number, expected an integer"
        done
        run "$GALE" local -q -c "print.topology.tasks=$number" wordcount text
        expect_refusal "topology.tasks: found $number, expected an integer"
    done
}

# A file may be there for several topologies, so this is no error.
a_component_or_option_of_a_file_that_is_not_there_is_a_warning_with_a_hint() {
    _with_file 'numbers.form: 1
nubmers.from: 1
numbers.colour: red'
    expect_status 0
    expect_stderr 'gale.yaml:1: numbers.form: component "numbers"'
    expect_stderr 'has no option "form"; did you mean "from"?'
    expect_stderr 'gale.yaml:2: nubmers.from: the topology has no component "nubmers"; did you mean "numbers"?'
    expect_stderr 'has no option "colour"; it has "from", "to"'
}

a_wrong_type_is_an_error_with_file_line_key_and_type() {
    _with_file '
topology.workers: 1
topology.max.spout.pending: many'
    expect_refusal 'gale.yaml:3: ' topology.max.spout.pending '"many"' \
        'expected an integer'
}

a_value_out_of_range_is_an_error() {
    run "$GALE" local -c topology.message.timeout.secs=0 tarpit 3 0 1
    expect_refusal topology.message.timeout.secs 0 expected
}

yaml_that_is_none_is_an_error_with_its_line() {
    _with_file 'a: [1, 2
b: 3'
    expect_refusal 'gale.yaml:'
    _with_file '- a list'
    expect_refusal gale.yaml expected
}

an_override_of_the_wrong_type() {
    run "$GALE" local -c 'topology.max.spout.pending="x"' tarpit 3 0 1
    expect_refusal topology.max.spout.pending '"x"' 'expected an integer'
}

an_unknown_key_on_the_command_line_is_a_warning() {
    run "$GALE" local -q -c topology.acker.executor=0 tarpit 3 0 1
    expect_status 0
    expect_stderr 'gale local: warning: '
    expect_stderr 'did you mean "topology.acker.executors"?'
}

# Without ackers there are no trees, and so no latencies of trees ("n").
the_command_line_wins_over_files() {
    printf 'topology.acker.executors: 0\n' >gale.yaml
    run "$GALE" local -q --stats off.json --config gale.yaml tarpit 3 0 1
    expect_status 0
    expect_equal "$(counter off.json numbers n)" 0 'complete latencies'
    run "$GALE" local -q --stats on.json --config gale.yaml \
        -c topology.acker.executors=1 tarpit 3 0 1
    expect_status 0
    expect_equal "$(counter on.json numbers n)" 3 'complete latencies'
}

an_option_may_be_set_for_one_component() {
    run "$GALE" local -q -c numbers.to=2 -c print.format='number {number}' \
        tarpit 9 0 1
    expect_status 0
    printf 'number 1\nnumber 2\n' >wanted
    expect_same out wanted
}

a_component_or_option_that_is_not_there_is_an_error() {
    run "$GALE" local -c tarpti.ms=1 tarpit 3 0 1
    expect_refusal '-c tarpti.ms: the topology has no component "tarpti"' \
        'did you mean "tarpit"?'
    run "$GALE" local -c tarpit.speed=1 tarpit 3 0 1
    expect_refusal '-c tarpit.speed: component "tarpit"' 'has no option "speed"' \
        'it has "ms", "stuck"'
}

a_key_for_one_component_is_checked() {
    run "$GALE" local -c print.topology.tasks=none tarpit 3 0 1
    expect_refusal 'command line, component "print": topology.tasks' '"none"' \
        'expected an integer'
}

a_key_of_the_topology_is_refused_for_one_component() {
    run "$GALE" local -c print.topology.acker.executors=0 tarpit 3 0 1
    expect_refusal 'command line, component "print": topology.acker.executors: ' \
        'of the whole topology' 'for all it is -c KEY=VALUE'
    _with_file 'print.topology.message.timeout.secs: 1'
    expect_refusal 'gale.yaml:1: configuration file, component "print": ' \
        'of the whole topology' 'for all it is KEY: VALUE'
}

the_file_that_explains_every_key_is_accepted() {
    run "$GALE" local -q --config "$TOP/conf/gale.yaml" tarpit 3 0 1
    expect_status 0
    expect_silence err
}

scenario
