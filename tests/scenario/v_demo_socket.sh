# v_demo_socket.sh - `make demo-socket`: what gale counts of a text that comes over
# a socket is what standard tools count.
. tests/support/scenario.sh

words_over_a_socket_are_counted_of_late_and_in_all() {
    [ -x /bin/bash ] || skip 'there is no bash, which opens connections by itself'
    cd "$TOP"
    "$TOP/tests/support/demo_socket.sh" "${GALE_BUILD#"$TOP/"}" 2 1 >"$OLDPWD/out" \
        2>"$OLDPWD/err" || status=$?
    cd "$OLDPWD"
    cat out err
    expect_equal "${status:-0}" 0 "the demo's status"
    expect_stdout 'last 2 s: '
    expect_equal "$(grep -c ' windows, 0 of them wrong' out)" 2 'forms with right windows'
    expect_equal "$(grep -c 'words have the same counts' out)" 2 'forms with right counts'
}

a_socket_that_is_taken_is_named() {
    "$GALE" local socket_words "unix:$PWD/s" >first 2>first.err &
    pid=$!
    await 'a socket' [ -S s ]
    run "$GALE" local socket_words "unix:$PWD/s"
    kill "$pid"
    wait "$pid" || :
    expect_refusal "cannot listen at unix:$PWD/s: Address already in use"
}

arguments_that_are_none_are_refused_with_the_usage() {
    for arguments in '' 'unix:s 0' 'unix:s 1000 x' 'unix:s 1 1 1'; do
        # shellcheck disable=SC2086
        run "$GALE" local socket_words $arguments
        [ "$status" != 0 ] || fail "\"$arguments\" was taken"
        expect_stderr 'socket_words ADDRESS [WINDOW_MS [EMIT_MS]]'
    done
    run "$GALE" local socket_words "unix:$PWD/s" 1000 300
    expect_status 1
    expect_stderr 'option window.ms must be 1 to 64 times emit.ms'
}

scenario
