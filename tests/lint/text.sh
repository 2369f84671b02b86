#!/bin/sh
# text.sh - no line of code is wider than 80 columns or ends in blanks, no file
# of code is longer than 600 lines; nothing is left for later in a comment;
# nothing points outside the tree or to one machine; a file opens with its name.
set -u

files() {
    find . \( -name .git -o -name build \) -prune -o -type f -print |
        sed 's|^\./||' | grep -vE '^(LICENSE|\.gitignore)$' | sort
}

bad=0
report() {
    if [ -n "$1" ]; then
        echo "$1" | sed "s|\$|    <- $2|"
        bad=1
    fi
}

# The words are split so that this file does not find itself.
later='TO''DO|FIX''ME|XX''X|HA''CK'
report "$(files | xargs grep -nEw "$later" | cut -c1-160)" \
    "do it or open an issue"
report "$(files | xargs grep -nE '(^|[^.[:alnum:]_/])/(wo''rk|fa''rm|ho''me|ro''ot)/|\.\./sha''red' | cut -c1-160)" \
    "a path of one machine"
code=$(files | grep -E '\.([ch]|[ch]pp|sh)$')
report "$(echo "$code" | xargs grep -nE '[[:blank:]]+$' | cut -c1-160)" \
    "blanks at the end of the line"
report "$(echo "$code" | grep -E '\.([ch]|[ch]pp)$' |
    LC_ALL=C.UTF-8 xargs grep -nE '^.{81,}$' | cut -d: -f1,2)" \
    "wider than 80 columns"
report "$(echo "$code" | xargs wc -l | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 }')" \
    "longer than 600 lines"
report "$(echo "$code" | grep -E '\.([ch]|[ch]pp)$' | while read -r file; do
    name=$(basename "$file")
    head -n 2 "$file" | grep -qF "$name" || echo "$file:1:"
done)" "expected /* NAME - what it is, where it stands */"
exit $bad
