#!/bin/sh
# examples.sh - the plugins that show how one writes the usual things stay short,
# at most 60 lines, and need no cast: the API is judged by them.
set -u

bad=0
for name in plain_split.c plain_count.c rolling.c hash_join.c moving_average.c \
    batch_sink.c fd_source.c odd_even.c named_streams.c remember.cpp; do
    file=tests/plugins/$name
    n=$(grep -c '' "$file")
    [ "$n" -le 60 ] || {
        echo "$file: has $n lines, expected at most 60"
        bad=1
    }
    # (void) says that a value is not needed.
    grep -nE '\((const )?(struct [a-z_]+|unsigned|[a-z0-9]+_t|char|int|double)( \*+)?\)[a-z(&*]|_cast<' \
        "$file" | grep -vE '(sizeof|alignof) ?\(' | sed "s|^|$file:|; s|\$|: has a cast|" |
        grep . && bad=1
done
exit $bad
