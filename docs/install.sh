#!/bin/sh
# install.sh - the pages for who uses gale, and the sources that they show.
#
#   install.sh TO    from the top of the tree into TO, as they lie in the tree
#
# What is for who changes gale is not installed: a link to it becomes its text,
# so that none leads nowhere.
set -eu
to=$1

put() { # folder, files
    folder=$1
    shift
    install -d "$to/$folder"
    install -m 644 "$@" "$to/$folder"
}

put . LICENSE README.md SECURITY.md CHANGELOG.md
put docs docs/*.md docs/*.svg
put conf conf/README.md conf/gale.yaml
put topology-api topology-api/README.md
put bolts bolts/*.md bolts/*.[ch]
put spouts spouts/*.md spouts/*.[ch]
put examples examples/*.md examples/*.[ch] examples/*.yaml
put tests/plugins tests/plugins/*.[ch] tests/plugins/*.cpp

cd "$to"
for page in *.md */*.md; do
    awk -v folder="$(dirname "$page")" '
        function leads_somewhere(link) {
            sub(/#.*/, "", link)
            return link == "" || link ~ /:/ ||
                !system("test -e \"" folder "/" link "\"")
        }
        {
            done = ""
            while (match($0, /\[[^]]*\]\([^)]*\)/)) {
                link = substr($0, RSTART, RLENGTH)
                text = link
                sub(/^\[/, "", text)
                sub(/\]\(.*/, "", text)
                target = link
                sub(/.*\]\(/, "", target)
                sub(/\)$/, "", target)
                done = done substr($0, 1, RSTART - 1) \
                    (leads_somewhere(target) ? link : text)
                $0 = substr($0, RSTART + RLENGTH)
            }
            print done $0
        }' "$page" >"$page.new"
    mv "$page.new" "$page"
done
