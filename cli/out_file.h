/*
 * out_file.h - a file that a command writes at its end, such as that of
 * --stats: looked at before the work, so that a long one does not end in a
 * wrong path, and left as it was if the work is refused.
 *
 * What is there is replaced as a whole, by a file beside it that is renamed. A
 * file that cannot be replaced, as it is another user's, has more names or is
 * in a directory that cannot be written, is written in its place, and so is
 * what is no regular file; what standard output or standard error is, gets it
 * behind what they have.
 */
#ifndef GALE_OUT_FILE_H
#define GALE_OUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* All zero: none is to be written. */
struct out_file {
    char *path; /* to be replaced: absolute, without links; or NULL */
    char *temporary;
    bool cut; /* what was there goes when it is written in its place */
    FILE *file;
};

/* 0, or -1 and errno: it could not be written. Opening a FIFO waits for its
 * reader. */
int out_file_open(struct out_file *f, const char *path);

static inline bool out_file_wanted(const struct out_file *f)
{
    return f->path != NULL || f->file != NULL;
}

/* Where to write now; NULL and errno if that fails. */
FILE *out_file_begin(struct out_file *f);

/* All is written; 0, or -1 and errno: then what was there is still there. */
int out_file_end(struct out_file *f);

/* Without an end nothing has changed. */
void out_file_free(struct out_file *f);

#endif
