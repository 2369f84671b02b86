/*
 * named_files.h - which files the topologies in ZooKeeper name.
 *
 * A topology's files are the same as long as it is there: a record is read
 * once. One watch, on the children of /topologies, and a look now and then
 * without it. On the loop's thread.
 */
#ifndef GALE_NAMED_FILES_H
#define GALE_NAMED_FILES_H

#include "common/digest.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/zookeeper.h"

struct named_files;

struct named_files_options {
    struct loop *loop;
    struct zookeeper *zookeeper; /* outlives it */
    struct log *log;
    const struct digest *records_key;
    void *arg;
    /*
     * A look is over: all files that are named, each at least once. `all` is
     * false if there is a record that cannot be read: there may be more. The
     * look is number `look`: what was in ZooKeeper when named_files_look()
     * returned it is in this.
     */
    void (*read)(void *arg, const char *const *hashes, uint32_t n, bool all,
                 uint64_t look);
};

struct named_files *named_files_new(const struct named_files_options *options);
/* It looks no more: before zookeeper_free(), and named_files_free() after
 * that. NULL is fine. */
void named_files_end(struct named_files *f);
void named_files_free(struct named_files *f);

/* Looks as soon as it may; the number of the look. */
uint64_t named_files_look(struct named_files *f);

#endif
