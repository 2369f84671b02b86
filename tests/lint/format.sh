#!/bin/sh
# format.sh - every C file looks as .clang-format says; --fix makes it so, and
# gives the lines between the sections of a file their width.
#
# Other versions of clang-format decide otherwise in places, so only the one
# of Debian 12 is asked.
set -u

sources() {
    find cli common topology-api worker supervisor nimbus simulator testing connectors spouts bolts examples tests \
        \( -name '*.[ch]' -o -name '*.[ch]pp' \) -print
}

# Section lines, "/* -- name --- */", to 80 columns.
rule() {
    for file in $(sources | xargs grep -lE '^/\* -- .* -+ \*/$'); do
        awk '/^\/\* -- .* -+ \*\/$/ {
            sub(/ -+ \*\/$/, " ")
            while (length($0) < 77)
                $0 = $0 "-"
            $0 = $0 " */"
        } { print }' "$file" >build/ruled
        cmp -s build/ruled "$file" || cat build/ruled >"$file"
    done
    rm -f build/ruled
}

version=$(clang-format --version 2>/dev/null |
    sed 's/.*version \([0-9]*\).*/\1/')
if [ "$version" != 14 ]; then
    echo "format: skipped: needs clang-format 14, found ${version:-none}"
    exit 0
fi
if [ "${1:-}" = --fix ]; then
    sources | xargs clang-format -i
    mkdir -p build
    rule
    exit 0
fi
sources | xargs clang-format --dry-run 2>&1 |
    grep 'code should be clang-formatted' |
    sed 's/:[0-9]*: .*/: not formatted (make format)/' |
    awk -F: '!seen[$1]++ { print } END { exit NR > 0 }'
