/*
 * bad_disk.h - the real world, but for a disk that fails as it is told.
 */
#ifndef TESTS_BAD_DISK_H
#define TESTS_BAD_DISK_H

#include "common/env.h"

/* The error number of what is to fail; 0: it does not. */
struct bad_disk {
    int create, write, sync, rename, link;
};

extern struct bad_disk bad_disk;

/* One of which nothing fails, so far. There is one at a time. */
struct env *bad_disk_new(void);

#endif
