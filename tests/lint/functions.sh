#!/bin/sh
# functions.sh - no function is longer than 70 lines; none calls what cannot be
# used safely, or asks a shell; no test sleeps.
set -u

find topology-api common worker supervisor nimbus simulator testing cli connectors spouts bolts examples tests \
    \( -name '*.[ch]' -o -name '*.[ch]pp' \) -print | sort | xargs awk '
    function complain(line, what) {
        print FILENAME ":" line ": " what
        bad = 1
    }
    # The code of the line: no comments, strings, character constants.
    function code_of(line) {
        gsub(/\\./, "", line)
        gsub(/"[^"]*"/, "\"\"", line)
        gsub(/\047[^\047]*\047/, "0", line)
        if (comment) {
            if (!sub(/^.*\*\//, "", line))
                return ""
            comment = 0
        }
        gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", line)
        sub(/\/\/.*/, "", line)
        if (sub(/\/\*.*/, "", line))
            comment = 1
        return line
    }
    FNR == 1 { comment = 0; body = 0 }
    { code = code_of($0) }
    !body && code ~ /^[A-Za-z_]/ { start = FNR; class = code ~ /^class / }
    code ~ /^{/ { body = 1 }
    body && code ~ /^}/ {
        if (!class && FNR - start + 1 > 70)
            complain(start, "a function of " FNR - start + 1 \
                " lines: at most 70")
        body = 0
    }
    code ~ /(^|[^A-Za-z0-9_.>])(strcpy|strcat|strncpy|strncat|stpcpy|sprintf|vsprintf|gets|strtok|system|popen|alloca|atoi|atol|atoll|atof|rand|srand|tmpnam|tempnam|mktemp|setjmp|longjmp)[ ]*\(/ {
        complain(FNR, "a banned function: " $0)
    }
    FILENAME ~ /^tests\/(unit|conformance)\// &&
        code ~ /(^|[^A-Za-z0-9_])(sleep|usleep|nanosleep|thrd_sleep)[ ]*\(/ {
        complain(FNR, "a test sleeps: wait for the event")
    }
    END { exit bad }'
