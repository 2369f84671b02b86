# well.sh - what must be true of the cluster when it has come to rest; sourced by
# soak.sh, which asks for it after every row.
#
# all_is_well says what is not as it should be, yet. It is asked again and again, with
# the patience of the tests.

N_NIMBUSES=3 N_SUPERVISORS=3 N_MEMBERS=3

all_is_well() {
    _page >page || { echo 'no page' && return 1; }
    _daemons_are_there && _topologies_run && _each_worker_is_one_process &&
        _nothing_is_left_of_others
}

# expected FOUND WANTED WHAT
_expected() {
    [ "$1" = "$2" ] || { echo "$3: $1, expected $2" && return 1; }
}

# -- daemons ----------------------------------------------------------------------

_daemons_are_there() {
    _expected "$(grep -c '"state":"alive"' page)" $N_SUPERVISORS 'supervisors alive' &&
        _expected "$(grep -c '"leads":' page)" $N_NIMBUSES nimbuses &&
        _expected "$(grep -c '"leads":true' page)" 1 'nimbuses that lead' &&
        _processes_are nimbus $N_NIMBUSES &&
        _processes_are supervisor $N_SUPERVISORS &&
        _members_serve
}

_processes_are() { # VERB N
    _expected "$(_its_processes | grep -c " $1\$")" "$2" "processes of gale $1"
}

_members_serve() {
    modes=$(for n in $(seq $N_MEMBERS); do
        member "$n" word srvr | sed -n 's/^Mode: //p'
    done | sort | tr '\n' ' ')
    _expected "$modes" 'follower follower leader ' 'members of ZooKeeper'
}

# -- topologies -------------------------------------------------------------------

_topologies_run() {
    _expected "$(grep -c '^{"name":' page)" 3 topologies || return 1
    for name in $TOPOLOGIES; do
        _runs_whole "$name" || return 1
    done
}

_runs_whole() { # NAME
    n=$(cat "$1.workers")
    line=$(grep -F "{\"name\":\"$1\"," page)
    for part in '"status":"ACTIVE"' "\"workers\":$n," "\"workers_running\":$n,"; do
        case $line in
        *"$part"*) ;;
        *) echo "$1 has no $part: $line" && return 1 ;;
        esac
    done
}

_n_workers() {
    cat books.workers words.workers roll.workers | awk '{ n += $1 } END { print n }'
}

# Each slot has one worker, each worker one process, and there is no other.
_each_worker_is_one_process() {
    grep '^{"worker":' page >placed
    grep -o '"port":[0-9]*' placed | sort | uniq -d >twofold
    [ ! -s twofold ] || { echo "a slot has two workers: $(cat twofold)" && return 1; }
    _expected "$(grep -c . placed)" "$(_n_workers)" 'workers that are placed' || return 1
    grep -o '"pid":[0-9]*' placed | cut -d: -f2 | sort >said
    _its_processes | sed -n 's/ worker$//p' | sort >found
    cmp -s said found || { echo "workers are $(tr '\n' ' ' <found), status says $(tr '\n' ' ' <said)" && return 1; }
    _processes_are log-writer "$(_n_workers)"
}

# -- what is left -----------------------------------------------------------------

_nothing_is_left_of_others() {
    grep -o '^{"name":"[^"]*","id":"[^"]*' page | sed 's/.*"//' | sort >ids
    _nodes_are_of_ids && _directories_are_of_workers
}

# ZooKeeper has these topologies and no others, all of them placed.
_nodes_are_of_ids() {
    nodes >nodes.txt || { echo 'no nodes' && return 1; }
    for folder in topologies assignments; do
        sed -n "s|^/$folder/\([^/]*\)\$|\1|p" nodes.txt | sort >found
        cmp -s ids found || { echo "/$folder: $(tr '\n' ' ' <found), expected $(tr '\n' ' ' <ids)" && return 1; }
    done
    sed -n 's,^/\(positions\|errors\)/\([^/]*\).*,\2,p' nodes.txt | sort -u | comm -23 - ids >others
    [ ! -s others ] || { echo "left in ZooKeeper: $(tr '\n' ' ' <others)" && return 1; }
    _expected "$(grep -c '^/supervisors/.' nodes.txt)" $N_SUPERVISORS 'nodes of supervisors' || return 1
}

_directories_are_of_workers() {
    find supervisor?/supervisor/workers -mindepth 1 -maxdepth 1 -printf '%f\n' |
        sort -u | comm -23 - ids >others
    [ ! -s others ] || { echo "left in supervisors: $(tr '\n' ' ' <others)" && return 1; }
    n=$(find supervisor?/supervisor/workers -mindepth 2 -maxdepth 2 | wc -l)
    _expected "$n" "$(_n_workers)" 'directories of workers' || return 1
    left=$(find supervisor?/supervisor nimbus?/nimbus -name '*.tmp*' -o -name 'upload-*')
    _expected "$left" '' 'half a file'
}

# -- lost, and twice --------------------------------------------------------------

# hit NAME TIMES: so often, what was pending there may have come again.
hit() {
    echo "$1 $2" >>hits
}

hit_all() { # TIMES
    for name in $TOPOLOGIES; do
        hit "$name" "$1"
    done
}

# What came twice since the last look, within what this row and the one before it may
# have brought: a message comes again when it has timed out, perhaps after the row.
# Sets $twice, a sentence.
judge_duplicates() {
    twice=
    for name in $TOPOLOGIES; do
        _judge_duplicates "$name"
        twice="$twice${twice:+, }$name $came of at most $allowed"
    done
    : >hits
}

_judge_duplicates() { # NAME
    now=$(entry "$1" twice)
    came=$((now - $(cat "$1.twice" 2>/dev/null || echo 0)))
    new=$(awk -v name="$1" -v most="$(most_of "$1")" \
        '$1 == name { n += $2 } END { print n * most }' hits)
    allowed=$((new + $(cat "$1.left" 2>/dev/null || echo 0)))
    [ $came -le $allowed ] ||
        fail "$came sequences of $1 came again, expected $allowed at most"
    left=$((allowed - came))
    [ $left -le "$new" ] || left=$new # to the next row; not to those after it
    echo "$now" >"$1.twice"
    echo $left >"$1.left"
}
