# proxies.sh - a proxy with faults between a client and its server; sourced after
# scenario.sh and servers.sh.
#
#   begin_proxy 127.0.0.1:3306     $proxy is the address to go to
#   told eat-after COMMIT          a command; it holds when this returns
#   expect_event 'fired eat-after'
#
# tests/servers/proxy.c has the commands. It ends with the test.

# begin_proxy HOST:PORT [PORT]
begin_proxy() {
    mkfifo commands events
    "$GALE_BUILD/tests/servers/proxy" "${2:-0}" "$1" <commands >events 2>proxy.err &
    proxy_pid=$!
    exec 8>commands 9<events
    expect_event listens
    proxy=127.0.0.1:${event#listens }
}

# Its connections end with it. Another one may begin then.
end_proxy() {
    exec 8>&- 9<&-
    kill "$proxy_pid" 2>/dev/null || :
    wait "$proxy_pid" || :
    rm commands events
}

# The next line of a descriptor, which has to come.
_line() {
    timeout 30 sh -c 'read -r line && printf "%s\n" "$line"' <&"$1"
}

told() {
    echo "$*" >&8
    expect_event "$1"
}

# The next line of it, which begins so; it is in $event.
expect_event() {
    event=$(_line 9) || event='nothing more'
    case $event in
    "$1"*) ;;
    *) fail "the proxy said \"$event\", expected \"$1\"; $(_said proxy.err)" ;;
    esac
}
