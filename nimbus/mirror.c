/* mirror.c - the difference of what is and what shall be; see mirror.h. */
#include "nimbus/mirror.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <search.h>
#include <stdlib.h>

struct value {
    bool there;
    void *data;
    size_t size;
};

struct node {
    char *path;
    bool known; /* what it is */
    bool asked; /* what it shall be */
    bool under_way;
    int32_t version;
    struct value is, shall, sent;
    uint64_t change; /* its latest … */
    uint64_t since;  /* … and the first that is not written; 0: none */
    struct node *next, **link; /* among those with such a change */
    uint64_t sent_change;
};

struct mirror {
    void *by_path; /* tsearch() */
    bool complete; /* what was not read is not there */
    uint64_t changes;
    struct node *open; /* with a change that is not written */
    uint32_t n_open;
    struct node **sent; /* in the order of the operations */
    uint32_t n_sent, sent_room;
};

/* -- values ---------------------------------------------------------------- */

static void value_set(struct value *v, const void *data, size_t size)
{
    free(v->data);
    *v = (struct value){.there = data != NULL, .size = size};
    if (data != NULL)
        v->data = memcpy(xmalloc(size), data, size);
}

static void value_move(struct value *to, struct value *from)
{
    free(to->data);
    *to = *from;
    *from = (struct value){false, NULL, 0};
}

static bool value_equal(const struct value *a, const void *data, size_t size)
{
    if (!a->there || data == NULL)
        return a->there == (data != NULL);
    return a->size == size && memcmp(a->data, data, size) == 0;
}

static bool differs(const struct node *n)
{
    return n->known && n->asked &&
           !value_equal(&n->is, n->shall.there ? n->shall.data : NULL,
                        n->shall.size);
}

static void open_change(struct mirror *m, struct node *n)
{
    if (n->since != 0)
        return;
    n->since = n->change;
    n->next = m->open;
    n->link = &m->open;
    if (n->next != NULL)
        n->next->link = &n->next;
    m->open = n;
    m->n_open++;
}

static void close_change(struct mirror *m, struct node *n)
{
    if (n->since == 0)
        return;
    n->since = 0;
    *n->link = n->next;
    if (n->next != NULL)
        n->next->link = n->link;
    m->n_open--;
}

/* Nobody waits for it any longer, if it is as it shall be. */
static void settle(struct mirror *m, struct node *n)
{
    if (n->known && !n->under_way && !differs(n))
        close_change(m, n);
}

/* -- nodes ----------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct node *)a)->path,
                  ((const struct node *)b)->path);
}

static struct node *find(const struct mirror *m, const char *path)
{
    struct node key = {.path = (char *)(uintptr_t)path};
    struct node **found = tfind(&key, &m->by_path, by_path);

    return found == NULL ? NULL : *found;
}

static struct node *find_or_add(struct mirror *m, const char *path)
{
    struct node *n = find(m, path);

    if (n != NULL)
        return n;
    n = xcalloc(1, sizeof(*n));
    n->path = xstrdup(path);
    n->known = m->complete;
    n->version = -1;
    memory_check(tsearch(n, &m->by_path, by_path), 1, sizeof(*n));
    return n;
}

static void node_free(void *node)
{
    struct node *n = node;

    free(n->path);
    free(n->is.data);
    free(n->shall.data);
    free(n->sent.data);
    free(n);
}

/* Nothing is there, and nothing shall be. */
static void forget(struct mirror *m, struct node *n)
{
    close_change(m, n);
    tdelete(n, &m->by_path, by_path);
    node_free(n);
}

struct mirror *mirror_new(void)
{
    return xcalloc(1, sizeof(struct mirror));
}

void mirror_free(struct mirror *m)
{
    if (m == NULL)
        return;
    tdestroy(m->by_path, node_free);
    free(m->sent);
    free(m);
}

/* -- what is, what shall be ------------------------------------------------ */

static void is_now(struct mirror *m, struct node *n, int32_t version)
{
    n->known = true;
    n->version = version;
    if (!n->asked)
        value_set(&n->shall, n->is.there ? n->is.data : NULL, n->is.size);
    settle(m, n);
}

void mirror_read(struct mirror *m, const char *path, const void *data,
                 size_t size, int32_t version)
{
    struct node *n = find_or_add(m, path);

    check(!n->under_way);
    value_set(&n->is, data != NULL ? data : "", size);
    is_now(m, n, version);
}

void mirror_absent(struct mirror *m, const char *path)
{
    struct node *n = find_or_add(m, path);

    check(!n->under_way);
    value_set(&n->is, NULL, 0);
    is_now(m, n, -1);
    if (!n->shall.there)
        forget(m, n);
}

void mirror_complete(struct mirror *m)
{
    m->complete = true;
}

bool mirror_want(struct mirror *m, const char *path, const void *data,
                 size_t size)
{
    struct node *n = find_or_add(m, path);

    if ((n->asked || n->known) && value_equal(&n->shall, data, size)) {
        n->asked = true;
        return false;
    }
    n->asked = true;
    value_set(&n->shall, data, size);
    n->change = ++m->changes;
    open_change(m, n);
    settle(m, n);
    return true;
}

const void *mirror_wanted(const struct mirror *m, const char *path,
                          size_t *size)
{
    const struct node *n = find(m, path);

    if (n == NULL || !n->shall.there)
        return NULL;
    *size = n->shall.size;
    return n->shall.data;
}

bool mirror_settled(const struct mirror *m, const char *path, int32_t *version)
{
    const struct node *n = find(m, path);

    if (n == NULL || !n->known || n->under_way || !n->is.there || differs(n))
        return false;
    *version = n->version;
    return true;
}

/* -- what is to be written ------------------------------------------------- */

static uint32_t depth(const char *path)
{
    uint32_t n = 0;

    for (; *path != '\0'; path++)
        n += *path == '/';
    return n;
}

static int by_change(const void *a, const void *b)
{
    const struct node *x = *(struct node *const *)a;
    const struct node *y = *(struct node *const *)b;

    return x->change < y->change ? -1 : x->change > y->change;
}

/* Made from the top, removed from the bottom; otherwise in their order. */
static int32_t rank(const struct node *n)
{
    if (!n->shall.there)
        return 1000 - (int32_t)depth(n->path);
    return n->is.there ? 2000 : (int32_t)depth(n->path);
}

static int by_rank(const void *a, const void *b)
{
    const struct node *x = *(struct node *const *)a;
    const struct node *y = *(struct node *const *)b;
    int32_t difference = rank(x) - rank(y);

    return difference != 0 ? difference : by_change(a, b);
}

static struct mirror_op op_of(struct node *n)
{
    if (!n->shall.there)
        return (struct mirror_op){
            .kind = MIRROR_DELETE, .path = n->path, .version = n->version};
    return (struct mirror_op){
        .kind = n->is.there ? MIRROR_SET : MIRROR_CREATE,
        .path = n->path,
        .data = n->sent.data,
        .size = n->sent.size,
        .version = n->version,
    };
}

/* Before the first change there is no array, and qsort() needs one. */
static void sort_sent(struct mirror *m,
                      int (*compare)(const void *a, const void *b))
{
    if (m->n_sent > 1)
        qsort(m->sent, m->n_sent, sizeof(*m->sent), compare);
}

static void collect(struct mirror *m)
{
    if (m->sent_room < m->n_open) {
        m->sent_room = m->n_open;
        m->sent = xreallocarray(m->sent, m->sent_room, sizeof(*m->sent));
    }
    for (struct node *n = m->open; n != NULL; n = n->next)
        if (differs(n))
            m->sent[m->n_sent++] = n;
    sort_sent(m, by_change);
}

static void keep_what_fits(struct mirror *m, uint32_t max_ops, size_t max_bytes)
{
    size_t bytes = 0;
    uint32_t n = 0;

    for (; n < m->n_sent && n < max_ops; n++) {
        bytes += m->sent[n]->shall.size;
        if (n > 0 && bytes > max_bytes)
            break;
    }
    m->n_sent = n;
}

uint32_t mirror_next(struct mirror *m, struct mirror_op *ops, uint32_t max_ops,
                     size_t max_bytes)
{
    if (m->n_sent > 0)
        return 0;
    collect(m);
    keep_what_fits(m, max_ops, max_bytes);
    sort_sent(m, by_rank);
    for (uint32_t i = 0; i < m->n_sent; i++) {
        struct node *n = m->sent[i];

        n->under_way = true;
        n->sent_change = n->change;
        value_set(&n->sent, n->shall.there ? n->shall.data : NULL,
                  n->shall.size);
        ops[i] = op_of(n);
    }
    return m->n_sent;
}

void mirror_written(struct mirror *m, const int32_t *versions)
{
    for (uint32_t i = 0; i < m->n_sent; i++) {
        struct node *n = m->sent[i];

        n->under_way = false;
        value_move(&n->is, &n->sent);
        n->version = versions[i];
        n->since = n->sent_change + 1;
        settle(m, n);
        if (!n->is.there && !n->shall.there)
            forget(m, n);
    }
    m->n_sent = 0;
}

uint32_t mirror_unknown(struct mirror *m, const char **paths, uint32_t max)
{
    uint32_t n = m->n_sent;

    check(n <= max);
    for (uint32_t i = 0; i < n; i++) {
        m->sent[i]->under_way = false;
        m->sent[i]->known = false;
        paths[i] = m->sent[i]->path;
    }
    m->n_sent = 0;
    return n;
}

uint64_t mirror_changes(const struct mirror *m)
{
    return m->changes;
}

uint64_t mirror_durable(const struct mirror *m)
{
    uint64_t durable = m->changes;

    for (const struct node *n = m->open; n != NULL; n = n->next)
        if (n->since <= durable)
            durable = n->since - 1;
    return durable;
}
