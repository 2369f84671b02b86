/*
 * rpc_questions.h - a client's calls from the asking until their end. Pure.
 *
 * They are sent in the order in which they were asked. Each ends exactly once,
 * by calling its function, which may ask again and forget others.
 */
#ifndef GALE_RPC_QUESTIONS_H
#define GALE_RPC_QUESTIONS_H

#include "common/rpc_client.h"
#include "common/timers.h"

#define RPC_QUESTIONS_MAX 65536u            /* calls of a client */
#define RPC_QUESTIONS_BYTES_MAX (64u << 20) /* of those that were not sent */

struct rpc_question;

struct rpc_question_list {
    struct rpc_question *first, **last;
};

struct rpc_questions {
    struct rpc_question_list sent, unsent; /* in order */
    struct rpc_question **buckets;         /* by id */
    uint32_t n, n_buckets;
    size_t unsent_bytes;
    uint64_t asked; /* in all; the id of the last is its lower half */
    struct timers due;
};

void rpc_questions_init(struct rpc_questions *q);
/* Their functions are not called. */
void rpc_questions_fini(struct rpc_questions *q);

/* `frame_max`: if the message is longer, or there are too many calls already,
 * it ends by rpc_questions_expire(), at once. */
void rpc_questions_ask(struct rpc_questions *q, const char *method,
                       const struct pack *params, uint32_t frame_max,
                       int64_t until,
                       void (*fn)(void *arg, const struct rpc_result *result),
                       void *arg);
void rpc_questions_forget(struct rpc_questions *q, const void *arg);

/* What is to be sent next, NULL: nothing; it counts as sent. To be freed with
 * pack_free(). */
bool rpc_questions_send(struct rpc_questions *q, struct pack *message);

/* A response. One that nobody waits for (any longer) is ignored. */
void rpc_questions_answer(struct rpc_questions *q,
                          const struct rpc_message *message);
/* The connection was lost: those that were sent are in doubt. */
void rpc_questions_lose(struct rpc_questions *q, const char *why);
/* Those that were not sent are not going to be: RPC_AWAY, or, if the server has
 * refused us, RPC_REFUSED. What their functions ask anew stays. */
void rpc_questions_give_up(struct rpc_questions *q, bool refused,
                           const char *why);
/* INT64_MAX if there is none. */
int64_t rpc_questions_due(const struct rpc_questions *q);
void rpc_questions_expire(struct rpc_questions *q, int64_t now);

#endif
