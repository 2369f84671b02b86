#!/bin/sh
# b_topologies.sh - topologies that are wrong: refused before anything runs, with
# one sentence that says what, where, and what was expected.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# mistake NAME TEXT…: the topology mistakes, wrong in this way.
_mistake() {
    name=$1
    shift
    run "$GALE" local mistakes "$name"
    expect_refusal "$@"
    expect_silence out
}

a_topology_needs_a_spout() {
    _mistake no_spout 'the topology has no spout' 'expected at least one'
}

a_bolt_needs_an_input() {
    _mistake no_input 'component "alone" is a bolt without an input'
}

an_id_is_used_once() {
    _mistake duplicate_id 'component "same" is added twice'
}

an_id_follows_the_rule() {
    _mistake bad_id '"__ours" is no valid name' 'expected 1 to 255 letters'
}

an_unknown_component_is_named_with_the_nearest() {
    _mistake unknown_component 'component "same" subscribes to "number"' \
        'did you mean "numbers"?'
}

an_unknown_stream_is_named_with_those_there_are() {
    _mistake unknown_stream \
        'component "same" subscribes to the stream "odd" of "numbers"' \
        'declares "default"'
}

a_field_must_be_declared() {
    _mistake undeclared_field 'component "same" groups by the field "nn"' \
        'the stream "default" of "numbers" does not declare' 'it has "n"'
}

direct_grouping_needs_a_direct_stream() {
    _mistake not_direct \
        'component "same" subscribes to the stream "default" of "numbers" by' \
        'not declared direct'
}

parallelism_is_at_least_one() {
    _mistake no_executor 'component "none" has a parallelism of 0' \
        'expected 1 to 32767'
    _mistake negative_executors 'component "less" has a parallelism of -3'
}

there_are_at_least_as_many_tasks_as_executors() {
    _mistake fewer_tasks 'component "few" has 4 executors for 2 tasks'
}

something_must_enter_a_cycle() {
    _mistake closed_cycle 'nothing enters the cycle of "a", "b"'
}

an_option_has_its_type() {
    _mistake wrong_option_type 'component "more": the option "to" is "ten"' \
        'expected an integer'
}

an_option_stays_in_its_range() {
    _mistake option_out_of_range 'component "count": the option "emit.ms" is 0' \
        'expected an integer from 1 to 86400000'
}

an_option_without_default_must_be_given() {
    _mistake missing_option \
        'component "endless": the option "to" of spout "sequence" is missing'
}

an_unknown_option_is_named_with_the_nearest() {
    _mistake unknown_option 'component "same" sets "feilds"' \
        'did you mean "fields"?'
}

an_unknown_plugin_is_named_with_the_places_searched() {
    _mistake unknown_plugin 'component "splitter": bolt "splitt" is not found' \
        "$TEST_PLUGINS (GALE_PLUGIN_PATH)" "$PLUGINS" 'did you mean "split"?'
}

a_spout_is_no_bolt() {
    _mistake a_spout_as_a_bolt 'component "odd": ' \
        'has no bolt, but spout "sequence"'
}

a_topology_may_refuse_in_its_own_words() {
    _mistake own_words 'gale local: the moon is full'
}

the_first_of_two_mistakes_is_reported() {
    _mistake two_mistakes 'component "none" has a parallelism of 0'
}

arguments_that_make_no_sense_show_the_usage() {
    run "$GALE" local mistakes
    expect_status 2
    expect_stderr 'gale local: usage: mistakes NAME'
    run "$GALE" inspect "$TEST_PLUGINS/mistakes.so" one two
    expect_status 2
    expect_stderr 'gale inspect: usage: mistakes NAME'
}

inspect_refuses_as_local_does() {
    run "$GALE" inspect mistakes closed_cycle
    expect_status 1
    expect_stderr 'gale inspect: nothing enters the cycle of "a", "b"'
}

an_error_of_open_stops_the_topology() {
    _mistake open_fails 'spout "lines"' 'cannot read no-such-file.txt' \
        'No such file or directory'
}

an_empty_name_of_a_file_is_no_standard_input() {
    echo text >file
    for topology in wordcount relay; do
        run "$GALE" local "$topology" '' <file
        expect_refusal 'the name of a file is empty' '- for standard input'
        run "$GALE" local "$topology" file '' file </dev/null
        expect_refusal 'the name of a file is empty'
        for value in '' '""' '[""]'; do
            run "$GALE" local -c "lines.files=$value" "$topology" file <file
            expect_refusal 'the name of a file is empty'
        done
        for value in null '[]' -; do
            run "$GALE" local -q -c "files=$value" "$topology" file <file
            expect_status 0
            expect_stdout text
        done
    done
}

scenario
