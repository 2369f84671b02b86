/* position_save.c - positions are written, none over a newer one; see
 * position_save.h. */
#include "common/position_save.h"
#include "common/check.h"
#include "common/topology_id.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 300u
#define MANY 256u    /* positions */
#define TRIES_MAX 8u /* that others were in the way */
#define FOLDER_SIZE (sizeof("/positions/") + TOPOLOGY_ID_SIZE)
#define CHECK_PATH_SIZE (TOPOLOGY_ID_SIZE + 20)

struct entry {
    struct position_save *save;
    char *path;
    const char *name; /* its end */
    char *data;
    size_t size;
    struct position_order order;
    struct position_node node;
};

struct position_save {
    struct position_save_options options;
    char check_paths[POSITION_SAVE_CHECKS][CHECK_PATH_SIZE];
    char folder[FOLDER_SIZE]; /* "/positions/ID" */
    uint32_t n;
    struct entry *entries;
    uint32_t under_way;            /* requests */
    enum zookeeper_result trouble; /* of what was read */
    uint32_t tries;
    uint32_t written[MANY]; /* entries of the transaction under way, … */
    uint32_t n_written;     /* … so many */
    bool over;
};

bool position_save_is_name(const char *name)
{
    return name != NULL && *name != '\0' && *name != '.' &&
           strchr(name, '/') == NULL;
}

/* -- from a list ----------------------------------------------------------- */

static bool take(struct position_save *s, struct entry *e,
                 const msgpack_object *o)
{
    char *name = unpack_text(unpack_key(o, "name"), NAME_MAX_BYTES);
    gale_str data = unpack_str(unpack_key(o, "data"));
    bool ok = position_save_is_name(name) && data.data != NULL;
    size_t size = FOLDER_SIZE + 1 + NAME_MAX_BYTES;

    if (ok) {
        e->save = s;
        e->path = xmalloc(size);
        snprintf(e->path, size, "%s/%s", s->folder, name);
        e->name = strrchr(e->path, '/') + 1;
        e->data = xstrndup(data.data, data.size);
        e->size = data.size;
        e->order = position_order_of(data.data, data.size);
    }
    free(name);
    return ok;
}

struct position_save *position_save_new(const char *topology,
                                        const msgpack_object *list,
                                        uint32_t max)
{
    struct position_save *s = xcalloc(1, sizeof(*s));
    uint32_t n = unpack_n(list);
    bool ok = n > 0 && n <= max && n <= MANY;

    snprintf(s->folder, sizeof(s->folder), "/positions/%s", topology);
    s->entries = xcalloc(ok ? n : 1, sizeof(*s->entries));
    for (uint32_t i = 0; i < n && ok; i++)
        ok = take(s, &s->entries[s->n++], unpack_at(list, i));
    if (ok)
        return s;
    position_save_free(s);
    return NULL;
}

static void free_it(struct position_save *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        free(s->entries[i].path);
        free(s->entries[i].data);
    }
    free(s->entries);
    free(s);
}

void position_save_free(struct position_save *s)
{
    if (s == NULL)
        return;
    s->over = true;
    if (s->under_way == 0)
        free_it(s);
}

uint32_t position_save_n(const struct position_save *s)
{
    return s->n;
}

const char *position_save_get(const struct position_save *s, uint32_t i,
                              gale_str *data)
{
    check(i < s->n);
    *data = gale_str_make(s->entries[i].data, s->entries[i].size);
    return s->entries[i].name;
}

void position_save_know(struct position_save *s,
                        const struct position_nodes *nodes)
{
    for (uint32_t i = 0; i < s->n; i++)
        s->entries[i].node = position_nodes_find(nodes, s->entries[i].name);
}

void position_save_learn(const struct position_save *s,
                         struct position_nodes *nodes)
{
    for (uint32_t i = 0; i < s->n; i++)
        position_nodes_put(nodes, s->entries[i].name, &s->entries[i].node);
}

/* -- answers --------------------------------------------------------------- */

static void go(struct position_save *s);

/* False: nobody waits for it any more, and it may be gone. */
static bool answered(struct position_save *s)
{
    s->under_way--;
    if (!s->over)
        return true;
    if (s->under_way == 0)
        free_it(s);
    return false;
}

static void done(struct position_save *s, enum zookeeper_result result,
                 uint32_t failed)
{
    s->options.done(s->options.arg, result, failed);
}

static void end(struct position_save *s, enum zookeeper_result result)
{
    done(s, result, s->options.n_checks);
}

static struct position_order order_of(const struct position_save *s,
                                      const struct zookeeper_answer *answer)
{
    struct position_order order = position_order_of(answer->data, answer->size);

    if (order.birth > s->options.version)
        return (struct position_order){0, 0};
    return order;
}

static void node_read(void *arg, const struct zookeeper_answer *answer)
{
    struct entry *e = arg;
    struct position_save *s = e->save;

    if (!answered(s))
        return;
    if (answer->result == ZOOKEEPER_OK)
        e->node = (struct position_node){true, answer->stat.version,
                                         order_of(s, answer)};
    else if (answer->result == ZOOKEEPER_NO_NODE)
        e->node = (struct position_node){.known = true, .version = -1};
    else
        s->trouble = answer->result;
    if (s->under_way > 0)
        return;
    if (s->trouble != ZOOKEEPER_OK)
        end(s, s->trouble);
    else
        go(s);
}

/* How nodes are now must be read again. */
static void forget_written(struct position_save *s)
{
    for (uint32_t i = 0; i < s->n_written; i++)
        s->entries[s->written[i]].node.known = false;
}

static void folder_made(void *arg, const struct zookeeper_answer *answer)
{
    struct position_save *s = arg;

    if (!answered(s))
        return;
    if (answer->result == ZOOKEEPER_OK ||
        answer->result == ZOOKEEPER_NODE_EXISTS)
        go(s);
    else
        end(s, answer->result);
}

/* The first ones of a topology. */
static void make_folder(struct position_save *s)
{
    s->under_way++;
    zookeeper_create(s->options.zookeeper, s->folder, NULL, 0, 0,
                     (struct zookeeper_then){folder_made, s});
}

/* Somebody else has written, or there is no folder. */
static void go_other_way(struct position_save *s,
                         const struct zookeeper_answer *answer)
{
    const struct entry *e =
        &s->entries[s->written[answer->failed - s->options.n_checks]];
    bool lacks_folder =
        e->node.version < 0 && answer->result == ZOOKEEPER_NO_NODE;

    forget_written(s);
    if (++s->tries > TRIES_MAX)
        end(s, answer->result);
    else if (lacks_folder)
        make_folder(s);
    else
        go(s);
}

static void multi_answered(void *arg, const struct zookeeper_answer *answer)
{
    struct position_save *s = arg;

    if (!answered(s))
        return;
    switch (answer->result) {
    case ZOOKEEPER_OK:
        for (uint32_t i = 0; i < s->n_written; i++)
            position_node_written(&s->entries[s->written[i]].node,
                                  s->entries[s->written[i]].order);
        end(s, ZOOKEEPER_OK);
        break;
    case ZOOKEEPER_NO_NODE:
    case ZOOKEEPER_BAD_VERSION:
    case ZOOKEEPER_NODE_EXISTS:
        if (answer->failed < s->options.n_checks)
            done(s, answer->result, answer->failed);
        else
            go_other_way(s, answer);
        break;
    default:
        forget_written(s);
        end(s, answer->result);
    }
}

/* -- requests -------------------------------------------------------------- */

static void read_unknown(struct position_save *s)
{
    s->trouble = ZOOKEEPER_OK;
    for (uint32_t i = 0; i < s->n; i++) {
        struct entry *e = &s->entries[i];

        if (position_node_step(&e->node, e->order) != POSITION_READ)
            continue;
        s->under_way++;
        zookeeper_get(s->options.zookeeper, e->path, NULL,
                      (struct zookeeper_then){node_read, e});
    }
}

static struct zookeeper_write write_of(const struct entry *e,
                                       enum position_step step)
{
    return (struct zookeeper_write){
        .kind = step == POSITION_CREATE ? ZOOKEEPER_CREATE : ZOOKEEPER_SET,
        .path = e->path,
        .data = e->data,
        .size = e->size,
        .version = e->node.version,
    };
}

/* With nothing but checks, if all is kept already. */
static void write_all(struct position_save *s)
{
    struct zookeeper_write writes[POSITION_SAVE_CHECKS + MANY];
    uint32_t n = s->options.n_checks;

    for (uint32_t i = 0; i < n; i++)
        writes[i] =
            (struct zookeeper_write){.kind = ZOOKEEPER_CHECK,
                                     .path = s->options.checks[i].path,
                                     .version = s->options.checks[i].version};
    s->n_written = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const struct entry *e = &s->entries[i];
        enum position_step step = position_node_step(&e->node, e->order);

        if (step == POSITION_SUPERSEDED)
            continue;
        s->written[s->n_written++] = i;
        writes[n++] = write_of(e, step);
    }
    s->under_way++;
    zookeeper_multi(s->options.zookeeper, writes, n,
                    (struct zookeeper_then){multi_answered, s});
}

static void go(struct position_save *s)
{
    read_unknown(s);
    if (s->under_way == 0)
        write_all(s);
}

void position_save_begin(struct position_save *s,
                         const struct position_save_options *options)
{
    check(options->n_checks > 0 && options->n_checks <= POSITION_SAVE_CHECKS);
    s->options = *options;
    for (uint32_t i = 0; i < options->n_checks; i++) {
        snprintf(s->check_paths[i], CHECK_PATH_SIZE, "%s",
                 options->checks[i].path);
        s->options.checks[i].path = s->check_paths[i];
    }
    go(s);
}
