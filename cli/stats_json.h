/*
 * stats_json.h - everything that gale counted, as one JSON object, for
 * programs: `gale local --stats FILE.json`.
 *
 *     {"topology", "state", "error", "seconds",
 *      "components": [{"id", "kind", counters …, latencies …,
 *                      "outputs": [{"stream", …}], "inputs": […]}],
 *      "metrics": [{"component", "name", "kind", …}]}
 *
 * Counts are exact, names are those of gale_component_stats in gale/local.h;
 * times are nanoseconds and say so in their names.
 */
#ifndef GALE_STATS_JSON_H
#define GALE_STATS_JSON_H

#include <gale/local.h>
#include <stdio.h>

/* What is known about the run besides its counters. */
struct stats_run {
    const char *topology;
    gale_local_state state;
    double seconds;
};

/* 0, or -1 and errno if out did not take everything. */
int stats_json_write(gale_local *l, const struct stats_run *run, FILE *out);

#endif
