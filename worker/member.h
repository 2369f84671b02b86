/*
 * member.h - one worker of a cluster: it is led by orders from outside, and
 * reports.
 *
 * Whoever has one (a process that is started for a slot, a test) gives it the
 * plan and then orders, from any thread, and reads reports. An order is what is
 * wanted from now on; it may be repeated, and a later phase includes the
 * earlier ones:
 *
 *     RUN      spouts are active, or not, as member_activate() says, once all
 *              tasks are open and all links have been up
 *     DRAIN    spouts are inactive for good
 *     FINISH   bolts are led to their end, turn by turn: turn k is the k-th
 *              component, or cycle, in topology order, counted from 1
 *     CLOSE    tasks close, and the worker ends
 *
 * The worker never goes on by itself: that nothing is pending or under way,
 * here and elsewhere, is for others to find out from all reports. An error ends
 * it without an order, and so does the news that it was replaced.
 */
#ifndef GALE_MEMBER_H
#define GALE_MEMBER_H

#include "worker/links.h"
#include "worker/phases.h"
#include "worker/position_store.h"
#include <gale/local.h>

struct log;
struct member;
struct worker;

enum member_order { MEMBER_RUN, MEMBER_DRAIN, MEMBER_FINISH, MEMBER_CLOSE };

struct member_in {
    struct env *env;
    gale_builder *builder; /* the topology; the caller's, until the end */
    const struct plan *plan;
    uint32_t carriers;                    /* 0: one per CPU, or as configured */
    FILE *log;                            /* NULL: standard error */
    const gale_log_level *log_level;      /* NULL: INFO */
    const struct position_keeper *keeper; /* NULL: no positions are kept */
    /* Something in the report has changed that is worth one at once. By the
     * control thread; NULL: nobody. */
    void (*changed)(void *arg);
    /* It is wired, and nothing of it runs yet; NULL: nobody wants to see it. */
    void (*wired)(void *arg, struct worker *w);
    void *arg;
};

/* Listens, and begins to open the tasks. NULL with the error. */
struct member *member_start(const struct member_in *in, gale_err *error);

void member_order(struct member *m, enum member_order order, uint32_t turn);
void member_activate(struct member *m, bool active);

/* Others are at other places, or executors of others are on other workers,
 * which is taken up a little later: member_report.version says when. 0, or -1
 * with the error: it is no plan that a running worker can take up, or it is
 * older than the newest one that it was told; it goes on with that. */
int member_replan(struct member *m, const struct plan *plan, gale_err *error);

struct member_report {
    enum phase phase;
    uint64_t version; /* of the plan that it acts by */
    uint32_t turn;    /* FINISHING: of the last order that was carried out */
    uint32_t n_turns; /* after so many there is nothing more to finish */
    bool active;      /* spouts were told to be */
    bool links_up;    /* all of them */
    bool agreed;      /* … and all others act by this plan */
    bool quiet;       /* nothing runs, waits or is under way from here */
    bool exhausted;   /* all spouts here are */
    bool replaced;    /* another worker is in its place: it ends */
    bool unsaved;     /* a position of a spout is about to be saved */
    uint64_t pending; /* messages that are neither acked nor failed */
    uint64_t acked, failed;
    uint64_t executed;       /* tuples */
    uint64_t sent, received; /* sums of link_sum() over open connections */
    uint64_t incarnation;
    uint16_t port;    /* at which it listens */
    char error[1200]; /* why it ends, or has ended; "" if it was told to */
    char hangs[WORKER_HANGS]; /* who does not return; "": nobody */
};

void member_report(struct member *m, struct member_report *r);
/* Of the link to one other worker. */
void member_link(struct member *m, uint32_t peer, struct link_counts *counts);

/* Counters of components, as far as they are here: see gale_local_stats(). */
void member_stats(struct member *m, gale_component_fn *fn, void *arg);

/* Sleeps until it has ended, or for so long (ms; < 0: for ever); true: it has.
   */
bool member_await_end(struct member *m, int timeout_ms);

/* Closes at once what still runs, and waits for that. NULL is fine. */
void member_free(struct member *m);

/* The worker that it runs, for those who look closely. */
struct worker *member_worker(struct member *m);

#endif
