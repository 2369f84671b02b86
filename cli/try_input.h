/*
 * try_input.h - the lines of `gale try`: what each means, and for which stream.
 *
 *     ["a", 1]                              a tuple
 *     {"values": ["a", 1], "stream": "s"}   of a stream
 *     {"values": {"word": "a", "n": 1}}     by the names of fields
 *     {"advance": 1000}                     time passes, in milliseconds
 *
 * What `gale try` writes can be read, too: "emit" is as "values", and lines
 * about acks and fails are passed over.
 */
#ifndef GALE_TRY_INPUT_H
#define GALE_TRY_INPUT_H

#include <gale/local.h>
#include <gale/value.h>

enum { TRY_LINE_MAX = 64 << 20 };

/* A stream of the input, and its fields. */
struct try_stream {
    char *name;
    char **fields;
    uint32_t n_fields;
};

struct try_input {
    FILE *in;
    struct try_stream *streams; /* none: the first tuple says it */
    size_t n_streams;
    uint64_t line; /* number of the latest one */
    char *text;
    size_t capacity;
};

enum try_kind { TRY_NOTHING, TRY_TUPLE, TRY_ADVANCE, TRY_WRONG, TRY_END };

struct try_item {
    enum try_kind kind;
    gale_value json; /* all of it */
    const char *stream;
    gale_value values;   /* a list: in the order of the fields */
    gale_value *ordered; /* its items, if that is another one; or NULL */
    int64_t ms;
    gale_err error; /* TRY_WRONG: "column N: …", or what else is wrong */
};

/* "NAME=FIELD,FIELD…"; 0, or -1 with the error. */
int try_input_declare(struct try_input *input, const char *text,
                      gale_err *error);

/* The next line. */
void try_input_next(struct try_input *input, struct try_item *item);
void try_item_free(struct try_item *item);
void try_input_free(struct try_input *input);

#endif
