/* letters.c - writes the spool of dead letters; see letters.h. */
#include "worker/letters.h"
#include "common/check.h"
#include "common/log.h"
#include "common/throttle.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/pending.h"
#include "worker/worker.h"
#include <errno.h>
#include <stdlib.h>

#define BATCH_BYTES (4u << 20) /* written at a time, about */

struct letter {
    struct letter *next;
    uint64_t root;
    char *line;
    size_t size;
};

struct letters {
    struct worker *worker;
    char *path;
    uint64_t max;
    int lock_handle;          /* -1: none */
    struct throttle throttle; /* its thread's, as what follows until … */
    char *bytes;              /* being written */
    size_t size, capacity;
    struct env_thread *thread;
    struct env_monitor *monitor; /* … here: of all below */
    struct letter *first, **end;
    bool stop;
};

static struct env *env_of(const struct letters *l)
{
    return l->worker->env;
}

void letters_put(struct letters *l, uint64_t root, char *line, size_t size)
{
    struct letter *letter = xcalloc(1, sizeof(*letter));

    *letter = (struct letter){NULL, root, line, size};
    env_enter(env_of(l), l->monitor);
    *l->end = letter;
    l->end = &letter->next;
    env_notify(env_of(l), l->monitor);
    env_leave(env_of(l), l->monitor);
}

/* -- its thread ------------------------------------------------------------ */

static void free_letter(struct letter *letter)
{
    free(letter->line);
    free(letter);
}

static void report(struct letters *l, int error)
{
    const char *why = strerror(error);
    char more[64] = "";
    uint64_t cut;

    if (!throttle_allow(&l->throttle, env_of(l)->ops->now(env_of(l))))
        return;
    cut = throttle_take_cut(&l->throttle);
    if (cut > 0)
        snprintf(more, sizeof(more), " (and %llu more errors were not shown)",
                 (unsigned long long)cut);
    if (error == EOVERFLOW)
        why = "it is full, see gale.topology.dead.letter.max.bytes";
    log_error(l->worker->log, "dead-letters",
              "cannot write to %s: %s; the message stays failed and is emitted "
              "again%s",
              l->path, why, more);
}

static void settle(struct letters *l, const struct letter *letter, bool written)
{
    struct ack_record record = {letter->root, written ? PENDING_EDGE : 0};

    if (letter->root != 0) /* else nobody waits for it */
        carrier_settle(l->worker, record, !written);
}

static void add_bytes(struct letters *l, const struct letter *letter)
{
    if (l->capacity - l->size < letter->size) {
        l->capacity = 2 * l->capacity + letter->size;
        l->bytes = xrealloc(l->bytes, l->capacity);
    }
    memcpy(l->bytes + l->size, letter->line, letter->size);
    l->size += letter->size;
}

/* Up to `n` of the letters, which it takes away; 0, or errno of all of them. */
static int write_some(struct letters *l, struct letter **letters, uint32_t n)
{
    struct env *env = env_of(l);
    int error = 0;

    l->size = 0;
    for (const struct letter *p = *letters; p != NULL && n > 0; p = p->next) {
        add_bytes(l, p);
        n = l->size < BATCH_BYTES ? n - 1 : 0;
    }
    if (env->ops->file_append(env, l->path, l->bytes, l->size, l->max) != 0)
        error = errno;
    return error;
}

/* Tell those that were written, or could not be. */
static void settle_some(struct letters *l, struct letter **letters, int error)
{
    size_t left = l->size;

    while (left > 0) {
        struct letter *letter = *letters;

        if (error != 0)
            report(l, error);
        settle(l, letter, error == 0);
        *letters = letter->next;
        left -= letter->size;
        free_letter(letter);
    }
}

/* When all do not fit, some may. */
static void write_all(struct letters *l, struct letter *letters)
{
    while (letters != NULL) {
        int error = write_some(l, &letters, UINT32_MAX);

        if ((error == EOVERFLOW || error == EFBIG) && l->size > letters->size)
            error = write_some(l, &letters, 1);
        settle_some(l, &letters, error);
    }
}

static void letters_thread(void *arg)
{
    struct letters *l = arg;

    env_enter(env_of(l), l->monitor);
    for (;;) {
        struct letter *letters;

        while (l->first == NULL && !l->stop)
            env_wait(env_of(l), l->monitor, INT64_MAX);
        letters = l->first;
        if (letters == NULL)
            break;
        l->first = NULL;
        l->end = &l->first;
        env_leave(env_of(l), l->monitor);
        write_all(l, letters);
        env_enter(env_of(l), l->monitor);
    }
    env_leave(env_of(l), l->monitor);
}

/* -- life ------------------------------------------------------------------ */

/* Two runs would cut off each other's lines. */
static bool lock_file(struct letters *l, gale_err *error)
{
    l->lock_handle = env_of(l)->ops->file_lock(env_of(l), l->path);
    if (l->lock_handle < 0)
        error_set(error, "gale.topology.dead.letter: cannot write %s: %s",
                  l->path,
                  errno == EWOULDBLOCK ? "another run has it; name another file"
                                       : strerror(errno));
    return l->lock_handle >= 0;
}

static struct letters *letters_new(struct worker *w)
{
    struct letters *l = xcalloc(1, sizeof(*l));

    l->worker = w;
    l->path = xstrdup(w->config.spool);
    l->max = w->config.spool_max;
    l->end = &l->first;
    l->monitor = w->env->ops->monitor_new(w->env);
    throttle_init(&l->throttle, w->config.errors_max,
                  w->config.errors_interval_ns);
    return l;
}

static int refuse_place(const char *place, gale_err *error)
{
    return error_set(error,
                     "gale.topology.dead.letter: \"%s\" is neither a bolt of "
                     "the topology nor a file, whose path has a / or a . in it",
                     place);
}

int letters_open(struct worker *w, gale_err *error)
{
    struct letters *l;

    if (w->config.spool == NULL || w->model->letters != UINT32_MAX)
        return 0;
    if (strpbrk(w->config.spool, "/.") == NULL)
        return refuse_place(w->config.spool, error);
    l = w->letters = letters_new(w);
    if (!lock_file(l, error))
        return -1;
    l->thread =
        w->env->ops->thread_start(w->env, "letters", -1, letters_thread, l);
    if (l->thread == NULL)
        return error_set(error, "cannot start the thread of %s", l->path);
    return 0;
}

static void stop_thread(struct letters *l)
{
    if (l->thread == NULL)
        return;
    env_enter(env_of(l), l->monitor);
    l->stop = true;
    env_notify(env_of(l), l->monitor);
    env_leave(env_of(l), l->monitor);
    env_of(l)->ops->thread_join(env_of(l), l->thread);
}

void letters_close(struct letters *l)
{
    if (l == NULL)
        return;
    stop_thread(l);
    check(l->first == NULL);
    if (l->lock_handle >= 0)
        env_of(l)->ops->file_unlock(env_of(l), l->lock_handle);
    env_of(l)->ops->monitor_free(env_of(l), l->monitor);
    free(l->bytes);
    free(l->path);
    free(l);
}
