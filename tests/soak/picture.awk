# picture.awk - the samples of a soak (sample.sh) as charts: what processes take in
# memory and descriptors, nodes in ZooKeeper, directories and files, by time. A grey
# line is a row; a line that ends is a process that ended.
#
#     awk -f picture.awk -v title=TEXT samples.jsonl | awk -f chart.awk >soak.svg

function value(key,    at)
{
    at = index($0, "\"" key "\":")
    return at ? substr($0, at + length(key) + 3) + 0 : ""
}

function text(key,    rest)
{
    rest = substr($0, index($0, "\"" key "\":\"") + length(key) + 4)
    return substr(rest, 1, index(rest, "\"") - 1)
}

BEGIN {
    POINTS = 300 # of a series, at most
    panels = split("RSS|descriptors|nodes in ZooKeeper|below storm.local.dir", panel, "|")
    split("MB|||", unit, "|")
}

function enter(panel, name, life, t, y)
{
    if (!((panel, name) in n)) {
        names[panel, ++n_names[panel]] = name
    }
    n[panel, name]++
    at[panel, name, n[panel, name]] = t
    what[panel, name, n[panel, name]] = y
    whose[panel, name, n[panel, name]] = life
}

# Of a topology's workers, the largest.
/"process":/ {
    t = value("t")
    role = text("process")
    if (role ~ /^zookeeper/)
        next
    if (role ~ /^worker/) {
        if ((t, role) in largest)
            split(largest[t, role], old, " ")
        else {
            old[1] = old[2] = 0
            times[role, ++n_times[role]] = t
        }
        rss = value("rss") / 1024
        fds = value("descriptors")
        largest[t, role] = (rss > old[1] ? rss : old[1]) " " (fds > old[2] ? fds : old[2])
        next
    }
    enter(1, role, value("pid"), t, value("rss") / 1024)
    enter(2, role, value("pid"), t, value("descriptors"))
}

/"cluster":/ {
    enter(3, "znodes", 1, value("t"), value("znodes"))
    enter(4, "directories", 1, value("t"), value("directories"))
    enter(4, "files", 1, value("t"), value("files"))
}

/"row":/ { row_at[++n_rows] = value("t") }

# Of so many points, every so many-th; and each at which a process begins.
function print_series(p, name,    i, m, every, last)
{
    m = n[p, name]
    every = int(m / POINTS) + 1
    for (i = 1; i <= m; i++) {
        if (whose[p, name, i] == last && i % every)
            continue
        if (i > 1 && whose[p, name, i] != last)
            print name "\t\t"
        print name "\t" at[p, name, i] / 60 "\t" what[p, name, i]
        last = whose[p, name, i]
    }
}

function print_panel(p,    s, i)
{
    print "panel " panel[p]
    print "x minutes"
    print "y " unit[p]
    for (i = 1; i <= n_rows; i++)
        print "mark " row_at[i] / 60
    for (s = 1; s <= n_names[p]; s++)
        print_series(p, names[p, s])
}

function enter_largest(role,    i, t, pair)
{
    for (i = 1; i <= n_times[role]; i++) {
        t = times[role, i]
        split(largest[t, role], pair, " ")
        enter(1, "largest " role, 1, t, pair[1])
        enter(2, "largest " role, 1, t, pair[2])
    }
}

END {
    for (role in n_times)
        if (role != "worker guest")
            enter_largest(role)
    print "title " title
    for (p = 1; p <= panels; p++)
        print_panel(p)
}
