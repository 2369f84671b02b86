/* zookeeper_traffic.c - what is said to an ensemble, in numbers; see
 * zookeeper_traffic.h. */
#include "common/zookeeper_traffic.h"
#include "common/zookeeper_letter.h"
#include <string.h>

/* Of ZooKeeper's encoding, in bytes. */
enum {
    LENGTH = 4,         /* before a message, a text, a list, a value */
    NUMBER = 4,         /* version, flags */
    ASKS = LENGTH + 8,  /* the number of a request, and which it is */
    SAYS = LENGTH + 16, /* the same of an answer, with its place in time */
    PART = 9,           /* before each of a multi's, and behind the last */
    RIGHTS = 31,        /* who may do what with a new node */
    STAT = 68,          /* what is known of a node */
    WATCH = 1,          /* whether one is set */
    EVENT = SAYS + 8,   /* without its path */
};

static size_t text_size(const char *text)
{
    return LENGTH + (text != NULL ? strlen(text) : 0);
}

static void at_least(size_t *max, size_t size)
{
    if (size > *max)
        *max = size;
}

/* -- requests -------------------------------------------------------------- */

static size_t write_size(const struct zookeeper_write *w)
{
    size_t size = text_size(w->path) + NUMBER;

    if (w->kind == ZOOKEEPER_CREATE)
        size += RIGHTS;
    if (w->kind == ZOOKEEPER_CREATE || w->kind == ZOOKEEPER_SET)
        size += LENGTH + w->size;
    return size;
}

static size_t writes_size(const struct zookeeper_request *r)
{
    size_t size = r->kind == ZOOKEEPER_MULTI ? PART : 0;

    for (uint32_t i = 0; i < r->n; i++) {
        size += write_size(&r->writes[i]);
        if (r->kind == ZOOKEEPER_MULTI)
            size += PART;
    }
    return size;
}

void zookeeper_traffic_request(struct zookeeper_traffic *t,
                               const struct zookeeper_request *r)
{
    bool writes = zookeeper_kind_writes(r->kind);
    size_t size = ASKS + (writes ? writes_size(r) : text_size(r->path) + WATCH);

    t->reads += !writes;
    t->writes += writes;
    t->operations += writes ? r->n : 0;
    t->watches += r->watch != NULL;
    t->bytes_up += size;
    at_least(&t->request_max, size);
    for (uint32_t i = 0; writes && i < r->n; i++)
        at_least(&t->value_max, r->writes[i].size);
}

/* -- answers --------------------------------------------------------------- */

static size_t parts_size(const struct zookeeper_letter *letter)
{
    size_t size = PART;

    for (uint32_t i = 0; i < letter->n_writes; i++) {
        const struct zookeeper_write *w = &letter->writes[i];

        size += PART;
        if (w->kind == ZOOKEEPER_CREATE)
            size += text_size(w->path);
        if (w->kind == ZOOKEEPER_SET)
            size += STAT;
    }
    return size;
}

static size_t children_size(const struct zookeeper_answer *answer)
{
    size_t size = LENGTH;

    for (uint32_t i = 0; i < answer->n_children; i++)
        size += text_size(answer->children[i]);
    return size;
}

static size_t answer_size(const struct zookeeper_letter *letter)
{
    const struct zookeeper_answer *answer = &letter->answer;

    if (answer->result != ZOOKEEPER_OK)
        return SAYS;
    switch (letter->kind) {
    case ZOOKEEPER_GET:
        return SAYS + LENGTH + answer->size + STAT;
    case ZOOKEEPER_CHILDREN:
        return SAYS + children_size(answer) + STAT;
    case ZOOKEEPER_CREATE:
        return SAYS + text_size(answer->path);
    case ZOOKEEPER_MULTI:
        return SAYS + parts_size(letter);
    case ZOOKEEPER_SET:
    case ZOOKEEPER_EXISTS:
        return SAYS + STAT;
    default:
        return SAYS;
    }
}

void zookeeper_traffic_answer(struct zookeeper_traffic *t,
                              const struct zookeeper_letter *letter)
{
    size_t size = answer_size(letter);

    t->bytes_down += size;
    at_least(&t->answer_max, size);
}

void zookeeper_traffic_event(struct zookeeper_traffic *t, const char *path)
{
    t->events++;
    t->bytes_down += EVENT + text_size(path);
}
