/*
 * submission_parts.h - looks into the files of a submission, which the store
 * has by now; runs nothing of them.
 */
#ifndef GALE_SUBMISSION_PARTS_H
#define GALE_SUBMISSION_PARTS_H

#include "common/store.h"
#include "nimbus/submission.h"

/* One for each file of the description; to be freed. A part says itself what is
 * wrong with it. */
struct submission_part *submission_parts_read(struct store *store,
                                              const struct description *d);
void submission_parts_free(struct submission_part *parts, uint32_t n);

#endif
