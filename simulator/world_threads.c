/* world_threads.c - who goes on, and what time it is then; see world.h. */
#include "simulator/world_threads.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_last(struct env_thread ***threads, uint32_t *n,
                     struct env_thread *t)
{
    *threads = xreallocarray(*threads, *n + 1, sizeof(**threads));
    (*threads)[(*n)++] = t;
}

static struct env_thread *add_thread(struct world_process *p, const char *name)
{
    struct env_thread *t = xcalloc(1, sizeof(*t));
    struct world *w = p->world;

    check(strlen(name) < sizeof(t->name));
    memcpy(t->name, name, strlen(name));
    t->world = w;
    t->process = p;
    t->number = w->n_threads;
    t->state = THREAD_READY;
    t->until = INT64_MAX;
    put_last(&w->threads, &w->n_threads, t);
    put_last(&w->live, &w->n_live, t);
    return t;
}

/* It is none of those that may go on. */
static void end_thread(struct env_thread *t)
{
    struct world *w = t->world;
    uint32_t i = 0;

    t->state = THREAD_ENDED;
    while (w->live[i] != t)
        i++;
    w->n_live--;
    memmove(&w->live[i], &w->live[i + 1],
            (w->n_live - i) * sizeof(struct env_thread *));
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
    return t->state == THREAD_READY && t->held_until <= w->now &&
           !world_process_is_paused(t->process);
}

static uint32_t count_ready(const struct world *w)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->n_live; i++)
        n += can_go_on(w, w->live[i]);
    return n;
}

/* The k-th of those that are ready. */
static struct env_thread *ready_at(const struct world *w, uint64_t k)
{
    uint32_t i = 0;

    for (;; i++) {
        check(i < w->n_live);
        if (can_go_on(w, w->live[i]) && k-- == 0)
            return w->live[i];
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
    int64_t until = t->process->paused_until;

    if (t->state == THREAD_WAITS)
        return t->until;
    return t->held_until > until ? t->held_until : until;
}

static int64_t next_time(const struct world *w)
{
    int64_t next = world_process_next_turn(w);

    for (uint32_t i = 0; i < w->n_live; i++)
        if (time_of(w->live[i]) < next)
            next = time_of(w->live[i]);
    return next;
}

static void wake_due(struct world *w)
{
    for (uint32_t i = 0; i < w->n_live; i++)
        if (w->live[i]->state == THREAD_WAITS && w->live[i]->until <= w->now)
            make_ready(w->live[i], false);
    world_process_let_go_on(w);
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

/* The thread that ended its own process, unless it still runs. */
static void free_dead(struct world *w)
{
    if (w->dead == NULL || w->dead == world_running(w))
        return;
    fiber_free(w->dead->fiber);
    w->dead->fiber = NULL;
    w->dead = NULL;
}

/* Whoever chance says goes on; returns when the caller's turn comes again. */
static void go_on(struct world *w)
{
    struct env_thread *from = world_running(w), *to;
    uint32_t n;

    free_dead(w);
    wake_due(w);
    while ((n = count_ready(w)) == 0)
        let_time_pass(w);
    to = ready_at(w, n > 1 ? world_below(w, n) : 0);
    if (to == from)
        return;
    w->running = to->number;
    world_note(w, WORLD_NOTE_RUN, to->number, 0);
    switch_to(w, from, to);
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
    world_process_at_point(t->process);
    w->now += (int64_t)world_below(w, w->step_ns) + 1;
    if (t->process->slow_until > w->now)
        world_wait(w, NULL,
                   w->now + 1 +
                       (int64_t)world_below(w, (uint64_t)t->process->slow_ns));
    else if (one_in(w, w->pause_one_in))
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
    for (uint32_t i = 0; i < w->n_live; i++)
        if (w->live[i]->state == THREAD_WAITS && w->live[i]->waits_for == what)
            make_ready(w->live[i], true);
}

static bool is_named(const struct env_thread *t, const char *name)
{
    return strncmp(t->name, name, strlen(name)) == 0;
}

void world_hold_up(struct world *w, const char *name, int64_t until)
{
    uint32_t n = 0;
    uint64_t k;

    for (uint32_t i = 0; i < w->n_live; i++)
        n += is_named(w->live[i], name);
    k = n > 0 ? world_below(w, n) : 0;
    for (uint32_t i = 0; i < w->n_live; i++)
        if (is_named(w->live[i], name) && k-- == 0)
            w->live[i]->held_until = until;
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
    end_thread(t);
    world_wake(t->world, t);
    go_on(t->world);
    check(!"an ended thread goes on");
}

struct env_thread *world_thread_add(struct world_process *p, const char *name,
                                    void (*run)(void *arg), void *arg)
{
    struct env_thread *t = add_thread(p, name);

    t->run = run;
    t->arg = arg;
    t->fiber = fiber_new(thread_main, t);
    return t;
}

struct env_thread *world_thread_start(struct env *env, const char *name,
                                      int cpu, void (*run)(void *arg),
                                      void *arg)
{
    struct env_thread *t =
        world_thread_add(world_process_of(env), name, run, arg);

    (void)cpu;
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

static void drop(struct world *w, struct env_thread *t)
{
    if (t->state != THREAD_ENDED)
        end_thread(t);
    if (t == world_running(w)) {
        free_dead(w);
        w->dead = t;
        return;
    }
    fiber_free(t->fiber);
    t->fiber = NULL;
}

void world_threads_drop(struct world_process *p)
{
    struct world *w = p->world;

    for (uint32_t i = 0; i < w->n_threads; i++)
        if (w->threads[i]->process == p)
            drop(w, w->threads[i]);
    if (world_running(w)->process != p)
        return;
    go_on(w);
    check(!"a thread goes on whose process has ended");
}

void world_threads_init(struct world *w)
{
    w->home = pthread_self();
    add_thread(w->processes[0], "main")->fiber = fiber_adopt();
}

void world_threads_fini(struct world *w)
{
    free_dead(w);
    for (uint32_t i = 0; i < w->n_threads; i++) {
        check(i == 0 || w->threads[i]->fiber == NULL);
        fiber_free(w->threads[i]->fiber);
        free(w->threads[i]);
    }
    free(w->threads);
    free(w->live);
    free(atomic_load(&w->intrusion));
}
