#!/bin/sh
# c_texts.sh - texts of every kind come through as they are: the topology relay
# passes lines from files to standard output.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# What the file says, with a newline at its very end.
_relayed() {
    run "$GALE" local -q --stats s.json relay "$1"
    expect_status 0
    expect_silence err
    cp "$1" wanted
    [ "$(tail -c 1 "$1" | od -An -tx1)" = ' 0a' ] || [ ! -s "$1" ] ||
        echo >>wanted
    expect_same out wanted
    expect_equal "$(counter s.json lines pending)" 0 pending
}

an_empty_file_has_no_lines() {
    : >text
    _relayed text
    expect_equal "$(counter s.json lines emitted)" 0 emitted
}

a_file_without_a_last_newline() {
    printf 'one\ntwo' >text
    _relayed text
    expect_equal "$(counter s.json lines acked)" 2 acked
}

empty_lines_are_lines() {
    printf '\n\none\n\n' >text
    _relayed text
    expect_equal "$(counter s.json lines acked)" 4 acked
}

nul_bytes_are_data() {
    printf 'a\000b\n\000\n\000\000' >text
    _relayed text
    expect_equal "$(counter s.json lines acked)" 3 acked
}

invalid_utf8_and_control_characters_are_data() {
    printf '\377\376 \303\n\200\r\n\033[31m \001\v\f\n' >text
    _relayed text
}

every_byte_comes_through() {
    awk 'BEGIN { for (i = 0; i < 256; i++) printf "\\%03o", i }' >escapes
    # shellcheck disable=SC2059
    printf "$(cat escapes)" >text
    expect_equal "$(wc -c <text)" 256 'bytes of the text'
    _relayed text
}

a_carriage_return_at_the_end_of_a_line_is_data_unless_lines_end_with_one() {
    printf 'a\r\nb\n\r\n\rc\r\r\nd\r' >text
    _relayed text
    printf 'a\nb\n\n\rc\r\nd\n' >wanted
    run "$GALE" local -q -c line.end=crlf relay text
    expect_status 0
    expect_same out wanted
    cat text | "$GALE" local -q -c line.end=crlf relay >out
    expect_same out wanted
    mkdir in
    cp text in/
    cat >in.yaml <<'YAML'
name: in
spouts: [{id: in, plugin: directory, config: {directory: in, age.ms: 0, end: true, line.end: crlf}}]
bolts: [{id: out, plugin: print, config: {fields: line}}]
streams: [{from: in, to: out, grouping: GLOBAL}]
YAML
    run "$GALE" local -q in.yaml
    expect_status 0
    expect_same out wanted
}

standard_input_is_read_when_no_file_is_named() {
    printf 'one\ntwo\n' >text
    run "$GALE" local -q relay <text
    expect_status 0
    expect_same out text
    run "$GALE" local -q relay - <text
    expect_same out text
    cat text | "$GALE" local -q relay >out
    expect_same out text
}

files_come_one_after_the_other() {
    seq 1 1000 >one
    : >two
    printf 'no newline' >three
    seq 5 >four
    run "$GALE" local -q relay one two three four
    expect_status 0
    { cat one three; echo; cat four; } >wanted
    expect_same out wanted
}

a_line_of_50_mb_comes_through() {
    { echo before; head -c 50000000 /dev/zero | tr '\0' 'x'; echo
        echo after; } >text
    _relayed text
}

# 200 MB are more than a line may have: one sentence that names the limit, and
# no more memory than the limit asks for.
a_line_of_200_mb_is_refused_by_name_in_bounded_memory() {
    { echo before; head -c 200000000 /dev/zero | tr '\0' 'x'; echo
        echo after; } >text
    case $GALE_BUILD in
    *asan | *tsan) ;;
    *) ulimit -v 1000000 ;;
    esac
    run "$GALE" local -q relay text
    expect_refusal 'spout "lines"' text 67108864 max.line.bytes
}

a_file_that_is_not_there() {
    run "$GALE" local -q relay no/such/text
    expect_refusal 'spout "lines"' no/such/text 'No such file or directory'
}

a_file_that_may_not_be_read() {
    echo secret >text
    chmod 0 text
    run unprivileged "$GALE" local -q relay text
    expect_refusal 'spout "lines"' text 'Permission denied'
}

a_directory_is_no_text() {
    mkdir text
    run "$GALE" local -q relay text
    expect_refusal 'spout "lines"' text 'directory'
}

scenario
