/*
 * loop.h - the event loop of a daemon or of a command that talks to one.
 *
 * One thread runs it, and everything that is not said to be for any thread
 * belongs to that thread: what is registered here is called there, one
 * callback at a time, never inside another. Callbacks must not block.
 *
 * How it waits is the world's (loop_ops.h): of what is due at the same moment,
 * timers are called in the order of their times, what was posted in the order
 * of the posts, and nothing is promised beyond that.
 */
#ifndef GALE_LOOP_H
#define GALE_LOOP_H

#include "common/env.h"

struct loop;

/* NULL and errno: the system has no descriptors left. */
struct loop *loop_new(struct env *env);
/* What was posted and has not run is dropped; timers and watches must be
 * cleared before. */
void loop_free(struct loop *loop);

/* Calls what is due, until loop_end(). */
void loop_run(struct loop *loop);
/* The same for at most so long; false if the time is over, true if it was
 * ended. */
bool loop_run_for(struct loop *loop, int64_t ns);
/* After the callback under way, loop_run() returns; what else is due has its
 * turn in the next run. */
void loop_end(struct loop *loop);

struct env *loop_env(const struct loop *loop);
/* Monotonic nanoseconds, looked at now. */
int64_t loop_now(const struct loop *loop);

/* Any thread: fn(arg) runs on the loop's thread, in the order of the posts of
 * each thread. */
void loop_post(struct loop *loop, void (*fn)(void *arg), void *arg);

/* The loop's thread: what was posted with this arg and has not run is dropped,
 * so that arg may be freed if nobody posts it any longer. */
void loop_unpost(struct loop *loop, const void *arg);

/* A member of whatever waits. All bytes zero is one that is not set. */
struct loop_timer {
    struct loop *loop;
    void *event; /* the backend's */
    void (*fn)(void *arg);
    void *arg;
    int64_t at; /* when it is due; 0: not set */
};

/* fn(arg) once, when loop_now() is `at` or later; again moves it. INT64_MAX
 * clears it. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at,
                    void (*fn)(void *arg), void *arg);
/* Harmless if it is not set. */
void loop_timer_clear(struct loop_timer *timer);

/* A descriptor that is looked at: fn(arg) whenever it can be read (or, of a
 * pidfd, when the process has ended) until it is cleared. */
struct loop_watch {
    struct loop *loop;
    void *event; /* the backend's; NULL: it is not set */
    void (*fn)(void *arg);
    void *arg;
};

/* 0, or -1 and errno. */
int loop_watch_set(struct loop *loop, struct loop_watch *watch, int fd,
                   void (*fn)(void *arg), void *arg);
/* The same whenever it can be written, or connecting has ended. */
int loop_watch_set_writable(struct loop *loop, struct loop_watch *watch, int fd,
                            void (*fn)(void *arg), void *arg);
/* Harmless if it is not set. */
void loop_watch_clear(struct loop_watch *watch);

/*
 * fn(arg, signal) when one of the signals comes, on whatever thread; none is
 * blocked for it. One loop of a process at a time; when that is freed, they are
 * passed over. 0, or -1 and errno.
 */
int loop_signals(struct loop *loop, const int *signals, uint32_t n,
                 void (*fn)(void *arg, int signal), void *arg);

#endif
