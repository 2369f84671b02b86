/*
 * mysql_bare.c - what the client library can do, without gale: the lines of a
 * file into a table (line, at), by one prepared statement over arrays.
 *
 *     mysql_bare PORT FILE ROWS      ROWS in a transaction
 */
#include <mysql/mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct batch {
    unsigned int n, most;
    char **lines;
    unsigned long *lengths;
    long long *at;
};

static void end(const char *why)
{
    fprintf(stderr, "mysql_bare: %s\n", why);
    exit(1);
}

static void write_batch(MYSQL *my, MYSQL_STMT *st, struct batch *b)
{
    MYSQL_BIND binds[2];

    if (b->n == 0)
        return;
    memset(binds, 0, sizeof(binds));
    binds[0].buffer_type = MYSQL_TYPE_STRING;
    binds[0].buffer = b->lines;
    binds[0].length = b->lengths;
    binds[1].buffer_type = MYSQL_TYPE_LONGLONG;
    binds[1].buffer = b->at;
    mysql_stmt_attr_set(st, STMT_ATTR_ARRAY_SIZE, &b->n);
    if (mysql_stmt_bind_param(st, binds) || mysql_stmt_execute(st))
        end(mysql_stmt_error(st));
    if (mysql_commit(my))
        end(mysql_error(my));
    b->n = 0;
}

static void write_lines(MYSQL *my, MYSQL_STMT *st, FILE *file, struct batch *b)
{
    char *line = NULL;
    size_t capacity = 0;
    long long at = 0;
    ssize_t n;

    while ((n = getline(&line, &capacity, file)) > 0) {
        free(b->lines[b->n]);
        b->lines[b->n] = strndup(line, (size_t)n - 1);
        b->lengths[b->n] = (unsigned long)n - 1;
        b->at[b->n++] = at;
        at += n;
        if (b->n == b->most)
            write_batch(my, st, b);
    }
    write_batch(my, st, b);
    free(line);
}

int main(int argc, char **argv)
{
    static const char sql[] = "INSERT INTO bare (line, at) VALUES (?, ?)";
    unsigned int most =
        argc == 4 ? (unsigned int)strtoul(argv[3], NULL, 10) : 0;
    struct batch b = {.most = most};
    FILE *file = argc == 4 ? fopen(argv[2], "r") : NULL;
    MYSQL *my = mysql_init(NULL);
    MYSQL_STMT *st;

    if (file == NULL || most == 0)
        end("usage: mysql_bare PORT FILE ROWS");
    b.lines = calloc(most, sizeof(*b.lines));
    b.lengths = calloc(most, sizeof(*b.lengths));
    b.at = calloc(most, sizeof(*b.at));
    if (!mysql_real_connect(my, "127.0.0.1", "test", "test", "test",
                            (unsigned int)strtoul(argv[1], NULL, 10), NULL, 0))
        end(mysql_error(my));
    mysql_autocommit(my, 0);
    st = mysql_stmt_init(my);
    if (mysql_stmt_prepare(st, sql, sizeof(sql) - 1))
        end(mysql_stmt_error(st));
    write_lines(my, st, file, &b);
    return 0;
}
