/* leaving.c - whom to ask before the process ends; see leaving.h. */
#include "common/leaving.h"
#include <stddef.h>

leaving_fn *leaving = NULL;
