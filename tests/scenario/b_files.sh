#!/bin/sh
# b_files.sh - files that are no topology: refused before any code of them runs.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# Compile a shared object from standard input.
_compile() { # name of the .so, further arguments
    so=$1
    shift
    ${CC:-cc} -x c -shared -fPIC -I"$TOP/topology-api" -o "$so" - "$@"
}

# A topology of no interest, of the ABI that is given.
_empty_topology() {
    cat <<'END'
#include <gale/topology.h>
static gale_result build(gale_builder *b, int argc, char **argv)
{
    (void)b; (void)argc; (void)argv;
    return GALE_OK;
}
GALE_TOPOLOGY(empty, .summary = "of no interest", .build = build);
END
}

_refused() { # file, texts
    file=$1
    shift
    run "$GALE" local "$file"
    expect_refusal "$@"
    run "$GALE" inspect "$file"
    expect_status 1
    expect_stderr 'gale inspect: '
    expect_silence out
}

# The bolt that is written from the structs alone; its manifest is $1.
_bare() {
    sed "s/ static const char manifest/ $1 manifest/" "$TOP/tests/plugins/bare.c"
}

a_manifest_that_the_linker_has_dropped_says_so_and_an_exported_one_stays() {
    _bare 'static const char' | _compile ./dropped.so -w -Wl,--gc-sections
    run "$GALE" inspect ./dropped.so
    expect_status 1
    expect_stderr './dropped.so has no gale manifest'
    expect_stderr 'a section gale_manifest that the linker does not drop (see gale/abi.h)'
    _bare 'const char' | _compile ./bare.so -w -Wl,--gc-sections
    run "$GALE" inspect ./bare.so
    expect_status 0
    expect_stdout 'bolt bare: the length of a text'
}

a_file_that_is_not_there() {
    _refused ./nowhere.so nowhere.so 'No such file or directory'
}

a_name_that_is_nowhere_lists_the_places_searched() {
    run "$GALE" local wordcuont
    expect_refusal '"wordcuont" is not found' "$TEST_PLUGINS" "$PLUGINS" \
        'did you mean "wordcount"?'
}

a_file_of_this_directory_is_named_by_its_path() {
    cp "$PLUGINS/split.so" mine.so
    run "$GALE" local mine
    expect_refusal '"mine" is not found' 'in this directory is "./mine.so"'
    : >mine.c
    run "$GALE" local mine.c
    expect_refusal '"mine.c" is not found' 'in this directory is "./mine.c"'
}

# Nothing is wrong with the file then.
a_file_for_which_there_is_no_descriptor() {
    case $GALE_BUILD in
    *coverage) skip 'what counts the lines cannot open its files, and says so' ;;
    esac
    ulimit -n 100
    run "$GALE" local outlaw hoard-in-build
    expect_refusal "cannot open $PLUGINS/sequence.so: Too many open files; raise \
the limit of open files (ulimit -n)"
}

# A carrier takes two.
carriers_for_which_there_are_no_descriptors() {
    echo 'a b' >text.txt
    ulimit -n 100
    run "$GALE" local -q --carriers 600 wordcount text.txt
    expect_refusal 'there is no room for 601 carriers, which need two file ' \
        'descriptors each: Too many open files' '(ulimit -n)'
}

the_limit_of_descriptors_that_may_be_raised_is_raised() {
    [ "$(ulimit -H -n)" = unlimited ] || [ "$(ulimit -H -n)" -ge 400 ] ||
        skip 'the hard limit of descriptors is too low'
    echo 'a b' >text.txt
    ulimit -S -n 100
    run "$GALE" local -q --carriers 100 wordcount text.txt
    expect_status 0
}

# It is found, and that is what is wrong.
a_library_of_it_that_leads_in_a_circle() {
    mkdir lib
    echo 'int answer(void) { return 42; }' | _compile lib/libanswer.so
    _empty_topology | _compile circle.so -Wl,--no-as-needed \
        -x none ./lib/libanswer.so
    ln -sf libanswer.so lib/libanswer.so
    run "$GALE" local ./circle.so
    expect_refusal 'cannot load ./circle.so: ./lib/libanswer.so: ' \
        'Too many levels of symbolic links'
}

a_file_that_cannot_be_read() {
    cp "$PLUGINS/split.so" secret.so
    chmod 0 secret.so
    run unprivileged "$GALE" local ./secret.so
    expect_refusal secret.so 'Permission denied'
}

a_directory() {
    mkdir folder.so
    _refused ./folder.so 'folder.so is a directory'
    _refused folder.so 'folder.so is a directory'
}

an_empty_file() {
    : >empty.so
    _refused ./empty.so 'empty.so is empty'
}

a_text() {
    echo 'int main(void);' >text.so
    _refused ./text.so 'text.so is not an ELF file'
}

half_of_a_file() {
    head -c 2000 "$PLUGINS/split.so" >half.so
    _refused ./half.so half.so
}

a_program() {
    _refused "$GALE" "$GALE"
}

the_plugin_of_another_machine() {
    cp "$PLUGINS/split.so" arm.so
    printf '\267\000' | dd of=arm.so bs=1 seek=18 conv=notrunc 2>/dev/null
    _refused ./arm.so arm.so x86-64
}

a_library_without_a_manifest() {
    echo 'int f(void) { return 1; }' | _compile plain.so
    _refused ./plain.so 'plain.so' manifest
}

the_plugin_of_another_abi() {
    _empty_topology | sed '1i #include <gale/abi.h>\n#undef GALE_ABI\n#define GALE_ABI 99' |
        _compile later.so
    _refused ./later.so later.so 99 'ABI 0'
}

a_manifest_without_its_symbol() {
    printf '%s\n' '#include <gale/topology.h>' \
        'GALE_MANIFEST(topology, absent);' | _compile absent.so
    run "$GALE" local ./absent.so
    expect_refusal absent.so gale_topology_absent
}

a_library_that_is_needed_and_not_there() {
    echo 'int gone(void) { return 1; }' | _compile libgone.so
    _empty_topology | _compile needy.so -L. -Wl,--no-as-needed -lgone
    rm libgone.so
    run "$GALE" local ./needy.so
    expect_refusal needy.so libgone.so
}

a_symbol_that_nobody_has() {
    { _empty_topology; echo 'int nobody(void); int f(void) { return nobody(); }'
    } | _compile dangling.so
    run "$GALE" local ./dangling.so
    expect_refusal dangling.so nobody
}

bytes_that_are_no_text_are_escaped_in_what_is_said() {
    run "$GALE" local "$(printf 'a\377b.so')"
    expect_refusal 'topology "a\xffb.so" is not found'
}

a_bolt_is_no_topology() {
    run "$GALE" local split
    expect_refusal 'split.so has no topology, but bolt "split"'
}

a_topology_of_several_is_picked_by_id() {
    run "$GALE" inspect tarpit:tarpit 3 0 1
    expect_status 0
    run "$GALE" local tarpit:nothing
    expect_refusal tarpit.so '"nothing"'
}

scenario
