# scenario.sh - what scenarios are made of; sourced by tests/scenario/*.sh.
#
# See tests/README.md. A test is a function whose name begins with a letter;
# what helps only one file begins with "_". run_tests.sh sets GALE and
# GALE_BUILD and reads the lines `ok NAME`, `not ok NAME REASON`,
# `skip NAME REASON` that come out here; everything else is for people.

TOP=$PWD
PLUGINS=$GALE_BUILD/lib/gale
TEST_PLUGINS=$GALE_BUILD/tests/plugins
export LC_ALL=C

# -- inside a test ----------------------------------------------------------------

# End this test: it failed, or it cannot run here.
fail() {
    echo "$*" >reason
    exit 1
}

skip() {
    echo "$*" >reason
    exit 77
}

# Run a command; then $status, and what it said in the files out and err.
run() {
    status=0
    "$@" >out 2>err || status=$?
    echo "$ $*"
    echo "--- status $status, the last lines of what it said:"
    tail -n 20 err | awk 1 # a line of ours must not join a half one
}

# Run a command as a user who may not read everything; skip where none can.
unprivileged() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
        return
    fi
    chmod 711 . "${TMPDIR:-.}"
    mkdir -p -m 777 gcov
    export GCOV_PREFIX="$PWD/gcov" # what a build for coverage writes at its end
    setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$GALE" ||
        skip "only root can run gale from here"
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

_said() { # the beginning of a file on one line
    head -c 300 "$1" | tr '\n\t' '  '
}

# What happens in another process is no event here: it is asked again and again,
# with a deadline that a slow machine keeps.
PATIENCE=${PATIENCE:-60} # seconds, for whatever is waited for

# await WHAT COMMAND…: until the command succeeds.
await() {
    what=$1
    shift
    end=$(($(date +%s) + PATIENCE))
    until "$@" >await.out 2>&1; do
        [ "$(date +%s)" -lt "$end" ] ||
            fail "$what: not within $PATIENCE s: $(_said await.out)"
        sleep 0.03
    done
}

expect_status() {
    [ "$status" = "$1" ] ||
        fail "status $status, expected $1; it said: $(_said err)"
}

# The text is somewhere in what it said on standard error, standard output.
expect_stderr() {
    grep -qF -e "$1" err || fail "expected \"$1\", it said: $(_said err)"
}

expect_stdout() {
    grep -qF -e "$1" out || fail "expected \"$1\", found: $(_said out)"
}

expect_silence() {
    [ ! -s "$1" ] || fail "expected nothing on std$1, found: $(_said "$1")"
}

# One sentence of `gale local` that contains each of the texts; status 1.
expect_refusal() {
    expect_status 1
    [ "$(grep -c . err)" = 1 ] || fail "expected one sentence: $(_said err)"
    expect_stderr 'gale local: '
    for text; do
        expect_stderr "$text"
    done
}

expect_same() {
    cmp "$1" "$2" >&2 || fail "$1 and $2 differ: $(diff "$1" "$2" |
        head -n 4 | tr '\n' ' ')"
}

expect_equal() { # found, expected, what
    [ "$1" = "$2" ] || fail "$3: found $1, expected $2"
}

# counter FILE.json COMPONENT NAME: a counter of `gale local --stats`.
counter() {
    tr -d ' \n' <"$1" | sed 's/{"id":/\n&/g' |
        grep "^{\"id\":\"$2\"" | grep -o "\"$3\":[0-9]*" |
        head -n 1 | cut -d: -f2
}

# row NUMBER FAULTS LEDGER [RECOVERY]: of the table of faults that run_tests.sh
# prints in the end. FAULTS have fired; LEDGER says what was lost and what came
# twice, or is "-"; RECOVERY, how long something took, and its bound. What
# expect_message has found since the last row is its last column.
row() {
    case $3 in
    *duplicates\ *\ of\ at\ most\ [0-9]*)
        _twice=${3#*duplicates } _most=${3#*at most }
        [ "${_twice%% *}" -le "${_most%%[!0-9]*}" ] || fail "$2: $3"
        ;;
    esac
    echo "figures: row | $1 | $2 | $3 | ${4:--} | ${message:--}"
    message=
}

# The text is somewhere in what those in the background have said: err, err2 ….
expect_message() {
    grep -qF -e "$1" err* || fail "expected \"$1\", it said: $(tail -q -n 3 err*)"
    message=$1
}

# Something measured, for people.
measured() {
    echo "figures: $*"
}

# -- all tests of a file ----------------------------------------------------------

# Run a test in an empty directory and report it.
_report() {
    directory=$(mktemp -d)
    status=0
    (
        cd "$directory" || exit 1
        : >reason
        set -eu
        "$1"
    ) || status=$?
    reason=$(cat "$directory/reason")
    case $status in
    0) echo "ok $1" ;;
    77) echo "skip $1 $reason" ;;
    *) echo "not ok $1 ${reason:-a command in it failed (status $status)}" ;;
    esac
    rm -rf "$directory"
}

scenario() {
    for _test in $(sed -n 's/^\([a-z][a-z_0-9]*\)() {$/\1/p' "$0"); do
        echo "=== $_test"
        _report "$_test"
    done
}
