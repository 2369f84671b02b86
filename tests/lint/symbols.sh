#!/bin/sh
# symbols.sh BUILD - libgale.so exports gale_… alone; a plugin exports its
# descriptors alone and asks nothing of gale from the linker. And libgale.so has
# few variables per thread: a program that loads it late has little room for them.
set -u

bad=0
complain() { # file, what, symbols
    [ -n "$3" ] || return
    echo "$1: $2:" $3
    bad=1
}

lib=$1/lib/libgale.so
complain "$lib" "exports symbols without the prefix gale_" \
    "$(nm -D --defined-only "$lib" | awk '{ print $NF }' |
        grep -v '^gale_')"
[ "$(nm -D --defined-only "$lib" | grep -c ' gale_')" -gt 10 ] ||
    complain "$lib" "exports hardly anything" "$(nm -D --defined-only "$lib")"

tls=$(readelf -lW "$lib" | awk '$1 == "TLS" { print $6 }')
[ "$((${tls:-0}))" -le 64 ] ||
    complain "$lib" "wants more than 64 bytes for each thread" "$tls"

for plugin in "$1"/lib/gale/*.so; do
    complain "$plugin" "exports more than its descriptors" \
        "$(nm -D --defined-only "$plugin" | awk '{ print $NF }' |
            grep -vE '^gale_(spout|bolt|grouping|topology)_')"
    complain "$plugin" "needs symbols of gale" \
        "$(nm -D --undefined-only "$plugin" | awk '{ print $NF }' |
            grep '^gale_')"
done
exit $bad
