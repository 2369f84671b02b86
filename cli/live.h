/*
 * live.h - one line on the terminal that says how a topology is doing.
 *
 * The line is drawn in place, and the cursor left at its beginning, so that
 * whatever is printed next writes over it.
 */
#ifndef GALE_LIVE_H
#define GALE_LIVE_H

#include "cli/totals.h"
#include <stdio.h>

#define LIVE_EVERY_MS 250

struct live {
    FILE *out;            /* NULL: nothing is shown */
    int64_t started;      /* ns, as all times here */
    int64_t shown;        /* the last time */
    uint64_t executed;    /* until then */
    const char *stopping; /* set when it drains: how to end it sooner */
};

/* out: a terminal, or NULL. */
void live_init(struct live *live, FILE *out, int64_t now);

/* Draw the line anew. */
void live_show(struct live *live, const struct totals *totals, int64_t now);

/* Wipe the line away. */
void live_clear(struct live *live);

/* The text of the line; seconds since the start, executed per second. */
void live_text(char *buffer, size_t size, const struct totals *totals,
               double seconds, double rate);

/* The same while it drains: what it waits for, and how not to. */
void live_stopping_text(char *buffer, size_t size, const struct totals *totals,
                        const char *hint);

/* Only what fits before this column: whole parts of the line, if one does. */
void live_cut(char *text, uint32_t columns);

#endif
