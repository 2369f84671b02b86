/*
 * socket_caller.h - who connects to a server, and again when it was away: its
 * name is looked up on a thread, all its addresses are tried, and after a pause
 * that doubles up to 10 s it is tried again. Never blocks.
 *
 * For one task, in its callbacks. The descriptor is watched by an epoll of the
 * task: when an event comes with the key, socket_caller_decided() is called.
 */
#ifndef CONNECTORS_SOCKET_CALLER_H
#define CONNECTORS_SOCKET_CALLER_H

#include "connectors/back_off.h"
#include "connectors/outage.h"
#include "connectors/socket_open.h"
#include <gale/task.h>

struct socket_caller {
    struct socket_address address;
    const char *shown; /* the same for people */
    int epoll;
    uint64_t key;
    enum socket_call {
        SOCKET_RESTS,    /* until `due` */
        SOCKET_LOOKS_UP, /* its address, on a thread */
        SOCKET_CONNECTS, /* to the target at `target` */
        SOCKET_CONNECTED,
    } state;
    int64_t due; /* ns */
    struct back_off pause;
    struct outage away;
    struct socket_targets targets;
    const char *not_found;
    uint32_t target;
    int fd; /* on its way, or -1 */
};

/* `shown` and the epoll outlive it. */
void socket_caller_init(struct socket_caller *c,
                        const struct socket_address *address, const char *shown,
                        int epoll, uint64_t key);
void socket_caller_fini(struct socket_caller *c);

/* From `next`: begin to connect if it rests and the time has come. GALE_OK, or
 * GALE_FATAL if no thread can be had. */
gale_result socket_caller_call(struct socket_caller *c, gale_task *task);

/* The connection, which is the caller's from here on, or -1: it goes on trying.
 */
int socket_caller_decided(struct socket_caller *c, gale_task *task);

/* The connection has ended: connect again after a pause. */
void socket_caller_rest(struct socket_caller *c, gale_task *task);

/* The server has sent something: the next pause is short again. */
void socket_caller_heard(struct socket_caller *c);

#endif
