/* other_time.c - what time plugins see; see other_time.h. */
#include "common/other_time.h"

bool other_time = false;
