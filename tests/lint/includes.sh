#!/bin/sh
# includes.sh - includes point one way:
#
#   spouts bolts → connectors → <gale/…>
#   examples tests/plugins → <gale/…>
#   cli → testing → simulator → worker → common → topology-api → <gale/…>
#   nimbus supervisor → common
#
# The daemons never include each other; the command may include the header that
# is a daemon's front door, those of nimbus's parts that a simulated cluster is put
# together from, those of the programs that a supervisor starts, and that of its
# workers, which outlive it. So may the simulator, of the daemons: it runs them.
#
# A folder may always use itself. What is private is named by its path from the
# top.
set -u

find topology-api common worker supervisor nimbus simulator testing cli connectors spouts bolts examples tests/plugins \
    \( -name '*.[ch]' -o -name '*.[ch]pp' \) -print | sort | xargs awk '
    function allowed(folder, target, path) {
        if (folder == target)
            return 1
        if (target == "topology-api")
            return folder ~ /^(common|worker|supervisor|nimbus|simulator|testing|cli)$/
        if (target == "common")
            return folder ~ /^(worker|supervisor|nimbus|simulator|testing|cli)$/
        if (folder == "cli" && path ~ /^(nimbus\/(nimbus|candidate|reign)|supervisor\/(supervisor|launcher|worker_log|leftovers|launch_plan)|worker\/worker_process)\.h$/)
            return 1
        if (folder == "simulator" && path ~ /^(nimbus\/nimbus|supervisor\/supervisor)\.h$/)
            return 1
        if (target == "connectors")
            return folder ~ /^(spouts|bolts)$/
        if (target == "worker")
            return folder ~ /^(simulator|testing)$/
        if (target == "simulator")
            return folder ~ /^(testing|cli)$/
        return target == "testing" && folder == "cli"
    }
    function complain(what) {
        print FILENAME ":" FNR ": includes " what
        bad = 1
    }
    /^#[ ]*include[ ]+"/ {
        split($0, part, "\"")
        split(FILENAME, from, "/")
        split(part[2], to, "/")
        if (FILENAME ~ /^topology-api\/gale\//)
            complain("\"" part[2] "\": a public header includes <gale/…> only")
        else if (part[2] !~ /\//) {
            if (part[2] !~ /\.inc$/)
                complain("\"" part[2] "\": expected \"FOLDER/" part[2] "\"")
        } else if (!allowed(from[1], to[1], part[2]))
            complain("\"" part[2] "\": " from[1] " may not use " to[1])
    }
    END { exit bad }'
