/*
 * interrupt.c - Ctrl-C while a topology runs, and a terminal that is closed.
 * The handlers call only what a signal handler may call.
 */
#include "cli/interrupt.h"
#include "cli/command.h"
#include "common/last_words.h"
#include "topology-api/under_way.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <unistd.h>

#define GRACE_S 2 /* between a stop at once and the end, and once more */

static _Atomic(gale_local *) running;
static atomic_int count;
static atomic_bool speaks;
static atomic_bool left; /* gale_local_wait() does not wait any more */
static const char *owed; /* a file that is to be written; NULL: none */

/* Code of plugins that is awaited, and that no stop can end. */
enum { AWAITS_NOTHING, AWAITS_LOADING, AWAITS_OPENING };
static atomic_int awaits;
static atomic_bool must_end; /* what is awaited now */
static int64_t patience_ms;  /* written before `awaits` is, as is … */
static const struct under_way *loader; /* … what the loading thread runs */

static void put(struct last_words *words, const char *text)
{
    last_words_put(words, "gale local: ");
    last_words_put(words, text);
}

/* The last ones. */
static bool say(struct last_words *words)
{
    if (owed != NULL) {
        last_words_put(words, "; --stats: ");
        last_words_put(words, owed);
        last_words_put(words, " was not written");
    }
    return last_words_say(words);
}

static void put_opening(struct last_words *words)
{
    char who[1000];

    last_words_put(words, " while the topology opened: a callback of ");
    last_words_put(
        words, gale_local_opening(who, sizeof(who)) ? who : "open or prepare");
    last_words_put(words, " was under way");
}

static void end_process(void)
{
    struct last_words words = {0};

    put(&words, "ended at once");
    if (atomic_load(&awaits) == AWAITS_OPENING)
        put_opening(&words);
    else
        last_words_put(&words, "; a callback was still under way");
    _exit(say(&words) ? EXIT_INTERRUPTED : EXIT_ERROR);
}

__attribute__((noreturn)) static void end_loading(const char *how, int status)
{
    struct last_words words = {0};

    put(&words, how);
    last_words_put(&words, " while the topology was loaded");
    if (loader->file != NULL && loader->doing != NULL) {
        last_words_put(&words, ": ");
        last_words_put(&words, loader->file);
        last_words_put(&words, " did not return while ");
        last_words_put(&words, loader->doing);
    }
    last_words_say(&words);
    _exit(status);
}

static void end_opening(void)
{
    struct last_words words = {0};

    put(&words, "ended");
    put_opening(&words);
    last_words_put(&words, ", and did not return in time");
    say(&words);
    _exit(EXIT_ERROR);
}

/* SIGALRM after so many ms; 0: none any more. */
static void alarm_in(int64_t ms)
{
    struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};

    setitimer(ITIMER_REAL, &timer, NULL);
}

static void lose_patience(void)
{
    if (atomic_load(&awaits) != AWAITS_NOTHING &&
        !atomic_exchange(&must_end, true))
        alarm_in(patience_ms);
}

/* Who waits for the run is told which callback is under way, and does what is
 * to be done before the process ends; if that takes long, or there is no such
 * run yet, it ends here. */
static void leave_running(void)
{
    gale_local *l = atomic_load(&running);

    if (l == NULL || atomic_exchange(&left, true))
        end_process();
    gale_local_stop(l, GALE_STOP_LEAVE);
    alarm(GRACE_S);
}

/* The first one is the end of the time to live, if nothing came before. One
 * that was set when the topology had just opened means nothing. */
static void timed_out(int signal)
{
    int error = errno; /* of what was interrupted */
    int what = atomic_load(&awaits);

    (void)signal;
    if (what != AWAITS_LOADING && atomic_load(&count) > 1)
        leave_running();
    else if (!atomic_load(&must_end))
        lose_patience();
    else if (what == AWAITS_LOADING)
        end_loading("ended by --local-ttl", EXIT_ERROR);
    else if (what == AWAITS_OPENING)
        end_opening();
    errno = error;
}

static void first_of_all(gale_local *l)
{
    int error = errno; /* of what was interrupted */

    if (atomic_load(&speaks)) {
        struct last_words words = {0};

        put(&words, "stopping: what is pending is finished; " INTERRUPT_HINT);
        last_words_say(&words);
    }
    lose_patience();
    errno = error;
    if (l != NULL) /* else it is being opened: interrupt_stops() will see */
        gale_local_stop(l, GALE_STOP_DRAIN);
}

/* While it is being opened, interrupt_stops() will see; if it comes to that. */
static void second_of_all(gale_local *l)
{
    if (l != NULL)
        gale_local_stop(l, GALE_STOP_NOW);
    alarm(GRACE_S);
}

static void interrupted(int signal)
{
    gale_local *l = atomic_load(&running);
    int n = atomic_fetch_add(&count, 1) + 1;

    (void)signal;
    if (n > 2)
        end_process();
    if (n == 1)
        first_of_all(l);
    else
        second_of_all(l);
}

/* There is nothing to stop yet. */
static void interrupted_loading(int signal)
{
    (void)signal;
    end_loading("interrupted", EXIT_INTERRUPTED);
}

/* Whoever closes a terminal sends it twice: first the shell, when it ends the
 * kernel. So it never asks for more than a drain. */
static void hung_up(int signal)
{
    int none = 0;

    (void)signal;
    if (atomic_compare_exchange_strong(&count, &none, 1))
        first_of_all(atomic_load(&running));
}

/* What is ignored (`nohup`) stays so. */
static void catch_hangup(struct sigaction *action)
{
    struct sigaction before;

    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return;
    action->sa_handler = hung_up;
    sigaction(SIGHUP, action, NULL);
}

static void catch_alarm(void)
{
    struct sigaction action = {.sa_flags = SA_RESTART | SA_ONSTACK,
                               .sa_handler = timed_out};

    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
}

static void catch_all(void)
{
    struct sigaction action = {.sa_flags = SA_RESTART | SA_ONSTACK,
                               .sa_handler = interrupted};

    catch_alarm();
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaddset(&action.sa_mask, SIGHUP);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    catch_hangup(&action);
}

static void await(int what, int64_t ttl_ms, int64_t patience)
{
    patience_ms = patience;
    atomic_store(&must_end, false);
    atomic_store(&awaits, what);
    if (ttl_ms > 0)
        alarm_in(ttl_ms);
}

static void await_no_more(void)
{
    if (atomic_exchange(&awaits, AWAITS_NOTHING) != AWAITS_NOTHING)
        alarm_in(0);
}

static struct sigaction interrupts, terminates; /* before it was loaded */

static void catch_loading(void)
{
    struct sigaction action = {.sa_flags = SA_ONSTACK,
                               .sa_handler = interrupted_loading};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &interrupts);
    sigaction(SIGTERM, &action, &terminates);
}

void interrupt_loads(int64_t ttl_ms, int64_t patience)
{
    loader = under_way_of_this();
    catch_loading();
    if (ttl_ms <= 0)
        return;
    catch_alarm();
    await(AWAITS_LOADING, ttl_ms, patience);
}

void interrupt_loaded(void)
{
    await_no_more();
    sigaction(SIGINT, &interrupts, NULL);
    sigaction(SIGTERM, &terminates, NULL);
}

void interrupt_opens(int64_t ttl_ms, int64_t patience)
{
    await(AWAITS_OPENING, ttl_ms, patience);
    catch_all();
}

void interrupt_stops(gale_local *l)
{
    int n;

    atomic_store(&running, l);
    await_no_more();
    n = atomic_load(&count);
    if (l != NULL && n > 1)
        second_of_all(l);
    else if (l != NULL && n > 0)
        gale_local_stop(l, GALE_STOP_DRAIN);
}

void interrupt_owes(const char *path)
{
    owed = path;
}

void interrupt_speaks(void)
{
    atomic_store(&speaks, true);
}

int interrupt_count(void)
{
    return atomic_load(&count);
}
