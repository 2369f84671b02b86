/* routes.c - makes the routes of a task; see routes.h. */
#include "worker/routes.h"
#include "topology-api/memory.h"
#include "topology-api/plugin.h"
#include "topology-api/under_way.h"
#include "worker/executor.h"
#include "worker/outbox.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>
#include <string.h>

#define ERROR_MAX 300 /* of a grouping of a plugin, with its end */

#define OPEN_BLOCKS_BYTES (1u << 20) /* of one producing task, about */

/* -- where a route leads --------------------------------------------------- */

static uint32_t largest_class(uint32_t bytes)
{
    uint32_t class = BLOCK_CLASSES - 1;

    while (class > 0 && (BLOCK_SIZE_MIN << class) > bytes)
        class --;
    return class;
}

/* With keys a block is open for each destination: large ones for few, small
 * ones for thousands. None is larger than what may wait in front of an
 * executor. */
static uint32_t block_class_for(const struct worker *w, const struct route *r,
                                uint32_t n_executors)
{
    uint32_t bytes = w->config.block_bytes;

    if (!route_is_shuffle(r) && bytes > OPEN_BLOCKS_BYTES / n_executors)
        bytes = OPEN_BLOCKS_BYTES / n_executors;
    return largest_class(bytes);
}

static struct destination *destination_of(struct task *t,
                                          const struct component *to,
                                          const struct route *r)
{
    struct worker *w = t->executor->worker;
    struct crew *crew = &w->crews[to - w->model->components];
    struct destination *d = t->destinations;
    uint32_t class = block_class_for(w, r, crew->n);

    for (; d < t->destinations + t->n_destinations; d++)
        if (d->component == to) {
            d->block_class = class < d->block_class ? class : d->block_class;
            return d;
        }
    t->n_destinations++;
    d->component = to;
    d->executors = crew->executors;
    d->place = crew->place;
    d->n_tasks = to->tasks;
    d->n_executors = crew->n;
    d->block_class = class;
    d->outlets = xcalloc(crew->n, sizeof(struct outlet *));
    return d;
}

static bool is_here(const struct destination *to, uint32_t task)
{
    return !to->executors[to->place[task] >> 16]->away;
}

/* If some of the tasks are in this worker, the others get nothing: `here` leads
 * from each task to the first one that is here, from it on and round. */
static void prefer_here(struct route *r)
{
    uint32_t n = r->to->n_tasks, first = 0, next;

    while (first < n && !is_here(r->to, first))
        first++;
    if (first == n)
        return;
    r->here = xcalloc(n, sizeof(*r->here));
    next = first;
    for (uint32_t i = n; i-- > 0;)
        next = r->here[i] = is_here(r->to, i) ? i : next;
    r->current = r->here[r->current];
}

/* -- groupings of plugins -------------------------------------------------- */

/* In the thread that starts the run. */
static bool prepares(const struct route *r)
{
    gale_result (*prepare)(gale_router *) = r->custom->prepare;
    struct under_way before;
    gale_result result;

    if (prepare == NULL)
        return true;
    before = under_way_begin(plugin_file_at((const void *)(uintptr_t)prepare),
                             "a grouping was prepared");
    result = prepare(r->router);
    under_way_set(before);
    return result == GALE_OK;
}

static void clean_up(const struct route *r)
{
    void (*cleanup)(gale_router *) = r->custom->cleanup;
    struct under_way before;

    if (cleanup == NULL)
        return;
    before = under_way_begin(plugin_file_at((const void *)(uintptr_t)cleanup),
                             "a grouping was cleaned up");
    cleanup(r->router);
    under_way_set(before);
}

static int refuse_prepare(const struct route *r, gale_err *error)
{
    const gale_router *router = r->router;

    return error_set(error,
                     "grouping \"%s\" of bolt \"%s\" refused to prepare for "
                     "stream \"%s\" of \"%s\"%s%s",
                     r->custom->name, router->to, router->stream, router->from,
                     router->error[0] != '\0' ? ": " : "", router->error);
}

static int make_router(struct route *r, gale_err *error)
{
    gale_router *router = xcalloc(1, sizeof(*router));
    int32_t *ids = xcalloc(r->to->n_tasks, sizeof(*ids));

    for (uint32_t i = 0; i < r->to->n_tasks; i++)
        ids[i] = r->to->component->first_task + (int32_t)i;
    router->size = sizeof(*router);
    router->instance = xcalloc(1, r->custom->instance_size + 1);
    router->from = r->from->id;
    router->stream = r->stream->name;
    router->to = r->to->component->id;
    router->fields = (const char *const *)r->stream->fields;
    router->n_fields = r->stream->n_fields;
    router->n_targets = r->to->n_tasks;
    router->target_ids = ids;
    router->seed = r->seed;
    router->error = xcalloc(1, ERROR_MAX);
    router->error_max = ERROR_MAX;
    r->router = router;
    r->chosen = xcalloc(r->to->n_tasks, sizeof(*r->chosen));
    return prepares(r) ? 0 : refuse_prepare(r, error);
}

static void free_router(struct route *r)
{
    if (r->router == NULL)
        return;
    clean_up(r);
    free(r->router->instance);
    free(r->router->error);
    free((void *)(uintptr_t)r->router->target_ids);
    free(r->router);
    free(r->chosen);
}

/* -- the routes ------------------------------------------------------------ */

static int make_route(struct task *t, struct stream_out *s,
                      const struct component *to, uint32_t input,
                      gale_err *error)
{
    struct worker *w = t->executor->worker;
    const struct input_decl *in = &to->inputs[input];
    struct route *r;

    s->routes = xrealloc(s->routes, (s->n_routes + 1) * sizeof(*s->routes));
    r = &s->routes[s->n_routes++];
    memset(r, 0, sizeof(*r));
    r->from = t->component;
    r->stream = s->decl;
    r->source_task = t->id;
    r->input = input;
    r->kind = in->kind;
    r->n_key = in->n_key;
    r->key = in->key;
    r->in_cycle = in->in_cycle;
    r->exact = w->config.shuffle_exact;
    r->seed = w->key_seed;
    r->to = destination_of(t, to, r);
    r->current = t->index % r->to->n_tasks; /* not all begin with the same */
    if (r->kind == GALE_PARTIAL_KEY || r->kind == GALE_CUSTOM ||
        route_is_shuffle(r))
        r->used = xcalloc(r->to->n_tasks, sizeof(*r->used));
    if (r->kind == GALE_LOCAL_OR_SHUFFLE)
        prefer_here(r);
    if (r->kind != GALE_CUSTOM)
        return 0;
    r->custom = in->custom;
    return make_router(r, error);
}

int routes_make(struct task *t, gale_err *error)
{
    const struct model *m = t->executor->worker->model;
    uint32_t me = (uint32_t)(t->component - m->components);

    t->destinations = xcalloc(m->n_components, sizeof(*t->destinations));
    for (uint32_t c = 0; c < m->n_components; c++) {
        const struct component *to = &m->components[c];

        for (uint32_t i = 0; i < to->n_inputs; i++)
            if (to->inputs[i].from == me &&
                make_route(t, &t->streams[to->inputs[i].stream], to, i,
                           error) != 0)
                return -1;
    }
    return 0;
}

void routes_free(struct task *t)
{
    for (uint32_t s = 0; s < t->n_streams; s++) {
        for (uint32_t i = 0; i < t->streams[s].n_routes; i++) {
            free(t->streams[s].routes[i].used);
            free(t->streams[s].routes[i].here);
            free_router(&t->streams[s].routes[i]);
        }
        free(t->streams[s].routes);
    }
    for (uint32_t d = 0; d < t->n_destinations; d++) {
        for (uint32_t i = 0; i < t->destinations[d].n_executors; i++)
            free(t->destinations[d].outlets[i]);
        free(t->destinations[d].outlets);
    }
    free(t->destinations);
    free(t->streams);
}
