#!/bin/sh
# stems.sh - the stem of a file says where it is: no two .c files share one
# (main.c excepted), no two headers do, and a private header stands beside the
# .c file of its name. A public header, gale/NAME.h, may be implemented by a
# NAME.c anywhere.
set -u

find topology-api common worker supervisor nimbus simulator testing cli connectors spouts bolts examples tests \
    -name '*.[ch]' -print | sort | awk '
    {
        n = split($0, part, "/")
        stem = part[n]
        kind = substr(stem, length(stem))
        sub(/\..$/, "", stem)
        folder = substr($0, 1, length($0) - length(part[n]) - 1)
        if (stem == "main")
            next
        if ((kind, stem) in at)
            bad = report($0, at[kind, stem])
        at[kind, stem] = $0
        if (folder == "topology-api/gale")
            next
        other = kind == "c" ? "h" : "c"
        if ((other, stem) in in_folder && in_folder[other, stem] != folder)
            bad = report($0, at[other, stem])
        in_folder[kind, stem] = folder
    }
    function report(a, b) {
        print a ": its stem is taken by " b
        return 1
    }
    END { exit bad }'
