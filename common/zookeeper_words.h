/*
 * zookeeper_words.h - ask a ZooKeeper server by one of its four-letter words.
 *
 * Blocks: for the start of a daemon, before its loop runs.
 */
#ifndef GALE_ZOOKEEPER_WORDS_H
#define GALE_ZOOKEEPER_WORDS_H

#include "common/env.h"

enum zookeeper_word {
    ZOOKEEPER_ANSWERED,    /* reply holds what it said, perhaps nothing */
    ZOOKEEPER_UNREACHABLE, /* errno says why */
    ZOOKEEPER_SILENT,      /* connected, and no end of an answer in time */
    ZOOKEEPER_NO_HOST,     /* the name means nothing */
};

struct zookeeper_question {
    const char *server; /* HOST:PORT, as in zookeeper_options.hosts */
    const char *word;   /* "srvr", which every server answers */
};

/* The reply is cut to size and ends with a NUL byte. Until the time `until` of
 * env's clock; looking up a name may take longer. */
enum zookeeper_word zookeeper_words_ask(struct env *env,
                                        struct zookeeper_question question,
                                        int64_t until, char *reply,
                                        size_t size);

#endif
