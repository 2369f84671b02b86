# account.awk - what the lines of a ledger, which have come since the last look, make of
# the account of a topology:
#
#     awk -f account.awk -v kind=KIND -v account=FILE NEW… >next-account
#
# Every kind of line is a sequence of a source. The account has for each source
#
#     below SOURCE N      all sequences below N are there
#     ahead SOURCE N      so is this one, though one before it is not
#     top SOURCE N        the highest one
#
# and, of all of them, `lines N`, `twice N`, and `damaged N` if there is anything that
# nobody has sent.

BEGIN {
    while ((getline line <account) > 0) {
        split(line, word, " ")
        if (word[1] == "below")
            below[word[2]] = word[3]
        else if (word[1] == "ahead")
            ahead[word[2], word[3]] = 1
        else if (word[1] == "top")
            top[word[2]] = word[3]
        else
            count[word[1]] = word[2]
    }
}

function enter(source, sequence)
{
    if (!(source in below)) {
        below[source] = 0
        top[source] = -1
    }
    if (sequence < below[source] || (source, sequence) in ahead) {
        count["twice"]++
        return
    }
    if (sequence > top[source])
        top[source] = sequence
    ahead[source, sequence] = 1
    while ((source, below[source]) in ahead) {
        delete ahead[source, below[source]]
        below[source]++
    }
}

# TASK SEQUENCE SUM FOUND RUN ATTEMPT, of tests/plugins/bookkeeper.c
function is_book()
{
    source = $1
    sequence = $2 + 0
    return NF == 6 && $3 "" == $4 "" && $1 ~ /^[0-9]+$/
}

# ANSWER N, of tests/plugins/roll_sink.c
function is_roll()
{
    source = $1
    sequence = $2 + 0
    return NF == 2 && $1 ~ /^[01]$/ && $2 ~ /^[0-9]+$/
}

# FILE OFFSET INDEX WORD, of lines of 32 bytes such as
# 00000000017 the cow says 000017
function is_word()
{
    source = $3
    sequence = $2 / 32
    expected = source == 0 ? sprintf("%011d", sequence) : \
        source == 4 ? sprintf("%06d", sequence % 1000000) : \
        source == 1 ? "the" : source == 2 ? "cow" : "says"
    return NF == 4 && $2 % 32 == 0 && source ~ /^[0-4]$/ && $4 "" == expected ""
}

{
    count["lines"]++
    if (kind == "books" ? is_book() : kind == "roll" ? is_roll() : is_word())
        enter(source, sequence)
    else {
        count["damaged"]++
        print "account.awk: found in the ledger of " kind ": " $0 >"/dev/stderr"
    }
}

END {
    for (source in below) {
        printf "below %s %d\n", source, below[source]
        printf "top %s %d\n", source, top[source]
    }
    for (key in ahead) {
        split(key, part, SUBSEP)
        printf "ahead %s %d\n", part[1], part[2]
    }
    for (name in count)
        printf "%s %d\n", name, count[name]
}
