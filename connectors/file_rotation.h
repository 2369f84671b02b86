/*
 * file_rotation.h - when a new file begins, and what files are called.
 *
 * A file that is written is `_NAME`; the underscore goes when it is finished,
 * and readers such as Hive do not see it before. NAME is
 *
 *     PREFIX COMPONENT-TASK-ROTATION-TIME EXTENSION
 *
 * without the blanks, TIME in milliseconds since 1970: two tasks, and two runs
 * of one task, never write the same file.
 *
 * Pure: time comes in as an argument.
 */
#ifndef CONNECTORS_FILE_ROTATION_H
#define CONNECTORS_FILE_ROTATION_H

#include <gale/value.h>

enum {
    FILE_NAME_SIZE = 256,         /* of any name, with the NUL */
    FILE_NAME_PREFIX_MAX = 100,   /* bytes */
    FILE_NAME_COMPONENT_MAX = 80, /* … of which what is longer is left out */
    FILE_NAME_EXTENSION_MAX = 20,
    FILE_NOBODYS = -1,
};

/* 0: not by this. */
struct file_rotation {
    int64_t bytes, secs;
};

/* The file holds `size` bytes and was begun `age` nanoseconds ago. */
bool file_rotation_due(const struct file_rotation *r, int64_t size,
                       int64_t age);

struct file_names {
    gale_str prefix, extension;
    const char *component;
};

/* NULL, or what is wrong with prefix or extension: a whole sentence. */
const char *file_names_check(const struct file_names *n);

/* The name of an open file; one byte later begins that of the finished one. */
void file_names_make(const struct file_names *n, uint32_t task,
                     uint64_t rotation, int64_t ms, char *name);

/* The index of the task whose open file this is, or FILE_NOBODYS. */
int64_t file_names_task(const struct file_names *n, const char *name);

#endif
