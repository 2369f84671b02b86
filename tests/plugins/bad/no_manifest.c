/* no_manifest.c - broken: a shared object that has nothing of gale. */
#include <gale/abi.h>

GALE_EXPORT extern const int nothing_of_gale;
GALE_EXPORT const int nothing_of_gale = 1;
