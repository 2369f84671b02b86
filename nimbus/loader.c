/* loader.c - reads what a leader begins with; see loader.h. */
#include "nimbus/loader.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>

struct loader {
    struct loader_options options;
    uint32_t under_way;
    enum zookeeper_result result; /* OK, or the first that is something else */
    bool cancelled;
};

struct reading {
    struct loader *l;
    char path[ZOOKEEPER_PATH_MAX];
};

static struct zookeeper_then then(struct loader *l, const char *parent,
                                  const char *child, zookeeper_fn *fn)
{
    struct reading *r = xcalloc(1, sizeof(*r));

    r->l = l;
    snprintf(r->path, sizeof(r->path), "%s%s%s", parent,
             child != NULL ? "/" : "", child != NULL ? child : "");
    l->under_way++;
    return (struct zookeeper_then){fn, r};
}

/* One has been answered; the last one ends it. */
static void finish(struct loader *l, enum zookeeper_result result)
{
    bool over = --l->under_way == 0;

    if (l->result == ZOOKEEPER_OK && result != ZOOKEEPER_NO_NODE)
        l->result = result;
    if (!over)
        return;
    if (!l->cancelled)
        l->options.done(l->options.arg, l->result);
    free(l);
}

static void child_read(void *arg, const struct zookeeper_answer *answer)
{
    struct reading *r = arg;
    struct loader *l = r->l;

    if (answer->result == ZOOKEEPER_OK && !l->cancelled)
        l->options.each(l->options.arg, r->path, answer);
    free(r);
    finish(l, answer->result);
}

static void children_read(void *arg, const struct zookeeper_answer *answer)
{
    struct reading *r = arg;
    struct loader *l = r->l;

    for (uint32_t i = 0; i < answer->n_children && !l->cancelled; i++) {
        struct zookeeper_then after =
            then(l, r->path, answer->children[i], child_read);

        zookeeper_get(l->options.zookeeper, ((struct reading *)after.arg)->path,
                      NULL, after);
    }
    free(r);
    finish(l, answer->result);
}

struct loader *loader_new(const struct loader_options *options)
{
    struct loader *l = xcalloc(1, sizeof(*l));

    l->options = *options;
    l->under_way = 1; /* this function */
    for (uint32_t i = 0; i < options->n_parents; i++) {
        zookeeper_create(options->zookeeper, options->parents[i], NULL, 0, 0,
                         (struct zookeeper_then){NULL, NULL});
        zookeeper_children(options->zookeeper, options->parents[i], NULL,
                           then(l, options->parents[i], NULL, children_read));
    }
    l->under_way--;
    return l;
}

void loader_cancel(struct loader *l)
{
    if (l != NULL)
        l->cancelled = true;
}
