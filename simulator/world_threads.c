/* world_threads.c - who goes on, and what time it is then; see world.h. */
#include "simulator/world_threads.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct env_thread *add_thread(struct world *w, const char *name)
{
    struct env_thread *t = xcalloc(1, sizeof(*t));

    check(strlen(name) < sizeof(t->name));
    memcpy(t->name, name, strlen(name));
    t->world = w;
    t->state = THREAD_READY;
    t->until = INT64_MAX;
    w->threads =
        xrealloc(w->threads, (w->n_threads + 1) * sizeof(struct env_thread *));
    w->threads[w->n_threads++] = t;
    return t;
}

/* -- threads of others ----------------------------------------------------- */

bool world_is_here(struct env *env)
{
    return pthread_equal(world_of(env)->home, pthread_self());
}

void world_intrude(struct env *env, char *what)
{
    char *none = NULL;

    /* Pairs with the exchange in look_for_intruders(). */
    if (!atomic_compare_exchange_strong(&world_of(env)->intrusion, &none, what))
        free(what);
}

static void look_for_intruders(struct world *w)
{
    char *what;

    if (atomic_load_explicit(&w->intrusion, memory_order_relaxed) == NULL)
        return;
    /* Pairs with the exchange in world_intrude(). */
    what = atomic_exchange(&w->intrusion, NULL);
    if (w->options.intruded != NULL)
        w->options.intruded(w->options.arg, what);
    free(what);
}

/* -- who goes on ----------------------------------------------------------- */

static bool can_go_on(const struct world *w, const struct env_thread *t)
{
    return t->state == THREAD_READY && t->held_until <= w->now;
}

static uint32_t count_ready(const struct world *w)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->n_threads; i++)
        n += can_go_on(w, w->threads[i]);
    return n;
}

/* The number of the k-th of those that are ready. */
static uint32_t ready_at(const struct world *w, uint64_t k)
{
    uint32_t i = 0;

    for (;; i++) {
        check(i < w->n_threads);
        if (can_go_on(w, w->threads[i]) && k-- == 0)
            return i;
    }
}

static void make_ready(struct env_thread *t, bool in_time)
{
    t->state = THREAD_READY;
    t->waits_for = NULL;
    t->until = INT64_MAX;
    t->in_time = in_time;
}

/* When it can go on, if nobody wakes it. */
static int64_t time_of(const struct env_thread *t)
{
    if (t->state == THREAD_READY)
        return t->held_until;
    return t->state == THREAD_WAITS ? t->until : INT64_MAX;
}

static int64_t next_time(const struct world *w)
{
    int64_t next = INT64_MAX;

    for (uint32_t i = 0; i < w->n_threads; i++)
        if (time_of(w->threads[i]) < next)
            next = time_of(w->threads[i]);
    return next;
}

static void wake_due(struct world *w)
{
    for (uint32_t i = 0; i < w->n_threads; i++)
        if (w->threads[i]->state == THREAD_WAITS &&
            w->threads[i]->until <= w->now)
            make_ready(w->threads[i], false);
}

static void stuck(struct world *w, const char *why)
{
    look_for_intruders(w);
    if (w->options.stuck != NULL)
        w->options.stuck(w->options.arg, why);
    fprintf(stderr, "gale: the simulated world stands still: %s\n", why);
    abort();
}

/* Nobody can go on now: on to the next moment when somebody can. */
static void let_time_pass(struct world *w)
{
    int64_t next;

    if (w->options.idle != NULL)
        w->options.idle(w->options.arg, w->now);
    next = next_time(w);
    if (next == INT64_MAX)
        stuck(w, "all threads wait, and nothing will ever happen");
    if (next > w->now)
        w->now = next;
    wake_due(w);
}

/* -- thread-local variables ------------------------------------------------ */

void world_thread_variable(struct world *w, void *variable)
{
    check(w->n_variables < WORLD_VARIABLES && w->n_threads == 1);
    w->variables[w->n_variables++] = variable;
}

static void put_variables_away(const struct world *w, struct env_thread *t)
{
    for (uint32_t i = 0; i < w->n_variables; i++)
        t->variables[i] = *w->variables[i];
}

static void bring_variables_back(const struct world *w,
                                 const struct env_thread *t)
{
    for (uint32_t i = 0; i < w->n_variables; i++)
        *w->variables[i] = t->variables[i];
}

static void switch_to(struct world *w, struct env_thread *from,
                      struct env_thread *to)
{
    put_variables_away(w, from);
    bring_variables_back(w, to);
    fiber_switch(from->fiber, to->fiber);
}

/* Whoever chance says goes on; returns when the caller's turn comes again. */
static void go_on(struct world *w)
{
    struct env_thread *from = world_running(w);
    uint32_t n, next;

    wake_due(w);
    while ((n = count_ready(w)) == 0)
        let_time_pass(w);
    next = ready_at(w, n > 1 ? world_below(w, n) : 0);
    if (next == w->running)
        return;
    w->running = next;
    world_note(w, WORLD_NOTE_RUN, next, 0);
    switch_to(w, from, w->threads[next]);
}

static bool one_in(struct world *w, uint32_t n)
{
    return n == 1 || world_below(w, n) == 0;
}

/* Who waits by looking again and again may wait for ever. */
static void count_point(struct world *w)
{
    if (++w->points == w->options.points_max)
        stuck(w, "threads go on and on, and nothing comes of it");
}

void world_point(struct env *env)
{
    struct world *w = world_of(env);
    struct env_thread *t = world_running(w);

    look_for_intruders(w);
    count_point(w);
    w->now += (int64_t)world_below(w, w->step_ns) + 1;
    if (one_in(w, w->pause_one_in))
        world_wait(w, NULL,
                   w->now + 1 + (int64_t)world_below(w, (uint64_t)w->pause_ns));
    else if (one_in(w, w->switch_one_in))
        go_on(w);
    check(t == world_running(w));
}

bool world_wait(struct world *w, const void *what, int64_t until)
{
    struct env_thread *t = world_running(w);

    t->state = THREAD_WAITS;
    t->waits_for = what;
    t->until = until;
    go_on(w);
    check(t == world_running(w) && t->state == THREAD_READY);
    return t->in_time;
}

void world_wake(struct world *w, const void *what)
{
    check(what != NULL);
    for (uint32_t i = 0; i < w->n_threads; i++)
        if (w->threads[i]->state == THREAD_WAITS &&
            w->threads[i]->waits_for == what)
            make_ready(w->threads[i], true);
}

static bool is_named(const struct env_thread *t, const char *name)
{
    return t->state != THREAD_ENDED &&
           strncmp(t->name, name, strlen(name)) == 0;
}

void world_hold_up(struct world *w, const char *name, int64_t until)
{
    uint32_t n = 0;
    uint64_t k;

    for (uint32_t i = 0; i < w->n_threads; i++)
        n += is_named(w->threads[i], name);
    k = n > 0 ? world_below(w, n) : 0;
    for (uint32_t i = 0; i < w->n_threads; i++)
        if (is_named(w->threads[i], name) && k-- == 0)
            w->threads[i]->held_until = until;
}

void world_let_go(struct world *w)
{
    for (uint32_t i = 0; i < w->n_threads; i++)
        w->threads[i]->held_until = 0;
}

/* -- their lives ----------------------------------------------------------- */

static void thread_main(void *arg)
{
    struct env_thread *t = arg;

    t->run(t->arg);
    t->state = THREAD_ENDED;
    world_wake(t->world, t);
    go_on(t->world);
    check(!"an ended thread goes on");
}

struct env_thread *world_thread_start(struct env *env, const char *name,
                                      int cpu, void (*run)(void *arg),
                                      void *arg)
{
    struct env_thread *t = add_thread(world_of(env), name);

    (void)cpu;
    t->run = run;
    t->arg = arg;
    t->fiber = fiber_new(thread_main, t);
    world_point(env);
    return t;
}

void world_thread_join(struct env *env, struct env_thread *thread)
{
    while (thread->state != THREAD_ENDED)
        world_wait(world_of(env), thread, INT64_MAX);
    fiber_free(thread->fiber);
    thread->fiber = NULL;
}

void world_threads_init(struct world *w)
{
    w->home = pthread_self();
    add_thread(w, "main")->fiber = fiber_adopt();
}

void world_threads_fini(struct world *w)
{
    for (uint32_t i = 0; i < w->n_threads; i++) {
        check(i == 0 || w->threads[i]->fiber == NULL);
        fiber_free(w->threads[i]->fiber);
        free(w->threads[i]);
    }
    free(w->threads);
    free(atomic_load(&w->intrusion));
}
