/* watchdog.c - names who does not return; see watchdog.h. */
#include "worker/watchdog.h"
#include "common/last_words.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "worker/culprit.h"
#include "worker/hang.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <execinfo.h>
#include <stdlib.h>
#include <unistd.h>

#define FRAMES_MAX 32

struct watchdog {
    struct worker *worker;
    int64_t at; /* when to look next */
    struct hang_watch carriers[];
};

struct watchdog *watchdog_new(struct worker *w)
{
    struct watchdog *d;

    if ((w->config.hang_ns == 0 && w->config.hang_restart_ns == 0) ||
        w->env->simulated)
        return NULL;
    d = xcalloc(1, sizeof(*d) + w->carriers_max * sizeof(d->carriers[0]));
    d->worker = w;
    return d;
}

void watchdog_free(struct watchdog *d)
{
    free(d);
}

static void say_stack(struct worker *w, const struct carrier *c,
                      const char *name)
{
    void *addresses[FRAMES_MAX];
    int n = w->env->ops->thread_stack(w->env, c->thread, addresses, FRAMES_MAX);
    char **symbols = n > 0 ? backtrace_symbols(addresses, n) : NULL;

    if (symbols == NULL)
        log_warn(w->log, name, "its stack is not to be had");
    for (int i = 0; symbols != NULL && i < n; i++)
        log_warn(w->log, name, "#%d %s", i, symbols[i]);
    free(symbols); /* one piece */
}

/* NULL: it has just returned, or runs no task. */
static const struct task *task_on(const struct carrier *c)
{
    const struct executor *e =
        atomic_load_explicit(&c->running, memory_order_relaxed);

    return e == NULL ? NULL : task_under_way(e);
}

/* The same text each time, so that it is one error that came so often. */
static void keep(struct worker *w, const struct task *t)
{
    char text[200];

    snprintf(text, sizeof(text),
             "task %d has been in one call for longer than "
             "gale.worker.hang.secs (%.3g s); the log of the worker has its "
             "stack",
             t->id, (double)w->config.hang_ns / 1e9);
    task_keep_error(w->tasks[t->id], text);
}

static void say(struct worker *w, const struct carrier *c, int64_t ns)
{
    const struct task *t = task_on(c);
    char name[300];

    if (t == NULL)
        return;
    keep(w, t);
    task_name(t, name, sizeof(name));
    log_warn(w->log, name,
             "has been in one call for %.1f s (gale.worker.hang.secs), on "
             "carrier %u, whose other executors wait; where it is:",
             (double)ns / 1e9, c->index);
    say_stack(w, c, name);
}

/* Nothing of it is closed: who would, waits for the call, too. */
static void end_process(struct worker *w, const struct carrier *c, int64_t ns)
{
    const struct task *t = task_on(c);
    const struct culprit culprit = {.kind = CULPRIT_TASK, .task = t};
    struct last_words words = {0};
    char text[200], name[300];

    if (t == NULL)
        return;
    say_stack(w, c, task_name(t, name, sizeof(name)));
    snprintf(text, sizeof(text),
             " has been in one call for %.1f s, and "
             "gale.worker.hang.restart.secs is %.3g: the process ends, and is "
             "started again",
             (double)ns / 1e9, (double)w->config.hang_restart_ns / 1e9);
    last_words_put(&words, "\ngale: ");
    culprit_put(&words, &culprit);
    last_words_put(&words, text);
    last_words_say(&words);
    _exit(EXIT_FAILURE);
}

/* The first of them, for reports. */
static void show(struct watchdog *d, int64_t now)
{
    struct worker *w = d->worker;
    char text[WORKER_HANGS] = "", name[300];

    for (uint32_t i = 0; i < w->n_carriers && text[0] == '\0'; i++) {
        int64_t ns = hang_lasts(&d->carriers[i], now, w->config.hang_ns);
        const struct task *t = ns > 0 ? task_on(w->carriers[i]) : NULL;

        if (t != NULL)
            snprintf(text, sizeof(text),
                     "%s has been in one call for %.1f s "
                     "(gale.worker.hang.secs)",
                     task_name(t, name, sizeof(name)), (double)ns / 1e9);
    }
    env_enter(w->env, w->monitor);
    memcpy(w->hangs, text, sizeof(text));
    env_leave(w->env, w->monitor);
}

/* The number of the run under way; 0: none is. */
static uint64_t run_of(const struct carrier *c)
{
    if (atomic_load_explicit(&c->running, memory_order_relaxed) == NULL)
        return 0;
    return atomic_load_explicit(&c->runs, memory_order_relaxed);
}

int64_t watchdog_look(struct watchdog *d)
{
    struct worker *w = d != NULL ? d->worker : NULL;
    int64_t now;

    if (d == NULL)
        return INT64_MAX;
    now = w->env->ops->now(w->env);
    if (now < d->at)
        return d->at;
    for (uint32_t i = 0; i < w->n_carriers; i++) {
        const struct carrier *c = w->carriers[i];
        int64_t ns =
            hang_look(&d->carriers[i], run_of(c), now, w->config.hang_ns);

        if (ns > 0)
            say(w, c, ns);
        ns = hang_lasts(&d->carriers[i], now, w->config.hang_restart_ns);
        if (ns > 0)
            end_process(w, c, ns);
    }
    show(d, now);
    return d->at =
               now + hang_period(w->config.hang_ns, w->config.hang_restart_ns);
}
