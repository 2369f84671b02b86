#!/bin/sh
# e_kit.sh - gale/testing.h in programs of an author's: plain ones, with cmocka, in
# C++; what an expectation says that does not hold.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# _test LANGUAGE BODY…: a program whose main() is the body; what it says in err.
_build() {
    language=$1
    shift
    case $language in
    c) compiler="${CC:-cc} -std=c11" ;;
    cpp) compiler="${CXX:-c++} -std=c++20" ;;
    esac
    printf '#include <gale/testing.h>\nint main(void)\n{\n%s\n}\n' "$*" \
        >"test_it.$language"
    # shellcheck disable=SC2086
    $compiler -Wall -Wextra -Werror -I"$TOP/topology-api" "test_it.$language" \
        -o test_it -L"$GALE_BUILD/lib" -lgale -Wl,-rpath,"$GALE_BUILD/lib" \
        >compiled 2>&1 || fail "it does not compile: $(head -n 3 compiled)"
}

_split='gale_test *t = gale_test_bolt("split");
    gale_test_feed(t, gale_cstr("a b"));'

# _fails TEXT STATEMENTS: the sentence begins with file and line; abort().
_fails() {
    _build c "$_split
$2"
    run ./test_it
    expect_status 134
    expect_stderr "test_it.c:6: $1"
}

a_test_that_holds_is_silent_and_successful() {
    _build c "$_split
    gale_test_expect_emit(t, gale_cstr(\"a\"));
    gale_test_expect_emit(t, gale_cstr(\"b\"));
    gale_test_expect_no_emit(t);
    gale_test_free(t);"
    run ./test_it
    expect_status 0
    expect_silence out
    expect_silence err
}

a_plain_program_is_ended_with_both_values() {
    _fails '"split" emits ["a"] on stream default, expected ["x", 1]' \
        'gale_test_expect_emit(t, gale_cstr("x"), gale_int(1));'
    _fails '"split" emits nothing more on stream default, expected ["x"]' \
        'gale_test_forget(t); gale_test_expect_emit_to(t, "default", gale_cstr("x"));'
    _fails '"split" emits ["a"] on stream default, expected nothing more' \
        'gale_test_expect_no_emit(t);'
    _fails 'acked is 1, expected 7' \
        'gale_test_expect(t, GALE_TEST_ACKED, 7);'
    _fails 'executed is 1, expected 7 of split' \
        'gale_test_expect_of(t, "split", GALE_TEST_EXECUTED, 7);'
    _fails 'tuple 1 is acked, expected failed' \
        'gale_test_expect_fate(t, 1, GALE_TEST_IS_FAILED);'
    _fails 'the error is "", expected one with "no"' \
        'gale_test_expect_error(t, NULL, "no");'
}

rows_that_are_missing_or_too_many_are_shown() {
    _fails '"split" emitted 2 tuples, expected 2; not expected: ["b"]; not found: ["c"]' \
        'gale_test_expect_rows(t, NULL, NULL, GALE_ROWS(GALE_ROW(gale_cstr("c")), GALE_ROW(gale_cstr("a"))));'
    _fails '"split" emitted 2 tuples, expected 0; not expected: ["a"]' \
        'gale_test_expect_rows(t, NULL, NULL, GALE_NO_ROWS);'
}

the_first_mistake_is_what_the_next_expectation_says() {
    _fails 'no tuple of number 9 was fed' \
        'gale_test_fate_of(t, 9); gale_test_feed(t, gale_int(1)); gale_test_expect_fine(t);'
    _fails 'there is no component "x"' \
        'gale_test_expect_of(t, "x", GALE_TEST_ACKED, 0);'
    _fails '"split" has no stream "late"' \
        'gale_test_expect_emit_to(t, "late", gale_cstr("x"));'
    _fails '"split" has no stream "late"' \
        'gale_test_expect_rows(t, NULL, "late", GALE_NO_ROWS);'
    _build c 'gale_test *t = gale_test_bolt("split");
    gale_test_option(t, "splitter", gale_int(1));
    gale_test_feed(t, gale_cstr("a"));
    gale_test_expect_fine(t);'
    run ./test_it
    expect_status 134
    expect_stderr 'test_it.c:7: '
    expect_stderr 'splitter'
}

a_plugin_that_calls_exit_fails_its_test() {
    _build c 'gale_test *t = gale_test_bolt("outlaw");
    gale_test_option(t, "crime", gale_cstr("exit"));
    gale_test_feed(t, gale_int(1));
    gale_test_expect_fine(t);'
    run ./test_it
    expect_status 1
    expect_stderr 'bolt "outlaw"'
    expect_stderr 'called exit(0)'
}

the_seed_of_a_failure_is_said() {
    _build c "$_split
    gale_test_expect_no_emit(t);"
    GALE_SEED=12
    export GALE_SEED
    run ./test_it
    unset GALE_SEED
    expect_stderr 'expected nothing more (GALE_SEED=12)'
}

a_test_in_cpp_looks_the_same() {
    _build cpp "$_split
    gale_test_expect_emit(t, gale_cstr(\"a\"));
    gale_test_expect_rows(t, nullptr, nullptr,
        GALE_ROWS(GALE_ROW(gale_cstr(\"b\")), GALE_ROW(gale_cstr(\"a\"))));
    gale_test_free(t);"
    run ./test_it
    expect_status 0
}

a_test_of_cmocka_fails_and_the_others_go_on() {
    cat >test_it.c <<'END'
#include <gale/testing.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void fails(void **state)
{
    gale_test *t = gale_test_bolt("split");

    (void)state;
    gale_test_feed(t, gale_cstr("a"));
    gale_test_expect_emit(t, gale_cstr("b"));
}

static void holds(void **state)
{
    gale_test *t = gale_test_bolt("split");

    (void)state;
    gale_test_feed(t, gale_cstr("a"));
    gale_test_expect_emit(t, gale_cstr("a"));
    gale_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fails),
                                       cmocka_unit_test(holds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
END
    "${CC:-cc}" -I"$TOP/topology-api" test_it.c -o test_it -L"$GALE_BUILD/lib" \
        -lgale -lcmocka -Wl,-rpath,"$GALE_BUILD/lib"
    CMOCKA_MESSAGE_OUTPUT=STDOUT
    export CMOCKA_MESSAGE_OUTPUT
    run ./test_it
    expect_status 1
    expect_stderr '"split" emits ["a"] on stream default, expected ["b"]'
    expect_stderr 'test_it.c:12: error: Failure!'
    expect_stdout '[       OK ] holds'
}

scenario
