# fault_table.awk - the rows of faults that fired, from the logs of scenarios:
# lines `figures: row | NUMBER | FAULTS | LEDGER | RECOVERY | MESSAGE`, as `row`
# in scenario.sh says them. Rows are in the order of their numbers, others behind.

BEGIN {
    FS = " \\| "
    split("row,faults that fired,lost,twice,at most,recovery,message", head, ",")
}

function cell(row, column, text)
{
    of[row, column] = text
    if (length(text) > width[column])
        width[column] = length(text)
}

# "lost 0, duplicates 3 of at most 400", or "-".
function ledger(row, text,    words)
{
    split(text, words, /[ ,]+/)
    cell(row, 3, text == "-" ? "-" : words[2])
    cell(row, 4, text == "-" ? "-" : words[4])
    cell(row, 5, text == "-" ? "-" : words[8])
}

/^figures: row / && NF == 6 {
    n++
    key[n] = $2 ~ /^[0-9]+$/ ? $2 : 1000
    cell(n, 1, $2)
    cell(n, 2, $3)
    ledger(n, $4)
    cell(n, 6, $5)
    cell(n, 7, $6)
}

function print_row(row, column)
{
    printf "%-*s  %-*s", width[1], of[row, 1], width[2], of[row, 2]
    for (column = 3; column <= 5; column++)
        printf "  %*s", width[column], of[row, column]
    printf "  %-*s  %s\n", width[6], of[row, 6], of[row, 7]
}

END {
    if (n == 0)
        exit
    for (column = 1; column <= 7; column++)
        cell(0, column, head[column])
    print_row(0)
    while (printed < n) {
        next_row = 0
        for (row = 1; row <= n; row++)
            if (!(row in done) && (!next_row || key[row] < key[next_row]))
                next_row = row
        done[next_row] = 1
        printed++
        print_row(next_row)
    }
}
