# jars.sh - jars of servers that Debian has no package of; sourced after
# common.sh.
#
# NAME/pom.xml says which, and Maven fetches them, once for all clones and tests
# of a user: into $GALE_SERVER_JARS, by default $XDG_CACHE_HOME/gale/server-jars.
# A directory is there only when it is whole. What is there needs no Maven and no
# network.

# jars NAME: sets LIB.
jars() {
    need java default-jre-headless
    _pom=$HERE/$1/pom.xml
    _cache=${GALE_SERVER_JARS:-${XDG_CACHE_HOME:-${HOME:-/nowhere}/.cache}/gale/server-jars}
    LIB=$_cache/$1-$(cksum <"$_pom" | cut -d ' ' -f 1)
    [ -d "$LIB" ] && return
    need mvn maven
    mkdir -p "$_cache" 2>/dev/null ||
        lacking "$_cache cannot be made; GALE_SERVER_JARS may name a directory for jars"
    (
        flock -w 900 9 || die "$LIB.lock: somebody holds it for 15 minutes"
        [ -d "$LIB" ] || _fetch
    ) 9>"$LIB.lock" || exit
}

_fetch() {
    rm -rf "$LIB.part"
    _status=0
    timeout 600 mvn -q -B -f "$_pom" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$LIB.part" \
        >"$LIB.log" 2>&1 9>&- </dev/null || _status=$?
    if [ $_status = 0 ]; then
        mv "$LIB.part" "$LIB"
        return
    fi
    sed -i 's/\x1b\[[0-9;]*m//g' "$LIB.log" # colours
    if [ $_status = 124 ] || grep -qE "$_UNREACHABLE" "$LIB.log"; then
        lacking "Maven cannot be reached, and $LIB is not there:" \
            "$(grep -m 1 ERROR "$LIB.log" | cut -c 1-200)"
    fi
    tail -n 15 "$LIB.log" >&2
    die "Maven does not fetch $LIB; that was the end of what it says"
}

# What it says of networks, never of a pom.xml that is wrong.
_UNREACHABLE='No plugin found for prefix|Could not transfer|Unknown host|UnknownHost|[Cc]onnect(ion)? (refused|timed out|reset)|Network is unreachable|in offline mode'
