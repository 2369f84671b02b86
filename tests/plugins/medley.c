/*
 * medley.c - bolts and topology: much of what the engine can do, in one, for
 * runs from a seed.
 *
 *     lines --shuffle--> split --shuffle--> fail_some --fields--> window
 *     numbers --fields--> window --direct--> last --global--> sink
 *
 * `window` holds what comes from both sides, and a copy of it, until it has
 * MOST of them or a tick comes. A pane is then worked at on the thread pool,
 * and what it is worth goes, anchored to all that is in it, to the task of
 * `last` that it names; one in twenty fails as a whole.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>

enum { MOST = 7, TICK_MS = 20, LAST_MAX = 8 };

struct pane {
    gale_handle handles[MOST];
    const gale_tuple *tuples[MOST]; /* retained */
    uint32_t n;
};

struct window {
    struct pane *filling; /* NULL: none is */
    int32_t last[LAST_MAX];
    uint32_t n_last;
};

static gale_result prepare(gale_task *task)
{
    struct window *w = gale_instance(task);

    w->n_last = gale_tasks_of(task, gale_target(task, 0, 0), w->last, LAST_MAX);
    gale_tick_every(task, TICK_MS);
    return GALE_OK;
}

static void settle(gale_task *task, struct pane *p, bool acked)
{
    for (uint32_t i = 0; i < p->n; i++) {
        (acked ? gale_ack : gale_fail)(task, p->handles[i]);
        gale_release(task, p->tuples[i]);
    }
    free(p);
}

static int64_t worth(const struct pane *p)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < p->n; i++)
        sum += gale_get(p->tuples[i], 0).kind == GALE_INT
                   ? gale_get_int(p->tuples[i], 0)
                   : (int64_t)gale_get_str(p->tuples[i], 0).size;
    return sum;
}

static gale_result work(void *pane)
{
    return ((const struct pane *)pane)->n > 0 ? GALE_OK : GALE_RETRY;
}

static void done(gale_task *task, gale_result result, void *arg)
{
    const struct window *w = gale_instance(task);
    struct pane *p = arg;
    gale_emit_opts opts = {.size = sizeof(opts),
                           .direct_task =
                               w->last[gale_random(task) % w->n_last],
                           .anchors = p->handles,
                           .n_anchors = p->n};

    if (result == GALE_OK && gale_random(task) % 20 == 0)
        result = GALE_RETRY;
    if (result == GALE_OK)
        result = gale_emit_with(task, &opts, gale_int(worth(p)));
    settle(task, p, result == GALE_OK);
}

static gale_result tick(gale_task *task)
{
    struct window *w = gale_instance(task);
    struct pane *p = w->filling;

    w->filling = NULL;
    if (p != NULL && gale_async(task, work, done, p) != GALE_OK)
        settle(task, p, false); /* too many are under way */
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct window *w = gale_instance(task);
    const gale_tuple *copy = gale_retain(task, in);

    if (w->filling == NULL)
        w->filling = calloc(1, sizeof(*w->filling));
    if (w->filling == NULL || copy == NULL)
        return gale_error(task, GALE_RETRY, "no memory for a pane");
    w->filling->handles[w->filling->n] = gale_hold(task, in);
    w->filling->tuples[w->filling->n++] = copy;
    return w->filling->n == MOST ? tick(task) : GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct window *w = gale_instance(task);

    if (w->filling != NULL)
        settle(task, w->filling, false);
}

GALE_BOLT(window, .summary = "what some tuples are worth together",
          .flags = GALE_BOLT_MANUAL_ACK, .prepare = prepare, .execute = execute,
          .tick = tick, .cleanup = cleanup,
          .instance_size = sizeof(struct window),
          .streams = GALE_STREAMS(GALE_DIRECT_STREAM("default", "worth")));

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *bolt;

    if (argc != 2)
        return gale_usage(b, "medley NUMBERS FILE");
    gale_set(gale_add_spout(b, "lines", "lines", 1), "files",
             gale_cstr(argv[1]));
    gale_set(gale_add_spout(b, "numbers", "sequence", 2), "to",
             gale_int(strtoll(argv[0], NULL, 10)));
    gale_shuffle(gale_add_bolt(b, "split", "split", 2), "lines");
    gale_shuffle(gale_add_bolt(b, "fail_some", "fail_some", 1), "split");
    bolt = gale_add_bolt(b, "window", "window", 3);
    gale_by_fields(bolt, "fail_some", "word");
    gale_by_fields(bolt, "numbers", "n");
    bolt = gale_add_bolt(b, "last", "identity", 2);
    gale_direct(gale_set(bolt, "fields", gale_cstr("worth")), "window");
    gale_global(gale_add_bolt(b, "sink", "null", 1), "last");
    return GALE_OK;
}

GALE_TOPOLOGY(medley, .summary = "much of what there is, in one",
              .usage = "NUMBERS FILE", .build = build);
