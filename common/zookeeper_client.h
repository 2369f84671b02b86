/*
 * zookeeper_client.h - real ZooKeeper servers behind zookeeper.h, over the C
 * library (asynchronous calls only).
 *
 * What that library does not give, and this does: a session that is over is
 * followed by a new one; deadlines; a lease of one's own; answers on the loop's
 * thread. Pieces of it: zookeeper_session.h decides, zookeeper_handle.h opens
 * and closes, zookeeper_call.h is a request, zookeeper_mail.h crosses threads.
 *
 * Values go over the network as they are, and so does the secret: ZooKeeper is
 * for loopback, a private network or a tunnel.
 */
#ifndef GALE_ZOOKEEPER_CLIENT_H
#define GALE_ZOOKEEPER_CLIENT_H

#include "common/log.h"
#include "common/loop.h"
#include "common/zookeeper.h"
#include "common/zookeeper_options.h"

/*
 * Connects in the background for as long as it takes. The options are copied;
 * log (NULL: none) outlives it and gets what the library says, too. zookeeper_
 * free() waits until the servers have heard that the session ends, some seconds
 * at most; before loop_free().
 */
struct zookeeper *zookeeper_client_new(struct loop *loop,
                                       const struct zookeeper_options *options,
                                       struct log *log, zookeeper_state_fn *fn,
                                       void *arg);

#endif
