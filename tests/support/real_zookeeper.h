/*
 * real_zookeeper.h - a world of real ZooKeeper servers for
 * zookeeper_contract.h, at the address in GALE_ZOOKEEPER.
 */
#ifndef GALE_REAL_ZOOKEEPER_H
#define GALE_REAL_ZOOKEEPER_H

#include "common/loop.h"
#include "common/zookeeper_options.h"
#include "tests/support/zookeeper_contract.h"

extern const struct zookeeper_world real_zookeeper;

/* What the next clients are given; each case begins with a root of its own,
 * sessions of 10 s and no secret. */
extern struct zookeeper_options real_zookeeper_options;

struct loop *real_zookeeper_loop(void);

/* In a child: a loop of its own. */
void real_zookeeper_after_fork(void);

/* Another root, below the present one. */
void real_zookeeper_root(const char *name);

#endif
