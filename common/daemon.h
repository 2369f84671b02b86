/*
 * daemon.h - what the daemons of a cluster have in common: a loop that ends
 * with SIGTERM or SIGINT, a log on standard error, ZooKeeper, the cluster's
 * token, and where they are found.
 */
#ifndef GALE_DAEMON_H
#define GALE_DAEMON_H

#include "common/daemon_config.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/rpc_server.h"
#include "common/throttle.h"
#include "common/token.h"
#include "common/zookeeper.h"

/*
 * Where daemons share a process, as in `gale local --cluster`: what each of
 * them has from outside then, instead of a loop, signals and ZooKeeper of its
 * own.
 */
struct daemon_place {
    const char *name; /* in the log */
    struct env *env;
    struct loop *loop;
    gale_log_level log_level;
    const struct token *token; /* NULL: it is in gale.token.file */
    void *arg;
    struct zookeeper *(*join)(void *arg, zookeeper_state_fn *fn, void *fn_arg);
    void (*leave)(void *arg, struct zookeeper *zookeeper);
};

struct zookeeper_options;

struct daemon {
    const char *name; /* "nimbus" */
    const struct daemon_config *config;
    const struct daemon_place *place; /* NULL: a process of its own */
    struct env *env;
    struct loop *loop;
    struct log *log;
    bool insecure; /* gale.insecure: there is no token */
    struct token token;
    struct digest records_key;
    char host[256];    /* this machine's name, for people */
    char address[256]; /* by which others reach it: numeric */
    int64_t started_us;
    struct zookeeper *zookeeper; /* daemon_zookeeper() */
    struct throttle refusals;    /* in the log */
    struct env_thread *checks; /* … looks whether it will do; NULL: no more */
    struct zookeeper_options *checked;
    bool told_to_end;
    void (*child_ended)(void *arg); /* SIGCHLD; NULL: nobody waits for it */
    void *child_arg;
};

/* `name`, `config` and `place` are set, the rest is zero. Without a place:
 * before any thread is started. make_token: if there is none yet. 0, or -1 with
 * the error; daemon_end() in either case. */
int daemon_begin(struct daemon *d, bool make_token, gale_err *error);

/* Connects in the background, for as long as it takes. 0, or -1 with what is
 * wrong with the configuration. */
int daemon_zookeeper(struct daemon *d, zookeeper_state_fn *fn, void *arg,
                     gale_err *error);

/* Listens at gale.bind and the port; `methods` and `arg` as in
 * rpc_server_options. NULL with the error. */
struct rpc_server *daemon_listen(struct daemon *d, uint16_t port,
                                 const struct rpc_server_options *options,
                                 gale_err *error);

/* `refused` of rpc_server_options: a sentence in the log, of a few in a minute,
 * so that strangers cannot fill the disk. */
void daemon_refused(struct daemon *d, const char *from, const char *why);

/* Until it is told to end; a process of its own. */
void daemon_run(struct daemon *d);
/* ZooKeeper's session ends; nothing of it is called any more. */
void daemon_leave_zookeeper(struct daemon *d);
void daemon_end(struct daemon *d);

/* A path in storm.local.dir, which is made if need be; to be freed. NULL with
 * the error. */
char *daemon_directory(struct daemon *d, const char *name, gale_err *error);
/* The same, and nobody else may look into it. */
char *daemon_private_directory(struct daemon *d, const char *name,
                               gale_err *error);

#endif
