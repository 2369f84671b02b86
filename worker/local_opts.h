/* local_opts.h - whether gale_local_opts are in their ranges. */
#ifndef GALE_LOCAL_OPTS_H
#define GALE_LOCAL_OPTS_H

#include <gale/local.h>

/* 0, or -1 with the error. */
int local_opts_check(const gale_local_opts *opts, gale_err *error);

#endif
