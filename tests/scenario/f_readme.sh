#!/bin/sh
# f_readme.sh - what the pages say is so: every command in them runs and says
# what they show; links, files, functions and keys that they name are there.
#
# A page's fenced blocks are its test. One shell runs them in their order:
#
#   sh                    commands, which succeed; `sh fails`: which do not
#   c, cpp, yaml          a file whose name is the first word of its comment
#   text                  what the block before it says; … leaves lines out
#   text numbers differ   the same, but any number may stand for a number
#
# Everything else (drawings) is for people alone.
. tests/support/scenario.sh

VARIANT=${GALE_BUILD##*/} # for the make of the pages
export VARIANT

# -- pages that run ---------------------------------------------------------------

# _blocks PAGE: each block becomes a file NUMBER.KIND, blanks in KIND are "-".
_blocks() {
    [ -e "$1" ] || fail "there is no $1"
    mkdir blocks
    sed "s|build/release|build/$VARIANT|g" "$1" | awk '
        /^```/ && file == "" {
            kind = substr($0, 4)
            gsub(/ /, "-", kind)
            file = sprintf("blocks/%03d.%s", ++n, kind == "" ? "none" : kind)
            printf "" >file
            next
        }
        /^```/ { close(file); file = ""; next }
        file != "" { print >file }
        END { exit file != "" }' || fail "$1: a block has no end"
}

_name_of() { # the file that a block of code is
    sed -n '1s|^[^a-zA-Z]*\([a-z_0-9]*\.[a-z]*\).*|\1|p' "$1"
}

# The shell script that a page is; each block says its things to NUMBER.out.
_session() {
    echo 'set -e'
    for block in "$PWD"/blocks/*; do
        out=${block%.*}.out
        case ${block##*.} in
        sh)
            echo "exec >'$out' 2>&1"
            cat "$block" ;;
        sh-fails)
            echo "exec >'$out' 2>&1; set +e"
            cat "$block"
            echo '[ $? != 0 ] || exit 1; set -e' ;;
        c | cpp | yaml)
            echo "cp '$block' '$(_name_of "$block")'" ;;
        text | text-numbers-differ)
            ;;
        *)
            [ "${block##*.}" = none ] ||
                echo "echo 'unknown kind of block: ${block##*.}'; exit 1" ;;
        esac
    done
}

# _compare WANTED FOUND NUMBERS: nothing if they agree; else the line that does
# not. NUMBERS is 1 if numbers, with their units, may differ.
_compare() {
    awk -v numbers="$3" '
        function norm(line) {
            sub(/ +$/, "", line)
            if (numbers) {
                gsub(/hash: [0-9a-f]+/, "hash: #", line)
                gsub(/[0-9][0-9.,]*( [kMGT])?( ?(ns|µs|ms|s))?(\/s)?/, "#",
                     line)
                gsub(/ +/, " ", line)
            }
            return line
        }
        FNR == NR { wanted[++w] = norm($0); next }
        { found[++f] = norm($0); real[f] = $0 }
        END {
            j = 1
            for (i = 1; i <= w; i++) {
                if (wanted[i] == "…") {
                    skip = 1
                    continue
                }
                while (skip && j <= f && found[j] != wanted[i])
                    j++
                if (j > f || found[j] != wanted[i]) {
                    print "expected \"" wanted[i] "\", found \"" \
                        (skip || j > f ? "no such line" : real[j]) "\""
                    exit
                }
                j++
                skip = 0
            }
            if (!skip && j <= f)
                print "there is more: \"" real[j] "\""
        }' "$1" "$2"
}

_compare_all() {
    out=
    for block in blocks/*; do
        case $block in
        *.sh | *.sh-fails) out=${block%.*}.out; continue ;;
        *.text) numbers=0 ;;
        *.text-numbers-differ) numbers=1 ;;
        *) continue ;;
        esac
        difference=$(_compare "$block" "$out" "$numbers")
        [ -z "$difference" ] || fail "$1: $difference (what $out holds)"
    done
}

# Run a page from the top of the tree, with a home of its own.
_page_works() {
    case $VARIANT in
    asan | tsan) skip "the pages are about builds without sanitizers" ;;
    esac
    _blocks "$TOP/$1"
    [ -n "$(ls blocks/*.sh)" ] || fail "$1 has no commands"
    _session >session
    mkdir home
    here=$PWD
    trap '"$GALE" cluster down "$here/home/cluster" >down.out' EXIT # of a page that ends early
    (
        unset GALE GALE_BUILD GALE_CONFIG GALE_PLUGIN_PATH PKG_CONFIG_PATH
        cd "$TOP" && HOME=$here/home sh "$here/session"
    ) || {
        last=$(ls blocks/*.out | tail -n 1)
        cat "$last"
        fail "$1: block ${last%.out} ended with: $(tail -n 3 "$last" |
            tr '\n' ' ')"
    }
    _compare_all "$1"
}

the_tour_of_the_readme_works() {
    _page_works README.md
}

# Its function pid() is given pages of a cluster, before, while and after the
# topology has workers.
what_the_readme_kills_is_a_process() {
    definition=$(grep '^pid()' "$TOP/README.md") || fail 'README.md has no pid()'
    gale() { cat page; }
    eval "$definition"
    while read -r worker nimbus pids; do
        printf '%s\n' 'process       state  pid  ports' \
            "nimbus-1      $nimbus" "cows-1-7/1    $worker" '' \
            'name  status  workers  executors  tasks  uptime  id' \
            'cows  ACTIVE        2          7      7  4.42 s  cows-1-7' |
            grep -v ' no$' | tr _ ' ' >page
        found="$(pid cows) $(pid nimbus-1)"
        [ "$found" = "$(echo "$pids" | tr _ ' ')" ] ||
            fail "pid() says \"$found\" of this page: $(cat page)"
    done <<-END
	no                runs__12__6001     _12
	runs__34__6702    runs__12__6001     34_12
	runs__34__6702    does_not_run__-__6001  34_
	END
}

the_commands_about_the_architecture_work() {
    _page_works docs/architecture.md
}

the_commands_about_runs_from_a_seed_work() {
    _page_works docs/simulation.md
}

the_tests_and_commands_about_testing_work() {
    _page_works docs/testing.md
}

the_commands_about_topologies_in_yaml_work() {
    _page_works docs/topology-yaml.md
}

the_command_about_large_clusters_works() {
    _page_works docs/scale.md
}

the_commands_about_libraries_work() {
    _page_works docs/dependencies.md
}

the_commands_about_configuration_work() {
    _page_works conf/README.md
}

# -- what pages name --------------------------------------------------------------

# Pages about the tree as it is.
PAGES='README.md SECURITY.md docs/operations.md docs/storm-users.md
    docs/README.md docs/architecture.md docs/dependencies.md
    docs/simulation.md docs/scale.md docs/testing.md docs/topology-yaml.md common/README.md conf/README.md
    simulator/README.md testing/README.md topology-api/README.md worker/README.md'

links_lead_to_files_of_the_tree() {
    for page in $(cd "$TOP" && ls ./*.md ./*/*.md ./tests/*/*.md); do
        for link in $(grep -o '](\([^)#:]*\)[^):]*)' "$TOP/$page" |
            sed 's/^](//; s/[#)].*//'); do
            [ -e "$TOP/$(dirname "$page")/$link" ] ||
                fail "$page: $link is not there"
        done
    done
}

# A module is named by its .c or its .h; a folder by its name and "/".
folders_name_all_their_files() {
    for page in $(cd "$TOP" && ls ./*/README.md \
        ./tests/plugins/README.md ./tests/scenario/README.md); do
        folder=$(dirname "$page")
        [ "$folder" != ./tests ] || continue
        for path in "$TOP/$folder"/* "$TOP/$folder"/gale/*; do
            file=$(basename "$path")
            [ "$file" != README.md ] && [ -e "$path" ] || continue
            grep -q "[\`/(]${file%.*}[./]" "$TOP/$page" ||
                fail "$page does not name $file"
        done
    done
}

# Words in backquotes that match.
_named() {
    for page in $PAGES; do
        awk '/^```/ { inside = !inside; next } !inside' "$TOP/$page" |
            grep -o '`[^`]*`' | tr -d '`' | grep -E "$1" | sed "s|^|$page |"
    done | sort -u
}

# Folders of the tree that have a README.
the_map_of_folders_is_whole() {
    for page in $(cd "$TOP" && ls */README.md); do
        grep -qF "[\`$(dirname "$page")/\`](" "$TOP/README.md" ||
            fail "README.md: the map does not name $(dirname "$page")/"
    done
}

files_that_pages_name_exist() {
    _named '^[a-z_/-]+\.(c|h|hpp|def|sh|yaml)$' >names
    while read -r page name; do
        case $name in
        initial.c | letters.c | shout.c | spoken.c | vowels.c) continue ;; # not ours
        test_initial.c | storm.yaml | /etc/gale/gale.yaml) continue ;; # nor these
        esac
        [ -n "$(find "$TOP" -path "$TOP/build" -prune -o \
            -path "*/$name" -print | head -n 1)" ] ||
            fail "$page: there is no $name"
    done <names
    [ -s names ] || fail "no page names a file"
}

# A message has no pieces but those of the code, where it may be in several lines.
messages_that_are_explained_are_said() {
    find "$TOP/common" "$TOP/nimbus" "$TOP/supervisor" "$TOP/worker" "$TOP/cli" \
        -name '*.c' -exec cat {} + | tr '\n' ' ' | sed 's/" *"//g' >said
    sed -n '/^## What messages mean/,$ s/^| `\([^`]*\)`.*/\1/p' \
        "$TOP/docs/operations.md" | sed 's/…/\n/g' |
        sed 's/^ *//; s/ *$//' | grep .. >pieces
    [ "$(grep -c . pieces)" -gt 20 ] || fail 'the page explains nothing'
    while read -r piece; do
        grep -qF -e "$piece" said || fail "nobody says \"$piece\""
    done <pieces
}

# Storm's are in the first column, ours in the second.
commands_for_people_from_storm_exist() {
    awk -F'|' '/^\| / { print $3 }' "$TOP/docs/storm-users.md" |
        grep -o '`gale [a-z_-]*' | sed 's/^`gale //' | sort -u >names
    [ "$(grep -c . names)" -gt 10 ] || fail 'the page names no commands'
    while read -r name; do
        run "$GALE" help "$name"
        expect_status 0
    done <names
}

functions_that_pages_name_exist() {
    _named '^[a-z_0-9]+\(\)$' >names
    while read -r page name; do
        grep -rqwF "${name%()}" "$TOP/topology-api" "$TOP/common" \
            "$TOP/worker" "$TOP/simulator" "$TOP/testing" "$TOP/cli" "$TOP/tests/support" ||
            fail "$page: there is no $name"
    done <names
    [ -s names ] || fail "no page names a function"
}

keys_that_pages_name_exist() {
    _named '^(topology|gale|storm|nimbus|supervisor)\.[a-z.]+$' |
        grep -vE '\.(c|h|pc|in|hpp|yaml)$' >names
    while read -r page name; do
        grep -qF "\"$name\"" "$TOP/common/config_keys.def" ||
            fail "$page: there is no key $name"
    done <names
    [ -s names ] || fail "no page names a key"
}

scenario
