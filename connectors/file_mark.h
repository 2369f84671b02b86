/*
 * file_mark.h - how far a file has been read, and how to know it again when it
 * has another name: device, inode, and a sum of its first bytes, since a file
 * that is made when another is removed may get its inode.
 *
 * The sum covers what has been read, but at most FILE_MARK_HEAD bytes.
 *
 * Pure: who reads the file passes its bytes on.
 */
#ifndef CONNECTORS_FILE_MARK_H
#define CONNECTORS_FILE_MARK_H

#include <gale/value.h>

enum { FILE_MARK_HEAD = 1024, FILE_MARK_TEXT = 160 };

struct file_mark {
    uint64_t device, inode;
    int64_t changed; /* ns since 1970: its last change when it was looked at */
    int64_t offset;  /* bytes that have been read */
    uint64_t sum;    /* of the first of them */
};

/* At the start of a file that has device, inode and last change. */
void file_mark_begin(struct file_mark *m, uint64_t device, uint64_t inode,
                     int64_t changed);

/* The next n bytes have been read. */
void file_mark_pass(struct file_mark *m, const char *data, size_t n);

/* How many bytes the sum covers. */
size_t file_mark_head(const struct file_mark *m);

/* Whether a file that begins with these bytes, file_mark_head() of them, begins
 * as the one that was read. */
bool file_mark_begins(const struct file_mark *m, const char *head);

/* As text, for a position, NUL-terminated; how long it is. */
size_t file_mark_write(const struct file_mark *m, char text[FILE_MARK_TEXT]);

/* false: that is none. */
bool file_mark_read(gale_str text, struct file_mark *m);

#endif
