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
    } else {
        last_words_put(words, ", which ends the process without the results of "
                              "the run: what cannot go on returns "
                              "gale_error(task, GALE_FATAL, …) from a "
                              "callback");
    }
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
        return atomic_load(&n_runs) > 0 || under_way_anywhere();
    default:
        return true;
    }
}

static void ask_exit(int status, void *arg);

/* True if somebody is to blame, who is named then. Other threads go on
 * meanwhile, and when they leave, too, they wait here. */
static bool blames(const char *call, const int *status)
{
    static atomic_flag ending = ATOMIC_FLAG_INIT;
    struct culprit c;

    if (!culprit_at_home())
        return false;
    c = culprit_here();
    if (!is_to_blame(&c))
        return false;
    on_exit(ask_exit, NULL); /* for the next thread that calls exit() */
    while (atomic_flag_test_and_set(&ending))
        pause();
    say(&c, call, status);
    return true;
}

/* -- the ways -------------------------------------------------------------- */

/* What the plugin has printed still goes out. */
__attribute__((noreturn)) static void end_after_output(void)
{
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

static void ask_exit(int status, void *arg)
{
    (void)arg;
    if (blames("exit", &status))
        end_after_output();
}

static void ask_quick_exit(void)
{
    if (blames("quick_exit", NULL))
        end_after_output();
}

static void ask_leaving(const char *call, int status)
{
    if (blames(call, &status))
        _exit(EXIT_FAILURE);
}

static void ask_thread(void *runs)
{
    (void)runs;
    if (blames("pthread_exit", NULL))
        end_after_output();
}

/* -- watching -------------------------------------------------------------- */

static atomic_bool watching;

/* on_exit(), not atexit(): only that one is told the status. */
void leave_watch(void)
{
    if (atomic_exchange(&watching, true))
        return;
    culprit_begin();
    leaving = ask_leaving;
    on_exit(ask_exit, NULL);
    at_quick_exit(ask_quick_exit);
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
