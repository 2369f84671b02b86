/*
 * zookeeper_memory.h - a ZooKeeper ensemble in memory, for simulated clusters,
 * tests and `gale local --cluster`.
 *
 * Several clients on one tree (zookeeper_tree.h), all on one thread, and the
 * same calls give the same answers: time is an argument. Nothing happens, and
 * no callback is made, but in zookeeper_memory_advance(); what is done there
 * follows the order of time, and at one time the order in which it was asked.
 *
 *     m = zookeeper_memory_new(0, 0);
 *     z = zookeeper_memory_join(m, 10 * SECOND, told, me);
 *     zookeeper_create(z, …);
 *     zookeeper_memory_advance(m, now);
 *
 * What has a time counts from the last advance(): deadlines of requests, and
 * leases (zookeeper_lease_until()). So its owner must come by: who lives on a
 * loop keeps a timer at zookeeper_memory_next(), which zookeeper_memory_wake()
 * says to look at, and another that advances a few times per session, for
 * leases that are asked for while nothing else happens.
 *
 * What is asked in a callback takes a microsecond at least, also with latency
 * 0. So a client that asks again in each answer does not keep advance() from
 * coming to its end.
 */
#ifndef GALE_ZOOKEEPER_MEMORY_H
#define GALE_ZOOKEEPER_MEMORY_H

#include "common/zookeeper_traffic.h"
#include "common/zookeeper_tree.h"

struct zookeeper_memory;

/* latency_ns: what each way takes, to the ensemble and back. */
struct zookeeper_memory *zookeeper_memory_new(int64_t now, int64_t latency_ns);
/* After its clients. NULL is fine. */
void zookeeper_memory_free(struct zookeeper_memory *m);

/* A client: zookeeper_free() ends its session. It connects as time goes on. */
struct zookeeper *zookeeper_memory_join(struct zookeeper_memory *m,
                                        int64_t session_ns,
                                        zookeeper_state_fn *fn, void *arg);

/* Everything that is due up to `now`, which never goes back. Not in a
 * callback of a client. */
void zookeeper_memory_advance(struct zookeeper_memory *m, int64_t now);

/* When there is something to do next; INT64_MAX: not by itself. */
int64_t zookeeper_memory_next(const struct zookeeper_memory *m);

/* fn(arg) whenever that has become earlier, outside of advance(). */
void zookeeper_memory_wake(struct zookeeper_memory *m, void (*fn)(void *arg),
                           void *arg);

/* From what is asked from now on. */
void zookeeper_memory_latency(struct zookeeper_memory *m, int64_t latency_ns);
/* The same, drawn for each way of each letter: what goes the same way as
 * another of the client does not overtake it. */
void zookeeper_memory_ways(struct zookeeper_memory *m,
                           int64_t (*way)(void *arg, const struct zookeeper *z),
                           void *arg);

/* -- who looks ------------------------------------------------------------- */

/* fn(arg) for each write that is carried out, before anybody hears of it. */
void zookeeper_memory_look(struct zookeeper_memory *m, zookeeper_applied_fn *fn,
                           void *arg);
const struct zookeeper_tree *zookeeper_memory_tree(
    const struct zookeeper_memory *m);
/* For the ensemble it is not over. */
bool zookeeper_memory_has_session(const struct zookeeper_memory *m, int64_t id);

/* -- what was said --------------------------------------------------------- */

/* Since the beginning: of all clients, and of one. */
struct zookeeper_traffic zookeeper_memory_traffic(
    const struct zookeeper_memory *m);
struct zookeeper_traffic zookeeper_memory_traffic_of(const struct zookeeper *z);

/* How many paths the client watches, and the bytes of the one request in which
 * a client of real servers says all of them again when it is connected anew. */
uint32_t zookeeper_memory_watched(const struct zookeeper *z, size_t *bytes);

/* -- what can go wrong ----------------------------------------------------- */

enum zookeeper_cut {
    ZOOKEEPER_CUT_NOTICED, /* the connection breaks: it is away at once */
    ZOOKEEPER_CUT_SILENT,  /* nothing comes any longer: it notices after two
                              thirds of its session, if it is not healed */
};

/* The client is cut off; requests under way are lost where they are, before or
 * behind the ensemble. It loses its session if that lasts as long as one. */
void zookeeper_memory_cut(struct zookeeper *z, enum zookeeper_cut how);
void zookeeper_memory_heal(struct zookeeper *z);

/* The next n writes that reach the ensemble are done, but instead of the answer
 * the connection breaks, and comes back at once. */
void zookeeper_memory_lose_answers(struct zookeeper *z, uint32_t n);

/* The ensemble ends its session now. */
void zookeeper_memory_expire(struct zookeeper *z);

/* The client's process dies: it is freed, its session is not ended. */
void zookeeper_memory_kill(struct zookeeper *z);

/* The ensemble is away, with what it has; when it is back, sessions have their
 * whole time anew. */
void zookeeper_memory_stop(struct zookeeper_memory *m);
void zookeeper_memory_start(struct zookeeper_memory *m);

#endif
