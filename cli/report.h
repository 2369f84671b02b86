/*
 * report.h - what a topology did, as tables for people; the end of
 * `gale local`.
 */
#ifndef GALE_REPORT_H
#define GALE_REPORT_H

#include <gale/local.h>
#include <stdio.h>

/* Spouts, bolts, metrics of plugins, last errors, and one line of sums; parts
 * that would be empty are left out. */
void report_print(gale_local *l, double seconds, FILE *out);

#endif
