# demo_customers.sh - customers, `first,last` a line, as they come from the world:
# letters of many scripts, apostrophes, what looks like SQL, a | or a \ in a name,
# no first name at all. Each last name has a number, so no line comes twice, and
# one that is lost is not made up for by another. Sourced by demo*.sh and tests.

# make_customers ROWS: to standard output. One in 20,000 is no customer.
make_customers() {
    awk -v rows="$1" '
        BEGIN {
            n = split("Ann;Zoë;Øyvind;Мария;李;Nguyễn Thị;José;Anne-Marie;O" \
                "'\''Neil;Robert'\''): DROP TABLE customer:--;\" OR \"1\"=\"1;" \
                "Jean|Paul;back\\slash;\\N;NULL;100%_;🐄 Bessie; blank ;Ján" \
                ";Σωκράτης;עדן;;`x`;${HOME};/* */ #;Ÿ", first, ";")
            m = split("Smith;Müller;O'\''Brien;García;Ивано́ва;王;de la Cruz;" \
                "Łukasiewicz;d'\''Arc;null;Þórsdóttir;Null|Pipe;\\\\;Öz;ß;" \
                "Nakamura 中村", last, ";")
            for (i = 1; i <= n; i++)
                gsub(/:/, ";", first[i])
            for (i = 0; i < rows; i++) {
                print first[i % n + 1] "," last[int(i / n) % m + 1] " " i
                if (i % 20000 == 9999)
                    print i % 40000 < 20000 ? "Cher" : "Sammy,Davis,Jr."
            }
        }'
}

# Those that are customers, as a tool sees it that knows nothing of gale.
customers_of() { # FILE
    awk -F , 'NF == 2' "$1"
}
