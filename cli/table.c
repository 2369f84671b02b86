/*
 * table.c - a small table of text, laid out when it is printed.
 */
#include "cli/table.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdarg.h>

struct table {
    size_t n_columns;
    size_t n_cells; /* the titles are the first n_columns of them */
    char **cells;
};

static void append(struct table *t, char *cell)
{
    t->cells = xreallocarray(t->cells, t->n_cells + 1, sizeof(*t->cells));
    t->cells[t->n_cells++] = cell;
}

struct table *table_new(const char *const *titles, size_t n)
{
    struct table *t = xcalloc(1, sizeof(*t));

    check(n > 0);
    t->n_columns = n;
    for (size_t i = 0; i < n; i++)
        append(t, xstrdup(titles[i]));
    return t;
}

void table_free(struct table *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n_cells; i++)
        free(t->cells[i]);
    free(t->cells);
    free(t);
}

void table_add(struct table *t, const char *format, ...)
{
    va_list args;
    char *cell;
    int length;

    va_start(args, format);
    length = vasprintf(&cell, format, args);
    va_end(args);
    check(length >= 0);
    append(t, cell);
}

size_t table_rows(const struct table *t)
{
    return (t->n_cells - 1) / t->n_columns;
}

/* Characters, not bytes: those that continue one are not counted. */
static size_t width_of(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static size_t column_width(const struct table *t, size_t column)
{
    size_t widest = 0;

    for (size_t i = column; i < t->n_cells; i += t->n_columns)
        if (width_of(t->cells[i]) > widest)
            widest = width_of(t->cells[i]);
    return widest;
}

/* Cells of the row that begins at i, without the empty ones at its end. */
static size_t row_length(const struct table *t, size_t i)
{
    size_t n = t->n_cells - i < t->n_columns ? t->n_cells - i : t->n_columns;

    while (n > 0 && *t->cells[i + n - 1] == '\0')
        n--;
    return n;
}

static void print_row(char *const *cells, size_t n, const size_t *widths,
                      FILE *out)
{
    for (size_t i = 0; i < n; i++) {
        int pad = (int)(widths[i] - width_of(cells[i]));

        if (i > 0)
            fprintf(out, "  %*s%s", pad, "", cells[i]);
        else
            fprintf(out, "%s%*s", cells[i], n > 1 ? pad : 0, "");
    }
    fputc('\n', out);
}

void table_print(const struct table *t, FILE *out)
{
    size_t *widths = xcalloc(t->n_columns, sizeof(*widths));

    for (size_t i = 0; i < t->n_columns; i++)
        widths[i] = column_width(t, i);
    for (size_t i = 0; i < t->n_cells; i += t->n_columns)
        print_row(t->cells + i, row_length(t, i), widths, out);
    free(widths);
}
