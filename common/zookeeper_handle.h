/*
 * zookeeper_handle.h - a handle of the ZooKeeper library: opened and closed on
 * a thread, since both may take seconds (names, a last word to the server).
 *
 * The library's descriptors are inherited by programs that are executed: who
 * starts processes closes all but what they shall have. And its threads are not
 * in a forked child, which must not touch the handle.
 */
#ifndef GALE_ZOOKEEPER_HANDLE_H
#define GALE_ZOOKEEPER_HANDLE_H

#include "common/zookeeper_mail.h"
#include "common/zookeeper_options.h"

struct zookeeper_handle {
    struct zookeeper_box *box;
    const struct zookeeper_options *options;
    zhandle_t *zh;              /* NULL: none, or one of the following */
    zhandle_t *fresh, *closing; /* opened by the thread; to be closed by it */
    struct env_thread *thread;  /* opens or closes; NULL: neither */
    struct env_thread *looks;   /* looks names up again; NULL: none does */
    char *addresses;            /* of zh */
    char *fresh_addresses;      /* by the thread: of fresh */
    char *seen_addresses;       /* by the other one; NULL: none is found */
    uint64_t number;            /* of the one that is or was there */
};

/* MAIL_OPENED comes, and zookeeper_handle_opened() is called for it. */
void zookeeper_handle_open(struct zookeeper_handle *h);
void zookeeper_handle_opened(struct zookeeper_handle *h);

/* Names may mean other addresses by now: MAIL_LOOKED_UP comes, and
 * zookeeper_handle_looked_up() is called for it. */
void zookeeper_handle_look_up(struct zookeeper_handle *h);
void zookeeper_handle_looked_up(struct zookeeper_handle *h);

/* MAIL_CLOSED comes, and zookeeper_handle_closed() is called for it. */
void zookeeper_handle_close(struct zookeeper_handle *h);
void zookeeper_handle_closed(struct zookeeper_handle *h);

/* Whatever it is doing: afterwards there is none, and its last mail is in the
 * box. Waits for it. */
void zookeeper_handle_finish(struct zookeeper_handle *h);

#endif
