/*
 * checks.h - the checks of each kind of plugin, and what they share; private.
 */
#ifndef GALE_CHECKS_H
#define GALE_CHECKS_H

#include "testing/conformance.h"
#include "testing/kit.h"
#include "testing/trial.h"
#include "topology-api/manifest.h"

/* What is checked. */
struct checked {
    const struct conformance_options *options;
    struct plugin *plugin;
    const char *id;
    char name[4500]; /* FILE.so:ID */
};

/* The sentence says what must hold. */
struct check {
    const char *what;
    void (*run)(const struct checked *c, struct trial *trial);
};

/* Each begins with the one that looks at the descriptor and runs nothing, and
 * ends with one without a sentence. */
extern const struct check bolt_checks[];
extern const struct check spout_checks[];
extern const struct check grouping_checks[];
extern const struct check hook_checks[];
extern const struct check invariant_checks[];
extern const struct check topology_checks[];

/* -- for several of them --------------------------------------------------- */

/* Summary, and help for each option. */
void checks_texts(const char *summary, const gale_options *options,
                  struct trial *trial);

/* With the overrides of the options. */
gale_test *checks_bolt(const struct checked *c);
gale_test *checks_spout(const struct checked *c);

/* The test's mistake or failure is the finding, unless a spout wants to wait
 * for what no simulated world has: then it is not tried. */
void checks_fine(gale_test *t, struct trial *trial);

/* What a plugin has of the process after it has been closed: run() is called
 * several times, and must leave nothing behind. */
void checks_leave_nothing(const struct checked *c, struct trial *trial,
                          void (*run)(const struct checked *c,
                                      struct trial *trial));

/* Two runs have emitted the same, at the same times. Frees both. */
void checks_equal(gale_test *a, gale_test *b, struct trial *trial);

/* Values of every kind, short and long; borrowed for good. */
gale_rows checks_values(void);
gale_rows checks_huge_values(void);

#endif
