/*
 * upload.h - files into the leading nimbus's store: what it has already is not
 * sent.
 */
#ifndef GALE_UPLOAD_H
#define GALE_UPLOAD_H

#include "cli/cluster_call.h"
#include "cli/upload_line.h"
#include "common/digest.h"

/* The content of a file here, which has this hash and size; line: what of
 * it is sent is added there. The exit status; why has been said. */
int upload_file(struct cluster *c, const char *path, const struct digest *hash,
                uint64_t size, struct upload_line *line);

/* The same of what is in memory. */
int upload_bytes(struct cluster *c, const void *data, size_t size,
                 struct digest *hash);

#endif
