# demo_text.sh - the text of the demos: the licences that every Debian machine has
# (elsewhere: gale's own), as often as it takes for 2 MB. Sourced by demo*.sh.

size_of() {
    wc -c <"$1"
}

make_text() { # FILE
    licences=/usr/share/common-licenses
    [ -e $licences/GPL-3 ] || licences=LICENSE
    find $licences -type f -print | sort | xargs cat >"$1.part"
    : >"$1.new"
    while [ "$(size_of "$1.new")" -lt 2000000 ]; do
        cat "$1.part" >>"$1.new"
    done
    rm "$1.part"
    mv "$1.new" "$1"
}
