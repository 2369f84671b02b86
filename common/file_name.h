/*
 * file_name.h - names of files that came from outside.
 *
 * Whoever submits a topology says how its files are called, and a worker's
 * machine makes files of these names. So a name is one that is in its
 * directory, whatever is done with it.
 */
#ifndef GALE_FILE_NAME_H
#define GALE_FILE_NAME_H

#include <stdbool.h>

#define FILE_NAME_MAX 255u /* bytes */

/* The rule, for messages. */
#define FILE_NAME_RULE                                                         \
    "1 to 255 letters, digits, '.', '_', '+' and '-', not beginning with "     \
    "'.', '+' or '-'"

bool file_name_valid(const char *name);

/* What is behind the last '/' of a path; points into it. */
const char *file_name_of(const char *path);

#endif
