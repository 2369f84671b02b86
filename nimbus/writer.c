/* writer.c - transactions of a leader; see writer.h. */
#include "nimbus/writer.h"
#include "common/check.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define OPS_MAX 256u
#define BYTES_MAX (ZOOKEEPER_SIZE_MAX - (64u << 10)) /* paths take some, too */
#define AGAIN_NS (200 * INT64_C(1000000))

/* Answers come after writer_free(), too: who waits for one keeps this. */
struct writer {
    struct writer_options options;
    struct mirror *mirror;
    struct loop_timer timer;
    bool over;
    uint32_t under_way;   /* requests */
    char *paths[OPS_MAX]; /* to be read again … */
    uint32_t n_paths;
    struct mirror_op ops[OPS_MAX]; /* … or under way */
    uint32_t n_ops;
};

/* A node that is read again, or to be rid of what is below it. */
struct reading {
    struct writer *w;
    char *path;
};

static void go(void *arg);

static void free_it(struct writer *w)
{
    mirror_free(w->mirror);
    for (uint32_t i = 0; i < w->n_paths; i++)
        free(w->paths[i]);
    free(w);
}

static void go_in(struct writer *w, int64_t ns)
{
    struct loop *loop = w->options.loop;

    loop_timer_set(loop, &w->timer, loop_now(loop) + ns, go, w);
}

/* False: it is over, and perhaps gone. */
static bool answered(struct writer *w)
{
    w->under_way--;
    if (!w->over)
        return true;
    if (w->under_way == 0)
        free_it(w);
    return false;
}

/* -- reading again --------------------------------------------------------- */

static struct reading *reading_new(struct writer *w, const char *path)
{
    struct reading *r = xcalloc(1, sizeof(*r));

    *r = (struct reading){w, xstrdup(path)};
    w->under_way++;
    return r;
}

static void keep_path(struct writer *w, char *path)
{
    check(w->n_paths < OPS_MAX);
    w->paths[w->n_paths++] = path;
}

static void was_read(void *arg, const struct zookeeper_answer *answer)
{
    struct reading *r = arg;
    struct writer *w = r->w;
    char *path = r->path;

    free(r);
    if (!answered(w)) {
        free(path);
        return;
    }
    if (answer->result == ZOOKEEPER_OK)
        mirror_read(w->mirror, path, answer->data, answer->size,
                    answer->stat.version);
    else if (answer->result == ZOOKEEPER_NO_NODE)
        mirror_absent(w->mirror, path);
    else {
        keep_path(w, path);
        go_in(w, AGAIN_NS);
        return;
    }
    free(path);
    if (w->under_way > 0)
        return;
    go_in(w, w->n_paths > 0 ? AGAIN_NS : 0);
    if (w->n_paths > 0)
        return;
    w->options.written(w->options.arg); /* perhaps it was */
}

static void read_all(struct writer *w)
{
    uint32_t n = w->n_paths;

    w->n_paths = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct reading *r = reading_new(w, w->paths[i]);

        free(w->paths[i]);
        zookeeper_get(w->options.zookeeper, r->path, NULL,
                      (struct zookeeper_then){was_read, r});
    }
}

static struct zookeeper_write check_of_epoch(const struct writer *w)
{
    return (struct zookeeper_write){.kind = ZOOKEEPER_CHECK,
                                    .path = "/epoch",
                                    .version = w->options.epoch_version};
}

/* What was sent before has happened, or never will. */
static void all_is_over(void *arg, const struct zookeeper_answer *answer)
{
    struct writer *w = arg;

    if (!answered(w))
        return;
    if (answer->result == ZOOKEEPER_OK)
        read_all(w);
    else if (answer->result == ZOOKEEPER_NO_NODE ||
             answer->result == ZOOKEEPER_BAD_VERSION)
        w->options.fenced(w->options.arg);
    else
        go_in(w, AGAIN_NS);
}

/* What was sent by a connection that is lost may be under way yet between
 * servers. One that takes the place of it answers reads with what it has, and
 * a write when it has all that was before it: so that comes first. */
static void read_again(struct writer *w)
{
    const struct zookeeper_write epoch = check_of_epoch(w);

    w->under_way++;
    zookeeper_multi(w->options.zookeeper, &epoch, 1,
                    (struct zookeeper_then){all_is_over, w});
}

/* -- what is in the way ---------------------------------------------------- */

static void clear(struct writer *w, const char *path);

/* NULL: it is over. */
static struct writer *reading_end(struct reading *r)
{
    struct writer *w = answered(r->w) ? r->w : NULL;

    free(r->path);
    free(r);
    return w;
}

/* What it has itself goes first; it goes the next time. */
static void child_removed(void *arg, const struct zookeeper_answer *answer)
{
    struct reading *r = arg;
    struct writer *w;

    if (answer->result == ZOOKEEPER_NOT_EMPTY && !r->w->over)
        clear(r->w, r->path);
    w = reading_end(r);
    if (w != NULL && w->under_way == 0)
        go_in(w, AGAIN_NS);
}

static void remove_child(struct writer *w, const char *parent, const char *name)
{
    char path[ZOOKEEPER_PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%s", parent, name);
    struct reading *r;

    if (n < 0 || (size_t)n >= sizeof(path))
        return;
    r = reading_new(w, path);
    zookeeper_delete(w->options.zookeeper, path, ZOOKEEPER_ANY,
                     (struct zookeeper_then){child_removed, r});
}

static void listed(void *arg, const struct zookeeper_answer *answer)
{
    struct reading *r = arg;
    struct writer *w = r->w;

    for (uint32_t i = 0; i < answer->n_children && !w->over; i++)
        remove_child(w, r->path, answer->children[i]);
    w = reading_end(r);
    if (w != NULL && w->under_way == 0)
        go_in(w, AGAIN_NS);
}

/* Below what shall not be there, nothing shall be; whoever has made it. That
 * this leadership was over would have been said before. */
static void clear(struct writer *w, const char *path)
{
    zookeeper_children(w->options.zookeeper, path, NULL,
                       (struct zookeeper_then){listed, reading_new(w, path)});
}

/* -- writing --------------------------------------------------------------- */

static void all_written(struct writer *w)
{
    int32_t versions[OPS_MAX];

    FAULT_POINT("nimbus_written");
    for (uint32_t i = 0; i < w->n_ops; i++)
        versions[i] = w->ops[i].kind == MIRROR_SET ? w->ops[i].version + 1 : 0;
    w->n_ops = 0;
    mirror_written(w->mirror, versions);
    go_in(w, 0);
    w->options.written(w->options.arg);
}

static void not_written(struct writer *w, enum zookeeper_result result)
{
    const char *paths[OPS_MAX];
    uint32_t n = mirror_unknown(w->mirror, paths, OPS_MAX);
    char text[200];

    for (uint32_t i = 0; i < n; i++)
        keep_path(w, xstrdup(paths[i]));
    w->n_ops = 0;
    go_in(w, AGAIN_NS);
    snprintf(text, sizeof(text), "%s: %s", paths[0], zookeeper_says(result));
    w->options.trouble(w->options.arg, text);
}

static void multi_answered(void *arg, const struct zookeeper_answer *answer)
{
    struct writer *w = arg;

    if (!answered(w))
        return;
    switch (answer->result) {
    case ZOOKEEPER_OK:
        all_written(w);
        break;
    case ZOOKEEPER_NO_NODE:
    case ZOOKEEPER_BAD_VERSION:
        if (answer->failed == 0) {
            w->options.fenced(w->options.arg);
            break;
        }
        not_written(w, answer->result);
        break;
    case ZOOKEEPER_NOT_EMPTY: /* one that is to be removed */
        clear(w, w->ops[answer->failed - 1].path);
        /* fall through */
    default:
        not_written(w, answer->result);
    }
}

static struct zookeeper_write write_of(const struct mirror_op *op)
{
    static const enum zookeeper_kind kinds[] = {
        [MIRROR_CREATE] = ZOOKEEPER_CREATE,
        [MIRROR_SET] = ZOOKEEPER_SET,
        [MIRROR_DELETE] = ZOOKEEPER_DELETE,
    };

    return (struct zookeeper_write){.kind = kinds[op->kind],
                                    .path = op->path,
                                    .data = op->data,
                                    .size = op->size,
                                    .version = op->version};
}

static void write_next(struct writer *w)
{
    struct zookeeper_write writes[OPS_MAX + 1];

    w->n_ops = mirror_next(w->mirror, w->ops, OPS_MAX, BYTES_MAX);
    if (w->n_ops == 0)
        return;
    FAULT_POINT("nimbus_writes");
    writes[0] = check_of_epoch(w);
    for (uint32_t i = 0; i < w->n_ops; i++)
        writes[i + 1] = write_of(&w->ops[i]);
    w->under_way++;
    zookeeper_multi(w->options.zookeeper, writes, w->n_ops + 1,
                    (struct zookeeper_then){multi_answered, w});
}

static void go(void *arg)
{
    struct writer *w = arg;

    if (w->under_way > 0)
        return; /* its answer goes on */
    if (w->n_paths > 0)
        read_again(w);
    else
        write_next(w);
}

/* -- the writer ------------------------------------------------------------ */

struct writer *writer_new(const struct writer_options *options)
{
    struct writer *w = xcalloc(1, sizeof(*w));

    w->options = *options;
    w->mirror = mirror_new();
    return w;
}

void writer_free(struct writer *w)
{
    if (w == NULL)
        return;
    loop_timer_clear(&w->timer);
    w->over = true;
    if (w->under_way == 0)
        free_it(w);
}

struct mirror *writer_mirror(struct writer *w)
{
    return w->mirror;
}

void writer_go(struct writer *w)
{
    if (w->timer.at == 0)
        go_in(w, 0);
}
