# slopes.awk - what grows with time, from the samples of a soak (sample.sh):
#
#     awk -f slopes.awk [-v warm=SECONDS] samples.jsonl
#
# A process that is killed begins anew, so that what a role takes says little. So each
# process has a series of its own, without its first minute, in which it warms up; a
# role's slope is that of the least squares within its processes: each has a level of
# its own, all have one slope, and who lives longer weighs more (by the cube of its
# time). Beside it stands its standard error: what is less than two of them may be
# chance. A series of less than 3 minutes is not used.

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
    WARM = warm ? warm : 60
    LEAST = 180
}

# A role, and one of its processes.
function enter(role, life, t, key, y)
{
    if (!((role, life) in first))
        first[role, life] = t
    if (t - first[role, life] < WARM)
        return
    n[role, life, key]++
    at[role, life, key, n[role, life, key]] = t
    what[role, life, key, n[role, life, key]] = y
}

/"process":/ {
    t = value("t")
    role = text("process")
    if (role ~ /^(nimbus|supervisor|zookeeper)/)
        sub(/[0-9]$/, "", role)
    life = value("pid")
    if (!(role in known)) {
        known[role] = ++n_roles
        roles[n_roles] = role
    }
    lives[role, life] = t
    if (!((role, life) in seen)) {
        seen[role, life] = 1
        n_lives[role]++
        list[role, n_lives[role]] = life
    }
    enter(role, life, t, "rss", value("rss") / 1024)
    enter(role, life, t, "descriptors", value("descriptors"))
    enter(role, life, t, "threads", value("threads"))
}

/"cluster":/ {
    t = value("t")
    seen["cluster", 1] = 1
    n_lives["cluster"] = 1
    list["cluster", 1] = 1
    enter("cluster", 1, t, "znodes", value("znodes"))
    enter("cluster", 1, t, "directories", value("directories"))
    enter("cluster", 1, t, "files", value("files"))
}

# Sets slope and its standard error, per hour; whether there is one.
function fit(role, key,    l, life, i, m, mt, my, dt, dy, xx, xy, yy, points, used)
{
    xx = xy = yy = points = used = 0
    for (l = 1; l <= n_lives[role]; l++) {
        life = list[role, l]
        m = n[role, life, key]
        if (m < 3 || at[role, life, key, m] - at[role, life, key, 1] < LEAST)
            continue
        mt = my = 0
        for (i = 1; i <= m; i++) {
            mt += at[role, life, key, i]
            my += what[role, life, key, i]
        }
        mt /= m
        my /= m
        for (i = 1; i <= m; i++) {
            dt = at[role, life, key, i] - mt
            dy = what[role, life, key, i] - my
            xx += dt * dt
            xy += dt * dy
            yy += dy * dy
        }
        points += m
        used++
    }
    n_used = used
    if (xx == 0 || points - used < 2)
        return 0
    slope = xy / xx * 3600
    error = (yy - xy * xy / xx) / (points - used - 1)
    error = sqrt((error > 0 ? error : 0) / xx) * 3600
    return 1
}

function cell(role, key)
{
    if (!fit(role, key))
        return "-"
    return sprintf("%+.2f ± %.2f", slope, error)
}

function longest(role,    l, life, most)
{
    for (l = 1; l <= n_lives[role]; l++) {
        life = list[role, l]
        if (lives[role, life] - first[role, life] > most)
            most = lives[role, life] - first[role, life]
    }
    return most / 60
}

END {
    format = "%-14s %9s %6s %11s   %-18s %-18s %s\n"
    printf format, "an hour, of a", "processes", "used", "longest/min", "RSS/MB",
        "descriptors", "threads"
    for (r = 1; r <= n_roles; r++) {
        role = roles[r]
        rss = cell(role, "rss")
        printf format, role, n_lives[role], n_used, sprintf("%.1f", longest(role)), rss,
            cell(role, "descriptors"), cell(role, "threads")
    }
    printf "the cluster: znodes %s, directories %s, files %s\n",
        cell("cluster", "znodes"), cell("cluster", "directories"), cell("cluster", "files")
}
