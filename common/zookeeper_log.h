/*
 * zookeeper_log.h - what the ZooKeeper library has to say, in gale's log: its
 * warnings and errors, one in a minute, since what matters gale says in its own
 * words.
 *
 * The library does not say whose a line is: the process has one log for it.
 */
#ifndef GALE_ZOOKEEPER_LOG_H
#define GALE_ZOOKEEPER_LOG_H

#include "common/log.h"

/* Any thread, before the library is used there. Lines go to log from now on;
 * NULL: to where they went before. */
void zookeeper_log_to(struct env *env, struct log *log);

/* Nothing goes to it any longer. */
void zookeeper_log_end(const struct log *log);

/* What the library calls, on any thread. */
void zookeeper_log_line(const char *line);

/* The text of a line of the library's, without time, process and place. */
const char *zookeeper_log_text(const char *line);

#endif
