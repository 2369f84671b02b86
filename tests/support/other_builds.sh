#!/bin/sh
# other_builds.sh BUILD - other versions of the command, for tests of clusters in which
# they meet: BUILD/other/previous/gale is that of the commit before this one, and
# BUILD/other/foreign/gale the same with another number of the protocol.
#
# Without git, or a commit before, there is none, and one sentence says why.
set -eu
unset MAKEFLAGS MAKELEVEL MFLAGS # of who calls: these are trees of their own

other=$1/other
commit=$(git rev-parse --verify -q HEAD~1) || {
    echo "no other versions of gale: git does not know of a commit before this one"
    exit 0
}

# NAME SED: the tree of that commit, changed so, and its command.
build() {
    mkdir -p "$other/$1"
    git archive "$commit" | tar -x -C "$other/$1"
    sed -i "$2" "$other/$1/common/rpc_handshake.h"
    make -s -C "$other/$1" VARIANT=release build/release/bin/gale
    ln -sf build/release/bin/gale "$other/$1/gale"
}

built=$(cat "$other/commit" 2>/dev/null || :)
[ "$built" != "$commit" ] || exit 0
rm -rf "$other"
build previous ''
mkdir -p "$other/foreign"
cp -a "$other/previous/." "$other/foreign" # what does not change is built
build foreign 's/^#define RPC_PROTOCOL .*/#define RPC_PROTOCOL 99u/'
echo "$commit" >"$other/commit"
