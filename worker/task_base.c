/* task_base.c - errors of the user's code: kept, reported, or the end. */
#include "worker/task_base.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "worker/hooks.h"
#include "worker/recent_errors.h"
#include "worker/spout_task.h"
#include "worker/worker.h"
#include <stdlib.h>

char *task_name(const struct task *t, char *buffer, size_t size)
{
    snprintf(buffer, size, "%s-%d", t->component->id, t->id);
    return buffer;
}

__attribute__((noinline, cold)) void task_foreign(const struct task *t,
                                                  const char *function)
{
    fprintf(stderr,
            "gale: %s \"%s\" (task %d, %s) called %s from a thread that does "
            "not run it: other threads may call gale_post(), whose function "
            "then runs in the task, and gale_wakeup()\n",
            t->component->is_spout ? "spout" : "bolt", t->component->id, t->id,
            t->component->file, function);
    abort();
}

void task_use(struct task *t, const struct component *c)
{
    struct executor *e = t->executor; /* it keeps that of the model */

    t->component = c;
    if (t->spout != NULL)
        t->spout->tells_ack = c->spout.ack != NULL || t->hooks != NULL;
    if (c->is_spout)
        return;
    t->run_execute = t->hooks != NULL ? hooks_execute : c->bolt.execute;
    e->takes_batches = c->bolt.execute_batch != NULL && t->hooks == NULL;
}

void task_allow_emit(struct task *t, bool allowed)
{
    t->can_emit = allowed;
    for (uint32_t i = 0; i < t->n_streams; i++) {
        if (allowed)
            outbox_emit_for(&t->streams[i], t->watched);
        else
            outbox_emit_refused(&t->streams[i]);
    }
}

void task_set_text(struct task *t, const char *format, ...)
{
    va_list args;

    if (t->text == NULL)
        t->text = xcalloc(1, TASK_TEXT_MAX);
    t->said = true;
    va_start(args, format);
    vsnprintf(t->text, TASK_TEXT_MAX, format, args);
    va_end(args);
}

/* The two buffers change places: what is said next goes to the other one. They
 * are the task's and not the thread's, since a library that wants much memory
 * per thread may be refused by a program that loads it late. */
const char *task_take_text(struct task *t)
{
    char *taken = t->text;

    if (!t->said)
        return "";
    t->text = t->taken_text;
    t->taken_text = taken;
    t->said = false;
    return taken;
}

void task_keep_error(struct task *t, const char *text)
{
    struct worker *w = t->executor->worker;
    int64_t now_us = w->env->ops->wall_us(w->env);

    env_enter(w->env, w->monitor);
    if (t->errors == NULL)
        t->errors = xcalloc(1, sizeof(*t->errors));
    recent_errors_add(t->errors, text, now_us, 1);
    env_leave(w->env, w->monitor);
}

void task_report(struct task *t, const char *text)
{
    struct carrier *c = t->executor->carrier;
    char name[300];
    uint64_t cut;

    counter_add(&t->counters.errors, 1);
    task_keep_error(t, text); /* shown or not */
    if (!throttle_allow(&t->throttle, c->env->ops->now(c->env)))
        return;
    cut = throttle_take_cut(&t->throttle);
    task_name(t, name, sizeof(name));
    if (cut > 0)
        log_error(t->executor->worker->log, name,
                  "%s (and %llu more errors were not shown)", text,
                  (unsigned long long)cut);
    else
        log_error(t->executor->worker->log, name, "%s", text);
}

static bool is_start(const char *doing)
{
    return strcmp(doing, "open") == 0 || strcmp(doing, "prepare") == 0;
}

/*
 * Who failed at what. What is wrong at the start is mostly an option, so where
 * the component is written is said, and which plugin it is; code of this
 * program (without a file) is no plugin.
 */
static void put_failure(const struct task *t, const char *doing,
                        const char *text, char *to, size_t size)
{
    const struct component *c = t->component;
    bool start = is_start(doing), plugin = start && *c->file != '\0';
    const char *place = start && c->place != NULL ? c->place : "";

    snprintf(to, size, "%s%s%s \"%s\" (task %d%s%s), %s: %s", place,
             *place == '\0' ? "" : ": ", c->is_spout ? "spout" : "bolt", c->id,
             t->id, plugin ? ", plugin " : "", plugin ? c->plugin : "", doing,
             *text != '\0' ? text : "failed and gave no reason");
}

void task_fatal(struct task *t, const char *doing, const char *text)
{
    char whole[TASK_TEXT_MAX + 1024];

    if (*text == '\0' && worker_halted(t->executor->worker))
        return; /* why was said by whatever it called */
    /* Whatever the callback returns, this input is not done. */
    t->marked |= t->call != CALL_NONE && task_has_input(t);
    put_failure(t, doing, text, whole, sizeof(whole));
    task_keep_error(t, whole);
    counter_add(&t->counters.errors, 1);
    worker_fail(t->executor->worker, whole);
}

/* What is called once: nobody tries it again, so no error of it may pass. */
static bool is_only_chance(const char *doing)
{
    return is_start(doing) || strcmp(doing, "end_of_input") == 0;
}

__attribute__((noinline, cold)) gale_result task_no_stream(struct task *t,
                                                           uint32_t stream)
{
    char text[200];

    snprintf(text, sizeof(text),
             "there is no stream number %u: the component declares %u", stream,
             t->n_streams);
    task_fatal(t, "emit", text);
    return GALE_FATAL;
}

bool task_result(struct task *t, const char *doing, gale_result result)
{
    const char *text = task_take_text(t);
    char unknown[128]; /* text of our own */

    if (t->marked) { /* an accessor, outside execute */
        t->marked = false;
        result = result == GALE_OK ? GALE_RETRY : result;
    }
    if (result == GALE_OK || result == GALE_DROP)
        return true;
    if (result > GALE_FATAL) {
        snprintf(unknown, sizeof(unknown),
                 "returned %d, which is no result that this gale knows, or one "
                 "that is reserved for later",
                 (int)result);
        text = unknown;
    }
    if (result >= GALE_FATAL || is_only_chance(doing)) {
        task_fatal(t, doing, text);
        return false;
    }
    if (*text == '\0') {
        snprintf(unknown, sizeof(unknown), "%s failed and gave no reason",
                 doing);
        text = unknown;
    }
    task_report(t, text);
    return true;
}
