# ledger.awk - what became of the tuples of tests/plugins/bookkeeper.c.
#
#     awk -f ledger.awk -v tasks=N -v end=FILE DIR/sink-*
#
# FILE-TASK holds how many sequences the task has emitted.
# One line of numbers: what was lost, what came more than once (in all, and from
# the source that it befell most), what was out of order from a source to a
# sink apart from replays, what came damaged. The status is 1 if anything was
# lost, damaged, or out of order.

BEGIN {
    for (task = 0; task < tasks; task++) {
        if ((getline count[task] <(end "-" task)) != 1) {
            print "there is no " end "-" task
            bad = 1
            exit 2
        }
        all += count[task]
    }
}

FNR == 1 { delete last }

NF != 6 || $3 "" != $4 "" || $1 !~ /^[0-9]+$/ || $1 >= tasks {
    damaged++
    next
}

# A source that was restarted goes back to its position, and may be told to end
# before it is where it has been already.
$2 >= count[$1] { next }

{
    if (($1, $2) in seen)
        again[$1]++
    else
        distinct++
    seen[$1, $2] = 1
}

# Within one run of a source, what goes out for the first time goes in order.
$6 == 0 {
    if (($1, $5) in last && $2 <= last[$1, $5])
        disordered++
    last[$1, $5] = $2
}

END {
    if (bad)
        exit 2
    for (task in again) {
        duplicates += again[task]
        if (again[task] > most)
            most = again[task]
    }
    lost = all - distinct
    printf "lost %d, duplicates %d (%d of one source), out of order %d, " \
        "damaged %d\n", lost, duplicates, most, disordered, damaged
    exit lost > 0 || disordered > 0 || damaged > 0
}
