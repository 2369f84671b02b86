/*
 * check_yaml.h - `gale check` of a topology in YAML: all that is wrong with it.
 */
#ifndef GALE_CHECK_YAML_H
#define GALE_CHECK_YAML_H

#include "common/flux.h"

/* A line of standard output for each, and one that counts them, which may begin
 * with the file's name; the exit status. */
int check_yaml(const char *file, const struct flux_options *options,
               const char *const *overrides, uint32_t n_overrides, bool named);

#endif
