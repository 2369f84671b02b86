/* metrics_streams.h - what the streams of a topology have done, as nimbus tells
 * it: the first tables of `gale metrics`. */
#ifndef GALE_METRICS_STREAMS_H
#define GALE_METRICS_STREAMS_H

#include "common/pack.h"
#include <stdio.h>

/* components: those of the answer to "metrics"; component: this one alone, or
 * NULL. Whether there was anything to print. */
bool metrics_streams_print(const msgpack_object *components,
                           const char *component, FILE *out);

#endif
