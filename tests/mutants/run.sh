#!/bin/sh
# run.sh BUILD - build each mutant of this folder and say what finds it; exit
# status 1 if one is not found, or cannot be built. ONLY: names, with blanks.
#
# A mutant is built in a copy of the tree and of what was built of it, so that
# only what it changes is compiled.
set -u

build=$1
seeds=${SEEDS:-2000}
top=$PWD
work=$top/build/mutants
results=$work/results
failed=0
by_seed=0
n=0

# The topologies, with what they are good for: keys and fan-out; failures; cycles
# and blocking bolts; many small messages; held inputs.
_topologies() {
    cat <<EOF
wordcount -p 3 $work/lines
flaky 2 $work/lines
maze 20 5 3
exclamation
EOF
}

_copy() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/$build"
    for entry in Makefile topology-api common worker simulator testing cli spouts bolts \
        examples tests conf docs; do
        cp -a "$top/$entry" "$work/tree/"
    done
    cp -a "$top/$build/." "$work/tree/$build/"
}

# What it did to this one file is undone by the next copy of it.
_restore() { # patch
    for file in $(sed -n 's|^+++ b/||p' "$1"); do
        cp -a "$top/$file" "$work/tree/$file"
        touch "$work/tree/$file"
    done
}

_build() {
    (cd "$work/tree" && make -s "$@") >"$work/log" 2>&1
}

# Runs seeds; the line of the first that is wrong, or nothing.
_seeds() { # faults…
    _topologies | while read -r topology; do
        # shellcheck disable=SC2086
        timeout 300 "$work/tree/$build/bin/gale" local --seeds "1..$seeds" "$@" \
            $topology >/dev/null 2>"$work/found" && continue
        grep '^gale local: seed' "$work/found" | head -n 1 |
            sed "s|^gale local: ||; s|\$| (${topology%% *}${1:+, faults})|"
        break
    done
}

_test() { # name
    _build "$build/tests/unit/$1" || return 1
    if timeout 300 "$work/tree/$build/tests/unit/$1" >"$work/found" 2>&1; then
        return 1
    fi
    echo "$1"
}

_find() { # patch
    found=$(_seeds)
    [ -n "$found" ] || found=$(_seeds --faults all)
    if [ -n "$found" ]; then
        by_seed=$((by_seed + 1))
        return
    fi
    test=$(sed -n 's/^test: *//p' "$1")
    [ -z "$test" ] || found=$(_test "$test")
}

_one() { # patch
    name=$(basename "$1" .patch)
    begin=$(date +%s)
    found=
    if ! (cd "$work/tree" && patch -s -p1 <"$1") >"$work/log" 2>&1; then
        found="does not apply: $(tail -n 1 "$work/log")"
        failed=1
    elif ! _build gale; then
        found="does not compile: $(grep -m 1 error "$work/log")"
        failed=1
    else
        _find "$1"
        [ -n "$found" ] || failed=1
    fi
    n=$((n + 1))
    printf '%-22s %4s s  %s\n' "$name" "$(($(date +%s) - begin))" \
        "${found:-NOT FOUND}" | cut -c 1-150
    _restore "$1"
}

_copy
export GALE_PLUGIN_PATH="$top/$build/tests/plugins"
awk 'BEGIN { for (i = 1; i <= 100; i++)
    print "the cow number", i, "jumped over the moon" }' >"$work/lines"
for patch in tests/mutants/*.patch; do
    name=$(basename "$patch" .patch)
    case " ${ONLY:-$name} " in
    *" $name "*) _one "$top/$patch" ;;
    esac
done
echo "$n mutants, $by_seed found by seeds"
exit $failed
