/*
 * description.h - a topology that is built and checked, as MessagePack, and
 * back.
 *
 * It is what a client submits, nimbus validates and keeps, and every worker
 * builds its model from, so that all workers of a topology have the same one:
 * nothing is searched for, no argument, environment variable or configuration
 * file of the machine has a say. Files are named by their content's SHA-256
 * and by a base name, which a worker has them by.
 *
 *     description_pack()     the model of whoever has run the topology's code
 *     description_read()     the same model without any code: what nimbus asks
 *     description_build()    with the files, the model with its code again
 *
 * The form: a map with the keys of docs/cluster.md; a reader ignores keys that
 * it does not know, and refuses a newer `version`.
 */
#ifndef GALE_DESCRIPTION_H
#define GALE_DESCRIPTION_H

#include "common/digest.h"
#include "common/pack.h"
#include "topology-api/model.h"

#define DESCRIPTION_VERSION 1u
#define DESCRIPTION_BYTES_MAX (512u << 10)  /* of the whole */
#define DESCRIPTION_NAME "gale.description" /* a worker's; no file's name */
#define DESCRIPTION_FILES_MAX 1024u
#define DESCRIPTION_FILE_BYTES_MAX (1ull << 40)

struct description_file {
    char *name; /* file_name_valid(), each once, not DESCRIPTION_NAME */
    struct digest hash;
    uint64_t size; /* bytes */
    bool plugin;   /* its code is run; else it is data */
};

struct description {
    char *gale;   /* GALE_VERSION of who wrote it */
    uint32_t abi; /* its GALE_ABI */
    uint32_t n_files;
    struct description_file *files;
    char *own;         /* name of the topology's file; NULL: it has none */
    size_t conf_bytes; /* keys and values of all settings together */
    /*
     * The model as it was, but for what only code can say: descriptors,
     * options, hooks, invariants are not there, and names of files are base
     * names. model_config() works, so do describe_model() and common/config.h.
     * Before description_build(), executors of components may be changed to 1
     * up to `tasks`, and keys may be set in `overrides`.
     */
    struct model *model;
};

/*
 * Append the description of a model whose plugins are `files`, and data that
 * shall lie beside them. 0, or -1 with the error: a component that is code of
 * this program and of no file, a file that is not among them, a name that
 * cannot be a file's, or more than DESCRIPTION_BYTES_MAX.
 */
int description_pack(const struct model *m,
                     const struct description_file *files, uint32_t n_files,
                     struct pack *p, gale_err *error);

/*
 * The description in these bytes, which come from anybody; NULL with the error.
 * No code runs and no file is opened. What remains to be found out with code is
 * whether the plugins' options, streams and groupings agree with it.
 */
struct description *description_read(const void *data, size_t size,
                                     gale_err *error);
void description_free(struct description *d); /* NULL is fine */

/* Sets keys in `overrides`: one KEY=VALUE a line, as rebalances have set them;
 * NULL: none. 0, or -1 with the error. */
int description_set(struct description *d, const char *lines, gale_err *error);

/* The file of this name, or NULL. */
const struct description_file *description_find(const struct description *d,
                                                const char *name);

/*
 * Load the plugins from `directory`, which has them by their base names, and
 * build the topology anew: the builder's model is checked, and equal to the one
 * that was described. NULL with the error: another ABI, a file that cannot be
 * loaded, options or streams that are not as they were described.
 */
gale_builder *description_build(const struct description *d,
                                const char *directory, gale_err *error);

/* The same where the directory is none of the system's: `real` says by which
 * path that has a file of it can be loaded; to be freed, NULL with the error.
 * Without it the path itself is one. */
struct description_files {
    const char *directory;
    char *(*real)(void *arg, const char *path, gale_err *error);
    void *arg;
};
gale_builder *description_build_from(const struct description *d,
                                     const struct description_files *files,
                                     gale_err *error);

#endif
