/* leave.c - a plugin that ends the process or a thread; see leave.h. */
#include "worker/leave.h"
#include "common/check.h"
#include "common/leaving.h"
#include "topology-api/under_way.h"
#include "worker/culprit.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AT_ONCE 16 /* threads that may leave before one of them is named */

static atomic_int n_runs; /* written by threads that own runs; the count is all
                              that is told, so it pairs with nothing */
static pthread_key_t threads; /* not NULL in those that must not end */

static void put_ends(struct last_words *words, const struct culprit *c)
{
    if (c->kind == CULPRIT_MAKING) {
        last_words_put(words, " while ");
        last_words_put(words, c->doing);
        last_words_put(words, ": what cannot go on says so with "
                              "gale_build_error(), gale_declare_error() or a "
                              "result");
        return;
    }
    last_words_put(words, ", which ends the process without the results of the "
                          "run: what cannot go on returns ");
    last_words_put(words, c->kind == CULPRIT_CHOICE
                              ? "an error from the grouping's prepare"
                              : "gale_error(task, GALE_FATAL, …) from a "
                                "callback");
}

static void say(const struct culprit *c, const char *call, const int *status)
{
    struct last_words words = {0};

    last_words_put(&words, "\ngale: ");
    if (c->kind == CULPRIT_TASK)
        last_words_put(&words, "the plugin of ");
    culprit_put(&words, c);
    last_words_put(&words, " called ");
    last_words_put(&words, call);
    last_words_put(&words, "(");
    if (status != NULL)
        last_words_put_number(&words, *status);
    last_words_put(&words, ")");
    put_ends(&words, c);
    last_words_say(&words);
}

/* Whether it is a plugin that leaves, and no part of the program. */
static bool is_to_blame(const struct culprit *c)
{
    switch (c->kind) {
    case CULPRIT_NONE:
        return false;
    case CULPRIT_STRANGER:
        return leave_is_running() || under_way_anywhere();
    default:
        return true;
    }
}

/* A plugin it is. Other threads go on meanwhile, and when they leave, too, they
 * wait here. */
static void name(const struct culprit *c, const char *call, const int *status)
{
    static atomic_flag ending = ATOMIC_FLAG_INIT;

    while (atomic_flag_test_and_set(&ending))
        pause();
    say(c, call, status);
}

static bool is_plugin(struct culprit *c)
{
    if (!culprit_at_home())
        return false;
    *c = culprit_here();
    return is_to_blame(c);
}

/* -- the ways -------------------------------------------------------------- */

static void ask_next(void);

/* What the plugin has printed still goes out. */
static void end_if_plugin(const char *call, const int *status)
{
    struct culprit c;

    if (!is_plugin(&c))
        return;
    ask_next();
    name(&c, call, status);
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

static void ask_exit(int status, void *arg)
{
    (void)arg;
    end_if_plugin("exit", &status);
}

static void ask_quick_exit(void)
{
    end_if_plugin("quick_exit", NULL);
}

static void ask_thread(void *runs)
{
    (void)runs;
    end_if_plugin("pthread_exit", NULL);
}

/* As _exit() does, perhaps in a signal handler: nothing is written or asked for
 * but the sentence. */
static void ask_leaving(const char *call, int status)
{
    struct culprit c;

    if (!is_plugin(&c))
        return;
    name(&c, call, &status);
    _exit(EXIT_FAILURE);
}

/* Each call of exit() takes one of these off the list. on_exit(), not atexit():
 * only that one is told the status. */
static void ask_next(void)
{
    on_exit(ask_exit, NULL);
    at_quick_exit(ask_quick_exit);
}

/* -- watching -------------------------------------------------------------- */

static atomic_bool watching;

void leave_watch(void)
{
    if (atomic_exchange(&watching, true))
        return;
    culprit_begin();
    leaving = ask_leaving;
    for (int i = 0; i < AT_ONCE; i++)
        ask_next();
    check(pthread_key_create(&threads, ask_thread) == 0);
    leave_watch_thread(true);
}

void leave_watch_thread(bool runs)
{
    if (atomic_load(&watching))
        pthread_setspecific(threads, runs ? &threads : NULL);
}

void leave_runs(int more)
{
    atomic_fetch_add(&n_runs, more);
}

bool leave_is_running(void)
{
    return atomic_load(&n_runs) > 0;
}
