#!/bin/sh
# of_build.sh BUILD ARGUMENTS - the bench that is built there, with the command
# and the plugins that are: from the top of this tree, so that two builds measure
# on the same files.
set -eu

case $1 in
/*) GALE_BUILD=$1 ;;
*) GALE_BUILD=$PWD/$1 ;;
esac
shift
GALE=$GALE_BUILD/bin/gale
GALE_PLUGIN_PATH=$GALE_BUILD/lib/gale:$GALE_BUILD/tests/bench/plugins
export GALE_BUILD GALE GALE_PLUGIN_PATH
exec "$GALE_BUILD/tests/bench/bench" "$@"
