# sample.sh - what the processes of the soak and its cluster take, every few seconds, as
# JSON, one object a line; sourced by soak.sh.
#
#   {"t":SECONDS,"process":ROLE,"pid":N,"rss":KB,"descriptors":N,"threads":N}
#   {"t":SECONDS,"cluster":"gale","znodes":N,"directories":N,"files":N}
#   {"t":SECONDS,"row":N,"name":"…"}
#
# A ROLE is a daemon's directory (nimbus1, zookeeper2) or worker NAME, of a topology.

SAMPLE_SECS=5

sample_for_ever() {
    while :; do
        _sample >>samples.jsonl
        sleep $SAMPLE_SECS
    done
}

_sample() {
    t=$(($(date +%s) - began))
    {
        find /proc/[0-9]*/fd -mindepth 1 2>/dev/null | cut -d/ -f3 | uniq -c
        ps -ww -eo pid=,rss=,nlwp=,args=
    } | awk -v t=$t "$_PROCESSES"
    nodes=$(_znodes) || return 0
    find nimbus? supervisor? 2>/dev/null -printf '%y\n' | awk -v t=$t -v nodes="$nodes" '
        { n[$1]++ }
        END {
            printf "{\"t\":%d,\"cluster\":\"gale\",\"znodes\":%d,\"directories\":%d,\"files\":%d}\n",
                t, nodes, n["d"], n["f"]
        }'
}

_PROCESSES='
    NF == 2 { descriptors[$2] = $1; next }
    $5 == "worker" && $6 == "--topology" {
        role = $7
        sub(/-[0-9]+-[0-9]+$/, "", role)
        say("worker " role)
        next
    }
    $5 == "nimbus" || $5 == "supervisor" {
        if (match($0, $5 "[0-9]"))
            say(substr($0, RSTART, RLENGTH))
        next
    }
    $4 ~ /java$/ && match($0, /zookeeper[0-9]/) { say(substr($0, RSTART, RLENGTH)) }
    function say(role)
    {
        if ($1 in descriptors)
            printf "{\"t\":%d,\"process\":\"%s\",\"pid\":%d,\"rss\":%d,\"descriptors\":%d,\"threads\":%d}\n",
                t, role, $1, $2, descriptors[$1], $3
    }'

# As many as any server has, of those that answer.
_znodes() {
    for n in 1 2 3; do
        found=$(timeout 2 bash "$TOP/tests/servers/zookeeper.sh" "$PWD/zookeeper$n" \
            word mntr 2>/dev/null | sed -n 's/^zk_znode_count[[:blank:]]*//p')
        [ -z "$found" ] || { echo "$found" && return; }
    done
    return 1
}
