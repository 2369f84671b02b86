/*
 * kafka_reader.h - a consumer in a task: its partitions, and what of them is
 * committed. Nothing here waits, but opening and closing, which are bounded.
 *
 * Partitions change hands in steps. What is given back: the acked is committed,
 * the answer awaited for a while, the rest forgotten, and only then is it said
 * to the group. What is new is assigned when it is known with which offsets it
 * begins, which gale_async() asks. Messages that come in between are to be
 * dropped: who has the partition next reads them again.
 *
 * What librdkafka calls back is called in the task, by whoever polls.
 */
#ifndef CONNECTORS_KAFKA_READER_H
#define CONNECTORS_KAFKA_READER_H

#include "connectors/fetch_pace.h"
#include "connectors/kafka_lookup.h"
#include "connectors/kafka_partitions.h"
#include "connectors/outage.h"

enum { KAFKA_ANSWER_MS = 5000 }; /* as long as a commit is awaited */

struct kafka_job;

/* Of all partitions of a group, which it wants back. */
struct kafka_change {
    bool revoking;
    bool lost; /* they have another owner: nothing can be committed */
    bool sent; /* the last commit */
    int64_t until;
};

struct kafka_reader {
    /* the owner's, before it is opened */
    gale_task *task;
    struct kafka_topics topics;
    struct kafka_start start;
    int64_t timestamp_ms, refresh_ns, commit_ns, start_ms;
    bool by_group;    /* else by the index of the task */
    bool follows;     /* looks for new partitions */
    const char *from; /* brokers, for people */
    /* Called before the messages of a partition are forgotten. */
    void (*forgets)(gale_task *task, const struct kafka_partition *p);

    /* for the owner to look at */
    struct kafka_client client;
    struct kafka_partitions partitions;
    int fd;            /* readable: poll, serve */
    bool committing;   /* an answer is awaited */
    bool commit_ok;    /* what the last one was */
    int64_t commit_at; /* when the next one is due */
    struct kafka_change change;
    char fatal[KAFKA_TEXT]; /* it cannot go on */

    /* its own */
    rd_kafka_queue_t *queue; /* of the consumer */
    int64_t refresh_at;
    int64_t ends_at;       /* when to ask for the ends of partitions again */
    struct kafka_job *job; /* a question on its way */
    uint64_t assignment;   /* counts them */
    rd_kafka_topic_partition_list_t *to_assign; /* offsets not asked yet */
    struct fetch_pace pace;
    rd_kafka_message_t **spent; /* done with, not freed yet */
    size_t n_spent, spent_bytes;
    bool waking, wake_again; /* librdkafka is told to fetch on */
    struct outage away;      /* of brokers */
    atomic_bool stop;
};

/* Takes the configuration. false with the sentence; kafka_reader_close() in any
 * case. The reader starts zeroed. */
bool kafka_reader_open(struct kafka_reader *r, rd_kafka_conf_t *conf,
                       char *text);

/* Finds topics and where they begin, or joins the group; waits up to start_ms.
 * For `open`. */
bool kafka_reader_begin(struct kafka_reader *r, char *text);

/* Everything that is due: answers, commits, changes, questions. For a callback
 * that may call gale_async(). */
void kafka_reader_serve(struct kafka_reader *r);

/* Now and then, while nobody serves it: answers and commits alone, those that are
 * due, and the last one of all when its answer is there. A question that is
 * under way would hold up the end, which may be near. */
void kafka_reader_rest(struct kafka_reader *r);

/* Messages and errors that wait, at most `most`, the caller's; fewer: that is
 * all for now. Revoking begins in here. */
uint32_t kafka_reader_take(struct kafka_reader *r, rd_kafka_message_t **to,
                           uint32_t most);

/* A message that is done with. */
void kafka_reader_drop(struct kafka_reader *r, rd_kafka_message_t *m);

/* Commits what is acked, unless an answer is awaited. */
void kafka_reader_commit(struct kafka_reader *r);

/* Lag and the like, of all partitions. */
void kafka_reader_measure(struct kafka_reader *r);

/* All messages of the partition, but not the partition. */
void kafka_reader_forget(struct kafka_reader *r, struct kafka_partition *p);

void kafka_reader_pause(struct kafka_reader *r, struct kafka_partition *p,
                        bool pause);

/* A record was read: brokers are there. */
static inline bool kafka_reader_was_down(const struct kafka_reader *r)
{
    return r->away.n > 0;
}
void kafka_reader_is_back(struct kafka_reader *r);

/* The last commit, the group is left; at most 10 s, without a broker. */
void kafka_reader_close(struct kafka_reader *r);

/* -- kafka_fetching.c: librdkafka goes on to fetch ------------------------- */

void kafka_fetching_begin(struct kafka_reader *r);
void kafka_fetching_end(struct kafka_reader *r);
/* Frees what is spent. */
void kafka_fetching_free(struct kafka_reader *r);
/* There is room, and it may not know. */
void kafka_fetching_wake(struct kafka_reader *r);
/* Asks where partitions end, when it is time. */
void kafka_fetching_look(struct kafka_reader *r);

/* -- kafka_assignment.c: who reads what ------------------------------------ */

void kafka_assignment_changed(rd_kafka_t *handle, rd_kafka_resp_err_t error,
                              rd_kafka_topic_partition_list_t *list,
                              void *opaque);
void kafka_assignment_serve(struct kafka_reader *r);
bool kafka_assignment_begin(struct kafka_reader *r, char *text);
void kafka_assignment_drop(struct kafka_reader *r);

#endif
