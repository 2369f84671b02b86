#!/bin/sh
# h_lint.sh - the rules of tests/lint find what they are there for.
. tests/support/scenario.sh

# A copy of what was built, which can be spoiled.
_objects() {
    mkdir -p build/obj
    for _folder in topology-api common worker supervisor nimbus simulator \
        testing cli; do
        mkdir "build/obj/$_folder"
        cp "$GALE_BUILD/obj/$_folder"/*.o "build/obj/$_folder"
    done
}

_add() { # to a folder: an object of this text
    echo "$2" >added.c
    "${CC:-cc}" -c -o "build/obj/$1/added.o" added.c
}

_world() {
    run sh "$TOP/tests/lint/world.sh" build
}

what_is_built_asks_only_env_for_the_world() {
    _objects
    _world
    expect_status 0
    expect_silence out
}

a_clock_in_the_worker_is_found() {
    _objects
    _add worker '#include <time.h>
long ask(struct timespec *t) { return clock_gettime(CLOCK_MONOTONIC, t); }'
    _world
    expect_status 1
    expect_stdout 'worker/added.c: asks for clock_gettime, expected common/env.h'
}

a_function_that_nobody_has_thought_about_is_found() {
    _objects
    _add common 'int chroot(const char *); int ask(void) { return chroot("/"); }'
    _world
    expect_status 1
    expect_stdout 'common/added.c: asks for chroot'
}

an_instruction_that_reads_the_clock_is_found() {
    [ "$(uname -m)" = x86_64 ] || skip "another processor"
    _objects
    _add cli 'unsigned long long ask(void) { return __builtin_ia32_rdtsc(); }'
    _world
    expect_status 1
    expect_stdout 'cli/added.c: asks for rdtsc'
}

_stems() { # FILE…
    rm -rf tree
    mkdir tree
    (cd tree && mkdir -p topology-api/gale common worker simulator testing cli \
        spouts bolts examples tests && touch "$@" &&
        sh "$TOP/tests/lint/stems.sh") >out 2>err && status=0 || status=$?
}

the_stem_of_a_file_is_there_once() {
    _stems worker/gate.c worker/gate.h topology-api/gale/local.h worker/local.c \
        cli/main.c tests/main.c
    expect_status 0
    for twice in 'cli/gate.c worker/gate.c' 'cli/gate.h worker/gate.h' \
        'cli/gate.h worker/gate.c' 'spouts/batch.h topology-api/gale/batch.h' \
        'topology-api/gale/local.h worker/local.h'; do
        # shellcheck disable=SC2086
        _stems $twice
        expect_status 1
        expect_stdout "${twice#* }: its stem is taken by ${twice% *}"
    done
}

a_test_that_a_table_names_and_that_is_not_there_is_found() {
    mkdir docs tests
    printf 'the_cow_jumps_over() {\n' >tests/a.sh
    printf 'static void the_moon_is_there(void **state)\n' >tests/b.c
    : >docs/found-bugs.md
    printf 'a `call_of_some_library`\n| a bug | `the_cow_jumps_over`, `the_moon_is_there` |\n' \
        >docs/connectors.md
    run sh "$TOP/tests/lint/named_tests.sh" build
    expect_status 0
    expect_silence out
    echo '| another | `the_moon_is_gone` |' >>docs/connectors.md
    run sh "$TOP/tests/lint/named_tests.sh" build
    expect_status 1
    expect_stdout 'docs/connectors.md:3: names the test the_moon_is_gone, expected one that is there'
}

an_exception_that_nobody_uses_is_found() {
    _objects
    rm build/obj/cli/live.o
    _world
    expect_status 1
    expect_stdout 'world.sh: cli/live.c has no ioctl any longer'
}

_mutant() { # FROM: a patch of worker/one.c, from this line
    mkdir -p worker tests/mutants
    echo 'int one = 1;' >worker/one.c
    cat >tests/mutants/two.patch <<END
One is two.

--- a/worker/one.c
+++ b/worker/one.c
@@ -1 +1 @@
-$1
+int one = 2;
END
    echo '| two | One is two | seeds | 1 | 1 |' >tests/mutants/README.md
}

a_mutant_that_does_not_apply_any_more_is_found() {
    _mutant 'int one = 1;'
    run sh "$TOP/tests/lint/mutants.sh" build
    expect_status 0
    expect_silence out
    _mutant 'long one = 1;'
    run sh "$TOP/tests/lint/mutants.sh" build
    expect_status 1
    expect_stdout 'tests/mutants/two.patch:1: does not apply'
    expect_equal "$(find worker tests -type f | wc -l)" 3 'files, as before'
}

a_mutant_without_a_row_in_the_table_is_found() {
    _mutant 'int one = 1;'
    echo '| three | One is three | seeds | 1 | 1 |' >tests/mutants/README.md
    run sh "$TOP/tests/lint/mutants.sh" build
    expect_status 1
    expect_stdout 'has no row for two'
    expect_stdout 'there is no tests/mutants/three.patch'
}

scenario
