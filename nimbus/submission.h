/*
 * submission.h - whether a topology that somebody submits may run, decided
 * without running any of its code.
 *
 * Who submits has checked all of it already, with the code; but who submits may
 * be anybody, with any gale. So nimbus looks again at everything that can be
 * seen from outside: the description, and what each file says that it holds.
 * Pure: submission_parts.h is who looks into files.
 */
#ifndef GALE_SUBMISSION_H
#define GALE_SUBMISSION_H

#include "common/description.h"
#include "topology-api/manifest.h"

#define SUBMISSION_CONF_MAX (128u << 10) /* bytes of keys and values */

/* What the store has of a file of the description. */
struct submission_part {
    bool there;
    uint64_t size;
    struct manifest manifest; /* of a plugin; n = 0: see defect */
    gale_err defect;          /* why it is no plugin that can run here */
};

struct submission_limits {
    uint32_t workers;   /* nimbus.slots.perTopology; 0: no limit */
    uint32_t executors; /* nimbus.executors.perTopology; 0: no limit */
};

struct submission {
    const struct description *description;
    const struct submission_part *parts; /* one for each of its files */
    struct submission_limits limits;
};

/* 0, or -1 with the one sentence that refuses it. */
int submission_check(const struct submission *s, gale_err *error);

/* Worker processes that it asks for, at least 1, and no more than it has
 * executors. */
uint32_t submission_workers(const struct model *m);

#endif
