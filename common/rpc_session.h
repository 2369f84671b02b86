/*
 * rpc_session.h - one end of a connection without the connection: bytes that
 * came go in, what they say comes out, and so do bytes to send.
 *
 *     rpc_session_receive(s, data, size, now);
 *     while (rpc_session_next(s, now, &event)) …
 *     … send rpc_session_output(), say so with rpc_session_sent() …
 *     … call rpc_session_tick() at rpc_session_due() …
 *
 * First comes the handshake (rpc_handshake.h), then messages. An empty frame
 * says that its sender is alive: each side sends one when it has sent nothing
 * for a while, and gives a peer up that is not heard for four times as long.
 *
 * Pure, and for one thread. Times are nanoseconds.
 */
#ifndef GALE_RPC_SESSION_H
#define GALE_RPC_SESSION_H

#include "common/rpc_handshake.h"
#include "common/rpc_message.h"

/* Of a message, in arrays and maps: they take 24 bytes each where it is read.
 * What many send to one is small. What one has asked for may be the list of a
 * whole cluster: `gale list` of ten thousand topologies has 700 thousand. */
#define RPC_ELEMENTS_TO_SERVER (1u << 18)
#define RPC_ELEMENTS_TO_CLIENT (1u << 20)

struct rpc_limits {
    uint32_t frame_max;  /* bytes of a frame after that, both ways: 8 MiB */
    uint32_t output_max; /* bytes that wait to be sent; who does not take them
                            is cut off: 32 MiB */
    uint32_t calls_max;  /* of one client, not yet answered: 16384 */
    int64_t handshake;   /* ns that it may take in all: 5 s */
    int64_t silence;     /* ns after which a peer is gone: 10 s */
};

/* With the defaults for those that are 0. */
struct rpc_limits rpc_limits_of(const struct rpc_limits *given);

struct rpc_session;

/* Limits that are 0 are the defaults. `now` is when the connection stood. */
struct rpc_session *rpc_session_client(const struct rpc_identity *me,
                                       const struct rpc_nonce *nonce,
                                       const struct rpc_limits *limits,
                                       int64_t now);
/* What `gate` points to must outlive it. */
struct rpc_session *rpc_session_server(const struct rpc_gate *gate,
                                       const struct rpc_nonce *nonce,
                                       const struct rpc_limits *limits,
                                       int64_t now);
void rpc_session_free(struct rpc_session *s); /* NULL is fine */

/* -- what comes ------------------------------------------------------------ */

void rpc_session_receive(struct rpc_session *s, const void *data, size_t size,
                         int64_t now);

struct rpc_session_event {
    enum {
        RPC_SESSION_READY,   /* the handshake is done, as the first event */
        RPC_SESSION_MESSAGE, /* `message`, until the next event is asked for */
        RPC_SESSION_OVER     /* the last event: `why`, `refused` */
    } kind;
    struct rpc_message message;
    const char *why; /* lives as long as the session */
    bool refused;    /* by the handshake: again it would be the same */
};

/* The next event; false: none, at the moment. */
bool rpc_session_next(struct rpc_session *s, int64_t now,
                      struct rpc_session_event *event);

/* Of a server's session that is ready. */
const struct rpc_peer *rpc_session_peer(const struct rpc_session *s);

/* -- what goes ------------------------------------------------------------- */

/* One message, see rpc_message.h; only when it is ready, ignored when it is
 * over. False: it is longer than a frame may be, and was not taken. Beyond
 * output_max the session is over. */
bool rpc_session_send(struct rpc_session *s, const struct pack *message,
                      int64_t now);
/* What is to be sent, size 0: nothing; until a function of the session is
 * called. Also when it is over: the refusal of a handshake. */
const void *rpc_session_output(const struct rpc_session *s, size_t *size);
/* So many bytes of it were taken. */
void rpc_session_sent(struct rpc_session *s, size_t size, int64_t now);
/* False while so much waits to be sent that the peer's next requests should
 * wait, too: its silence does not count then, only that it takes nothing. */
bool rpc_session_wants_input(const struct rpc_session *s);

/* -- time, and the end ----------------------------------------------------- */

/* When rpc_session_tick() has something to do. */
int64_t rpc_session_due(const struct rpc_session *s);
void rpc_session_tick(struct rpc_session *s, int64_t now);

/* The connection is lost, or is to be: the next event is the last. The first
 * reason counts. */
void rpc_session_end(struct rpc_session *s, const char *why);
bool rpc_session_is_over(const struct rpc_session *s);

#endif
