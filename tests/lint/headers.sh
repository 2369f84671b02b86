#!/bin/sh
# headers.sh - every header compiles alone; a public one as C11 and as C++20.
set -u

bad=0
alone() { # header, language, compiler, flags…
    header=$1 language=$2
    shift 2
    echo "#include \"$header\"" |
        "$@" -Wall -Wextra -Werror -Itopology-api -I. -fsyntax-only \
            -x "$language" - || {
        echo "$header: does not compile alone as $language"
        bad=1
    }
}

for header in topology-api/gale/*.h; do
    alone "$header" c "${CC:-cc}" -std=c11
done
for header in topology-api/gale/*.h topology-api/gale/*.hpp; do
    [ ! -e "$header" ] || alone "$header" c++ "${CXX:-c++}" -std=c++20
done
# Of an older C++ there is one line about it, and none about what it has not.
for header in topology-api/gale/*.hpp; do
    said=$(echo "#include \"$header\"" | "${CXX:-c++}" -std=c++17 -Itopology-api \
        -I. -fsyntax-only -x c++ - 2>&1 | grep 'error:')
    case $(echo "$said" | wc -l):$said in
    1:*'needs C++20: -std=c++20"'*) continue ;;
    esac
    echo "$header: as C++17 it says: $said" | head -n 3
    bad=1
done
for header in topology-api/*.h common/*.h worker/*.h supervisor/*.h nimbus/*.h testing/*.h cli/*.h connectors/*.h spouts/*.h \
        bolts/*.h tests/support/*.h; do
    [ ! -e "$header" ] || alone "$header" c "${CC:-cc}" -std=c11 -D_GNU_SOURCE
done
exit $bad
