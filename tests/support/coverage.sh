#!/bin/sh
# coverage.sh BUILD - the share of lines that tests ran, per folder and for the
# files that are below 80 %; BUILD is build/coverage after the tests.
set -u

find "$1/obj" -name '*.gcda' -not -path '*/obj/tests/*' | sort |
    while read -r data; do
        gcov -n "$data" 2>/dev/null
    done | awk '
    /^File / {
        file = $0
        gsub(/^File .|.$/, "", file)
    }
    /^Lines executed:/ && file ~ /^[a-z-]+\/[^\/]*\.c$/ {
        split($0, part, /[:% ]+/)
        share[file] = part[3]
        lines[file] = $NF
        split(file, path, "/")
        folder_lines[path[1]] += $NF
        folder_run[path[1]] += part[3] * $NF / 100
        all += $NF
        run += part[3] * $NF / 100
        file = ""
    }
    END {
        for (file in share)
            if (share[file] < 80)
                printf "%5.1f %% of %5d lines  %s\n", share[file], \
                    lines[file], file
        for (folder in folder_lines)
            printf "%5.1f %% of %5d lines  %s/\n", \
                100 * folder_run[folder] / folder_lines[folder], \
                folder_lines[folder], folder
        if (all > 0)
            printf "%5.1f %% of %5d lines\n", 100 * run / all, all
    }'
