/*
 * conformance.h - what must hold of every plugin, tried on one of them.
 *
 * Each check is a process of its own (trial.h), in a simulated world of the
 * kit, and has some seconds. When these were not enough for one of a plugin's
 * checks, each of its others has a tenth: what hangs everywhere would take
 * minutes for nothing. Of a component with GALE_NEEDS_NETWORK, the descriptor
 * alone is looked at; of a spout that waits for a descriptor, nothing for which
 * it must run. `gale check` shows it to authors; tests/conformance runs
 * it over all that ships.
 */
#ifndef GALE_CONFORMANCE_H
#define GALE_CONFORMANCE_H

#include <gale/local.h>

enum { CONFORMANCE_SECONDS = 60 };

struct conformance_options {
    const char *file; /* as plugins are named; with ":ID" one of it */
    const char *const *overrides; /* KEY=VALUE */
    size_t n_overrides;
    const char *const *fields; /* names of the fields that bolts are fed */
    uint32_t n_fields;         /* 0: f0, f1 */
    uint32_t seconds;          /* for a check; 0: CONFORMANCE_SECONDS */
    /* Before each check, and before the file is loaded; NULL: nobody hears. */
    void (*begins)(const char *owner, const char *what);
};

enum conformance_verdict {
    CONFORMANCE_HELD,
    CONFORMANCE_FAILED,
    CONFORMANCE_NOT_TRIED, /* it needs what a simulated world does not have */
};

/* What was looked at, of `bolt "split"`; why, unless it holds: then "". */
typedef void conformance_fn(void *arg, const char *owner, const char *what,
                            enum conformance_verdict verdict, const char *why);

/* How many checks did not hold; -1 with the error if there is nothing to
 * check. */
int conformance_run(const struct conformance_options *options,
                    conformance_fn *fn, void *arg, gale_err *error);

#endif
