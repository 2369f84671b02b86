/*
 * report.h - what a topology did, as tables for people; the end of
 * `gale local`.
 */
#ifndef GALE_REPORT_H
#define GALE_REPORT_H

#include "cli/totals.h"
#include <gale/local.h>
#include <stdio.h>

/* Counts of spouts and bolts, their times, metrics of plugins, what is rare,
 * last errors, and one line of sums; parts that would be empty are left out.
 * Ids of 20 letters leave it within 80 columns. */
void report_print(gale_local *l, double seconds, FILE *out);

/* The line of sums alone. */
void report_sums(const struct totals *totals, double seconds, FILE *out);

#endif
