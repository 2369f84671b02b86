/*
 * submission_files.h - the files that a topology needs on other machines: its
 * plugins, and the data that `--files` names.
 *
 * A worker has all of them in one directory, by their base names.
 */
#ifndef GALE_SUBMISSION_FILES_H
#define GALE_SUBMISSION_FILES_H

#include "common/description.h"

struct submission_files {
    uint32_t n;
    char **paths; /* where file i is here; owned */
    struct description_file *files;
};

/*
 * Plugins of the model, each once, then `data`. All are read, for their hashes.
 * 0, or -1 with the error: a file that cannot be read, is no regular file or
 * has a name that cannot be shipped; two that differ and have the same base
 * name. submission_files_free() in either case.
 */
int submission_files_collect(struct submission_files *s, const struct model *m,
                             const char *const *data, uint32_t n_data,
                             gale_err *error);
void submission_files_free(struct submission_files *s);

#endif
