/*
 * writer.h - what a leader wants ZooKeeper to hold gets there, in transactions
 * that only this leadership can make: each checks the version of /epoch.
 *
 * One transaction at a time; what was wanted meanwhile goes into the next. If
 * it is not known whether one happened, its nodes are read again, when it can
 * not happen any more, and the difference is written. All of it belongs to the
 * loop's thread.
 */
#ifndef GALE_WRITER_H
#define GALE_WRITER_H

#include "common/loop.h"
#include "common/zookeeper.h"
#include "nimbus/mirror.h"

struct writer;

struct writer_options {
    struct loop *loop;
    struct zookeeper *zookeeper; /* outlives it */
    int32_t epoch_version;
    void *arg;
    /* More is durable: mirror_durable(). */
    void (*written)(void *arg);
    /* Another leadership has begun: nothing can be written any more. */
    void (*fenced)(void *arg);
    /* What cannot be written, and why; it is tried again. */
    void (*trouble)(void *arg, const char *text);
};

struct writer *writer_new(const struct writer_options *options);
/* It writes and calls nothing any more. NULL is fine. */
void writer_free(struct writer *w);

/* What is wanted goes in here. */
struct mirror *writer_mirror(struct writer *w);

/* Something was wanted: write it, once the callback under way has returned, so
 * that all that it wants is in one transaction. */
void writer_go(struct writer *w);

#endif
