# picture.awk - the samples of a soak (sample.sh) as an SVG: what processes take in
# memory and descriptors, nodes in ZooKeeper, directories and files, by time. A grey
# line is a row; a line that ends is a process that ended.
#
#     awk -f picture.awk -v title=TEXT samples.jsonl >soak.svg

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
    WIDTH = 960
    LEFT = 60
    RIGHT = 170
    HEIGHT = 190
    GAP = 46
    TOP = 44
    POINTS = 300 # of a series, at most
    split("#1f77b4 #17becf #6baed6 #2ca02c #98df8a #74c476 #d62728 #ff7f0e " \
        "#9467bd #8c564b #e377c2 #7f7f7f #333333", color, " ")
    panels = split("RSS, MB|descriptors|nodes in ZooKeeper|below storm.local.dir", caption, "|")
}

function enter(panel, name, life, t, y)
{
    if (!((panel, name) in n)) {
        names[panel, ++n_names[panel]] = name
        order[name] = order[name] ? order[name] : ++n_order
    }
    n[panel, name]++
    at[panel, name, n[panel, name]] = t
    what[panel, name, n[panel, name]] = y
    whose[panel, name, n[panel, name]] = life
    if (y > most[panel])
        most[panel] = y
    if (t > end)
        end = t
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

/"row":/ {
    n_rows++
    row_at[n_rows] = value("t")
    row_name[n_rows] = value("row") " " text("name")
}

function x_of(t)
{
    return LEFT + t * (WIDTH - LEFT - RIGHT) / (end ? end : 1)
}

# 1, 2 or 5 with zeros, so that there are about so many of it in all.
function step_of(all, steps,    unit)
{
    unit = 1
    while (unit * 10 <= all / steps)
        unit *= 10
    if (unit * 5 <= all / steps)
        return unit * 5
    return unit * 2 <= all / steps ? unit * 2 : unit
}

function label(x, y, anchor, words)
{
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, words
}

function draw_axes(p, top,    y, v, step)
{
    printf "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>\n", LEFT, top - 8, caption[p]
    step = step_of(most[p], 4)
    for (v = 0; v <= most[p]; v += step) {
        y = top + HEIGHT - v * HEIGHT / scale
        printf "<path d=\"M%d %dH%d\" stroke=\"#ddd\"/>\n", LEFT, y, WIDTH - RIGHT
        label(LEFT - 6, y + 4, "end", v)
    }
    step = step_of(end / 60, 6)
    for (v = 0; v <= end / 60; v += step)
        label(x_of(v * 60), top + HEIGHT + 14, "middle", v " min")
}

function draw_rows(top,    i, path)
{
    for (i = 1; i <= n_rows; i++)
        path = path sprintf("M%d %dv%d", x_of(row_at[i]), top, HEIGHT)
    printf "<path d=\"%s\" stroke=\"#eee\"/>\n", path
}

# Of so many points, every so many-th; and each at which a process begins.
function draw_series(p, name, top,    i, m, every, path, last)
{
    m = n[p, name]
    every = int(m / POINTS) + 1
    for (i = 1; i <= m; i++) {
        if (whose[p, name, i] == last && i % every)
            continue
        path = path sprintf("%s%d %d", whose[p, name, i] == last ? "L" : "M",
            x_of(at[p, name, i]), top + HEIGHT - what[p, name, i] * HEIGHT / scale)
        last = whose[p, name, i]
    }
    printf "<path d=\"%s\" stroke=\"%s\" stroke-width=\"1.2\"/>\n", path, color[order[name]]
}

function draw_panel(p, top,    s, y)
{
    scale = most[p] > 0 ? most[p] * 1.05 : 1
    draw_rows(top)
    draw_axes(p, top)
    for (s = 1; s <= n_names[p]; s++) {
        draw_series(p, names[p, s], top)
        y = top + 4 + 15 * s
        printf "<path d=\"M%d %dh14\" stroke=\"%s\" stroke-width=\"3\"/>\n",
            WIDTH - RIGHT + 12, y - 4, color[order[names[p, s]]]
        label(WIDTH - RIGHT + 32, y, "start", names[p, s])
    }
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
    tall = TOP + panels * (HEIGHT + GAP)
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" " \
        "font-family=\"sans-serif\" font-size=\"11\" fill=\"none\">\n", WIDTH, tall
    printf "<style>text{fill:#222}</style>\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
        WIDTH, tall
    printf "<text x=\"%d\" y=\"16\" font-size=\"13\">%s</text>\n", LEFT, title
    for (p = 1; p <= panels; p++)
        draw_panel(p, TOP + (p - 1) * (HEIGHT + GAP))
    print "</svg>"
}
