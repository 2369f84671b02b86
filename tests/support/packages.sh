#!/bin/sh
# packages.sh - the Debian packages that building and testing need.
#
#   packages.sh install PACKAGE…   install those of them that are missing
#   packages.sh optional PACKAGE…  the same, but what cannot be had is only said:
#                                  tests that need it skip
#   packages.sh headers PACKAGE…   say what is missing, and how to get it
#
# A package counts as there when what it is for is found, however it came.
# Root installs at once; others see the apt line, and it runs with sudo when
# YES=1 is set.
set -eu

compiles() {
    echo "$1" | "${CC:-cc}" -E -x c - >/dev/null 2>&1
}

is_there() {
    case $1 in
    libc6-dev) compiles '#include <stdio.h>' ;;
    libyaml-dev) compiles '#include <yaml.h>' ;;
    libjansson-dev) compiles '#include <jansson.h>' ;;
    libxxhash-dev) compiles '#include <xxhash.h>' ;;
    libevent-dev) compiles '#include <event2/event.h>' ;;
    libmsgpack-dev) compiles '#include <msgpack.h>' ;;
    libzookeeper-mt-dev) compiles '#include <zookeeper/zookeeper.h>' ;;
    libssl-dev) compiles '#include <openssl/evp.h>' ;;
    librdkafka-dev) compiles '#include <librdkafka/rdkafka.h>' ;;
    default-libmysqlclient-dev) compiles '#include <mysql/mysql.h>' ;;
    libcurl4-openssl-dev) compiles '#include <curl/curl.h>' ;;
    libzookeeper-java) [ -e /usr/share/java/zookeeper.jar ] ;;
    libslf4j-java) [ -e /usr/share/java/slf4j-simple.jar ] ;;
    default-jre-headless) command -v java >/dev/null ;;
    default-jdk-headless) command -v javac >/dev/null ;;
    netbase) getent hosts localhost >/dev/null ;;
    iproute2) command -v ss >/dev/null ;;
    nftables) command -v nft >/dev/null ;;
    procps) command -v ps >/dev/null ;;
    maven) command -v mvn >/dev/null ;;
    mariadb-server-core) command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] ;;
    mariadb-client-core) command -v mariadb >/dev/null ;;
    libcmocka-dev) compiles '#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>' ;;
    libclang-rt-14-dev) command -v clang >/dev/null && [ -e "$(clang \
        -print-file-name="libclang_rt.fuzzer-$(uname -m).a")" ] ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

missing_of() {
    for package; do
        is_there "$package" || printf ' %s' "$package"
    done
}

apt() {
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get install -y --no-install-recommends "$@" ||
        { $sudo apt-get update &&
            $sudo apt-get install -y --no-install-recommends "$@"; }
}

# One that is optional ends nothing; $1 is what it comes from.
optional_is_missing() {
    echo "gale: not installed, and tests that need it skip:$missing; $1" >&2
    exit 0
}

what=$1
shift
if ! command -v "${CC:-cc}" >/dev/null; then
    echo "gale: there is no C compiler: apt-get install gcc" >&2
    exit 1
fi
missing=$(missing_of "$@")
[ -n "$missing" ] || exit 0

line="apt-get install -y --no-install-recommends$missing"
sudo=
if [ "$(id -u)" != 0 ]; then
    line="sudo $line"
    sudo=sudo
fi
if [ "$what" = optional ]; then
    command -v apt-get >/dev/null || optional_is_missing 'there is no apt-get here'
    [ -z "$sudo" ] || [ "${YES:-}" = 1 ] ||
        optional_is_missing "to have it, run this, or make again with YES=1: $line"
    echo "installing$missing"
    # shellcheck disable=SC2086
    apt $missing >&2 || optional_is_missing "apt-get cannot get it"
    exit 0
fi
if [ "$what" != install ] || ! command -v apt-get >/dev/null; then
    echo "gale needs packages that are not installed:$missing" >&2
    echo "    $line" >&2
    exit 1
fi
if [ -n "$sudo" ] && [ "${YES:-}" != 1 ]; then
    echo "gale needs packages that are not installed; run this, or make" \
        "again with YES=1:" >&2
    echo "    $line" >&2
    exit 1
fi
echo "installing$missing"
# shellcheck disable=SC2086
apt $missing >&2 || {
    echo "gale: apt-get cannot get what is needed and not installed:$missing" >&2
    exit 1
}
