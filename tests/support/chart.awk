# chart.awk - draws charts: lines of text in, SVG out.
#
#     title TEXT                  of the whole picture
#     panel TEXT                  a chart, below the ones before
#     x TEXT [log]                its axes, with what they show; log: by decades
#     y TEXT [log]
#     mark X                      a grey line from top to bottom
#     SERIES<tab>X<tab>Y          a point; those of a series are joined in the order
#                                 in which they come; SERIES~ is drawn with dashes
#     SERIES<tab><tab>            the line ends here, and the next point begins one
#
# Series of one name have one colour in all panels. What cannot be shown (0 on an axis
# by decades) is left out.
#
#     awk -f chart.awk points >chart.svg

BEGIN {
    WIDTH = 860
    LEFT = 70
    RIGHT = 210
    HEIGHT = 260
    GAP = 76
    TOP = 56
    n_colors = split("#1f77b4 #d62728 #2ca02c #ff7f0e #9467bd #17becf #8c564b " \
        "#e377c2 #7f7f7f #333333 #6baed6 #98df8a #74c476", color, " ")
    DOTS = 60 # a series of more points has none
}

function rest(    text)
{
    text = $0
    sub(/^[a-z]+ /, "", text)
    return text
}

function axis(which,    text)
{
    text = rest()
    decades[panels, which] = sub(/ log$/, "", text)
    caption[panels, which] = text
}

/\t/ {
    split($0, part, "\t")
    if (part[2] == "")
        ends[panels, part[1], n[panels, part[1]]]
    else
        enter(part[1], part[2] + 0, part[3] + 0)
    next
}
/^title / { title = rest() }
/^panel / { panel[++panels] = rest() }
/^x / { axis("x") }
/^y / { axis("y") }
/^mark / { marks[panels, ++n_marks[panels]] = $2 }

function enter(name, x, y,    dashed, s)
{
    if ((decades[panels, "x"] && x <= 0) || (decades[panels, "y"] && y <= 0))
        return
    dashed = sub(/~$/, "", name)
    s = panels SUBSEP name
    if (!(s in n)) {
        names[panels, ++n_names[panels]] = name
        dashes[s] = dashed
        if (!(name in order))
            order[name] = n_order++ % n_colors + 1
    }
    n[s]++
    xs[s, n[s]] = x
    ys[s, n[s]] = y
    widen(panels SUBSEP "x", x)
    widen(panels SUBSEP "y", y)
}

function widen(a, v)
{
    if (!(a in least) || v < least[a])
        least[a] = v
    if (!(a in most) || v > most[a])
        most[a] = v
}

# -- axes -------------------------------------------------------------------------

function log10(v)
{
    return log(v) / log(10)
}

function floor(v,    whole)
{
    whole = int(v)
    return v < whole ? whole - 1 : whole
}

# 1, 2 or 5 with zeros, so that there are about so many of it in all.
function step_of(all, steps,    unit)
{
    unit = 10 ^ floor(log10(all / steps))
    if (unit * 5 <= all / steps)
        return unit * 5
    return unit * 2 <= all / steps ? unit * 2 : unit
}

# What an axis begins and ends with; linear ones with 0, the others with decades.
function settle(a)
{
    if (!(a in most))
        least[a] = most[a] = 1
    if (decades[a]) {
        low[a] = floor(log10(least[a]) + 1e-9)
        high[a] = -floor(-log10(most[a]) + 1e-9)
        if (high[a] == low[a])
            high[a]++
    } else {
        low[a] = 0
        high[a] = most[a] > 0 ? most[a] * 1.05 : 1
    }
}

# 0 … 1
function share(a, v)
{
    return ((decades[a] ? log10(v) : v) - low[a]) / (high[a] - low[a])
}

function x_of(p, v)
{
    return LEFT + share(p SUBSEP "x", v) * (WIDTH - LEFT - RIGHT)
}

function y_of(p, v,    top)
{
    top = TOP + (p - 1) * (HEIGHT + GAP)
    return top + HEIGHT - share(p SUBSEP "y", v) * HEIGHT
}

# 1500000 → 1.5M
function short(v)
{
    if (v >= 1e9)
        return v / 1e9 "G"
    if (v >= 1e6)
        return v / 1e6 "M"
    return v >= 1e4 ? v / 1e3 "k" : v ""
}

# -- drawing ----------------------------------------------------------------------

function escaped(text)
{
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    return text
}

function label(x, y, anchor, words)
{
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor,
        escaped(words)
}

function tick(p, which, v,    at)
{
    if (which == "x") {
        at = x_of(p, v)
        printf "<path d=\"M%.1f %.1fv%d\" stroke=\"#e4e4e4\"/>\n", at, floor_y(p) - HEIGHT, HEIGHT
        label(at, floor_y(p) + 15, "middle", short(v))
    } else {
        at = y_of(p, v)
        printf "<path d=\"M%d %.1fH%d\" stroke=\"#e4e4e4\"/>\n", LEFT, at, WIDTH - RIGHT
        label(LEFT - 6, at + 4, "end", short(v))
    }
}

function floor_y(p)
{
    return TOP + (p - 1) * (HEIGHT + GAP) + HEIGHT
}

function draw_axis(p, which,    a, v, i, step)
{
    a = p SUBSEP which
    settle(a)
    if (decades[a]) {
        for (v = low[a]; v <= high[a]; v++)
            tick(p, which, 10 ^ v)
        return
    }
    step = step_of(high[a], 6)
    for (i = 0; i * step <= high[a]; i++)
        tick(p, which, i * step)
}

function draw_marks(p,    i, path)
{
    for (i = 1; i <= n_marks[p]; i++)
        path = path sprintf("M%.1f %.1fv%d", x_of(p, marks[p, i]), floor_y(p) - HEIGHT, HEIGHT)
    if (path != "")
        printf "<path d=\"%s\" stroke=\"#eee\"/>\n", path
}

function draw_series(p, name,    s, i, path, dots)
{
    s = p SUBSEP name
    for (i = 1; i <= n[s]; i++) {
        path = path sprintf("%s%.1f %.1f", i == 1 || (s, i - 1) in ends ? "M" : "L",
            x_of(p, xs[s, i]), y_of(p, ys[s, i]))
        if (n[s] <= DOTS)
            dots = dots sprintf( \
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n",
                x_of(p, xs[s, i]), y_of(p, ys[s, i]), color[order[name]])
    }
    printf "<path d=\"%s\" stroke=\"%s\" stroke-width=\"1.6\"%s/>\n%s", path,
        color[order[name]], dashes[s] ? " stroke-dasharray=\"5 4\"" : "", dots
}

function draw_name(p, s, name,    y)
{
    y = floor_y(p) - HEIGHT + 12 + 17 * (s - 1)
    printf "<path d=\"M%d %.1fh22\" stroke=\"%s\" stroke-width=\"2.5\"%s/>\n",
        WIDTH - RIGHT + 14, y - 4, color[order[name]],
        dashes[p, name] ? " stroke-dasharray=\"5 4\"" : ""
    label(WIDTH - RIGHT + 42, y, "start", name)
}

function draw_panel(p,    s)
{
    printf "<text x=\"%d\" y=\"%.1f\" font-weight=\"bold\">%s</text>\n", LEFT,
        floor_y(p) - HEIGHT - 10, escaped(panel[p])
    draw_axis(p, "x")
    draw_axis(p, "y")
    draw_marks(p)
    label((LEFT + WIDTH - RIGHT) / 2, floor_y(p) + 32, "middle", caption[p, "x"])
    printf "<text transform=\"translate(16 %.1f) rotate(-90)\" text-anchor=\"middle\">%s" \
        "</text>\n", floor_y(p) - HEIGHT / 2, escaped(caption[p, "y"])
    for (s = 1; s <= n_names[p]; s++) {
        draw_series(p, names[p, s])
        draw_name(p, s, names[p, s])
    }
}

END {
    tall = TOP + panels * (HEIGHT + GAP)
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" " \
        "font-family=\"sans-serif\" font-size=\"11\" fill=\"none\">\n", WIDTH, tall
    printf "<style>text{fill:#222}</style>\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
        WIDTH, tall
    printf "<text x=\"%d\" y=\"20\" font-size=\"14\">%s</text>\n", LEFT, escaped(title)
    for (p = 1; p <= panels; p++)
        draw_panel(p)
    print "</svg>"
}
