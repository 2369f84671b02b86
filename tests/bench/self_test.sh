#!/bin/sh
# self_test.sh BUILD - does `make bench BASE=` see what it must, and nothing
# else? What is built here is compared with a copy of itself, which must be
# silent, and a copy into which a slow-down of about 15 % is planted
# (planted/slower.patch) with what is built here, which must be caught. ONLY
# names the case (wordcount-turn-acked); exit status 1 if one of both came out wrong.
#
# As for mutants, the copy has what was built, so that only what the patch
# changes is compiled.
set -u
unset MAKEFLAGS MAKELEVEL MFLAGS # of who calls

build=$1
tree=build/bench-self-test
wrong=0
ONLY=${ONLY:-wordcount-turn-acked}
export ONLY

_copy() {
    rm -rf "$tree"
    mkdir -p "$tree/build"
    find . -mindepth 1 -maxdepth 1 ! -name build ! -name .git \
        -exec cp -a {} "$tree/" \;
    cp -a build/.have-* "$build" "$tree/build/"
}

_plant() {
    patch -d "$tree" -s -p1 -F0 -r - <tests/bench/planted/slower.patch &&
        make -s -C "$tree" VARIANT="${build#build/}" gale \
            "$build/tests/bench/bench"
}

# _expect STATUS WHAT BUILD BASE
_expect() {
    echo "== $2 =="
    tests/bench/run.sh "$3" "$PWD/$4"
    status=$?
    if [ "$status" -eq "$1" ]; then
        echo "== as expected: exit status $status =="
    else
        echo "== exit status $status, expected $1 =="
        wrong=1
    fi
}

_copy || exit 1
_expect 0 'the same twice' "$build" "$tree/$build"
_plant || exit 1
_expect 1 'a slow-down of 15 % is planted' "$tree/$build" "$build"
exit $wrong
