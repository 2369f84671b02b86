/*
 * scale_report.h - what gale simulate --scale prints, and what of it must be
 * true.
 */
#ifndef GALE_SCALE_REPORT_H
#define GALE_SCALE_REPORT_H

#include "cli/scale_run.h"

/* True: what is counted is as it shall be. */
bool scale_report(const struct scale_result *r, FILE *out);

#endif
