#!/bin/sh
# run.sh BUILD [PATCHES [WORK]] - build each mutant and show, as a table, what
# catches it: the first seed at which a run of some topology is wrong, or the
# test that the patch names. A patch with a line `kind: cluster` before its first
# empty line is of what clusters do, and tried with whole ones. Exit status 1 if
# one is not caught, cannot be built or does not apply, and if what is here as it
# is would be caught, too. ONLY: names, with blanks, and nothing is said of what
# is here as it is; SEEDS: how many are tried (2000).
#
# A mutant is built in a copy of the tree and of what was built of it, so that
# only what it changes is compiled.
set -u

build=$1
patches=${2:-tests/mutants}
seeds=${SEEDS:-2000}
top=$PWD
work=${3:-$top/build/mutants}
tree=$work/tree
n=0
by_seed=0
missed=0

# Keys and fan-out; failures; cycles and blocking bolts; many small messages;
# windows, joins, ticks, gale_async(), direct streams; the same while most fails;
# calls that take their time; spouts that wait for memory.
_topologies() {
    cat <<END
wordcount -p 3 lines
flaky 2 lines
maze 20 5 3
exclamation 300
medley 50 few
in_turn 40 2
-c percent=30 medley 20 fewer
-c slow.ms=0.01 slow slow_blocking 40 behind
-c gale.worker.memory.bytes=2097152 bulky 64 2000 16 64
END
}

# Most are caught soon: all topologies have some of the seeds each, then more.
_ranges() {
    from=1
    for to in 50 400 "$seeds"; do
        [ "$to" -lt "$seeds" ] || to=$seeds
        [ "$from" -gt "$to" ] || echo "$from..$to"
        from=$((to + 1))
    done
}

# Lines: RANGE FAULTS TOPOLOGY…
_attempts() {
    for range in $(_ranges); do
        for faults in none all; do
            _topologies | sed "s/^/$range $faults /"
        done
    done
}

_make_lines() { # NUMBER
    awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++)
        print "the cow number", i, "jumped over the moon" }'
}

_copy() {
    rm -rf "$work"
    mkdir -p "$tree/$build"
    for entry in Makefile topology-api common worker supervisor nimbus simulator testing cli spouts bolts \
        examples tests conf docs build/.have-headers build/.have-test-headers; do
        cp -a "$top/$entry" "$tree/$entry"
    done
    cp -a "$top/$build/." "$tree/$build/"
    _make_lines 100 >"$work/lines"
    _make_lines 12 >"$work/few"
    _make_lines 4 >"$work/fewer"
}

# The files are newer then than what was made of the mutant.
_restore() { # PATCH
    for file in $(sed -n 's|^+++ b/||p' "$1"); do
        cp "$top/$file" "$tree/$file"
    done
}

_build() { # TARGET
    (cd "$tree" && make -s "$build/$1") >"$work/log" 2>&1
}

# The run that is wrong and what is wrong with it: "SEED TOPOLOGY: SENTENCE"; or
# nothing.
_run() { # RANGE FAULTS TOPOLOGY…
    range=$1 faults=$2
    shift 2
    [ "$faults" = none ] && faults=
    (cd "$work" && "$tree/$build/bin/gale" local --seeds "$range" \
        ${faults:+--faults $faults} "$@") </dev/null >/dev/null 2>"$work/said" &&
        return
    named="${faults:+--faults $faults }$*"
    sed -n "s|^gale local: seed \([0-9]*\): \(.*\)|\1 \`$named\`: \2|p" "$work/said" |
        sed -n 1p
}

_find_seed() {
    _attempts | while read -r attempt; do
        # shellcheck disable=SC2086
        found=$(_run $attempt)
        [ -z "$found" ] || {
            echo "$found"
            break
        }
    done
}

# As _run does.
_run_clusters() { # RANGE
    (cd "$work" && "$tree/$build/bin/gale" simulate --seeds "$1") \
        </dev/null >/dev/null 2>"$work/said" && return
    sed -n 's|^gale simulate: seed \([0-9]*\): \(.*\)|\1 `gale simulate`: \2|p' \
        "$work/said" | sed -n 1p
}

_find_cluster() {
    for range in $(_ranges); do
        found=$(_run_clusters "$range")
        [ -z "$found" ] || {
            echo "$found"
            break
        }
    done
}

_is_cluster() { # PATCH
    sed '/^$/,$d' "$1" | grep -q '^kind: *cluster$'
}

_find_test() { # PATCH
    test=$(sed -n 's/^test: *//p' "$1")
    [ -n "$test" ] && _build "tests/unit/$test" || return
    timeout 300 "$tree/$build/tests/unit/$test" >"$work/said" 2>&1 || echo "- $test"
}

# "SEED WHAT", or why nothing can be said.
_find() { # PATCH
    if ! patch -d "$tree" -s -p1 -F0 -r - <"$1" >"$work/log" 2>&1; then
        echo "? DOES NOT APPLY: $(head -n 1 "$work/log")"
    elif ! _build bin/gale; then
        echo "? DOES NOT COMPILE: $(grep -m 1 error "$work/log")"
    else
        if _is_cluster "$1"; then
            found=$(_find_cluster)
        else
            found=$(_find_seed)
        fi
        [ -n "$found" ] || found=$(_find_test "$1")
        echo "${found:-? NOT CAUGHT}"
    fi
}

_hazard() { # PATCH
    sed '/^$/,$d; /^test:/d; /^kind:/d' "$1" | tr '\n' ' ' | sed 's/\.* *$//'
}

_one() { # PATCH
    begin=$(date +%s)
    found=$(_find "$1")
    seed=${found%% *}
    printf '| %s | %s | %s | %s | %s |\n' "$(basename "$1" .patch)" \
        "$(_hazard "$1")" "$(echo "${found#* }" | cut -c 1-110)" "$seed" \
        "$(($(date +%s) - begin))"
    n=$((n + 1))
    case $seed in
    '?') missed=$((missed + 1)) ;;
    -) ;;
    *) by_seed=$((by_seed + 1)) ;;
    esac
    _restore "$1"
}

# What catches the engine as it is says nothing of a mutant.
_control() {
    _build bin/gale || return 1
    found=$(_find_seed)
    [ -n "$found" ] || found=$(_find_cluster)
    if [ -n "$found" ]; then
        echo "the engine as it is: seed $found"
        return 1
    fi
    echo "the engine as it is: all is well with seeds 1..$seeds of each topology," \
        'without and with all faults, and of clusters'
}

export GALE_PLUGIN_PATH="$top/$build/tests/plugins"
_copy
echo '| mutant | hazard | caught by | seed | seconds |'
echo '|---|---|---|---|---|'
for patch in "$patches"/*.patch; do
    name=$(basename "$patch" .patch)
    case " ${ONLY:-$name} " in
    *" $name "*) _one "$(realpath "$patch")" ;;
    esac
done
echo
echo "$n mutants: $by_seed caught by seeds, $((n - by_seed - missed)) by a test," \
    "$missed not caught"
[ "$n" -gt 0 ] && [ "$missed" -eq 0 ] || exit 1
[ -n "${ONLY:-}" ] || _control
