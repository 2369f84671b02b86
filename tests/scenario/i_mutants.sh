#!/bin/sh
# i_mutants.sh - `make mutants`: a fault in the engine is shown with the seed that
# catches it; one that nothing catches, or that cannot be built, is an error.
. tests/support/scenario.sh

unset ONLY # that of run_tests.sh
case $GALE_BUILD in
*release) ;;
*) _other_build=1 ;; # the table is that of the release
esac

# _mutant NAME FROM TO: a patch of one line of worker/gate.c.
_mutant() {
    mkdir -p patches
    awk -v from="$2" -v to="$3" '{ print $0 == from ? to : $0 }' \
        "$TOP/worker/gate.c" >changed
    {
        echo "Something is wrong."
        echo
        diff -u --label a/worker/gate.c --label b/worker/gate.c \
            "$TOP/worker/gate.c" changed
    } >"patches/$1.patch" || true
}

_mutants() {
    [ -z "${_other_build:-}" ] || skip 'the mutants are of the release'
    work=$PWD
    cd "$TOP"
    status=0
    SEEDS=${SEEDS:-50} tests/mutants/run.sh "${GALE_BUILD#"$TOP"/}" "$work/patches" \
        "$work/work" >"$work/out" 2>"$work/err" || status=$?
    cd "$work"
    cat out
}

taken='            atomic_load_explicit(&g->taken, memory_order_relaxed) + load,'

the_seed_that_catches_a_mutant_is_shown() {
    _mutant leak "$taken" "${taken%,}/2,"
    _mutants
    expect_status 0
    expect_stdout '| leak | Something is wrong | `'
    expect_stdout '1 mutants: 1 caught by seeds, 0 by a test, 0 not caught'
    expect_stdout 'the engine as it is: all is well with seeds 1..50'
}

a_mutant_that_is_none_is_not_caught() {
    _mutant same "$taken" "$taken /* the same */"
    SEEDS=3 _mutants
    expect_status 1
    expect_stdout '| same | Something is wrong | NOT CAUGHT | ? |'
}

a_mutant_that_cannot_be_built_is_an_error() {
    _mutant wrong "$taken" 'no C,'
    _mutants
    expect_status 1
    expect_stdout '| wrong | Something is wrong | DOES NOT COMPILE: '
}

a_mutant_that_does_not_apply_is_an_error() {
    _mutant old "$taken" '0,'
    sed -i 's/g->taken, memory/g->given, memory/' patches/old.patch
    _mutants
    expect_status 1
    expect_stdout '| old | Something is wrong | DOES NOT APPLY: '
}

scenario
