#!/bin/sh
# c_wordcount.sh - the word count is right: equal to that of standard tools, for
# every parallelism, and explained to the last word when lines are replayed.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# The reference, as `COUNT WORD`, sorted.
_count_by_tools() { # files
    awk 1 "$@" | tr -s ' \t\n\v\f\r' '\n' | grep -av '^$' | sort | uniq -c |
        sed 's/^ *//' | sort
}

# A text that a machine of any kind has: gale's own files.
_prose() {
    find "$TOP"/topology-api "$TOP"/worker "$TOP"/common "$TOP"/LICENSE \
        -type f -print | sort | xargs cat
}

# Bytes of every kind, words of 1 to 60000 bytes, no newline at the end.
_odd() {
    awk 'BEGIN {
        srand(7)
        for (i = 0; i < 30000; i++) {
            n = int(rand() * rand() * 40)
            for (j = 0; j < n; j++)
                printf "%c", int(rand() * 256)
            printf "%c", substr(" \t\n\v\f\r", 1 + int(rand() * 6), 1)
        }
        for (i = 0; i < 60000; i++)
            printf "w"
        printf " last"
    }'
}

# Few words, again and again, in many short lines.
_short() {
    yes 'the cow
jumped over

the moon' | head -n 200000
}

# _equal FILE…: for parallelism 1, 2, 8 and one and two carriers.
_equal() {
    _count_by_tools "$@" >wanted
    [ -s wanted ] || fail "the reference is empty"
    for carriers in 1 2; do
        for parallelism in 1 2 8; do
            run "$GALE" local -q --carriers "$carriers" --stats s.json \
                wordcount -p "$parallelism" "$@"
            expect_status 0
            expect_silence err
            sort out >found
            expect_same found wanted
            expect_equal "$(counter s.json lines acked)" \
                "$(counter s.json lines emitted)" acked
            expect_equal "$(counter s.json lines failed)" 0 failed
        done
    done
}

prose_is_counted_as_by_standard_tools() {
    _prose >prose
    _equal prose
}

odd_bytes_are_counted_as_by_standard_tools() {
    _odd >odd
    _equal odd
}

short_lines_are_counted_as_by_standard_tools() {
    _short >short
    _equal short
}

three_files_are_counted_as_one_text() {
    _prose >prose
    _odd >odd
    printf 'no newline' >end
    _equal prose odd end
}

standard_input_is_a_text() {
    _prose >prose
    _count_by_tools prose >wanted
    run "$GALE" local -q wordcount <prose
    expect_status 0
    sort out >found
    expect_same found wanted
    run "$GALE" local -q wordcount - <prose
    sort out >found
    expect_same found wanted
}

no_words_are_no_counts() {
    printf ' \t\n\v\f\r\n\n' >blank
    run "$GALE" local -q wordcount blank
    expect_status 0
    expect_silence out
}

wrong_arguments_show_the_usage() {
    run "$GALE" local wordcount - -p 2
    expect_status 2
    expect_stderr 'found "-p", expected -p N alone, and before files'
    for arguments in '-p' '-p 0' '-p many x' '-x'; do
        # shellcheck disable=SC2086
        run "$GALE" local wordcount $arguments
        expect_status 2
        expect_stderr 'gale local: usage:'
    done
}

a_file_may_be_called_as_an_option_is() {
    echo 'cow' >-p
    run "$GALE" local -q wordcount -- -p
    expect_status 0
    expect_equal "$(cat out)" '1 cow' out
}

# Counts minus what lines that failed had sent already: the truth.
what_is_replayed_explains_every_excess() {
    _prose >prose
    _count_by_tools prose | awk '{ print $2, $1 }' | sort >wanted
    for parallelism in 1 2 8; do
        run "$GALE" local -q --carriers 2 --stats s.json flaky "$parallelism" \
            prose
        expect_status 0
        awk '$1 == "words" { n[$3] += $2 }
             $1 == "excess" { n[$3] -= $2 }
             END { for (w in n) print w, n[w] }' out | sort >found
        expect_same found wanted
        failed=$(counter s.json lines failed)
        [ "$failed" -gt 100 ] || fail "only $failed lines failed"
        expect_equal "$(counter s.json lines timed_out)" 0 'timed out'
        expect_equal "$(counter s.json lines emitted)" \
            "$(($(counter s.json lines acked) + failed))" emitted
        expect_equal "$(counter s.json lines acked)" \
            "$(grep -c '' prose)" 'lines acked'
    done
}

a_topology_in_cpp_counts_alike() {
    printf 'the cow\njumped over the moon\nmoonlight\n' >text
    _count_by_tools text >wanted
    run "$GALE" local -q cpp_words <text
    expect_status 0
    sort out >found
    expect_same found wanted
}

an_exception_of_a_topology_in_cpp_is_its_error() {
    run "$GALE" local cpp_words nonsense
    expect_refusal 'no use for "nonsense"'
}

a_parallelism_that_is_none_is_said() {
    for n in 1000000 x 0; do
        run "$GALE" local wordcount -p $n
        expect_status 2
        expect_stderr "found \"-p $n\", expected a number from 1 to 10000"
    done
}

# As for cat: the second - finds the end of the first.
standard_input_is_read_once() {
    printf 'the cow\nthe moon\n' >text
    for n in 1 2; do
        for again in - /dev/stdin /dev/fd/0 /proc/self/fd/0; do
            run "$GALE" local -q wordcount -p $n - "$again" <text
            expect_status 0
            sort out >found
            _count_by_tools text >wanted
            expect_same found wanted
        done
    done
}

a_file_is_read_as_often_as_it_is_named() {
    printf 'the cow\nthe moon\n' >text
    run "$GALE" local -q wordcount text text <text
    expect_status 0
    sort out >found
    cat text text >twice
    _count_by_tools twice >wanted
    expect_same found wanted
}

scenario
