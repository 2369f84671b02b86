/*
 * try_output.h - what `gale try` says of a bolt, as lines of JSON:
 *
 *     {"emit":["a"],"stream":"s"}      unless the stream is "default"
 *     {"ack":1}                        the tuple of line 1; "dropped":true
 *     {"fail":2,"error":"…"}           "poison":true
 */
#ifndef GALE_TRY_OUTPUT_H
#define GALE_TRY_OUTPUT_H

#include <gale/testing.h>

/* A tuple that is neither acked nor failed. */
struct try_open {
    uint64_t line, number;
};

struct try_output {
    gale_test *test;
    struct try_open *open; /* to be freed */
    size_t n_open;
    uint64_t dropped, poisoned, errors; /* what is known of them */
    size_t logged;
};

/* The tuple of this line was fed under this number. */
void try_output_expect(struct try_output *o, uint64_t line, uint64_t number);

/* What there is new: log, emits, acks and fails. */
void try_output_all(struct try_output *o);

/* The log alone, to standard error. */
void try_output_log(struct try_output *o);

#endif
