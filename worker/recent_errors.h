/*
 * recent_errors.h - the last errors of the user's code in a task, or in all
 * tasks of a component: those of different texts, with how often each came.
 *
 * Pure. Who shares them between threads takes care of that.
 */
#ifndef GALE_RECENT_ERRORS_H
#define GALE_RECENT_ERRORS_H

#include <stdint.h>

enum { RECENT_ERRORS_MAX = 10, RECENT_ERROR_BYTES = 1024 /* with the NUL */ };

struct recent_error {
    int64_t at_us; /* the last time, by the wall's clock */
    uint64_t count;
    char *text;
};

/* All bytes zero: there was none. */
struct recent_errors {
    uint32_t n;
    struct recent_error list[RECENT_ERRORS_MAX]; /* the latest first */
};

/* It came `count` times, the last time then; the text is copied. If there are
 * too many, the earliest goes. */
void recent_errors_add(struct recent_errors *e, const char *text, int64_t at_us,
                       uint64_t count);
void recent_errors_merge(struct recent_errors *into,
                         const struct recent_errors *from);
void recent_errors_free(struct recent_errors *e); /* empty then */

#endif
