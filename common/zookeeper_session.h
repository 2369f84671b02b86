/*
 * zookeeper_session.h - what a client of ZooKeeper does when a handle of the
 * library is opened, connected, cut off, or over.
 *
 * Pure: zookeeper_client.c tells it what happened and does what it answers. A
 * handle is one session: when that is over, the handle is closed and another
 * opened; a mere loss of the connection is the library's to mend.
 */
#ifndef GALE_ZOOKEEPER_SESSION_H
#define GALE_ZOOKEEPER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

enum zookeeper_event {
    ZOOKEEPER_TIME,         /* it is zookeeper_session_next(), or later */
    ZOOKEEPER_OPENED,       /* there is a handle */
    ZOOKEEPER_NOT_OPENED,   /* there is none: no host was found */
    ZOOKEEPER_LINKED,       /* the handle is connected */
    ZOOKEEPER_UNLINKED,     /* it is not */
    ZOOKEEPER_OVER,         /* its session is */
    ZOOKEEPER_ROOT_THERE,   /* the root is, and is ours */
    ZOOKEEPER_ROOT_MISSING, /* it is not, or we cannot know */
    ZOOKEEPER_CLOSED,       /* the handle is gone */
};

/* In the order in which they are to be done. */
enum zookeeper_action {
    ZOOKEEPER_DROP_CALLS = 1, /* answer all that are under way */
    ZOOKEEPER_SAY_AWAY = 2,
    ZOOKEEPER_SAY_LOST = 4,
    ZOOKEEPER_DO_CLOSE = 8, /* … the handle */
    ZOOKEEPER_DO_OPEN = 16,
    ZOOKEEPER_PING = 32, /* ask for nothing: an answer prolongs the lease */
    ZOOKEEPER_LOOK_FOR_ROOT = 64, /* make it, if it is not there */
    ZOOKEEPER_SAY_CONNECTED = 128,
    ZOOKEEPER_LOOK_UP = 256, /* the names of servers, which may have moved */
};

enum zookeeper_phase {
    ZOOKEEPER_WAITING, /* until it is time to open */
    ZOOKEEPER_OPENING,
    ZOOKEEPER_CONNECTING,
    ZOOKEEPER_LOOKING, /* connected, and the root is looked for */
    ZOOKEEPER_READY,
    ZOOKEEPER_CLOSING,
};

/* All bytes zero: to be opened at once. Times are monotonic nanoseconds. */
struct zookeeper_session {
    enum zookeeper_phase phase;
    bool known;      /* the user was told of this session */
    int64_t timeout; /* of the session, once it is connected */
    int64_t lease;   /* until then it cannot be over */
    int64_t sent;    /* when the last request was of those that prolong it */
    int64_t retry_at;
    int64_t retry_in;
    int64_t look_at; /* CONNECTING: when names are looked up again */
};

/* Actions, or'ed. */
uint32_t zookeeper_session_step(struct zookeeper_session *s,
                                enum zookeeper_event event, int64_t now);

/* When it wants to hear of the time; INT64_MAX: not. */
int64_t zookeeper_session_next(const struct zookeeper_session *s);

/* A request was sent that most of the servers take part in, a write or a ping;
 * it was answered, having been sent at `sent`. */
void zookeeper_session_sent(struct zookeeper_session *s, int64_t now);
void zookeeper_session_answered(struct zookeeper_session *s, int64_t sent);

/* Of the time of a session: lease and deadlines. */
int64_t zookeeper_session_share(int64_t timeout);

#endif
