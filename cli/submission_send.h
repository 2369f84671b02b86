/* submission_send.h - a topology that was built here goes to a cluster. */
#ifndef GALE_SUBMISSION_SEND_H
#define GALE_SUBMISSION_SEND_H

#include "cli/cluster_call.h"
#include "cli/submission_files.h"

struct submission {
    const char *command; /* its name, for sentences */
    const struct model *model;
    const struct submission_files *files; /* of the model */
    const char *name;                     /* NULL: the model's own */
    bool inactive, replace;
    FILE *terminal; /* where it is said how much is sent; NULL: nowhere */
};

/* Files, description, and the word that it shall run. `to` is opened as a
 * submitter; as cluster_call(). */
int submission_send(struct cluster *to, const struct submission *s,
                    struct unpacked *answer);

#endif
