/*
 * culprit.c - whose code the calling thread runs; see culprit.h.
 *
 * A carrier shows which executor it runs, and a topology that is made which
 * file. Of other threads it is only known whose functions are on their stack.
 */
#include "worker/culprit.h"
#include "common/env.h"
#include "topology-api/plugin.h"
#include "topology-api/under_way.h"
#include "worker/crash.h"
#include "worker/task_base.h"
#include <execinfo.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define FRAMES_MAX 64

static pthread_t owner; /* the thread that wants culprits to be named … */
static pid_t home;      /* … in this process */

void culprit_begin(void)
{
    void *address;

    owner = pthread_self();
    home = getpid();
    backtrace(&address, 1); /* asks for memory at first: not in a handler */
}

void culprit_forked(void)
{
    if (home != 0)
        home = getpid();
}

bool culprit_at_home(void)
{
    return getpid() == home;
}

/* Of the outermost function that a plugin has on the stack; NULL: none has. */
static const char *file_on_stack(void)
{
    void *addresses[FRAMES_MAX];
    int n = backtrace(addresses, FRAMES_MAX);
    const char *file = NULL;

    while (n-- > 0 && file == NULL)
        file = plugin_file_at(addresses[n]);
    return file;
}

/* A stack that cannot be walked must not be tried again by the handler of the
 * signal that this raises. */
static const char *try_stack(void)
{
    static _Atomic(pthread_t) trying; /* the latest; all are about to die */
    pthread_t self = pthread_self();
    const char *file;

    if (pthread_equal(atomic_load(&trying), self))
        return NULL;
    atomic_store(&trying, self);
    file = file_on_stack();
    atomic_store(&trying, 0);
    return file;
}

/* The thread's own task: nobody else writes what it chooses by. */
static struct culprit of_task(const struct task *t)
{
    const gale_grouping *g = t->choosing;

    if (g == NULL)
        return (struct culprit){.kind = CULPRIT_TASK, .task = t};
    return (struct culprit){CULPRIT_CHOICE, t,
                            plugin_file_at((const void *)(uintptr_t)g->choose),
                            g->name};
}

struct culprit culprit_here(void)
{
    const struct task *t = crash_task();
    struct under_way making = under_way_here();
    bool own = pthread_equal(pthread_self(), owner) || env_thread_is_own();
    const char *file;

    if (t != NULL)
        return of_task(t);
    if (making.file != NULL)
        return (struct culprit){CULPRIT_MAKING, NULL, making.file,
                                making.doing};
    file = try_stack();
    if (file != NULL)
        return (struct culprit){.kind = own ? CULPRIT_FILE : CULPRIT_THREAD,
                                .file = file};
    return (struct culprit){.kind = own ? CULPRIT_NONE : CULPRIT_STRANGER};
}

/* A component of the program's own has no file. */
static void put_file(struct last_words *words, const char *before,
                     const char *file)
{
    if (file == NULL || *file == '\0')
        return;
    last_words_put(words, before);
    last_words_put(words, file);
}

static void put_task(struct last_words *words, const struct task *t,
                     const char *file)
{
    last_words_put(words, t->component->is_spout ? "spout \"" : "bolt \"");
    last_words_put(words, t->component->id);
    last_words_put(words, "\" (task ");
    last_words_put_number(words, t->id);
    put_file(words, ", ", file);
    last_words_put(words, ")");
}

static void put_choice(struct last_words *words, const struct culprit *c)
{
    last_words_put(words, "grouping \"");
    last_words_put(words, c->doing);
    last_words_put(words, "\"");
    put_file(words, " of ", c->file);
    last_words_put(words, ", which chose for ");
    put_task(words, c->task, NULL);
}

void culprit_put(struct last_words *words, const struct culprit *c)
{
    switch (c->kind) {
    case CULPRIT_TASK:
        put_task(words, c->task, c->task->component->file);
        break;
    case CULPRIT_CHOICE:
        put_choice(words, c);
        break;
    case CULPRIT_THREAD:
        last_words_put(words, "a thread that the code of ");
        last_words_put(words, c->file);
        last_words_put(words, " has started");
        break;
    case CULPRIT_STRANGER:
        last_words_put(words, "a thread that runs no task, which perhaps a "
                              "plugin has started");
        break;
    default:
        last_words_put(words, c->file);
    }
}
