/* kept_positions.c - positions on their way; see kept_positions.h. */
#include "worker/kept_positions.h"
#include "common/check.h"
#include "common/position_record.h"
#include "topology-api/memory.h"
#include <stdlib.h>

enum queue {
    CHANGED, /* since it was taken */
    TAKEN,   /* on its way */
    NEWS,    /* changed since it was told */
    QUEUES
};

/* The position of one split of one task. */
struct entry {
    char *component;
    uint32_t index; /* of the task, within the component */
    char *split;
    size_t split_size;
    char *bytes;
    size_t size;
    uint64_t at;        /* when it was saved: later than any before */
    bool waits[QUEUES]; /* in which of them it is */
    struct entry *next[QUEUES];
};

struct kept_positions {
    struct env *env;
    uint64_t birth;
    struct env_monitor *monitor; /* of all below */
    struct position_keeper keeper;
    void (*soon)(void *arg);
    void *arg;
    uint32_t n, room;
    struct entry **entries; /* by component, index and split */
    struct entry *first[QUEUES], **end[QUEUES];
};

/* -- the entries ----------------------------------------------------------- */

static int compare_tasks(const struct entry *e, const char *component,
                         uint32_t index)
{
    int order = strcmp(e->component, component);

    if (order == 0 && e->index != index)
        order = e->index < index ? -1 : 1;
    return order;
}

static int compare(const struct entry *e, const char *component, uint32_t index,
                   gale_str split)
{
    size_t common = e->split_size < split.size ? e->split_size : split.size;
    int order = compare_tasks(e, component, index);

    if (order == 0 && common > 0)
        order = memcmp(e->split, split.data, common);
    if (order == 0 && e->split_size != split.size)
        order = e->split_size < split.size ? -1 : 1;
    return order;
}

/* Where it is, or where it would be. */
static uint32_t place_of(const struct kept_positions *k, const char *component,
                         uint32_t index, gale_str split)
{
    uint32_t low = 0, high = k->n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (compare(k->entries[middle], component, index, split) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct entry *entry_new(const char *component, uint32_t index,
                               gale_str split)
{
    struct entry *e = xcalloc(1, sizeof(*e));

    e->component = xstrdup(component);
    e->index = index;
    e->split = xstrndup(split.data, split.size);
    e->split_size = split.size;
    return e;
}

static struct entry *find_or_add(struct kept_positions *k,
                                 const char *component, uint32_t index,
                                 gale_str split)
{
    uint32_t i = place_of(k, component, index, split);

    if (i < k->n && compare(k->entries[i], component, index, split) == 0)
        return k->entries[i];
    if (k->n == k->room) {
        k->room = k->room > 0 ? 2 * k->room : 16;
        k->entries = xreallocarray(k->entries, k->room, sizeof(*k->entries));
    }
    memmove(&k->entries[i + 1], &k->entries[i],
            (k->n++ - i) * sizeof(*k->entries));
    k->entries[i] = entry_new(component, index, split);
    return k->entries[i];
}

static void set(struct entry *e, gale_str position)
{
    free(e->bytes);
    e->bytes = xstrndup(position.data, position.size);
    e->size = position.size;
}

/* -- the queues ------------------------------------------------------------ */

/* Behind those that wait already: each has its turn. */
static void add(struct kept_positions *k, enum queue q, struct entry *e)
{
    if (e->waits[q])
        return;
    e->waits[q] = true;
    *k->end[q] = e;
    k->end[q] = &e->next[q];
}

static struct entry *take(struct kept_positions *k, enum queue q)
{
    struct entry *e = k->first[q];

    k->first[q] = e->next[q];
    if (k->first[q] == NULL)
        k->end[q] = &k->first[q];
    e->next[q] = NULL;
    e->waits[q] = false;
    return e;
}

static uint32_t count(const struct kept_positions *k, enum queue q,
                      uint32_t max)
{
    uint32_t n = 0;

    for (const struct entry *e = k->first[q]; e != NULL && n < max;
         e = e->next[q])
        n++;
    return n;
}

/* -- the engine ------------------------------------------------------------ */

static void save(void *arg, const char *component, uint32_t index,
                 gale_str split, gale_str position)
{
    struct kept_positions *k = arg;
    struct entry *e;

    env_enter(k->env, k->monitor);
    e = find_or_add(k, component, index, split);
    set(e, position);
    e->at = position_next_at(e->at, k->env->ops->wall_us(k->env));
    add(k, CHANGED, e);
    add(k, NEWS, e);
    env_leave(k->env, k->monitor);
    k->soon(k->arg);
}

static void load(void *arg, const char *component, uint32_t index,
                 bool (*each)(void *to, gale_str split, gale_str position),
                 void *to)
{
    struct kept_positions *k = arg;
    bool goes_on = true;

    env_enter(k->env, k->monitor);
    for (uint32_t i = place_of(k, component, index, gale_str_make("", 0));
         i < k->n && goes_on &&
         compare_tasks(k->entries[i], component, index) == 0;
         i++) {
        const struct entry *e = k->entries[i];

        goes_on = each(to, gale_str_make(e->split, e->split_size),
                       gale_str_make(e->bytes, e->size));
    }
    env_leave(k->env, k->monitor);
}

const struct position_keeper *kept_positions_keeper(struct kept_positions *k)
{
    return &k->keeper;
}

/* -- who keeps them -------------------------------------------------------- */

/* What is saved from now on is newer than what an earlier process of this birth
 * has left. */
static void read_one(struct kept_positions *k, gale_str data)
{
    struct position_record r;
    struct unpacked u;
    struct entry *e;
    char *component;

    if (position_record_read(&r, &u, data.data, data.size) != 0)
        return;
    component = xstrndup(r.component.data, r.component.size);
    e = find_or_add(k, component, r.index, r.split);
    set(e, r.position);
    e->at = r.order.birth == k->birth ? r.order.at : 0;
    free(component);
    unpacked_free(&u);
}

void kept_positions_read(struct kept_positions *k, const msgpack_object *told)
{
    for (uint32_t i = 0; i < unpack_n_pairs(told); i++)
        read_one(k, unpack_str(&unpack_pair(told, i)->val));
}

static void pack_entry(const struct kept_positions *k, const struct entry *e,
                       struct pack *list)
{
    const struct position_record r = {
        .component = gale_str_make(e->component, strlen(e->component)),
        .index = e->index,
        .split = gale_str_make(e->split, e->split_size),
        .position = gale_str_make(e->bytes, e->size),
        .order = {k->birth, e->at},
    };
    char name[DIGEST_HEX];
    struct pack data;

    position_record_name(&r, name);
    pack_init(&data);
    position_record_pack(&r, &data);
    pack_map(list, 2);
    pack_key_text(list, "name", name);
    pack_key_bytes(list, "data", data.buffer.data, data.buffer.size);
    pack_free(&data);
}

/* Those at the head of a queue, at most so many, which leave it. */
static uint32_t pack_some(struct kept_positions *k, enum queue q,
                          struct pack *list, uint32_t max)
{
    uint32_t n;

    env_enter(k->env, k->monitor);
    n = count(k, q, max);
    pack_array(list, n);
    for (uint32_t i = 0; i < n; i++) {
        struct entry *e = take(k, q);

        pack_entry(k, e, list);
        if (q != CHANGED)
            continue;
        check(!e->waits[TAKEN]);
        add(k, TAKEN, e);
    }
    env_leave(k->env, k->monitor);
    return n;
}

uint32_t kept_positions_news(struct kept_positions *k, struct pack *list,
                             uint32_t max)
{
    return pack_some(k, NEWS, list, max);
}

uint32_t kept_positions_take(struct kept_positions *k, struct pack *list,
                             uint32_t max)
{
    return pack_some(k, CHANGED, list, max);
}

uint32_t kept_positions_n_changed(struct kept_positions *k)
{
    uint32_t n;

    env_enter(k->env, k->monitor);
    n = count(k, CHANGED, UINT32_MAX);
    env_leave(k->env, k->monitor);
    return n;
}

static void settle(struct kept_positions *k, bool again)
{
    env_enter(k->env, k->monitor);
    while (k->first[TAKEN] != NULL) {
        struct entry *e = take(k, TAKEN);

        if (again)
            add(k, CHANGED, e);
    }
    env_leave(k->env, k->monitor);
}

void kept_positions_again(struct kept_positions *k)
{
    settle(k, true);
}

void kept_positions_kept(struct kept_positions *k)
{
    settle(k, false);
}

bool kept_positions_done(struct kept_positions *k)
{
    bool done;

    env_enter(k->env, k->monitor);
    done = k->first[CHANGED] == NULL && k->first[TAKEN] == NULL;
    env_leave(k->env, k->monitor);
    return done;
}

struct kept_positions *kept_positions_new(struct env *env, uint64_t birth,
                                          void (*soon)(void *arg), void *arg)
{
    struct kept_positions *k = xcalloc(1, sizeof(*k));

    k->env = env;
    k->birth = birth;
    k->monitor = env->ops->monitor_new(env);
    k->soon = soon;
    k->arg = arg;
    k->keeper = (struct position_keeper){k, save, load};
    for (uint32_t q = 0; q < QUEUES; q++)
        k->end[q] = &k->first[q];
    return k;
}

void kept_positions_free(struct kept_positions *k)
{
    if (k == NULL)
        return;
    for (uint32_t i = 0; i < k->n; i++) {
        free(k->entries[i]->component);
        free(k->entries[i]->split);
        free(k->entries[i]->bytes);
        free(k->entries[i]);
    }
    free(k->entries);
    k->env->ops->monitor_free(k->env, k->monitor);
    free(k);
}
