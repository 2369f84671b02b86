/*
 * log_files.h - a file that others append to, and what it was before it was
 * rotated: the files of its directory.
 *
 * A rotated file has the name of the file, a dot or a dash, and what begins and
 * ends with a digit: app.log.1, app.log-20261130; app.log.2.gz is none. Blocks
 * as the file system does; nothing is kept open between calls.
 */
#ifndef CONNECTORS_LOG_FILES_H
#define CONNECTORS_LOG_FILES_H

#include "connectors/file_mark.h"
#include <sys/stat.h>

enum { LOG_FILES_DONE = 64 };

/* One that is open. */
struct log_file {
    int fd;         /* -1: none, and errno says why */
    struct stat st; /* when it was opened */
    char name[256]; /* in its directory */
};

/* Those that were read to their end last, so that none is read again which has
 * changed in the same moment as another. Starts zeroed. */
struct log_files_done {
    struct file_mark marks[LOG_FILES_DONE];
    uint32_t n; /* ever */
};

int64_t log_file_changed(const struct stat *st);

void log_files_done(struct log_files_done *done, const struct stat *st);

/* The file itself. ENOENT: it is not there; EISDIR, ENOTSUP: it is a directory,
 * or nothing that can be read twice. */
struct log_file log_files_open(const char *path);

/* Whether an open file is the one that the mark is of, and has not been cut. */
bool log_file_is(int fd, const struct file_mark *mark);

/* The file that the mark is of, whatever its name is now; or else a copy of it
 * that was made later, as by logrotate's copytruncate. */
struct log_file log_files_marked(const char *path,
                                 const struct file_mark *mark);

/* Hear when something comes into its directory. Again each time: that may have
 * been made, or made again. inotify: -1: there is none. */
void log_files_watch(int inotify, const char *path);

/* What comes behind one that was read: the rotated file that has changed first
 * since then and is not done, else the file itself. */
struct log_file log_files_next(const char *path, int64_t since,
                               const struct log_files_done *done);

#endif
