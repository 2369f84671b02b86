/* kept_positions.c - positions on their way; see kept_positions.h. */
#include "worker/kept_positions.h"
#include "topology-api/memory.h"
#include <stdlib.h>

/* The position of one split of one component. */
struct entry {
    struct entry *next;
    char *component;
    char *split;
    size_t split_size;
    char *bytes;
    size_t size;
    bool changed; /* since it was taken */
    bool taken;   /* on its way */
};

struct kept_positions {
    struct env *env;
    struct env_monitor *monitor;
    struct position_keeper keeper;
    void (*soon)(void *arg);
    void *arg;
    struct entry *entries;
};

static struct entry *find(struct kept_positions *k, const char *component,
                          gale_str split)
{
    struct entry *e = k->entries;

    while (e != NULL &&
           (strcmp(e->component, component) != 0 ||
            e->split_size != split.size ||
            (split.size > 0 && memcmp(e->split, split.data, split.size) != 0)))
        e = e->next;
    return e;
}

static struct entry *find_or_add(struct kept_positions *k,
                                 const char *component, gale_str split)
{
    struct entry *e = find(k, component, split);

    if (e != NULL)
        return e;
    e = xcalloc(1, sizeof(*e));
    e->component = xstrdup(component);
    e->split = xstrndup(split.data, split.size);
    e->split_size = split.size;
    e->next = k->entries;
    k->entries = e;
    return e;
}

static void set(struct entry *e, gale_str position)
{
    free(e->bytes);
    e->bytes = xstrndup(position.data, position.size);
    e->size = position.size;
}

/* -- the engine ------------------------------------------------------------ */

static void save(void *arg, const char *component, gale_str split,
                 gale_str position)
{
    struct kept_positions *k = arg;
    struct entry *e;

    env_enter(k->env, k->monitor);
    e = find_or_add(k, component, split);
    set(e, position);
    e->changed = true;
    env_leave(k->env, k->monitor);
    k->soon(k->arg);
}

static void load(void *arg, const char *component,
                 bool (*each)(void *to, gale_str split, gale_str position),
                 void *to)
{
    struct kept_positions *k = arg;
    bool goes_on = true;

    env_enter(k->env, k->monitor);
    for (struct entry *e = k->entries; e != NULL && goes_on; e = e->next)
        if (strcmp(e->component, component) == 0)
            goes_on = each(to, gale_str_make(e->split, e->split_size),
                           gale_str_make(e->bytes, e->size));
    env_leave(k->env, k->monitor);
}

const struct position_keeper *kept_positions_keeper(struct kept_positions *k)
{
    return &k->keeper;
}

/* -- who keeps them -------------------------------------------------------- */

static void read_one(struct kept_positions *k, gale_str data)
{
    const struct pack_limits limits = {POSITION_BYTES_MAX + 2048, 16};
    struct unpacked u;
    char *component;
    gale_str split, position;

    if (unpack(&u, data.data, data.size, limits, "a position", NULL) != 0)
        return;
    component = unpack_text(unpack_key(u.root, "component"), 1000);
    split = unpack_str(unpack_key(u.root, "split"));
    position = unpack_str(unpack_key(u.root, "position"));
    if (component != NULL && position.data != NULL)
        set(find_or_add(k, component, split), position);
    free(component);
    unpacked_free(&u);
}

void kept_positions_read(struct kept_positions *k, const msgpack_object *told)
{
    for (uint32_t i = 0; i < unpack_n_pairs(told); i++)
        read_one(k, unpack_str(&unpack_pair(told, i)->val));
}

/* Names are the same whoever writes: by component and split. */
static void name_of(const struct entry *e, char name[DIGEST_HEX])
{
    struct digest_stream *s = digest_begin();
    struct digest digest;

    digest_add(s, e->component, strlen(e->component) + 1);
    digest_add(s, e->split, e->split_size);
    digest = digest_end(s);
    digest_hex(&digest, name);
}

static void pack_entry(const struct entry *e, struct pack *list)
{
    char name[DIGEST_HEX];
    struct pack data;

    name_of(e, name);
    pack_init(&data);
    pack_map(&data, 3);
    pack_key_text(&data, "component", e->component);
    pack_key_bytes(&data, "split", e->split, e->split_size);
    pack_key_bytes(&data, "position", e->bytes, e->size);
    pack_map(list, 2);
    pack_key_text(list, "name", name);
    pack_key_bytes(list, "data", data.buffer.data, data.buffer.size);
    pack_free(&data);
}

uint32_t kept_positions_take(struct kept_positions *k, struct pack *list,
                             uint32_t max)
{
    uint32_t n = 0, i = 0;

    env_enter(k->env, k->monitor);
    for (struct entry *e = k->entries; e != NULL && n < max; e = e->next)
        n += e->changed;
    pack_array(list, n);
    for (struct entry *e = k->entries; e != NULL && i < n; e = e->next)
        if (e->changed) {
            e->changed = false;
            e->taken = true;
            pack_entry(e, list);
            i++;
        }
    env_leave(k->env, k->monitor);
    return n;
}

static void settle(struct kept_positions *k, bool again)
{
    env_enter(k->env, k->monitor);
    for (struct entry *e = k->entries; e != NULL; e = e->next) {
        e->changed |= e->taken && again;
        e->taken = false;
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
    bool done = true;

    env_enter(k->env, k->monitor);
    for (struct entry *e = k->entries; e != NULL; e = e->next)
        done &= !e->changed && !e->taken;
    env_leave(k->env, k->monitor);
    return done;
}

struct kept_positions *kept_positions_new(struct env *env,
                                          void (*soon)(void *arg), void *arg)
{
    struct kept_positions *k = xcalloc(1, sizeof(*k));

    k->env = env;
    k->monitor = env->ops->monitor_new(env);
    k->soon = soon;
    k->arg = arg;
    k->keeper = (struct position_keeper){k, save, load};
    return k;
}

void kept_positions_free(struct kept_positions *k)
{
    struct entry *e;

    if (k == NULL)
        return;
    while ((e = k->entries) != NULL) {
        k->entries = e->next;
        free(e->component);
        free(e->split);
        free(e->bytes);
        free(e);
    }
    k->env->ops->monitor_free(k->env, k->monitor);
    free(k);
}
