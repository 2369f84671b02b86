/*
 * option_table.h - options tables (gale/option.h): checked, applied.
 *
 * option_fill() is what model_fill_options() (model.h) stands on: it is called
 * once per component while the topology is checked.
 */
#ifndef GALE_OPTION_TABLE_H
#define GALE_OPTION_TABLE_H

#include "topology-api/model.h"

#define OPTION_ROWS_MAX 1024u

/* Check a descriptor's table; owner (`bolt "x"`) is named by the error. */
int option_check_table(const gale_options *options, uint32_t instance_size,
                       const char *owner, gale_err *error);

/* The options table and the instance size of a component. */
const gale_options *option_table(const struct component *c);
uint32_t option_instance_size(const struct component *c);

/* A row of a checked table, whose rows may be longer than this gale knows. */
const gale_option *option_at(const gale_options *options, uint32_t i);
/* The row of that name, or the map that takes it; NULL: there is none. */
const gale_option *option_find(const gale_options *options, const char *name);

/* Where the value is written that holds; "" if that is not known. */
const char *option_place(const struct model *m, const struct component *c,
                         const char *name);

/* Texts that were made while filling; they live until option_texts_free(). */
struct option_texts {
    uint32_t n;
    char **items;
};

/* As model_fill_options(); texts takes what has to be made. */
int option_fill(const struct model *m, const struct component *c,
                void *instance, struct option_texts *texts, gale_err *error);

/* The same of the i-th row alone. */
int option_fill_row(const struct model *m, const struct component *c,
                    uint32_t i, void *instance, struct option_texts *texts,
                    gale_err *error);

/* Takes over a text from malloc(), and returns it. */
char *option_texts_keep(struct option_texts *texts, char *text);
void option_texts_free(struct option_texts *texts);

#endif
