/*
 * table.h - a small table of text: aligned, two blanks between the columns.
 *
 * The first column is aligned to the left, the others to the right. Cells are
 * UTF-8; a character counts as one column wide. All memory is the table's own.
 */
#ifndef GALE_TABLE_H
#define GALE_TABLE_H

#include <gale/abi.h>
#include <stdio.h>

struct table;

/* titles: n of them, at least one; copied. */
struct table *table_new(const char *const *titles, size_t n);
void table_free(struct table *t); /* NULL is fine */

/* Fill the next cell, row by row. */
void table_add(struct table *t, const char *format, ...) GALE_PRINTF(2, 3);

size_t table_rows(const struct table *t); /* without the titles */

/* Rows that were not filled to their end are printed as far as they go. */
void table_print(const struct table *t, FILE *out);

#endif
