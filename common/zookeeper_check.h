/*
 * zookeeper_check.h - whether the ZooKeeper that is configured will do, before
 * a daemon starts: what is wrong, in sentences.
 *
 * Blocks for as long as storm.zookeeper.connection.timeout says.
 */
#ifndef GALE_ZOOKEEPER_CHECK_H
#define GALE_ZOOKEEPER_CHECK_H

#include "common/env.h"
#include "common/zookeeper_options.h"
#include "common/zookeeper_words.h"

enum zookeeper_gravity {
    ZOOKEEPER_GOOD,
    ZOOKEEPER_NOTE, /* good to know */
    ZOOKEEPER_BAD,  /* gale cannot work with this server */
};

typedef void zookeeper_finding_fn(void *arg, enum zookeeper_gravity gravity,
                                  const char *text);

/* 0, or -1 if there is no ZooKeeper to work with. fn hears of everything that
 * is not good; of servers that are bad while another is good, as a NOTE. */
int zookeeper_check(struct env *env, const struct zookeeper_options *options,
                    zookeeper_finding_fn *fn, void *arg);

/* What became of the question "srvr". */
struct zookeeper_heard {
    enum zookeeper_word word;
    const char *reply;
    int error; /* if it is UNREACHABLE */
};

/* What that means: a sentence, unless it is GOOD. */
enum zookeeper_gravity zookeeper_check_judge(
    const char *server, const struct zookeeper_heard *heard, char *text,
    size_t size);

#endif
