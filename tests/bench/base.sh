#!/bin/sh
# base.sh REVISION BUILD - build another revision as what is here is built, and
# say where: for `make bench BASE=REVISION`.
#
# It comes from git, into build/base-COMMIT, and stays there until another one is
# asked for. What is built of it is what a measurement needs. CC, CFLAGS and the
# like are those of the caller, who has them in the environment.
set -eu
unset MAKEFLAGS MAKELEVEL MFLAGS # of who calls: this is a tree of its own

revision=$1
build=$2
commit=$(git rev-parse --verify -q --short=12 "$revision^{commit}") || {
    echo "make bench: BASE=$revision: git knows no such revision" >&2
    exit 1
}
tree=build/base-$commit

if [ ! -e "$tree/Makefile" ]; then
    rm -rf build/base-*
    mkdir -p "$tree.part"
    git archive "$commit" | tar -x -C "$tree.part"
    mkdir -p "$tree.part/build"
    cp -p build/.have-* "$tree.part/build/"
    mv "$tree.part" "$tree"
fi
plugins=$(cd "$tree" && for file in tests/bench/plugins/*.c; do
    echo "$build/tests/bench/plugins/$(basename "$file" .c).so"
done)
echo "base: $revision is $commit, built in $tree" >&2
# shellcheck disable=SC2086
make -s -C "$tree" VARIANT="${build#build/}" gale "$build/tests/bench/bench" \
    $plugins >&2
echo "$tree/$build"
