/*
 * zookeeper_mail.h - what threads of the ZooKeeper library say, brought to the
 * loop's thread.
 *
 * The library calls back on a thread of its own, with what is its own and gone
 * afterwards: each call back becomes a mail with copies, in a box that the loop
 * is told to empty. Only what is in a call when it is sent is looked at there.
 */
#ifndef GALE_ZOOKEEPER_MAIL_H
#define GALE_ZOOKEEPER_MAIL_H

#include "common/loop.h"
#include "common/zookeeper.h"
#include <zookeeper/zookeeper.h>

struct zookeeper_call;

enum zookeeper_mail_kind {
    ZOOKEEPER_MAIL_REPLY,     /* to a call */
    ZOOKEEPER_MAIL_WATCH,     /* something happened at a spot */
    ZOOKEEPER_MAIL_SESSION,   /* the state of the handle has changed */
    ZOOKEEPER_MAIL_OPENED,    /* a handle; or not, and why */
    ZOOKEEPER_MAIL_LOOKED_UP, /* names of servers, once more */
    ZOOKEEPER_MAIL_CLOSED,    /* it is gone, and all its replies have come */
};

struct zookeeper_mail {
    struct zookeeper_mail *next;
    enum zookeeper_mail_kind kind;
    struct zookeeper_call *call; /* REPLY */
    int rc; /* REPLY: the library's, or more than 0: the client's;
               OPENED: 0, errno, or less than 0: of getaddrinfo() */
    struct zookeeper_stat stat;
    char *path;
    char *data;
    size_t size;
    char **children;
    uint32_t n_children;
    uint64_t spot; /* WATCH */
    int state;     /* SESSION: of the handle; it does not show it itself yet */
};

struct zookeeper_box {
    struct loop *loop;
    void (*take)(void *arg, struct zookeeper_mail *mail); /* frees it */
    void *arg;
    struct env_monitor *monitor; /* of what follows */
    struct zookeeper_mail *first, **last;
};

void zookeeper_box_init(struct zookeeper_box *box, struct loop *loop,
                        void (*take)(void *arg, struct zookeeper_mail *mail),
                        void *arg);
/* Nobody puts anything any longer. What is in it is freed. */
void zookeeper_box_fini(struct zookeeper_box *box);

struct zookeeper_mail *zookeeper_mail_new(enum zookeeper_mail_kind kind);
void zookeeper_mail_free(struct zookeeper_mail *mail);

/* Any thread. */
void zookeeper_box_put(struct zookeeper_box *box, struct zookeeper_mail *mail);

/* What the library is given to call: data is the call, the context of a handle
 * the box, that of a watch the number of its spot. */
void zookeeper_mail_void(int rc, const void *data);
void zookeeper_mail_stat(int rc, const struct Stat *stat, const void *data);
void zookeeper_mail_data(int rc, const char *value, int size,
                         const struct Stat *stat, const void *data);
void zookeeper_mail_children(int rc, const struct String_vector *names,
                             const struct Stat *stat, const void *data);
void zookeeper_mail_synced(int rc, const char *path, const void *data);
void zookeeper_mail_path(int rc, const char *path, const void *data);
void zookeeper_mail_session(zhandle_t *zh, int type, int state,
                            const char *path, void *context);
void zookeeper_mail_watch(zhandle_t *zh, int type, int state, const char *path,
                          void *context);

#endif
