/*
 * world_sockets.h - descriptors of a simulated world: listeners, and ends of
 * streams. What the functions promise is said in env.h. Private to world*.c.
 *
 * Nothing happens by itself: what was sent has a time from which on it is
 * there, and so has an answer to who connects. Who waits, waits until the
 * earliest of these times (world_watch.h).
 */
#ifndef GALE_WORLD_SOCKETS_H
#define GALE_WORLD_SOCKETS_H

#include "simulator/world_net.h"
#include "simulator/world_places.h"
#include "simulator/world_threads.h"

/* Numbers from there on; the system has none of them. */
#define WORLD_FD (1 << 30)

/* Bytes that were sent together, or (size 0) the end of what is sent. */
struct world_part {
    struct world_part *next;
    int64_t due; /* INT64_MAX: the way is silent */
    size_t from, size;
    char data[];
};

struct world_watch;

struct world_socket {
    struct world_socket *next; /* of the world */
    struct world *world;
    struct env *owner;
    int fd; /* -1: nobody has accepted it yet */
    struct world_place here, there;
    struct world_watch *watches;

    /* A bell's (world_bells.h). */
    bool bell, rung;
    const struct world_process *end_of; /* NULL: it rings when it is told to */

    /* A listener's: who has come, in order. */
    bool listens;
    struct world_socket *first, **last;
    struct world_socket *behind; /* in such a queue */
    uint32_t n_waiting;

    /* Of an end. */
    uint16_t port;             /* of the listener */
    int64_t there_at;          /* when it is connected; INT64_MAX: not yet */
    struct world_socket *peer; /* NULL: there is nobody (any longer) */
    struct world_part *parts, **parts_end; /* that come here */
    int64_t latest;                        /* due of the last one */
    size_t queued;    /* bytes that were sent here and not read … */
    size_t unheard;   /* … or read, and the sender does not know */
    int error;        /* what it is told, once, … */
    int64_t error_at; /* … from then on; INT64_MAX: all is well */
    bool told;
    bool has_ended; /* sends nothing more */
    bool owes;      /* what it sent to a peer that is gone was not answered */
};

struct world_owner;
struct world_name;
struct world_fault;

struct world_sockets {
    struct world_socket *all;
    struct world_socket **table; /* by fd - WORLD_FD */
    uint32_t n_table;
    struct world_owner *owners;
    struct world_name *names; /* of Unix sockets */
    struct world_fault *faults;
    struct world_net_counts counts;

    /* How this seed's network is. */
    uint64_t lot;         /* of what differs between two machines */
    uint32_t late_one_in; /* parts that are lost at first, and sent again */
    size_t room;          /* bytes that one way holds */
    uint32_t queue_max;   /* who waits at a listener */
};

/* Those of the world, made when they are first asked for. */
struct world_sockets *world_sockets(struct world *w);
void world_sockets_fini(struct world *w);

/* NULL and EBADF. */
struct world_socket *world_socket_of(struct world *w, int fd);

int world_net_listen(struct env *env, struct rpc_address *address);
void world_net_unlisten(struct env *env, int listener,
                        const struct rpc_address *address);
int world_net_accept(struct env *env, int listener, struct rpc_address *from);
bool world_net_is_own(struct env *env, int fd);
int world_net_connect(struct env *env, const struct rpc_address *address);
int world_net_connected(struct env *env, int fd);
int64_t world_net_send(struct env *env, int fd, const void *data, size_t size);
int64_t world_net_receive(struct env *env, int fd, void *data, size_t size);
void world_net_close(struct env *env, int fd);
void world_net_close_heard(struct env *env, int fd);

/* -- ends of streams (world_streams.c) ------------------------------------- */

/* When something that it sends now is there, and the other way round. */
int64_t world_socket_there(const struct world_socket *s);
int64_t world_socket_back(const struct world_socket *s);

/* It has been told all of it, or is not connected any more. */
bool world_socket_has_failed(const struct world_socket *s);
/* It is told at that time, unless it is told something before. */
void world_socket_fail(struct world_socket *s, int error, int64_t at);
/* It sends nothing more. */
void world_socket_end(struct world_socket *s);
/* What it sent to nobody, or will not be read, is answered by a reset. */
void world_socket_answer(struct world_socket *s);
/* As the kernel closes it. */
void world_socket_hang_up(struct world_socket *s);
/* The other side hears nothing of it, until it sends. */
void world_socket_vanish(struct world_socket *s);
/* Faults have changed: what is under way to it is due anew. */
void world_socket_reschedule(struct world_socket *s);
/* What has come is thrown away, so many bytes at most. */
void world_socket_drain(struct world_socket *s, size_t max);
void world_socket_drop_parts(struct world_socket *s, int64_t after);

/* -- sockets (world_sockets.c) --------------------------------------------- */

bool world_socket_is_unix(const struct world_socket *s);
/* A descriptor that nothing is sent to: a bell. */
struct world_socket *world_socket_bell(struct env *env);
/* Its watches see nothing any more. */
void world_socket_free(struct world_socket *s);
/* Whoever has not been answered calls again, now that something has changed. */
void world_sockets_call_again(struct world *w);

/* -- ways (world_net.c) ---------------------------------------------------- */

/* When something that is sent now is there; INT64_MAX: the way is silent. */
int64_t world_net_due(struct world *w, uint32_t from, uint32_t to);
bool world_net_is_silent(struct world *w, uint32_t from, uint32_t to);
/* Whether what it sends next is to be mangled … */
bool world_net_mangles(const struct world_socket *s, enum world_mangling *how);
/* … and it was: what comes then is not. */
void world_net_has_mangled(const struct world_socket *s);
void world_net_fini(struct world *w);

#endif
