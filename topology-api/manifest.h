/*
 * manifest.h - what a shared object says it holds, without loading it.
 *
 * The GALE_… macros leave a line `gale:ABI:KIND:ID` per descriptor in the ELF
 * section "gale_manifest" (gale/abi.h). It is read from the file, so that a
 * file that is no plugin, or one of another ABI or machine, is refused before
 * any of its code runs. The file may be hostile: every offset and size in it is
 * checked against the file's size before it is used.
 */
#ifndef GALE_MANIFEST_H
#define GALE_MANIFEST_H

#include "topology-api/model.h"
#include <sys/types.h>

enum manifest_kind {
    MANIFEST_SPOUT,
    MANIFEST_BOLT,
    MANIFEST_GROUPING,
    MANIFEST_HOOK,
    MANIFEST_INVARIANT,
    MANIFEST_TOPOLOGY,
};
#define MANIFEST_KINDS 6u

struct manifest_entry {
    enum manifest_kind kind;
    uint32_t abi;
    char *id; /* a valid name */
};

struct manifest {
    dev_t device; /* of the file that was read */
    ino_t inode;
    uint32_t n;
    struct manifest_entry *entries; /* by kind, then by id */
};

/* 0 with at least one entry, all of this gale's ABI; or -1 with the error. */
int manifest_read(const char *path, struct manifest *manifest, gale_err *error);
/* The same, of a file that errors call `name`: a store calls files by their
 * content, which says nothing to people. */
int manifest_read_as(const char *path, const char *name,
                     struct manifest *manifest, gale_err *error);
/* The same of what is in no file of the system; device and inode are 0. */
struct elf_source;
int manifest_read_from(const struct elf_source *source, const char *name,
                       struct manifest *manifest, gale_err *error);
void manifest_fini(struct manifest *manifest);

/* "spout", "bolt", "grouping", "hook", "invariant", "topology". */
const char *manifest_kind_name(enum manifest_kind kind);

const struct manifest_entry *manifest_find(const struct manifest *manifest,
                                           enum manifest_kind kind,
                                           const char *id);

/* How many of a kind there are; *only is one of them, NULL if there is none. */
uint32_t manifest_count(const struct manifest *manifest,
                        enum manifest_kind kind,
                        const struct manifest_entry **only);

/* `bolt "a", topology "t"` of these kinds (bits 1u << kind), cut with "…";
 * returns buffer. */
#define MANIFEST_ALL_KINDS ((1u << MANIFEST_KINDS) - 1)
char *manifest_text(const struct manifest *manifest, uint32_t kinds,
                    char *buffer, size_t size);

#endif
