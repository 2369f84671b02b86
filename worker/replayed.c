/*
 * replayed.c - dead letters instead of what spouts read
 * (gale_builder_replay() of gale/local.h).
 *
 * Each spout of the topology keeps its id, its streams and its number of tasks,
 * and gets other callbacks: they emit the letters that the spool holds of that
 * spout, and again what fails. Task i of n has the letters k with k mod n = i;
 * the message id is k.
 */
#include "common/env.h"
#include "common/spool.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include "worker/settled.h"
#include "worker/task_base.h"
#include <errno.h>

struct replayed_letter {
    struct dead_letter letter;
    struct dead_letter_memory *memory;
    uint32_t stream;
};

struct replayed_task {
    uint32_t next;
    struct settled_queue failed; /* their ids are places among the letters */
};

/* Of a component; tasks touch their own part. */
struct replayed {
    struct replayed_letter *letters;
    uint32_t n;
    struct replayed_task *tasks;
    uint32_t n_tasks;
    int lock_handle; /* of the file; -1: another one has it */
};

/* -- the spout ------------------------------------------------------------- */

static const struct replayed *replayed_of(gale_task *task)
{
    return task_of(task)->component->replayed;
}

static struct replayed_task *state_of(gale_task *task)
{
    return &replayed_of(task)->tasks[gale_task_index(task)];
}

static gale_result emit(gale_task *task, uint64_t place)
{
    const struct replayed_letter *l = &replayed_of(task)->letters[place];
    gale_msgid id = {0, place};
    gale_emit_opts opts = {
        .size = sizeof(opts), .stream = l->stream, .id = &id};

    return task->host->emit_with(task, &opts, l->letter.values, l->letter.n);
}

static gale_result next(gale_task *task)
{
    struct replayed_task *s = state_of(task);
    uint64_t place =
        (uint64_t)s->next * gale_n_tasks(task) + gale_task_index(task);

    if (s->failed.n > 0)
        return emit(task, settled_pop(&s->failed)->id.lo);
    if (place >= replayed_of(task)->n) {
        gale_exhausted(task);
        return GALE_OK;
    }
    s->next++;
    return emit(task, place);
}

static void fail(gale_task *task, gale_msgid id)
{
    settled_push(&state_of(task)->failed, id, false);
}

/* -- it takes the place of what was there ---------------------------------- */

static void replayed_free(void *arg)
{
    struct replayed *r = arg;

    for (uint32_t i = 0; i < r->n; i++)
        dead_letter_forget(r->letters[i].memory);
    for (uint32_t i = 0; i < r->n_tasks; i++)
        settled_fini(&r->tasks[i].failed);
    if (r->lock_handle >= 0)
        env_posix()->ops->file_unlock(env_posix(), r->lock_handle);
    free(r->letters);
    free(r->tasks);
    free(r);
}

static void replace(struct component *c)
{
    struct replayed *r = xcalloc(1, sizeof(*r));

    r->n_tasks = c->tasks;
    r->tasks = xcalloc(c->tasks, sizeof(*r->tasks));
    r->lock_handle = -1;
    c->replayed = r;
    c->replayed_free = replayed_free;
    c->spout.flags = 0;
    c->spout.needs = 0;
    c->spout.open = NULL;
    c->spout.close = NULL;
    c->spout.activate = c->spout.deactivate = NULL;
    c->spout.next = next;
    c->spout.ack = NULL;
    c->spout.fail = fail;
}

static bool is_named(gale_str found, const char *name)
{
    return gale_str_eq(found, gale_str_make(name, strlen(name)));
}

static struct component *spout_of(struct model *m, gale_str id)
{
    for (uint32_t i = 0; i < m->n_components; i++)
        if (m->components[i].is_spout && is_named(id, m->components[i].id))
            return &m->components[i];
    return NULL;
}

static uint32_t stream_of(const struct component *c, gale_str name)
{
    uint32_t i = 0;

    while (i < c->n_streams && !is_named(name, c->streams[i].name))
        i++;
    return i;
}

static int refuse(const struct spool *s, gale_err *error, const char *what,
                  gale_str name)
{
    return error_set(error, "%s: record %u is of %s \"%.*s\", %s", s->path,
                     s->n, what, (int)name.size, name.data,
                     "which this topology does not have in this form");
}

/* 0 if the letter was taken, with its memory. */
static int take(struct model *m, const struct spool *s,
                const struct replayed_letter *l, gale_err *error)
{
    struct component *c = spout_of(m, l->letter.spout);
    struct replayed *r;
    uint32_t stream;

    if (c == NULL)
        return refuse(s, error, "spout", l->letter.spout);
    stream = stream_of(c, l->letter.stream);
    if (stream == c->n_streams || c->streams[stream].n_fields != l->letter.n ||
        (c->streams[stream].flags & GALE_STREAM_DIRECT))
        return refuse(s, error, "stream", l->letter.stream);
    r = c->replayed;
    if ((r->n & (r->n - 1)) == 0) /* as many as there are, once more */
        r->letters =
            xrealloc(r->letters, 2 * ((size_t)r->n + 1) * sizeof(*r->letters));
    r->letters[r->n] = *l;
    r->letters[r->n++].stream = stream;
    return 0;
}

/* A record that is damaged does not hide the others. */
static int take_all(struct builder *b, struct spool *s, gale_err *error)
{
    struct replayed_letter l = {.stream = 0};
    uint32_t empty = 0;
    int found;

    while ((found = spool_next(s, &l.letter, &l.memory, error)) != 0) {
        if (found < 0) {
            builder_warn(b, "%s; it is left out", error->text);
        } else if (!l.letter.has_fields) {
            empty++;
            dead_letter_forget(l.memory);
        } else if (take(b->model, s, &l, error) != 0) {
            dead_letter_forget(l.memory);
            return -1;
        }
    }
    if (empty > 0)
        builder_warn(b, "%s: %u dead letters hold no payload and are left out",
                     s->path, empty);
    if (s->cut)
        builder_warn(b, "%s: the last record is cut off and is left out",
                     s->path);
    return 0;
}

/* What fails anew is not to go to the file that is read. */
static void lock(struct model *m, const char *path)
{
    struct env *env = env_posix();

    for (uint32_t i = 0; i < m->n_components; i++) {
        struct replayed *r = m->components[i].replayed;

        if (r != NULL) {
            r->lock_handle = env->ops->file_lock(env, path);
            return;
        }
    }
}

int gale_builder_replay(gale_builder *public, const char *path, gale_err *error)
{
    struct builder *b = builder_of(public);
    struct spool spool;
    int result;

    if (model_of(public, error) == NULL ||
        spool_open(&spool, env_posix(), path, error) != 0)
        return -1;
    for (uint32_t i = 0; i < b->model->n_components; i++)
        if (b->model->components[i].is_spout)
            replace(&b->model->components[i]);
    result = take_all(b, &spool, error);
    if (result == 0)
        lock(b->model, path);
    spool_close(&spool);
    return result;
}
