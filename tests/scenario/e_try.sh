#!/bin/sh
# e_try.sh - `gale try`: a bolt at the end of a pipe of JSON lines.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

_try() { # INPUT ARGUMENTS…
    printf "$1" >input
    shift
    run "$GALE" try "$@" <input
}

_expect_lines() {
    printf '%s\n' "$@" >wanted
    expect_same out wanted
}

a_tuple_is_answered_by_emits_and_an_ack() {
    _try '["a b c"]\n' split
    expect_status 0
    _expect_lines '{"emit":["a"]}' '{"emit":["b"]}' '{"emit":["c"]}' '{"ack":1}'
    expect_silence err
}

options_and_keys_are_set() {
    _try '[2]\n[5]\n' -c fields=n filter -c min=3
    expect_status 0
    _expect_lines '{"ack":1,"dropped":true}' '{"emit":[5]}' '{"ack":2}'
}

a_tuple_that_fails_says_why() {
    _try '[7]\n' split
    expect_status 0
    _expect_lines '{"fail":1,"error":"field \"f0\" of stream \"default\" from \"input\": wanted a string, found an integer"}'
}

fields_are_given_by_name() {
    _try '{"values":{"n":1,"word":"a"}}\n{"values":{"word":"b","n":2}}\n' \
        identity -c fields=x
    _expect_lines '{"emit":[1]}' '{"ack":1}' '{"emit":[2]}' '{"ack":2}'
}

streams_are_declared() {
    _try '["a"]\n{"values":["b"],"stream":"late"}\n' \
        --stream default=word --stream late=word split
    expect_status 0
    _expect_lines '{"emit":["a"]}' '{"ack":1}' '{"emit":["b"]}' '{"ack":2}'
}

time_passes_when_a_line_says_so() {
    _try '["a"]\n{"advance":3600000}\n["a"]\n' \
        count -c emit=tick -c emit.ms=3000000
    _expect_lines '{"ack":1}' '{"emit":["a",1]}' '{"ack":3}' '{"emit":["a",2]}'
}

final_results_come_at_the_end() {
    _try '["a"]\n["a"]' count
    _expect_lines '{"ack":1}' '{"ack":2}' '{"emit":["a",2]}'
}

what_it_writes_can_be_read() {
    printf '["a a"]\n' | "$GALE" try split | "$GALE" try count >out
    _expect_lines '{"ack":1}' '{"ack":2}' '{"emit":["a",2]}'
}

a_line_that_is_no_tuple_is_named_and_the_others_go_on() {
    _try '["a"\n\n5\n{"n":1}\n["b","c"]\n{"values":["x"],"stream":"y"}\n{"advance":-1}\n["z"]\n' \
        split --stream default=word
    expect_status 1
    expect_stderr "gale try: line 1, column 4: ']' expected near end of file"
    expect_stderr "gale try: line 3, column 1: '[' or '{' expected near '5'"
    expect_stderr 'gale try: line 4, found the member "n", expected "values"'
    expect_stderr 'line 5, the tuple has 2 values, stream "default" has 1 field: "word"'
    expect_stderr 'line 6, there is no stream "y"; --stream y=FIELD,FIELD makes one'
    expect_stderr 'line 7, "advance" wants milliseconds from 0 to'
    _expect_lines '{"emit":["z"]}' '{"ack":8}'
}

a_bolt_that_stops_the_topology_is_an_error() {
    _try '["a"]\n["b"]\n' split -c field=word
    expect_status 1
    expect_stderr 'gale try: '
    expect_stderr 'the option "field" names the field "word", which the stream "default" of "input" does not declare'
}

arguments_that_make_no_sense_are_refused() {
    _try '' split count
    expect_status 2
    expect_stderr 'one bolt at a time'
    _try '' -c x split
    expect_status 2
    _try '' --stream =a split
    expect_status 2
    expect_stderr 'expected STREAM=FIELD,FIELD'
    _try ''
    expect_status 2
    _try '' no_such
    expect_status 1
    expect_stderr 'bolt "no_such" is not found'
    _try '' identity
    expect_status 1
    expect_stderr 'fields'
}

every_value_of_json_comes_through() {
    _try '[[1,-2.5,"\\ud83d\\ude00\\u0000",null,true,{"k":[]}]]\n' identity -c fields=v
    expect_status 0
    _expect_lines '{"emit":[[1,-2.5,"😀\u0000",null,true,{"k":[]}]]}' '{"ack":1}'
}

scenario
